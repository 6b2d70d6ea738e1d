"""Columns of the file of results: those of the screen, then contacts. Empty is unknown or not asked, never zero."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from availability.guichet.needs import Judgement
from availability.wording import figure_words
from common.french import age_range, on_moment, telephone
from directory.ages import audience_letter
from directory.enums import Sex

from ..engine.outcome import Outcome
from ..engine.query import DocumentRow
from ..results.figures import NO_NOTE, Count, UnitNote
from ..results.lines import AGE_WORDS
from ..routing.estimate import estimated_minutes

HIDDEN = "non communiqué"
DETAILS = (  # expressions of OperationalUnit that fill ``Details``, in order
    *("pk", "shows_contacts", "secretary_phone", "medical_phone", "nursing_phone", "email"),
    *("street_number", "street_extension", "street_name", "postal_code"),
    *("geographic_entity__street_number", "geographic_entity__street_extension", "geographic_entity__street_name"),
    *("geographic_entity__postal_code", "geographic_entity__finess", "geographic_entity__email", "commune_name"),
)
_ENTITY = (
    ("Établissement", 40),
    ("Département", 12),
    ("Commune", 24),
    ("Téléphone de l’établissement", 18),
    ("Distance (km)", 15),
    ("Durée (min)", 12),
    ("Durée estimée", 12),
    ("UO trouvées dans l’établissement", 14),
)
_UNIT = (
    ("Nature", 14),
    ("UO ou professionnel", 44),
    ("Type d’UO ou profession", 40),
    ("Intervient à l’adresse recherchée", 14),
    ("Places libres", 10),
    ("Places installées", 10),
    ("État des places", 26),
    ("Fraîcheur", 20),
    ("Saisie le", 17),
    ("À savoir", 40),
    ("Enfants (E), adultes (A)", 12),
    ("Âges accueillis", 22),
    ("Sexe", 20),
)
_NEED = (("Pour ce besoin", 16), ("Pourquoi", 50), ("À demander au téléphone", 50))
_CONTACT = (
    ("Téléphone à appeler", 18),
    ("Téléphone secrétariat", 18),
    ("Téléphone médical", 18),
    ("Téléphone soignants", 18),
    ("Adresse mail de l’unité", 30),
    ("Adresse mail de l’établissement", 30),
    ("Adresse postale", 44),
    ("FINESS de l’établissement", 15),
    ("Fiche", 50),
)
_KIND_WORDS = {"unknown": "jamais saisi", "closed": "indisponible", "inactive": "saisie non activée"}


class Details(NamedTuple):
    """What the record of a unit adds to its document. ``shows_contacts``: its own ones may be told to this person."""

    unit_id: int
    shows_contacts: bool
    secretary_phone: str
    medical_phone: str
    nursing_phone: str
    email: str
    street_number: str
    street_extension: str
    street_name: str
    postal_code: str
    entity_street_number: str
    entity_street_extension: str
    entity_street_name: str
    entity_postal_code: str
    entity_finess: str
    entity_email: str
    commune_name: str

    def address(self, *, is_own: bool) -> str:
        """« 32 bis rue Salvador Allende, 92000 Nanterre »: its own address, or that of its EG."""
        start = 6 if is_own else 10
        street, code = self[start : start + 3], self[start + 3]
        parts = (" ".join(part for part in street if part), f"{code} {self.commune_name}".strip())
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class Line:
    """One line to write: a UO or a practitioner.

    ``found``: UO found in the same establishment. ``routed_minutes``: duration by car to its nearest place, when a
    routing service gave it. ``url``: absolute address of the record. ``count``, ``note``,
    ``judgement`` and ``details`` are those of a UO.
    """

    row: DocumentRow
    found: int
    url: str
    routed_minutes: int | None = None
    count: Count | None = None
    note: UnitNote = NO_NOTE
    judgement: Judgement | None = None
    details: Details | None = None


def columns(*, with_needs: bool) -> list[tuple[str, int]]:
    """Titles and widths, in order; those of the need when one was asked."""
    return [*_ENTITY, *_UNIT, *(_NEED if with_needs else ()), *_CONTACT]


def values(line: Line, *, has_start: bool, with_needs: bool) -> tuple[Any, ...]:
    """Cells of a line, in the order of ``columns``. ``has_start``: distances are measured."""
    need = _need(line.judgement) if with_needs else ()
    return (*_entity(line, has_start=has_start), *_unit(line), *need, *_contact(line))


def _entity(line: Line, *, has_start: bool) -> tuple[Any, ...]:
    row, km, routed = line.row, line.row.distance_km, line.routed_minutes
    measures: tuple[Any, ...] = (None, None, None)
    if row.is_hidden and has_start:
        measures = (HIDDEN, HIDDEN, None)
    elif km is not None:
        measures = (round(km, 1), estimated_minutes(km) if routed is None else routed, routed is None)
    return (
        row.entity_name if row.unit_id else "",
        row.department_code,
        HIDDEN if row.is_hidden else row.commune,
        telephone(row.entity_phone),
        *measures,
        line.found if row.unit_id else None,
    )


def _unit(line: Line) -> tuple[Any, ...]:
    row, count = line.row, line.count
    if count is None:
        return ("Professionnel", row.name, row.entity_name, *(None,) * 10)
    ages = age_range(_age(row.min_age_value, row.min_age_unit), _age(row.max_age_value, row.max_age_unit))
    return (
        "UO",
        row.name,
        row.type_label,
        "oui" if row.serves else None,
        count.figure if count.kind == "known" else None,
        row.installed_places if count.installed is None else count.installed,
        _state(count, line.note),
        count.state.label if count.state else None,
        row.stated_at if count.kind != "inactive" else None,
        _remarks(count, line.note),
        audience_letter(row.min_age_days or 0, row.max_age_days or 0),
        ages,
        Sex(row.sex).label if row.sex else None,
    )


def _state(count: Count, note: UnitNote) -> str:
    """« places libres », « complet », « jamais saisi », « périmé (3 places) », « indisponible »."""
    if count.kind == "known":
        return "places libres" if count.figure else "complet"
    if count.kind in _KIND_WORDS:
        return _KIND_WORDS[count.kind]
    word = "périmé" if count.kind == "expired" else "à confirmer"
    return f"{word} ({figure_words(count.figure or 0, note.capacity_kind)})"


def _remarks(count: Count, note: UnitNote) -> str:
    """What the screen says around a figure: closure, shared beds, a call that contests it, places expected."""
    if count.kind == "inactive":
        return ""
    contested = note.contested_at if count.kind != "closed" else None
    said = (
        note.closure_words if count.kind == "closed" else "",
        "lits mutualisés" if count.pool_id else "",
        f"contesté {on_moment(contested)}" if contested else "",
        *note.awaited,
    )
    return _listed(said)


def _listed(said: Iterable[str]) -> str:
    """« lits mutualisés, 1 place attendue le 20/08/2024 »: what a person ended with a full stop goes on."""
    return ", ".join(part.rstrip(" .,;") for part in said if part)


def _age(value: int | None, unit: str) -> tuple[int, str] | None:
    return None if value is None else (value, AGE_WORDS[unit])


def _need(judgement: Judgement | None) -> tuple[Any, ...]:
    if judgement is None:
        return (None,) * len(_NEED)
    questions = "\n".join(f"{question}\u202f?" for question in judgement.questions)
    return judgement.fit.label, _listed(reason.text for reason in judgement.reasons), questions


def _contact(line: Line) -> tuple[Any, ...]:
    row, details = line.row, line.details
    if details is None:
        return (telephone(row.phone), *(None,) * 7, line.url)
    own: tuple[str, ...] = ("",) * 4
    if details.shows_contacts:
        phones = (details.secretary_phone, details.medical_phone, details.nursing_phone)
        own = (*map(telephone, phones), details.email)
    place: tuple[str, str] = (HIDDEN, HIDDEN)
    if not row.is_hidden:
        place = (details.address(is_own=row.has_own_place), details.entity_finess)
    return (telephone(row.phone), *own, details.entity_email, *place, line.url)


def explanations(outcome: Outcome, *, with_needs: bool) -> Iterator[tuple[str, str]]:
    """What the columns mean and where they stop, for the sheet of criteria; plain spaces."""
    yield "Places libres", "Une case vide est un chiffre inconnu ou périmé, jamais zéro : voir « État des places »."
    yield "Lits mutualisés", "Des unités qui partagent leurs lits portent le même chiffre : à ne compter qu’une fois."
    if outcome.place and outcome.place.point:
        yield "Distance (km)", "À vol d’oiseau, depuis le point de départ : la même pour tout un établissement."
        yield "Durée (min)", "En voiture, de l’établissement entier, comme à l’écran."
        yield (
            "Durée estimée",
            "« oui » : d’après la distance à vol d’oiseau, sans tenir compte de la circulation."
            " « non » : donnée par le service d’itinéraires et affichée à l’écran depuis moins d’un jour.",
        )
    yield "Non communiqué", "Le lieu de certaines unités n’est montré qu’aux personnes habilitées."
    if with_needs:
        yield "Pour ce besoin", "D’après ce que disent les fiches et les saisies de places : le téléphone confirme."
