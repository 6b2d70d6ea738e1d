"""When a place is wanted, told beside a need: « ehpad le 15 décembre », « du 1er au 15 janvier ». Pure.

No record answers to a date: the filter « à partir de quand » does, and its numbers name no place nor unit.
"""

import re
from collections.abc import Sequence

from common.text import fold

_MONTHS = frozenset(
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre"
    " janv fev sept oct nov dec".split()
)
_DAY = re.compile(r"1er|0?[1-9]|[12]\d|3[01]")
_YEAR = re.compile(r"20\d\d")
_IN_FIGURES = re.compile(r"\(?(?:0?[1-9]|[12]\d|3[01])[/.](?:0?[1-9]|1[0-2])(?:[/.](?:20)?\d\d)?[,;.)]*")
# What leads to a date, the longest first; a month alone, or a day without its month, is a date after some of them only.
_LEADS = tuple(
    words.split()
    for words in (
        "a partir du|a compter du|des le|pour le|avant le|apres le|depuis le|jusqu au|courant|debut|fin|mi|fin de|"
        "des|en|pour|vers le|le|du|au"
    ).split("|")
)
_BEFORE_A_MONTH = frozenset("courant de debut des en fin mi".split())
_BEFORE_A_DAY = (["a", "partir", "du"], ["a", "compter", "du"], ["des", "le"])
_COUNTED = frozenset("an ans mois semaine semaines jour jours heure heures place places lit lits".split())


def date_runs(tokens: Sequence[str]) -> dict[int, int]:
    """Where dates are told among ``tokens``, with what leads to them: the end of each by its start."""
    words = [fold(token).split() for token in tokens]
    single = [parts[0] if len(parts) == 1 else "" for parts in words]
    runs: dict[int, int] = {}
    at = 0
    while at < len(tokens):
        end = _range_until(tokens, single, at)
        if not end:
            at += 1
            continue
        runs[_lead_of(single, at)] = end
        at = end
    return runs


def _range_until(tokens: Sequence[str], words: Sequence[str], at: int) -> int:
    """Where a date, or two linked by « au », ends: « 1er au 15 décembre »."""
    end = _date_until(tokens, words, at)
    if end and words[end : end + 1] == ["au"] and (other := _date_until(tokens, words, end + 1)):
        return other
    if end:
        return end
    is_day = bool(_DAY.fullmatch(words[at])) and words[at + 1 : at + 2] in (["au"], ["et"], ["a"])
    if not is_day or at + 2 >= len(words):
        return 0
    is_range = at > 0 and words[at - 1 : at + 2 : 2] == ["du", "au"] and bool(_DAY.fullmatch(words[at + 2]))
    is_counted = words[at + 3 : at + 4] and words[at + 3] in _COUNTED
    return _date_until(tokens, words, at + 2) or (at + 3 if is_range and not is_counted else 0)


def _date_until(tokens: Sequence[str], words: Sequence[str], at: int) -> int:
    """Where the date that starts at ``at`` ends; 0 when none does."""
    if at >= len(words):
        return 0
    following = words[at + 1] if at + 1 < len(words) else ""
    if _IN_FIGURES.fullmatch(tokens[at]) and following not in _COUNTED:
        return at + 1
    end = 0
    if _DAY.fullmatch(words[at]) and following in _MONTHS:
        end = at + 2
    elif words[at] in _MONTHS and at and words[at - 1] in _BEFORE_A_MONTH:
        end = at + 1
    elif _DAY.fullmatch(words[at]) and any(list(words[max(at - len(lead), 0) : at]) == lead for lead in _BEFORE_A_DAY):
        end = 0 if following in _COUNTED else at + 1
    if end and end < len(words) and _YEAR.fullmatch(words[end]):
        end += 1
    return end


def _lead_of(words: Sequence[str], at: int) -> int:
    """Where what leads to the date at ``at`` starts."""
    lead = next((lead for lead in _LEADS if at >= len(lead) and list(words[at - len(lead) : at]) == lead), None)
    return at - len(lead) if lead else at
