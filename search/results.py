"""From documents to what the page shows: establishments, their units, what their figures amount to. No query."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from django.urls import reverse

from availability.freshness import Freshness, freshness_at
from common import french
from directory.ages import audience_letter
from directory.enums import Sex

from .outcome import Group
from .query import DocumentRow

UNITS_SHOWN = 5  # of one establishment; the others are on its record
NAMES_SHOWN = 2  # units named on a folded line
AGE_WORDS = {"d": "jour", "m": "mois", "y": "an"}

KIND_WORDS = {
    "known": "",
    "unknown": "jamais saisi",
    "expired": "chiffre périmé, à confirmer",
    "inactive": "saisie non activée",
}

FigureKind = Literal["known", "unknown", "expired", "inactive"]


@dataclass(frozen=True)
class Count:
    """Free places of one unit or of several, ready for ``{% places %}``; unknown is never a zero.

    ``counted`` of the ``open`` units have a figure that counts. ``freshness`` is that of the oldest figure counted,
    or of the figure shown struck out.
    """

    kind: FigureKind
    figure: int | None = None
    installed: int | None = None
    freshness: Freshness | None = None
    detail: str = ""
    counted: int = 0
    open: int = 0


@dataclass(frozen=True)
class UnitLine:
    """One UO inside an establishment's line: « 8 places / 35 », « saisie le … à 12:17 », « A · 18 ans – 150 ans ».

    ``own_place`` is said when the unit stands elsewhere than what the line of its establishment says.
    """

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


@dataclass(frozen=True)
class ResultLine:
    """One line of results: an establishment with its units, or a practitioner (no ``units``, a ``profession``)."""

    name: str
    url: str
    phone: str
    profession: str
    place: str
    is_hidden: bool
    distance_km: float | None
    serves: bool
    count: Count | None
    summary: str
    units: tuple[UnitLine, ...]
    others: int
    is_alone: bool


def lines_of(groups: Sequence[Group], rows: Iterable[DocumentRow], now: datetime.datetime) -> list[ResultLine]:
    """Lines in the order of ``groups``; a group whose documents have just gone is left out."""
    by_group: dict[int, list[DocumentRow]] = defaultdict(list)
    for row in rows:
        by_group[row.group_id].append(row)
    return [_line(group, by_group[group.group_id], now) for group in groups if by_group[group.group_id]]


def _line(group: Group, rows: list[DocumentRow], now: datetime.datetime) -> ResultLine:
    first = rows[0]
    is_person = first.unit_id is None
    counts = [] if is_person else [unit_count(row, now) for row in rows]
    shown = [] if is_person else rows[:UNITS_SHOWN]
    place = _place(next((row for row in rows if not row.has_own_place), first))
    return ResultLine(
        name=first.name if is_person else first.entity_name,
        url=_address("practitioner_detail", -group.group_id)
        if is_person
        else _address("geographic_entity_detail", group.group_id),
        phone=first.phone if is_person else first.entity_phone or first.phone,
        profession=first.entity_name if is_person else "",
        place=place,
        is_hidden=first.is_hidden,
        distance_km=group.distance_km,
        serves=any(row.serves for row in rows),
        count=None if is_person else total_count(counts),
        summary="" if is_person else _summary(rows, counts),
        units=tuple(_unit(row, count, place) for row, count in zip(shown, counts, strict=False)),
        others=0 if is_person else len(rows) - len(shown),
        is_alone=len(rows) == 1,
    )


def _unit(row: DocumentRow, count: Count, place: str) -> UnitLine:
    return UnitLine(
        name=row.name,
        type_label=row.type_label,
        url=_address("unit_detail", row.unit_id or 0),
        phone=row.phone,
        count=count,
        figure_words=_figure_words(count),
        stated_words=_stated_words(row, count),
        audience_words=_audience_words(row),
        serves=row.serves,
        own_place=_place(row) if row.has_own_place and _place(row) != place else "",
    )


def _figure_words(count: Count) -> str:
    if count.figure is None:
        return ""
    words = french.counted(count.figure, "place") if count.figure or count.kind == "expired" else "complet"
    return words if count.installed is None else f"{words} / {french.number(count.installed)}"


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


def unit_count(row: DocumentRow, now: datetime.datetime) -> Count:
    """Figure of one unit at ``now``: not activated, never stated, expired (struck out, dated) or counted."""
    if not row.is_open or row.rhythm is None:
        return Count("inactive")
    freshness = freshness_at(row.stated_at, row.rhythm, now)
    if row.stated_at is None:
        return Count("unknown", freshness=freshness, open=1)
    if not freshness.counts:
        detail = f"périmé, {french.day(row.stated_at)}"
        return Count("expired", row.figure, row.installed_places, freshness, detail, open=1)
    return Count("known", row.figure, row.installed_places, freshness, counted=1, open=1)


def total_count(counts: Sequence[Count]) -> Count:
    """Sum of the figures that count; without any, what is known of the others: unknown is not zero."""
    opened = [count for count in counts if count.kind != "inactive"]
    known = [count for count in opened if count.kind == "known"]
    if not opened:
        return Count("inactive")
    if known:
        installed = [count.installed for count in known if count.installed is not None]
        return Count(
            "known",
            sum(count.figure or 0 for count in known),
            sum(installed) if len(installed) == len(known) else None,
            max((count.freshness for count in known if count.freshness), key=_age_of),
            counted=len(known),
            open=len(opened),
        )
    expired = [count for count in opened if count.kind == "expired"]
    if len(opened) == 1:
        return opened[0]
    newest = min((count.freshness for count in expired or opened if count.freshness), key=_age_of)
    detail = "chiffres périmés" if expired else "inconnu"
    return Count("unknown", freshness=newest, detail=detail, open=len(opened))


def _age_of(freshness: Freshness) -> datetime.timedelta:
    return freshness.age or datetime.timedelta(0)


def _summary(rows: Sequence[DocumentRow], counts: Sequence[Count]) -> str:
    """What a folded line says: « 1 UO – ACT Hébergement, hommes seulement », « 4 UO – A, B et 2 autres »."""
    if len(rows) == 1:
        said = [rows[0].name, KIND_WORDS[counts[0].kind], Sex(rows[0].sex).label.lower() if rows[0].sex else ""]
        return "1 UO – " + ", ".join(part for part in said if part)
    names = list(dict.fromkeys(row.name for row in rows))[:NAMES_SHOWN]
    left = len(rows) - len(names)
    summary = f"{len(rows)} UO – {', '.join(names)}" + (f" et {french.counted(left, 'autre')}" if left else "")
    total = total_count(counts)
    if not total.open:
        return f"{summary}, saisie non activée"
    if total.counted < total.open:
        return f"{summary} ({french.counted(total.counted, 'unité comptée')} sur {total.open})"
    return summary


@cache
def _pattern(view: str) -> tuple[str, str]:
    before, _, after = reverse(f"directory:{view}", args=[0]).rpartition("0")
    return before, after


def _address(view: str, record_id: int) -> str:
    before, after = _pattern(view)
    return f"{before}{record_id}{after}"
