"""What a publication shows at once: search, tree, record page, history, totals; and nothing before it."""

import pytest
from django.urls import reverse

from availability.models import GroupedUnit
from collaborative.fiches import services as fiche_services
from directory.models import OperationalUnit
from search.models import SearchDocument
from tests.collaborative.publishing import (
    activity,
    add_unit,
    another_validator,
    change,
    coded,
    remove,
    send_and_take,
    unit_values,
    validate,
)

pytestmark = pytest.mark.django_db


def page(client, url):
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_a_publication_is_seen_everywhere_at_once(client, desk, world, cast):
    palliative = activity("Accompagnement de la fin de vie")
    made = add_unit(desk, unit_values("Équipe Boréale", operational_activity=[coded(palliative)]))
    change(desk, world.act, {"name": "ACT Australe"})
    remove(desk, world.lam)
    send_and_take(desk)
    client.force_login(cast.consultation)
    found = reverse("search:results") + "?quoi=Boréale"
    tree = reverse("directory:tree_entity", kwargs={"entity_id": world.eg.pk})
    for url in (found, tree):
        assert "Équipe Boréale" not in page(client, url)
    validate(desk)
    made.refresh_from_db()
    unit = made.unit
    assert "Équipe Boréale" in page(client, found)
    shown = page(client, tree)
    assert "Équipe Boréale" in shown
    assert "ACT Australe" in shown
    assert "LAM Altair" not in shown
    record = page(client, reverse("directory:unit_detail", kwargs={"unit_id": unit.pk}))
    assert "Accompagnement de la fin de vie" in record
    assert palliative.pk in SearchDocument.objects.get(unit=unit).term_ids
    assert not SearchDocument.objects.filter(unit=world.lam).exists()
    assert GroupedUnit.objects.filter(unit=unit).exists()
    assert not GroupedUnit.objects.filter(unit=world.lam).exists()
    client.force_login(cast.directeur)
    history = page(client, reverse("directory:record_history", args=["uo", unit.pk]))
    assert f"Dossier n°\u00a0{desk.dossier.pk}" in history
    assert str(cast.sesan) in history


def test_a_moved_unit_leaves_its_pool_and_keeps_its_figure(desk, world, cast):
    act = desk.fiche(world.act)
    there = fiche_services.join_entity(dossier=desk.dossier, entity=world.other_eg, **desk.who(cast.sesan))
    fiche_services.move_fiche(fiche=act, parent=there, expected_version=act.version, **desk.who(cast.sesan))
    desk.apply("send", by=cast.sesan)
    other = another_validator()
    desk.apply("take", by=other)
    validate(desk, by=other)
    moved = OperationalUnit.objects.get(pk=world.act.pk)
    row = GroupedUnit.objects.get(unit=moved)
    assert (row.free, row.department_code) == (8, "92")  # it keeps its address
    assert SearchDocument.objects.get(unit=moved).geographic_entity_id == world.other_eg.pk
