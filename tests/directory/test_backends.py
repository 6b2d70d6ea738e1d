"""The person of a request comes with their rights: one query, and the same scope as read apart."""

import datetime

import pytest
from django.utils import timezone

from accounts.roles import Role
from directory.backends import RightsBackend
from directory.scopes import scope_of, scope_of_request
from tests.factories.accounts import UserFactory
from tests.factories.directory import AssignmentFactory, GeographicEntityFactory, UnitFactory

pytestmark = pytest.mark.django_db


def test_rights_come_with_the_person(django_assert_num_queries):
    user = UserFactory(roles=[Role.CONSULTATION])
    AssignmentFactory(user=user, role=Role.AVAILABILITY_MANAGER, unit=UnitFactory())
    AssignmentFactory(user=user, role=Role.DIRECTOR, geographic_entity=GeographicEntityFactory())
    before = timezone.localdate() - datetime.timedelta(days=1)
    AssignmentFactory(user=user, role=Role.STEERING, valid_from=before, valid_until=before)
    with django_assert_num_queries(1):
        found = RightsBackend().get_user(user.pk)
        scope = scope_of_request(found)
    assert len(scope.grants) == 3
    assert scope == scope_of(user)


@pytest.mark.parametrize(("begins", "ends"), [(-1, 0), (0, 0), (0, None), (1, None), (-2, -1), (-1, 1)])
def test_rights_of_the_day_are_those_in_force(begins, ends):
    today = timezone.localdate()
    user = UserFactory()
    AssignmentFactory(
        user=user,
        role=Role.STEERING,
        valid_from=today + datetime.timedelta(days=begins),
        valid_until=None if ends is None else today + datetime.timedelta(days=ends),
    )
    assert scope_of_request(RightsBackend().get_user(user.pk)) == scope_of(user)


def test_rights_are_read_afresh_for_anybody_else():
    user = UserFactory(roles=[Role.CONSULTATION])
    assert scope_of_request(user) == scope_of(user)
    found = RightsBackend().get_user(user.pk)
    found.is_active = False
    assert not scope_of_request(found).grants


def test_a_closed_account_is_nobody():
    user = UserFactory(is_active=False)
    assert RightsBackend().get_user(user.pk) is None
    assert RightsBackend().get_user(0) is None
