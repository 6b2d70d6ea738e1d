"""« Corriger »: the form of one part of a fiche, made of the form of its block (``directory.forms``).

The fields that are not shown hold what the fiche proposes, so that the whole block is checked by the one definition of
its rules; an error of theirs is not the validator's to see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.forms import CheckboxInput
from django.http import QueryDict

from directory.forms import BlockForm, block_form_class
from directory.snapshots import differences

from ..enums import FieldDecision
from ..fiches.states import fixed_names, record_of, state_at, whole_state
from .parts import WHOLE_BLOCKS

if TYPE_CHECKING:
    from django.forms import BoundField

    from directory.scopes import Scope
    from directory.snapshots import State

    from .parts import Part
    from .standing import FicheStanding

# Fields that are chosen together, with what narrows their lists.
TYPE_FIELDS = ("discipline", "family", "unit_type")
CHOSEN_TOGETHER: dict[str, tuple[str, ...]] = {
    "discipline": TYPE_FIELDS,
    "unit_type": TYPE_FIELDS,
    "legal_entity": ("legal_entity", "legal_entity_search"),
}
REFERENTS = "referents"
NO_VALUE = "Votre correction n’est pas enregistrée\u00a0: la page l’a envoyée sans sa valeur. Donnez-la ci-dessous."


class Amendment:
    """The form of a part, empty or as sent. ``shown`` are its visible fields; ``whole``: all of the block's.

    ``record_version`` is the version of the record that was in sight when the form was filled, today's without it.
    """

    def __init__(
        self,
        one: FicheStanding,
        part: Part,
        scope: Scope,
        data: QueryDict | None = None,
        record_version: int | None = None,
    ) -> None:
        self.one, self.part = one, part
        today = one.fiche.record.version if one.fiche.record is not None else 0
        self.record_version = record_version if record_version is not None and 0 < record_version < today else today
        form_class = block_form_class(one.fiche.kind, part.block)
        if form_class is None:
            raise LookupError(part.block)
        self.whole = part.block in WHOLE_BLOCKS
        held = whole_state(one.fiche)
        self.amended = {
            name: review.value for name, review in one.reviews.items() if review.decision == FieldDecision.AMEND
        }
        options: dict[str, Any] = {"record": record_of(one.fiche), "scope": scope, "state": held | self.amended}
        options["fixed"] = fixed_names(one.fiche)
        fresh = form_class(**options, proposal=True)
        self.names = tuple(fresh.fields) if self.whole else _shown_names(part, fresh)
        if data is None:
            self.form = fresh
        else:
            self.form = form_class(self._filled(fresh, data), **options, proposal=True)

    @property
    def shown(self) -> list[BoundField]:
        """Fields to draw one by one, when the block's template does not."""
        return [self.form[name] for name in self.names if name in self.form.fields]

    def is_sent_in(self, data: QueryDict) -> bool:
        """Tell whether one of the visible fields was sent at all; boxes, which send nothing unticked, count as sent."""
        shown = [] if self.whole else self.shown
        omitted = (bound.field.widget.value_omitted_from_data(data, {}, bound.html_name) for bound in shown)
        return not shown or not all(omitted)

    @property
    def narrows(self) -> bool:
        """Tell whether a button gives the lists anew, for want of a script."""
        return not self.whole and len(self.names) > 1

    def is_valid(self) -> bool:
        """Check the block; only errors of what is shown are kept."""
        if self.form.is_valid():
            return True
        for name in set(self.form.errors) - {*self.names, "__all__"}:
            del self.form._errors[name]  # noqa: SLF001 - Django has no public way to drop an error
        return not self.form.errors

    def values(self) -> State:
        """Kept values of the part, with those that the person changed beside it, and of the parts that these are of.

        Changed: against what was in sight, so that what the directory changed since is left to it. Of a part of which
        the directory changed the other fields, all of it: the support says the whole.
        """
        written = self.form.values()
        if not self.whole:
            written = {name: written[name] for name in (*self.part.names, *self.names) if name in written}
        shown = state_at(self.one.fiche, self.record_version, list(written)) | self.one.fiche.values | self.amended
        changed = differences({name: shown.get(name) for name in written}, written).keys() | {*self.part.names}
        touched = [part.names for part in self.one.parts if not part.is_beside and changed & {*part.together}]
        wanted = changed.union(*touched, self.part.together if self.one.mixes(self.part) else ())
        return {name: value for name, value in written.items() if name in wanted}

    def after_step(self, step: str) -> None:
        """Show the form after one of its own buttons (add a commune, read a list, add hours …)."""
        shown = self.form.after_step(step)
        self.form = shown

    def _filled(self, fresh: BlockForm, data: QueryDict) -> QueryDict:
        """What was sent, with what the fiche proposes for the fields that are not shown."""
        if self.whole:
            return data
        sent = data.copy()
        for bound in fresh:
            if bound.name in self.names or bound.name == "version":
                continue
            value, key = bound.value(), bound.html_name
            sent.pop(key, None)
            if isinstance(value, list | tuple):
                sent.setlist(key, [str(item) for item in value])
            elif isinstance(bound.field.widget, CheckboxInput):
                if value:
                    sent[key] = "on"
            elif value is not None:
                sent[key] = str(value)
        return sent


def _shown_names(part: Part, form: BlockForm) -> tuple[str, ...]:
    names: list[str] = []
    for name in part.together:
        if name == REFERENTS:
            names += [field for field in form.fields if field.startswith("referent")]
        else:
            names += CHOSEN_TOGETHER.get(name, (name,))
    return tuple(name for name in dict.fromkeys(names) if name in form.fields)
