"""Account requests: asking, approving, refusing, and two people who decide at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connections, transaction
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import AuditEntry, User
from accounts.roles import Permission, Role
from directory.delegation.account_requests import approve_request, proposed_username, refuse_request, request_account
from directory.models import AccountRequest, Assignment
from directory.scopes import scope_of
from tests.factories.accounts import UserFactory
from tests.factories.delegation import AccountRequestFactory
from tests.factories.directory import AssignmentFactory, GeographicEntityFactory, UnitFactory

pytestmark = pytest.mark.django_db

BASE = "https://ror.example/"
ADD = "/repertoire/demandes-de-compte/nouvelle/"
FIELDS = {"first_name": "Karim", "last_name": "Diallo", "email": "karim.diallo@asso.example", "phone": "01 99 00 40 50"}


def ask(by, units, **more):
    values = FIELDS | {"phone": "0199004050"} | more
    return request_account(asked=AccountRequest(**values), units=units, by=by, scope=scope_of(by))


def approve(asked, by, username="karim.diallo", **more):
    return approve_request(account_request=asked, username=username, by=by, **more)


@pytest.fixture
def asked(cast, world):
    return ask(cast.directeur, [world.act, world.act_mobile])


def test_a_director_asks_for_his_units(cast, world, asked):
    assert (asked.state, asked.requested_by) == ("waiting", cast.directeur)
    assert set(asked.units.all()) == {world.act, world.act_mobile}
    assert AuditEntry.objects.get(action="account_asked").target == "Karim Diallo"


@pytest.mark.parametrize("who", ["consultation", "responsable", "pdses", "ars", "stranger", "newcomer"])
def test_nobody_asks_for_units_of_others(cast, world, who):
    with pytest.raises(PermissionDenied):
        ask(getattr(cast, who), [world.act])


def test_a_director_asks_for_thirty_accounts_a_day(cast, world, monkeypatch):
    monkeypatch.setattr("directory.delegation.account_requests.REQUESTS_PER_DAY", 1)
    ask(cast.directeur, [world.act])
    with pytest.raises(ValidationError, match="le maximum"):
        ask(cast.directeur, [world.act], email="autre@asso.example")
    assert ask(cast.stranger, [world.lhss])


def test_a_unit_closed_since_is_not_given(cast, world, asked):
    world.act_mobile.status, world.act_mobile.closure_kind = "closed", "DEF"
    world.act_mobile.closed_on = "2026-01-01"
    world.act_mobile.save()
    with pytest.raises(ValidationError, match=r"ACT hors les murs.*est fermée"):
        approve(asked, cast.sesan)
    assert not User.objects.filter(email=asked.email).exists()


def test_an_identifier_is_not_somebody_elses_mail(cast, asked):
    other = UserFactory(email="karim@asso.example")
    with pytest.raises(ValidationError, match="adresse mail d’un autre compte"):
        approve(asked, cast.sesan, username=other.email)
    UserFactory(username=asked.email)
    with pytest.raises(ValidationError, match="identifiant d’un autre compte"):
        approve(asked, cast.sesan)


def test_the_same_request_is_not_made_twice(cast, world, asked):
    with pytest.raises(ValidationError, match="déjà une demande en attente"):
        ask(cast.directeur, [world.act], email="Karim.DIALLO@asso.example")
    with pytest.raises(ValidationError, match="au moins une unité"):
        ask(cast.directeur, [], email="autre@asso.example")
    assert ask(cast.stranger, [world.lhss])


def test_approving_makes_the_account_gives_the_role_and_tells_both(
    cast, world, asked, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        decided = approve(asked, cast.sesan, answer="Bienvenue.", base_url=BASE)
    user = decided.user
    assert (user.username, user.email, user.phone) == ("karim.diallo", asked.email, "0199004050")
    assert not user.has_usable_password()
    assert scope_of(user).coverage(Permission.STATEMENT_WRITE).units == {world.act.pk, world.act_mobile.pk}
    by_person = {message.to[0]: message for message in mail.outbox if "Demande" in message.subject}
    assert f"{BASE}repertoire/demandes-de-compte/{asked.pk}/" in by_person[cast.directeur.email].body
    assert "Bienvenue." in by_person[cast.directeur.email].body
    subjects = sorted(message.subject for message in mail.outbox if message.to == [user.email])
    assert subjects == [
        "[ROR Île-de-France] Votre compte ROR Île-de-France",
        "[ROR Île-de-France] Vous êtes responsable de disponibilités",
    ]
    actions = set(AuditEntry.objects.filter(actor=cast.sesan).values_list("action", flat=True))
    assert actions == {"account_created", "role_given", "account_request_approved"}


def test_approving_takes_the_account_that_has_the_mail(cast, world, asked):
    known = UserFactory(username="kd", email="KARIM.DIALLO@asso.example")
    AssignmentFactory(user=known, role=Role.AVAILABILITY_MANAGER, unit=world.act)
    assert approve(asked, cast.sesan, username="").user == known
    assert known.assignments.count() == 2
    assert not User.objects.filter(username="karim.diallo").exists()


def test_a_closed_account_stops_the_approval(cast, asked):
    UserFactory(email=asked.email, is_active=False)
    with pytest.raises(ValidationError, match="fermé"):
        approve(asked, cast.sesan)
    asked.refresh_from_db()
    assert asked.state == "waiting"


def test_a_director_who_lost_the_units_stops_the_approval(cast, asked):
    Assignment.objects.filter(user=cast.directeur).update(valid_until="2024-12-31")
    with pytest.raises(ValidationError, match="n’a plus toutes ces unités"):
        approve(asked, cast.sesan)


@pytest.mark.parametrize("username", ["", "é", "sesan", "x" * 200])
def test_a_wrong_identifier_makes_nothing(cast, asked, username):
    with pytest.raises(ValidationError):
        approve(asked, cast.sesan, username=username)
    assert not Assignment.objects.filter(user__email=asked.email).exists()


@pytest.mark.parametrize("who", ["consultation", "responsable", "directeur", "pdses", "ars", "stranger"])
def test_support_alone_decides(cast, asked, who):
    with pytest.raises(PermissionDenied):
        approve(asked, getattr(cast, who))
    with pytest.raises(PermissionDenied):
        refuse_request(account_request=asked, answer="Non.", by=getattr(cast, who))


def test_a_refusal_has_a_reason_and_is_told(cast, asked, django_capture_on_commit_callbacks):
    with pytest.raises(ValidationError, match="pourquoi"):
        refuse_request(account_request=asked, answer="  ", by=cast.sesan)
    with django_capture_on_commit_callbacks(execute=True):
        refuse_request(account_request=asked, answer="Adresse personnelle.", by=cast.sesan, base_url=BASE)
    (message,) = mail.outbox
    assert message.to == [cast.directeur.email]
    assert "Adresse personnelle." in message.body
    with pytest.raises(ValidationError, match="déjà été refusée par"):
        approve(asked, cast.sesan)
    with transaction.atomic(), pytest.raises(IntegrityError):
        AccountRequest.objects.filter(pk=asked.pk).update(answer="")


def test_an_identifier_is_proposed(cast, world):
    UserFactory(username="jean-paul.le-goff")
    UserFactory(username="jean-paul.le-goff2")
    asked = AccountRequestFactory(first_name="Jean-Paul", last_name="Le Goff", units=[world.act])
    assert proposed_username(asked) == "jean-paul.le-goff3"
    assert proposed_username(AccountRequestFactory(first_name="张", last_name="李")) == "compte"


@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_once_make_one_account(django_db_serialized_rollback):
    director, support = UserFactory(username="d"), [UserFactory(username=f"s{n}") for n in range(2)]
    for person in support:
        AssignmentFactory(user=person, role=Role.SUPPORT)
    entity = GeographicEntityFactory()
    AssignmentFactory(user=director, role=Role.DIRECTOR, geographic_entity=entity)
    unit = UnitFactory(geographic_entity=entity)
    one = AccountRequestFactory(requested_by=director, email="k@asso.example", units=[unit])
    same_mail = AccountRequestFactory(requested_by=director, email="K@asso.example", units=[unit])
    together = threading.Barrier(4)

    def decide(number):
        try:
            together.wait(30)
            asked = one if number < 3 else same_mail
            approve(asked, support[number % 2], username=f"karim{number}")
        except ValidationError as error:
            return "nobody named" if "None" in error.message else error.code
        finally:
            connections.close_all()
        return "approved"

    with ThreadPoolExecutor(4) as pool:
        results = sorted(pool.map(decide, range(4)))
    assert results == ["approved", "approved", "decided", "decided"]
    assert User.objects.filter(email__iexact="k@asso.example").count() == 1
    assert Assignment.objects.filter(role=Role.AVAILABILITY_MANAGER).count() == 1


# Pages.


def test_a_director_asks_from_the_page_and_reads_the_answer(client, cast, world):
    client.force_login(cast.directeur)
    assertContains(client.get(f"{ADD}?mail=k%40asso.example"), "k@asso.example")
    response = client.post(ADD, FIELDS | {"units": [world.act.pk]}, follow=True)
    assertContains(response, "Votre demande est envoyée")
    assertContains(client.get("/repertoire/demandes-de-compte/"), "Karim Diallo")
    refuse_request(account_request=AccountRequest.objects.get(), answer="Adresse personnelle.", by=cast.sesan)
    assertContains(client.get("/"), "1 réponse à vos demandes de compte")
    assertContains(client.get(f"/repertoire/demandes-de-compte/{AccountRequest.objects.get().pk}/"), "personnelle.")


def test_a_director_of_several_establishments_chooses_one(client, cast, world):
    other = GeographicEntityFactory(name="Autre établissement")
    AssignmentFactory(user=cast.directeur, role=Role.DIRECTOR, geographic_entity=other)
    client.force_login(cast.directeur)
    page = client.get(ADD)
    assertContains(page, "Autre établissement")
    assertNotContains(page, "Envoyer la demande")
    assertContains(client.get(f"{ADD}?eg={world.eg.pk}"), "Envoyer la demande")
    assert client.get(f"{ADD}?eg={world.other_eg.pk}").status_code == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"last_name": ""}, "Saisissez le nom."),
        ({"email": "karim"}, "Saisissez une adresse complète"),
        ({"phone": "abc"}, "id_phone_error"),
        ({"units": []}, "Cochez au moins une unité."),
        ({"units": ["x"]}, "Une unité cochée n’est plus proposée"),
        ({"message": "x" * 1001}, "1000"),
    ],
)
def test_a_wrong_request_keeps_what_was_typed(client, cast, world, change, words):
    client.force_login(cast.directeur)
    response = client.post(ADD, FIELDS | {"units": [world.act.pk]} | change)
    assertContains(response, words, status_code=422)
    assertContains(response, 'value="Karim"', status_code=422)
    assert not AccountRequest.objects.exists()


def test_support_decides_on_the_page(client, cast, world, asked):
    client.force_login(cast.sesan)
    assertContains(client.get("/"), "1 demande de compte à traiter")
    url = reverse("directory:account_request_detail", args=[asked.pk])
    assertContains(client.get(url), 'value="karim.diallo"')
    refused = client.post(f"{url}refuser/", {"refus-answer": ""})
    assertContains(refused, "Dites au demandeur pourquoi", status_code=422)
    taken = client.post(f"{url}accepter/", {"accord-username": "sesan"})
    assertContains(taken, "Cet identifiant est déjà pris.", status_code=422)
    assertContains(client.post(f"{url}accepter/", {"accord-username": "kd"}, follow=True), "Demande acceptée")
    for path, fields in (("accepter/", {"accord-username": "kd"}), ("refuser/", {"refus-answer": "Non."})):
        assertContains(client.post(f"{url}{path}", fields, follow=True), "déjà été acceptée par")
    assertContains(client.get("/repertoire/demandes-de-compte/?etat=acceptees"), "Karim Diallo")
    assertContains(client.get("/repertoire/demandes-de-compte/?etat=refusees"), "Aucune demande dans cet état")
