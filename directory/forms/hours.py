"""Form of the block « Horaires » of a UO: weekly templates, exceptions (spec 10; RG_EXP_014, RG_EXP_016)."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.text import capfirst

from common import french

from ..enums import Nomenclature
from ..hours.schedule import FIRST_YEAR, LAST_YEAR
from ..hours.timetable import (
    WEEKDAYS,
    TypedClosure,
    TypedException,
    TypedRange,
    Validity,
    contradicted_closures,
    hours_words,
    overlapping_exceptions,
    overlapping_ranges,
    parse_time,
    runs_overnight,
)
from ..models import OperationalUnit, Term
from ..term_choices import choosable
from .base import BlockForm
from .hours_draft import Draft

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.forms import BoundField

    from ..snapshots import State

LABEL_LENGTH = 120  # of HoursException.label
ORDINARY_HOURS = "01"  # TRE_R252 « Horaire d'ouverture »: what hours without a kind are
DATE_FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]
MIDNIGHT = datetime.time(0)
ALL_DAY, CLOSED_DAY = "«\u00a024\u00a0h/24\u00a0»", "«\u00a0Fermé\u00a0»"
BOTH_BOXES = f"Choisissez {ALL_DAY} ou {CLOSED_DAY}, pas les deux."
BOX_OR_TIMES = "effacez les heures, ou décochez la case."
WITHOUT_DATES = "la semaine sans dates s’ouvre à la même heure,"
EMPTY_WEEK = (
    "Cette semaine type n’a aucune heure\u00a0: donnez au moins une plage. Une unité fermée pendant une période se dit"
    " dans «\u00a0Exceptions\u00a0», sans heures."
)


class TimeField(forms.CharField):
    """A time typed in any usual spelling, kept as a ``datetime.time``; nothing when empty."""

    def __init__(self, **kwargs: Any) -> None:
        attributes = {"class": "form-control", "autocomplete": "off", "placeholder": "00:00", "data-time": ""}
        super().__init__(required=False, max_length=10, widget=forms.TextInput(attrs=attributes), **kwargs)

    def clean(self, value: Any) -> Any:
        """Read the time; raise ``ValidationError`` when it is none."""
        text = super().clean(value)
        if not text:
            return None
        found = parse_time(text)
        if found is None:
            raise forms.ValidationError(
                f"«\u00a0{text}\u00a0» n’est pas une heure. Écrivez par exemple 08:30.", code="time"
            )
        return found


class DayField(forms.DateField):
    """A day, typed or picked, of the years that the calendar shows."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"class": "form-control", "type": "date"}, format="%Y-%m-%d")
        messages = {"invalid": "Cette date n’existe pas. Écrivez par exemple 14/08/2024."}
        super().__init__(required=False, widget=widget, input_formats=DATE_FORMATS, error_messages=messages, **kwargs)

    def validate(self, value: Any) -> None:
        """Refuse a year that the calendar does not show."""
        super().validate(value)
        if value and not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise forms.ValidationError(f"L’année est comprise entre {FIRST_YEAR} et {LAST_YEAR}.", code="year")


@dataclass
class RangeLine:
    """Fields of a range of a day; ``overnight`` tells whether what they hold runs into the next day."""

    opens: BoundField
    closes: BoundField
    overnight: bool


@dataclass
class DayLines:
    """Fields of a day of a weekly template."""

    number: int
    name: str
    all_day: BoundField
    closed: BoundField
    ranges: list[RangeLine]


@dataclass
class WeekLines:
    """Fields of a weekly template."""

    number: int
    kind: BoundField
    first: BoundField
    last: BoundField
    source: BoundField
    targets: BoundField
    days: list[DayLines]


