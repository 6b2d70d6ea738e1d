"""Reading what people send: photos and attachments, told apart by their content, never by their name (spec 10).

Images are written anew, without metadata. Other files are kept as they are once their type is known, without macros,
and given back as downloads only.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

import puremagic
from django.core.exceptions import ValidationError
from PIL import Image, ImageOps

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

MEGABYTE = 1024 * 1024
PHOTO_MAX_BYTES = 5 * MEGABYTE
ATTACHMENT_MAX_BYTES = 10 * MEGABYTE
PHOTO_SIDE = 1600  # pixels of the longest side once resized
IMAGE_SIDE = 4000  # the same, of an attached image
MAX_PIXELS = 50_000_000  # of an image sent: more is a decompression bomb, or no photo
NAME_LENGTH = 120  # of the name shown, its extension included

ZIP_MAX_ENTRIES = 5_000
ZIP_MAX_BYTES = 200 * MEGABYTE  # once unpacked, as the archive declares it
ZIP_MAX_RATIO = 300  # of an entry heavier than a megabyte
ZIP_READ = MEGABYTE  # bytes read of the entry that names the type

PHOTO_FORMATS = ("JPEG", "PNG", "WEBP")
IMAGE_FORMATS = (*PHOTO_FORMATS, "GIF")
_BROKEN_IMAGE = (
    *(OSError, ValueError, TypeError, SyntaxError, EOFError, struct.error, IndexError, KeyError, OverflowError),
    *(MemoryError, Image.DecompressionBombError, Image.DecompressionBombWarning),
)

_BROKEN_ZIP = (
    *(zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError),
    *(KeyError, struct.error),
)

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
EXTENSIONS: dict[str, str] = {
    PDF: ".pdf",
    JPEG: ".jpg",
    PNG: ".png",
    f"{_OOXML}wordprocessingml.document": ".docx",
    f"{_OOXML}spreadsheetml.sheet": ".xlsx",
    f"{_OOXML}presentationml.presentation": ".pptx",
    f"{_ODF}text": ".odt",
    f"{_ODF}spreadsheet": ".ods",
    f"{_ODF}presentation": ".odp",
    "application/msword": ".doc",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".ppt",
}
_OLE_PARTS = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
}
_ZIP_GUESSES = {".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".zip"}
_OLE_GUESSES = {".doc", ".xls", ".ppt"}
_OLE_MACROS = ("_VBA_PROJECT", "VBA", "Macros", "_VBA_PROJECT_CUR")
_ZIP_MACROS = re.compile(r"(?:^|/)(?:vbaproject\.bin|vbadata\.xml|activex/.*|macrosheets/.*)$|^(?:basic|scripts)/.+")
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\s]+')

ACCEPTED = "PDF, JPEG, PNG, WebP, GIF, Word, Excel, PowerPoint ou OpenDocument"
MACROS = "Ce document contient des macros\u00a0: enregistrez-le sans elles, puis envoyez-le de nouveau."


@dataclass(frozen=True)
class Upload:
    """A file that was read and may be kept. ``name`` is safe to show, its extension that of the content."""

    name: str
    content: bytes
    content_type: str

    @property
    def sha256(self) -> str:
        """Hexadecimal digest of the content."""
        return hashlib.sha256(self.content).hexdigest()


def read_photo(file: UploadedFile) -> bytes:
    """Photo as a JPEG of at most ``PHOTO_SIDE`` pixels, upright and without metadata. Raises ``ValidationError``."""
    content = _bytes_of(file, PHOTO_MAX_BYTES)
    image = _open_image(content, PHOTO_FORMATS)
    if image is None:
        raise ValidationError("Ce fichier n’est pas une image JPEG, PNG ou WebP.", code="type")
    return _written(image, PHOTO_SIDE, "JPEG")


def read_attachment(file: UploadedFile) -> Upload:
    """Read an attachment. Raises ``ValidationError`` for a type that is not accepted, macros, or a file too big."""
    content = _bytes_of(file, ATTACHMENT_MAX_BYTES)
    image = _open_image(content, IMAGE_FORMATS)
    if image is not None:
        content_type = JPEG if image.format in {"JPEG", "WEBP"} else PNG
        content = _written(image, IMAGE_SIDE, "JPEG" if content_type == JPEG else "PNG")
        if len(content) > ATTACHMENT_MAX_BYTES:
            content, content_type = _written(image, IMAGE_SIDE, "JPEG"), JPEG
    else:
        content_type = _document_type(content)
    return Upload(safe_name(file.name or "", EXTENSIONS[content_type]), content, content_type)


def safe_name(name: str, extension: str) -> str:
    """Name to show and to download under: no folder, no control or reserved character, the extension of the content."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    printable = "".join(char for char in last if unicodedata.category(char)[0] != "C")
    stem = PurePath(_NOT_IN_NAMES.sub(" ", printable).strip(" .")).stem.strip(" .")
    return f"{stem[: NAME_LENGTH - len(extension)].strip() or 'document'}{extension}"


