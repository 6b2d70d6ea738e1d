"""What each record shows, as data (DESIGN, decision 3): blocks, their fields and labels.

Pages, history, and later block forms, diff and validation read this registry. Pure reading of a record that its query
loaded whole: no query here.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple

from django.utils import timezone

from common import french

from .ages import UNIT_NOUNS
from .enums import CapacityKind, Nomenclature, RecordKind

Kind = Literal["text", "long", "phone", "fax", "email", "url", "terms", "record"]
Guard = Literal["", "contacts", "address"]


class TermGroup(NamedTuple):
    """Terms of one category; ``category`` is empty when the list has none."""

    category: str
    labels: list[str]


@dataclass(frozen=True)
class Field:
    """One line of a block: ``name`` is the field of the model, ``value`` reads what is shown (default: the field).

    ``extra`` names the model field shown beside the value (an extension). ``guard``: what the person must be shown for
    the line to be (a guard of the block holds for all its lines).
    """

    name: str
    label: str
    kind: Kind = "text"
    value: Callable[[Any], Any] | None = None
    extra: str = ""
    guard: Guard = ""


@dataclass(frozen=True)
class Block:
    """An « encadré ». ``fields_outside`` are shown by the page's own markup (map, hours, territory), not as lines."""

    key: str
    title: str
    fields: tuple[Field, ...] = ()
    place: Literal["main", "side"] = "main"
    guard: Guard = ""
    fields_outside: tuple[str, ...] = ()

    @property
    def field_names(self) -> tuple[str, ...]:
        """Names of the model fields that belong to the block."""
        names = [name for field in self.fields for name in (field.name, field.extra) if name]
        return (*names, *self.fields_outside)


class Row(NamedTuple):
    """A filled line, ready to be shown."""

    label: str
    kind: Kind
    value: Any
    extra: str


@dataclass(frozen=True)
class FilledBlock:
    """A block that has something to show."""

    key: str
    title: str
    place: str
    rows: list[Row]


def choice(name: str) -> Callable[[Any], str]:
    """Label of a field with choices."""
    return lambda record: getattr(record, f"get_{name}_display")() if getattr(record, name) else ""


def label_of(name: str) -> Callable[[Any], str]:
    """Label of the term that a field points to."""
    return lambda record: shown_label(getattr(record, name)) if getattr(record, name) else ""


def yes_no(name: str) -> Callable[[Any], str]:
    """« Oui », « Non », or nothing when it is not known."""
    return lambda record: {True: "Oui", False: "Non", None: ""}[getattr(record, name)]


def count(name: str) -> Callable[[Any], str]:
    """Whole number; 0 is a value, empty is none."""
    return lambda record: "" if getattr(record, name) is None else french.number(getattr(record, name))


def unit_terms(nomenclature: Nomenclature) -> Callable[[Any], list[TermGroup]]:
    """Terms of a unit's offer in one list (``unit_terms`` with ``term__parent`` must be prefetched)."""
    return lambda unit: grouped(link.term for link in unit.unit_terms.all() if link.term.nomenclature == nomenclature)


def entity_terms(nomenclature: Nomenclature) -> Callable[[Any], list[TermGroup]]:
    """Terms of an EG in one list (``terms`` with ``parent`` must be prefetched)."""
    return lambda entity: grouped(term for term in entity.terms.all() if term.nomenclature == nomenclature)


def shown_label(term: Any, today: date | None = None) -> str:
    """Label exactly as stored; a retired term says so (spec 10, Nomenclatures)."""
    retired = term.active_until is not None and term.active_until <= (today or timezone.localdate())
    return f"{term.label} (retiré)" if retired else term.label


def grouped(terms: Iterable[Any]) -> list[TermGroup]:
    """Terms under their category; those without one come last, under « Autre catégorie » when others have one."""
    today = timezone.localdate()
    groups: dict[str, list[str]] = {}
    for term in sorted(terms, key=lambda term: (term.order, term.label)):
        groups.setdefault(term.parent.label if term.parent else "", []).append(shown_label(term, today))
    alone = groups.pop("", [])
    found = [TermGroup(category, labels) for category, labels in groups.items()]
    if alone:
        found.append(TermGroup("Autre catégorie" if found else "", alone))
    return found


def ages(unit: Any) -> str:
    """« 0 an – 150 ans », as typed."""
    low, high = ((age.value, UNIT_NOUNS[age.unit]) for age in (unit.min_age, unit.max_age))
    return french.age_range(low, high)


def installed(unit: Any) -> str:
    """« 35 places », « 20 lits »: the number and its kind."""
    if unit.installed_places is None:
        return ""
    return french.counted(unit.installed_places, "lit" if unit.capacity_kind == CapacityKind.BED else "place")


def full_name(*names: str) -> Callable[[Any], str]:
    """Title, first name and last name, those that are filled."""
    return lambda record: " ".join(str(getattr(record, name)) for name in names if getattr(record, name))


