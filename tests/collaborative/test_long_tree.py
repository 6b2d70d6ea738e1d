"""A dossier of hundreds of fiches: its tree folds, its lists are short, its copies have each their name."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from collaborative.fiches import services as fiche_services
from collaborative.fiches.copies import numbered, stem_of
from collaborative.models import Fiche
from tests.factories.directory import UnitFactory
from tests.test_query_budgets import ENVELOPE

from .publishing import finalise, unit_values

pytestmark = pytest.mark.django_db
NOW = timezone.now()
FOLD = re.compile(r'<details class="fold tree-fold"( open)?><summary>([^<]+)')


@pytest.fixture
def long(desk, world, client, cast):
    """The dossier with two structures of 25 new units each; ``desk.first``, one of the second structure."""
    client.force_login(cast.directeur)
    top = desk.fiche(world.eg)
    for name in ("Pôle A", "Pôle B"):
        pole = fiche_services.add_structure(parent=top, level="S1", **desk.who(None))
        desk.save(pole, {"name": name, "level": "S1"})
        desk.first = fiche_services.add_units(parent=pole, count=25, **desk.who(None))[0]
    return desk


def page(client, desk, fiche=None, query=""):
    url = reverse("collaborative:dossier_detail", args=[desk.dossier.pk])
    if fiche is not None:
        url = reverse("collaborative:fiche_detail", args=[desk.dossier.pk, fiche.pk])
    return client.get(url + query).content.decode()


def test_a_long_tree_is_folded_but_along_the_selected_fiche(client, long):
    words = "25 fiches, 25 à finaliser"
    assert FOLD.findall(page(client, long)) == [("", words), ("", words)]
    shown = page(client, long, long.first)
    assert FOLD.findall(shown) == [("", words), (" open", words)]
    assert 'href="#fiche-choisie"' in shown
    assert '<li id="fiche-choisie">' in shown


def test_a_short_tree_has_no_fold(client, desk, world, cast):
    client.force_login(cast.directeur)
    shown = page(client, desk, desk.fiche(world.act))
    assert "tree-fold" not in shown
    assert "tree-box" not in shown
    assert "arbre=" not in shown


def test_a_long_tree_shows_what_is_to_finalise_alone_until_asked_otherwise(client, long, world):
    finalise(long, long.first, unit_values("Fini"))
    nodes = re.compile(r'<a class="node"')
    everything = len(nodes.findall(page(client, long)))
    asked = page(client, long, query="?arbre=a-finaliser")
    assert len(nodes.findall(asked)) == everything - 4  # the one finalised, and the three of the directory
    assert "Fini" not in asked.partition("dossier-content")[0]
    assert "51 fiches à finaliser" in asked.replace("\u202f", " ")
    again = page(client, long, long.fiche(world.act))
    assert len(nodes.findall(again)) == everything - 3  # that which is selected stays
    assert len(nodes.findall(page(client, long, query="?arbre=tout"))) == everything


@pytest.mark.parametrize("query", ["?arbre=", "?arbre=x", "?arbre=a-finaliser&arbre=tout"])
def test_what_cannot_be_read_of_the_address_changes_nothing(client, long, query):
    assert "tree-fold" in page(client, long, query=query)


def test_what_is_left_before_sending_is_ten_fiches_and_a_fold(client, long):
    shown = page(client, long)
    left = shown.partition("Avant d’envoyer")[2].partition("</section>")[0]
    first, _, rest = left.partition("<details")
    assert first.count("Finaliser «") == 10
    assert "autres fiches à finaliser" in rest
    assert left.count("Finaliser «") == 52


def test_a_long_tree_keeps_to_its_queries(client, long):
    client.get("/dossiers/")
    with CaptureQueriesContext(connection) as captured:
        page(client, long)
    own = [one["sql"] for one in captured if not ENVELOPE.match(one["sql"])]
    assert len(own) <= 8, "\n".join(sql[:160] for sql in own)


STANDINGS = {
    "sent": {"sent_at": NOW, "started_at": NOW},
    "returned": {"sent_at": NOW, "started_at": NOW, "decided_at": NOW},
    "validated": {"sent_at": NOW, "started_at": NOW, "decided_at": NOW},
    "abandoned": {"decided_at": NOW},
}


@pytest.mark.parametrize("state", STANDINGS)
@pytest.mark.parametrize("who", ["directeur", "sesan"])
def test_the_page_of_a_long_dossier_keeps_to_its_queries_in_every_state(client, long, cast, state, who):
    dossier, values = long.dossier, dict(STANDINGS[state])
    if "sent_at" in values:
        values |= {"sent_by": cast.directeur}
    if "decided_at" in values:
        values |= {"decided_by": cast.sesan}
    type(dossier).objects.filter(pk=dossier.pk).update(state=state, **values)
    client.force_login(getattr(cast, who))
    client.get("/dossiers/")
    with CaptureQueriesContext(connection) as captured:
        page(client, long)
    own = [one["sql"] for one in captured if not ENVELOPE.match(one["sql"])]
    assert len(own) <= 8, "\n".join(sql[:160] for sql in own)


def test_each_copy_has_a_name_of_its_own(desk, world):
    UnitFactory(geographic_entity=world.eg, name="LAM Altair (copie 7)")
    lam, top = desk.fiche(world.lam), desk.fiche(world.eg)
    for _ in range(3):
        fiche_services.add_units(parent=top, count=3, copy_of=lam, **desk.who(None))
    copies = Fiche.objects.filter(action="create").order_by("position")
    assert [str(one) for one in copies] == [f"LAM Altair (copie {rank})" for rank in range(8, 17)]
    [again] = fiche_services.add_units(parent=top, count=1, copy_of=copies[0], **desk.who(None))
    assert again.name == "LAM Altair (copie 17)"


def test_numbers_of_copies():
    assert numbered("LAM", 1, ["LAM", "LAMA (copie 4)"]) == ["LAM (copie)"]
    assert numbered("LAM", 2, ["LAM (copie)"]) == ["LAM (copie 2)", "LAM (copie 3)"]
    assert stem_of("LAM (copie) (copie 2)") == "LAM"
    assert stem_of(" (copie)") == "Unité"
    assert len(numbered(stem_of("é" * 255), 1, [])[0]) <= 255
