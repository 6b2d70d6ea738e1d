"""Naming and removing Responsables de disponibilités: who, where, what is told, what is not given away."""

import datetime
import re

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import AuditEntry
from accounts.roles import Permission, Role
from directory.delegation.services import MISSES, TooManyMisses, find_person, name_manager, remove_manager
from directory.models import Assignment, RorReferent
from directory.scopes import scope_of
from tests.factories.accounts import UserFactory
from tests.factories.directory import AssignmentFactory, GeographicEntityFactory, RorReferentFactory, UnitFactory

pytestmark = pytest.mark.django_db

BASE = "https://ror.example/"
LIST = "/repertoire/delegations/"


@pytest.fixture
def karim():
    return UserFactory(username="karim", email="Karim.Benali@asso.example", first_name="Karim", last_name="Ouali")


def name(user, units, by, **more):
    return name_manager(user=user, units=units, by=by, scope=scope_of(by), **more)


def remove(assignment, by, **more):
    return remove_manager(assignment=assignment, by=by, scope=scope_of(by), **more)


# Services: roles and scopes.


def test_a_director_names_a_manager_on_several_units(cast, world, karim, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        given = name(karim, [world.act, world.lam], cast.directeur, base_url=BASE, request_ip="192.0.2.1")
    assert {assignment.unit for assignment in given} == {world.act, world.lam}
    coverage = scope_of(karim).coverage(Permission.STATEMENT_WRITE)
    assert coverage.units == {world.act.pk, world.lam.pk}
    assert not scope_of(karim).may(Permission.DIRECTORY_EDIT)
    entries = AuditEntry.objects.filter(action="role_given", actor=cast.directeur, ip_address="192.0.2.1")
    assert entries.count() == 2
    (message,) = mail.outbox
    assert message.to == [karim.email]
    assert message.subject == "[ROR Île-de-France] Vous êtes responsable de disponibilités"
    assert "LAM Altair (ACT ALTAIR VESTA)" in message.body
    assert BASE in message.body


def test_a_whole_establishment_covers_units_to_come(cast, world, karim):
    name(karim, [world.eg], cast.directeur)
    later = UnitFactory(geographic_entity=world.eg)
    assert scope_of(karim).coverage(Permission.STATEMENT_WRITE).holds_unit(later)


def test_what_is_held_above_is_not_given_again(cast, world, karim):
    name(karim, [world.eg], cast.directeur)
    with pytest.raises(ValidationError, match="déjà responsable"):
        name(karim, [world.act], cast.directeur)
    other = UserFactory()
    assert len(name(other, [world.act, world.eg, world.lam], cast.directeur)) == 1


@pytest.mark.parametrize("who", ["consultation", "responsable", "pdses", "ars", "stranger", "newcomer"])
def test_nobody_else_names_nor_removes_there(cast, world, karim, who):
    by = getattr(cast, who)
    given = AssignmentFactory(user=karim, role=Role.AVAILABILITY_MANAGER, unit=world.act)
    for records in ([world.act], [world.eg], [world.lhss, world.act]):
        with pytest.raises(PermissionDenied):
            name(UserFactory(), records, by)
    with pytest.raises(PermissionDenied):
        remove(given, by)
    assert Assignment.objects.filter(pk=given.pk, valid_until=None).exists()


def test_a_director_of_a_unit_does_not_name_on_its_establishment(world, karim):
    director = AssignmentFactory(role=Role.DIRECTOR, unit=world.act).user
    assert name(karim, [world.act], director)
    with pytest.raises(PermissionDenied, match="périmètre"):
        name(karim, [world.eg], director)


def test_support_names_anywhere(cast, world, karim):
    assert len(name(karim, [world.act, world.lhss], cast.sesan)) == 2


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.AVAILABILITY_MANAGER, Role.SUPPORT}])
def test_a_director_removes_no_other_role(cast, world, role):
    scope = {"geographic_entity": world.eg} if role == Role.DIRECTOR else {}
    with pytest.raises(PermissionDenied):
        remove(AssignmentFactory(role=role, **scope), cast.directeur)


