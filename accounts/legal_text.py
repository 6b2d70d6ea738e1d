"""Reading a legal text: paragraphs, « ## » titles and « - » lists. Pure; the template escapes what it shows."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Block:
    """A piece of text: ``lines`` holds one line, or one item each for a list."""

    kind: Literal["title", "paragraph", "list"]
    lines: tuple[str, ...]


def parse_blocks(body: str) -> list[Block]:
    """Split a text into blocks. A blank line ends a block; lines of a paragraph are joined."""
    chunks = body.replace("\r\n", "\n").split("\n\n")
    return [block for chunk in chunks for block in _blocks_of(chunk)]


def _blocks_of(chunk: str) -> list[Block]:
    blocks: list[Block] = []
    for line in filter(None, map(str.strip, chunk.split("\n"))):
        if line.startswith("## "):
            blocks.append(Block("title", (line[3:].strip(),)))
        elif line.startswith("- "):
            blocks.append(_joined(blocks, "list", line[2:].strip()))
        else:
            blocks.append(_joined(blocks, "paragraph", line))
    return blocks


def _joined(blocks: list[Block], kind: Literal["paragraph", "list"], line: str) -> Block:
    """Return a block of ``kind``, taking the last block in when the line goes on from it."""
    last = blocks[-1].kind if blocks else ""
    if last == kind == "list":
        return Block("list", (*blocks.pop().lines, line))
    if kind == "paragraph" and last in {"paragraph", "list"}:
        previous = blocks.pop()
        return Block(previous.kind, (*previous.lines[:-1], f"{previous.lines[-1]} {line}"))
    return Block(kind, (line,))
