"""Differences that people read: words of a text, items of a list. Pure functions over kept values."""

import difflib
import json
import re
from typing import Any, Literal, NamedTuple

MANY_WORDS = 2000
_WORDS = re.compile(r"\s+|[^\W_]+|.", re.DOTALL)


class Piece(NamedTuple):
    """A run of a text: kept (« »), added (« + ») or removed (« - »)."""

    sign: Literal["", "+", "-"]
    text: str


class ItemsDiff(NamedTuple):
    """Items that a list gained, lost, and how many it kept; each in the order of its list."""

    added: list[Any]
    removed: list[Any]
    kept: int


def words_diff(before: str, after: str) -> list[Piece]:
    """Runs of words from ``before`` to ``after``; a very long text is compared line by line.

    Kept and removed runs spell ``before``, kept and added ones ``after``.
    """
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(old) + len(new) > MANY_WORDS:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    pieces = []
    for action, start, end, new_start, new_end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if action == "equal":
            pieces.append(Piece("", "".join(old[start:end])))
            continue
        if start < end:
            pieces.append(Piece("-", "".join(old[start:end])))
        if new_start < new_end:
            pieces.append(Piece("+", "".join(new[new_start:new_end])))
    return pieces


def items_diff(before: list[Any], after: list[Any]) -> ItemsDiff:
    """What a list gained and lost. A coded item is known by its ``id``, whatever its label has become."""
    old, new = {_key(item) for item in before}, {_key(item) for item in after}
    added = [item for item in after if _key(item) not in old]
    removed = [item for item in before if _key(item) not in new]
    return ItemsDiff(added, removed, len(old & new))


def _key(item: Any) -> str:
    known = item["id"] if isinstance(item, dict) and "id" in item else item
    return json.dumps(known, sort_keys=True)
