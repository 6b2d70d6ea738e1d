"""Who loses his right on an establishment while he types: his words are given back, nothing of the fiche with them."""

import re

import pytest
from django.core.signing import Signer
from django.urls import reverse

from accounts.roles import Role
from collaborative.fiches.proof import STAMP
from collaborative.models import Draft, Fiche
from tests.collaborative.publishing import change
from tests.collaborative.test_fiche_page import sent, url
from tests.factories.accounts import UserFactory
from tests.factories.directory import AssignmentFactory

pytestmark = pytest.mark.django_db
TYPED = {"contact__phone": "01 47 25 66 77", "identification__name": "Nom à garder"}


@pytest.fixture
def colleague(client, world):
    """Another director of ``world.eg``, signed in, who has done nothing in the dossier yet."""
    user = UserFactory(username="directeur2")
    AssignmentFactory(user=user, role=Role.DIRECTOR, geographic_entity=world.eg)
    AssignmentFactory(user=user, role=Role.CONSULTATION)
    client.force_login(user)
    return user


def lose(user):
    user.assignments.filter(role=Role.DIRECTOR).delete()


def stamped(client, fiche):
    """The hidden stamp of the form that this person has opened."""
    return {STAMP: re.search(rf'name="{STAMP}" value="([^"]+)"', client.get(url(fiche)).text)[1]}


@pytest.mark.parametrize("record", ["eg", "act"])
@pytest.mark.parametrize("act", ["attente", "finaliser", "reprendre:name"])
def test_what_was_typed_before_the_right_ended_is_given_back(client, desk, world, colleague, record, act):
    change(desk, world.act, {"email": "secret@vesta.example"})
    fiche = desk.fiche(getattr(world, record))
    data = sent(fiche, colleague, **TYPED, acte=act) | stamped(client, fiche)
    lose(colleague)
    answer = client.post(url(fiche), data)
    assert answer.status_code == 403
    assert "Rien n’est enregistré" in answer.text
    assert "Nom à garder" in answer.text
    assert ('value="01 47 25 66 77"' in answer.text) == (record == "eg")
    assert f'href="{reverse("collaborative:dossiers")}"' not in answer.text  # no more his
    fiche.refresh_from_db()
    assert "name" not in fiche.values


def test_nothing_of_the_fiche_is_told_but_what_was_sent(client, desk, world, colleague):
    change(desk, world.act, {"email": "secret@vesta.example"})
    fiche = desk.fiche(world.act)
    stamp = stamped(client, fiche)
    lose(colleague)
    answer = client.post(url(fiche), {"identification-name": "À garder", "acte": "attente", **stamp})
    assert answer.status_code == 403
    for words in ("secret@vesta.example", world.act.name, world.eg.name, desk.dossier.name):
        assert words not in answer.text
    assert [block.block for block in answer.context["blocks"]] == ["identification"]
    assert "À garder" in answer.text


def test_the_step_of_a_block_gives_it_back_too_and_htmx_shows_it(client, desk, world, colleague):
    fiche = desk.fiche(world.act)
    data = sent(fiche, colleague, **TYPED) | stamped(client, fiche) | {"identification-etape": "listes"}
    lose(colleague)
    answer = client.post(url(fiche), data, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert 'id="contenu"' in answer.text
    assert "Nom à garder" in answer.text
    again = re.search(rf'name="{STAMP}" value="([^"]+)"', answer.text)[1]
    assert client.post(url(fiche), data | {STAMP: again}).status_code == 403


@pytest.mark.parametrize("trace", ["draft", "comment", "step"])
def test_a_draft_a_message_or_an_act_of_his_proves_it_without_a_stamp(client, desk, world, colleague, trace):
    fiche = desk.fiche(world.act)
    data = sent(fiche, colleague, **TYPED, acte="attente")
    done = {
        "draft": (url(fiche, "fiche_draft"), data),
        "comment": (reverse("collaborative:dossier_comment", args=[desk.dossier.pk]), {"text": "Bonjour."}),
        "step": (url(desk.fiche(world.lam), "fiche_remove"), {"version": 1}),
    }
    assert client.post(*done[trace]).status_code in {200, 302}
    lose(colleague)
    answer = client.post(url(fiche), data)
    assert answer.status_code == 403
    assert "Nom à garder" in answer.text


def test_his_draft_is_still_read_at_the_address_of_the_fiche(client, desk, world, colleague):
    fiche = desk.fiche(world.act)
    client.post(url(fiche, "fiche_draft"), sent(fiche, colleague, **TYPED))
    assert STAMP not in dict(Draft.objects.get().data)
    lose(colleague)
    answer = client.get(url(fiche))
    assert answer.status_code == 403
    assert "Nom à garder" in answer.text
    Draft.objects.all().delete()
    assert client.get(url(fiche)).status_code == 404


def test_typing_on_is_told_that_it_is_no_more_kept(client, desk, world, colleague):
    fiche = desk.fiche(world.act)
    data = sent(fiche, colleague, **TYPED) | stamped(client, fiche)
    lose(colleague)
    answer = client.post(url(fiche, "fiche_draft"), data)
    assert answer.status_code == 403
    assert "ne vous est plus ouverte" in answer.json()["error"]
    assert not Draft.objects.exists()


def test_the_stamp_of_another_person_of_another_fiche_or_made_up_proves_nothing(client, desk, world, cast, colleague):
    fiche, other = desk.fiche(world.act), desk.fiche(world.lam)
    mine = stamped(client, other)[STAMP]
    client.force_login(cast.directeur)
    his = stamped(client, fiche)[STAMP]
    lose(colleague)
    client.force_login(colleague)
    forged = Signer(key="x", salt="collaborative.fiche").sign(f"{colleague.pk}-{fiche.pk}-uo")
    data = sent(fiche, cast.directeur, **TYPED, acte="attente")
    for stamp in ("", mine, his, forged, "a:b"):
        for page in ("fiche_detail", "fiche_draft"):
            assert client.post(url(fiche, page), data | {STAMP: stamp}).status_code == 404
    absent = reverse("collaborative:fiche_detail", args=[10**30, 10**30])
    assert client.post(absent, data).status_code == 404
    assert not Fiche.objects.exclude(values={}).exists()
