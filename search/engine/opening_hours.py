"""Units open at a moment, or at some time of a day: the rules of ``directory.hours.schedule``, told as a condition.

A unit without hours is not known to be open: it does not pass. All is compared on the wall clock of Paris, as hours are
written; ``directory.hours.schedule.instant`` tells what a clock change makes of them.
"""

import datetime
import re
from typing import Any

from directory.enums import Nomenclature
from directory.hours.schedule import DAY, FIRST_YEAR, LAST_YEAR, PARIS, instant
from directory.records import CLOSING_HOURS, ORDINARY_HOURS, RECEIVING_HOURS

# Ids of the kinds of hours that have some codes, looked up once a query.
_KINDS = "ARRAY(SELECT id FROM directory_term WHERE nomenclature = %(hours_list)s AND code = ANY(%(hours_{})s))"
_ORDINARY, _RECEIVING, _CLOSING = (_KINDS.format(codes) for codes in ("ordinary", "receiving", "closing"))
_NEXT_DAY = "CASE WHEN {0}.closes_at <= {0}.opens_at THEN interval '1 day' ELSE interval '0' END"
_SPAN = "tsrange({1} + {0}.opens_at, {1} + {0}.closes_at + " + _NEXT_DAY + ")"
_VALID = "coalesce({0}.valid_from <= {1}, true) AND coalesce({0}.valid_until >= {1}, true)"
_DATED = "({0}.valid_from IS NOT NULL OR {0}.valid_until IS NOT NULL)"
_KIND = f"CASE WHEN {{0}}.kind_id = ANY({_ORDINARY}) THEN NULL ELSE {{0}}.kind_id END"
# A range that matters begins on the day asked for, or on its eve to run over midnight: its weekday tells which.
_BEGUN = "(CASE w.weekday WHEN %(hours_weekday)s THEN %(hours_day)s ELSE %(hours_eve)s END)::date"
# What a span of time is, and the rows that give one.
_Spans = tuple[str, str]
_WEEKLY_SPAN = _SPAN.format("w", _BEGUN)
_WEEKLY = f"""
    FROM directory_weeklyhours w
    WHERE w.unit_id = d.unit_id AND w.weekday IN (%(hours_weekday)s, %(hours_eve_weekday)s)
      AND {_VALID.format("w", _BEGUN)} AND {{kinds}}
      AND ({_DATED.format("w")} OR NOT EXISTS (
        SELECT 1 FROM directory_weeklyhours o
        WHERE o.unit_id = w.unit_id AND {_DATED.format("o")} AND {_VALID.format("o", _BEGUN)}
          AND {_KIND.format("o")} IS NOT DISTINCT FROM {_KIND.format("w")}
      ))
      AND NOT EXISTS (
        SELECT 1 FROM directory_hoursexception e
        WHERE e.unit_id = w.unit_id AND {_BEGUN} BETWEEN e.starts_on AND e.ends_on
      )
"""  # noqa: S608 (written above)
_EXCEPTIONAL = """
    FROM directory_hoursexception e
    WHERE e.unit_id = d.unit_id AND {day} BETWEEN e.starts_on AND e.ends_on AND e.opens_at IS NOT NULL
"""
_OPENINGS: tuple[_Spans, ...] = (
    (_WEEKLY_SPAN, _WEEKLY.format(kinds=f"(w.kind_id IS NULL OR w.kind_id = ANY({_RECEIVING}))")),
    *((_SPAN.format("e", day), _EXCEPTIONAL.format(day=day)) for day in ("%(hours_day)s::date", "%(hours_eve)s::date")),
)
_CLOSINGS: _Spans = (_WEEKLY_SPAN, _WEEKLY.format(kinds=f"w.kind_id = ANY({_CLOSING})"))


def _meets(spans: _Spans) -> str:
    """Whether a span meets what is asked; PostgreSQL looks up one unit at a time, or all at once when many are met."""
    span, rows = spans
    return f"EXISTS (SELECT 1 {rows} AND {span} && %(hours_asked)s::tsmultirange)"


def _all_of(*lists: _Spans) -> str:
    """The spans put together."""
    spans = " UNION ALL ".join(f"SELECT {span} AS span {rows}" for span, rows in lists)
    return f"SELECT range_agg(span) FROM ({spans})"  # noqa: S608 (as above)


_OPENS = f"({' OR '.join(map(_meets, _OPENINGS))})"
_CLOSES = _meets(_CLOSINGS)
_STAYS_OPEN = f"""(
    ({_all_of(*_OPENINGS)} openings) - ({_all_of(_CLOSINGS)} closings)
) && %(hours_asked)s::tsmultirange"""

