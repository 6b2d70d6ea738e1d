"""Fiches finalised without a change: neither « modifiées » nor « publiées »; a dossier of them alone is not sent."""

import datetime

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from collaborative.models import Campaign, Dossier, FieldReview
from collaborative.services import open_dossier
from directory.models import RecordChange
from tests.collaborative.publishing import change, finalise, remove, send_and_take, validate
from tests.factories.directory import UnitFactory
from tests.test_query_budgets import queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def complete(desk, world):
    """``world.act`` and ``world.lam`` with all that finalising asks, so that their fiches may be confirmed."""
    for record in (world.act, world.lam):
        change(desk, record, {})
    send_and_take(desk)
    validate(desk)
    mail.outbox.clear()
    return reopened(desk)


def reopened(desk):
    desk.dossier = open_dossier(entity=desk.world.eg, **desk.who(None))
    return desk


def asked_by_campaign(desk):
    today = timezone.localdate(desk.now)
    campaign = Campaign.objects.create(
        name="ACT 2024",
        starts_on=today,
        ends_on=today + datetime.timedelta(days=30),
        created_by=desk.cast.sesan,
        created_at=desk.now,
    )
    Dossier.objects.filter(pk=desk.dossier.pk).update(campaign=campaign)


def page(client, name, *args):
    text = client.get(reverse(f"collaborative:{name}", args=args)).content.decode()
    return text.replace("&nbsp;", " ").replace("\xa0", " ").replace("\u202f", " ")


def test_a_dossier_where_nothing_changed_is_not_sent(complete, world, client, cast):
    desk = complete
    finalise(desk, desk.fiche(world.act), {})
    with pytest.raises(ValidationError, match="Rien n’a changé"):
        desk.apply("send")
    client.force_login(cast.directeur)
    pk = desk.dossier.pk
    assert "Rien n’a changé" in page(client, "dossier_detail", pk)
    send = page(client, "dossier_send", pk)
    assert "Rien n’a changé" in send
    assert "1 fiche confirmée sans changement" in send
    assert 'type="submit" class="btn btn-primary">' not in send.partition("<main")[2]
    version = Dossier.objects.get(pk=pk).version
    answer = client.post(reverse("collaborative:dossier_send", args=[pk]), {"version": version})
    assert (answer.status_code, Dossier.objects.get(pk=pk).state) == (422, "finalised")
    # A file, a removal, a change: it is sent.
    remove(desk, world.act_mobile)
    assert desk.apply("send").state == "sent"


def test_the_tree_says_what_is_confirmed(complete, world, client, cast):
    desk = complete
    client.force_login(cast.directeur)
    finalise(desk, desk.fiche(world.act), {})
    tree = page(client, "dossier_detail", desk.dossier.pk)
    assert "Fiche confirmée sans changement" in tree
    assert "fiche modifiée" not in tree


def test_a_campaign_takes_a_confirmation_for_an_answer(complete, world, client, cast):
    desk = complete
    asked_by_campaign(desk)
    fiche = finalise(desk, desk.fiche(world.act), {})
    lines = RecordChange.objects.count()
    client.force_login(cast.directeur)
    send = page(client, "dossier_send", desk.dossier.pk)
    assert "Ce que vous confirmez sans changement" in send
    assert "Ce que le dossier publie" not in send
    send_and_take(desk)
    client.force_login(cast.sesan)
    pk = desk.dossier.pk
    review = page(client, "dossier_review", pk)
    assert "Rien à décider" in review
    assert "relue" not in review.partition("Fiches à relire")[2].partition("</nav>")[0]
    assert "Fiche confirmée sans changement" in page(client, "fiche_review", pk, fiche.pk)
    assert "Rien à écrire dans le répertoire" in page(client, "dossier_validate", pk)
    mail.outbox.clear()
    form = {"acte": "tout", "dossier_version": Dossier.objects.get(pk=pk).version}
    answer = client.post(reverse("collaborative:dossier_validate", args=[pk]), form, follow=True)
    said = answer.content.decode().replace("\xa0", " ")
    assert "Rien à écrire dans le répertoire : 1 fiche confirmée sans changement." in said
    assert "confirmées sans changement, rien n’a été écrit" in said
    assert RecordChange.objects.count() == lines
    [told] = [message for message in mail.outbox if message.to == [cast.directeur.email]]
    assert "rien n’a été écrit" in told.subject
    assert "est confirmée sans changement" in told.body


def test_what_is_confirmed_is_counted_apart_from_what_is_published(complete, world, client, cast):
    desk = complete
    finalise(desk, desk.fiche(world.act), {})
    change(desk, world.lam, {"email": "lam@example.org"})
    client.force_login(cast.directeur)
    shown = page(client, "dossier_detail", desk.dossier.pk)
    assert "1 fiche modifiée" in shown
    assert "1 fiche confirmée sans changement" in shown
    mail.outbox.clear()
    send_and_take(desk)
    asked = next(message.body for message in mail.outbox if "À valider" in message.subject)
    assert "(1 fiche proposée, 1 fiche confirmée sans changement)" in asked.replace("\xa0", " ").replace("\u202f", " ")
    mail.outbox.clear()
    done = validate(desk)
    assert [[str(fiche) for fiche in fiches] for fiches in (done.fiches, done.confirmed, done.left)] == [
        [str(world.lam)],
        [str(world.act)],
        [],
    ]
    shown = page(client, "dossier_detail", desk.dossier.pk)
    assert "Ce qui est confirmé sans changement" in shown
    assert "1 fiche modifiée" in shown
    [told] = mail.outbox
    assert "Les fiches modifiées sont publiées" in told.body


def test_what_is_confirmed_alone_is_no_rest_to_publish(complete, world, client, cast):
    desk = complete
    finalise(desk, desk.fiche(world.act), {})
    returned = change(desk, world.lam, {"email": "lam@example.org"})
    send_and_take(desk)
    FieldReview.objects.create(
        fiche=returned, field="email", decision="return", reason="Fausse.", at=desk.now, by=cast.sesan
    )
    client.force_login(cast.sesan)
    shown = page(client, "dossier_review", desk.dossier.pk)
    assert "Publier le reste et renvoyer" not in shown
    assert "Renvoyer à corriger" in shown


def test_the_pages_cost_the_same_with_more_of_them(complete, world, client, cast):
    desk = complete
    client.force_login(cast.directeur)
    url = reverse("collaborative:dossier_detail", args=[desk.dossier.pk])
    client.get(url)
    finalise(desk, desk.fiche(world.act), {})
    few = len(queries_of(client, url))
    UnitFactory(geographic_entity=world.other_eg, act=True)
    finalise(desk, desk.fiche(world.lam), {})
    assert len(queries_of(client, url)) <= few <= 9
