"""Saved searches: a name, a canonical address, one's own only; said again when a name is taken or the list full."""

from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from search.criteria import SearchCriteria
from search.criteria_words import CriterionWords
from search.kept.saved import LIMIT, canonical, proposed_name
from search.models import PlaceAlert, SavedSearch
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import UnitFactory, unit_type

from .kept import DAY, save, watch

pytestmark = pytest.mark.django_db
LIST = "/recherche/enregistrees/"
ADD = f"{LIST}ajouter/"


@pytest.fixture
def reader(client, cast, rebuilt):
    rebuilt()
    client.force_login(cast.consultation)
    return cast.consultation


def text_of(response):
    return unescape(response.content.decode()).replace("\u00a0", " ").replace("\u202f", " ")


def test_the_address_kept_is_canonical(reader, client):
    query = "quoi=ACT&ou=75010&page=3&vue=carte&pmr=1&inconnu=1"
    response = client.post(ADD, {"name": "  ACT   près d’ici ", "query": query, "rhythm": ""})
    assert response.status_code == 302
    saved = SavedSearch.objects.get()
    assert (saved.name, saved.user) == ("ACT près d’ici", reader)
    assert saved.query == "ou=75010&quoi=ACT&pmr=1"
    page = text_of(client.get(LIST))
    assert 'href="/recherche/?ou=75010&quoi=ACT&pmr=1"' in page
    assert "Pas d’alerte" in page
    assert not PlaceAlert.objects.exists()


def test_saving_with_an_alert_starts_it(reader, client):
    client.post(ADD, {"name": "ACT", "query": "quoi=ACT", "rhythm": "daily"})
    alert = PlaceAlert.objects.get()
    assert alert.rhythm == "daily"
    assert (alert.ends_at - timezone.now()).days in (29, 30)
    page = text_of(client.get(LIST))
    assert "Alerte active" in page
    assert "Prolonger de 30 jours" in page


def test_an_alert_that_can_tell_nothing_yet_says_so(reader, client, world, rebuilt):
    kind = unit_type("32.49")
    units = [UnitFactory(unit_type=kind, geographic_entity=world.eg) for _ in range(2)]
    CurrentFigureFactory(unit=units[0], closed_entry=True)
    rebuilt()
    silent = "ne saisit ses places dans le ROR : vous ne recevrez rien tant que l’une d’elles ne les saisit pas"
    data = {"name": "Silence", "query": f"type={kind.pk}", "rhythm": "at_once"}
    assert silent not in text_of(client.post(ADD, data | {"name": "Sans alerte", "rhythm": ""}, follow=True))
    page = text_of(client.post(ADD, data, follow=True))
    assert "Vous serez prévenu par mail" in page
    assert f"Aucune des 2 unités de cette recherche {silent}" in page
    alert = PlaceAlert.objects.get()
    assert silent in text_of(client.post(reverse("search:alert_renew", args=[alert.search_id]), follow=True))
    CurrentFigureFactory(unit=units[1], never=True)
    assert silent not in text_of(client.post(reverse("search:alert_renew", args=[alert.search_id]), follow=True))


def test_a_name_taken_is_said_and_what_was_typed_is_kept(reader, client):
    save(reader, name="act")
    response = client.post(ADD, {"name": "ACT", "query": "quoi=LHSS", "rhythm": "daily"})
    assert response.status_code == 422
    page = text_of(response)
    assert "déjà une recherche de ce nom" in page
    assert 'value="ACT"' in page
    assert 'value="quoi=LHSS"' in page
    assert SavedSearch.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": "", "query": "quoi=ACT"}, "Donnez un nom"),
        ({"name": "\u200b", "query": "quoi=ACT"}, "Donnez un nom"),
        ({"name": "Tout", "query": ""}, "ne demande rien"),
        ({"name": "Tout", "query": "tri=places"}, "ne demande rien"),
        ({"name": "x" * 200, "query": "quoi=ACT"}, "120 caractères au plus"),
        ({"name": "ACT", "query": "quoi=ACT", "rhythm": "hourly"}, "Choisissez dans la liste"),
        ({"name": "Trop", "query": "quoi=ACT" + "".join(f"&type={10**17 + n}" for n in range(250))}, ""),
        ({}, "Donnez un nom"),
    ],
)
def test_what_cannot_be_saved_is_said(reader, client, data, words):
    response = client.post(ADD, data)
    if words:
        assert response.status_code == 422
        assert words.lower() in text_of(response).lower()
        assert not SavedSearch.objects.exists()
    else:
        assert response.status_code == 302


def test_the_list_is_not_endless(reader, client):
    for number in range(LIMIT):
        save(reader, name=f"Recherche {number}")
    assert "le maximum" in text_of(client.get(LIST))
    response = client.post(ADD, {"name": "Une de plus", "query": "quoi=ACT"})
    assert response.status_code == 422
    assert f"déjà {LIMIT} recherches" in text_of(response)