_ASKED = {
    "hours_list": "text",
    **dict.fromkeys(("hours_ordinary", "hours_receiving", "hours_closing"), "text[]"),
    **dict.fromkeys(("hours_day", "hours_eve"), "date"),
    **dict.fromkeys(("hours_weekday", "hours_eve_weekday"), "integer"),
    "hours_asked": "tsmultirange",
}
_KINDS_ONCE = {_ORDINARY: "ordinary", _RECEIVING: "receiving", _CLOSING: "closing"}


def _function_sql() -> str:
    """Count of the units open at a moment, by the same condition; planned once a session, which took most of its time.

    Changing a condition above asks for a migration that runs this again.
    """
    rule = f"{_OPENS} AND NOT {_CLOSES}"
    for kinds, name in _KINDS_ONCE.items():
        rule = rule.replace(kinds, name)
    declared = "\n".join(f"    {name} bigint[] := {kinds};" for kinds, name in _KINDS_ONCE.items())
    statement = f"""
CREATE OR REPLACE FUNCTION search_open_units(units bigint[], {", ".join(map(" ".join, _ASKED.items()))})
RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
{declared}
BEGIN
    RETURN (SELECT count(*) FROM unnest(units) AS d (unit_id) WHERE {rule});
END
$$"""  # noqa: S608 (written above)
    return re.sub(r"%\((\w+)\)s", r"\1", statement)


OPEN_UNITS = _function_sql()
DROP_OPEN_UNITS = f"DROP FUNCTION IF EXISTS search_open_units(bigint[], {', '.join(_ASKED.values())})"


def open_count(units: str, now: datetime.datetime, parameters: dict[str, Any]) -> str:
    """SQL of the number of units open at ``now`` among ``units``, SQL of an array of their ids.

    What it needs is added to ``parameters``, under names that begin with ``now_hours_``.
    """
    named: dict[str, Any] = {}
    open_condition(now, named)
    parameters |= {f"now_{name}": value for name, value in named.items()}
    return f"search_open_units({units}, {', '.join(f'%(now_{name})s::{kind}' for name, kind in _ASKED.items())})"


def open_condition(at: datetime.datetime | datetime.date, parameters: dict[str, Any]) -> str:
    """Condition on documents ``d``: the unit receives the public at a moment (aware), or at some time of a day.

    What it needs is added to ``parameters``, under names that begin with ``hours_``.
    """
    is_moment = isinstance(at, datetime.datetime)
    day = at.astimezone(PARIS).date() if isinstance(at, datetime.datetime) else at
    eve = day - DAY if day > datetime.date.min else None
    parameters |= {
        "hours_list": Nomenclature.HOURS_KIND.value,
        "hours_ordinary": [ORDINARY_HOURS],
        "hours_receiving": sorted(RECEIVING_HOURS),
        "hours_closing": [CLOSING_HOURS],
        "hours_day": day,
        "hours_weekday": day.isoweekday(),
        "hours_eve": eve,
        "hours_eve_weekday": (day.isoweekday() + 5) % 7 + 1,
        "hours_asked": _moment_asked(at) if isinstance(at, datetime.datetime) else _day_asked(day),
    }
    return f"({_OPENS} AND NOT {_CLOSES})" if is_moment else f"({_OPENS} AND (NOT {_CLOSES} OR {_STAYS_OPEN}))"


def _moment_asked(at: datetime.datetime) -> str:
    """What the clock shows at ``at``; in an hour that comes again, the last instant of its first coming."""
    shown = at.astimezone(PARIS)
    if shown.fold:
        shown = shown.replace(minute=59, second=59, microsecond=999999)
    text = f"{shown:%H:%M:%S.%f}"
    return f"{{[{shown.date().isoformat()} {text},{shown.date().isoformat()} {text}]}}"


def _day_asked(day: datetime.date) -> str:
    """What the clock shows in the course of a day, without the hour that it may skip."""
    hours = [hour for hour in range(24) if not _is_skipped(day, hour)]
    pieces = (f"[{day.isoformat()} {hour:02}:00,{day.isoformat()} {hour + 1:02}:00)" for hour in hours)
    return f"{{{','.join(pieces)}}}"


def _is_skipped(day: datetime.date, hour: int) -> bool:
    wall = datetime.datetime.combine(day, datetime.time(hour))
    return FIRST_YEAR <= day.year <= LAST_YEAR and instant(wall) == instant(wall + datetime.timedelta(hours=1))
