"""The queue and its acts in the back office: the same rules, through the same services."""

import datetime
import re

import pytest
from django.urls import reverse

from collaborative import services
from collaborative.fiches import services as fiche_services
from collaborative.models import Dossier, FieldReview
from collaborative.publication import PublicationBusy
from collaborative.review.validation import validate_dossier
from tests.collaborative.publishing import change, send_and_take

pytestmark = pytest.mark.django_db
LIST = "admin:collaborative_dossier_changelist"


@pytest.fixture
def sent(desk, world, cast, client):
    fiche_services.remove_fiche(fiche=desk.fiche(world.lam), expected_version=1, **desk.who(None))
    desk.apply("send")
    client.force_login(cast.sesan)
    return desk


def act(client, desk, name):
    return client.post(reverse(LIST), {"action": name, "_selected_action": [desk.dossier.pk]}, follow=True)


def hidden(page):
    """Hidden fields of the page that asks before publishing."""
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: [value for other, value in fields if other == name] for name, _ in fields}


def publish(client, desk):
    """« Valider et publier », then the button of the page that asks."""
    asked = client.post(reverse(LIST), {"action": "validate", "_selected_action": [desk.dossier.pk]})
    return client.post(reverse(LIST), hidden(asked.text), follow=True)


def now(desk):
    return Dossier.objects.get(pk=desk.dossier.pk)


def test_a_dossier_is_taken_then_published_from_the_list(sent, client, cast, world):
    refused = act(client, sent, "validate").content.decode()
    assert "Prenez d’abord ce dossier en charge." in refused
    assert now(sent).state == "sent"
    act(client, sent, "take")
    assert now(sent).taken_by == cast.sesan
    asked = act(client, sent, "validate").text
    assert now(sent).state == "sent"
    for words in (sent.dossier.name, "LAM Altair", "Revenir sans publier"):
        assert words in asked
    assert "1 dossier publié" in publish(client, sent).text
    world.lam.refresh_from_db()
    assert (now(sent).state, world.lam.status) == ("validated", "closed")


def test_nobody_publishes_what_they_sent(desk, world, client, cast):
    fiche_services.remove_fiche(fiche=desk.fiche(world.lam), expected_version=1, **desk.who(None))
    desk.apply("send", by=cast.sesan)
    client.force_login(cast.sesan)
    act(client, desk, "take")
    act(client, desk, "validate")
    assert (now(desk).state, now(desk).taken_by) == ("sent", None)


def test_a_return_asks_for_its_remark(sent, client):
    back = {"action": "send_back", "_selected_action": [sent.dossier.pk]}
    answer = client.post(reverse(LIST), back, follow=True)
    assert answer.status_code == 200
    assert "Prenez d’abord ce dossier en charge" in " ".join(str(message) for message in answer.context["messages"])
    act(client, sent, "take")
    answer = client.post(reverse(LIST), {"action": "send_back", "_selected_action": [sent.dossier.pk]})
    assert answer["Location"] == reverse("collaborative:dossier_return", args=[sent.dossier.pk])
    act(client, sent, "release")
    assert now(sent).taken_by is None


def test_a_dossier_is_only_read(sent, client):
    url = reverse("admin:collaborative_dossier_change", args=[sent.dossier.pk])
    shown = client.get(url).content.decode()
    assert "Relire" in shown
    assert 'name="state"' not in shown
    assert client.post(url, {"state": "validated"}).status_code == 403
    assert now(sent).state == "sent"


def test_the_list_says_the_risk_of_the_queue_age_included(sent, client):
    Dossier.objects.filter(pk=sent.dossier.pk).update(risk=0, sent_at=sent.now - datetime.timedelta(days=60))
    pages = [client.get(reverse(name)).content.decode() for name in (LIST, "collaborative:review_queue")]
    said = [re.search(r"Risque \w+", page.partition(sent.dossier.name)[2]).group() for page in pages]
    assert said[0] == said[1] != "Risque faible"


def test_a_publication_that_meets_other_writers_stops_neither_the_others_nor_the_page(sent, client, monkeypatch):
    met = services.propose_entity(legal_entity=sent.world.ej, entity_name="EG neuve", **sent.who(sent.cast.sesan))
    act(client, sent, "take")

    def published(*, dossier, **more):
        if dossier.pk == met.pk:
            raise PublicationBusy
        return validate_dossier(dossier=dossier, **more)

    monkeypatch.setattr("collaborative.admin.validate_dossier", published)
    chosen = hidden(act(client, sent, "validate").text)
    chosen["_selected_action"].append(met.pk)
    page = client.post(reverse(LIST), chosen, follow=True).content.decode()
    assert "EG neuve" in page
    assert "Réessayez dans un instant" in page
    assert "1 dossier publié" in page
    assert now(sent).state == "validated"


def test_a_confirmation_that_was_not_shown_publishes_nothing(sent, client):
    act(client, sent, "take")
    forged = {"action": "validate", "_selected_action": [sent.dossier.pk], "confirme": "1"}
    for stamp in ("", "x", f"{now(sent).version}:", "9" * 40):
        told = client.post(reverse(LIST), forged | {f"vu-{sent.dossier.pk}": stamp}, follow=True)
        assert "le dossier a changé entre-temps" in told.text
    assert now(sent).state == "sent"


def test_what_was_decided_since_the_question_is_not_published(desk, world, cast, client):
    change(desk, world.act, {"email": "neuf@example.org"})
    send_and_take(desk)
    client.force_login(cast.sesan)
    chosen = hidden(act(client, desk, "validate").text)
    fiche = desk.fiche(world.act)
    FieldReview.objects.create(
        fiche=fiche,
        field="email",
        decision="keep",
        proposed="neuf@example.org",
        record_version=1,
        at=desk.now,
        by=cast.sesan,
    )
    told = client.post(reverse(LIST), chosen, follow=True)
    assert "Des décisions ont changé" in told.text
    assert now(desk).state == "sent"


def test_those_that_may_not_be_published_are_said_and_left_out_of_the_question(desk, world, cast, client):
    change(desk, world.act, {"email": "neuf@example.org"})
    send_and_take(desk)
    other = services.open_dossier(entity=world.other_eg, **desk.who(cast.sesan))
    client.force_login(cast.sesan)
    chosen = {"action": "validate", "_selected_action": [desk.dossier.pk, other.pk]}
    asked = client.post(reverse(LIST), chosen)
    assert hidden(asked.text)["_selected_action"] == [str(desk.dossier.pk)]
    assert "son état ne le permet pas" in asked.text
    fiche = desk.fiche(world.act)
    FieldReview.objects.create(
        fiche=fiche,
        field="email",
        decision="return",
        reason="À revoir.",
        proposed="neuf@example.org",
        record_version=1,
        at=desk.now,
        by=cast.sesan,
    )
    told = act(client, desk, "validate")
    assert "des points y sont à corriger" in told.text
    assert "Revenir sans publier" not in told.text
