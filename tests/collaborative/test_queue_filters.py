"""Filters of « Dossiers à valider »: the same words as the list of dossiers, a new EG by its EJ."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from collaborative.delays import delay_words
from collaborative.models import Dossier
from tests.factories.directory import commune

pytestmark = pytest.mark.django_db
QUEUE = "collaborative:review_queue"


@pytest.fixture
def sent(desk, cast):
    """Make a dossier en validation; the one of the desk waits as well."""
    now = timezone.now()

    def make(**values):
        said = {"opened_by": cast.directeur, "opened_at": now, "changed_by": cast.directeur, "changed_at": now}
        return Dossier.objects.create(**said, state="sent", sent_by=cast.directeur, sent_at=now, **values)

    Dossier.objects.filter(pk=desk.dossier.pk).update(state="sent", sent_by=cast.directeur, sent_at=now)
    return make


@pytest.fixture
def both(client, cast):
    """Names that the queue and the list show for a filter."""

    def read(text="", department=""):
        client.force_login(cast.sesan)
        queue = client.get(reverse(QUEUE), {"texte": text, "departement": department}).context["lines"]
        every = client.get(reverse("collaborative:dossiers"), {"q": text, "departement": department}).context["lines"]
        names = {line.dossier.name for line in queue}
        assert names == {line["dossier"].name for line in every}
        return names

    return read


def test_a_new_entity_is_found_by_the_department_of_its_ej(sent, both, world, client):
    world.ej.commune = commune("75110")
    world.ej.save()
    new = sent(name="Peuplement de Neuve", legal_entity=world.ej)
    assert both(department="75") == {new.name}
    assert new.name not in both(department="92")
    lines = client.get(reverse(QUEUE), {"departement": "75"}).context["lines"]
    assert [line.department for line in lines] == ["75"]


def test_names_are_folded_as_in_the_list(sent, both, desk, world):
    Dossier.objects.filter(pk=desk.dossier.pk).update(name="Peuplement de Résidence Étoile")
    assert both(text="etoile") == {"Peuplement de Résidence Étoile"}
    assert both(text=world.eg.name.lower()) == {"Peuplement de Résidence Étoile"}
    assert both(text="rien de tel") == set()


def test_less_than_a_minute_is_said_so():
    assert delay_words(datetime.timedelta(seconds=20)) == "moins d’une minute"
    assert delay_words(datetime.timedelta(seconds=70)) == "1 min"
