"""Text files as support sends them: encoding found over the whole file, lines read one by one in constant memory."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import IO

from .contract import UnreadableFile

BLOCK = 256 * 1024  # bytes read at a time
LONGEST_LINE = 64 * 1024  # bytes; more is not a file of lines
NOT_TEXT = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
OLD_ENCODING = "cp1252"  # what writes « Latin-1 » files: the same letters, and œ, ’ and €
# Letters that French has, ’ and …, in UTF-8: what Latin-1 would read as « Ã© », which no French text holds.
UTF8_ACCENT = re.compile(rb"\xc3[\x80-\xbf]|\xc5[\x92\x93]|\xe2\x80[\x90-\xaf]")
ENCODING_REFUSED = "Le fichier n’est pas du texte en UTF-8 ou en Latin-1."


def text_encoding(file: IO[bytes]) -> str:
    """Read the file from its beginning and return « utf-8-sig » or « cp1252 ».

    A file with accents in UTF-8 is in UTF-8, even when some of its lines are not: ``text_lines`` marks what it cannot
    read there with U+FFFD, for the reader to refuse those lines.

    Raises ``UnreadableFile`` when it is empty, when it is not text in one of them from its first to its last byte, or
    when it has no lines.
    """
    readers = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8", OLD_ENCODING)}
    file.seek(0)
    size = since_line = 0
    accents, end = False, b""
    while block := file.read(BLOCK):
        size += len(block)
        if NOT_TEXT.search(block):
            raise UnreadableFile(ENCODING_REFUSED)
        end = end or _line_end(block)
        since_line = since_line + len(block) if end not in block else _longest(block, since_line, end)
        if since_line > LONGEST_LINE:
            raise UnreadableFile("Le fichier n’est pas fait de lignes\u00a0: ce n’est pas un extrait FINESS.")
        accents = accents or UTF8_ACCENT.search(block) is not None
        readers = {name: reader for name, reader in readers.items() if _reads(reader, block)}
        if not (readers or accents):
            raise UnreadableFile(ENCODING_REFUSED)
    if not size:
        raise UnreadableFile("Le fichier est vide.")
    whole = [name for name, reader in readers.items() if _reads(reader, b"", final=True)]
    if accents or "utf-8" in whole:
        return "utf-8-sig"
    if not whole:
        raise UnreadableFile(ENCODING_REFUSED)
    return OLD_ENCODING


def text_lines(file: IO[bytes], encoding: str) -> Iterator[tuple[int, str]]:
    """Give the lines with their numbers, from 1, without what ends them; blank ones are left out.

    ``encoding`` is what ``text_encoding`` found.
    """
    file.seek(0)
    for number, raw in enumerate(_raw_lines(file), start=1):
        text = raw.decode(encoding if number == 1 else encoding.removesuffix("-sig"), "replace").strip("\r\n")
        if text.strip():
            yield number, text


def _line_end(head: bytes) -> bytes:
    """What ends the lines of a file that begins so: a line feed, or a carriage return alone (old Macintosh)."""
    return b"\r" if b"\r" in head and b"\n" not in head else b"\n"


def _raw_lines(file: IO[bytes]) -> Iterator[bytes]:
    end = _line_end(file.read(BLOCK))
    file.seek(0)
    if end == b"\n":
        yield from iter(lambda: file.readline(LONGEST_LINE + 2), b"")
        return
    rest = b""
    while block := file.read(BLOCK):
        *whole, rest = (rest + block).split(end)
        yield from whole
    if rest:
        yield rest


def _longest(block: bytes, since_line: int, end: bytes) -> int:
    """Length of the last, unfinished line; of the longest one when it is too long."""
    pieces = block.split(end)
    longest = max(since_line + len(pieces[0]), *(len(piece) for piece in pieces[1:]))
    return longest if longest > LONGEST_LINE else len(pieces[-1])


def _reads(reader: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        reader.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True