class UnitHoursForm(BlockForm):
    """Horaires: several weekly templates (kind of hours, validity), several ranges a day, exceptions by date or period.

    Names of fields: ``p0-j1-0-de`` is the opening time of the first range of Monday of the first template, ``e0-du``
    the first day of the first exception. A box « 24 h/24 » or « Fermé » goes with no time beside it.
    """

    model = OperationalUnit
    block = "horaires"
    template = "directory/hours_form.html"

    def __init__(
        self, data: Mapping[str, Any] | None = None, files: Any = None, *, draft: Draft | None = None, **kwargs: Any
    ) -> None:
        """Show a ``draft`` when one is given, else what the base class says."""
        prefix = kwargs.get("prefix") or ""
        if data is not None:
            draft = Draft.of_data(data, prefix)
            start = f"{prefix}-" if prefix else ""
            data = {f"{start}version": data.get(f"{start}version", "")} | {
                f"{start}{name}": value for name, value in draft.values().items()
            }
        self._given = draft
        super().__init__(data, files, **kwargs)

    @property
    def value_names(self) -> tuple[str, ...]:
        """Lists that the form writes."""
        return ("weekly_hours", "hours_exceptions")

    def add_fields(self) -> None:
        """Add the fields of the templates and of the exceptions that the draft shows."""
        self.kinds = self._kinds()
        self.ordinary = next((pk for pk, kind in self.kinds.items() if kind.code == ORDINARY_HOURS), None)
        self.draft = self._given or Draft.of_state(self.state, self.ordinary)
        for number, week in enumerate(self.draft.weeks):
            start, alone = f"p{number}", len(self.draft.weeks) == 1
            title = "" if alone else f"Semaine type {number + 1}, "
            self._add_week_fields(start, title)
            for weekday, day in week.days.items():
                name = f"{title}{WEEKDAYS[weekday - 1]}"
                for line in range(len(day.ranges)):
                    label = capfirst(f"{name}, plage {line + 1}")
                    self.fields[f"{start}-j{weekday}-{line}-de"] = TimeField(label=f"{label}, de")
                    self.fields[f"{start}-j{weekday}-{line}-a"] = TimeField(label=f"{label}, à")
                self.fields[f"{start}-j{weekday}-24h"] = _box(capfirst(f"{name}, 24\u00a0h/24"))
                self.fields[f"{start}-j{weekday}-ferme"] = _box(capfirst(f"{name}, fermé"))
        for number in range(len(self.draft.exceptions)):
            self._add_exception_fields(f"e{number}", f"Exception {number + 1}")

    def _add_week_fields(self, start: str, title: str) -> None:
        others = ((str(pk), term.label) for pk, term in self.kinds.items() if pk != self.ordinary)
        kinds = [("", "Horaire d’ouverture"), *others]
        select = forms.Select(attrs={"class": "form-select"})
        message = {"invalid_choice": "Ce type d’horaire n’est pas proposé."}
        self.fields[f"{start}-type"] = forms.ChoiceField(
            label=f"{title}Type d’horaire", choices=kinds, required=False, widget=select, error_messages=message
        )
        self.fields[f"{start}-du"] = DayField(label=capfirst(f"{title}valable du"))
        self.fields[f"{start}-au"] = DayField(label=capfirst(f"{title}valable jusqu’au"))
        days = [(str(number), name) for number, name in enumerate(WEEKDAYS, start=1)]
        self.fields[f"{start}-source"] = forms.ChoiceField(
            label="Copier les horaires du", choices=days, required=False, widget=forms.Select(select.attrs)
        )
        self.fields[f"{start}-vers"] = forms.MultipleChoiceField(
            label="sur",
            choices=days,
            required=False,
            widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        )

    def _add_exception_fields(self, start: str, title: str) -> None:
        self.fields[f"{start}-du"] = DayField(label=f"{title}, du")
        self.fields[f"{start}-au"] = DayField(label=f"{title}, au")
        self.fields[f"{start}-de"] = TimeField(label=f"{title}, de")
        self.fields[f"{start}-a"] = TimeField(label=f"{title}, à")
        label = forms.TextInput(attrs={"class": "form-control"})
        self.fields[f"{start}-motif"] = forms.CharField(
            label=f"{title}, motif", required=False, max_length=LABEL_LENGTH, widget=label
        )

    def _kinds(self) -> dict[int, Term]:
        """Kinds of hours that may be chosen, and those that the unit holds already: one query."""
        held = {row["kind"]["id"] for row in self.state.get("weekly_hours") or [] if row["kind"]}
        kinds = choosable([Nomenclature.HOURS_KIND], held)[Nomenclature.HOURS_KIND]
        return {term.pk: term for term in sorted(kinds, key=lambda term: (term.order, term.code))}

    def _initial(self) -> dict[str, Any]:
        return self.draft.values()

    def after_step(self, step: str) -> BlockForm:
        """Form with a line, a template or an exception more or less, or with a day copied; what was typed is kept."""
        draft = self.draft
        notice = draft.after(step)
        initial = {"version": self["version"].value()}
        form = self.again(draft=draft, initial=initial)
        form.is_unsaved, form.notice = True, notice
        return form

    @property
    def weeks(self) -> list[WeekLines]:
        """Fields of the templates, for the page."""
        return [
            WeekLines(
                number,
                kind=self[f"p{number}-type"],
                first=self[f"p{number}-du"],
                last=self[f"p{number}-au"],
                source=self[f"p{number}-source"],
                targets=self[f"p{number}-vers"],
                days=[self._day_lines(f"p{number}-j{weekday}", weekday) for weekday in week.days],
            )
            for number, week in enumerate(self.draft.weeks)
        ]

    def _day_lines(self, start: str, weekday: int) -> DayLines:
        count = len(self.draft.weeks[int(start[1:].partition("-")[0])].days[weekday].ranges)
        ranges = [self._range_line(f"{start}-{line}") for line in range(count)]
        return DayLines(weekday, WEEKDAYS[weekday - 1], self[f"{start}-24h"], self[f"{start}-ferme"], ranges)

    def _range_line(self, start: str) -> RangeLine:
        opens, closes = self[f"{start}-de"], self[f"{start}-a"]
        times = [parse_time(str(field.value() or "")) for field in (opens, closes)]
        overnight = times[0] is not None and times[1] is not None and runs_overnight(times[0], times[1])
        return RangeLine(opens, closes, overnight)

    @property
    def exceptions(self) -> list[dict[str, Any]]:
        """Fields of the exceptions, for the page."""
        parts = {"first": "du", "last": "au", "opens": "de", "closes": "a", "label": "motif"}
        return [
            {"number": number, **{key: self[f"e{number}-{part}"] for key, part in parts.items()}}
            for number in range(len(self.draft.exceptions))
        ]

    def full_clean(self) -> None:
        """Check everything, then mark the fields in error."""
        super().full_clean()
        for name in set(self._errors or {}) & self.fields.keys():
            attributes = self.fields[name].widget.attrs
            attributes["class"] = f"{attributes.get('class', '')} is-invalid".strip()

    def clean(self) -> dict[str, Any]:
        """Check each template and each exception, then what overlaps."""
        cleaned = super().clean()
        if not self.draft.weeks:
            raise forms.ValidationError("Le formulaire est incomplet\u00a0: rechargez la page.", code="missing")
        if excess := self.draft.excess:
            raise forms.ValidationError(excess, code="excess")
        self._closures: list[TypedClosure] = []
        ranges = [each for number in range(len(self.draft.weeks)) for each in self._typed_week(number)]
        exceptions = [each for number in range(len(self.draft.exceptions)) for each in self._typed_exception(number)]
        for first, second in overlapping_ranges(ranges):
            if second.source not in self.errors:
                self.add_error(second.source, f"{capfirst(second.words)} recouvre {first.words}.")
        self._refuse_contradictions(ranges)
        for earlier, later in overlapping_exceptions(exceptions):
            if later.source not in self.errors:
                self.add_error(later.source, f"Cette exception en recouvre une autre, {_exception_words(earlier)}.")
        self._weekly = [self._range_row(each) for each in ranges]
        self._special = [self._exception_row(each) for each in exceptions]
        return cleaned

    def _refuse_contradictions(self, ranges: list[TypedRange]) -> None:
        """Refuse a day said closed that another week opens, and a period told apart by nothing that is kept."""
        for closure, each in contradicted_closures(self._closures, ranges):
            self.add_error(closure.source, f"Une autre semaine type ouvre ce jour-là\u00a0: {each.words}.")
        undated = {(each.kind, each.weekday, each.opens_at) for each in ranges if not each.validity.is_dated}
        for each in ranges:
            source = f"{each.source.partition('-')[0]}-du"
            is_the_same = (each.kind, each.weekday, each.opens_at) in undated and each.validity.first is None
            if is_the_same and each.validity.is_dated and source not in self.errors:
                words = f"{WEEKDAYS[each.weekday - 1]} à {each.opens_at:%H:%M}"
                self.add_error(source, f"Donnez le premier jour\u00a0: {WITHOUT_DATES} {words}.")

    def _typed_week(self, number: int) -> list[TypedRange]:
        start, cleaned = f"p{number}", self.cleaned_data
        validity = Validity(cleaned.get(f"{start}-du"), cleaned.get(f"{start}-au"))
        if validity.first and validity.last and validity.last < validity.first:
            self.add_error(f"{start}-au", "La fin de la période précède son début.")
        kind = cleaned.get(f"{start}-type") or ""
        found: list[TypedRange] = []
        for weekday, day in self.draft.weeks[number].days.items():
            name = f"{start}-j{weekday}"
            if day.all_day and day.closed:
                self.add_error(f"{name}-ferme", BOTH_BOXES)
            elif (day.all_day or day.closed) and any(line.opens.strip() or line.closes.strip() for line in day.ranges):
                box, said = ("24h", ALL_DAY) if day.all_day else ("ferme", CLOSED_DAY)
                self.add_error(f"{name}-{box}", f"{said} est coché et des heures sont saisies\u00a0: {BOX_OR_TIMES}")
            elif day.all_day:
                found.append(TypedRange(weekday, MIDNIGHT, MIDNIGHT, kind, validity, f"{name}-24h"))
            elif day.closed:
                self._closures.append(TypedClosure(weekday, kind, validity, f"{name}-ferme"))
            else:
                lines = (self._typed_times(f"{name}-{line}") for line in range(len(day.ranges)))
                found += [
                    TypedRange(weekday, *times, kind, validity, f"{name}-{line}-de")
                    for line, times in enumerate(lines)
                    if times
                ]
        if not found:
            self._refuse_empty_week(number)
        return found

    def _refuse_empty_week(self, number: int) -> None:
        """Refuse a week without hours of which something is said all the same: it would not be kept."""
        start, week = f"p{number}", self.draft.weeks[number]
        if any(name.startswith(f"{start}-") for name in self.errors):
            return
        closed = (f"{start}-j{weekday}-ferme" for weekday, day in week.days.items() if day.closed)
        said = (f"{start}-{part}" for part in ("du", "au", "type") if self.cleaned_data.get(f"{start}-{part}"))
        if source := next(chain(closed, said), ""):
            self.add_error(source, EMPTY_WEEK)

    def _typed_times(self, start: str) -> tuple[datetime.time, datetime.time] | None:
        """Both times of a line, ``None`` when it has none or is wrong; one without the other is an error."""
        opens, closes = self.cleaned_data.get(f"{start}-de"), self.cleaned_data.get(f"{start}-a")
        if opens is not None and closes is not None:
            return opens, closes
        for missing, other in ((f"{start}-de", f"{start}-a"), (f"{start}-a", f"{start}-de")):
            if self.cleaned_data.get(other) is not None and missing not in self.errors:
                word = "de début" if missing.endswith("-de") else "de fin"
                self.add_error(missing, f"Il manque l’heure {word} de la plage.")
        return None

    def _typed_exception(self, number: int) -> list[TypedException]:
        start, cleaned = f"e{number}", self.cleaned_data
        parts = ("du", "au", "de", "a", "motif")
        if any(f"{start}-{part}" in self.errors for part in parts):
            return []
        if all(cleaned.get(f"{start}-{part}") in {None, ""} for part in parts):
            return []
        first, last = cleaned[f"{start}-du"], cleaned[f"{start}-au"]
        if first is None:
            self.add_error(f"{start}-du", "Il manque la date de l’exception.")
            return []
        if last is not None and last < first:
            self.add_error(f"{start}-au", "La fin de l’exception précède son début.")
            return []
        times = self._typed_times(start)
        if times is None and any(f"{start}-{part}" in self.errors for part in ("de", "a")):
            return []
        opens, closes = times or (None, None)
        return [TypedException(Validity(first, last or first), opens, closes, f"{start}-du")]

    def values(self) -> State:
        """Kept hours; what says the same as the record keeps the record's order."""
        return {
            "weekly_hours": _in_kept_order(self._weekly, self.state.get("weekly_hours") or [], _week_key),
            "hours_exceptions": _in_kept_order(self._special, self.state.get("hours_exceptions") or [], _exception_key),
        }

    def _range_row(self, each: TypedRange) -> State:
        kind = self.kinds.get(int(each.kind)) if each.kind else None
        row = {
            "weekday": each.weekday,
            "opens_at": f"{each.opens_at:%H:%M}",
            "closes_at": f"{each.closes_at:%H:%M}",
            "kind": {"id": kind.pk, "label": str(kind)} if kind else None,
            "valid_from": _iso(each.validity.first),
            "valid_until": _iso(each.validity.last),
        }
        return row if kind else row | {"kind": self._ordinary_kind(row)}

    def _ordinary_kind(self, row: State) -> State | None:
        """Term or nothing, for ordinary hours: as the record writes them, this range first."""
        if self.ordinary is None:
            return None
        kept = [
            each
            for each in self.state.get("weekly_hours") or []
            if not each["kind"] or each["kind"]["id"] == self.ordinary
        ]
        same = [each for each in kept if each | {"kind": None} == row] or kept
        return same[0]["kind"] if same else None

    def _exception_row(self, each: TypedException) -> State:
        return {
            "starts_on": _iso(each.validity.first),
            "ends_on": _iso(each.validity.last),
            "opens_at": each.opens_at and f"{each.opens_at:%H:%M}",
            "closes_at": each.closes_at and f"{each.closes_at:%H:%M}",
            "label": self.cleaned_data[each.source.replace("-du", "-motif")],
        }


