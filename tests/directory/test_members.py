"""Members of a CPTS: its director takes in, lets go and marks the SAS; all else of a practitioner is the support's."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from accounts.roles import Role
from directory.members import add_member, candidates, remove_member, set_sas
from directory.models import GeographicEntity, RecordChange
from directory.scopes import scope_of
from directory.services import StaleRecord, update_record
from directory.signals import practitioners_changed
from tests.factories.delegation import cpts_with_director
from tests.factories.directory import AssignmentFactory, GeographicEntityFactory, PractitionerFactory, term

pytestmark = pytest.mark.django_db


@pytest.fixture
def cpts(cast):
    return cpts_with_director("directeur")


@pytest.fixture
def other_cpts(cast):
    return GeographicEntityFactory(name="CPTS Autre", category=term("eg_category", "604"))


def act(service, practitioner, cpts, by, **more):
    version = more.pop("version", practitioner.version)
    return service(practitioner=practitioner, cpts=cpts, expected_version=version, by=by, scope=scope_of(by), **more)


def test_the_director_takes_a_practitioner_in(cast, cpts):
    practitioner, told = PractitionerFactory(), []
    practitioners_changed.connect(
        lambda practitioner_ids, **_: told.extend(practitioner_ids), weak=False, dispatch_uid="t"
    )
    try:
        line = act(add_member, practitioner, cpts, cast.directeur)
    finally:
        practitioners_changed.disconnect(dispatch_uid="t")
    practitioner.refresh_from_db()
    assert (practitioner.cpts, practitioner.version, practitioner.updated_role) == (cpts, 2, Role.DIRECTOR)
    assert (line.by, line.role, line.record_kind, list(line.changes)) == (
        cast.directeur,
        Role.DIRECTOR,
        "practitioner",
        ["cpts"],
    )
    assert told == [practitioner.pk]
    assert act(add_member, practitioner, cpts, cast.directeur) is None


def test_the_director_marks_the_sas_and_lets_go(cast, cpts):
    practitioner = PractitionerFactory(cpts=cpts)
    act(set_sas, practitioner, cpts, cast.directeur, takes_part=True)
    practitioner.refresh_from_db()
    assert practitioner.takes_part_in_sas is True
    line = act(remove_member, practitioner, cpts, cast.directeur)
    practitioner.refresh_from_db()
    assert (practitioner.cpts, line.role) == (None, Role.DIRECTOR)
    with pytest.raises(ValidationError, match="n’est plus membre"):
        act(remove_member, practitioner, cpts, cast.directeur)
    with pytest.raises(ValidationError, match="n’est plus membre"):
        act(set_sas, practitioner, cpts, cast.directeur, takes_part=False)
    assert RecordChange.objects.filter(record_kind="practitioner", record_id=practitioner.pk).count() == 2


def test_a_member_of_another_cpts_is_not_taken(cast, cpts, other_cpts):
    practitioner = PractitionerFactory(cpts=other_cpts)
    with pytest.raises(PermissionDenied, match="membre de «\u00a0CPTS Autre\u00a0»"):
        act(add_member, practitioner, cpts, cast.directeur)
    GeographicEntity.objects.filter(pk=other_cpts.pk).update(status="hidden")
    with pytest.raises(PermissionDenied, match="membre d’une autre CPTS") as refused:
        act(add_member, practitioner, cpts, cast.directeur)
    assert "CPTS Autre" not in str(refused.value)
    with pytest.raises(PermissionDenied):
        act(remove_member, practitioner, other_cpts, cast.directeur)
    assert act(add_member, practitioner, cpts, cast.sesan)


@pytest.mark.parametrize("who", ["consultation", "responsable", "pdses", "ars", "stranger"])
def test_nobody_else_edits_members(cast, cpts, who):
    by, member = getattr(cast, who), PractitionerFactory(cpts=cpts)
    for service, practitioner, more in (
        (add_member, PractitionerFactory(), {}),
        (remove_member, member, {}),
        (set_sas, member, {"takes_part": True}),
    ):
        with pytest.raises(PermissionDenied):
            act(service, practitioner, cpts, by, **more)


def test_the_rest_of_a_practitioner_stays_the_supports(cast, cpts):
    practitioner = PractitionerFactory(cpts=cpts)
    for changes in ({"phone": "0199000009"}, {"cpts": None}, {"takes_part_in_sas": True}):
        with pytest.raises(PermissionDenied):
            update_record(
                record=practitioner,
                changes=changes,
                expected_version=1,
                by=cast.directeur,
                scope=scope_of(cast.directeur),
            )


def test_two_people_at_once_are_told(cast, cpts, other_cpts):
    practitioner = PractitionerFactory()
    act(add_member, practitioner, cpts, cast.directeur)
    with pytest.raises(StaleRecord):
        act(add_member, practitioner, other_cpts, cast.sesan, version=1)


def test_a_button_pressed_twice_conflicts_with_nobody(cast, cpts):
    practitioner = PractitionerFactory()
    for service, more in ((add_member, {}), (set_sas, {"takes_part": True})):
        version = practitioner.version
        assert act(service, practitioner, cpts, cast.directeur, version=version, **more)
        assert act(service, practitioner, cpts, cast.directeur, version=version, **more) is None
        practitioner.refresh_from_db()
    act(remove_member, practitioner, cpts, cast.directeur)
    practitioner.refresh_from_db()
    assert practitioner.takes_part_in_sas is None


def test_what_has_no_members_takes_none(cast, world, cpts):
    with pytest.raises(ValidationError, match="Seule une CPTS"):
        act(add_member, PractitionerFactory(), world.eg, cast.directeur)
    with pytest.raises(ValidationError, match="pas publiée"):
        act(add_member, PractitionerFactory(closed=True), cpts, cast.directeur)
    GeographicEntity.objects.filter(pk=cpts.pk).update(status="closed", closure_kind="DEF", closed_on="2026-01-01")
    cpts.refresh_from_db()
    with pytest.raises(ValidationError, match="fermée"):
        act(add_member, PractitionerFactory(), cpts, cast.directeur)


def test_candidates_by_rpps_or_words_of_the_name(cast, cpts, other_cpts):
    scope = scope_of(cast.directeur)
    aubert = PractitionerFactory(last_name="Aubert-Léger", first_name="Zoé")
    elsewhere = PractitionerFactory(last_name="Aubert", cpts=other_cpts)
    PractitionerFactory(last_name="Aubert", cpts=cpts)
    PractitionerFactory(last_name="Aubert", hidden=True)
    assert set(candidates(scope, cpts, "aubert")) == {aubert, elsewhere}
    assert candidates(scope, cpts, "zoé leger") == [aubert]
    rpps = aubert.rpps
    assert candidates(scope, cpts, f"{rpps[:3]} {rpps[3:]}") == [aubert]
    for nothing in ("", "  ", "%", "123", "٣" * 11):
        assert candidates(scope, cpts, nothing) == []


# Pages.


def test_readers_read_the_members_and_change_nothing(client, cast, cpts):
    member = PractitionerFactory(cpts=cpts, takes_part_in_sas=True, last_name="Aubert")
    PractitionerFactory(cpts=cpts, last_name="Bernard")
    url = reverse("directory:cpts_members", args=[cpts.pk])
    client.force_login(cast.consultation)
    page = client.get(url)
    assertContains(page, "2 professionnels")
    for words in ("Inscrire au SAS", "Retirer", "Ajouter un membre"):
        assertNotContains(page, words)
    assertNotContains(client.get(f"{url}?sas=oui"), "Bernard")
    assertContains(client.get(f"{url}?q={member.rpps}"), "Aubert")
    assertContains(client.get(f"{url}?q=introuvable"), "Aucun membre ne correspond")
    assertContains(client.get(f"/repertoire/eg/{cpts.pk}/"), url)


def test_the_director_adds_marks_and_removes_on_the_pages(client, cast, cpts, other_cpts):
    practitioner = PractitionerFactory(last_name="Aubert")
    PractitionerFactory(last_name="Aubert", cpts=other_cpts)
    url = reverse("directory:cpts_members", args=[cpts.pk])
    client.force_login(cast.directeur)
    assertContains(client.get(url), "Aucun membre n’est encore inscrit")
    found = client.get(f"{url}ajouter/?q=aubert")
    assertContains(found, 'name="professionnel"', 1)
    assertContains(found, "seul son directeur ou le support")
    fields = {"professionnel": practitioner.pk, "version": 1}
    assertContains(client.post(f"{url}ajouter/", fields, follow=True), "est membre de la CPTS")
    sas = client.post(f"{url}{practitioner.pk}/sas/?q=aubert", {"participe": "oui", "version": 2})
    assert sas["Location"] == f"{url}?q=aubert#membre-{practitioner.pk}"
    stale = client.post(f"{url}{practitioner.pk}/sas/", {"participe": "non", "version": 2})
    assertContains(stale, "a été modifiée par Hélène Caron", status_code=409)
    for junk in ({"version": 3}, {"version": 3, "participe": "peut-être"}):
        assert client.post(f"{url}{practitioner.pk}/sas/", junk).status_code == 400
    practitioner.refresh_from_db()
    assert practitioner.takes_part_in_sas is True
    assertContains(client.get(f"{url}{practitioner.pk}/retirer/"), "cette mention est retirée avec lui")
    assertContains(client.post(f"{url}{practitioner.pk}/retirer/", {"version": 3}, follow=True), "n’est plus membre")
    assertContains(client.get(f"{url}{practitioner.pk}/retirer/", follow=True), "n’est pas ou n’est plus membre")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 404),
        ({"professionnel": "abc", "version": "1"}, 404),
        ({"professionnel": "9" * 40, "version": "1"}, 404),
        ({"professionnel": "9" * 18, "version": "1"}, 404),
        ({"professionnel": None}, 409),
        ({"professionnel": None, "version": "9" * 40}, 409),
        ({"professionnel": None, "version": "x"}, 409),
    ],
)
def test_absurd_fields_are_no_error_500(client, cast, cpts, fields, status):
    client.force_login(cast.directeur)
    filled = {name: PractitionerFactory().pk if value is None else value for name, value in fields.items()}
    assert client.post(f"/repertoire/eg/{cpts.pk}/membres/ajouter/", filled).status_code == status


def test_a_director_elsewhere_reads_only(client, cast, cpts):
    AssignmentFactory(user=cast.stranger, role=Role.DIRECTOR, geographic_entity=GeographicEntityFactory())
    client.force_login(cast.stranger)
    url = reverse("directory:cpts_members", args=[cpts.pk])
    assert client.get(url).status_code == 200
    assert client.get(f"{url}ajouter/").status_code == 403
