"""Rows of photos and attachments: read by whoever reads the record, changed by its editors."""

from django.core.files.base import ContentFile

from tests.factories.directory import AttachmentFactory, UnitFactory

from . import READERS, Row

EDITORS = "login 403 403 200 200 403 403"
SAVED = "login 403 403 422 422 403 403"
AWAY = "login 403 403 away away 403 403"


def record(world):
    return {"kind": "eg", "record_id": world.eg.pk}


def hidden(world):
    return {"kind": "uo", "record_id": UnitFactory(geographic_entity=world.eg, hidden=True).pk}


def with_photo(world):
    name = world.eg.photo.storage.save("photos/eg/matrice.jpg", ContentFile(b"\xff\xd8"))
    type(world.eg).objects.filter(pk=world.eg.pk).update(photo=name)
    return {**record(world), "name": name.rpartition("/")[2]}


def attached(world):
    return {**record(world), "attachment_id": AttachmentFactory(unit=None, geographic_entity=world.eg).pk}


ROWS = [
    Row("directory:photo", get=EDITORS, post=SAVED, kwargs=record),
    Row(
        "directory:photo",
        get="login 404 404 200 200 404 404",
        post="login 404 404 422 422 404 404",
        kwargs=hidden,
        note="masquée",
    ),
    Row("directory:photo_file", get=READERS, kwargs=with_photo),
    Row("directory:attachments", get=EDITORS, post=SAVED, kwargs=record),
    Row("directory:attachment_download", get=READERS, kwargs=attached),
    Row("directory:attachment_remove", get=EDITORS, post=AWAY, kwargs=attached),
]