def test_removing_takes_effect_at_once_and_is_told(cast, world, karim, django_capture_on_commit_callbacks):
    given = AssignmentFactory(user=karim, role=Role.AVAILABILITY_MANAGER, unit=world.act)
    with django_capture_on_commit_callbacks(execute=True):
        remove(given, cast.directeur, base_url=BASE)
    given.refresh_from_db()
    assert given.valid_until == timezone.localdate() - datetime.timedelta(days=1)
    assert not scope_of(karim).may(Permission.STATEMENT_WRITE)
    assert "Responsable de disponibilités" in mail.outbox[0].body
    with pytest.raises(ValidationError, match="déjà retiré"):
        remove(given, cast.directeur)
    assert AuditEntry.objects.filter(action="role_ended").count() == 1


# Enumeration: an unknown account and a closed one say the same; tries are counted.


def find(typed, by):
    return find_person(typed=typed, by=by, scope=scope_of(by))


@pytest.mark.parametrize("typed", [" Karim.Benali@ASSO.example ", "karim.benali@asso.example"])
def test_a_person_is_found_by_the_exact_mail(cast, karim, typed):
    assert find(typed, cast.directeur) == karim


def test_an_identifier_names_those_of_ones_scope_and_anybody_for_support(cast, karim, world):
    assert find("KARIM", cast.directeur) is None
    assert find("KARIM", cast.sesan) == karim
    AssignmentFactory(user=karim, role=Role.AVAILABILITY_MANAGER, unit=world.lhss)
    assert find("karim", cast.directeur) is None
    name(karim, [world.act], cast.directeur)
    assert find(" KARIM ", cast.directeur) == karim


@pytest.mark.parametrize(
    "typed", ["karim", "kari", "karim%", "benali", "@asso.example", "ferme", "inconnu@asso.example"]
)
def test_nothing_else_finds_anybody(cast, karim, typed):
    UserFactory(username="ferme", is_active=False)
    assert find(typed, cast.directeur) is None
    assert AuditEntry.objects.get(action="person_not_found").actor == cast.directeur


def test_an_identifier_that_is_somebody_elses_mail_names_nobody(cast, karim):
    UserFactory(username=karim.email.lower())
    assert find(karim.email, cast.sesan) is None


def test_addresses_are_not_tried_one_after_the_other(cast, karim):
    for number in range(MISSES):
        find(f"inconnu{number}", cast.directeur)
        find(f"inconnu{number}", cast.sesan)
    with pytest.raises(TooManyMisses):
        find(karim.email, cast.directeur)
    assert find("karim", cast.sesan) == karim


def test_naming_one_person_after_the_other_is_counted_too(cast, world, karim, monkeypatch):
    monkeypatch.setattr("directory.delegation.services.MISSES", 2)
    first = name(karim, [world.act, world.lam], cast.directeur)
    for assignment in first:
        remove(assignment, cast.directeur)
    assert find(karim.email, cast.directeur) == karim
    name(UserFactory(), [world.act], cast.directeur)
    with pytest.raises(TooManyMisses):
        find(karim.email, cast.directeur)


# What is closed, what begins later, who needs no role.


def close(record):
    type(record).objects.filter(pk=record.pk).update(status="closed", closure_kind="DEF", closed_on="2026-01-01")
    record.refresh_from_db()


def test_nobody_is_named_on_a_closed_unit_and_roles_there_are_withdrawn(client, cast, world, karim):
    given = AssignmentFactory(user=karim, role=Role.AVAILABILITY_MANAGER, unit=world.act_mobile)
    close(world.act_mobile)
    with pytest.raises(ValidationError, match="fermée"):
        name(UserFactory(), [world.act, world.act_mobile], cast.directeur)
    client.force_login(cast.directeur)
    for url in (LIST, f"{LIST}?eg={world.eg.pk}"):
        assertContains(client.get(url), reverse("directory:assignment_end", args=[given.pk]))
    remove(given, cast.directeur)
    assertNotContains(client.get(LIST), "ACT hors les murs")


def test_roles_on_a_closed_establishment_are_withdrawn_from_the_page(client, cast, world, karim):
    given = AssignmentFactory(user=karim, role=Role.AVAILABILITY_MANAGER, geographic_entity=world.eg)
    for record in (world.eg, world.act, world.act_mobile, world.lam):
        close(record)
    client.force_login(cast.directeur)
    url = reverse("directory:assignment_end", args=[given.pk])
    page = client.get(LIST)
    assertContains(page, url)
    assertNotContains(page, f"/eg/{world.eg.pk}/nommer/")
    assertContains(client.post(url, follow=True), "est retiré")