_ADDRESS = (
    *("street_number", "street_extension", "street_name", "address_complement"),
    *("postal_code", "commune", "lat", "lon", "position_source"),
)
BLOCKS: dict[RecordKind, tuple[Block, ...]] = {
    RecordKind.LEGAL_ENTITY: (
        Block(
            "identification",
            "Identification",
            (
                Field("finess", "FINESS juridique"),
                Field("siren", "SIREN"),
                Field("legal_status", "Statut juridique", value=label_of("legal_status")),
            ),
            fields_outside=("name",),
        ),
        Block("siege", "Siège", place="side", fields_outside=_ADDRESS),
    ),
    RecordKind.GEOGRAPHIC_ENTITY: (
        Block(
            "identification",
            "Identification",
            (
                Field("official_name", "Nom officiel"),
                Field("category", "Type d’EG (catégorie d’établissement)", value=label_of("category")),
                Field("finess", "FINESS géographique", guard="address"),
                Field("siret", "SIRET", guard="address"),
                Field("national_id", "Identifiant national", guard="address"),
            ),
            fields_outside=("name", "legal_entity"),
        ),
        Block(
            "contact",
            "Contact",
            (
                Field("phone", "Téléphone standard", "phone"),
                Field("fax", "Fax", "fax"),
                Field("website", "Site internet", "url"),
                Field("email", "Adresse mail", "email"),
            ),
        ),
        Block(
            "responsable",
            "Responsable",
            (
                Field("manager_last_name", "Nom", value=full_name("manager_first_name", "manager_last_name")),
                Field("manager_phone", "Téléphone", "phone"),
                Field("manager_email", "Adresse mail", "email"),
            ),
            fields_outside=("manager_first_name",),
        ),
        Block(
            "directeur",
            "Directeur de l’établissement",
            (
                Field(
                    "director_name",
                    "Nom",
                    value=full_name("director_civility", "director_title", "director_name"),
                ),
                Field("director_phone", "Téléphone", "phone"),
                Field("director_email", "Adresse mail", "email"),
            ),
            fields_outside=("director_civility", "director_title"),
        ),
        Block(
            "complements",
            "Informations complémentaires",
            (
                Field("comment", "Commentaire", "long"),
                Field("hosts_families", "Hébergement famille", value=yes_no("hosts_families")),
                Field(
                    "social_aid_temporary_places",
                    "Places habilitées à l’aide sociale, hébergement temporaire",
                    value=count("social_aid_temporary_places"),
                ),
                Field(
                    "social_aid_permanent_places",
                    "Places habilitées à l’aide sociale, hébergement permanent",
                    value=count("social_aid_permanent_places"),
                ),
                Field("financial_aid", "Aides financières", "terms", entity_terms(Nomenclature.FINANCIAL_AID)),
                Field(
                    "place_accessibility",
                    "Accessibilité du lieu",
                    "terms",
                    entity_terms(Nomenclature.PLACE_ACCESSIBILITY),
                ),
            ),
            fields_outside=("referents",),
        ),
        Block("adresse", "Adresse", place="side", fields_outside=_ADDRESS),
        Block("fichiers", "Photo et pièces jointes", place="side", fields_outside=("photo", "attachments")),
    ),
    RecordKind.STRUCTURE: (
        Block(
            "identification",
            "Identification",
            (
                Field("level", "Niveau", value=choice("level")),
                Field("phone", "Téléphone", "phone"),
                Field("email", "Adresse mail", "email"),
            ),
            fields_outside=("name",),
        ),
    ),
    RecordKind.UNIT: (
        Block(
            "offre",
            "Offre",
            (
                Field(
                    "operational_activity",
                    "Activités opérationnelles",
                    "terms",
                    unit_terms(Nomenclature.OPERATIONAL_ACTIVITY),
                ),
                Field("activity_family", "Famille d’activités", value=label_of("activity_family")),
                Field("specific_act", "Actes spécifiques", "terms", unit_terms(Nomenclature.SPECIFIC_ACT)),
                Field(
                    "care_specialisation",
                    "Spécialisations de prise en charge",
                    "terms",
                    unit_terms(Nomenclature.CARE_SPECIALISATION),
                ),
                Field(
                    "resource_profession",
                    "Compétences ressources (professions)",
                    "terms",
                    unit_terms(Nomenclature.RESOURCE_PROFESSION),
                ),
                Field("care_mode", "Mode de prise en charge", value=label_of("care_mode")),
                Field("audience", "Public pris en charge", "terms", unit_terms(Nomenclature.AUDIENCE)),
            ),
        ),
        Block(
            "patientele",
            "Patientèle",
            (Field("min_age_value", "Âge", value=ages), Field("sex", "Sexe accueilli", value=choice("sex"))),
            fields_outside=("min_age_unit", "max_age_value", "max_age_unit"),
        ),
        Block(
            "secretariat",
            "Secrétariat – accueil",
            (
                Field("secretary_phone", "Téléphone secrétariat", "phone"),
                Field("email", "Adresse mail", "email"),
            ),
            guard="contacts",
        ),
        Block(
            "contacts",
            "Contacts",
            (
                Field("medical_phone", "Téléphone médical", "phone", extra="medical_extension"),
                Field("nursing_phone", "Téléphone soignants", "phone"),
                Field("fax", "Fax", "fax", extra="fax_extension"),
            ),
            guard="contacts",
            fields_outside=("contact_confidentiality",),
        ),
        Block(
            "intervention",
            "Intervention",
            (Field("intervention_details", "Spécificités d’intervention", "long"),),
            fields_outside=("intervention_communes",),
        ),
        Block(
            "conditions",
            "Conditions",
            (
                Field("admission_conditions", "Conditions d’admission", "long"),
                Field("reception_conditions", "Conditions d’accueil", "long"),
                Field("pets", "Animaux domestiques", "long"),
            ),
        ),
        Block("horaires", "Horaires", fields_outside=("weekly_hours", "hours_exceptions")),
        Block("adresse", "Adresse", place="side", fields_outside=_ADDRESS),
        Block(
            "capacite",
            "Capacité",
            (
                Field("installed_places", "Places installées", value=installed),
                Field("single_rooms", "Chambres simples", value=count("single_rooms")),
                Field("double_rooms", "Chambres doubles", value=count("double_rooms")),
            ),
            place="side",
            fields_outside=("capacity_kind",),
        ),
        Block(
            "responsable",
            "Responsable",
            (
                Field(
                    "manager_last_name",
                    "Nom",
                    value=full_name("manager_civility", "manager_first_name", "manager_last_name"),
                ),
                Field("manager_role", "Fonction"),
                Field("manager_phone", "Téléphone", "phone"),
                Field("manager_email", "Adresse mail", "email"),
            ),
            place="side",
            guard="contacts",
            fields_outside=("manager_civility", "manager_first_name"),
        ),
        Block(
            "identification",
            "Identification",
            (Field("sensitive_unit", "Unité sensible", value=yes_no("sensitive_unit")),),
            place="side",
            fields_outside=("name", "discipline", "unit_type", "geographic_entity", "structure"),
        ),
        Block("fichiers", "Photo et pièces jointes", place="side", fields_outside=("photo", "attachments")),
    ),
    RecordKind.PRACTITIONER: (
        Block(
            "identification",
            "Identification",
            (
                Field("profession", "Profession", value=label_of("profession")),
                Field("speciality", "Spécialité", value=label_of("speciality")),
                Field("rpps", "RPPS"),
                Field("convention_sector", "Secteur conventionnel", value=choice("convention_sector")),
            ),
            fields_outside=("civility", "last_name", "first_name"),
        ),
        Block(
            "exercice",
            "Exercice",
            (
                Field("visits_at_home", "Visites à domicile", value=yes_no("visits_at_home")),
                Field("cpts", "CPTS", "record"),
                Field("takes_part_in_sas", "Participe au SAS", value=yes_no("takes_part_in_sas")),
            ),
        ),
        Block("contact", "Contact", (Field("phone", "Téléphone", "phone"), Field("email", "Adresse mail", "email"))),
        Block("lieux", "Lieux d’exercice", fields_outside=("places",)),
    ),
}
# Fields that every published record has besides its blocks.
PUBLICATION_FIELDS: dict[str, str] = {
    "status": "Statut",
    "opened_on": "Ouverte le",
    "closure_kind": "Type de fermeture",
    "closed_on": "Fermée le",
    "reopens_on": "Réouverture prévue le",
}


