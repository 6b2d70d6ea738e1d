"""Who opened or sent a dossier and lost the right or the account: what is left to do, who is told, what SESAN reads."""

import re

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from collaborative import services
from collaborative.fiches import services as fiche_services
from collaborative.models import Dossier, HeldEntity
from collaborative.permissions import why_not_edit
from directory.delegation.rights import end_role
from directory.models import Assignment
from directory.scopes import scope_of
from tests.factories.accounts import UserFactory
from tests.factories.directory import AssignmentFactory

from .publishing import change, entity_values, finalise, send_and_take, validate

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(world):
    """Directeur of ``world.eg`` and of ``world.other_eg``, of another EJ."""
    user = UserFactory(username="dir4", first_name="Inès", last_name="Dix")
    for entity in (world.eg, world.other_eg):
        AssignmentFactory(user=user, role="director", geographic_entity=entity)
    return user


@pytest.fixture
def proposed(desk, world, author):
    """The dossier of a new EG under the EJ of ``world.eg``, ready to be sent, opened by ``author``."""
    desk.dossier = services.propose_entity(legal_entity=world.ej, entity_name="EG neuve", **desk.who(author))
    finalise(desk, desk.dossier.fiches.get(), entity_values("EG neuve"), by=author)
    return desk


def lose(user, entity):
    Assignment.objects.filter(user=user, geographic_entity=entity).delete()


def page(client, user, desk, name="dossier_detail", **data):
    client.force_login(user)
    address = reverse(f"collaborative:{name}", args=[desk.dossier.pk])
    return client.post(address, data, follow=True) if data else client.get(address)


def test_without_a_right_under_the_ej_the_author_writes_and_sends_nothing(client, proposed, author, world):
    lose(author, world.eg)
    top = proposed.dossier.fiches.get()
    with pytest.raises(PermissionDenied):
        fiche_services.add_units(parent=top, count=1, **proposed.who(author))
    with pytest.raises(PermissionDenied):
        proposed.apply("send", by=author)
    shown = page(client, author, proposed).content.decode()
    assert "Vous n’avez plus de droit ici" in shown
    assert "Envoyer en validation</a>" not in shown
    assert "Abandonner le dossier" in shown
    refused = page(client, author, proposed, "dossier_send")
    assert refused.status_code == 403
    assert "plus de droit sous l’entité juridique" in refused.content.decode()
    address = reverse("collaborative:fiche_detail", args=[top.dossier_id, top.pk])
    for act in ("attente", "finaliser"):
        form = client.post(address, {"acte": act, "contact-phone": "01 47 25 66 77"})
        assert form.status_code == 403
        assert "plus de droit sous l’entité juridique" in form.text
        assert "01 47 25 66 77" in form.text
    assert "vous n’avez plus de droit sous l’entité juridique" in client.get(address).text


def test_the_author_still_gives_up_what_is_his(client, proposed, author, world):
    proposed.apply("send", by=author)
    lose(author, world.eg)
    assert page(client, author, proposed, "dossier_withdraw").status_code == 200
    version = Dossier.objects.get(pk=proposed.dossier.pk).version
    done = page(client, author, proposed, "dossier_withdraw", version=version).content.decode()
    assert "Le dossier est retiré de la validation." in done
    assert page(client, author, proposed, "dossier_abandon").status_code == 200
    assert proposed.apply("abandon", by=author).state == "abandoned"


def test_nobody_becomes_director_where_nothing_is_left_to_him(client, proposed, author, cast, world):
    send_and_take(proposed, by=author)
    assert "en deviendra le Directeur" in page(client, cast.sesan, proposed, "dossier_validate").content.decode()
    lose(author, world.eg)
    shown = page(client, cast.sesan, proposed, "dossier_validate").content.decode()
    assert "n’en deviendra pas le Directeur" in shown
    assert "Aucun directeur actif" in shown
    done = validate(proposed)
    assert done.director is None
    assert not Assignment.objects.filter(geographic_entity=done.dossier.geographic_entity).exists()


def test_whoever_heads_the_ej_is_told_in_the_place_of_an_author_who_left(proposed, author, world):
    head = UserFactory(username="chef")
    AssignmentFactory(user=head, role="director", legal_entity=world.ej)
    lose(author, world.eg)
    proposed.apply("send", by=head)
    mail.outbox.clear()
    proposed.apply("take", by=proposed.cast.sesan)
    proposed.apply("return", by=proposed.cast.sesan, remark="À revoir.")
    assert {one.to[0] for one in mail.outbox} == {head.email}


@pytest.fixture
def sent(desk, world, cast):
    """The dossier of ``world.eg``, sent by its director and taken by SESAN."""
    change(desk, world.act, {"email": "neuf@example.org"})
    send_and_take(desk)
    mail.outbox.clear()
    return desk


