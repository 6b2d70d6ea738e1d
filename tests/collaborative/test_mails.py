"""Mails about dossiers: who is told of which act, what it says, and that nobody is mailed his own act."""

import datetime
import re

import pytest
from django.core import mail

from collaborative import services
from collaborative.enums import FieldDecision
from collaborative.mails.receivers import GATHERED_FOR, heads
from collaborative.mails.words import comment_lines
from collaborative.models import Comment, Dossier
from collaborative.review import services as review
from collaborative.review.validation import publish_part
from tests.factories.accounts import UserFactory
from tests.factories.directory import AssignmentFactory

from .publishing import another_validator, change, send_and_take, validate

pytestmark = pytest.mark.django_db

DESK = "ror.support@sesan.fr"


@pytest.fixture
def ready(desk, world):
    """The dossier, one unit of it changed and finalised."""
    change(desk, world.act, {"email": "neuf@example.org", "name": "ACT Vesta"})
    mail.outbox.clear()
    return desk


def told():
    """Address and first words of the subject of each mail since the last call."""
    found = sorted((one.to[0], one.subject.partition("] ")[2].partition("\u00a0:")[0]) for one in mail.outbox)
    mail.outbox.clear()
    return found


def test_the_desk_learns_of_a_dossier_sent_then_its_author_of_who_takes_it(ready, cast):
    ready.apply("send", remark="Bon pour nous.")
    body = mail.outbox[0].body
    assert "« Bon pour nous. »".replace("« ", "«\u00a0").replace(" »", "\u00a0»") in body
    assert f"/dossiers/{ready.dossier.pk}/validation/" in body
    assert told() == [(DESK, "À valider")]
    ready.apply("take", by=cast.sesan)
    assert told() == [(cast.directeur.email, "Dossier pris en charge")]


def test_the_first_validator_is_told_when_another_takes_over_or_the_author_withdraws(ready, cast):
    send_and_take(ready)
    other = another_validator()
    mail.outbox.clear()
    ready.apply("take_over", by=other)
    assert told() == [(cast.sesan.email, "Dossier repris par un autre valideur")]
    ready.apply("withdraw")
    assert told() == [(other.email, "Dossier retiré de la validation")]


def test_a_dossier_that_nobody_took_is_withdrawn_in_silence(ready):
    ready.apply("send")
    mail.outbox.clear()
    ready.apply("withdraw")
    assert told() == []


def test_a_return_is_one_message_with_every_remark_and_a_link_to_each_field(ready, world, cast):
    second = UserFactory()
    AssignmentFactory(user=second, role="director", geographic_entity=world.eg)
    gone = UserFactory(is_active=False)
    AssignmentFactory(user=gone, role="director", geographic_entity=world.eg)
    send_and_take(ready)
    fiche = ready.fiche(world.act)
    for part, reason in (("email", "Adresse inconnue."), ("name", "Trop court.")):
        review.decide_field(
            fiche=fiche, part=part, decision=FieldDecision.RETURN, reason=reason, **ready.who(cast.sesan)
        )
    mail.outbox.clear()
    review.return_dossier(dossier=ready.dossier, remark="Deux points.", **ready.who(cast.sesan))
    message = mail.outbox[0]
    for words in ("Deux points.", "Adresse inconnue.", "Trop court."):
        assert words in message.body
    linked = re.findall(rf"/dossiers/{ready.dossier.pk}/fiches/{fiche.pk}/#id_[\w-]+-(\w+)", message.body)
    assert sorted(linked) == ["email", "name"]
    assert told() == sorted((user.email, "Dossier à corriger") for user in (cast.directeur, second))


def test_a_publication_tells_author_and_directors(ready, cast):
    send_and_take(ready)
    mail.outbox.clear()
    validate(ready)
    assert told() == [(cast.directeur.email, "Dossier publié")]


def test_a_partial_publication_leads_to_the_rest(ready, world, cast):
    change(ready, world.lam, {"email": "lam@example.org"})
    send_and_take(ready)
    mail.outbox.clear()
    done = validate(ready, fiche_ids={ready.fiche(world.act).pk}, remark="Le LAM plus tard.")
    assert f"/dossiers/{done.remainder.pk}/" in mail.outbox[0].body
    assert told() == [(cast.directeur.email, "Dossier publié en partie")]


def test_a_partial_publication_lists_what_is_to_correct_with_a_link_to_each_field(ready, world, cast):
    change(ready, world.lam, {"email": "lam@example.org"})
    send_and_take(ready)
    fiche = ready.fiche(world.lam)
    review.decide_field(
        fiche=fiche, part="email", decision=FieldDecision.RETURN, reason="Adresse inconnue.", **ready.who(cast.sesan)
    )
    mail.outbox.clear()
    who = ready.who(cast.sesan) | {"expected_version": Dossier.objects.get(pk=ready.dossier.pk).version}
    done = publish_part(dossier=ready.dossier, remark="Presque.", **who)
    [message] = mail.outbox
    assert "Adresse inconnue." in message.body
    assert re.findall(rf"/dossiers/{done.remainder.pk}/fiches/{fiche.pk}/#id_[\w-]+-(\w+)", message.body) == ["email"]


def test_support_that_withdraws_tells_the_directors(ready, cast):
    send_and_take(ready)
    mail.outbox.clear()
    ready.apply("withdraw", by=cast.sesan)
    [message] = mail.outbox
    assert "que vous aviez pris en charge" not in message.body
    assert "Il n’est plus en validation" in message.body
    assert told() == [(cast.directeur.email, "Dossier retiré de la validation")]


def test_support_that_abandons_tells_the_directors_but_not_of_a_dossier_nobody_began(ready, cast):
    ready.apply("abandon", by=cast.sesan)
    assert told() == [(cast.directeur.email, "Dossier abandonné")]
    untouched = services.open_dossier(entity=ready.world.eg, **ready.who(cast.sesan))
    ready.apply("abandon", by=cast.sesan, dossier=untouched)
    assert told() == []


def test_directors_who_abandon_mail_nobody(ready):
    ready.apply("abandon")
    assert told() == []


def test_a_message_goes_to_the_other_side(ready, cast):
    def say(by, text="Une question.", **more):
        services.add_comment(dossier=ready.dossier, text=text, **more, **ready.who(by))

    say(None)
    assert told() == [(DESK, "1 nouveau message")]
    send_and_take(ready)
    mail.outbox.clear()
    say(None, "Une autre.")
    assert told() == [(cast.sesan.email, "1 nouveau message")]
    say(cast.sesan)
    assert told() == [(cast.directeur.email, "1 nouveau message")]


def test_messages_of_ten_minutes_make_one_mail(ready):
    start = ready.now
    minute = datetime.timedelta(minutes=1)
    times = [start + n * minute for n in (0, 4, 10, 11, 20, 22)]
    assert heads(times) == [times[0], times[3], times[5]]
    for text in ("Un.", "Deux."):
        services.add_comment(dossier=ready.dossier, text=text, **ready.who(None))
    first = Comment.objects.order_by("at")[0]
    lines = comment_lines(first, first.at + GATHERED_FOR, "https://ror.example/")
    assert [line.text for line in lines] == ["Un.", "Deux."]


def test_who_lost_the_dossier_is_told_nothing_more(ready, cast):
    send_and_take(ready)
    cast.directeur.assignments.all().delete()
    mail.outbox.clear()
    validate(ready)
    assert told() == []
