"""Giving and ending roles."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from pytest_django.asserts import assertContains

from accounts.models import AuditEntry
from accounts.roles import Permission, Role
from directory.delegation.rights import end_role, give_role
from directory.enums import ScopeKind
from directory.models import Assignment
from directory.scopes import scope_of
from tests.factories.accounts import UserFactory
from tests.factories.directory import (
    AssignmentFactory,
    GeographicEntityFactory,
    LegalEntityFactory,
    UnitFactory,
)

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


@pytest.fixture
def support():
    return UserFactory(roles=[Role.SUPPORT])


@pytest.mark.parametrize(
    ("factory", "kind"),
    [
        (LegalEntityFactory, ScopeKind.LEGAL_ENTITY),
        (GeographicEntityFactory, ScopeKind.GEOGRAPHIC_ENTITY),
        (UnitFactory, ScopeKind.UNIT),
    ],
)
def test_a_director_gets_a_record_and_what_is_below(support, factory, kind):
    record, person = factory(), UserFactory()
    given = give_role(user=person, role=Role.DIRECTOR, record=record, by=support, request_ip="192.0.2.1")
    assert (given.scope_kind, given.scope_record, given.given_by) == (kind, record, support)
    assert scope_of(person).may(Permission.DIRECTORY_EDIT)
    entry = AuditEntry.objects.get(action="role_given")
    assert (entry.actor, entry.target, entry.ip_address) == (support, person.username, "192.0.2.1")
    assert entry.details["record"] == record.name


@pytest.mark.parametrize("role", [role for role in Role if role != Role.SUPPORT])
def test_support_alone_gives_and_ends_roles(role):
    by = UserFactory(roles=[role])
    with pytest.raises(PermissionDenied):
        give_role(user=UserFactory(), role=Role.CONSULTATION, record=None, by=by)
    with pytest.raises(PermissionDenied):
        end_role(assignment=AssignmentFactory(), by=by)


@pytest.mark.parametrize("role", [Role.DIRECTOR, Role.AVAILABILITY_MANAGER])
def test_roles_of_an_establishment_are_not_given_on_the_region(support, role):
    with pytest.raises(ValidationError, match="se donne sur une entité"):
        give_role(user=UserFactory(), role=role, record=None, by=support)


def test_support_is_given_on_the_region(support):
    with pytest.raises(ValidationError, match="se donne sur la région"):
        give_role(user=UserFactory(), role=Role.SUPPORT, record=UnitFactory(), by=support)


def test_the_same_role_is_not_given_twice_over_the_same_days(support):
    person, today = UserFactory(), timezone.localdate()
    give_role(user=person, role=Role.CONSULTATION, record=None, valid_until=today + 9 * DAY, by=support)
    with pytest.raises(ValidationError, match="a déjà ce rôle"):
        give_role(user=person, role=Role.CONSULTATION, record=None, valid_from=today + 9 * DAY, by=support)
    give_role(user=person, role=Role.CONSULTATION, record=None, valid_from=today + 10 * DAY, by=support)
    assert person.assignments.count() == 2


def test_dates_go_forward(support):
    today = timezone.localdate()
    with pytest.raises(ValidationError, match="précède"):
        give_role(user=UserFactory(), role=Role.CONSULTATION, record=None, valid_until=today - DAY, by=support)


def test_ending_a_role_takes_effect_at_once_and_keeps_it(support):
    assignment = AssignmentFactory()
    end_role(assignment=assignment, by=support)
    assert not scope_of(assignment.user).may(Permission.DIRECTORY_READ)
    assignment.refresh_from_db()
    assert assignment.valid_until == timezone.localdate() - DAY
    assert AuditEntry.objects.get(action="role_ended").target == assignment.user.username


def test_a_role_may_end_later(support):
    assignment, last_day = AssignmentFactory(), timezone.localdate() + 5 * DAY
    end_role(assignment=assignment, last_day=last_day, by=support)
    assert scope_of(assignment.user, last_day).may(Permission.DIRECTORY_READ)
    assert not scope_of(assignment.user, last_day + DAY).may(Permission.DIRECTORY_READ)


def test_a_role_given_today_by_mistake_is_withdrawn(support):
    given = give_role(user=UserFactory(), role=Role.CONSULTATION, record=None, by=support)
    end_role(assignment=given, by=support)
    assert not Assignment.objects.filter(pk=given.pk).exists()
    assert AuditEntry.objects.filter(action="role_ended").count() == 1


def test_the_back_office_gives_a_role(client, support):
    client.force_login(support)
    person, unit = UserFactory(), UnitFactory()
    assert client.get("/admin/directory/assignment/add/").status_code == 200
    fields = {"user": person.pk, "role": Role.AVAILABILITY_MANAGER, "unit": unit.pk, "valid_from": "01/09/2026"}
    client.post("/admin/directory/assignment/add/", fields)
    given = person.assignments.get()
    assert (given.unit, given.given_by) == (unit, support)
    assertContains(client.get("/admin/directory/assignment/"), unit.name)


def test_the_back_office_explains_a_role_that_cannot_be_given(client, support):
    client.force_login(support)
    person = UserFactory()
    fields = {"user": person.pk, "role": Role.DIRECTOR, "valid_from": "01/09/2026"}
    assertContains(client.post("/admin/directory/assignment/add/", fields), "se donne sur une entité")
    fields |= {"unit": UnitFactory().pk, "geographic_entity": GeographicEntityFactory().pk}
    assertContains(client.post("/admin/directory/assignment/add/", fields), "Choisissez une seule fiche")
    assert person.assignments.count() == 0


def test_the_back_office_ends_a_role(client, support):
    client.force_login(support)
    assignment = AssignmentFactory()
    address = f"/admin/directory/assignment/{assignment.pk}/change/"
    assert client.get(address).status_code == 200
    assertContains(client.post(address, {"valid_until": "01/01/2020"}), "La fin précède le début")
    client.post(address, {"valid_until": "31/12/2030"})
    assignment.refresh_from_db()
    assert assignment.valid_until == datetime.date(2030, 12, 31)
    client.post("/admin/directory/assignment/", {"action": "end_now", "_selected_action": [assignment.pk]})
    assignment.refresh_from_db()
    assert assignment.valid_until < timezone.localdate()
