"""What of a label answers to the words typed, to be shown in bold. Pure."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from common.text import fold

_WORD = re.compile(r"[^\W_]+")
_SMALL = re.compile(r"(?:[\s’'-]|\b(?:de|du|des|d|la|le|les|l|en|et|à|au|aux)\b)+", re.IGNORECASE)
STEM = 4  # letters in common from which « appartements » answers to « appartement »
ENDING = 2  # letters that may differ at the end of two forms of a word


class Piece(NamedTuple):
    """A part of a label; ``is_match`` when it answers to what was typed."""

    text: str
    is_match: bool


def marked(label: str, words: Sequence[str]) -> tuple[Piece, ...]:
    """Cut ``label`` into what answers to the folded ``words`` typed and what does not."""
    spans: list[tuple[int, int]] = []
    for found in _WORD.finditer(label):
        shown, folded = found[0], fold(found[0])
        length = max((_matched(shown, folded, word) for word in words), default=0)
        if not length:
            continue
        start, end = found.start(), found.start() + length
        if spans and _SMALL.fullmatch(label[spans[-1][1] : start]):
            start = spans.pop()[0]
        spans.append((start, end))
    pieces = []
    place = 0
    for start, end in spans:
        pieces += [Piece(label[place:start], is_match=False), Piece(label[start:end], is_match=True)]
        place = end
    pieces.append(Piece(label[place:], is_match=False))
    return tuple(piece for piece in pieces if piece.text)


def _matched(shown: str, folded: str, typed: str) -> int:
    """How many letters of a word of the label answer to a typed word: its beginning, or all of another form of it."""
    if folded.startswith(typed):
        if folded in {f"{typed}s", f"{typed}x", f"{typed}es"}:
            return len(shown)
        if len(folded) == len(shown):
            return len(typed)
        return next(size for size in range(1, len(shown) + 1) if len(fold(shown[:size])) >= len(typed))
    if len(folded) >= STEM and typed.startswith(folded) and len(typed) - len(folded) <= ENDING:
        return len(shown)
    return 0