def test_renaming_keeps_the_search_and_refuses_a_name_taken(reader, client):
    saved = save(reader, name="ACT")
    save(reader, name="LHSS")
    url = f"{LIST}{saved.pk}/renommer/"
    assert client.post(url, {"name": "lhss"}).status_code == 422
    assert client.post(url, {"name": "Act"}).status_code == 302
    saved.refresh_from_db()
    assert (saved.name, saved.key, saved.query) == ("Act", "act", "quoi=ACT")


def test_deleting_asks_first_and_takes_the_alert_away(reader, client):
    alert = watch(reader)
    url = f"{LIST}{alert.search_id}/supprimer/"
    assert "et son alerte avec elle" in text_of(client.get(url))
    assert SavedSearch.objects.exists()
    assert client.post(url).status_code == 302
    assert not SavedSearch.objects.exists()
    assert not PlaceAlert.objects.exists()


def test_others_searches_are_not_found(reader, client, cast):
    foreign = watch(cast.ars).search_id
    for part in ("renommer", "supprimer", "alerte"):
        assert client.get(f"{LIST}{foreign}/{part}/").status_code == 404
        assert client.post(f"{LIST}{foreign}/{part}/", {"name": "x"}).status_code == 404
    assert client.post(f"{LIST}{foreign}/alerte/arreter/").status_code == 404
    assert client.get(f"{LIST}{10**30}/renommer/").status_code == 404
    assert text_of(client.get(LIST)).count("Aucune recherche enregistrée") == 1


def test_an_alert_is_chosen_renewed_and_stopped(reader, client):
    saved = save(reader)
    base = f"{LIST}{saved.pk}/alerte/"
    assert client.post(base, {"rhythm": "never"}).status_code == 422
    assert client.post(base, {"rhythm": "at_once"}).status_code == 302
    alert = PlaceAlert.objects.get()
    PlaceAlert.objects.update(ends_at=timezone.now() + DAY)
    client.post(f"{base}prolonger/")
    alert.refresh_from_db()
    assert alert.ends_at > timezone.now() + 29 * DAY
    client.post(f"{base}arreter/")
    alert.refresh_from_db()
    assert alert.ends_at <= timezone.now()
    page = text_of(client.get(LIST))
    assert "Alerte terminée" in page
    assert "Relancer pour 30 jours" in page


def test_without_a_mail_address_the_search_is_saved_and_said_unwatched(reader, client):
    reader.email = ""
    reader.save()
    response = client.post(ADD, {"name": "ACT", "query": "quoi=ACT", "rhythm": "daily"}, follow=True)
    assert "votre compte n’a pas d’adresse mail" in text_of(response)
    assert SavedSearch.objects.exists()
    assert not PlaceAlert.objects.exists()


def test_the_account_page_lists_them_and_exports_them(reader, client):
    watch(reader)
    page = text_of(client.get(reverse("account")))
    assert "Recherches enregistrées" in page
    exported = client.post(reverse("account_export")).json()["recherches_enregistrees"]
    assert exported["recherches"][0]["adresse"] == "quoi=ACT"
    assert exported["recherches"][0]["alerte"]["rythme"] == "Dès qu’une place se libère"


def test_a_name_is_proposed_from_the_criteria(reader, client):
    page = text_of(client.get(f"{ADD}?ou=75010&quoi=ACT&pour=femme&pmr=1"))
    assert 'value="ACT – 75010 – Une femme – Place PMR (fauteuil)' in page
    words = [CriterionWords("Recherche", "x" * 300)]
    assert len(proposed_name(words)) == 120
    assert proposed_name([]) == "Toutes les unités"
    assert canonical(SearchCriteria(what="ACT", page=4)) == "quoi=ACT"


def test_a_past_day_is_not_kept_and_said(reader, client):
    query = "quoi=ACT&ouvert=2020-02-03&des=2020-01-01"
    page = text_of(client.get(f"{ADD}?{query}"))
    assert "La date du 01/01/2020 est passée : elle n’est pas gardée." in page
    response = client.post(ADD, {"name": "ACT", "query": query, "rhythm": "daily"}, follow=True)
    assert "La date du 03/02/2020 est passée" in text_of(response)
    assert SavedSearch.objects.get().query == "quoi=ACT"
    response = client.post(ADD, {"name": "Rien", "query": "des=2020-01-01"})
    assert response.status_code == 422
    assert "ne demande rien" in text_of(response)


def test_a_day_that_passed_since_leaves_the_alert(reader, client):
    saved = save(reader, query="quoi=ACT&des=2020-01-01")
    response = client.post(f"{LIST}{saved.pk}/alerte/", {"rhythm": "at_once"}, follow=True)
    assert "La date du 01/01/2020 est passée : elle n’est pas gardée." in text_of(response)
    saved.refresh_from_db()
    assert saved.query == "quoi=ACT"


def test_a_day_to_come_is_kept(reader, client):
    day = (timezone.localdate() + 3 * DAY).isoformat()
    client.post(ADD, {"name": "ACT", "query": f"quoi=ACT&des={day}"})
    assert SavedSearch.objects.get().query == f"quoi=ACT&des={day}"