def filled_blocks(
    kind: RecordKind,
    record: Any,
    *,
    contacts: bool = True,
    address: bool = True,
    drawn: Collection[str] = (),
) -> list[FilledBlock]:
    """Blocks of a record that have something to show, in order.

    ``contacts``: whether the person may see the contacts. ``address``: whether the address, and the public numbers that
    lead to it in other registers, may be shown. ``drawn``: keys of the blocks that the page fills with
    its own markup, kept even without a line.
    """
    blocks = []
    refused = {guard for guard, shown in (("contacts", contacts), ("address", address)) if not shown}
    for block in BLOCKS[kind]:
        seen = [field for field in block.fields if not refused & {block.guard, field.guard}]
        rows = [row for field in seen if (row := _row(field, record))]
        if rows or block.key in drawn:
            blocks.append(FilledBlock(block.key, block.title, block.place, rows))
    return blocks


def block_of(kind: RecordKind, field_name: str) -> str:
    """Key of the block that a model field belongs to; « publication » for its status, empty when none shows it."""
    if field_name in PUBLICATION_FIELDS:
        return "publication"
    return next((block.key for block in BLOCKS.get(kind, ()) if field_name in block.field_names), "")


def _row(field: Field, record: Any) -> Row | None:
    value = field.value(record) if field.value else getattr(record, field.name)
    if value is None or value in ("", []):
        return None
    return Row(field.label, field.kind, value, getattr(record, field.extra) if field.extra else "")
