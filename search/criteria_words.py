"""What was asked, in words: one line a criterion, for exports, saved searches, mails and printed pages."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db.models import CharField, F, Q, Value
from django.db.models.functions import Cast

from availability.guichet.needs import Who
from common.french import NBSP, age, day, number
from common.round_trip import Rows, Statement, rows_together, statement_of
from directory.models import Department, LegalEntity, Term

from .criteria import FACET_LISTS, Facet, Opening, SearchCriteria, Sort, Within

WHO_WORDS: dict[Who, str] = {Who.MAN: "Un homme", Who.WOMAN: "Une femme", Who.COUPLE: "Un couple ou une famille"}
WITHIN_WORDS: dict[Within, str] = {
    Within.UNIT_TYPE: "Types d’UO",
    Within.ACTIVITY: "Activités opérationnelles",
    Within.ACT: "Actes spécifiques",
    Within.SPECIALISATION: "Spécialisations",
    Within.ENTITY: "Établissements",
    Within.PRACTITIONER: "Professionnels",
}
SORT_WORDS: dict[Sort, str] = {
    Sort.DISTANCE: "Par distance",
    Sort.RELEVANCE: "Par pertinence",
    Sort.PLACES: "Par places disponibles",
}

Labels = Mapping[tuple[Facet, str], str]


class CriterionWords(NamedTuple):
    """One criterion: « Distance » and « 20 km au plus »."""

    label: str
    text: str


def labels_of(criteria: SearchCriteria) -> dict[tuple[Facet, str], str]:
    """Labels of the values ticked, as stored. One query, none when nothing is ticked; an unknown value has no label."""
    statement = labels_statement(criteria)
    return labels_in(rows_together([statement])[0]) if statement else {}


def labels_in(rows: Rows) -> dict[tuple[Facet, str], str]:
    """Labels told by the rows of ``labels_statement``. Pure."""
    facets = {coded.value: facet for facet, coded in FACET_LISTS.items()}
    return {(facets.get(kind) or Facet(kind), value): label for kind, value, label in rows}


def labels_statement(criteria: SearchCriteria) -> Statement | None:
    """The statement whose rows ``labels_in`` reads; ``None`` when nothing is ticked."""
    chosen = dict(criteria.chosen)
    parts: list[Any] = []
    if listed := [Q(nomenclature=FACET_LISTS[facet], pk__in=chosen[facet]) for facet in chosen if facet in FACET_LISTS]:
        wanted = listed[0]
        for condition in listed[1:]:
            wanted |= condition
        terms = Term.objects.filter(wanted).order_by()
        parts.append(terms.values_list("nomenclature", Cast("pk", CharField()), "label"))
    if codes := chosen.get(Facet.DEPARTMENT):
        named = Department.objects.filter(code__in=codes).order_by()
        parts.append(named.values_list(Value(Facet.DEPARTMENT.value), F("code"), F("name")))
    if ids := chosen.get(Facet.LEGAL_ENTITY):
        bodies = LegalEntity.objects.published().filter(pk__in=ids).order_by()
        parts.append(bodies.values_list(Value(Facet.LEGAL_ENTITY.value), Cast("pk", CharField()), F("name")))
    if not parts:
        return None
    found = statement_of(parts[0].union(*parts[1:], all=True).order_by() if len(parts) > 1 else parts[0])
    return found[0] if found else None


def words_of(criteria: SearchCriteria, labels: Labels) -> list[CriterionWords]:
    """Every criterion in words, in the order of the page; how results are shown (view, page) is none.

    ``labels`` come from ``labels_of``. Pure.
    """
    lines = [
        ("Où", criteria.where),
        ("Recherche", f"«{NBSP}{criteria.what}{NBSP}»" if criteria.what else ""),
        ("Rechercher dans", WITHIN_WORDS.get(criteria.within, "")),
        ("Orthographe", "Exactement comme tapée" if criteria.exact else ""),
        *((facet.label, _chosen(criteria, facet, labels)) for facet in Facet),
        ("Distance", _distance(criteria)),
        ("Zone de la carte", _zone(criteria)),
        ("Places disponibles", "Au moins une place" if criteria.free else ""),
        ("Fraîcheur", "Places à jour seulement" if criteria.fresh else ""),
        ("Ouverture", _opening(criteria)),
        *_needs(criteria),
        ("Tri", SORT_WORDS[criteria.sort] if criteria.sort else ""),
    ]
    return [CriterionWords(label, text) for label, text in lines if text]


def _chosen(criteria: SearchCriteria, facet: Facet, labels: Labels) -> str:
    words = []
    for value in criteria.values(facet):
        label = labels.get((facet, value))
        if facet == Facet.DEPARTMENT:
            words.append(f"{label} ({value})" if label else value)
        else:
            words.append(label or f"valeur inconnue ({value})")
    return " ou ".join(words)


def _distance(criteria: SearchCriteria) -> str:
    if criteria.anywhere:
        return "Sans limite"
    return f"{number(criteria.distance_km)}{NBSP}km au plus" if criteria.distance_km else ""


def _zone(criteria: SearchCriteria) -> str:
    zone = criteria.zone
    if zone is None:
        return ""
    south, north, west, east = (number(value, 4) for value in (zone.south, zone.north, zone.west, zone.east))
    return f"Latitude de {south} à {north}, longitude de {west} à {east}"


def _opening(criteria: SearchCriteria) -> str:
    if criteria.open_on is None:
        return ""
    return "Ouvert maintenant" if isinstance(criteria.open_on, Opening) else f"Ouvert le {day(criteria.open_on)}"


def _needs(criteria: SearchCriteria) -> list[tuple[str, str]]:
    """What the person needs, in the words of the form."""
    needs = criteria.needs
    return [
        ("Pour qui", WHO_WORDS.get(needs.who, "")),
        ("Âge", "" if needs.age is None else age(needs.age)),
        ("Place PMR (fauteuil)", "Oui" if needs.accessible else ""),
        ("Chambre individuelle", "Oui" if needs.single_room else ""),
        ("Avec un animal", "Oui" if needs.animal else ""),
        ("À partir du", day(needs.on) if needs.on else ""),
        ("Ce qui ne convient pas", "Masqué" if criteria.hides_unfit else ""),
    ]
