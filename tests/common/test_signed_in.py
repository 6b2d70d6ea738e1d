"""What a visitor gets on a page that asks for an account."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db
PATH = "/compte/"


@pytest.mark.parametrize("method", ["get", "head"])
def test_reading_is_sent_to_the_sign_in_page_and_back(client, method):
    response = getattr(client, method)(PATH)
    assert (response.status_code, response["Location"]) == (302, f"{reverse('login')}?next=/compte/")


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_sending_answers_that_nothing_is_saved(client, method):
    response = getattr(client, method)(PATH)
    html = response.content.decode()
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Cookie"
    assert "n’a pas été enregistré" in html
    assert f'href="{reverse("login")}" target="_blank" rel="noopener"' in html


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_partial_update_is_never_sent_elsewhere(client, method):
    assert getattr(client, method)(PATH, headers={"HX-Request": "true"}).status_code == 401


def test_signing_out_twice_is_no_error(client):
    response = client.post(reverse("logout"))
    assert (response.status_code, response["Location"]) == (302, reverse("login"))