def test_a_role_to_come_is_shown_withdrawn_and_preceded(client, cast, world, karim):
    today = timezone.localdate()
    starts = today + datetime.timedelta(days=30)
    later = AssignmentFactory(user=karim, role=Role.AVAILABILITY_MANAGER, unit=world.act, valid_from=starts)
    (given,) = name(karim, [world.act], cast.directeur)
    assert (given.valid_from, given.valid_until) == (today, starts - datetime.timedelta(days=1))
    client.force_login(cast.directeur)
    assertContains(client.get(LIST), "à partir du")
    remove(later, cast.directeur)
    assert not Assignment.objects.filter(pk=later.pk).exists()


def test_directors_and_support_need_no_role(cast, world):
    for person, by in ((cast.directeur, cast.directeur), (cast.sesan, cast.directeur), (cast.directeur, cast.sesan)):
        with pytest.raises(ValidationError, match="y saisit déjà les places"):
            name(person, [world.act], by)
    assert name(cast.stranger, [world.act], cast.directeur)


def test_the_page_says_the_same_for_an_unknown_and_a_closed_account(client, cast, world):
    UserFactory(username="ferme", email="ferme@asso.example", is_active=False)
    client.force_login(cast.directeur)
    url = reverse("directory:delegation_add", args=[world.eg.pk])
    pages = []
    for typed in ("ferme@asso.example", "autre@asso.example"):
        response = client.post(url, {"person": typed, "units": [world.act.pk]})
        assert response.status_code == 422
        assertContains(response, "Aucun compte utilisable", status_code=422)
        assertContains(response, f"mail={typed.replace('@', '%40')}", status_code=422)
        main = response.content.decode().partition("<main")[2]
        main = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", main)
        pages.append(main.replace(typed, "").replace(typed.replace("@", "%40"), ""))
    assert pages[0] == pages[1]


def test_the_page_gives_up_after_too_many_tries(client, cast, world, monkeypatch):
    monkeypatch.setattr("directory.delegation.services.MISSES", 1)
    client.force_login(cast.directeur)
    url = reverse("directory:delegation_add", args=[world.eg.pk])
    for _ in range(2):
        response = client.post(url, {"person": "personne@asso.example", "units": [world.act.pk]})
    assertContains(response, "Trop de personnes cherchées", status_code=422)


# Pages.


def test_a_director_sees_his_units_and_who_follows_them(client, cast, world):
    client.force_login(cast.directeur)
    response = client.get(LIST)
    assertContains(response, "Mes responsables de disponibilités")
    assertContains(response, "Karim Benali")
    assertContains(response, "Sans responsable", 1)
    assertNotContains(response, "LHSS Bellatrix")
    assertNotContains(client.get(f"{LIST}?q=hors+les+murs"), "LAM Altair")
    assertContains(client.get(f"{LIST}?q=introuvable"), "Aucune unité ne porte ce nom")


def test_support_chooses_an_establishment(client, cast, world):
    client.force_login(cast.sesan)
    assertContains(client.get(LIST), "Choisissez un établissement")
    assertContains(client.get(f"{LIST}?q=bellatrix"), f"?eg={world.other_eg.pk}")
    assertContains(client.get(f"{LIST}?eg={world.other_eg.pk}"), "Luc Ferrand")
    assertContains(client.get(f"{LIST}?q=introuvable"), "Aucun établissement ne porte ce nom")


@pytest.mark.parametrize("asked", ["0", "abc", "9" * 40, "٣", "-1"])
def test_an_absurd_establishment_is_a_404(client, cast, asked):
    client.force_login(cast.directeur)
    assert client.get(LIST, {"eg": asked}).status_code == 404


