"""« Modifier un encadré »: who may, what is refused, what a conflict shows and keeps."""

from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from common.french import telephone
from directory.editing import conflict_of
from directory.enums import Nomenclature, RecordKind
from directory.models import GeographicEntity
from directory.scopes import scope_of
from directory.services import BlockConflict, update_block
from tests.factories.directory import UnitFactory, term, unit_type

pytestmark = pytest.mark.django_db
CONTACT = {"version": "1", "phone": "01 41 00 00 00", "fax": "", "website": "", "email": "contact@altair.example"}


def address(record, block, kind="eg"):
    return reverse("directory:block_edit", kwargs={"kind": kind, "record_id": record.pk, "block": block})


@pytest.fixture
def director(client, cast):
    client.force_login(cast.directeur)
    return client


def sent_by_a_browser(form):
    """What a browser sends of a form left as it is: everything but disabled fields."""
    names = (name for name, field in form.fields.items() if not field.widget.attrs.get("disabled"))
    return {name: form[name].value() or "" for name in names}


def stored(entity):
    return GeographicEntity.objects.get(pk=entity.pk)


def test_the_page_of_a_record_leads_its_director_to_each_form(director, world):
    page = director.get(reverse("directory:geographic_entity_detail", args=[world.eg.pk])).content.decode()
    assert address(world.eg, "contact") in page
    assert "Rien n’est renseigné" in page


@pytest.mark.parametrize("who", ["consultation", "responsable", "stranger"])
def test_others_get_no_control_and_are_refused(client, cast, world, who):
    client.force_login(getattr(cast, who))
    page = client.get(reverse("directory:geographic_entity_detail", args=[world.eg.pk])).content.decode()
    assert "/modifier/" not in page
    assert "Rien n’est renseigné" not in page
    for answer in (client.get(address(world.eg, "contact")), client.post(address(world.eg, "contact"), CONTACT)):
        assert answer.status_code == 403
        assert "pas dans votre périmètre" in answer.content.decode()


def test_a_block_is_saved_and_says_so(director, world):
    answer = director.post(address(world.eg, "contact"), CONTACT, follow=True)
    assert answer.redirect_chain == [(f"/repertoire/eg/{world.eg.pk}/#contact", 302)]
    assert "L’encadré «\u00a0Contact\u00a0» est modifié." in answer.content.decode()
    assert stored(world.eg).phone == "0141000000"


