"""French sentences about figures, shown and never stored. Pure functions, ``now`` as an argument."""

import datetime

from common.french import NBSP, PARIS, counted, duration, moment, number, plural, time_of_day

from .breakdown import Counts
from .freshness import ContractState, Freshness

SEXES: tuple[tuple[str, str, str], ...] = (
    ("men", "place Homme", "places Homme"),
    ("women", "place Femme", "places Femme"),
    ("any_sex", "indifférent", "indifférents"),
)


def breakdown_sentence(counts: Counts) -> str:
    """Recommended sentence of a breakdown, empty when nothing is given (spec 20, Entering; order of 01-settled).

    « 2 places Homme / 1 place Femme – 1 place PMR – 3 chambres individuelles / 0 partagée ».
    """
    parts = (_by_sex(counts), _accessible(counts.accessible), _rooms(counts.single_room, counts.shared_room))
    return " – ".join(part for part in parts if part)


def _by_sex(counts: Counts) -> str:
    given = [(getattr(counts, name), one, many) for name, one, many in SEXES]
    return " / ".join(counted(count, one, many) for count, one, many in given if count is not None)


def _accessible(count: int | None) -> str:
    if count is None:
        return ""
    return counted(count, "place PMR", "places PMR") if count else "Pas de place PMR"


def _rooms(single: int | None, shared: int | None) -> str:
    if single is None and shared is None:
        return ""
    if single is None:
        return counted(shared or 0, "chambre partagée")
    first = counted(single, "chambre individuelle")
    return first if shared is None else f"{first} / {counted(shared, 'partagée')}"


def capacity_noun(count: int, kind: str) -> str:
    """« place », « places », « lit » or « lits », as the unit counts them (``directory.enums.CapacityKind``)."""
    return plural(count, "lit" if kind == "bed" else "place")


def figure_words(count: int, kind: str) -> str:
    """« 8 places », « 1 lit »."""
    return f"{number(count)} {capacity_noun(count, kind)}"


def installed_words(count: int | None, kind: str) -> str:
    """« sur 35 installées », or that the number is not given (no upper check then: 01-settled)."""
    if count is None:
        return "lits installés non renseignés" if kind == "bed" else "places installées non renseignées"
    return f"sur {number(count)} {plural(count, 'installé' if kind == 'bed' else 'installée')}"


def due_words(due_at: datetime.datetime, now: datetime.datetime) -> str:
    """« À confirmer avant 16:00 », with the day unless it is today in Paris."""
    same_day = due_at.astimezone(PARIS).date() == now.astimezone(PARIS).date()
    return f"À confirmer avant {time_of_day(due_at)}" if same_day else f"À confirmer avant le {moment(due_at)}"


def state_words(
    freshness: Freshness, confirmed_at: datetime.datetime | None, rhythm: datetime.timedelta, now: datetime.datetime
) -> str:
    """Text of the contract state, with its delay: « En retard de 9 h », « À confirmer avant 16:00 », « À jour »."""
    if confirmed_at is None or freshness.age is None:
        return freshness.state.label
    if freshness.state is ContractState.LATE:
        return f"En retard de {duration(freshness.age - rhythm)}"
    if freshness.state is ContractState.DUE_SOON:
        return due_words(confirmed_at + rhythm, now)
    return freshness.state.label


def over_capacity_words(figure: int, installed: int, kind: str) -> str:
    """« 41 dépasse les 24 places installées. »."""
    nouns = "lits installés" if kind == "bed" else "places installées"
    return f"{number(figure)} dépasse les {number(installed)}{NBSP}{nouns}."


def rhythm_words(rhythm: datetime.timedelta) -> str:
    """« tous les jours », « tous les 7 jours », « toutes les 12 h »."""
    days, rest = divmod(rhythm, datetime.timedelta(days=1))
    if not rest:
        return "tous les jours" if days == 1 else f"tous les {counted(days, 'jour')}"
    hours = rhythm // datetime.timedelta(hours=1)
    return f"toutes les {number(hours)}{NBSP}h" if hours > 1 else "toutes les heures"
