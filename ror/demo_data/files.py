"""Fictitious files of the examples: a drawn photo, a leaflet, a plan. Written once, under names that do not change."""

from __future__ import annotations

import hashlib
import io

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageDraw

from accounts.models import User
from directory.models import Attachment, GeographicEntity, OperationalUnit

FOLDER = "demonstration"
EXAMPLE = "ACT ALTAIR VESTA"
SKY, WALL, ROOF, WINDOW, GRASS = "#cfe3f2", "#e9d9c3", "#8a4b3c", "#5c7f9c", "#8fae7c"
LEAFLET = (
    "Livret d'accueil",
    "ACT ALTAIR VESTA - document fictif, créé pour la démonstration.",
    "Accueil : du lundi au vendredi, de 9 h à 17 h.",
    "Pièces à apporter : ordonnances en cours, attestation de droits.",
)
ADMISSION = (
    "Dossier d'admission",
    "ACT ALTAIR VESTA - document fictif, créé pour la démonstration.",
    "À renvoyer avec le volet médical sous pli confidentiel.",
)


def add_files() -> None:
    """Give the EG of the webinars a photo and a leaflet, and its unit its admission form."""
    by = User.objects.get(username="directeur")
    entity = GeographicEntity.objects.filter(name=EXAMPLE).order_by("pk").first()
    unit = OperationalUnit.objects.filter(name=EXAMPLE, geographic_entity=entity).order_by("pk").first()
    if entity is None or unit is None:
        return
    photo = _stored("photos/eg", "facade.jpg", drawn_house())
    GeographicEntity.objects.filter(pk=entity.pk).update(photo=photo)
    for owner, name, lines in (
        ({"geographic_entity": entity}, "Livret d’accueil.pdf", LEAFLET),
        ({"unit": unit}, "Dossier d’admission.pdf", ADMISSION),
    ):
        content = pdf_page(lines)
        Attachment.objects.create(
            **owner,
            file=_stored("pieces-jointes", f"{len(lines)}.pdf", content),
            name=name,
            content_type="application/pdf",
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            added_by=by,
        )


def drawn_house() -> bytes:
    """JPEG of a drawn façade, 800 × 500 pixels."""
    image = Image.new("RGB", (800, 500), SKY)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 420, 800, 500), fill=GRASS)
    draw.rectangle((180, 170, 620, 440), fill=WALL)
    draw.polygon([(150, 170), (400, 60), (650, 170)], fill=ROOF)
    for left in (215, 315, 425, 525):
        for top in (200, 290):
            draw.rectangle((left, top, left + 55, top + 55), fill=WINDOW)
    draw.rectangle((370, 370, 430, 440), fill=ROOF)
    written = io.BytesIO()
    image.save(written, "JPEG", quality=85)
    return written.getvalue()


def pdf_page(lines: tuple[str, ...]) -> bytes:
    """PDF of one A4 page with a few lines of text."""
    escaped = (line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in lines)
    text = "BT /F1 14 Tf 60 780 Td 24 TL " + " ".join(f"({line}) Tj T*" for line in escaped) + " ET"
    stream = text.encode("cp1252")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
        b" /Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    document, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(document))
        document += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    return document + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (count, table, count, len(document))
    )


def _stored(folder: str, name: str, content: bytes) -> str:
    """Name of a file of the demonstration, stored unless it is there already."""
    path = f"{folder}/{FOLDER}/{name}"
    return path if default_storage.exists(path) else default_storage.save(path, ContentFile(content))
