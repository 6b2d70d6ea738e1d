"""Offre of a UO: what it does, in coded terms, narrowed to what its type allows (spec 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..enums import UNIT_TERM_LISTS, Nomenclature
from ..models import OperationalUnit, Term
from ..term_choices import choosable, code_of
from .terms import TermsForm

if TYPE_CHECKING:
    from ..snapshots import State

MEDICO_SOCIAL = "MSS"  # code of the discipline
EVERYBODY = "07"  # JDV_J31 audience « Tout public »


class UnitOfferForm(TermsForm):
    """Offre. Without a type d'UO there is nothing to choose from: ``blocked`` says so.

    The mode is preset by the type, the public by the discipline when it is médico-social; both only where nothing is
    held yet, and the mode only for whoever may set it.
    """

    model = OperationalUnit
    block = "offre"
    term_names = {"activity_family": Nomenclature.ACTIVITY_FAMILY, "care_mode": Nomenclature.CARE_MODE}
    list_names = UNIT_TERM_LISTS
    required_names = frozenset({"operational_activity", "care_mode"})
    labels = {
        "operational_activity": "Activités opérationnelles",
        "activity_family": "Famille d’activités",
        "specific_act": "Actes spécifiques",
        "care_specialisation": "Spécialisations de prise en charge",
        "resource_profession": "Compétences ressources (professions)",
        "care_mode": "Mode de prise en charge",
        "audience": "Public pris en charge",
    }
    help_texts = {
        "operational_activity": "Ce que l’unité fait\u202f; au moins une activité.",
        "activity_family": "Conseillée pour le médico-social.",
        "specific_act": "Actes que l’unité pratique et que tous ne pratiquent pas.",
        "care_specialisation": "Pathologies ou situations pour lesquelles l’unité est organisée.",
        "resource_profession": "Professions présentes dans l’unité, utiles à qui oriente.",
        "care_mode": "Un seul mode\u202f; il suit le type d’UO.",
        "audience": "À qui l’unité s’adresse.",
    }
    order = (
        *("operational_activity", "activity_family", "specific_act", "care_specialisation"),
        *("resource_profession", "care_mode", "audience"),
    )
    template = "directory/unit_offer_fields.html"

    @classmethod
    def required_in(cls, state: State) -> tuple[str, ...]:
        """The public too, for a médico-social unit (spec 01-settled, Directory)."""
        names = super().required_in(state)
        held = state.get("discipline")
        social = held and code_of(held["id"]) == MEDICO_SOCIAL
        return (*names, "audience") if social else names

    def add_fields(self) -> None:
        """Add the lists of the type; none without a type."""
        held = self.state.get("unit_type")
        self.unit_type = self._type(held["id"]) if held else None
        if self.unit_type is None:
            self.blocked = "Choisissez d’abord le type d’UO\u00a0: il détermine ce que l’offre peut décrire."
            return
        super().add_fields()
        if self._is_medico_social():
            self.fields["audience"].required = True

    def offered(self, lists: set[str], held: set[int]) -> dict[str, list[Term]]:
        """Terms that the type allows, and those held; the mode that the type presets is always one of them."""
        assert self.unit_type is not None  # noqa: S101 - add_fields stopped without a type
        preset = self.unit_type.preset_mode_id
        return choosable(lists, held | {preset} if preset else held, self.unit_type.pk)

    def _type(self, pk: int) -> Term:
        return self.record.unit_type if self.record.unit_type_id == pk else Term.objects.get(pk=pk)

    def _is_medico_social(self) -> bool:
        held = self.state.get("discipline")
        if held is None:
            return False
        same = self.record.discipline_id == held["id"]
        return (self.record.discipline.code if same else code_of(held["id"])) == MEDICO_SOCIAL

    def initial_of(self, name: str) -> Any:
        """Preset the mode and the public where nothing is held."""
        value = super().initial_of(name)
        if value or self.unit_type is None:
            return value
        if name == "care_mode" and name not in self.locked:
            return self.unit_type.preset_mode_id
        if name == "audience" and self.fields["audience"].required:
            return [term.pk for term in self.fields["audience"].terms if term.code == EVERYBODY]
        return value

    def clean(self) -> dict[str, Any]:
        """Refuse everything without a type."""
        if self.blocked:
            self.add_error(None, self.blocked)
            return self.cleaned_data
        return super().clean()
