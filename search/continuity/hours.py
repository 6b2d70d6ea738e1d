"""Opening hours in one line, for paper: those of the seven days that begin at a moment. Pure."""

import datetime

from common.french import PARIS
from directory.hours.schedule import DAY, DAYS, Schedule
from directory.hours.timetable import hours_words


def week_words(schedule: Schedule, at: datetime.datetime) -> str:
    """« Lu–Ve 09:00 – 17:30, Sa 09:00 – 12:00 », « tous les jours 24 h/24 »; empty without hours.

    Days follow from Monday, whatever the first of the seven; those without an opening are left out, but for an
    exceptional closure, which is told with its reason.
    """
    if not schedule:
        return ""
    first = at.astimezone(PARIS).date()
    days = sorted((first + DAY * offset for offset in range(7)), key=datetime.date.weekday)
    told = [_day_words(schedule, day) for day in days]
    if not any(told):
        return "fermé pendant les sept jours" if schedule.receives else ""
    if len(set(told)) == 1:
        return f"tous les jours {told[0]}"
    return ", ".join(f"{_days(start, end)} {words}" for start, end, words in _runs(told))


def _runs(told: list[str]) -> list[tuple[int, int, str]]:
    """Days that follow each other with the same words: (first, last, words); those without words are left out."""
    runs: list[tuple[int, int, str]] = []
    for weekday, words in enumerate(told):
        if runs and runs[-1][1] == weekday - 1 and runs[-1][2] == words:
            runs[-1] = (runs[-1][0], weekday, words)
        elif words:
            runs.append((weekday, weekday, words))
    return runs


def _days(start: int, end: int) -> str:
    return DAYS[start] if start == end else f"{DAYS[start]}–{DAYS[end]}"


def _day_words(schedule: Schedule, day: datetime.date) -> str:
    closed_for = schedule.closed_for(day)
    if closed_for is not None:
        return f"fermé ({closed_for})" if closed_for else "fermé exceptionnellement"
    openings = schedule.openings_of(day)
    said = [
        hours_words(each.opens_at, each.closes_at) + (f" ({each.note[0].lower()}{each.note[1:]})" if each.note else "")
        for each in openings
    ]
    closings = schedule.closings_of(day) if openings else ()
    return " et ".join([*said, *(f"fermé {hours_words(each.opens_at, each.closes_at)}" for each in closings)])
