"""What a fiche still lacks, as it is typed: required before finalising, recommended, and why (spec 30, Live checklist).

The required fields are those of the forms, the others the rules of completeness of the directory: one list of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from common import french
from directory.enums import PositionSource, RecordKind
from directory.forms import required_fields
from directory.quality.rules import REQUIRED, RULES, EntityFacts, Rule, UnitFacts, assess
from directory.term_choices import code_of

from .anchors import anchor_of
from .form import typed_state
from .states import missing_of

if TYPE_CHECKING:
    from directory.quality.rules import Facts
    from directory.snapshots import State

    from .form import FicheForm

# Field that puts a rule right, when the name of its fact does not say it.
FIELDS = {
    "eg_identifier": "finess",
    "eg_exact_position": "lat",
    "eg_manager_name": "manager_last_name",
    "eg_manager_contact": "manager_phone",
    "eg_accessibility": "place_accessibility_0",
    "eg_referent": "referent1_name",
    "uo_phone": "secretary_phone",
    "uo_hours": "p0-j1-0-de",
    "uo_territory": "ajout",
    "uo_admission": "admission_conditions",
    "uo_manager_name": "manager_last_name",
    "uo_manager_contact": "manager_phone",
    "ans_co1": "name",
    "ans_co2": "unit_type",
    "ans_co3": "sensitive_unit",
    "ans_cp6": "installed_places",
}
# Why a field matters, to whoever fills it in.
WHY = {
    "name": "C’est le nom que lisent ceux qui cherchent une place.",
    "official_name": "Il relie la fiche au registre FINESS.",
    "category": "Il range l’établissement dans les recherches et les tableaux de bord.",
    "street_number": "Sans lui, l’adresse n’est pas située exactement.",
    "street_name": "Sans elle, ni carte ni distance.",
    "commune": "Elle donne le département, la carte et les distances.",
    "level": "Il place la structure dans l’arborescence.",
    "discipline": "Il détermine les types proposés, et qui relit la fiche.",
    "unit_type": "Il détermine ce que l’offre peut décrire, et qui trouve l’unité.",
    "operational_activity": "C’est par les activités que l’unité est trouvée.",
    "care_mode": "Il dit si la personne vient, reste, ou est visitée.",
    "audience": "Il évite les orientations refusées.",
    "eg_identifier": "Il évite les doublons et relie la fiche aux autres registres.",
    "eg_exact_position": "Les distances se calculent depuis ce point.",
    "eg_phone": "Premier numéro appelé quand l’unité ne répond pas.",
    "eg_email": "Pour écrire à l’établissement.",
    "eg_manager_name": "Pour savoir à qui s’adresser.",
    "eg_manager_contact": "Pour joindre le responsable.",
    "eg_director_name": "Pour les courriers officiels.",
    "eg_accessibility": "Une personne à mobilité réduite doit le savoir avant de venir.",
    "eg_referent": "C’est la personne à qui le support signale une fiche à revoir.",
    "uo_activity_family": "Elle aide à comparer les unités médico-sociales.",
    "uo_phone": "Sans numéro, personne ne peut vérifier une place.",
    "uo_email": "Pour envoyer une demande d’admission.",
    "uo_hours": "Repris par le SAS\u00a0: on sait quand appeler.",
    "uo_territory": "L’unité est trouvée depuis les communes de son territoire.",
    "uo_admission": "Elles évitent les demandes sans suite.",
    "uo_installed_places": "Le taux d’occupation en dépend.",
    "uo_manager_name": "Pour savoir à qui s’adresser.",
    "uo_manager_contact": "Pour joindre le responsable.",
}


@dataclass(frozen=True)
class Item:
    """A line: what is asked, the id of its field, why it matters, whether it is done."""

    label: str
    target: str
    why: str
    done: bool


@dataclass(frozen=True)
class Checklist:
    """``percent`` is the completeness that the directory will show (rounded down)."""

    percent: int
    required: list[Item]
    recommended: list[Item]

    @property
    def missing(self) -> int:
        """How many required fields are empty."""
        return sum(not item.done for item in self.required)

    @property
    def words(self) -> str:
        """« 2 points manquent pour finaliser », « Prête à finaliser »."""
        if not self.missing:
            return "Rien d’obligatoire ne manque"
        verb = french.plural(self.missing, "manque", "manquent")
        return f"{french.counted(self.missing, 'point')} {verb} pour finaliser"


def checklist_for(form: FicheForm) -> Checklist:
    """Checklist of a form as it stands, typed or stored."""
    state = typed_state(form) if form.is_bound else form.state
    entity = form.record.geographic_entity if form.fiche.kind == RecordKind.UNIT else None
    category = entity.category.code if entity is not None and entity.category_id else ""
    with form.terms.open():
        return checklist_of(form.fiche.kind, state, category=category)


def checklist_of(kind: str, state: State, *, category: str = "") -> Checklist:
    """What a record of ``kind`` that says ``state`` has and lacks: no query inside an open ``TermBook``.

    ``category`` is the code of the EG's type, which some advice on its units needs.
    """
    missing = {row["name"] for row in missing_of(kind, state)}
    required = [
        Item(
            field.label,
            anchor_of(field.block, field.name, missing),
            WHY.get(field.name, ""),
            field.name not in missing,
        )
        for field in required_fields(kind, state)
    ]
    facts = facts_of(kind, state, category)
    if facts is None:
        done = sum(item.done for item in required)
        return Checklist(100 * done // max(len(required), 1), required, [])
    asked = [rule for rule in RULES if rule.kind == kind and rule.weight != REQUIRED and rule.due(facts)]
    recommended = [
        Item(_label(rule), f"id_{rule.block}-{_field(rule)}", WHY.get(rule.key, ""), rule.kept(facts)) for rule in asked
    ]
    return Checklist(assess(RecordKind(kind), facts).percent, required, recommended)


def facts_of(kind: str, state: State, category: str = "") -> Facts | None:
    """Facts of the rules of completeness, read from a kept state; ``None`` for a structure, which has no rules."""
    if kind == RecordKind.GEOGRAPHIC_ENTITY:
        return _entity_facts(state)
    return _unit_facts(state, category) if kind == RecordKind.UNIT else None


def _entity_facts(state: State) -> EntityFacts:
    return EntityFacts(
        **{name: bool(state.get(name)) for name in ("official_name", "street_number", "street_name", "phone", "email")},
        category=bool(state.get("category")),
        identifier=bool(state.get("finess") or state.get("siret")),
        exact_position=(state.get("position_source") or "") not in {"", PositionSource.COMMUNE},
        manager_name=bool(state.get("manager_last_name")),
        manager_contact=bool(state.get("manager_phone") or state.get("manager_email")),
        director_name=bool(state.get("director_name")),
        accessibility=bool(state.get("place_accessibility")),
        referent=bool(state.get("referents")),
    )


def _unit_facts(state: State, category: str) -> UnitFacts:
    coded = {name: _ids(state.get(name)) for name in ("discipline", "unit_type", "care_mode", "operational_activity")}
    codes = {name: [code_of(pk) for pk in ids] for name, ids in coded.items()}
    first = {name: next(iter(found), "") for name, found in codes.items()}
    return UnitFacts(
        name=str(state.get("name") or ""),
        discipline=first["discipline"],
        unit_type=first["unit_type"],
        care_mode=first["care_mode"],
        category=category,
        activities=frozenset(codes["operational_activity"]),
        activity_family=bool(state.get("activity_family")),
        audience=bool(state.get("audience")),
        phone=any(state.get(name) for name in ("secretary_phone", "medical_phone", "nursing_phone")),
        email=bool(state.get("email")),
        hours=bool(state.get("weekly_hours")),
        territory=bool(state.get("intervention_communes")),
        admission=bool(str(state.get("admission_conditions") or "").strip()),
        installed_places=_number(state.get("installed_places")),
        manager_name=bool(state.get("manager_last_name")),
        manager_contact=bool(state.get("manager_phone") or state.get("manager_email")),
        sensitive=bool(state.get("sensitive_unit")),
    )


def _ids(value: Any) -> list[int]:
    rows = value if isinstance(value, list) else [value]
    return [row["id"] for row in rows if row]


def _number(value: Any) -> int | None:
    """Whole number typed or kept; ``None`` for anything else."""
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _label(rule: Rule) -> str:
    return rule.label if rule.is_advice else rule.name


def _field(rule: Rule) -> str:
    return FIELDS.get(rule.key) or rule.key.partition("_")[2]
