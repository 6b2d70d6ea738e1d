import datetime

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from accounts.roles import Role
from directory.enums import Confidentiality, Nomenclature
from directory.models import HoursException, InterventionArea, RorReferent, UnitTerm, WeeklyHours
from tests.factories.accounts import UserFactory
from tests.factories.directory import (
    AssignmentFactory,
    GeographicEntityFactory,
    LegalEntityFactory,
    PracticePlaceFactory,
    PractitionerFactory,
    StructureFactory,
    UnitFactory,
    commune,
    term,
)

PAGES = ["legal_entity_detail", "geographic_entity_detail", "unit_detail", "practitioner_detail"]


@pytest.fixture
def practitioner(world):
    found = PractitionerFactory(last_name="Morel", first_name="Inès")
    PracticePlaceFactory(practitioner=found, geographic_entity=world.eg, commune=None)
    return found


@pytest.fixture
def record_of(world, practitioner):
    return dict(zip(PAGES, [world.ej, world.eg, world.act, practitioner], strict=True))


def url_of(name, record):
    return reverse(f"directory:{name}", args=[record.pk])


def text_of(response):
    return response.content.decode().replace("\u00a0", " ").replace("&nbsp;", " ")


@pytest.mark.parametrize("name", PAGES)
def test_anonymous_is_sent_to_sign_in(client, record_of, name):
    response = client.get(url_of(name, record_of[name]))
    assert response.status_code == 302
    assert response.url.startswith("/connexion/")


@pytest.mark.parametrize("name", PAGES)
def test_reader_sees_the_page(client, cast, record_of, name):
    client.force_login(cast.consultation)
    response = client.get(url_of(name, record_of[name]))
    assert response.status_code == 200
    assert str(record_of[name]) in text_of(response)


@pytest.mark.parametrize("name", PAGES)
def test_without_a_role_nothing_is_read(client, cast, record_of, name):
    client.force_login(cast.newcomer)
    assert client.get(url_of(name, record_of[name])).status_code == 403


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_read_only(client, cast, record_of, name):
    client.force_login(cast.sesan)
    assert client.post(url_of(name, record_of[name])).status_code == 405


@pytest.mark.parametrize("name", PAGES)
def test_unknown_record_is_not_found(client, cast, name):
    client.force_login(cast.consultation)
    assert client.get(reverse(f"directory:{name}", args=[99_999_999])).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_hidden_record_is_not_found_but_for_support(client, cast, record_of, name):
    record = record_of[name]
    type(record).objects.filter(pk=record.pk).update(status="hidden")
    client.force_login(cast.consultation)
    assert client.get(url_of(name, record)).status_code == 404
    client.force_login(cast.stranger)
    assert client.get(url_of(name, record)).status_code == 404
    client.force_login(cast.sesan)
    response = client.get(url_of(name, record))
    assert response.status_code == 200
    assert "Fiche masquée" in text_of(response)


def test_unit_of_a_hidden_establishment_is_hidden_with_it(client, cast, world):
    type(world.eg).objects.filter(pk=world.eg.pk).update(status="hidden")
    client.force_login(cast.consultation)
    assert client.get(url_of("unit_detail", world.act)).status_code == 404
    client.force_login(cast.directeur)
    assert client.get(url_of("unit_detail", world.act)).status_code == 200


def test_unit_page_shows_filled_blocks_and_leaves_out_empty_ones(client, cast, world):
    act = world.act
    UnitTerm.objects.all().delete()
    activity = term(Nomenclature.SPECIFIC_ACT, first_code(Nomenclature.SPECIFIC_ACT))
    UnitTerm.objects.create(unit=act, term=activity)
    act.admission_conditions = "Dossier médical et social à joindre."
    act.reception_conditions = act.pets = ""
    act.save()
    client.force_login(cast.consultation)
    text = text_of(client.get(url_of("unit_detail", act)))
    assert activity.label in text.replace("&#x27;", "'")
    assert "Actes spécifiques" in text
    assert "Activités opérationnelles" not in text
    assert "Conditions d’admission" in text
    assert "Conditions d’accueil" not in text
    assert 'id="horaires"' not in text


def first_code(nomenclature):
    from directory.reference.files import read_terms

    return next(row.code for row in read_terms() if row.nomenclature == nomenclature)


def test_breadcrumb_leads_from_ej_to_uo(client, cast, world):
    client.force_login(cast.consultation)
    text = text_of(client.get(url_of("unit_detail", world.act)))
    for url in (reverse("directory:tree"), url_of("legal_entity_detail", world.ej)):
        assert f'<li><a href="{url}">' in text
    assert 'aria-current="page"' in text


