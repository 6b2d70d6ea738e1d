"""Photos and attachments: their content, not their name, decides; nothing is left behind; nobody sees too much."""

import datetime
import io
import struct
import zipfile

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from directory.attachments import services as files
from directory.attachments import uploads
from directory.models import Attachment, GeographicEntity, RecordChange
from directory.scopes import scope_of
from tests.factories.directory import UnitFactory

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture(autouse=True)
def no_path(settings):
    """Files in memory: this storage has no path, like an object storage."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }


def picture(size=(40, 30), file_format="JPEG", mode="RGB", **options):
    written = io.BytesIO()
    Image.new(mode, size, "red").save(written, file_format, **options)
    return written.getvalue()


def upload(content, name="fichier.bin"):
    return SimpleUploadedFile(name, content)


def archive(entries, **options):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in entries.items():
            zipped.writestr(name, content)
    return written.getvalue()


def docx(kind=WORD, **more):
    listed = f'<Types><Override PartName="/word/document.xml" ContentType="{kind}.main+xml"/></Types>'
    return archive({"[Content_Types].xml": listed, "word/document.xml": "<w/>", **more})


def odt(kind="application/vnd.oasis.opendocument.text", **more):
    return archive({"mimetype": kind, "content.xml": "<office/>", **more})


def ole(*streams):
    entries = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0") + struct.pack("<H", 2 * len(name) + 2) + b"\0" * 62
        for name in streams
    )
    return bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 504 + entries


def stored():
    found, folders = [], [""]
    while folders:
        folder = folders.pop()
        below, names = default_storage.listdir(folder)
        folders += [f"{folder}/{name}".strip("/") for name in below]
        found += [f"{folder}/{name}" for name in names]
    return sorted(found)


# Content.


def test_a_photo_loses_its_metadata_and_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "Appareil"
    photo = uploads.read_photo(upload(picture((4000, 2000), exif=exif), "photo.jpg"))
    image = Image.open(io.BytesIO(photo))
    assert (image.format, image.size) == ("JPEG", (800, 1600))
    assert not image.getexif()
    assert b"Appareil" not in photo


@pytest.mark.parametrize(("file_format", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGB"), ("JPEG", "CMYK")])
def test_photos_of_every_kind_become_jpeg(file_format, mode):
    content = picture(file_format=file_format, mode=mode) if mode != "P" else picture(file_format="PNG", mode="L")
    assert uploads.read_photo(upload(content, "x.exe"))[:2] == b"\xff\xd8"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"<html><script>alert(1)</script>", "type"),
        (PDF, "type"),
        (picture(file_format="GIF", mode="P"), "type"),
        (picture((400, 300), file_format="PNG")[:200], "broken"),
        (b"\xff\xd8\xff\xe0" + b"x" * 100, "type"),
        (b"\xff" * (5 * 1024 * 1024 + 1), "size"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "type"),
    ],
)
def test_what_is_no_photo_is_refused(content, code):
    with pytest.raises(ValidationError) as refused:
        uploads.read_photo(upload(content, "photo.jpg"))
    assert refused.value.code == code


def test_a_picture_with_too_many_pixels_is_not_decoded():
    bomb = picture((10_000, 10_000), "PNG", "1")
    with pytest.raises(ValidationError) as refused:
        uploads.read_photo(upload(bomb))
    assert refused.value.code in {"pixels", "type"}


@pytest.mark.parametrize(
    ("content", "name", "kept", "content_type"),
    [
        (PDF, "livret.pdf", "livret.pdf", "application/pdf"),
        (PDF, "page.html", "page.pdf", "application/pdf"),
        (docx(), "Livret d’accueil.docx", "Livret d’accueil.docx", WORD),
        (odt(), "note.odt", "note.odt", "application/vnd.oasis.opendocument.text"),
        (ole("WordDocument"), "note.doc", "note.doc", "application/msword"),
        (ole("Workbook"), "grille.xls", "grille.xls", "application/vnd.ms-excel"),
        (ole("PowerPoint Document"), "n.ppt", "n.ppt", "application/vnd.ms-powerpoint"),
        (picture(), "plan.png", "plan.jpg", "image/jpeg"),
        (picture(file_format="PNG", mode="RGBA"), "plan", "plan.png", "image/png"),
    ],
)
def test_attachments_are_told_apart_by_their_content(content, name, kept, content_type):
    read = uploads.read_attachment(upload(content, name))
    assert (read.name, read.content_type) == (kept, content_type)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"MZ" + b"\0" * 100, "type"),
        (b"<html>", "type"),
        (b" %PDF-1.7", "type"),
        (archive({"a.txt": "x"}), "type"),
        (archive({"META-INF/MANIFEST.MF": "x", "a.class": "x"}), "type"),
        (odt("application/java"), "type"),
        (docx("application/vnd.ms-word.document.macroEnabled"), "macros"),
        (docx(**{"word/vbaProject.bin": "x"}), "macros"),
        (odt(**{"Basic/script-lc.xml": "x"}), "macros"),
        (ole("WordDocument", "_VBA_PROJECT"), "macros"),
        (ole("Autre"), "type"),
        (docx(**{"word/media/bomb.xml": "0" * 9_000_000}), "bomb"),
        (docx()[:-40], "broken"),
        (b"\0" * 300, "type"),
        (PDF.ljust(10 * 1024 * 1024 + 1), "size"),
    ],
)
def test_what_is_no_document_is_refused(content, code):
    with pytest.raises(ValidationError) as refused:
        uploads.read_attachment(upload(content, "document.pdf"))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\docs\\livret.pdf", "livret.pdf"),
        ("a\u202e\u0000fdp.exe", "afdp.pdf"),
        ("", "document.pdf"),
        ("....", "document.pdf"),
        ('li"vret<b>.pdf', "li vret b.pdf"),
        ("é" * 300 + ".pdf", "é" * 116 + ".pdf"),
    ],
)
def test_names_are_made_safe(name, safe):
    assert uploads.safe_name(name, ".pdf") == safe


# Acts.


@pytest.fixture
def by(cast):
    return {"by": cast.directeur, "scope": scope_of(cast.directeur)}


def test_a_photo_is_put_replaced_and_removed_with_history(world, by):
    files.set_photo(record=world.eg, content=picture(), **by)
    first = GeographicEntity.objects.get(pk=world.eg.pk).photo.name
    files.set_photo(record=world.eg, content=picture((20, 20)), **by)
    files.remove_photo(record=world.eg, **by)
    entity = GeographicEntity.objects.get(pk=world.eg.pk)
    assert (entity.photo.name, entity.version) == ("", 4)
    assert files.remove_photo(record=world.eg, **by) is None
    lines = RecordChange.objects.filter(record_kind="eg", record_id=world.eg.pk).order_by("version")
    assert [set(line.changes) for line in lines] == [{"photo"}] * 3
    assert [line.block for line in lines] == ["fichiers"] * 3
    assert lines[0].changes["photo"] == ["", first]
    assert len(stored()) == 2  # kept for the history until the purge


def test_a_file_goes_when_its_transaction_fails(world, by, monkeypatch):
    monkeypatch.setattr("directory.services.RecordEdit.finish", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        files.set_photo(record=world.eg, content=picture(), **by)
    with pytest.raises(ZeroDivisionError):
        files.add_attachments(record=world.act, uploads=[uploads.read_attachment(upload(PDF))], **by)
    assert stored() == []


def test_twenty_attachments_at_most_and_none_twice(world, by):
    some = [uploads.Upload(f"{number}.pdf", PDF + bytes([number]), "application/pdf") for number in range(21)]
    files.add_attachments(record=world.act, uploads=some[:20], **by)
    for refused, code in ((some[20:], "too_many"), (some[:1], "too_many")):
        with pytest.raises(ValidationError) as error:
            files.add_attachments(record=world.act, uploads=refused, **by)
        assert error.value.code == code
    first = world.act.attachments.present().first()
    files.remove_attachment(record=world.act, attachment_id=first.pk, **by)
    for again in ([some[1]], [some[20], some[20]]):
        with pytest.raises(ValidationError):
            files.add_attachments(record=world.act, uploads=again, **by)
    assert len(stored()) == 20
    files.add_attachments(record=world.act, uploads=[some[20]], **by)
    last = RecordChange.objects.filter(record_kind="uo", record_id=world.act.pk).latest("version")
    assert len(last.changes["attachments"][1]) == 20


def test_the_purge_takes_what_nobody_shows_any_more(world, by):
    files.set_photo(record=world.eg, content=picture(), **by)
    files.set_photo(record=world.eg, content=picture((20, 20)), **by)
    files.add_attachments(
        record=world.eg,
        uploads=[
            uploads.read_attachment(upload(content, f"{number}.pdf"))
            for number, content in enumerate((PDF, PDF + b" "))
        ],
        **by,
    )
    gone, stays = world.eg.attachments.order_by("pk")
    files.remove_attachment(record=world.eg, attachment_id=gone.pk, **by)
    default_storage.save("pieces-jointes/2024/01/perdue.pdf", ContentFile(PDF))
    assert len(stored()) == 5
    assert files.purge(now=timezone.now()) == (0, 0)
    later = timezone.now() + datetime.timedelta(days=31)
    assert files.purge(now=later) == (2, 1)
    entity = GeographicEntity.objects.get(pk=world.eg.pk)
    assert stored() == sorted([entity.photo.name, stays.file.name])
    gone.refresh_from_db()
    assert (gone.file.name, gone.name) == ("", "0.pdf")
    assert files.purge(now=later) == (0, 0)


def test_the_purge_command_says_what_it_did(world, capsys):
    call_command("purge_removed_files")
    assert capsys.readouterr().out == "0 pièce jointe supprimée, 0 photo supprimée, 0 fichier d’import supprimé.\n"


# Pages.


def test_a_director_puts_files_and_everybody_reads_them(client, cast, world):
    client.force_login(cast.directeur)
    photo, attachments = (reverse(f"directory:{name}", args=["eg", world.eg.pk]) for name in ("photo", "attachments"))
    assert client.post(photo, {"photo": upload(picture(), "a.jpg")}).status_code == 302
    sent = [upload(PDF, "livret d’été.pdf"), upload(docx(), "plan.docx")]
    assert client.post(attachments, {"fichiers": sent}).status_code == 302
    assert "plan.docx" in client.get(attachments).text
    client.force_login(cast.consultation)
    page = client.get(reverse("directory:geographic_entity_detail", args=[world.eg.pk])).text
    assert "livret d’été.pdf" in page
    assert "Changer la photo" not in page
    entity = GeographicEntity.objects.get(pk=world.eg.pk)
    shown = client.get(reverse("directory:photo_file", args=["eg", world.eg.pk, entity.photo.name.rpartition("/")[2]]))
    assert (shown["Content-Type"], shown["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert "private" in shown["Cache-Control"]
    assert b"".join(shown.streaming_content)[:2] == b"\xff\xd8"
    attachment = Attachment.objects.get(content_type="application/pdf")
    given = client.get(reverse("directory:attachment_download", args=["eg", world.eg.pk, attachment.pk]))
    assert given["Content-Disposition"].startswith("attachment; filename*=utf-8''livret")
    assert b"".join(given.streaming_content) == PDF
    assert (
        client.get(reverse("directory:attachment_download", args=["uo", world.act.pk, attachment.pk])).status_code
        == 404
    )


def test_files_of_a_closed_record_are_supports_alone(client, cast, world, by):
    unit = UnitFactory(geographic_entity=world.eg, closed=True)
    client.force_login(cast.directeur)
    for name in ("photo", "attachments"):
        address = reverse(f"directory:{name}", kwargs={"kind": "uo", "record_id": unit.pk})
        assert client.get(address).status_code == client.post(address, {}).status_code == 403
    with pytest.raises(PermissionDenied):
        files.remove_photo(record=unit_with_photo(unit), **by)


def unit_with_photo(unit):
    type(unit).objects.filter(pk=unit.pk).update(photo="photos/a.jpg")
    unit.refresh_from_db()
    return unit


def test_wrong_files_are_said_and_nothing_is_kept(client, cast, world):
    client.force_login(cast.directeur)
    photo, attachments = (reverse(f"directory:{name}", args=["uo", world.act.pk]) for name in ("photo", "attachments"))
    for data in ({}, {"photo": "texte"}, {"photo": upload(PDF, "a.jpg")}, {"photo": upload(b"", "a.jpg")}):
        answer = client.post(photo, data)
        assert answer.status_code == 422
        assert "error-summary" in answer.text
    answer = client.post(attachments, {"fichiers": [upload(PDF, "bon.pdf"), upload(b"MZ", "mauvais.pdf")]})
    assert answer.status_code == 422
    assert "mauvais.pdf\u00a0: Ce type" in answer.text
    assert client.post(attachments, {}).status_code == 422
    assert stored() == []


def test_removing_asks_first_then_keeps_the_name_in_the_history(client, cast, world):
    client.force_login(cast.directeur)
    client.post(reverse("directory:attachments", args=["eg", world.eg.pk]), {"fichiers": [upload(PDF, "livret.pdf")]})
    attachment = Attachment.objects.get()
    url = reverse("directory:attachment_remove", args=["eg", world.eg.pk, attachment.pk])
    assert "livret.pdf" in client.get(url).text
    assert client.post(url).status_code == 302
    assert client.post(url).status_code == 404
    download = reverse("directory:attachment_download", args=["eg", world.eg.pk, attachment.pk])
    assert client.get(download).status_code == 404
    line = RecordChange.objects.filter(record_kind="eg", record_id=world.eg.pk).latest("version")
    assert [row["label"] for row in line.changes["attachments"][0]] == ["livret.pdf"]
    assert line.changes["attachments"][1] == []


def test_files_of_a_sensitive_unit_are_hidden_with_its_address(client, cast, world, by):
    files.set_photo(record=world.eg, content=picture(), **by)
    files.add_attachments(record=world.eg, uploads=[uploads.read_attachment(upload(PDF, "plan.pdf"))], **by)
    type(world.act).objects.filter(pk=world.act.pk).update(sensitive_unit=True)
    entity, attachment = GeographicEntity.objects.get(pk=world.eg.pk), Attachment.objects.get()
    urls = [
        reverse("directory:photo_file", args=["eg", entity.pk, entity.photo.name.rpartition("/")[2]]),
        reverse("directory:attachment_download", args=["eg", entity.pk, attachment.pk]),
    ]
    page = reverse("directory:geographic_entity_detail", args=[entity.pk])
    for person, status in ((cast.consultation, 404), (cast.ars, 404), (cast.directeur, 200), (cast.pdses, 200)):
        client.force_login(person)
        assert [client.get(url).status_code for url in urls] == [status] * 2
        assert ("plan.pdf" in client.get(page).text) == (status == 200)


def test_a_lost_file_is_a_404(client, cast, world, by):
    files.add_attachments(record=world.eg, uploads=[uploads.read_attachment(upload(PDF))], **by)
    attachment = Attachment.objects.get()
    default_storage.delete(attachment.file.name)
    client.force_login(cast.directeur)
    url = reverse("directory:attachment_download", args=["eg", world.eg.pk, attachment.pk])
    assert client.get(url).status_code == 404
    for wrong in (["ej", world.ej.pk, 1], ["eg", 10**30, 1], ["eg", world.eg.pk, 10**30]):
        assert client.get(reverse("directory:attachment_download", args=wrong)).status_code == 404
