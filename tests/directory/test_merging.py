"""Two records become one: fields, numbers, units, rights, history; and what forbids it."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from availability.membership import write_rows
from availability.models import CurrentFigure, GroupedUnit
from directory.duplicates import hooks, merging
from directory.duplicates.choices import rows_of
from directory.duplicates.merge_page import merge_page
from directory.duplicates.merging import Decision, MergeRefused, StaleMerge
from directory.duplicates.pairing import pair_of
from directory.duplicates.undoing import undo_merge
from directory.enums import ClosureKind, Nomenclature, PublicationStatus, RecordKind
from directory.models import (
    Assignment,
    DuplicatePair,
    GeographicEntity,
    Merge,
    OperationalUnit,
    RecordChange,
    RecordQuality,
)
from directory.quality import services as quality
from directory.scopes import scope_of
from directory.services import update_record
from search.indexing.index import rebuild_all
from search.models import SearchDocument, Suggestion
from tests.directory.merges import NOW, merge, twin_of
from tests.factories.directory import (
    AssignmentFactory,
    AttachmentFactory,
    PractitionerFactory,
    StructureFactory,
    TermFactory,
    UnitFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def twin(world):
    return twin_of(world)


def lines(record, kind):
    return list(RecordChange.objects.filter(record_kind=kind, record_id=record.pk).order_by("version"))


def test_the_units_move_and_the_other_record_is_closed_for_good(world, cast, twin):
    structure = StructureFactory(geographic_entity=twin)
    OperationalUnit.objects.filter(pk=twin.own[0].pk).update(structure=structure)
    done = merge(world.eg, twin, cast.sesan)
    twin.refresh_from_db()
    assert (twin.status, twin.closure_kind, twin.closed_on) == (
        PublicationStatus.CLOSED,
        ClosureKind.FINAL,
        datetime.date(2026, 11, 22),
    )
    units = OperationalUnit.objects.filter(pk__in=[unit.pk for unit in twin.own])
    assert {(unit.geographic_entity_id, unit.status) for unit in units} == {(world.eg.pk, "published")}
    structure.refresh_from_db()
    assert structure.geographic_entity_id == world.eg.pk
    assert units.get(pk=twin.own[0].pk).structure_id == structure.pk
    assert (done.merged, done.kept) == (twin, world.eg)
    assert DuplicatePair.objects.get().state == DuplicatePair.State.MERGED
    assert "Fusion avec" in lines(world.eg, "eg")[-1].reason
    assert "Fusion dans" in lines(twin, "eg")[-1].reason
    moved = lines(twin.own[0], "uo")[-1]
    assert moved.action == RecordChange.Action.MOVED
    assert moved.by == cast.sesan


def test_a_moved_unit_keeps_where_it_stands_unless_it_is_to_follow(world, cast, twin):
    merge(world.eg, twin, cast.sesan)
    unit = OperationalUnit.objects.get(pk=twin.own[0].pk)
    assert unit.has_own_address
    assert unit.commune_id == twin.commune_id


def test_units_may_take_the_address_of_the_record_that_stays(world, cast, twin):
    merge(world.eg, twin, cast.sesan, units_follow=True)
    assert not OperationalUnit.objects.get(pk=twin.own[0].pk).has_own_address


def test_chosen_fields_are_taken_and_the_rest_stays(world, cast, twin):
    GeographicEntity.objects.filter(pk=world.eg.pk).update(phone="", comment="Le nôtre")
    GeographicEntity.objects.filter(pk=twin.pk).update(comment="Le leur")
    kept = GeographicEntity.objects.get(pk=world.eg.pk)
    merge(kept, twin, cast.sesan, choices={"name": "second" if kept.pk < twin.pk else "premier"})
    kept.refresh_from_db()
    assert kept.phone == "0147250000"  # it had none
    assert kept.comment == "Le nôtre"
    assert kept.name == "A.C.T. Altair Vesta"


def test_the_number_that_is_taken_is_given_up_first(world, cast, twin):
    finess, national = twin.finess, twin.national_id
    assert finess
    GeographicEntity.objects.filter(pk=world.eg.pk).update(finess="", siret="", national_id="")
    merge(GeographicEntity.objects.get(pk=world.eg.pk), twin, cast.sesan)
    kept, gone = GeographicEntity.objects.get(pk=world.eg.pk), GeographicEntity.objects.get(pk=twin.pk)
    assert (kept.finess, gone.finess) == (finess, "")
    assert kept.national_id == f"1{finess}"
    assert gone.national_id == "" or gone.national_id != national


def test_roles_chosen_are_given_on_the_record_that_stays(world, cast, twin):
    first = AssignmentFactory(user=cast.newcomer, role=Role.DIRECTOR, geographic_entity=twin)
    other = AssignmentFactory(user=cast.ars, role=Role.AVAILABILITY_MANAGER, geographic_entity=twin)
    merge(world.eg, twin, cast.sesan, roles=frozenset({first.pk}))
    held = Assignment.objects.filter(geographic_entity=world.eg, user__in=[cast.newcomer, cast.ars])
    assert [one.user for one in held] == [cast.newcomer]
    today = timezone.localdate()
    assert not Assignment.objects.not_ended(today).filter(geographic_entity=twin).exists()
    assert other.pk


def test_files_members_and_reports_follow(world, cast, twin):
    file = AttachmentFactory(unit=None, geographic_entity=twin, added_by=cast.sesan)
    member = PractitionerFactory(cpts=twin)
    merge(world.eg, twin, cast.sesan)
    file.refresh_from_db()
    member.refresh_from_db()
    assert (file.geographic_entity, member.cpts) == (world.eg, world.eg)
    assert lines(member, RecordKind.PRACTITIONER)[-1].changes["cpts"][1]["id"] == world.eg.pk


def test_two_units_become_one_and_figures_stay_with_their_unit(world, cast):
    twin = UnitFactory(geographic_entity=world.eg, name="ACT Altair", act=True)
    extra = TermFactory(nomenclature=Nomenclature.RESOURCE_PROFESSION)
    twin.unit_terms.create(term=extra)
    before = CurrentFigure.objects.get(pk=world.act.pk)
    merge(world.act, twin, cast.sesan, choices={"resource_profession": "deux"})
    after = CurrentFigure.objects.get(pk=world.act.pk)
    assert (after.figure, after.version) == (before.figure, before.version)
    assert extra in [link.term for link in world.act.unit_terms.all()]
    twin.refresh_from_db()
    assert twin.is_closed


def test_units_of_establishments_apart_are_not_merged(world, cast):
    with pytest.raises(MergeRefused, match="établissements différents"):
        merge(world.act, world.lhss, cast.sesan)


def test_units_of_establishments_set_aside_say_which_pair_comes_first(client, world, cast, twin):
    undo_merge(merge=merge(world.eg, twin, cast.sesan), by=cast.sesan, scope=scope_of(cast.sesan), now=NOW)
    told = "écartés comme deux établissements distincts"
    with pytest.raises(MergeRefused, match=told):
        merge(world.act, twin.own[0], cast.sesan)
    client.force_login(cast.sesan)
    pair = pair_of(world.act, twin.own[0], now=NOW)
    shown = client.get(reverse("directory:duplicate_merge", args=[pair.pk])).content.decode()
    assert told in shown
    assert "fusionnez d’abord" not in shown
    assert f"{reverse('directory:duplicate_list')}?etat=ecartes&amp;nature=eg" in shown


def test_units_of_paired_establishments_are_merged(world, cast, twin):
    pair_of(world.eg, twin, now=NOW)
    merge(world.act, twin.own[0], cast.sesan)
    assert Merge.objects.get().merged == twin.own[0]


def test_a_record_changed_since_is_told(world, cast, twin):
    pair = pair_of(world.eg, twin, now=NOW)
    read = (pair.first.version, pair.second.version)
    update_record(
        record=twin, changes={"phone": "0147250001"}, expected_version=1, by=cast.sesan, scope=scope_of(cast.sesan)
    )
    with pytest.raises(StaleMerge) as stale:
        merging.merge_records(
            pair=pair, decision=Decision(True, read), by=cast.sesan, scope=scope_of(cast.sesan), now=NOW
        )
    assert stale.value.changed == [twin]
    assert not Merge.objects.exists()


def test_only_support_merges(world, cast, twin):
    pair = pair_of(world.eg, twin, now=NOW)
    with pytest.raises(PermissionDenied):
        merging.merge_records(
            pair=pair, decision=Decision(True, (1, 1)), by=cast.directeur, scope=scope_of(cast.directeur), now=NOW
        )


def test_a_merged_record_is_not_reopened(world, cast, twin):
    merge(world.eg, twin, cast.sesan)
    twin.refresh_from_db()
    with pytest.raises(ValidationError, match="ne se modifie plus"):
        update_record(
            record=twin,
            changes={"status": PublicationStatus.PUBLISHED},
            expected_version=twin.version,
            by=cast.sesan,
            scope=scope_of(cast.sesan),
        )


def test_a_merge_is_made_once(world, cast, twin):
    merge(world.eg, twin, cast.sesan)
    with pytest.raises(MergeRefused, match="déjà"):
        merge(world.eg, twin, cast.sesan)


def test_an_app_may_forbid_it(world, cast, twin, monkeypatch):
    veto = hooks.Follower(vetoes=lambda one, other: [hooks.Veto("Pas maintenant")])
    monkeypatch.setitem(hooks._followers, "test", veto)
    with pytest.raises(MergeRefused, match="Pas maintenant"):
        merge(world.eg, twin, cast.sesan)
    assert GeographicEntity.objects.get(pk=twin.pk).is_published


def stored(model, *left_out):
    """Rows of a table, but for their keys and what is left out."""
    names = [field.attname for field in model._meta.concrete_fields if field.attname not in {"id", *left_out}]
    return sorted(map(str, model.objects.values_list(*names)))


@pytest.mark.parametrize("units", [False, True])
def test_search_and_completeness_are_those_of_a_rebuilt_one(world, cast, twin, units):
    PractitionerFactory(cpts=twin)
    rebuild_all()
    quality.refresh_all()
    write_rows(unit_ids=None)
    if units:
        other = UnitFactory(geographic_entity=world.eg, name="ACT Altair", act=True)
        merge(world.act, other, cast.sesan)
    else:
        merge(world.eg, twin, cast.sesan, choices={"name": "second"})
    tables = (SearchDocument, Suggestion, RecordQuality, GroupedUnit)
    followed = {model: stored(model) for model in tables}
    rebuild_all()
    quality.refresh_all()
    write_rows(unit_ids=None)
    for model in tables:
        assert set(stored(model)) ^ set(followed[model]) == set(), model


def test_the_place_of_a_merged_establishment_stays_hidden(world, cast, twin):
    OperationalUnit.objects.filter(pk=twin.own[0].pk).update(sensitive_unit=True)
    merge(world.eg, twin, cast.sesan)
    rows = GeographicEntity.objects.filter(pk__in=[twin.pk, world.eg.pk])
    assert {row.address_shown for row in rows.with_address_shown(scope_of(cast.consultation))} == {False}
    assert {row.address_shown for row in rows.with_address_shown(scope_of(cast.sesan))} == {True}


def test_what_protects_people_is_preset():
    first = {"sensitive_unit": False, "contact_confidentiality": "very_restricted"}
    second = {"sensitive_unit": True, "contact_confidentiality": "open"}
    for stays in (True, False):
        rows = rows_of(RecordKind.UNIT, first, second, first_stays=stays)
        presets = {row.key: row.preset for row in rows}
        assert presets == {"sensitive_unit": "second", "contact_confidentiality": "premier"}


@pytest.mark.parametrize("takes_other", [False, True])
def test_rights_held_through_the_legal_entity_left_are_given(world, cast, twin, takes_other):
    """Of two EGs below different EJs, whoever acted through the EJ that is not kept acts on the EG that stays."""
    theirs = AssignmentFactory(user=cast.newcomer, role=Role.DIRECTOR, legal_entity=world.other_ej)
    ours = AssignmentFactory(user=cast.ars, role=Role.AVAILABILITY_MANAGER, legal_entity=world.ej)
    AssignmentFactory(user=cast.pdses, role=Role.DIRECTOR, legal_entity=world.other_ej)
    AssignmentFactory(user=cast.pdses, role=Role.DIRECTOR, legal_entity=world.ej)  # above both: loses nothing
    pair = pair_of(world.eg, twin, now=NOW)
    side = "second" if pair.second == twin else "premier"
    choices = {"legal_entity": side} if takes_other else {}
    done = merge(world.eg, twin, cast.sesan, roles=frozenset({theirs.pk, ours.pk}), choices=choices)
    held = Assignment.objects.not_ended(timezone.localdate()).filter(geographic_entity=world.eg)
    given = {one.user for one in held if one.user in {cast.newcomer, cast.ars, cast.pdses}}
    assert given == ({cast.ars} if takes_other else {cast.newcomer})
    undo_merge(merge=done, by=cast.sesan, scope=scope_of(cast.sesan), now=NOW)
    held = Assignment.objects.not_ended(timezone.localdate()).filter(geographic_entity=world.eg)
    assert not held.filter(user__in=given).exists()


def test_the_page_names_who_acts_through_a_legal_entity(client, world, cast, twin):
    theirs = AssignmentFactory(user=cast.newcomer, role=Role.DIRECTOR, legal_entity=world.other_ej)
    pair = pair_of(world.eg, twin, now=NOW)
    page = merge_page(scope_of(cast.sesan), pair, first_stays=pair.first == world.eg)
    assert theirs.pk in {line.pk for line in page.inherited}
    client.force_login(cast.sesan)
    text = client.get(reverse("directory:duplicate_merge", args=[pair.pk])).content.decode()
    assert "Droits venant d’une entité juridique" in text