def test_phones_and_mails_are_links(client, cast, world):
    world.act.secretary_phone, world.act.email = "0199000042", "act@altair-vesta.example"
    world.act.medical_phone, world.act.medical_extension = "0199000043", "12"
    world.act.save()
    client.force_login(cast.consultation)
    text = text_of(client.get(url_of("unit_detail", world.act)))
    assert 'href="tel:+33199000042"' in text
    assert "Appeler le 01 99 00 00 42" in text
    assert 'href="mailto:act@altair-vesta.example"' in text
    assert "poste 12" in text


def test_address_comes_from_the_establishment(client, cast, world):
    client.force_login(cast.consultation)
    text = text_of(client.get(url_of("unit_detail", world.act)))
    assert "Reprise automatiquement de la fiche structure." in text
    assert "10 rue des Lilas" in text
    assert 'data-latitude="' in text


def test_siblings_are_listed(client, cast, world):
    client.force_login(cast.consultation)
    text = text_of(client.get(url_of("unit_detail", world.act)))
    assert "Autres UO du même établissement" in text
    assert url_of("unit_detail", world.lam) in text
    assert url_of("unit_detail", world.lhss) not in text


def test_last_update_names_the_role(client, cast, world):
    type(world.act).objects.filter(pk=world.act.pk).update(updated_role=Role.DIRECTOR)
    client.force_login(cast.consultation)
    assert "au titre de : Directeur" in text_of(client.get(url_of("unit_detail", world.act)))


def test_closed_unit_says_so(client, cast, world):
    closed = UnitFactory(geographic_entity=world.eg, closed_for_now=True)
    client.force_login(cast.consultation)
    text = text_of(client.get(url_of("unit_detail", closed)))
    assert "Unité fermée" in text
    assert "Fermeture provisoire le 30/06/2026, réouverture prévue le 01/01/2099." in text


def test_retired_term_says_so(client, cast, world):
    mode = world.act.care_mode or term(Nomenclature.CARE_MODE, first_code(Nomenclature.CARE_MODE))
    type(mode).objects.filter(pk=mode.pk).update(active_until=datetime.date(2024, 1, 1))
    type(world.act).objects.filter(pk=world.act.pk).update(care_mode=mode)
    client.force_login(cast.consultation)
    assert "(retiré)" in text_of(client.get(url_of("unit_detail", world.act)))


@pytest.fixture
def hours(world):
    WeeklyHours.objects.create(unit=world.act, weekday=1, opens_at=datetime.time(8), closes_at=datetime.time(19, 30))
    WeeklyHours.objects.create(unit=world.act, weekday=5, opens_at=datetime.time(22), closes_at=datetime.time(6))
    WeeklyHours.objects.create(unit=world.act, weekday=7, opens_at=datetime.time(0), closes_at=datetime.time(0))
    HoursException.objects.create(
        unit=world.act, starts_on=datetime.date(2024, 8, 15), ends_on=datetime.date(2024, 8, 15), label="Assomption"
    )


def test_hours_of_the_asked_week(client, cast, world, hours):
    client.force_login(cast.consultation)
    text = text_of(client.get(url_of("unit_detail", world.act), {"semaine": "2024-W33"}))
    assert "12/08/2024 – 18/08/2024 (Semaine 33)" in text
    assert "08:00 – 19:30" in text
    assert "22:00 – 06:00 (le lendemain)" in text
    assert "24 h/24" in text
    assert "Fermé (Assomption)" in text
    assert "?semaine=2024-W32#horaires" in text
    assert "?semaine=2024-W34#horaires" in text


def test_closing_hours_are_taken_off_and_ordinary_ones_are_not_named_alone(client, cast, world):
    ordinary, closing = (term(Nomenclature.HOURS_KIND, code) for code in ("01", "08"))
    for opens, closes, kind in ((8, 19, ordinary), (12, 14, closing)):
        WeeklyHours.objects.create(
            unit=world.act, weekday=1, opens_at=datetime.time(opens), closes_at=datetime.time(closes), kind=kind
        )
    WeeklyHours.objects.create(
        unit=world.act, weekday=2, opens_at=datetime.time(8), closes_at=datetime.time(9), kind=closing
    )
    client.force_login(cast.consultation)
    text = " ".join(strip_tags(text_of(client.get(url_of("unit_detail", world.act)))).split())
    assert "08:00 – 19:00 sauf 12:00 – 14:00" in text
    assert "Fermé 08:00 – 09:00" in text
    assert "Horaire d’ouverture " not in text


