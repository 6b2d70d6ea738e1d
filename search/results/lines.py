"""From documents to what the page shows: establishments, their units, what their figures amount to. No query."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from django.urls import reverse

from availability.freshness import ContractState
from availability.guichet.needs import Answer, Fit, Judgement, Reason
from availability.shown import Badge
from common import french
from common.french import NBSP, THIN
from directory.ages import audience_letter
from directory.enums import Sex

from ..engine.outcome import Group
from ..engine.query import DocumentRow
from .figures import NO_NOTE, Count, UnitNote, counts_of, figure_words, total_count, unit_count

__all__ = ["AGE_WORDS", "Count", "ResultLine", "UnitLine", "lines_of", "total_count", "unit_count"]

UNITS_SHOWN = 5  # of one establishment; the others are on its record
NAMES_SHOWN = 2  # units named on a folded line
REASONS_SHOWN = 2  # on a folded line
AGE_WORDS = {"d": "jour", "m": "mois", "y": "an"}

KIND_WORDS = {
    "unknown": "jamais saisi",
    "expired": "chiffre périmé, à confirmer par téléphone",
    "to_confirm": "chiffre à confirmer depuis la réouverture",
    "closed": "indisponible",
    "inactive": "saisie non activée",
}
FIT_WORDS = {
    Fit.FITS: ("convient", "conviennent"),
    Fit.TO_CONFIRM: ("à confirmer", "à confirmer"),
    Fit.FULL: ("sans place", "sans place"),
    Fit.NO_FIT: ("ne convient pas", "ne conviennent pas"),
}


@dataclass(frozen=True, kw_only=True)
class UnitLine:
    """One UO inside an establishment's line: « 8 places / 35 », « saisie le … à 12:17 », « A · 18 ans – 150 ans ».

    ``own_place`` is said when the unit stands elsewhere than what the line of its establishment says. ``fit``: its
    class for the needs asked (empty without any, or when it was not judged), ``why`` the reasons, ``questions`` what to
    ask on the phone. ``contested_words``: a call was answered that no place is left. ``awaited``: places expected.
    """

    unit_id: int
    name: str
    type_label: str
    url: str
    phone: str
    count: Count
    figure_words: str
    stated_words: str
    audience_words: str
    serves: bool
    own_place: str
    closure_words: str = ""
    contested_words: str = ""
    is_pooled: bool = False
    awaited: tuple[str, ...] = ()
    fit: Fit | None = None
    why: tuple[Reason, ...] = ()
    questions: str = ""

    @property
    def state(self) -> Badge | ContractState | None:
        """What ``{% state %}`` shows; empty when there is no figure."""
        return self.count.state

    @property
    def is_noted(self) -> bool:
        """Whether there is more to tell than its figure and whom it takes in."""
        told = (self.closure_words, self.is_pooled, self.contested_words, self.awaited, self.why, self.questions)
        return any(told)

    @property
    def fit_words(self) -> str:
        """The class, said apart when the unit takes nobody at all."""
        if self.fit is None:
            return ""
        return "Indisponible" if self.fit is Fit.FULL and self.count.kind == "closed" else self.fit.label


@dataclass(frozen=True, kw_only=True)
class ResultLine:
    """One line of results: an establishment with its units, or a practitioner (no ``units``, a ``profession``).

    ``fit`` is the class of its best unit. ``duration_words``: « 00:13 est. », empty when it is not known.
    """

    group_id: int
    name: str
    url: str
    phone: str
    profession: str
    place: str
    is_hidden: bool
    distance_km: float | None
    duration_words: str
    serves: bool
    count: Count | None
    summary: str
    units: tuple[UnitLine, ...]
    others: int
    is_alone: bool
    fit: Fit | None = None

    @property
    def fit_words(self) -> str:
        """The class of its best unit."""
        best = next((unit for unit in self.units if unit.fit is self.fit), None)
        return best.fit_words if best and self.fit else ""


@dataclass(frozen=True)
class Told:
    """What lines say besides the documents: notes and judgements by unit id, durations by group id."""

    notes: Mapping[int, UnitNote]
    judgements: Mapping[int, Judgement]
    durations: Mapping[int, str]
    now: datetime.datetime

    def note(self, row: DocumentRow) -> UnitNote:
        return self.notes.get(row.unit_id or 0, NO_NOTE)

    def judgement(self, row: DocumentRow) -> Judgement | None:
        return self.judgements.get(row.unit_id or 0)

    def fit(self, row: DocumentRow) -> Fit | None:
        judgement = self.judgement(row)
        return judgement.fit if judgement else None


def lines_of(
    groups: Sequence[Group],
    rows: Iterable[DocumentRow],
    now: datetime.datetime,
    *,
    notes: Mapping[int, UnitNote] | None = None,
    judgements: Mapping[int, Judgement] | None = None,
    durations: Mapping[int, str] | None = None,
) -> list[ResultLine]:
    """Lines in the order of ``groups``; a group whose documents have just gone is left out.

    ``notes`` come from ``figures.notes_of``, ``judgements`` from ``fit.judge_units``.
    """
    told = Told(notes or {}, judgements or {}, durations or {}, now)
    by_group: dict[int, list[DocumentRow]] = defaultdict(list)
    for row in rows:
        by_group[row.group_id].append(row)
    return [_line(group, by_group[group.group_id], told) for group in groups if by_group[group.group_id]]


def _line(group: Group, rows: list[DocumentRow], told: Told) -> ResultLine:
    place = _place(next((row for row in rows if not row.has_own_place), rows[0]))
    if rows[0].unit_id is None:
        return _person(group, rows[0], place, told)
    first = rows[0]
    if told.judgements:
        rows = sorted(rows, key=lambda row: _rank(told.fit(row)))
    counts = counts_of(rows, told.notes, told.now)
    shown = _shown(rows, counts, told)
    fits = [fit for fit in map(told.fit, rows) if fit]
    return ResultLine(
        group_id=group.group_id,
        name=first.entity_name,
        url=_address("geographic_entity_detail", group.group_id),
        phone=first.entity_phone or rows[0].phone,
        profession="",
        place=place,
        is_hidden=first.is_hidden,
        distance_km=group.distance_km,
        duration_words=told.durations.get(group.group_id, ""),
        serves=any(row.serves for row in rows),
        count=total_count(counts),
        summary=_summary(rows, counts, told, [row.name for row, _ in shown]),
        units=tuple(_unit(row, count, place, told) for row, count in shown),
        others=len(rows) - len(shown),
        is_alone=len(rows) == 1,
        fit=min(fits, key=_rank, default=None),
    )


_TELLING = ("known", "to_confirm", "expired", "unknown", "closed", "inactive")


def _shown(rows: Sequence[DocumentRow], counts: Sequence[Count], told: Told) -> list[tuple[DocumentRow, Count]]:
    """The units to show of a long list: those that suit or have free places rather than the first ones by name.

    Their order stays that of the list.
    """
    pairs = list(enumerate(zip(rows, counts, strict=True)))
    if len(pairs) > UNITS_SHOWN:
        pairs.sort(key=lambda one: (_rank(told.fit(one[1][0])), not one[1][0].serves, *_telling(one[1][1]), one[0]))
    return [pair for _, pair in sorted(pairs[:UNITS_SHOWN], key=lambda one: one[0])]


def _telling(count: Count) -> tuple[int, bool]:
    return _TELLING.index(count.kind), not count.figure


def _rank(fit: Fit | None) -> int:
    return len(Fit) if fit is None else fit.rank


def _person(group: Group, row: DocumentRow, place: str, told: Told) -> ResultLine:
    return ResultLine(
        group_id=group.group_id,
        name=row.name,
        url=_address("practitioner_detail", -group.group_id),
        phone=row.phone,
        profession=row.entity_name,
        place=place,
        is_hidden=row.is_hidden,
        distance_km=group.distance_km,
        duration_words=told.durations.get(group.group_id, ""),
        serves=row.serves,
        count=None,
        summary="",
        units=(),
        others=0,
        is_alone=True,
    )


def _unit(row: DocumentRow, count: Count, place: str, told: Told) -> UnitLine:
    note, judgement = told.note(row), told.judgement(row)
    return UnitLine(
        unit_id=row.unit_id or 0,
        name=row.name,
        type_label=row.type_label,
        url=_address("unit_detail", row.unit_id or 0),
        phone=row.phone,
        count=count,
        figure_words=figure_words(count, note.capacity_kind),
        stated_words=_stated_words(row, count),
        audience_words=_audience_words(row),
        serves=row.serves,
        own_place=_place(row) if row.has_own_place and _place(row) != place else "",
        closure_words=note.closure_words if count.kind == "closed" else "",
        contested_words="" if judgement else _contested_words(count, note),
        is_pooled=count.pool_id is not None,
        awaited=() if count.kind == "inactive" else note.awaited,
        fit=judgement.fit if judgement else None,
        why=judgement.reasons if judgement else (),
        questions=_questions(judgement),
    )


def _questions(judgement: Judgement | None) -> str:
    """« Y a-t-il une place PMR ? »; nothing is asked of a unit that does not suit."""
    if judgement is None or judgement.fit is Fit.NO_FIT:
        return ""
    return " ".join(f"{question}{THIN}?" for question in judgement.questions)


def _contested_words(count: Count, note: UnitNote) -> str:
    """« plus de place, a-t-on répondu au téléphone le 14/08/2024 à 12:17 »."""
    if note.contested_at is None or count.kind in ("closed", "inactive"):
        return ""
    return f"plus de place, a-t-on répondu au téléphone {french.on_moment(note.contested_at)}"


def _stated_words(row: DocumentRow, count: Count) -> str:
    if count.kind == "inactive":
        return "Saisie non activée"
    return f"saisie {french.on_moment(row.stated_at)}" if row.stated_at else "Aucune saisie"


def _audience_words(row: DocumentRow) -> str:
    """« E+A · 0 an – 150 ans · Femmes seulement »."""
    ages = french.age_range(_age(row.min_age_value, row.min_age_unit), _age(row.max_age_value, row.max_age_unit))
    parts = (audience_letter(row.min_age_days or 0, row.max_age_days or 0), ages, Sex(row.sex).label if row.sex else "")
    return " · ".join(part for part in parts if part)


def _age(value: int | None, unit: str) -> tuple[int, str] | None:
    return None if value is None else (value, AGE_WORDS[unit])


def _place(row: DocumentRow) -> str:
    """« Paris 19 (75) »; the department alone when the place is hidden."""
    if row.commune:
        return f"{row.commune} ({row.department_code})"
    return f"Département {row.department_code}" if row.department_code else ""


def _summary(rows: Sequence[DocumentRow], counts: Sequence[Count], told: Told, shown: Sequence[str]) -> str:
    """What a folded line says: « 1 UO – ACT Hébergement, 3 places, hommes seulement », « 4 UO – A, B et 2 autres ».

    With needs, the classes of its units and what settles that of the best one (the first of ``rows``).

    ``shown``: names of the units that the line opens to.
    """
    if len(rows) == 1:
        return "1 UO – " + ", ".join(part for part in _decisive(rows[0], counts[0], told) if part)
    names = list(dict.fromkeys(shown))[:NAMES_SHOWN]
    left = len(rows) - len(names)
    summary = f"{len(rows)} UO – {', '.join(names)}" + (f" et {french.counted(left, 'autre')}" if left else "")
    return ", ".join(filter(None, (f"{summary}{_coverage(counts)}", _classes(rows, told)))) + _best(
        rows[0], counts[0], told
    )


def _best(row: DocumentRow, count: Count, told: Told) -> str:
    """« . ACT Femmes : 3 places, femmes accueillies »: why to open the line, from its best unit once it is judged."""
    if told.judgement(row) is None:
        return ""
    name, *words = filter(None, _decisive(row, count, told))
    return f". {name}{NBSP}: {', '.join(words)}"


def _coverage(counts: Sequence[Count]) -> str:
    """« (2 unités comptées sur 4, 1 fermée) », « , saisie non activée »."""
    total = total_count(counts)
    closed = sum(count.kind == "closed" for count in counts)
    if not total.open and not closed:
        return ", saisie non activée"
    said = [
        f"{french.counted(total.counted, 'unité comptée', 'unités comptées')} sur {total.open}"
        if total.counted < total.open
        else "",
        french.counted(closed, "indisponible") if closed else "",
    ]
    words = ", ".join(part for part in said if part)
    return f" ({words})" if words else ""


def _classes(rows: Sequence[DocumentRow], told: Told) -> str:
    """« 2 conviennent, 1 à confirmer », best first; empty when nothing was judged."""
    found = Counter(fit for fit in map(told.fit, rows) if fit)
    return ", ".join(f"{french.number(found[fit])} {FIT_WORDS[fit][found[fit] >= 2]}" for fit in Fit if found[fit])


def _decisive(row: DocumentRow, count: Count, told: Told) -> list[str]:
    """Name of a unit and what settles whether to open its line: its figure, what is awaited, why it suits or not."""
    note, judgement = told.note(row), told.judgement(row)
    soonest = note.awaited[0] if note.awaited and not count.figure and count.kind != "inactive" else ""
    if count.kind == "known":
        figure = "complet" if not count.figure else figure_words(Count("known", count.figure), note.capacity_kind)
    else:
        figure = note.closed_until if count.kind == "closed" else KIND_WORDS[count.kind]
    is_contested = count.kind == "known" and note.contested_at is not None
    if judgement is None:
        why = [Sex(row.sex).label.lower() if row.sex else ""]
    else:
        why = _reasons_in_short(judgement, of_unit_only=is_contested or count.kind != "known" or not count.figure)
    return [row.name, figure, "chiffre contesté" if is_contested else "", soonest, *why]


def _reasons_in_short(judgement: Judgement, *, of_unit_only: bool) -> list[str]:
    """The reasons that settle the class: what is refused, else what is to be asked, else what is offered.

    ``of_unit_only``: the figure settles it, and is told apart: only what the unit refuses or leaves open is added.
    """
    kept = [reason for reason in judgement.reasons if reason.is_of_unit or not of_unit_only]
    for answer in (Answer.NO, Answer.MAYBE, *(() if of_unit_only else (Answer.YES,))):
        said = [reason.text if reason.short is None else reason.short for reason in kept if reason.answer is answer]
        if told := [words for words in said if words]:
            return told[:REASONS_SHOWN]
    return []


@cache
def _pattern(view: str) -> tuple[str, str]:
    before, _, after = reverse(f"directory:{view}", args=[0]).rpartition("0")
    return before, after


def _address(view: str, record_id: int) -> str:
    before, after = _pattern(view)
    return f"{before}{record_id}{after}"