def test_nothing_changed_is_said_and_writes_nothing(director, world):
    director.post(address(world.eg, "contact"), CONTACT)
    answer = director.post(address(world.eg, "contact"), CONTACT | {"version": "2"}, follow=True)
    assert "Rien n’a changé" in answer.content.decode()
    assert stored(world.eg).version == 2


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(director, world):
    answer = director.post(address(world.eg, "contact"), CONTACT | {"email": "pas une adresse"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Une information est à corriger" in page
    assert "pas une adresse" in page
    assert stored(world.eg).version == 1


@pytest.mark.parametrize("version", ["", "x", "-1", "0", "9" * 40])
def test_a_version_that_means_nothing_is_refused_without_an_error(director, world, version):
    answer = director.post(address(world.eg, "contact"), CONTACT | {"version": version})
    assert answer.status_code in {409, 422}
    assert stored(world.eg).version == 1


@pytest.mark.parametrize(
    "path",
    [
        "/repertoire/eg/0/modifier/contact/",
        f"/repertoire/eg/{'9' * 30}/modifier/contact/",
        "/repertoire/ej/1/modifier/identification/",
        "/repertoire/eg/1/modifier/inconnu/",
        "/repertoire/eg/1/modifier/contact%00/",
    ],
)
def test_absurd_addresses_are_not_found(director, path):
    assert director.get(path).status_code == 404
    assert director.post(path, CONTACT).status_code == 404


@pytest.fixture
def saved_by_support(world, cast):
    def save(**values):
        update_block(record=world.eg, values=values, expected_version=1, by=cast.sesan, scope=scope_of(cast.sesan))

    return save


def test_a_conflict_shows_both_values_and_keeps_what_was_typed(director, world, saved_by_support):
    saved_by_support(phone="0142000000", fax="0142000001")
    answer = director.post(address(world.eg, "contact"), CONTACT)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert telephone("0141000000") in page
    assert telephone("0142000000") in page
    form = answer.context["form"]
    assert form["version"].value() == 2
    assert form["phone"].value() == telephone("0141000000")
    assert form["email"].value() == "contact@altair.example"
    assert form["fax"].value() == telephone("0142000001")  # left alone by the person: the saved value is taken
    assert stored(world.eg).phone == "0142000000"


def test_lists_in_conflict_show_what_each_has_and_the_other_lacks(world, cast):
    def monday(opens, closes):
        hours = {"opens_at": opens, "closes_at": closes, "kind": None, "valid_from": None, "valid_until": None}
        return {"weekday": 1, **hours}

    morning, mine, theirs = monday("09:00", "12:00"), monday("14:00", "18:00"), monday("13:00", "17:00")
    form = SimpleNamespace(kind=RecordKind.UNIT, fields={}, values=lambda: {"weekly_hours": [morning, mine]})
    line = SimpleNamespace(changes={"weekly_hours": [[morning], [morning, theirs]]}, by=cast.sesan, at=timezone.now())
    refused = BlockConflict(world.act, [line], {"weekly_hours"})
    conflict = conflict_of(form, refused, 1)
    (shown,) = conflict.lines
    assert (shown.only_mine, shown.only_theirs, shown.common) == (["lundi 14:00 – 18:00"], ["lundi 13:00 – 17:00"], 1)
    words = render_to_string("directory/block_conflict.html", {"conflict": conflict})
    assert "lundi 09:00" not in words
    assert "et 1 élément identique des deux côtés" in words.replace("\u00a0", " ")


def test_after_a_conflict_mine_is_saved_on_demand(director, world, saved_by_support):
    saved_by_support(phone="0142000000")
    director.post(address(world.eg, "contact"), CONTACT)
    director.post(address(world.eg, "contact"), CONTACT | {"version": "2", "depuis": "1"})
    assert stored(world.eg).phone == "0141000000"


def test_after_a_conflict_theirs_is_taken_back_field_by_field(director, world, saved_by_support):
    saved_by_support(phone="0142000000", email="support@ror.example")
    sent = CONTACT | {"version": "2", "depuis": "1", "etape": "reprendre:phone"}
    answer = director.post(address(world.eg, "contact"), sent)
    form, conflict = answer.context["form"], answer.context["conflict"]
    assert answer.status_code == 200
    assert form["phone"].value() == telephone("0142000000")
    assert form["email"].value() == "contact@altair.example"
    assert [line.name for line in conflict.lines] == ["email"]


@pytest.mark.parametrize("since", ["", "x", "-1", "7", "9" * 40])
def test_a_step_with_a_strange_base_shows_the_form(director, world, since):
    sent = CONTACT | {"depuis": since, "etape": "reprendre:inconnu"}
    assert director.post(address(world.eg, "contact"), sent).status_code == 200


def test_htmx_gets_the_block_alone(director, world):
    headers = {"HX-Request": "true"}
    answer = director.get(address(world.eg, "contact"), headers=headers)
    assert answer.content.decode().lstrip().startswith("<section")
    answer = director.post(address(world.eg, "contact"), CONTACT | {"email": "x"}, headers=headers)
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (200, "#contact")


def test_what_the_rules_of_the_record_refuse_is_said_on_its_field(client, cast, world):
    client.force_login(cast.sesan)
    shown = client.get(address(world.eg, "identification")).context["form"]
    data = {name: shown[name].value() or "" for name in shown.fields}
    data |= {"official_name": "ACT", "category": term(Nomenclature.EG_CATEGORY, "101").pk}
    answer = client.post(address(world.eg, "identification"), data | {"finess": world.other_eg.finess})
    assert answer.status_code == 422
    assert "finess" in answer.context["form"].errors or answer.context["form"].non_field_errors()
    assert stored(world.eg).version == 1


def test_a_closed_record_is_not_edited(director, world):
    unit = UnitFactory(geographic_entity=world.eg, closed=True)
    assert director.get(address(unit, "capacite", "uo")).status_code == 403


def test_a_record_closed_meanwhile_says_so_and_keeps_what_was_typed(director, world):
    unit = UnitFactory(geographic_entity=world.eg, closed=True)
    answer = director.post(address(unit, "conditions", "uo"), {"version": "1", "pets": "Chiens admis"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Cette fiche est fermée" in page
    assert "Chiens admis" in page


def test_the_same_form_sent_twice_is_no_conflict(director, world):
    director.post(address(world.eg, "contact"), CONTACT)
    answer = director.post(address(world.eg, "contact"), CONTACT, follow=True)
    assert "Rien n’a changé" in answer.content.decode()
    assert stored(world.eg).version == 2


def test_two_people_who_agree_on_a_field_do_not_collide(director, world, saved_by_support):
    saved_by_support(phone="0141000000")
    director.post(address(world.eg, "contact"), CONTACT | {"email": "contact@altair.example"})
    entity = stored(world.eg)
    assert (entity.phone, entity.email, entity.version) == ("0141000000", "contact@altair.example", 3)


@pytest.mark.parametrize("kind", ["eg", "uo"])
def test_a_record_that_takes_the_place_of_a_lone_form_gives_its_address(director, world, kind):
    record, name = (world.eg, "geographic_entity_detail") if kind == "eg" else (world.act, "unit_detail")
    url = reverse(f"directory:{name}", args=[record.pk])
    lone = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{address(record, 'contact', kind)}"}
    assert director.get(url, headers=lone).headers["HX-Replace-Url"] == url
    within = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{url}?semaine=2024-W34#contact"}
    for headers in (within, {}):
        assert "HX-Replace-Url" not in director.get(url, headers=headers).headers


def test_a_locked_field_changed_meanwhile_is_no_conflict(director, world, saved_by_support):
    shown = director.get(address(world.eg, "identification")).context["form"]
    saved_by_support(official_name="Nom corrigé par le support")
    assert (
        director.post(address(world.eg, "identification"), sent_by_a_browser(shown) | {"name": "ACT"}).status_code
        == 302
    )
    entity = stored(world.eg)
    assert (entity.name, entity.official_name) == ("ACT", "Nom corrigé par le support")


def test_nul_characters_are_left_out_of_what_is_kept(director, world):
    assert director.post(address(world.eg, "contact"), CONTACT | {"fax": "01 47 25\0 66 78"}).status_code == 302
    assert stored(world.eg).fax.endswith("47256678")


def test_an_offer_without_a_type_leads_to_the_type(director, world):
    unit = UnitFactory(geographic_entity=world.eg, unit_type=None)
    page = director.get(address(unit, "offre", "uo")).content.decode()
    assert address(unit, "identification", "uo") in page
    assert ">Modifier</button>" not in page
    assert director.post(address(unit, "offre", "uo"), {"version": "1"}).status_code == 422


def test_a_tampered_sensitive_field_is_refused(director, world):
    shown = director.get(address(world.act, "identification", "uo")).context["form"]
    data = sent_by_a_browser(shown)
    other = unit_type("95.46").pk
    answer = director.post(address(world.act, "identification", "uo"), data | {"unit_type": str(other)})
    assert answer.status_code == 422
    assert "Ce champ est sensible" in answer.content.decode()


def test_the_last_conflict_is_told_when_the_history_cannot_say_who(director, world):
    GeographicEntity.objects.filter(pk=world.eg.pk).update(version=5, phone="0142000000")
    answer = director.post(address(world.eg, "contact"), CONTACT | {"version": "3"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert telephone("0142000000") in page
    assert answer.context["form"]["phone"].value() == telephone("0141000000")
    assert answer.context["form"]["version"].value() == 5
