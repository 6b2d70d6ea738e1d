"""What a publication says: fiches left aside, corrections of the support, the rest that goes back, the back office."""

import datetime
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from collaborative.models import Dossier
from collaborative.review import services as review
from collaborative.review.validation import publish_part, validate_dossier
from tests.factories.accounts import UserFactory
from tests.factories.directory import AssignmentFactory

from .publishing import change, remove, send_and_take
from .test_publication_meanwhile import close
from .test_review_admin import publish

pytestmark = pytest.mark.django_db


def read(text):
    """Words of a page or a mail, their spaces plain."""
    plain = re.sub(r"<[^>]+>", " ", text).replace("&nbsp;", " ").replace("\xa0", " ").replace("\u202f", " ")
    return " ".join(plain.split())


def publishing(desk, by=None):
    dossier = Dossier.objects.get(pk=desk.dossier.pk)
    return {"dossier": dossier, "expected_version": dossier.version, **desk.who(by or desk.cast.sesan)}


def decide(desk, record, part, decision, **more):
    fiche = desk.fiche(record)
    version = fiche.record.version
    review.decide_field(
        fiche=fiche, part=part, decision=decision, record_version=version, **desk.who(desk.cast.sesan), **more
    )


@pytest.fixture
def page(client, cast):
    def shown(dossier, name="dossier_detail", by=None, *more):
        client.force_login(by or cast.directeur)
        return read(client.get(reverse(f"collaborative:{name}", args=[dossier.pk, *more])).content.decode())

    return shown


@pytest.fixture
def left(desk, world, mailoutbox):
    """A dossier that removes a unit and changes another: support closes both meanwhile and keeps the closures."""
    remove(desk, world.lam)
    send_and_take(desk)
    close(desk, world.lam)
    mailoutbox.clear()
    return desk


def test_the_confirmation_speaks_of_what_the_fiches_left_propose(left, world, page, cast):
    shown = page(left.dossier, "dossier_validate", cast.sesan)
    assert "rien de ce que propose cette fiche n’y sera écrit" in shown
    reviewed = page(left.dossier, "fiche_review", cast.sesan, left.fiche(world.lam).pk)
    assert "Rien de ce que propose cette fiche n’est écrit" in reviewed


def test_what_was_just_sent_waits_since_no_time(left, page, cast):
    Dossier.objects.filter(pk=left.dossier.pk).update(sent_at=timezone.now())
    shown = page(left.dossier, "dossier_review", cast.sesan)
    assert "à l’instant" in shown
    assert "attend depuis" not in shown
    Dossier.objects.filter(pk=left.dossier.pk).update(sent_at=timezone.now() - datetime.timedelta(minutes=2))
    assert "attend depuis 2 min" in page(left.dossier, "dossier_review", cast.sesan)


def test_a_dossier_of_which_nothing_is_written_says_so(left, world, page, mailoutbox, cast):
    validate_dossier(**publishing(left))
    shown = page(left.dossier)
    assert "Rien n’a été écrit dans le répertoire : 1 fiche laissée de côté." in shown
    assert "Ce qui est laissé de côté" in shown
    assert "Ce que le dossier a publié" not in shown
    assert "Il est publié" not in shown
    assert shown.count("Fiche laissée de côté (rien n’en est écrit)") == 2, "beside the fiche, and in the legend"
    [mail] = [mail for mail in mailoutbox if mail.to == [cast.directeur.email]]
    assert "Dossier validé, rien n’a été écrit" in mail.subject
    said = read(mail.body)
    assert "Rien n’a été écrit dans le répertoire. Le répertoire garde ce qu’il dit pour « LAM Altair »." in said
    assert "publié" not in said.partition("https://")[0]


def test_what_is_left_is_apart_from_what_is_published(left, world, page, mailoutbox, cast):
    left.apply("withdraw")
    change(left, world.act, {"email": "act@altair.example"})
    send_and_take(left)
    mailoutbox.clear()
    validate_dossier(**publishing(left))
    shown = page(left.dossier)
    assert "Il est publié, sauf 1 fiche laissée de côté." in shown
    assert "1 fiche modifiée" in shown
    assert "1 fiche supprimée" not in shown
    assert "1 laissée de côté à la publication" in shown
    said = read(mailoutbox[0].body)
    assert "Ses fiches sont publiées, sauf 1 fiche laissée de côté." in said
    assert "[<" not in said
    assert "laissée de côté à la publication" in page(left.dossier, "fiche_detail", None, left.fiche(world.lam).pk)