def returned(client, desk, cast):
    version = Dossier.objects.get(pk=desk.dossier.pk).version
    said = {"remarque": "À revoir.", "dossier_version": version}
    return page(client, cast.sesan, desk, "dossier_return", **said).content.decode()


def test_the_director_of_today_is_told_and_named_in_the_place_of_the_former_one(client, desk, world, cast):
    change(desk, world.act, {"email": "neuf@example.org"})
    desk.apply("send")
    now = UserFactory(username="present", first_name="Cléo", last_name="Présent")
    AssignmentFactory(user=now, role="director", geographic_entity=world.eg)
    for assignment in Assignment.objects.filter(user=cast.directeur):
        end_role(assignment=assignment, by=cast.sesan)
    mail.outbox.clear()
    desk.apply("take", by=cast.sesan)
    assert [one.to[0] for one in mail.outbox] == [now.email]
    words = returned(client, desk, cast)
    assert f"{now.short_name} est prévenu par mail." in words
    assert cast.directeur.short_name not in words.partition("est renvoyé à corriger")[2][:200]
    assert [one.to[0] for one in mail.outbox[1:]] == [now.email]


@pytest.mark.parametrize("gone", ["account", "right"])
def test_when_nobody_can_correct_it_support_is_told_and_sees_what_to_do(client, sent, cast, gone):
    if gone == "account":
        cast.directeur.is_active = False
        cast.directeur.save()
    else:
        cast.directeur.assignments.all().delete()
    assert "Aucun directeur actif" in page(client, cast.sesan, sent, "dossier_return").content.decode()
    words = returned(client, sent, cast)
    assert "prévenu par mail" not in words
    assert "Personne ne peut plus le corriger" in words
    [link] = re.findall(rf'href="({reverse("admin:directory_assignment_add")}[^"]*)"', words)
    form = client.get(link.replace("&amp;", "&")).context["adminform"].form
    assert str(form["role"].value()) == "director"
    assert str(form["geographic_entity"].value()) == str(sent.dossier.geographic_entity_id)
    assert [(one.to[0], "Personne ne peut plus corriger" in one.subject) for one in mail.outbox] == [
        ("ror.support@sesan.fr", True)
    ]
    assert "Sans directeur actif" in client.get("/dossiers/").content.decode()
    assert "Aucun directeur actif" in page(client, cast.sesan, sent).content.decode()


@pytest.mark.parametrize("left", [True, False])
def test_the_desk_is_told_too_of_a_rest_that_nobody_can_correct(sent, cast, world, left):
    sent.apply("withdraw")
    change(sent, world.lam, {"email": "lam@example.org"})
    send_and_take(sent)
    mail.outbox.clear()
    if left:
        cast.directeur.assignments.all().delete()
    rest = validate(sent, fiche_ids={sent.fiche(world.act).pk}, remark="Le LAM plus tard.").remainder
    told = [one for one in mail.outbox if "Personne ne peut plus corriger" in one.subject]
    assert [one.to for one in told] == ([["ror.support@sesan.fr"]] if left else [])
    for one in told:
        assert f"/dossiers/{rest.pk}/" in one.body
        assert "a publié une partie d’un dossier et renvoyé le reste" in one.body


def test_a_dossier_that_has_its_director_says_nothing_of_it(client, sent, cast):
    assert "Aucun directeur actif" not in page(client, cast.sesan, sent, "dossier_review").content.decode()
    assert f"{cast.directeur.short_name} est prévenu par mail." in returned(client, sent, cast)
    assert "Sans directeur actif" not in client.get("/dossiers/").content.decode()


def test_what_is_no_more_sent_is_not_said_to_be(client, proposed, author):
    proposed.apply("send", by=author)
    assert "<dt>Envoyé</dt>" in page(client, author, proposed).text
    proposed.apply("withdraw", by=author)
    assert "<dt>Envoyé</dt>" not in page(client, author, proposed).text


def test_who_heads_one_of_two_establishments_is_told_which_other_one_the_dossier_holds(desk, world, cast, client):
    change(desk, world.act, {"email": "neuf@example.org"})
    second = UserFactory()
    AssignmentFactory(user=second, role="director", geographic_entity=world.eg)
    dossier = Dossier.objects.get(pk=desk.dossier.pk)
    assert why_not_edit(scope_of(second), dossier) == ""
    HeldEntity.objects.create(dossier=dossier, geographic_entity=world.other_eg)
    assert str(world.other_eg) in why_not_edit(scope_of(second), dossier)
    client.force_login(second)
    fiche = desk.fiche(world.act)
    answer = client.get(reverse("collaborative:fiche_remove", args=[dossier.pk, fiche.pk]))
    assert answer.status_code == 403
    assert str(world.other_eg) in answer.content.decode()
