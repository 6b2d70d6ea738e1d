"""A moved unit stays where it is, or takes the address of the EG where it goes: form, preview, publication."""

import pytest
from django.urls import reverse

from collaborative.fiches import services as fiche_services
from collaborative.fiches.form import FicheForm
from collaborative.fiches.preview import previewed
from collaborative.models import Fiche
from collaborative.review.lines import act_words
from collaborative.review.standing import standing_of
from directory.models import OperationalUnit
from directory.scopes import scope_of
from tests.collaborative.publishing import send_and_take, validate

pytestmark = pytest.mark.django_db
ADDRESS = {"adresse-same_address": "on"}


def whole(desk):
    return Fiche.objects.whole().get(dossier=desk.dossier, unit=desk.world.lam)


def save(desk, client, **data):
    client.force_login(desk.cast.directeur)
    fiche = whole(desk)
    sent = {"acte": "finaliser", "version": fiche.version, "version_repertoire": fiche.record.version, **data}
    return client.post(reverse("collaborative:fiche_detail", args=[desk.dossier.pk, fiche.pk]), sent)


def take_address(desk, client):
    response = save(desk, client, **ADDRESS)
    assert response.status_code == 302, response.context["form"].block("adresse").errors
    return whole(desk)


def test_the_form_offers_both_and_says_so(desk, there, client):
    client.force_login(desk.cast.directeur)
    form = FicheForm(whole(desk), scope_of(desk.cast.directeur)).block("adresse")
    assert not form.is_inherited
    assert (form["street_name"].value(), form.record.geographic_entity) == ("rue Vesta", there)
    page = client.get(reverse("collaborative:fiche_detail", args=[desk.dossier.pk, whole(desk).pk])).text
    assert "L’unité change d’établissement" in page
    assert "3 rue du Pont" in page


def test_without_a_choice_it_stays_where_it_is(desk, there, world):
    record, _ = previewed(whole(desk))
    assert (record.street_name, record.commune) == ("rue Vesta", world.eg.commune)
    send_and_take(desk)
    [one] = standing_of(desk.dossier).fiches
    assert "Elle garde son adresse\u00a0: 12 rue Vesta" in act_words(one)
    validate(desk)
    moved = OperationalUnit.objects.get(pk=world.lam.pk)
    assert (moved.geographic_entity, moved.street_name, moved.commune) == (there, "rue Vesta", world.eg.commune)


def test_it_takes_the_address_of_its_new_establishment(desk, there, world, client):
    fiche = take_address(desk, client)
    assert fiche.values["commune"] is None
    record, _ = previewed(fiche)
    assert (record.commune, record.geographic_entity) == (None, there)
    send_and_take(desk)
    [one] = standing_of(desk.dossier).fiches
    assert "Elle prend l’adresse de son nouvel établissement." in act_words(one)
    client.force_login(desk.cast.sesan)
    page = client.get(reverse("collaborative:fiche_review", args=[desk.dossier.pk, fiche.pk])).text
    assert "Celle de l’établissement" in page
    validate(desk)
    moved = OperationalUnit.objects.get(pk=world.lam.pk)
    assert (moved.geographic_entity, moved.commune, moved.street_name) == (there, None, "")


def test_one_changed_line_proposes_the_whole_address(desk, there, world, client):
    place = world.eg.commune
    own = {
        "adresse-street_number": "14",
        "adresse-street_name": "rue Vesta",
        "adresse-commune": place.list_name,
        "adresse-postal_code": place.postal_codes[0],
    }
    response = save(desk, client, **own)
    assert response.status_code == 302, response.context["form"].block("adresse").errors
    assert whole(desk).values["commune"]["id"] == place.pk
    send_and_take(desk)
    validate(desk)
    moved = OperationalUnit.objects.get(pk=world.lam.pk)
    assert (moved.street_number, moved.street_name, moved.commune) == ("14", "rue Vesta", place)


def test_a_unit_that_comes_back_forgets_the_choice(desk, there, client):
    fiche = take_address(desk, client)
    fiche_services.restore_fiche(fiche=fiche, expected_version=fiche.version, **desk.who(None))
    back = desk.fiche(desk.world.lam)
    assert (back.action, back.state, back.values) == ("modify", "standard", {})


def test_a_choice_may_be_taken_back(desk, there, client):
    take_address(desk, client)
    form = FicheForm(whole(desk), scope_of(desk.cast.directeur)).block("adresse")
    assert form.is_inherited
