"""Closing and reopening: what the pages say beforehand, what they refuse, what follows in the tree and elsewhere."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from availability.models import CurrentFigure
from directory.models import GeographicEntity, OperationalUnit, RecordChange, Structure
from directory.permissions import CLOSED, why_not_edit, why_not_edit_blocks
from directory.scopes import scope_of
from search.indexing.index import rebuild_all
from tests.factories.directory import GeographicEntityFactory, StructureFactory, UnitFactory

pytestmark = pytest.mark.django_db


def url_of(record, act="close"):
    kinds = {OperationalUnit: "uo", GeographicEntity: "eg", Structure: "structure"}
    return reverse(f"directory:record_{act}", kwargs={"kind": kinds[type(record)], "record_id": record.pk})


def text_of(response):
    return response.content.decode().replace("\u00a0", " ").replace("\u202f", " ").replace("&nbsp;", " ")


def closure(**changes):
    today = timezone.localdate().isoformat()
    asked = {"closure_kind": "PRO", "closed_on": today, "reason": "Travaux", "confirmed": "on", "version": "1"}
    return {name: value for name, value in {**asked, **changes}.items() if value is not None}


@pytest.fixture
def director(client, cast):
    client.force_login(cast.directeur)
    return client


def test_the_page_says_what_is_closed_below(director, world):
    pole = StructureFactory(geographic_entity=world.eg, name="Pôle précarité")
    UnitFactory(geographic_entity=world.eg, name="Déjà close", closed=True)
    text = text_of(director.get(url_of(world.eg)))
    assert "1 structure" in text
    assert pole.name in text
    assert "3 unités opérationnelles" in text
    assert "ACT hors les murs" in text
    assert "Déjà close" not in text
    assert "passent à 0" in text
    assert timezone.localdate().isoformat() in text


def test_an_establishment_is_closed_with_its_units_and_reopened(director, world):
    response = director.post(url_of(world.eg), closure(reopens_on="2099-01-01"), follow=True)
    text = text_of(response)
    assert "est fermée. Avec elle : 3 unités opérationnelles." in text
    assert "Fermeture provisoire le" in text
    assert "réouverture prévue le 01/01/2099" in text
    assert url_of(world.eg, "reopen") in text
    assert set(world.eg.units.values_list("status", flat=True)) == {"closed"}
    line = RecordChange.objects.get(record_kind="eg", record_id=world.eg.pk)
    assert (line.action, line.reason) == (RecordChange.Action.CLOSED, "Travaux")
    page = text_of(director.get(url_of(world.eg, "reopen")))
    assert "3 unités opérationnelles" in page
    text = text_of(director.post(url_of(world.eg, "reopen"), {"version": "2", "reason": ""}, follow=True))
    assert "est rouverte. Avec elle : 3 unités opérationnelles." in text
    assert set(world.eg.units.values_list("status", flat=True)) == {"published"}
    assert GeographicEntity.objects.get(pk=world.eg.pk).closed_on is None


def test_a_hidden_record_is_hidden_again_after_its_closure(director, world):
    unit = UnitFactory(geographic_entity=world.eg, hidden=True)
    director.post(url_of(unit), closure())
    assert OperationalUnit.objects.get(pk=unit.pk).is_closed
    director.post(url_of(unit, "reopen"), {"version": "2"})
    assert OperationalUnit.objects.get(pk=unit.pk).is_hidden


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"closure_kind": None}, "Choisissez le type de fermeture."),
        ({"closure_kind": "ABC"}, "Choisissez « Provisoire » ou « Définitive »."),
        ({"closed_on": ""}, "Indiquez la date de fermeture."),
        ({"closed_on": "32/01/2026"}, "Cette date n’existe pas."),
        ({"closed_on": "2099-01-01"}, "sa date ne peut pas être à venir"),
        ({"closed_on": "1900-01-01"}, "Donnez une date postérieure au 01/01/2000."),
        ({"closure_kind": "DEF", "reopens_on": "2099-01-01"}, "Seule une fermeture provisoire"),
        (
            {"reopens_on": "2020-01-01"},
            "Donnez une date de réouverture postérieure à aujourd’hui, en 2100",
        ),
        ({"reopens_on": "9999-12-31"}, "en 2100 au plus tard"),
        ({"reason": " "}, "Indiquez le motif de la fermeture."),
        ({"reason": "x" * 201}, "200 caractères au plus, 201 écrits."),
        ({"confirmed": None}, "Cochez la case pour confirmer la fermeture."),
    ],
)
def test_a_closure_that_is_not_whole_is_refused_and_kept(director, world, changes, said):
    response = director.post(url_of(world.act), closure(**changes))
    assert response.status_code == 422
    assert said in text_of(response)
    assert "Travaux" in text_of(response) or "reason" in changes
    assert not OperationalUnit.objects.get(pk=world.act.pk).is_closed


def test_not_before_it_opened(director, world):
    OperationalUnit.objects.filter(pk=world.act.pk).update(opened_on=dt.date(2025, 3, 1))
    response = director.post(url_of(world.act), closure(closed_on="2025-02-28"))
    assert "La fiche est ouverte depuis le 01/03/2025." in text_of(response)


@pytest.mark.parametrize("version", ["0", "7", "", "x", "9" * 40])
def test_an_old_page_closes_nothing_then_confirms(director, world, version):
    response = director.post(url_of(world.act), closure(version=version))
    assert response.status_code == 409
    text = text_of(response)
    assert "La fiche a été modifiée entre-temps" in text
    assert 'name="version" value="1"' in text
    assert not OperationalUnit.objects.get(pk=world.act.pk).is_closed


def test_a_unit_below_a_closed_establishment_waits_for_it(director, world, cast, client):
    director.post(url_of(world.eg), closure())
    page = text_of(director.get(url_of(world.act, "reopen")))
    assert "doit être rouvert d’abord" in page
    assert url_of(world.eg, "reopen") in page
    response = director.post(url_of(world.act, "reopen"), {"version": "2"})
    assert response.status_code == 422
    assert "rouvrez-le d’abord" in text_of(response) or "doit être rouvert d’abord" in text_of(response)
    assert OperationalUnit.objects.get(pk=world.act.pk).is_closed


def test_a_structure_is_closed_from_its_page(director, world):
    pole = StructureFactory(geographic_entity=world.eg, name="Pôle précarité")
    unit = UnitFactory(geographic_entity=world.eg, structure=pole)
    level = reverse("directory:tree_structure", args=[pole.pk])
    assert url_of(pole) in text_of(director.get(level))
    response = director.post(url_of(pole), closure())
    assert response["Location"] == reverse("directory:geographic_entity_detail", args=[world.eg.pk]) + "#unites"
    assert OperationalUnit.objects.get(pk=unit.pk).is_closed
    assert not OperationalUnit.objects.get(pk=world.act.pk).is_closed
    assert url_of(pole, "reopen") in text_of(director.get(level))


def test_who_may_not_close_sees_no_button(client, cast, world):
    for user in (cast.consultation, cast.responsable, cast.stranger):
        client.force_login(user)
        page = text_of(client.get(reverse("directory:unit_detail", args=[world.act.pk])))
        assert url_of(world.act) not in page
        assert client.get(url_of(world.act)).status_code == 403


def test_a_closed_record_is_corrected_by_support_alone(cast, world):
    unit = UnitFactory(geographic_entity=world.eg, closed=True)
    director, support = scope_of(cast.directeur), scope_of(cast.sesan)
    assert why_not_edit_blocks(director, unit) == CLOSED
    assert why_not_edit(director, unit, ["pets"]) == CLOSED
    assert why_not_edit(director, unit, ["status", "closed_on"]) == ""
    assert why_not_edit_blocks(support, unit) == why_not_edit(support, unit, ["pets"]) == ""


def test_closed_records_are_in_the_tree_only_when_asked(director, world):
    director.post(url_of(world.act), closure())
    level = reverse("directory:tree_entity", args=[world.eg.pk])
    unit = reverse("directory:unit_detail", args=[world.act.pk])
    assert unit not in text_of(director.get(level))
    asked = text_of(director.get(level, {"fermees": "1"}))
    assert "Fiches fermées comprises" in asked
    assert unit in asked
    assert asked.count('<span class="tag">Fermée</span>') == 1
    department = reverse("directory:tree_department", args=["92"])
    assert ">2 UO<" in text_of(director.get(department))
    assert ">3 UO<" in text_of(director.get(department, {"fermees": "1"}))
    closed = GeographicEntityFactory(nanterre=True, name="EG clos", closed=True)
    link = reverse("directory:geographic_entity_detail", args=[closed.pk])
    root = reverse("directory:tree")
    assert link not in text_of(director.get(root, {"q": "EG clos"}))
    found = text_of(director.get(root, {"q": "EG clos", "fermees": "1"}))
    assert link in found
    assert '<span class="tag">Fermé</span>' in found
    assert "fermees=1" in found
    assert "2 établissements" in text_of(director.get(root, {"fermees": "1"}))


def test_a_closed_unit_leaves_entry_search_and_totals(client, cast, world):
    rebuild_all()
    client.force_login(cast.responsable)
    found = reverse("search:results") + "?quoi=ACT"
    assert reverse("directory:unit_detail", args=[world.act.pk]) in text_of(client.get(found))
    client.force_login(cast.directeur)
    client.post(url_of(world.act), closure())
    assert reverse("directory:unit_detail", args=[world.act.pk]) not in text_of(client.get(found))
    entry = text_of(client.get(reverse("availability:entry")))
    row = entry[entry.index(f'id="ligne-{world.act.pk}"') :]
    assert "Fermée" in row[: row.index("</li>")]
    assert f'name="u{world.act.pk}-figure"' not in entry
    assert CurrentFigure.objects.get(unit=world.act).figure == 8


def test_a_reopening_announced_for_a_past_day_is_said(client, cast, world):
    dates = {"closed_on": "2024-01-01", "reopens_on": "2024-06-01"}
    unit = UnitFactory(geographic_entity=world.eg, status="closed", closure_kind="PRO", **dates)
    client.force_login(cast.consultation)
    page = text_of(client.get(reverse("directory:unit_detail", args=[unit.pk])))
    assert "réouverture prévue le 01/06/2024 (ce jour est passé)." in page
    assert "Rouvrir" not in page
