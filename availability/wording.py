"""French sentences about figures, shown and never stored. Pure functions, ``now`` as an argument."""

import datetime
from collections.abc import Iterable, Sequence

from common.french import NBSP, PARIS, counted, day, duration, moment, number, plural, time_of_day

from .breakdown import Counts
from .freshness import ContractState, Freshness
from .lines import LineAccess, LineAnimal, LineRoom, LineSex, LineState, PlaceLine, counts_of_lines

# Field, and the word after « place » or « lit »; empty: the word is « indifférent » alone.
SEXES = (("men", "Homme"), ("women", "Femme"), ("any_sex", ""))
AGES = (("adults", "Adulte"), ("children", "Enfant"))
COVID = (("covid_positive", "Covid+"), ("covid_negative", "Covid−"))
SEX_OF_LINES = (
    (LineSex.MEN, "Homme"),
    (LineSex.WOMEN, "Femme"),
    (LineSex.ANY, ""),
    (LineSex.COUPLE, "Couple ou famille"),
)
LINE_SEXES = {
    LineSex.WOMEN: "Femme",
    LineSex.MEN: "Homme",
    LineSex.ANY: "femme ou homme",
    LineSex.COUPLE: "couple ou famille",
}
LINE_ACCESS = {LineAccess.YES: "PMR", LineAccess.NO: "pas PMR", LineAccess.POSSIBLE: "PMR possible"}
LINE_ROOMS = {LineRoom.SINGLE: "chambre individuelle", LineRoom.SHARED: "chambre partagée"}
LINE_ANIMALS = {LineAnimal.YES: "animal accepté", LineAnimal.NO: "sans animal"}


def breakdown_sentence(counts: Counts, kind: str = "place") -> str:
    """Recommended sentence of a breakdown, empty when nothing is given (spec 20, Entering; order of 01-settled).

    « 2 places Homme / 1 place Femme – 1 place PMR – 3 chambres individuelles / 0 partagée », « 2 lits Covid+ ».
    """
    parts = (
        _given(counts, SEXES, kind),
        _accessible(counts.accessible, kind),
        _rooms(counts.single_room, counts.shared_room),
        _given(counts, AGES, kind),
        _given(counts, COVID, kind),
    )
    return " – ".join(part for part in parts if part)


def lines_sentence(lines: Sequence[PlaceLine], kind: str, today: datetime.date) -> str:
    """Sentence of place lines: the free ones as a breakdown, then what is not free, in words (spec 20).

    « 2 places Homme / 1 place Couple ou famille – 1 place PMR – 1 réservée jusqu’au 24/11, 2 en préparation ».
    """
    free = [line for line in lines if line.state is LineState.FREE]
    counts = counts_of_lines(free)
    parts = (
        " / ".join(_places(total, word, kind) for sex, word in SEX_OF_LINES if (total := _sum(free, "sex", sex))),
        _line_access(free, counts, kind),
        _rooms(counts.single_room, counts.shared_room),
        " / ".join(_ages_of(free, kind)),
        _animals(free, kind),
        ", ".join(_not_free(line, kind, today) for line in lines if line.state is not LineState.FREE),
    )
    return " – ".join(part for part in parts if part)


def line_words(line: PlaceLine, kind: str, today: datetime.date) -> str:
    """One line in words: « 2 places Femme, PMR, chambre individuelle, 18 à 25 ans », « 1 réservée jusqu’au 24/11 »."""
    is_free = line.state is LineState.FREE
    told = (
        figure_words(line.count, kind) if is_free else _not_free(line, kind, today),
        LINE_SEXES.get(line.sex, ""),
        LINE_ACCESS.get(line.access, ""),
        LINE_ROOMS.get(line.room, ""),
        age_words(line.min_age, line.max_age),
        LINE_ANIMALS.get(line.animal, ""),
    )
    return ", ".join(part for part in told if part)


def age_words(low: int | None, high: int | None) -> str:
    """« 18 à 25 ans », « à partir de 18 ans », « jusqu’à 25 ans », empty without any bound."""
    if low is None and high is None:
        return ""
    if high is None:
        return f"à partir de {counted(low or 0, 'an')}"
    return f"jusqu’à {counted(high, 'an')}" if low is None else f"{low} à {counted(high, 'an')}"


def _sum(lines: Iterable[PlaceLine], name: str, value: str) -> int:
    return sum(line.count for line in lines if getattr(line, name) == value)


