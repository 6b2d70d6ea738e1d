"""A record moved or closed in the directory since it is in the dossier: a conflict, settled by the validator."""

import datetime

import pytest
from django.urls import reverse

from accounts.roles import Role
from collaborative.enums import FieldDecision
from collaborative.fiches import services as fiche_services
from collaborative.publication import PublicationRefused
from collaborative.review.services import decide_field
from collaborative.review.standing import standing_of
from directory.delegation.rights import give_role
from directory.models import OperationalUnit
from directory.scopes import scope_of
from directory.services import update_record
from tests.collaborative.publishing import change, remove, send_and_take, validate
from tests.factories.directory import GeographicEntityFactory, StructureFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def elsewhere(world):
    return GeographicEntityFactory(legal_entity=world.ej, name="Maison Vénus")


def edit(desk, record, **changes):
    """An act of support in the directory, while the dossier is open."""
    record.refresh_from_db()
    by = desk.cast.sesan
    update_record(record=record, changes=changes, expected_version=record.version, by=by, scope=scope_of(by))


def close(desk, record):
    edit(desk, record, status="closed", closure_kind="DEF", closed_on=datetime.date(2026, 11, 1))


def decide(desk, record, part, decision):
    fiche = desk.fiche(record)
    fiche.record.refresh_from_db()
    decide_field(
        fiche=fiche,
        part=part,
        decision=FieldDecision(decision),
        record_version=fiche.record.version,
        **desk.who(desk.cast.sesan),
    )


def conflict(desk, record):
    [one] = [one for one in standing_of(desk.dossier).fiches if one.fiche.record == record]
    return one


def move_to(desk, record, entity):
    """The director, who heads both EGs, moves a unit to the second one."""
    by = desk.cast.directeur
    give_role(user=by, role=Role.DIRECTOR, record=entity, by=desk.cast.sesan)
    fiche = desk.fiche(record)
    fiche_services.move_to_entity(entity=entity, fiche=fiche, expected_version=fiche.version, **desk.who(by))


@pytest.fixture
def moved(desk, world, elsewhere):
    """The dossier changes a unit that support moves to another EG meanwhile."""
    change(desk, world.act, {"email": "act@altair.example"})
    send_and_take(desk)
    edit(desk, world.act, geographic_entity=elsewhere)
    return world.act


def test_both_places_are_shown_and_nothing_is_published_before_one_is_chosen(desk, moved, elsewhere, client):
    one = conflict(desk, moved)
    assert [part.key for part in one.open_conflicts] == ["place"]
    told = one.conflicts["place"]
    assert (told.base, told.current, told.proposed) == (
        f"«\u00a0{desk.world.eg}\u00a0»",
        f"«\u00a0{elsewhere}\u00a0»",
        f"«\u00a0{desk.world.eg}\u00a0»",
    )
    client.force_login(desk.cast.sesan)
    page = client.get(reverse("collaborative:fiche_review", args=[desk.dossier.pk, one.fiche.pk])).text
    assert "Place dans le répertoire" in page
    assert "Maison Vénus" in page
    assert "Garder le répertoire" in page
    with pytest.raises(PublicationRefused) as refused:
        validate(desk)
    assert [line.reason for line in refused.value.lines] == [
        "Sa place dans le répertoire a changé depuis\u00a0: choisissez celle à publier."
    ]


@pytest.mark.parametrize("decision", ["keep", "accept"])
def test_the_unit_stands_where_the_validator_says(desk, moved, elsewhere, decision):
    decide(desk, moved, "place", decision)
    assert not conflict(desk, moved).open_conflicts
    validate(desk)
    moved.refresh_from_db()
    assert moved.geographic_entity == (elsewhere if decision == "keep" else desk.world.eg)
    assert moved.email == "act@altair.example"


def test_a_decision_falls_when_the_directory_moves_it_again(desk, moved, world):
    decide(desk, moved, "place", "keep")
    edit(desk, moved, geographic_entity=world.other_eg)
    assert conflict(desk, moved).open_conflicts
    with pytest.raises(PublicationRefused):
        validate(desk)
    edit(desk, moved, geographic_entity=world.eg)  # back home: no conflict is left
    assert conflict(desk, moved).open_conflicts == []
    validate(desk)


def test_two_moves(desk, world, elsewhere):
    structure = StructureFactory(geographic_entity=elsewhere, name="Pôle")
    move_to(desk, world.act, elsewhere)
    send_and_take(desk)
    edit(desk, world.act, geographic_entity=elsewhere, structure=structure)
    one = conflict(desk, world.act)
    assert one.conflicts["place"].current == f"«\u00a0{elsewhere}\u00a0», «\u00a0Pôle\u00a0»"
    decide(desk, world.act, "place", "keep")
    validate(desk)
    unit = OperationalUnit.objects.get(pk=world.act.pk)
    assert (unit.geographic_entity, unit.structure) == (elsewhere, structure)


def test_moved_to_the_same_place_is_no_conflict(desk, world, elsewhere):
    move_to(desk, world.act, elsewhere)
    send_and_take(desk)
    edit(desk, world.act, geographic_entity=elsewhere)
    assert conflict(desk, world.act).conflicts == {}
    assert validate(desk).dossier.state == "validated"


@pytest.mark.parametrize("decision", ["keep", "accept"])
def test_a_removal_of_a_unit_moved_meanwhile(desk, world, elsewhere, decision):
    remove(desk, world.act)
    send_and_take(desk)
    edit(desk, world.act, geographic_entity=elsewhere)
    with pytest.raises(PublicationRefused):
        validate(desk)
    decide(desk, world.act, "place", decision)
    validate(desk)
    world.act.refresh_from_db()
    assert world.act.is_closed is (decision == "accept")
    assert world.act.geographic_entity == elsewhere