@pytest.mark.parametrize("asked", ["abc", "2024-W99", "9999-W52", "2024-W", "-W1", "²-W1", ""])
def test_unreadable_week_shows_the_current_one(client, cast, world, hours, asked):
    client.force_login(cast.consultation)
    response = client.get(url_of("unit_detail", world.act), {"semaine": asked})
    assert response.status_code == 200
    assert "aujourd’hui" in text_of(response)


def test_very_restricted_contacts_are_for_those_entitled(client, cast, world):
    type(world.act).objects.filter(pk=world.act.pk).update(
        contact_confidentiality=Confidentiality.VERY_RESTRICTED,
        secretary_phone="0199000042",
        manager_email="r@x.example",
    )
    seen = {}
    for name in ("consultation", "ars", "stranger", "responsable", "directeur", "sesan", "pdses"):
        client.force_login(getattr(cast, name))
        text = text_of(client.get(url_of("unit_detail", world.act)))
        assert ("01 99 00 00 42" in text) == ("r@x.example" in text)
        seen[name] = "01 99 00 00 42" in text
    assert seen == {
        **dict.fromkeys(["consultation", "ars", "stranger"], False),
        **dict.fromkeys(["responsable", "directeur", "sesan", "pdses"], True),
    }


def test_sensitive_unit_hides_the_address_of_its_establishment(client, cast, world, practitioner):
    type(world.act).objects.filter(pk=world.act.pk).update(sensitive_unit=True)
    elsewhere = UserFactory(username="lam-seul")
    AssignmentFactory(user=elsewhere, role=Role.AVAILABILITY_MANAGER, unit=world.lam)
    urls = [
        url_of("unit_detail", world.act),
        url_of("unit_detail", world.lam),
        url_of("geographic_entity_detail", world.eg),
        url_of("practitioner_detail", practitioner),
    ]
    for user in (cast.consultation, cast.ars, cast.stranger, elsewhere):
        client.force_login(user)
        for url in urls:
            text = text_of(client.get(url))
            assert "Adresse masquée" in text
            assert "Lilas" not in text
            assert "data-latitude" not in text
            assert "92000" not in text
        assert "Nanterre" not in text_of(client.get(url_of("legal_entity_detail", world.ej)))
    for user in (cast.responsable, cast.directeur, cast.sesan, cast.pdses):
        client.force_login(user)
        for url in urls:
            text = text_of(client.get(url))
            assert "10 rue des Lilas" in text
            assert "data-latitude" in text


@pytest.mark.parametrize("state", ["closed", "hidden"])
def test_closed_or_hidden_sensitive_unit_still_hides_the_address(client, cast, world, state):
    UnitFactory(geographic_entity=world.eg, sensitive_unit=True, **{state: True})
    client.force_login(cast.consultation)
    text = text_of(client.get(url_of("unit_detail", world.act)))
    assert "Adresse masquée" in text
    assert "Lilas" not in text


def test_numbers_that_lead_to_a_masked_address_are_hidden_with_it(client, cast, world):
    eg = GeographicEntityFactory(legal_entity=world.ej, siret="88123943800016")
    unit = UnitFactory(geographic_entity=eg, sensitive_unit=True)
    numbers = (eg.finess, eg.siret, eg.national_id)
    assert all(numbers)
    for user, shown in ((cast.consultation, False), (cast.stranger, False), (cast.sesan, True)):
        client.force_login(user)
        record, header = (
            text_of(client.get(url_of(*page))) for page in (("geographic_entity_detail", eg), ("unit_detail", unit))
        )
        assert [number in record for number in numbers] == [shown] * 3
        assert (eg.finess in header) == shown
        assert world.ej.siren in text_of(client.get(url_of("legal_entity_detail", world.ej)))


@pytest.mark.parametrize("same", [True, False])
def test_head_office_at_a_masked_address_is_masked(client, cast, world, same):
    eg = world.eg
    type(world.ej).objects.filter(pk=world.ej.pk).update(
        street_number=eg.street_number,
        street_extension=eg.street_extension,
        street_name=eg.street_name.upper() if same else "avenue du Siège",
        commune=eg.commune,
        postal_code=eg.postal_code,
    )
    type(world.act).objects.filter(pk=world.act.pk).update(sensitive_unit=True)
    for user, entitled in ((cast.consultation, False), (cast.sesan, True)):
        client.force_login(user)
        text = text_of(client.get(url_of("legal_entity_detail", world.ej)))
        assert ("Adresse masquée" in text) == (same and not entitled)
        assert (eg.street_name.upper() in text or "avenue du Siège" in text) == (entitled or not same)


