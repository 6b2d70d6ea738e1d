"""Block forms with coded fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ..term_choices import choosable, held_ids
from .base import REQUIRED, BlockForm
from .fields import TermField, TermsField

if TYPE_CHECKING:
    from ..enums import Nomenclature
    from ..models import Term


class TermsForm(BlockForm):
    """A block form with coded fields, all its terms read in one query.

    ``term_names`` maps a field of the model to its list; ``list_names`` are lists of terms, named as in the kept state.
    All of them have their label in ``labels``. ``order`` names the first fields, if the model's own do not come first.
    """

    term_names: ClassVar[dict[str, Nomenclature]] = {}
    list_names: ClassVar[tuple[Nomenclature, ...]] = ()
    order: ClassVar[tuple[str, ...]] = ()

    def add_fields(self) -> None:
        """Add the coded fields, each with the terms that may be chosen."""
        lists = {*map(str, self.term_names.values()), *map(str, self.list_names)}
        offered = self.offered(lists, held_ids(self.state, (*self.term_names, *map(str, self.list_names))))
        for name, nomenclature in self.term_names.items():
            self.base_term(name, TermField(terms=offered[nomenclature]))
        for nomenclature in self.list_names:
            self.base_term(str(nomenclature), TermsField(terms=offered[nomenclature]))
        super().add_fields()
        self.order_fields(self.order or None)

    def offered(self, lists: set[str], held: set[int]) -> dict[str, list[Term]]:
        """Terms to offer, by list."""
        return choosable(lists, held)

    def base_term(self, name: str, field: TermField | TermsField) -> None:
        """Add a coded field under its label."""
        field.label = self.labels[name]
        field.help_text = self.help_texts.get(name, "")
        field.error_messages["required"] = REQUIRED
        self.fields[name] = field