@pytest.fixture
def closed(desk, world):
    """The dossier changes a unit that support closes meanwhile."""
    change(desk, world.act, {"email": "act@altair.example"})
    send_and_take(desk)
    close(desk, world.act)
    return world.act


def test_a_closure_is_a_conflict_too(desk, closed):
    told = conflict(desk, closed).conflicts["status"]
    assert (told.base, told.current) == ("Publiée", "Fermée le 01/11/2026, fermeture définitive")
    with pytest.raises(PublicationRefused) as refused:
        validate(desk)
    assert "fermée dans le répertoire depuis" in refused.value.lines[0].reason


def test_the_closure_is_kept_and_the_record_says_what_it_said(desk, closed):
    decide(desk, closed, "status", "keep")
    done = validate(desk)
    closed.refresh_from_db()
    assert closed.is_closed
    assert closed.email != "act@altair.example"
    fiche = desk.fiche(closed)
    assert (done.fiches, done.left, done.lines) == ([], [fiche], [])
    assert (fiche.published_at, fiche.is_left_aside) == (None, True)


def post_validation(desk, client):
    """« Valider » on the page, as the validator; the page before and the one that follows."""
    client.force_login(desk.cast.sesan)
    url = reverse("collaborative:dossier_validate", args=[desk.dossier.pk])
    before = client.get(url)
    desk.dossier.refresh_from_db()
    sent = {"acte": "tout", "dossier_version": desk.dossier.version, "remarque": ""}
    after = client.post(url, sent, follow=True)
    return before.text, after.text


def test_what_is_left_is_said_before_and_after(
    desk, world, closed, client, mailoutbox, django_capture_on_commit_callbacks
):
    decide(desk, closed, "status", "keep")
    standing = standing_of(desk.dossier)
    assert (standing.total, standing.kept_count, standing.accepted_count, standing.undecided_count) == (1, 1, 0, 0)
    with django_capture_on_commit_callbacks(execute=True):
        before, after = post_validation(desk, client)
    assert "1 fiche sera laissée de côté" in before
    assert "reste fermée dans le répertoire" in before
    assert "Rien à écrire dans le répertoire" in before
    assert "sera publiée" not in before
    assert "sans décision" not in before
    assert "Rien à écrire dans le répertoire\u00a0: 1 fiche laissée de côté." in after
    assert "reste fermée dans le répertoire" in after, "the history of the dossier tells why"
    page = client.get(reverse("collaborative:fiche_detail", args=[desk.dossier.pk, desk.fiche(closed).pk])).text
    assert "Fiche laissée de côté à la publication" in page
    assert any("Le répertoire garde ce qu’il dit pour" in mail.body for mail in mailoutbox)


def test_the_others_are_published_beside_what_is_left(desk, world, client):
    change(desk, world.act, {"email": "act@altair.example"})
    change(desk, world.lam, {"email": "lam@altair.example"})
    send_and_take(desk)
    close(desk, world.act)
    decide(desk, world.act, "status", "keep")
    _, after = post_validation(desk, client)
    assert "1 fiche publiée, 1 laissée de côté." in after
    assert desk.fiche(world.lam).published_at is not None


def test_a_unit_to_remove_that_is_closed_already(desk, world, client):
    remove(desk, world.act)
    send_and_take(desk)
    close(desk, world.act)
    version = OperationalUnit.objects.get(pk=world.act.pk).version
    told = f"déjà fermée le 01/11/2026 par {desk.cast.sesan.short_name}"
    assert conflict(desk, world.act).left == told
    assert conflict(desk, world.act).undecided == []
    client.force_login(desk.cast.sesan)
    assert (
        told in client.get(reverse("collaborative:fiche_review", args=[desk.dossier.pk, desk.fiche(world.act).pk])).text
    )
    before, after = post_validation(desk, client)
    assert told in before
    assert "Rien à écrire dans le répertoire\u00a0: 1 fiche laissée de côté." in after
    desk.dossier.refresh_from_db()
    world.act.refresh_from_db()
    assert (desk.dossier.state, world.act.version) == ("validated", version)
    assert world.act.closed_on == datetime.date(2026, 11, 1)


def test_a_unit_to_remove_that_is_closed_for_a_time_is_closed_for_good(desk, world):
    remove(desk, world.act)
    send_and_take(desk)
    edit(desk, world.act, status="closed", closure_kind="PRO", closed_on=datetime.date(2026, 11, 1))
    assert conflict(desk, world.act).left == ""
    assert len(validate(desk).fiches) == 1
    world.act.refresh_from_db()
    assert world.act.closure_kind == "DEF"


def test_the_unit_is_open_again_with_what_the_dossier_says(desk, closed):
    decide(desk, closed, "status", "accept")
    [line] = validate(desk).lines
    closed.refresh_from_db()
    assert (closed.status, closed.closed_on, closed.email) == ("published", None, "act@altair.example")
    assert line.action == "reopened"


def test_a_unit_is_not_open_again_below_what_is_closed(desk, world):
    change(desk, world.act, {"email": "act@altair.example"})
    send_and_take(desk)
    close(desk, world.eg)
    decide(desk, world.act, "status", "accept")
    with pytest.raises(PublicationRefused) as refused:
        validate(desk)
    assert "au-dessus d’elle, est fermé" in refused.value.lines[0].reason
    decide(desk, world.act, "status", "keep")
    assert validate(desk).dossier.state == "validated"
