"""A decision that cannot be kept: the page says why, and shows the text that went with it."""

import pytest
from django.urls import reverse

from collaborative.fiches import services as fiche_services
from collaborative.models import Dossier, FieldReview, ReturnReason
from tests.collaborative.publishing import change, send_and_take
from tests.collaborative.test_publication_told import read
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
TYPED = "readonly>Boîte fermée.\nVoyez le secrétariat.</textarea>"


@pytest.fixture
def reviewed(desk, world, cast, client):
    """A dossier taken by support, signed in: the name and the mail of a unit."""
    change(desk, world.act, {"name": "ACT Vesta", "email": "act@vesta.example"})
    send_and_take(desk)
    client.force_login(cast.sesan)
    desk.url = reverse("collaborative:fiche_review", args=[desk.dossier.pk, desk.fiche(world.act).pk])
    desk.ready = ReturnReason.objects.create(label="Boîte", text="Boîte fermée.")
    return desk


def send(client, desk, acte="renvoyer", champ="email", **fields):
    version = Dossier.objects.get(pk=desk.dossier.pk).version
    sent = {"dossier_version": version, "record_version": 1, "acte": acte, "champ": champ}
    if acte == "renvoyer":
        sent |= {"motif": desk.ready.pk, "remarque": "Voyez le secrétariat."}
    answer = client.post(desk.url, sent | fields)
    assert answer.status_code == 409
    assert not FieldReview.objects.exists()
    return answer.content.decode()


def reset(desk, record):
    fiche = desk.fiche(record)
    fiche_services.reset_fiche(fiche=fiche, expected_version=fiche.version, **desk.who(None))


def test_taken_over_by_another(reviewed, client):
    reviewed.apply("take_over", by=UserFactory(roles=["support"], first_name="Ada", last_name="Lune"))
    shown = send(client, reviewed)
    assert "A. Lune a pris ce dossier en charge" in read(shown)
    assert TYPED in shown


def test_withdrawn_by_its_author(reviewed, client):
    reviewed.apply("withdraw")
    shown = send(client, reviewed)
    assert "n’est pas en validation" in read(shown)
    assert TYPED in shown


def test_a_part_that_is_no_longer_proposed(reviewed, client, world):
    reviewed.apply("withdraw")
    change(reviewed, world.act, {"name": "ACT Vesta"})
    fiche = reviewed.fiche(world.act)
    fiche.values.pop("email", None)
    fiche.save()
    send_and_take(reviewed)
    shown = send(client, reviewed)
    assert "Ce champ n’est plus proposé par la fiche." in read(shown)
    assert TYPED in shown
    amended = send(client, reviewed, acte="corriger", email="b@vesta.example", motif="Vérifiée.")
    assert "ce champ n’est plus proposé par la fiche." in read(amended)
    assert "readonly>b@vesta.example\nVérifiée.</textarea>" in amended


@pytest.mark.parametrize("again", [False, True])
def test_a_fiche_that_has_gone(reviewed, client, world, again):
    reviewed.apply("withdraw")
    reset(reviewed, world.act)
    if again:
        change(reviewed, world.lam, {"name": "LAM Vesta"})
        send_and_take(reviewed)
    shown = send(client, reviewed)
    assert "La fiche ne propose plus rien" in read(shown)
    assert "Votre décision n’est pas enregistrée" in read(shown)
    assert TYPED in shown
    whole = send(client, reviewed, acte="tout", champ="")
    assert "La fiche ne propose plus rien" in read(whole)
    assert "Votre texte" not in whole
    assert client.get(reviewed.url).status_code == (404 if again else 302)


@pytest.mark.parametrize("fiche_id", [999_999, 2**70])
def test_a_fiche_that_never_was_of_the_dossier_is_not_found(reviewed, client, fiche_id):
    address = reverse("collaborative:fiche_review", args=[reviewed.dossier.pk, fiche_id])
    assert client.post(address, {"acte": "accepter", "champ": "email"}).status_code == 404


def test_what_was_typed_stays_in_its_form_when_it_is_drawn(reviewed, client):
    version = Dossier.objects.get(pk=reviewed.dossier.pk).version
    shown = send(client, reviewed, dossier_version=version - 1)
    assert "le dossier a changé" in read(shown)
    assert ">Voyez le secrétariat.</textarea>" in shown
    assert "Votre texte" not in shown


def test_a_point_returned_and_never_sent_back_is_the_supports_alone(reviewed, client, cast, world):
    version = Dossier.objects.get(pk=reviewed.dossier.pk).version
    sent = {"dossier_version": version, "record_version": 1, "acte": "renvoyer", "champ": "email"}
    assert client.post(reviewed.url, sent | {"remarque": "Pas encore dit."}).status_code == 302
    reviewed.apply("withdraw")
    fiche = reverse("collaborative:fiche_detail", args=[reviewed.dossier.pk, reviewed.fiche(world.act).pk])
    client.force_login(cast.directeur)
    assert "Pas encore dit." not in client.get(fiche).text
    send_and_take(reviewed)
    assert FieldReview.objects.get(field="email").reason == "Pas encore dit."
    reviewed.apply("return", by=cast.sesan, remark="Voyez l’adresse.")
    assert "Pas encore dit." in client.get(fiche).text
    send_and_take(reviewed)
    assert not FieldReview.objects.filter(field="email").exists()