def _bytes_of(file: UploadedFile, limit: int) -> bytes:
    if not file.size:
        raise ValidationError("Ce fichier est vide.", code="empty")
    if file.size > limit:
        raise ValidationError(f"Ce fichier dépasse {limit // MEGABYTE}\u00a0Mo.", code="size")
    file.seek(0)
    return file.read(limit + 1)[:limit]


def _open_image(content: bytes, formats: tuple[str, ...]) -> Image.Image | None:
    """Image of one of ``formats``, decoded; ``None`` when it is none. Raises ``ValidationError`` when broken."""
    try:
        image = Image.open(io.BytesIO(content), formats=formats)
    except _BROKEN_IMAGE:
        return None
    if image.width * image.height > MAX_PIXELS:
        raise ValidationError("Cette image a trop de pixels\u00a0: réduisez-la avant de l’envoyer.", code="pixels")
    try:
        image.load()
    except _BROKEN_IMAGE as error:
        raise ValidationError("Cette image est abîmée\u00a0: elle ne peut pas être lue.", code="broken") from error
    return image


def _written(image: Image.Image, side: int, file_format: str) -> bytes:
    """Encode an image anew: upright, resized, nothing but its pixels. A JPEG gets a white ground."""
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((side, side))
    has_alpha = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
    pixels = upright.convert("RGBA" if has_alpha else "RGB")
    if has_alpha and file_format == "JPEG":
        ground = Image.new("RGBA", pixels.size, "white")
        pixels = Image.alpha_composite(ground, pixels).convert("RGB")
    plain = Image.new(pixels.mode, pixels.size)
    plain.paste(pixels)
    written = io.BytesIO()
    plain.save(written, file_format, quality=85, optimize=True)
    return written.getvalue()


def _document_type(content: bytes) -> str:
    try:
        guesses = {match.extension for match in puremagic.magic_string(content[:8192])}
    except puremagic.PureError:
        guesses = set()
    if ".pdf" in guesses and content.startswith(b"%PDF-"):
        return PDF
    found = None
    if guesses & _ZIP_GUESSES:
        found = _zip_type(content)
    elif guesses & _OLE_GUESSES:
        found = _ole_type(content)
    if found is None:
        raise ValidationError(f"Ce type de fichier n’est pas accepté. Envoyez un fichier {ACCEPTED}.", code="type")
    return found


def _zip_type(content: bytes) -> str | None:
    """Type of an Office or OpenDocument archive; ``None`` for any other. Raises ``ValidationError``."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _refuse_bomb(entries)
            if any(_ZIP_MACROS.search(entry.filename.lower()) for entry in entries):
                raise ValidationError(MACROS, code="macros")
            names = {entry.filename for entry in entries}
            if "[Content_Types].xml" in names:
                return _ooxml_type(_head(archive, "[Content_Types].xml"))
            if "mimetype" in names:
                kind = _head(archive, "mimetype").decode("ascii", "replace").strip()
                return kind if kind.startswith(_ODF) and kind in EXTENSIONS else None
    except _BROKEN_ZIP as error:
        raise ValidationError("Ce fichier est abîmé ou protégé\u00a0: il est illisible.", code="broken") from error
    return None


def _refuse_bomb(entries: list[zipfile.ZipInfo]) -> None:
    heavy = [entry for entry in entries if entry.file_size > MEGABYTE]
    if (
        len(entries) > ZIP_MAX_ENTRIES
        or sum(entry.file_size for entry in entries) > ZIP_MAX_BYTES
        or any(entry.file_size > ZIP_MAX_RATIO * max(entry.compress_size, 1) for entry in heavy)
    ):
        raise ValidationError("Ce fichier contient trop de données une fois ouvert.", code="bomb")
    if any(entry.flag_bits & 1 for entry in entries):
        raise ValidationError("Ce fichier est protégé par un mot de passe\u00a0: enlevez-le d’abord.", code="locked")


def _head(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as entry:
        return entry.read(ZIP_READ)


def _ooxml_type(listed: bytes) -> str | None:
    if b"macroenabled" in listed.lower():
        raise ValidationError(MACROS, code="macros")
    kinds = [kind for kind in EXTENSIONS if kind.startswith(_OOXML) and f"{kind}.main+xml".encode() in listed]
    return kinds[0] if len(kinds) == 1 else None


def _ole_type(content: bytes) -> str | None:
    """Type of an old Office file, by the names of its streams. Raises ``ValidationError`` for macros."""
    if any(_stream(name) in content for name in _OLE_MACROS):
        raise ValidationError(MACROS, code="macros")
    return next((kind for name, kind in _OLE_PARTS.items() if _stream(name) in content), None)


def _stream(name: str) -> bytes:
    """Name of a stream as a directory entry of an OLE file holds it: UTF-16, then its length (MS-CFB 2.6.1)."""
    padded = name.encode("utf-16-le").ljust(64, b"\0")
    return padded + struct.pack("<H", 2 * len(name) + 2)