def test_a_director_names_from_the_page(client, cast, world, karim, django_capture_on_commit_callbacks):
    client.force_login(cast.directeur)
    url = reverse("directory:delegation_add", args=[world.eg.pk])
    assertContains(client.get(f"{url}?uo={world.lam.pk}"), "checked")
    with django_capture_on_commit_callbacks(execute=True):
        fields = {"person": karim.email, "units": [world.act.pk, world.act_mobile.pk]}
        response = client.post(url, fields, follow=True)
    assertContains(response, "Karim Ouali est responsable de disponibilités pour 2 unités")
    assert mail.outbox[0].to == [karim.email]
    again = client.post(url, fields)
    assertContains(again, "est déjà responsable de tout", status_code=422)
    whole = client.post(url, {"known": cast.responsable.pk, "whole": "on"}, follow=True)
    assertContains(whole, "pour tout l’établissement")


def test_hundreds_of_units_are_narrowed(client, cast, world, monkeypatch):
    client.force_login(cast.directeur)
    url = reverse("directory:delegation_add", args=[world.eg.pk])
    assertNotContains(client.get(url), "Réduire la liste")
    monkeypatch.setattr("directory.views.delegation.UNITS_OFFERED", 2)
    assertContains(client.get(url), "Réduire la liste")
    narrowed = client.get(f"{url}?q=lam")
    assertContains(narrowed, "1 unité affichée")
    assertNotContains(narrowed, "hors les murs")
    assertContains(client.get(f"{url}?q=introuvable"), "Aucune unité de l’établissement ne porte ce nom")


@pytest.mark.parametrize("who", ["directeur", "sesan"])
@pytest.mark.parametrize(
    "path",
    [
        "delegations/eg/{}/nommer/",
        "delegations/{}/retirer/",
        "demandes-de-compte/{}/",
        "eg/{}/membres/",
        "eg/{}/membres/ajouter/",
    ],
)
def test_an_absurd_address_is_a_404(client, cast, who, path):
    client.force_login(getattr(cast, who))
    for absurd in ("0", "9" * 25):
        assert client.get(f"/repertoire/{path.format(absurd)}").status_code == 404


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Saisissez l’adresse mail de la personne."),
        ({"person": "karim"}, "Cochez au moins une unité, ou tout l’établissement."),
        ({"person": "karim", "units": ["abc"]}, "Une unité cochée n’est plus proposée"),
        ({"person": "karim", "units": ["9" * 40]}, "Une unité cochée n’est plus proposée"),
        ({"person": "x" * 300, "whole": "on"}, "254"),
        ({"known": "999999", "whole": "on"}, "Cette personne n’est plus proposée"),
    ],
)
def test_what_is_missing_or_wrong_is_said(client, cast, world, karim, fields, words):
    client.force_login(cast.directeur)
    response = client.post(reverse("directory:delegation_add", args=[world.eg.pk]), fields)
    assertContains(response, words, status_code=422)


def test_a_unit_of_another_director_is_refused(client, cast, world, karim):
    client.force_login(cast.directeur)
    url = reverse("directory:delegation_add", args=[world.eg.pk])
    response = client.post(url, {"person": "karim", "units": [world.lhss.pk]})
    assert response.status_code == 422
    assert not karim.assignments.exists()


def test_a_role_is_removed_after_a_question_and_once(client, cast, world, karim):
    given = name(karim, [world.act], cast.directeur)[0]
    client.force_login(cast.directeur)
    url = reverse("directory:assignment_end", args=[given.pk])
    assertContains(client.get(url), "Retirer à <b>Karim Ouali</b>")
    assertContains(client.post(url, follow=True), "est retiré")
    assert not karim.assignments.exists()
    assertContains(client.post(url, follow=True), "déjà retiré")
    assert client.get(url).status_code == 404


def test_the_record_pages_lead_there_for_whoever_may(client, cast, world):
    for url in (f"/repertoire/eg/{world.eg.pk}/", f"/repertoire/uo/{world.act.pk}/"):
        client.force_login(cast.directeur)
        assertContains(client.get(url), f"{LIST}?eg={world.eg.pk}")
        client.force_login(cast.responsable)
        assertNotContains(client.get(url), LIST)


def test_a_third_referent_is_refused_in_french(world):
    for position in (1, 2):
        RorReferentFactory(geographic_entity=world.eg, position=position)
    for position in (1, 2, 3):
        with pytest.raises(ValidationError, match="deux référents ROR au plus"):
            RorReferent(geographic_entity=world.eg, position=position, name="Troisième").full_clean()
    RorReferent(geographic_entity=GeographicEntityFactory(), position=1, name="Premier").full_clean()