def test_a_part_tells_what_is_left_with_the_rest_apart(left, world, page, mailoutbox):
    left.apply("withdraw")
    change(left, world.act, {"email": "faux@example.org"})
    send_and_take(left)
    decide(left, world.act, "email", "return", reason="Adresse fausse.")
    mailoutbox.clear()
    done = publish_part(**publishing(left))
    mail = mailoutbox[0]
    assert "Dossier renvoyé en partie, rien n’a été écrit" in mail.subject
    assert "Le répertoire garde ce qu’il dit pour « LAM Altair »." in read(mail.body)
    assert "Les fiches validées sont publiées" not in read(mail.body)
    assert "Rien n’a été écrit dans le répertoire : 1 fiche laissée de côté. Il ne se modifie plus." in page(
        done.dossier
    )
    asked = page(done.remainder).partition("Messages")[0]
    assert "Adresse fausse." in asked
    assert "Laissé de côté" not in asked


@pytest.fixture
def corrected(desk, world, mailoutbox):
    """Support corrected a field of each of two fiches, and returns a point of the second."""
    change(desk, world.act, {"email": "act@altair.example", "secretary_phone": "0199000008"})
    change(desk, world.lam, {"email": "lam@altair.example"})
    send_and_take(desk)
    decide(desk, world.lam, "email", "amend", values={"email": "lam@juste.example"})
    decide(desk, world.act, "secretary_phone", "amend", values={"secretary_phone": "0199000009"}, reason="Appelé.")
    decide(desk, world.act, "email", "return", reason="Boîte fermée.")
    mailoutbox.clear()
    return desk


def test_the_correction_of_a_fiche_that_goes_back_is_not_announced(corrected, world, page, mailoutbox, cast):
    before = page(corrected.dossier, "dossier_validate", cast.sesan)
    assert "1 fiche sera publiée" in before
    assert "1 fiche sera renvoyée dans un nouveau dossier" in before
    assert "lam@juste.example" in before
    assert "01 99 00 00 09" not in before
    done = publish_part(**publishing(corrected))
    body = read(mailoutbox[0].body)
    assert "lam@juste.example" in body
    assert "01 99 00 00 09" not in body
    asked, _, thread = page(done.remainder).partition("Messages")
    assert "Boîte fermée." in asked
    for text in (asked, thread):
        assert "Corrigé par le support" not in text
        assert "lam@juste.example" not in text


def test_the_form_of_a_fiche_that_goes_back_shows_what_the_support_proposes(corrected, world, page):
    corrected.dossier = publish_part(**publishing(corrected)).remainder
    shown = page(corrected.dossier, "fiche_detail", None, corrected.fiche(world.act).pk)
    assert "Boîte fermée." in shown
    proposed = (
        "Le support propose « 01 99 00 00 09 » (Appelé). C’est ce qui sera publié, sauf si vous changez ce champ."
    )
    assert proposed in shown
    assert "Envoyé par" not in page(corrected.dossier), "the rest was never sent itself"
    preview = page(corrected.dossier, "fiche_preview", None, corrected.fiche(world.act).pk)
    assert "01 99 00 00 09" in preview
    assert "01 99 00 00 08" not in preview
    assert "act@altair.example" in preview, "what is to be put right is shown as it was proposed"
    # Sent again with that field as it was, what is said is what is published.
    change(corrected, world.act, {"email": "juste@altair.example"})
    send_and_take(corrected)
    validate_dossier(**publishing(corrected))
    world.act.refresh_from_db()
    assert (world.act.secretary_phone, world.act.email) == ("0199000009", "juste@altair.example")


def test_what_the_director_changes_is_what_is_published(corrected, world, page):
    corrected.dossier = publish_part(**publishing(corrected)).remainder
    change(corrected, world.act, {"email": "juste@altair.example", "secretary_phone": "0199000007"})
    assert "Le support propose" not in page(corrected.dossier, "fiche_detail", None, corrected.fiche(world.act).pk)
    assert "01 99 00 00 07" in page(corrected.dossier, "fiche_preview", None, corrected.fiche(world.act).pk)
    send_and_take(corrected)
    validate_dossier(**publishing(corrected))
    world.act.refresh_from_db()
    assert world.act.secretary_phone == "0199000007"


def test_a_message_of_a_director_goes_to_the_others_too(desk, world, client, mailoutbox, cast):
    second = UserFactory()
    AssignmentFactory(user=second, role="director", geographic_entity=world.eg)
    client.force_login(cast.directeur)
    client.post(reverse("collaborative:dossier_comment", args=[desk.dossier.pk]), {"text": "Qui relit le LAM ?"})
    assert sorted(mail.to[0] for mail in mailoutbox) == sorted(["ror.support@sesan.fr", second.email])


def test_the_back_office_speaks_french_and_tells_what_was_not_written(left, client, cast, world):
    client.force_login(cast.sesan)
    shown = read(client.get(reverse("admin:collaborative_dossier_change", args=[left.dossier.pk])).content.decode())
    for words in ("Prise en charge", "Ouverture", "Brouillon", "En validation"):
        assert words in shown
    for raw in ("settle", "draft", " → "):
        assert raw not in shown
    told = read(publish(client, left).text)
    assert "1 dossier validé, rien n’a été écrit" in told
    assert "LAM Altair, fiche laissée de côté." in told
    assert "dossier publié" not in told