def test_establishment_lists_structures_units_and_referents(client, cast, world):
    pole = StructureFactory(geographic_entity=world.eg, name="Pôle précarité", level="S1")
    inside = UnitFactory(geographic_entity=world.eg, structure=pole, name="Unité du pôle")
    RorReferent.objects.create(geographic_entity=world.eg, position=1, name="Paul Référent", phone="0199000077")
    client.force_login(cast.consultation)
    text = text_of(client.get(url_of("geographic_entity_detail", world.eg)))
    for shown in ("Pôle précarité", "Unité du pôle", "4 unités opérationnelles", "Paul Référent"):
        assert shown in text
    assert url_of("unit_detail", inside) in text


def test_legal_entity_lists_its_establishments_by_page(client, cast, world):
    GeographicEntityFactory.create_batch(60, legal_entity=world.ej)
    client.force_login(cast.consultation)
    text = text_of(client.get(url_of("legal_entity_detail", world.ej)))
    assert "61 établissements" in text
    assert text.count("/repertoire/eg/") == 50
    assert client.get(url_of("legal_entity_detail", world.ej), {"page": "abc"}).status_code == 200


def test_territory_in_words_and_on_a_map(client, cast, world):
    for insee in ("92024", "92050"):
        InterventionArea.objects.create(unit=world.act, commune=commune(insee))
    client.force_login(cast.consultation)
    text = text_of(client.get(url_of("unit_detail", world.act)))
    assert "Territoire d’intervention : 2 communes" in text
    assert "Clichy" in text
    assert reverse("directory:unit_territory", args=[world.act.pk]) in text


def test_hidden_structures_are_not_named_on_the_page_of_a_unit(client, cast, world):
    pole = StructureFactory(geographic_entity=world.eg, name="Pôle caché", level="S1", hidden=True)
    service = StructureFactory(geographic_entity=world.eg, name="Service ouvert", level="S2", parent=pole)
    unit = UnitFactory(geographic_entity=world.eg, structure=service)
    for user, shown in ((cast.consultation, False), (cast.directeur, True)):
        client.force_login(user)
        text = text_of(client.get(url_of("unit_detail", unit)))
        assert "Service ouvert" in text
        assert ("Pôle caché" in text) == shown


@pytest.mark.parametrize("level", ["eg", "ej"])
def test_practitioner_does_not_show_places_in_a_hidden_establishment(client, cast, world, practitioner, level):
    record = getattr(world, level)
    type(record).objects.filter(pk=record.pk).update(status="hidden")
    for user, shown in ((cast.consultation, False), (cast.sesan, True)):
        client.force_login(user)
        text = text_of(client.get(url_of("practitioner_detail", practitioner)))
        for told in (world.eg.name, "Lilas", "data-latitude"):
            assert (told in text) == shown


def test_practitioner_of_a_hidden_cpts_is_shown_without_it(client, cast, world, practitioner):
    cpts = GeographicEntityFactory(name="CPTS cachée", hidden=True, legal_entity=LegalEntityFactory())
    type(practitioner).objects.filter(pk=practitioner.pk).update(cpts=cpts)
    for user, shown in ((cast.consultation, False), (cast.sesan, True)):
        client.force_login(user)
        text = text_of(client.get(url_of("practitioner_detail", practitioner)))
        assert ("CPTS cachée" in text) == shown
        assert (f"/repertoire/eg/{cpts.pk}/" in text) == shown


def grow(world, practitioner):
    for number in range(3):
        UnitFactory(geographic_entity=world.eg)
        InterventionArea.objects.create(unit=world.act, commune=commune(f"9202{number + 4}"))
        WeeklyHours.objects.create(
            unit=world.act, weekday=number + 1, opens_at=datetime.time(8), closes_at=datetime.time(12)
        )
        StructureFactory(geographic_entity=world.eg)
        GeographicEntityFactory(legal_entity=world.ej)
        PracticePlaceFactory(practitioner=practitioner, order=number + 10)


@pytest.mark.parametrize("name", PAGES)
def test_queries_do_not_grow(client, cast, world, record_of, name, django_assert_max_num_queries):
    """At most 14, session, person and scope included; the three statements of the read-only transaction besides."""
    client.force_login(cast.consultation)
    url = url_of(name, record_of[name])
    grow(world, record_of["practitioner_detail"])
    client.get(url)  # renews the session

    def queries():
        with django_assert_max_num_queries(14 + 3) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    before = queries()
    for _ in range(2):
        UnitFactory(geographic_entity=world.eg)
        GeographicEntityFactory(legal_entity=world.ej)
    assert queries() == before
