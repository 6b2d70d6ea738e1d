"""What is typed and not saved: kept for its author alone, offered again, never published."""

import pytest
from django.urls import reverse

from collaborative.fiches import drafts
from collaborative.models import Draft
from tests.collaborative.test_fiche_page import sent, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def director(client, cast):
    client.force_login(cast.directeur)
    return client


def keep(client, fiche, user, **typed):
    return client.post(url(fiche, "fiche_draft"), sent(fiche, user, **typed))


def test_what_is_typed_is_kept_and_proposes_nothing(director, desk, world, cast):
    fiche = desk.fiche(world.act)
    answer = keep(director, fiche, cast.directeur, identification__name="ACT Ves", secretariat__secretary_phone="01")
    assert answer.status_code == 200
    assert set(answer.json()) == {"saved", "checklist"}
    assert answer.json()["saved"]
    assert "checklist" in answer.json()["checklist"]
    fiche.refresh_from_db()
    assert (fiche.values, fiche.state, fiche.version) == ({}, "standard", 1)


def test_it_is_offered_again_taken_up_or_dropped(director, desk, world, cast):
    fiche = desk.fiche(world.act)
    keep(director, fiche, cast.directeur, identification__name="ACT Ves", secretariat__secretary_phone="01")
    page = director.get(url(fiche)).content.decode()
    assert "Vous aviez commencé" in page
    assert 'value="ACT Ves"' not in page
    taken = director.get(f"{url(fiche)}?brouillon=reprendre").content.decode()
    assert 'value="ACT Ves"' in taken
    assert 'value="01"' in taken
    assert "invalid-feedback" not in taken
    dropped = director.post(url(fiche, "fiche_draft"), {"abandonner": "1"})
    assert dropped.status_code == 302
    assert not Draft.objects.exists()
    assert "Vous aviez commencé" not in director.get(url(fiche)).content.decode()


def test_nobody_else_sees_it(client, desk, world, cast):
    fiche = desk.fiche(world.act)
    client.force_login(cast.directeur)
    keep(client, fiche, cast.directeur, identification__name="Secret")
    client.force_login(cast.sesan)
    assert "Vous aviez commencé" not in client.get(url(fiche)).content.decode()
    assert "Secret" not in client.get(f"{url(fiche)}?brouillon=reprendre").content.decode()
    client.post(url(fiche, "fiche_draft"), {"abandonner": "1"})
    assert Draft.objects.get().by == cast.directeur
    client.force_login(cast.stranger)
    assert client.post(url(fiche, "fiche_draft"), {}).status_code == 404


def test_saving_drops_it_and_a_late_one_is_left_out(director, desk, world, cast):
    fiche = desk.fiche(world.act)
    late = sent(fiche, cast.directeur, identification__name="ACT Ves")
    keep(director, fiche, cast.directeur, identification__name="ACT Ves")
    director.post(url(fiche), sent(fiche, cast.directeur, acte="attente", identification__name="ACT Vesta"))
    assert not Draft.objects.exists()
    assert director.post(url(fiche, "fiche_draft"), late).json()["saved"] == ""
    assert not Draft.objects.exists()


def test_one_typed_over_an_older_version_shows_both_once_saved(director, desk, world, cast):
    fiche = desk.fiche(world.act)
    keep(director, fiche, cast.directeur, identification__name="Le mien")
    desk.save(fiche, {"name": "Le leur"}, by=cast.sesan)
    page = director.get(f"{url(fiche)}?brouillon=reprendre")
    assert "quelqu’un a enregistré la fiche depuis" in page.content.decode()
    assert page.context["form"].fiche_version == 1


def test_it_is_limited_and_refused_once_sent(director, desk, world, cast):
    fiche = desk.fiche(world.act)
    assert keep(director, fiche, cast.directeur, conditions__pets="x" * drafts.MAX_BYTES).status_code == 413
    desk.save(desk.fiche(world.eg), {"email": "neuf@example.org"})
    desk.apply("abandon")
    assert keep(director, fiche, cast.directeur).status_code == 403
    assert director.get(url(fiche, "fiche_draft")).status_code == 405
    assert director.post(reverse("collaborative:fiche_draft", args=[1, 10**17])).status_code == 404


def test_lines_of_a_territory_that_wait_stay_with_the_fiche_and_stop_finalising(client, desk, world, cast):
    """The communes chosen are saved, the lines not recognised are in everybody's form until they are settled."""
    client.force_login(cast.directeur)
    fiche = desk.fiche(world.act)
    data = sent(fiche, cast.directeur)
    data |= {
        "intervention-intervention_communes": "92050",
        "intervention-reste": "Atlantide\n92004",
        "intervention-choix": ["92004"],
    }
    refused = client.post(url(fiche), data | {"acte": "finaliser"})
    assert refused.status_code == 422
    assert 'href="#id_intervention-reste"' in refused.content.decode()
    held = client.post(url(fiche), data | {"acte": "attente"})
    assert held.headers["Location"] == url(fiche)
    assert not Draft.objects.exists()
    fiche.refresh_from_db()
    assert {row["id"] for row in fiche.values["intervention_communes"]} == {"92050"}

    client.force_login(cast.sesan)
    shown = client.get(url(fiche))
    assert "Lignes du territoire en attente\u00a0: «\u00a0Atlantide\u00a0»" in shown.content.decode()
    assert 'href="#id_intervention-reste"' in shown.content.decode()
    assert "Vous aviez commencé" not in shown.content.decode()
    again = sent(fiche, cast.sesan)
    assert again["intervention-reste"].splitlines()[0] == "Atlantide"
    refused = client.post(url(fiche), again | {"acte": "finaliser"})
    assert refused.status_code == 422
    assert "«\u00a0Atlantide\u00a0»" in str(refused.context["form"].block("intervention").errors["reste"])
    assert client.post(url(fiche), again | {"intervention-reste": "", "acte": "attente"}).status_code == 302
    fiche.refresh_from_db()
    assert not any("waiting" in row for row in fiche.missing)
    assert "Lignes du territoire en attente\u00a0:" not in client.get(url(fiche)).content.decode()


def test_lines_that_wait_stop_finalising_without_their_block_and_stay(director, desk, world, cast):
    fiche = desk.fiche(world.act)
    held = sent(fiche, cast.directeur, intervention__reste="Atlantide", acte="attente")
    assert director.post(url(fiche), held).status_code == 302
    blocks = ("version", "vu", "secretariat-")
    data = {name: value for name, value in sent(fiche, cast.directeur).items() if name.startswith(blocks)}
    refused = director.post(url(fiche), data | {"acte": "finaliser"})
    assert refused.status_code == 422
    assert "Atlantide" in refused.content.decode()
    assert "À préciser ou à retirer avant de finaliser" in refused.content.decode()
    assert director.post(url(fiche), data | {"acte": "attente"}).status_code == 302
    fiche.refresh_from_db()
    assert [row["waiting"]["reste"] for row in fiche.missing if "waiting" in row] == ["Atlantide"]
