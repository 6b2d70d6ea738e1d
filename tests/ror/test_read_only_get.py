"""GET runs in a read-only transaction; POST does not."""

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection
from django.http import HttpResponse
from django.test import RequestFactory

from common.middleware import ReadOnlyGetMiddleware

pytestmark = pytest.mark.django_db


def create_group(request):
    Group.objects.create(name="écrit")
    return HttpResponse("écrit")


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_write_on_a_read_fails_in_sql(method):
    request = getattr(RequestFactory(), method)("/repertoire/")
    with pytest.raises(DatabaseError, match="read-only transaction"):
        ReadOnlyGetMiddleware(create_group)(request)


def test_a_post_writes():
    ReadOnlyGetMiddleware(create_group)(RequestFactory().post("/repertoire/"))
    assert Group.objects.filter(name="écrit").exists()


def test_an_exempt_address_is_left_alone():
    ReadOnlyGetMiddleware(create_group)(RequestFactory().get("/sante/"))
    assert Group.objects.filter(name="écrit").exists()


def test_an_unknown_address_is_read_only_too():
    with pytest.raises(DatabaseError):
        ReadOnlyGetMiddleware(create_group)(RequestFactory().get("/inconnue/"))


def test_the_transaction_is_writable_again_afterwards():
    ReadOnlyGetMiddleware(lambda request: HttpResponse())(RequestFactory().get("/repertoire/"))
    Group.objects.create(name="après")
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        assert cursor.fetchone() == ("off",)


@pytest.mark.django_db(transaction=True)
def test_outside_a_test_transaction_it_holds_too_and_ends_with_the_request():
    """As in production: no transaction is open, and the connection goes back to the pool afterwards."""
    with pytest.raises(DatabaseError, match="read-only transaction"):
        ReadOnlyGetMiddleware(create_group)(RequestFactory().get("/repertoire/"))
    ReadOnlyGetMiddleware(create_group)(RequestFactory().post("/repertoire/"))
    assert Group.objects.count() == 1
