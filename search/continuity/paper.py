"""Pages of paper before they are drawn: texts at their place, each with its role for those who have it read aloud.

Lengths are points, measured from the left and from the top of an A4 page.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

WIDTH, HEIGHT = 595.28, 841.89
PLAIN, BOLD = "DejaVu", "DejaVu-Bold"
INK, GREY, LINE, TINT = 0.0, 0.33, 0.6, 0.92  # greys, 0 is black
_FONTS = {PLAIN: "DejaVuSansCondensed.ttf", BOLD: "DejaVuSansCondensed-Bold.ttf"}


@cache
def load_fonts() -> None:
    """Let both fonts be measured and drawn; they hold the accents, spaces and shapes of the kit."""
    for name, file in _FONTS.items():
        pdfmetrics.registerFont(TTFont(name, str(Path(__file__).parent / "fonts" / file)))


@lru_cache(maxsize=20_000)
def _width(word: str, font: str) -> float:
    """Width of a word at a size of 1."""
    load_fonts()
    return pdfmetrics.stringWidth(word, font, 1)


@dataclass(frozen=True, slots=True)
class Style:
    """A font, its size, the height of a line and its grey."""

    font: str = PLAIN
    size: float = 8.0
    leading: float = 9.8
    grey: float = INK

    def width(self, text: str) -> float:
        """Width of a text on one line: that of its words and of the spaces between them (fonts are not kerned)."""
        words = text.split(" ")
        return sum(_width(word, self.font) for word in words) * self.size + (len(words) - 1) * self.space

    @property
    def space(self) -> float:
        """Width of a space."""
        return _width(" ", self.font) * self.size

    def wrap(self, text: str, width: float) -> list[str]:
        """Lines of a text, cut at plain spaces; a word too long for a line is cut where the line ends."""
        lines: list[str] = []
        line, taken = "", 0.0
        for word in text.split(" "):
            own = self.width(word)
            if line and taken + self.space + own <= width:
                line, taken = f"{line} {word}", taken + self.space + own
                continue
            if line:
                lines.append(line)
            *cut, line = self._cut(word, width) if own > width else [word]
            lines += cut
            taken = self.width(line)
        return [*lines, line] if line else lines

    def _cut(self, word: str, width: float) -> Iterator[str]:
        piece = ""
        for letter in word:
            if piece and self.width(piece + letter) > width:
                yield piece
                piece = ""
            piece += letter
        yield piece


class Run(NamedTuple):
    """A text on one line. ``y`` is that of its baseline; ``target``: page that it leads to, from 1, 0 for none."""

    x: float
    y: float
    text: str
    style: Style
    target: int = 0


class Bar(NamedTuple):
    """A filled rectangle: a tint behind a title, or a rule."""

    x: float
    y: float
    width: float
    height: float
    grey: float = LINE


@dataclass(slots=True)
class Block:
    """Texts read together. ``role``: structure type of PDF (« H1 », « H2 », « P »), empty for what pages repeat."""

    role: str
    runs: list[Run] = field(default_factory=list)


@dataclass(slots=True)
class Page:
    """What stands on one page, in the order of reading."""

    blocks: list[Block] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)

    def block(self, role: str) -> Block:
        """Add an empty block."""
        self.blocks.append(Block(role))
        return self.blocks[-1]


class Line(NamedTuple):
    """One line of a column: texts side by side, each in its style."""

    parts: tuple[tuple[str, Style], ...]

    @property
    def leading(self) -> float:
        return max(style.leading for _, style in self.parts)

    def place(self, block: Block, x: float, top: float) -> None:
        """Write the line below ``top``."""
        baseline = top + self.leading * 0.8
        for text, style in self.parts:
            block.runs.append(Run(x, baseline, text, style))
            x += style.width(text + " ")


def lines_of(text: str, style: Style, width: float) -> list[Line]:
    """Lines of a text in one style."""
    return [Line(((line, style),)) for line in style.wrap(text, width)]
