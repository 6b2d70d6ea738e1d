"""A UO stands at the address of its EG unless it has its own (spec 10); moved to another EG, it keeps it."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from directory.enums import PositionSource
from directory.forms import block_form_class
from directory.models import GeographicEntity, OperationalUnit, RecordChange
from directory.scopes import scope_of
from directory.services import update_block, update_record
from directory.snapshots import differences, state_of
from directory.versions.past import restore_block
from tests.factories.directory import GeographicEntityFactory, UnitFactory, commune

pytestmark = pytest.mark.django_db

NANTERRE, PARIS_10, VERSAILLES = "92050", "75110", "78646"
OWN = {
    "street_number": "3",
    "street_extension": "bis",
    "street_name": "rue du Bac",
    "postal_code": "78000",
    "lat": 48.8,
    "lon": 2.13,
    "position_source": PositionSource.MANUAL,
}


def again(unit):
    return OperationalUnit.objects.get(pk=unit.pk)


def text_of(response):
    return " ".join(response.content.decode().split())


@pytest.fixture
def send(client, cast, world):
    for insee in (NANTERRE, PARIS_10, VERSAILLES):
        commune(insee)
    client.force_login(cast.directeur)
    url = reverse("directory:block_edit", args=["uo", world.act.pk, "adresse"])

    def sent(**data):
        form = block_form_class("uo", "adresse")(record=again(world.act), scope=scope_of(cast.directeur))
        typed = {name: "" if value is None else value for name, value in form.initial.items()}
        if not typed.pop("same_address"):
            data = {"same_address": "", **data}
        elif "same_address" not in data:
            data = {"same_address": "on", **data}
        return client.post(url, {**typed, **data}, follow=True)

    return sent


def test_a_map_is_there_to_place_the_first_point(client, cast, world, send):
    GeographicEntity.objects.filter(pk=world.eg.pk).update(lat=48.9, lon=2.2)
    page = client.get(reverse("directory:block_edit", args=["uo", world.act.pk, "adresse"]))
    assert page.context["form"].shown_point == (48.9, 2.2)
    assert page.context["form"]["lat"].value() is None
    assert 'data-latitude="48.9"' in page.content.decode()
    assert "celui de l’établissement" in page.content.decode()
    chosen = send(same_address="", etape=f"commune:{VERSAILLES}").context["form"]
    assert chosen.shown_point == (commune(VERSAILLES).lat, commune(VERSAILLES).lon)
    assert chosen.start_note == "le centre de la commune"
    GeographicEntity.objects.filter(pk=world.eg.pk).update(lat=None, lon=None, position_source="")
    page = client.get(reverse("directory:block_edit", args=["uo", world.act.pk, "adresse"]))
    assert page.context["form"].shown_point == (world.eg.commune.lat, world.eg.commune.lon)


def own_address(unit, insee=VERSAILLES, **values):
    OperationalUnit.objects.filter(pk=unit.pk).update(commune=commune(insee), **OWN, **values)
    return again(unit)


def moved(unit, entity, cast):
    values = {"geographic_entity": {"id": entity.pk, "label": str(entity)}, "structure": None}
    return update_block(
        record=unit, values=values, expected_version=unit.version, by=cast.sesan, scope=scope_of(cast.sesan)
    )


def test_the_form_gives_back_what_the_record_holds(world, cast):
    form_class, scope = block_form_class("uo", "adresse"), scope_of(cast.directeur)
    for unit in (again(world.act), own_address(world.act)):
        shown = form_class(record=unit, scope=scope)
        form = form_class(shown.initial, record=unit, scope=scope)
        assert form.is_valid(), form.errors
        assert differences(state_of(unit), state_of(unit) | form.values()) == {}


def test_an_address_of_its_own_is_placed_shown_and_taken_back(send, world):
    page = send(same_address="", street_number="3", street_name="rue du Bac", commune="Versailles", postal_code="78000")
    assert "L’encadré « Adresse » est modifié." in text_of(page)
    assert "3 rue du Bac<br>78000 Versailles" in text_of(page)
    assert "Adresse propre à l’unité" in text_of(page)
    unit = again(world.act)
    assert (unit.commune_id, unit.position_source, unit.address_record) == (VERSAILLES, PositionSource.COMMUNE, unit)
    assert RecordChange.objects.get(record_id=unit.pk, version=unit.version).block == "adresse"
    page = send(same_address="on", lat="n’importe quoi", commune="")
    unit = again(world.act)
    assert (unit.commune_id, unit.street_name, unit.lat, unit.position_source) == (None, "", None, "")
    assert "Reprise automatiquement de la fiche structure." in text_of(page)


def test_without_the_box_the_address_is_asked_for_and_what_was_typed_is_kept(send, world):
    page = send(same_address="", street_number="3", street_name="", commune="Verzailles")
    assert page.status_code == 422
    assert "Verzailles" in text_of(page)
    assert not again(world.act).has_own_address


def test_a_point_without_a_commune_is_refused_by_the_model_and_the_database(world):
    unit = again(world.act)
    unit.street_name = "rue du Bac"
    with pytest.raises(ValidationError, match="a une commune"):
        unit.full_clean()


def test_a_unit_moved_keeps_the_address_of_the_establishment_that_it_left(world, cast):
    left = GeographicEntity.objects.get(pk=world.act.geographic_entity_id)
    there = GeographicEntityFactory(legal_entity=left.legal_entity, commune=commune(VERSAILLES))
    line = moved(again(world.act), there, cast)
    unit = again(world.act)
    assert line.action == RecordChange.Action.MOVED
    assert (unit.national_id, unit.geographic_entity_id) == (f"11/{unit.pk}", there.pk)
    assert (unit.commune_id, unit.street_line, unit.lat) == (left.commune_id, left.street_line, left.lat)
    moved(unit, left, cast)
    assert not again(unit).has_own_address, "back where it stood"


def test_a_unit_moved_with_an_address_of_its_own_keeps_it(world, cast):
    own_address(world.act)
    there = GeographicEntityFactory(legal_entity=world.eg.legal_entity, commune=commune(PARIS_10))
    assert set(moved(again(world.act), there, cast).changes) == {"geographic_entity"}
    assert again(world.act).street_line == "3 bis rue du Bac"


def test_a_unit_moved_within_one_address_has_none_of_its_own(world, cast):
    there = GeographicEntityFactory(
        legal_entity=world.eg.legal_entity,
        commune=world.eg.commune,
        **{name: getattr(world.eg, name) for name in ("street_number", "street_extension", "street_name")},
        address_complement=world.eg.address_complement,
        postal_code=world.eg.postal_code,
    )
    moved(again(world.act), there, cast)
    assert not again(world.act).has_own_address


def test_the_person_who_moves_a_unit_is_told(client, world, cast):
    there = GeographicEntityFactory(legal_entity=world.eg.legal_entity, commune=commune(VERSAILLES))
    client.force_login(cast.sesan)
    unit = again(world.act)
    form = block_form_class("uo", "identification")(record=unit, scope=scope_of(cast.sesan))
    typed = {name: "" if value is None else value for name, value in form.initial.items()}
    typed |= {"geographic_entity": there.pk, "structure": ""}
    typed.pop("sensitive_unit")
    page = client.post(reverse("directory:block_edit", args=["uo", unit.pk, "identification"]), typed, follow=True)
    assert "garde son adresse" in text_of(page)


def test_an_earlier_address_is_put_back(world, cast):
    unit, scope = again(world.act), scope_of(cast.sesan)
    changes = {"commune": commune(VERSAILLES), **OWN}
    update_record(record=unit, changes=changes, expected_version=unit.version, by=cast.sesan, scope=scope)
    unit = again(unit)
    line = RecordChange.objects.get(record_kind="uo", record_id=unit.pk, version=unit.version)
    given = {"record": unit, "change": line, "by": cast.sesan, "scope": scope}
    restore_block(**given, before=True, expected_version=unit.version)
    assert not again(unit).has_own_address
    unit = again(unit)
    restore_block(**given | {"record": unit}, before=False, expected_version=unit.version)
    assert again(unit).street_line == "3 bis rue du Bac"


def test_the_own_address_of_a_sensitive_unit_is_hidden(client, world, cast):
    own_address(world.act, sensitive_unit=True)
    url = reverse("directory:unit_detail", args=[world.act.pk])
    for who, shown in ((cast.consultation, False), (cast.directeur, True), (cast.sesan, True)):
        client.force_login(who)
        page = text_of(client.get(url))
        assert ("3 bis rue du Bac" in page) is shown, who
        assert ('data-latitude="48.8"' in page) is shown, who
        assert "Versailles" in page if shown else "Versailles" not in page


def test_the_head_office_at_the_masked_address_of_a_unit_is_hidden(client, world, cast):
    unit = UnitFactory(geographic_entity=world.eg, sensitive_unit=True)
    own_address(unit)
    seat = {name: OWN[name] for name in ("street_number", "street_extension", "street_name")}
    type(world.eg.legal_entity).objects.filter(pk=world.eg.legal_entity_id).update(commune=VERSAILLES, **seat)
    client.force_login(cast.consultation)
    page = text_of(client.get(reverse("directory:legal_entity_detail", args=[world.eg.legal_entity_id])))
    assert "rue du Bac" not in page
