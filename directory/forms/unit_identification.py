"""Identification of a UO: what it is (discipline, family, type) and where it belongs (EG, structure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from accounts.roles import Permission

from ..enums import Nomenclature, PublicationStatus
from ..models import GeographicEntity, OperationalUnit, Structure
from ..term_choices import choosable, families, held_ids
from .base import REQUIRED, BlockForm
from .fields import TermField
from .lookups import RecordField, entities_matching

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from ..models import Term

LISTS_STEP, SEARCH_STEP = "listes", "chercher"
ENTITIES_LISTED = 50
MOVED = (
    "L’unité a changé d’établissement et garde son adresse. Si elle a déménagé, choisissez dans l’encadré Adresse "
    "«\u00a0Même adresse que l’établissement\u00a0»."
)
TYPE_LISTS = (Nomenclature.DISCIPLINE, Nomenclature.UNIT_TYPE)


class UnitIdentificationForm(BlockForm):
    """Identification. ``family`` and ``entity_search`` only narrow the other lists: they are no values.

    The type is of the chosen family and discipline, the structure of the chosen EG; an EG is chosen among those that
    the person may edit, so that a déplacement is within the scope on both sides (spec 01-settled, Dossiers). A proposal
    has neither EG nor structure: the tree of its dossier says where the unit stands.
    """

    model = OperationalUnit
    block = "identification"
    names = ("name", "sensitive_unit")
    required_names = frozenset({"name", "discipline", "unit_type"})
    labels = {"sensitive_unit": "Unité sensible"}
    help_texts = {
        "name": "Nom sous lequel l’unité est connue.",
        "sensitive_unit": "Son adresse et celle de son établissement ne sont montrées qu’aux personnes habilitées.",
    }
    template = "directory/unit_identification_fields.html"

    def add_fields(self) -> None:
        """Add the dependent lists, narrowed by what is chosen so far."""
        held = held_ids(self.state, ("discipline", "unit_type"))
        offered = choosable(TYPE_LISTS, held)
        self._types = offered[Nomenclature.UNIT_TYPE]
        discipline, family = self._chosen_type_path()
        below = [term for term in families(self._types) if discipline in {"", str(term.parent_id)}]
        family = family if family in {str(term.pk) for term in below} else ""
        self.fields["discipline"] = TermField(
            label="Grand groupe de disciplines",
            terms=offered[Nomenclature.DISCIPLINE],
            nothing="Choisissez",
            help_text="Il limite les familles proposées.",
        )
        self.fields["family"] = TermField(
            label="Famille", terms=below, nothing="Toutes les familles", help_text="Elle limite les types proposés."
        )
        self.fields["unit_type"] = TermField(
            label="Type d’UO",
            terms=self._types_of(below, family),
            grouped=True,
            nothing="Choisissez",
            help_text="Il détermine les activités, les actes et les modes que l’offre peut décrire.",
        )
        self.fields["unit_type"].error_messages["invalid_choice"] = (
            "Ce type d’UO n’est pas de la discipline ni de la famille choisies\u00a0: mettez à jour les listes."
        )
        self.fields["family"].error_messages["invalid_choice"] = (
            "Cette famille n’est pas de la discipline choisie\u00a0: mettez à jour les listes."
        )
        if not self.is_proposal:
            self._add_place()
        self._narrow()
        super().add_fields()
        self.order_fields(["name", "discipline", "family", "unit_type", "geographic_entity", "structure"])

    def _narrow(self) -> None:
        """Mark the lists that narrow others: a change of them asks for the form again (editing.js)."""
        for name in ("discipline", "family", "unit_type" if self.is_proposal else "geographic_entity"):
            self.fields[name].widget.attrs["data-narrows"] = ""

    def _types_of(self, below: list[Term], family: str) -> list[Term]:
        """Types of the families, or of the chosen one; the held type too while nothing else was sent."""
        wanted = {term.pk for term in below if family in {"", str(term.pk)}}
        held = set() if self._is_sent() else held_ids(self.state, ("unit_type",))
        types = [term for term in self._types if term.parent_id in wanted or term.pk in held]
        return sorted(types, key=lambda term: (term.parent.order if term.parent else 0, term.order, term.label))

    def _is_sent(self) -> bool:
        return self.is_bound and self.add_prefix("family") in self.data

    def _sent(self, name: str) -> str:
        return str(self.data.get(self.add_prefix(name), "")).strip()

    def _chosen_type_path(self) -> tuple[str, str]:
        """Ids of the discipline and the family chosen so far, as texts: what was sent, else what the state says.

        A browser sends no locked list.
        """
        held = self.state.get("discipline")
        discipline = str(held["id"]) if held else ""
        if self.is_bound and self.add_prefix("discipline") in self.data:
            discipline = self._sent("discipline")
        return discipline, self._sent("family") if self._is_sent() else self._family_of_state()

    def _family_of_state(self) -> str:
        held = self.state.get("unit_type")
        found = next((term for term in self._types if held and term.pk == held["id"]), None)
        return str(found.parent_id) if found and found.parent_id else ""

    def _add_place(self) -> None:
        self._entities = self._entities_within()
        self.fields["geographic_entity"] = RecordField(
            label="Établissement (EG)",
            queryset=self._entities,
            help_text="En changer déplace l’unité\u00a0: elle garde son identifiant et son adresse.",
            error_messages={"required": REQUIRED},
        )
        self.fields["structure"] = forms.ModelChoiceField(
            label="Structure",
            queryset=Structure.objects.none(),
            required=False,
            empty_label="Aucune",
            help_text="Pôle, service ou unité fonctionnelle de l’établissement, s’il en a.",
            error_messages={"invalid_choice": "Cette structure appartient à un autre établissement."},
        )

    def _entities_within(self) -> QuerySet[GeographicEntity]:
        """EGs open and within the person's scope, with the present one."""
        own = GeographicEntity.objects.for_permission(self.scope, Permission.DIRECTORY_EDIT)
        open_ones = own.exclude(status=PublicationStatus.CLOSED)
        held = self.state.get("geographic_entity")
        return open_ones | GeographicEntity.objects.filter(pk=held["id"]) if held else open_ones

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """List the EGs when they are few, else look for them; then the structures of the chosen EG."""
        super().__init__(*args, **kwargs)
        if "unit_type" in self.locked:
            self.fields["family"].disabled = True
            self.fields["family"].help_text = self.locked["unit_type"]
        self.initial["family"] = self._family_of_state()
        self.matches: list[GeographicEntity] = []
        if self.is_proposal:
            return
        self.matches = self._listed()
        name = "geographic_entity"
        chosen = self._sent(name) if self.is_bound else str(self.initial.get(name) or "")
        self.fields[name].offer(chosen, self.matches)
        if chosen.isascii() and chosen.isdigit():
            structures = Structure.objects.visible_to(self.scope).filter(geographic_entity_id=chosen)
            self.fields["structure"].queryset = structures.order_by("level", "sort_name", "pk")

    def _listed(self) -> list[GeographicEntity]:
        name = "entity_search"
        named = self._entities.only("name", "finess").order_by("sort_name", "pk")
        few = list(named[: ENTITIES_LISTED + 1])
        if len(few) <= ENTITIES_LISTED:
            return few
        self.fields[name] = forms.CharField(
            label="Chercher un autre établissement",
            help_text="FINESS, SIRET ou mots du nom.",
            required=False,
            max_length=80,
        )
        text = self._sent(name)
        return entities_matching(self._entities, text) if text else []

    @property
    def value_names(self) -> tuple[str, ...]:
        """What narrows the lists is no value of the block."""
        return tuple(name for name in super().value_names if name not in {"family", "entity_search"})

    def warnings(self) -> list[str]:
        """Tell what stays as it was: the address of a unit moved, the offer that another type may not allow."""
        held = held_ids(self.state, ("unit_type",))
        chosen, place = self.cleaned_data.get("unit_type"), self.cleaned_data.get("geographic_entity")
        moved = [MOVED] if place is not None and place.pk not in held_ids(self.state, ("geographic_entity",)) else []
        if chosen is None or not held or chosen.pk in held:
            return moved
        return [
            *moved,
            "Le type d’UO a changé\u00a0: vérifiez l’offre, le mode de prise en charge, et que la saisie des "
            "disponibilités est bien ouverte.",
        ]

    def after_step(self, step: str) -> BlockForm:
        """Show the lists anew: the form narrows them by what was sent."""
        shown = super().after_step(step)
        if step == SEARCH_STEP and "entity_search" in self.fields:
            count = len(self.matches)
            shown.notice = (
                f"{count} établissement{'s' if count > 1 else ''} trouvé{'s' if count > 1 else ''}\u00a0: "
                "choisissez dans la liste «\u00a0Établissement (EG)\u00a0»."
                if count
                else "Aucun établissement ne correspond\u00a0: vérifiez le numéro, ou saisissez un mot du nom."
            )
        elif step == LISTS_STEP:
            shown.notice = "Les listes sont à jour."
        return shown
