"""Pages of photos, attachments, territory and address keep to their budgets, the same with three times the rows."""

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from directory.models import GeographicEntity
from tests.factories.directory import AttachmentFactory, InterventionAreaFactory, commune
from tests.test_query_budgets import ENVELOPE

pytestmark = pytest.mark.usefixtures("in_memory")
COMMUNES = ("92050", "92002", "92004", "75110", "75111", "94043", "93070", "78646", "91228")


def pages(world):
    entity, unit = {"kind": "eg", "record_id": world.eg.pk}, {"kind": "uo", "record_id": world.act.pk}
    attachment = world.eg.attachments.first()
    return {
        "photo": (8, entity),
        "photo_file": (6, {**entity, "name": "a.jpg"}),
        "attachments": (8, entity),
        "attachment_download": (7, {**entity, "attachment_id": attachment.pk}),
        "attachment_remove": (8, {**entity, "attachment_id": attachment.pk}),
        "block_edit intervention": (14, {**unit, "block": "intervention"}),
        "block_edit adresse": (12, {**entity, "block": "adresse"}),
        "territory_preview": (6, {}),
        "commune_suggestions": (7, {}),
    }


def grow(world, cast, numbers):
    for number in numbers:
        AttachmentFactory(unit=None, geographic_entity=world.eg, added_by=cast.directeur)
        InterventionAreaFactory(unit=world.act, commune=commune(COMMUNES[number]))


def queries_of(client, world):
    found = {}
    for name, (_, kwargs) in pages(world).items():
        query = {"territory_preview": "?t=92", "commune_suggestions": "?action=ajouter&ajout=nan"}.get(name, "")
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            response = client.get(reverse(f"directory:{name.split()[0]}", kwargs=kwargs) + query)
            if response.streaming:
                b"".join(response.streaming_content)
        assert response.status_code == 200, name
        found[name] = [one["sql"] for one in captured if not ENVELOPE.match(one["sql"])]
    return found


@pytest.mark.django_db
def test_each_page_keeps_to_its_budget(client, cast, world):
    name = world.eg.photo.storage.save("photos/eg/a.jpg", ContentFile(b"\xff\xd8"))
    GeographicEntity.objects.filter(pk=world.eg.pk).update(photo=name)
    client.force_login(cast.directeur)
    client.get(reverse("directory:department_outlines"))  # the first page of a session marks it as used
    grow(world, cast, range(3))
    queries_of(client, world)  # the first page of a process reads which communes are neighbours
    few = queries_of(client, world)
    grow(world, cast, range(3, 9))
    many = queries_of(client, world)
    for page, (budget, _) in pages(world).items():
        assert len(many[page]) == len(few[page]), "\n".join(many[page])
        assert len(many[page]) <= budget, f"{page}\n" + "\n".join(many[page])