def _box(label: str) -> forms.BooleanField:
    widget = forms.CheckboxInput(attrs={"class": "form-check-input"})
    return forms.BooleanField(label=label, required=False, widget=widget)


def _exception_words(each: TypedException) -> str:
    first, last = each.validity
    assert first is not None  # noqa: S101 - an exception has both dates
    assert last is not None  # noqa: S101
    days = french.day(first) if first == last else f"du {french.day(first)} au {french.day(last)}"
    hours = "fermé" if each.opens_at is None or each.closes_at is None else hours_words(each.opens_at, each.closes_at)
    return f"{days}\u00a0: {hours}"


def _iso(day: datetime.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _week_key(row: State) -> tuple:
    kind = row["kind"]["id"] if row["kind"] else 0
    return (
        row["weekday"],
        row["opens_at"],
        row["valid_from"] or "9999",
        row["closes_at"],
        row["valid_until"] or "",
        kind,
    )


def _exception_key(row: State) -> tuple:
    return row["starts_on"], row["opens_at"] or "99", row["ends_on"], row["closes_at"] or "", row["label"]


def _in_kept_order(rows: list[State], before: list[State], key: Any) -> list[State]:
    """Rows in the order of the history (``directory.snapshots``); those of ``before`` as they stand when they agree."""
    ordered = sorted(rows, key=key)
    return before if ordered == sorted(before, key=key) else ordered
