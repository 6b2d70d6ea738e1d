"""French typography and formats for everything shown on a screen. Pure functions, no request and no query.

Rules: U+00A0 before « : » and « » », before unit symbols and inside phone numbers, U+202F before « ; ! ? » and between
thousands; dates « 14/08/2024 », times « 12:17 » in Europe/Paris, joined by plain spaces so that they can be searched.
"""

import re
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from common.phones import display_phone

NBSP = "\u00a0"
THIN = "\u202f"
PARIS = ZoneInfo("Europe/Paris")

_BEFORE_WIDE = re.compile(r"[ \u00a0\u202f]+([:»])(?!\d)")
_AFTER_OPENING = re.compile(r"«[ \u00a0\u202f]*")
_BEFORE_THIN = re.compile(r"[ \u00a0\u202f]+([;!?])")


def number(value: float | Decimal, decimals: int = 0) -> str:
    """Number with a narrow space between thousands and a comma: 41000 → « 41 000 », 11.57 (1 decimal) → « 11,6 »."""
    if isinstance(value, int) and not decimals:
        return f"{value:,}".replace(",", THIN)
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return f"{exact:,.{decimals}f}".replace(",", THIN).replace(".", ",")


def distance(kilometres: float | Decimal) -> str:
    """Distance in kilometres: « 0,4 km », « 11,6 km », whole kilometres from 100 (« 128 km »)."""
    return f"{number(kilometres, 0 if kilometres >= 99.95 else 1)}{NBSP}km"


def day(value: date | datetime) -> str:
    """Date « 14/08/2024 »; a datetime is read in Paris time."""
    return _local(value).strftime("%d/%m/%Y")


def time_of_day(value: datetime) -> str:
    """Time « 12:17 » in Paris time."""
    return _local(value).strftime("%H:%M")


def moment(value: datetime) -> str:
    """Date and time « 14/08/2024 à 12:17 » in Paris time."""
    return _local(value).strftime("%d/%m/%Y à %H:%M")


def on_moment(value: datetime) -> str:
    """« le 14/08/2024 à 12:17 », the way a statement is dated."""
    return f"le {moment(value)}"


def duration(value: timedelta) -> str:
    """Length of time in its largest unit, rounded down: « 45 s », « 12 min », « 9 h », « 3 jours »."""
    seconds = int(abs(value).total_seconds())
    if seconds < 60:
        return f"{seconds}{NBSP}s"
    if seconds < 3600:
        return f"{seconds // 60}{NBSP}min"
    if seconds < 86400:
        return f"{seconds // 3600}{NBSP}h"
    return counted(seconds // 86400, "jour")


def plural(count: float, singular: str, plural_form: str = "") -> str:
    """Noun that agrees with a count: singular below 2, as French has it (0 place, 1,5 place, 2 places).

    Without ``plural_form`` an « s » is added to each word of ``singular``.
    """
    if abs(count) < 2:
        return singular
    return plural_form or _with_s(singular)


@lru_cache(maxsize=256)
def _with_s(singular: str) -> str:
    return " ".join(word if word.endswith(("s", "x", "z")) else f"{word}s" for word in singular.split())


def counted(count: int, singular: str, plural_form: str = "") -> str:
    """Count and its noun: « 1 place », « 2 places », « 1 486 structures »."""
    return f"{number(count)} {plural(count, singular, plural_form)}"


def age(value: int, unit: str = "an") -> str:
    """Age as typed, with its unit (« an », « mois », « semaine », « jour »): « 0 an », « 150 ans », « 6 mois »."""
    return counted(value, unit)


@lru_cache(maxsize=1024)
def age_range(low: tuple[int, str] | None, high: tuple[int, str] | None) -> str:
    """Ages taken in, each bound as (value, unit): « 0 an – 150 ans », « à partir de 18 ans », « jusqu’à 17 ans ».

    Without any bound the text is empty.
    """
    if low and high:
        return f"{age(*low)} – {age(*high)}"
    if low:
        return f"à partir de {age(*low)}"
    return f"jusqu’à {age(*high)}" if high else ""


def french_spaces(text: str) -> str:
    """Put the non-breaking spaces French wants in a text typed with plain ones (« Où ? », « Thème : », « « mot » »).

    Only spaces already there are changed: times (12:17) and addresses (https://…) stay as they are.
    """
    text = _BEFORE_WIDE.sub(NBSP + r"\1", text)
    text = _AFTER_OPENING.sub("«" + NBSP, text)
    return _BEFORE_THIN.sub(THIN + r"\1", text)


def telephone(value: str) -> str:
    """Phone number by pairs, with non-breaking spaces (stored form: ten digits or a short number)."""
    return display_phone(value)


def _local(value: date | datetime) -> date | datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(PARIS)
    return value
