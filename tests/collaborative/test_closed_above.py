"""Closed meanwhile above a fiche: said before the closure, on the review, before publishing."""

import pytest
from django.urls import reverse
from django.utils import timezone

from collaborative.enums import FieldDecision
from collaborative.review.checks import Verdict
from collaborative.review.facts import checks_by_fiche
from collaborative.review.services import decide_field
from collaborative.review.standing import standing_of
from collaborative.services import open_dossier
from directory.enums import PublicationStatus
from directory.models import GeographicEntity, LegalEntity
from directory.scopes import scope_of
from directory.services import update_record
from tests.collaborative.publishing import add_unit, change, send_and_take, unit_values
from tests.factories.directory import StructureFactory
from tests.test_query_budgets import queries_of

pytestmark = pytest.mark.django_db


def close(desk, record, **more):
    record = type(record).objects.get(pk=record.pk)
    changes = {"status": "closed", "closure_kind": "PRO", "closed_on": timezone.localdate()} | more
    sesan = desk.cast.sesan
    update_record(
        record=record, changes=changes, expected_version=record.version, by=sesan, scope=scope_of(sesan), reason="x"
    )


def text(response):
    return response.content.decode().replace("\xa0", " ").replace("&nbsp;", " ").replace("\u202f", " ")


@pytest.fixture
def waiting(desk, cast, client):
    """A dossier with one new unit, taken by support, who is signed in."""
    desk.made = add_unit(desk, unit_values())
    send_and_take(desk)
    client.force_login(cast.sesan)
    return desk


def page(desk, name):
    return reverse(f"collaborative:{name}", args=[desk.dossier.pk])


def errors(desk, fiche):
    lines = checks_by_fiche([one.fiche for one in standing_of(desk.dossier).fiches]).get(fiche.pk, [])
    return [check for check in lines if check.verdict == Verdict.ERROR]


@pytest.mark.parametrize("which", ["eg", "ej"])
def test_the_review_and_the_confirmation_say_what_is_closed_above(waiting, world, client, which):
    record = {"eg": world.eg, "ej": world.ej}[which]
    assert errors(waiting, waiting.made) == []
    assert "1 fiche sera publiée" in text(client.get(page(waiting, "dossier_validate")))
    close(waiting, record)
    [check] = errors(waiting, waiting.made)
    told = f"« {record} », au-dessus de cette fiche, est fermé dans le répertoire depuis le "
    assert told in check.text.replace("\xa0", " ")
    shown = text(client.get(page(waiting, "dossier_review")))
    assert told in shown
    assert f'href="{check.url}"' in shown
    assert f"Publication bloquée : « {record} » est fermé" in shown
    assert "réouverture proposée" not in shown
    confirmation = text(client.get(page(waiting, "dossier_validate")))
    assert told in confirmation
    assert "Rien ne peut être publié pour l’instant" in confirmation
    assert "sera publiée" not in confirmation
    assert "Valider et publier" not in confirmation


def test_below_what_is_hidden_it_is_told_and_not_refused(desk, world):
    made = add_unit(desk, unit_values())
    GeographicEntity.objects.filter(pk=world.eg.pk).update(status=PublicationStatus.HIDDEN)
    told = [line for line in checks_by_fiche([made])[made.pk] if "masqué" in line.text]
    assert [line.verdict for line in told] == [Verdict.WARN]
    assert standing_of(desk.dossier).blocked == []


def test_a_structure_closed_above_stands_against_it_too(desk, world, cast):
    pole = StructureFactory(geographic_entity=world.other_eg, name="Pôle précarité")
    desk.dossier = open_dossier(entity=world.other_eg, **desk.who(cast.sesan))
    made = add_unit(desk, unit_values(), parent=desk.fiche(pole), by=cast.sesan)
    close(desk, pole)
    [(one, check)] = standing_of(desk.dossier).blocked
    assert one.fiche == made
    assert check.text.startswith("«\u00a0Pôle précarité\u00a0»")
    assert check.url == reverse("directory:geographic_entity_detail", args=[world.other_eg.pk])


def test_what_the_dossier_opens_again_is_not_enough_below_what_is_closed_higher(desk, world, cast):
    change(desk, world.eg, {"phone": "0199000009"})
    add_unit(desk, unit_values())
    send_and_take(desk)
    close(desk, world.ej)
    entity = desk.fiche(world.eg)
    settled = {"fiche": entity, "part": "status", "record_version": entity.record.version}
    decide_field(**settled, decision=FieldDecision.ACCEPT, **desk.who(cast.sesan))
    blocked = standing_of(desk.dossier).blocked
    assert {check.blocker for _, check in blocked} == {f"«\u00a0{world.ej}\u00a0» est fermé"}
    assert not any("réouverture" in check.text for _, check in blocked)


def test_what_the_dossier_opens_again_stands_against_nothing(desk, world, cast, client):
    change(desk, world.eg, {"phone": "0199000009"})
    made = add_unit(desk, unit_values())
    send_and_take(desk)
    close(desk, world.eg)
    entity = desk.fiche(world.eg)
    [(blocked, check)] = standing_of(desk.dossier).blocked
    assert blocked.fiche == made
    ways = "Faites-le rouvrir, prenez la réouverture proposée par ce dossier, ou renvoyez la fiche."
    assert check.text.endswith(ways)
    client.force_login(cast.sesan)
    assert ways in text(client.get(page(desk, "dossier_review")))
    settled = {"fiche": entity, "part": "status", "record_version": entity.record.version}
    decide_field(**settled, decision=FieldDecision.ACCEPT, **desk.who(cast.sesan))
    assert standing_of(desk.dossier).blocked == []
    shown = text(client.get(page(desk, "dossier_review")))
    assert "au-dessus de cette fiche" not in shown
    assert "Publication bloquée" not in shown
    decide_field(**settled, decision=FieldDecision.KEEP, **desk.who(cast.sesan))
    assert [one.fiche for one, _ in standing_of(desk.dossier).blocked] == [made]


def test_the_page_of_a_closure_names_the_dossier_under_way(waiting, world, client, cast):
    address = reverse("directory:record_close", kwargs={"kind": "eg", "record_id": world.eg.pk})
    shown = text(client.get(address))
    told = "Le dossier « Peuplement de ACT ALTAIR VESTA » (en validation) est en cours ici : ce qu’il propose pour "
    assert f"{told}cette fiche et pour celles qui sont en dessous ne pourra pas être publié" in shown
    assert shown.index(told) < shown.index("Ce qui sera fermé") < shown.index("Fermer la fiche</button>")
    assert page(waiting, "dossier_detail") in shown
    for kind, record in (("uo", world.act), ("ej", LegalEntity.objects.get(pk=world.ej.pk))):
        other = reverse("directory:record_close", kwargs={"kind": kind, "record_id": record.pk})
        assert "est en cours ici" in text(client.get(other))
    unit = text(client.get(reverse("directory:record_close", kwargs={"kind": "uo", "record_id": world.act.pk})))
    assert f"{told}cette unité ne pourra pas être publié tant qu’elle est fermée." in unit
    elsewhere = reverse("directory:record_close", kwargs={"kind": "eg", "record_id": world.other_eg.pk})
    assert "est en cours ici" not in text(client.get(elsewhere))
    assert len(queries_of(client, address)) <= 12


def test_the_confirmation_keeps_its_budget(waiting, world, client):
    before = len(queries_of(client, page(waiting, "dossier_validate")))
    close(waiting, world.eg)
    assert len(queries_of(client, page(waiting, "dossier_validate"))) <= before + 1
