"""What is typed, while others (or the same person elsewhere) act on the fiche or on its dossier."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from collaborative.fiches import drafts
from collaborative.fiches import services as fiche_services
from collaborative.models import Draft, Fiche
from tests.collaborative.publishing import change, send_and_take, validate
from tests.collaborative.test_fiche_page import sent, url
from tests.collaborative.test_files import picture
from tests.factories.accounts import UserFactory
from tests.factories.directory import AssignmentFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_memory")]


@pytest.fixture
def director(client, cast):
    client.force_login(cast.directeur)
    return client


@pytest.fixture
def colleague(cast, world):
    """Another director of the same EG."""
    user = UserFactory(username="directeur2", first_name="Paul", last_name="Roche")
    AssignmentFactory(user=user, role=Role.DIRECTOR, geographic_entity=world.eg)
    return user


def keep(client, fiche, data):
    answer = client.post(url(fiche, "fiche_draft"), data)
    return answer.json()["saved"]


def test_a_photo_added_in_the_middle_of_typing_leaves_the_draft_and_the_save_alone(director, desk, world, cast):
    fiche = desk.fiche(world.eg)
    typed = sent(fiche, cast.directeur, contact__phone="01 39 50 60 11")
    assert keep(director, fiche, typed)
    assert director.post(url(fiche, "fiche_files"), {"photo": picture()}).status_code == 302
    page = director.get(f"{url(fiche)}?brouillon=reprendre")
    assert "quelqu’un a enregistré la fiche depuis" not in page.text
    resumed = typed | {"version": str(page.context["form"].fiche_version), "contact-email": "neuf@example.org"}
    assert keep(director, fiche, resumed)
    assert director.post(url(fiche), resumed | {"acte": "attente"}).status_code == 302
    fiche.refresh_from_db()
    assert fiche.values["email"] == "neuf@example.org"
    assert fiche.files.count() == 1
    assert not Draft.objects.exists()


def test_a_photo_of_somebody_else_does_not_stop_a_save(client, desk, world, cast, colleague):
    fiche = desk.fiche(world.eg)
    typed = sent(fiche, cast.directeur, contact__email="neuf@example.org", acte="attente")
    client.force_login(colleague)
    client.post(url(fiche, "fiche_files"), {"photo": picture()})
    client.force_login(cast.directeur)
    assert client.post(url(fiche), typed).status_code == 302


def test_two_people_are_still_protected_and_the_true_one_is_named(client, desk, world, cast, colleague):
    """The text saved meanwhile counts, whoever added a file after it."""
    fiche = desk.fiche(world.eg)
    typed = sent(fiche, cast.directeur, contact__email="neuf@example.org", acte="attente")
    client.force_login(colleague)
    assert client.post(url(fiche), sent(fiche, colleague, acte="attente", contact__fax="0139506000")).status_code == 302
    client.force_login(cast.directeur)
    client.post(url(fiche, "fiche_files"), {"photo": picture()})
    answer = client.post(url(fiche), typed)
    assert answer.status_code == 409
    assert "Paul Roche l’a enregistrée" in answer.text
    assert keep(client, fiche, typed), "it was not saved by the person who types"


def test_a_move_leaves_what_is_typed_alone_and_its_address_follows(director, desk, world, cast, there):
    lam = Fiche.objects.get(dossier=desk.dossier, unit=world.lam)
    fiche_services.restore_fiche(fiche=lam, expected_version=lam.version, **desk.who(None))
    typed = sent(lam, cast.directeur, secretariat__secretary_phone="01 39 50 60 11")
    assert keep(director, lam, typed)
    lam.refresh_from_db()
    fiche_services.move_to_entity(fiche=lam, entity=there, expected_version=lam.version, **desk.who(None))
    page = director.get(f"{url(lam)}?brouillon=reprendre")
    assert page.context["form"].block("adresse")["street_name"].value() == "rue Vesta"
    assert 'value="01 39 50 60 11"' in page.text
    assert keep(director, lam, typed)
    assert director.post(url(lam), typed | {"acte": "attente"}).status_code == 302
    lam.refresh_from_db()
    assert set(lam.values) == {"secretary_phone"}
    assert lam.action == "move"


def test_the_page_that_sends_names_what_is_not_saved_and_shows_nothing_of_it(client, desk, world, cast, colleague):
    eg, act = desk.fiche(world.eg), desk.fiche(world.act)
    client.force_login(colleague)
    keep(client, eg, sent(eg, colleague, contact__email="secret@example.org"))
    client.force_login(cast.directeur)
    keep(client, act, sent(act, cast.directeur, contacts__fax="01"))
    page = client.get(reverse("collaborative:dossier_send", args=[desk.dossier.pk])).text
    assert "2 saisies non enregistrées" in page
    assert "(Paul Roche, le " in page
    assert "(vous, le " in page
    assert "secret@example.org" not in page


def test_what_sending_and_publishing_buried_is_offered_to_its_author(client, desk, world, cast, colleague):
    fiche = desk.fiche(world.eg)
    client.force_login(colleague)
    keep(client, fiche, sent(fiche, colleague, contact__email="garde@example.org"))
    change(desk, world.eg, {"phone": "0199000001"})
    send_and_take(desk)
    for published in (False, True):
        if published:
            validate(desk)
        page = client.get(url(fiche)).text
        assert "n’a pas été enregistrée" in page
        assert "garde@example.org" not in page
        seen = client.get(f"{url(fiche)}?brouillon=revoir").text
        assert "garde@example.org" in seen
        assert "Ce que vous aviez changé" in seen
        assert "Enr. et finaliser" not in seen
        client.force_login(cast.directeur)
        assert "garde@example.org" not in client.get(f"{url(fiche)}?brouillon=revoir").text
        client.force_login(colleague)
    assert client.post(url(fiche, "fiche_draft"), {"abandonner": "1"}).status_code == 302
    assert "n’a pas été enregistrée" not in client.get(url(fiche)).text


def test_a_draft_refused_says_why(director, desk, world, cast):
    fiche = desk.fiche(world.eg)
    typed = sent(fiche, cast.directeur, contact__email="neuf@example.org")
    change(desk, world.eg, {"phone": "0199000001"})
    send_and_take(desk)
    answer = director.post(url(fiche, "fiche_draft"), typed)
    assert answer.status_code == 403
    assert "en validation" in answer.json()["error"]


def test_going_back_to_the_directory_keeps_and_names_the_drafts_of_others(client, desk, world, cast, colleague):
    fiche = desk.fiche(world.eg)
    desk.save(fiche, {"phone": "01 99 00 00 01"})
    for person in (colleague, cast.directeur):
        client.force_login(person)
        keep(client, fiche, sent(fiche, person, contact__email=f"{person.username}@example.org"))
    page = client.get(url(fiche, "fiche_reset")).text
    assert "Paul Roche a une saisie non enregistrée sur cette fiche" in page
    assert "Votre saisie non enregistrée" in page
    fiche.refresh_from_db()
    assert client.post(url(fiche, "fiche_reset"), {"version": fiche.version}).status_code == 302
    assert [draft.by for draft in Draft.objects.all()] == [colleague]
    client.force_login(colleague)
    page = client.get(f"{url(fiche)}?brouillon=reprendre").text
    assert "directeur2@example.org" in page
    assert "quelqu’un a enregistré la fiche depuis" in page


def test_drafts_are_listed_without_their_content(desk, world, cast, django_assert_num_queries):
    fiche = desk.fiche(world.eg)
    Draft.objects.create(fiche=fiche, by=cast.directeur, data=[["a", "b"]], fiche_version=1, saved_at=timezone.now())
    with django_assert_num_queries(1):
        assert [(str(one.fiche), one.by) for one in drafts.under_way(desk.dossier)] == [(str(fiche), cast.directeur)]
