"""Publishing a dossier: records, lists, closures, moves, history, and what is refused whole."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts.roles import Role
from collaborative.fiches import services as fiche_services
from collaborative.models import Dossier, FieldReview, HeldEntity, Step
from collaborative.publication import PublicationRefused, conflicts_of, fiches_to_publish, final_values
from collaborative.services import StaleDossier, propose_entity
from directory.models import Assignment, GeographicEntity, OperationalUnit, RecordChange, RecordQuality, Structure
from directory.scopes import scope_of
from directory.services import update_record
from directory.signals import entities_changed, units_changed
from directory.snapshots import state_of
from tests.collaborative.publishing import (
    activity,
    add_unit,
    another_validator,
    change,
    coded,
    entity_values,
    finalise,
    remove,
    send_and_take,
    unit_values,
    validate,
)
from tests.factories.accounts import UserFactory
from tests.factories.directory import AssignmentFactory, GeographicEntityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard():
    """Signals sent, with what they name."""
    said = []

    def on_units(sender, unit_ids, **kwargs):
        said.append(("units", sorted(unit_ids)))

    def on_entities(sender, entity_ids, **kwargs):
        said.append(("entities", sorted(entity_ids)))

    units_changed.connect(on_units)
    entities_changed.connect(on_entities)
    yield said
    units_changed.disconnect(on_units)
    entities_changed.disconnect(on_entities)


def edit_directly(record, by, **changes):
    record.refresh_from_db()
    update_record(record=record, changes=changes, expected_version=record.version, by=by, scope=scope_of(by))


def refusals(desk, **options):
    """Lines of a refused publication; nothing was written."""
    before = RecordChange.objects.count(), OperationalUnit.objects.count(), Step.objects.count()
    with pytest.raises(PublicationRefused) as refused:
        validate(desk, **options)
    assert (RecordChange.objects.count(), OperationalUnit.objects.count(), Step.objects.count()) == before
    assert Dossier.objects.get(pk=desk.dossier.pk).state == "sent"
    return [(str(line.fiche), line.label, line.reason) for line in refused.value.lines]


def test_a_new_unit_is_published_whole(desk, world, cast, heard):
    made = add_unit(desk, unit_values())
    send_and_take(desk)
    heard.clear()
    done = validate(desk)
    made.refresh_from_db()
    unit = made.unit
    assert (done.dossier.state, made.published_at) == ("validated", desk.now)
    assert (unit.name, unit.geographic_entity, unit.status, unit.version) == ("ACT Neuve", world.eg, "published", 1)
    assert unit.national_id == f"11/{unit.pk}"
    assert (unit.created_by, unit.updated_by, unit.updated_role) == (cast.directeur, cast.directeur, Role.DIRECTOR)
    state = state_of(unit)
    values = final_values(made)
    for name in ("operational_activity", "audience", "intervention_communes"):
        assert {row["id"] for row in state[name]} == {row["id"] for row in values[name]}
    assert state["weekly_hours"] == values["weekly_hours"]
    line = RecordChange.objects.get(record_kind="uo", record_id=unit.pk)
    assert (line.action, line.by, line.role, line.version) == ("created", cast.directeur, Role.DIRECTOR, 1)
    assert line.reason == (
        f"Dossier n°\u00a0{desk.dossier.pk} «\u00a0Peuplement de ACT ALTAIR VESTA\u00a0», "
        f"envoyé par {cast.directeur}, validé par {cast.sesan}"
    )
    assert line.changes["weekly_hours"] == [None, values["weekly_hours"]]
    assert heard == [("units", [unit.pk])]
    assert RecordQuality.objects.filter(unit=unit).exists()
    assert not HeldEntity.objects.exists()


def test_changes_closures_and_moves_in_one_publication(desk, world, cast, heard):
    pole = fiche_services.add_structure(parent=desk.fiche(world.eg), level="S1", **desk.who(None))
    pole = finalise(desk, pole, {"name": "Pôle médical"})
    inside = add_unit(desk, unit_values("ACT du pôle"), parent=pole)
    change(desk, world.act, {"installed_places": 40, "email": "neuf@example.org"})
    mobile = desk.fiche(world.act_mobile)
    fiche_services.move_fiche(fiche=mobile, parent=pole, expected_version=mobile.version, **desk.who(None))
    remove(desk, world.lam)
    send_and_take(desk)
    heard.clear()
    done = validate(desk)
    structure = Structure.objects.get(name="Pôle médical")
    act, act_mobile, lam = (OperationalUnit.objects.get(pk=u.pk) for u in (world.act, world.act_mobile, world.lam))
    inside.refresh_from_db()
    assert (inside.unit.structure, act_mobile.structure) == (structure, structure)
    assert (act.installed_places, act.email, act.version) == (40, "neuf@example.org", 2)
    assert (lam.status, lam.closure_kind, lam.closed_on) == ("closed", "DEF", timezone.localdate(desk.now))
    lines = {(line.record_kind, line.record_id): line for line in done.lines}
    assert len(done.lines) == 5
    assert lines["uo", act.pk].changes.keys() == {"installed_places", "email", "operational_activity", "audience"}
    assert lines["uo", act_mobile.pk].changes.keys() == {"structure"}
    assert lines["uo", lam.pk].action == "closed"
    assert {line.at for line in done.lines} == {desk.now}
    assert len({line.reason for line in done.lines}) == 1
    assert heard == [("units", sorted([act.pk, act_mobile.pk, lam.pk, inside.unit_id]))]
    untouched = desk.fiche(world.eg)
    assert (untouched.published_at, untouched.state) == (None, "standard")


def test_a_structure_removed_with_what_it_holds_keeps_one_line_a_record(desk, world):
    fiche_services.remove_fiche(fiche=desk.fiche(world.eg), expected_version=1, **desk.who(None))
    send_and_take(desk)
    done = validate(desk)
    assert len(done.lines) == 4
    assert all(line.reason.startswith("Dossier n°") for line in done.lines)
    eg = GeographicEntity.objects.get(pk=world.eg.pk)
    assert (eg.status, eg.version) == ("closed", 2)
    assert set(OperationalUnit.objects.filter(geographic_entity=eg).values_list("status", "version")) == {("closed", 2)}


def test_a_closure_never_closes_what_the_dossier_does_not_know(desk, world, cast):
    remove(desk, world.eg)
    send_and_take(desk)
    edit_directly(world.lhss, cast.sesan, geographic_entity=world.eg)
    assert refusals(desk) == [
        (
            "ACT ALTAIR VESTA",
            "",
            "La supprimer fermerait aussi «\u00a0LHSS Bellatrix\u00a0», que cette publication ne supprime pas.",
        )
    ]


def test_a_unit_moved_to_another_entity_keeps_its_address_and_its_number(desk, world, cast):
    lam = desk.fiche(world.lam)
    there = fiche_services.join_entity(dossier=desk.dossier, entity=world.other_eg, **desk.who(cast.sesan))
    fiche_services.move_fiche(fiche=lam, parent=there, expected_version=lam.version, **desk.who(cast.sesan))
    number = world.lam.national_id
    desk.apply("send", by=cast.sesan)
    other = another_validator()
    desk.apply("take", by=other)
    done = validate(desk, by=other)
    moved = OperationalUnit.objects.get(pk=world.lam.pk)
    assert (moved.geographic_entity, moved.national_id) == (world.other_eg, number or moved.national_id)
    assert moved.commune == world.eg.commune
    assert [(line.action, line.role, line.by) for line in done.lines] == [("moved", Role.SUPPORT, cast.sesan)]


def test_a_new_entity_is_published_and_its_author_heads_it(world, cast, desk):
    head = UserFactory(username="neuf")
    neighbour = GeographicEntityFactory(legal_entity=world.ej)
    AssignmentFactory(user=head, role=Role.DIRECTOR, geographic_entity=neighbour)
    who = {"by": head, "scope": scope_of(head)}
    desk.dossier = propose_entity(legal_entity=world.ej, entity_name="CPTS Grand Exemple", now=desk.tick(), **who)
    top = desk.dossier.fiches.get()
    finalise(desk, top, entity_values(), by=head)
    unit = add_unit(desk, unit_values("CPTS – coordination", "255.58"), parent=top, by=head)
    send_and_take(desk, by=head)
    done = validate(desk)
    top.refresh_from_db()
    unit.refresh_from_db()
    entity = top.geographic_entity
    assert (done.dossier.geographic_entity, unit.unit.geographic_entity) == (entity, entity)
    assert (entity.legal_entity, entity.national_id, entity.version) == (world.ej, "1920000015", 1)
    assert done.director == head
    given = Assignment.objects.get(user=head, geographic_entity=entity)
    assert (given.role, given.given_by) == (Role.DIRECTOR, cast.sesan)


def test_amended_and_kept_fields(desk, world, cast):
    fiche = change(desk, world.act, {"email": "propose@example.org", "installed_places": 41, "name": "ACT Vesta"})
    send_and_take(desk)
    shared = {"fiche": fiche, "at": desk.tick(), "by": cast.sesan, "record_version": 1}
    FieldReview.objects.create(field="email", decision="amend", value="juste@example.org", **shared)
    FieldReview.objects.create(field="installed_places", decision="keep", **shared)
    FieldReview.objects.create(field="name", decision="accept", **shared)
    validate(desk)
    act = OperationalUnit.objects.get(pk=world.act.pk)
    assert (act.email, act.installed_places, act.name) == ("juste@example.org", 35, "ACT Vesta")


def test_a_returned_point_prevents_publishing(desk, world, cast):
    fiche = change(desk, world.act, {"email": "propose@example.org"})
    send_and_take(desk)
    FieldReview.objects.create(
        fiche=fiche, field="email", decision="return", reason="Fausse.", at=desk.tick(), by=cast.sesan
    )
    [(name, label, reason)] = refusals(desk)
    assert (name, label) == ("ACT ALTAIR VESTA", "Adresse mail")
    assert "à corriger" in reason


def test_a_conflict_is_settled_before_publishing_even_when_it_comes_late(desk, world, cast):
    fiche = change(desk, world.act, {"email": "propose@example.org"})
    send_and_take(desk)
    edit_directly(world.act, cast.sesan, email="direct@example.org", fax="0199000009")
    fiche.refresh_from_db()
    [conflict] = conflicts_of(fiche)
    assert conflict == ("email", "Adresse mail", "", "propose@example.org", "direct@example.org")
    assert [line[:2] for line in refusals(desk)] == [("ACT ALTAIR VESTA", "Adresse mail")]
    review = FieldReview.objects.create(
        fiche=fiche, field="email", decision="accept", record_version=1, at=desk.tick(), by=cast.sesan
    )
    assert len(refusals(desk)) == 1
    FieldReview.objects.filter(pk=review.pk).update(record_version=2)
    edit_directly(world.act, cast.sesan, pets="Acceptés")
    validate(desk)
    act = OperationalUnit.objects.get(pk=world.act.pk)
    assert (act.email, act.fax, act.pets, act.version) == ("propose@example.org", "0199000009", "Acceptés", 4)


def test_what_the_directory_says_already_is_no_change(desk, world, cast):
    change(desk, world.act, {"email": "meme@example.org", "operational_activity": [coded(activity("A"))]})
    send_and_take(desk)
    fiche = desk.fiche(world.act)
    for name in ("operational_activity", "audience"):
        FieldReview.objects.create(fiche=fiche, field=name, decision="keep", at=desk.now, by=cast.sesan)
    edit_directly(world.act, cast.sesan, email="meme@example.org")
    done = validate(desk)
    assert (done.lines, OperationalUnit.objects.get(pk=world.act.pk).version) == ([], 2)


def test_refusals_are_told_together_and_nothing_is_written(desk, world, cast):
    retired, gone = activity("Ancienne"), activity("Partie")
    add_unit(desk, unit_values("Neuve", operational_activity=[coded(retired), coded(gone)]))
    change(desk, world.eg, entity_values(name="ACT Altair", finess="920000023"))
    change(desk, world.lam, {"email": "x@example.org"})
    send_and_take(desk)
    retired.active_until = timezone.localdate(desk.now) - datetime.timedelta(days=1)
    retired.save()
    gone.delete()
    GeographicEntityFactory(finess="920000023")
    closing = {"status": "closed", "closure_kind": "PRO", "closed_on": timezone.localdate(desk.now)}
    edit_directly(world.lam, cast.sesan, **closing)
    assert sorted(refusals(desk)) == sorted(
        [
            (
                "LAM Altair",
                "",
                "Elle a été fermée dans le répertoire depuis\u00a0: choisissez si elle le reste.",
            ),
            (
                "ACT Altair",
                "FINESS géographique",
                "Ce FINESS est déjà celui d’un autre établissement.",
            ),
            (
                "Neuve",
                "Activités opérationnelles",
                "«\u00a0Ancienne\u00a0» a été retiré de la nomenclature.",
            ),
            ("Neuve", "Activités opérationnelles", "«\u00a0Partie\u00a0» n’existe plus."),
        ]
    )


def test_who_publishes_and_when(desk, world, cast):
    change(desk, world.act, {"email": "a@example.org"})
    with pytest.raises(StaleDossier):
        validate(desk)
    desk.apply("send")
    with pytest.raises(PermissionDenied):
        validate(desk)
    desk.apply("take", by=cast.sesan)
    other = another_validator()
    for person in (other, cast.directeur, cast.consultation):
        with pytest.raises(PermissionDenied):
            validate(desk, by=person)
    with pytest.raises(StaleDossier):
        validate(desk, expected_version=desk.dossier.version - 1)
    validate(desk)
    with pytest.raises(StaleDossier):
        validate(desk)
    assert [fiche.name for fiche in fiches_to_publish(desk.dossier)] == ["ACT ALTAIR VESTA"]