def _line_access(free: Sequence[PlaceLine], counts: Counts, kind: str) -> str:
    """Accessible places; « Pas de place PMR » only when every line said no."""
    possible = _sum(free, "access", LineAccess.POSSIBLE)
    if possible:
        sure = _places(counts.accessible, "PMR", kind) if counts.accessible else ""
        return " / ".join(
            filter(None, (sure, _places(possible, plural(possible, "PMR possible", "PMR possibles"), kind)))
        )
    if counts.accessible == 0 and any(line.access is LineAccess.UNKNOWN for line in free):
        return ""
    return _accessible(counts.accessible, kind)


def _ages_of(free: Iterable[PlaceLine], kind: str) -> list[str]:
    """Places by ages, in the order of the lines."""
    totals: dict[str, int] = {}
    for line in free:
        if words := age_words(line.min_age, line.max_age):
            totals[words] = totals.get(words, 0) + line.count
    return [_places(total, words, kind) for words, total in totals.items()]


def _animals(free: Sequence[PlaceLine], kind: str) -> str:
    accepted = _sum(free, "animal", LineAnimal.YES)
    return f"animal accepté{NBSP}: {figure_words(accepted, kind)}" if accepted else ""


def _not_free(line: PlaceLine, kind: str, today: datetime.date) -> str:
    """« 1 réservée jusqu’au 24/11 », « 2 en préparation »; beds are masculine."""
    ending = "" if kind == "bed" else "e"
    words = {
        LineState.RESERVED: f"réservé{ending}",
        LineState.PREPARING: "en préparation",
        LineState.ASSESSING: "sous évaluation",
        LineState.CLOSED: f"fermé{ending}",
    }[line.state]
    agreed = plural(line.count, words) if line.state in (LineState.RESERVED, LineState.CLOSED) else words
    said = f"{number(line.count)} {agreed}"
    if line.until is None:
        return said
    until = f"{line.until:%d/%m}" if line.until.year == today.year else day(line.until)
    return f"{said} jusqu’au {until}{' (date passée)' if line.until < today else ''}"


def _given(counts: Counts, names: Sequence[tuple[str, str]], kind: str) -> str:
    given = [(getattr(counts, name), word) for name, word in names]
    return " / ".join(_places(count, word, kind) for count, word in given if count is not None)


def _places(count: int, word: str, kind: str) -> str:
    """« 2 places Homme », « 1 lit Covid+ »; « 2 indifférents » when ``word`` is empty."""
    return f"{figure_words(count, kind)} {word}" if word else counted(count, "indifférent")


def _accessible(count: int | None, kind: str) -> str:
    if count is None:
        return ""
    return _places(count, "PMR", kind) if count else f"Pas de {capacity_noun(1, kind)} PMR"


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


def installed_capacity(count: int, kind: str) -> str:
    """« 35 places installées », « 1 lit installé »."""
    return f"{figure_words(count, kind)} {plural(count, 'installé' if kind == 'bed' else 'installée')}"


def common_kind(kinds: Iterable[str]) -> str:
    """Capacity kind of a sum: beds when every part counts beds, places otherwise."""
    return "bed" if set(kinds) == {"bed"} else "place"


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


def period_words(starts_at: datetime.datetime, ends_at: datetime.datetime | None) -> str:
    """« depuis le 01/08/2024 à 08:00, sans date de fin »; a midnight is told by its day (« au 31/08/2024 inclus »)."""
    start = edge_words(starts_at)
    if ends_at is None:
        return f"depuis le {start}, sans date de fin"
    return f"du {start} au {edge_words(ends_at, is_end=True)}"


def edge_words(at: datetime.datetime, *, is_end: bool = False) -> str:
    """« 01/08/2024 à 08:00 », « 01/08/2024 » for a midnight, « 31/08/2024 inclus » for the one that ends a day."""
    if not _is_midnight(at):
        return moment(at)
    return f"{day(at - datetime.timedelta(seconds=1))} inclus" if is_end else day(at)


def _is_midnight(at: datetime.datetime) -> bool:
    return time_of_day(at) == "00:00"


def rhythm_words(rhythm: datetime.timedelta) -> str:
    """« tous les jours », « tous les 7 jours », « toutes les 12 h »."""
    days, rest = divmod(rhythm, datetime.timedelta(days=1))
    if not rest:
        return "tous les jours" if days == 1 else f"tous les {counted(days, 'jour')}"
    hours = rhythm // datetime.timedelta(hours=1)
    return f"toutes les {number(hours)}{NBSP}h" if hours > 1 else "toutes les heures"
