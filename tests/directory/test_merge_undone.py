"""« Défaire la fusion »: everything is as before, or nothing changes and the reason is said."""

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts.roles import Role
from availability.models import Pool, UnitClosure
from availability.pools import services as pools
from collaborative.models import Campaign, CampaignTarget
from collaborative.services import open_dossier
from directory.duplicates.merging import MergeRefused
from directory.models import (
    Assignment,
    Attachment,
    DuplicatePair,
    GeographicEntity,
    Merge,
    OperationalUnit,
    PracticePlace,
    Practitioner,
    RorReferent,
)
from directory.scopes import scope_of
from directory.services import update_record
from directory.snapshots import state_of
from search.models import KeptUnit
from tests.directory.merges import NOW, merge, twin_of, undo
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import (
    AssignmentFactory,
    AttachmentFactory,
    PracticePlaceFactory,
    PractitionerFactory,
    RorReferentFactory,
    StructureFactory,
    UnitFactory,
)

pytestmark = pytest.mark.django_db


def whole(*entities):
    """All that two EGs and what hangs below them say, but for who wrote it and when."""
    found = {}
    for entity in GeographicEntity.objects.filter(pk__in=[one.pk for one in entities]):
        found["eg", entity.pk] = {**state_of(entity), "national_id": entity.national_id}
    for unit in OperationalUnit.objects.filter(geographic_entity__in=entities):
        found["uo", unit.pk] = state_of(unit)
    found["people"] = sorted(Practitioner.objects.values_list("pk", "cpts_id"))
    found["places"] = sorted(PracticePlace.objects.values_list("practitioner_id", "geographic_entity_id"))
    found["files"] = sorted(Attachment.objects.values_list("pk", "geographic_entity_id"))
    held = Assignment.objects.not_ended(timezone.localdate()).filter(geographic_entity__in=entities)
    found["roles"] = sorted(held.values_list("user_id", "role", "geographic_entity_id"))
    found["referents"] = sorted(RorReferent.objects.values_list("geographic_entity_id", "name"))
    return found


@pytest.mark.parametrize("follow", [False, True])
@pytest.mark.parametrize("numberless", [False, True])
def test_everything_is_given_back(world, cast, follow, numberless):
    twin = twin_of(world)
    structure = StructureFactory(geographic_entity=twin)
    OperationalUnit.objects.filter(pk=twin.own[0].pk).update(structure=structure)
    if numberless:
        GeographicEntity.objects.filter(pk=world.eg.pk).update(finess="", siret="", national_id="")
    AttachmentFactory(unit=None, geographic_entity=twin, added_by=cast.sesan)
    person = PractitionerFactory(cpts=twin)
    PracticePlaceFactory(practitioner=person, geographic_entity=twin, order=1)
    PracticePlaceFactory(practitioner=person, geographic_entity=world.eg, order=2)
    RorReferentFactory(geographic_entity=twin)
    AssignmentFactory(user=cast.newcomer, role=Role.DIRECTOR, geographic_entity=twin)
    AssignmentFactory(user=cast.directeur, role=Role.DIRECTOR, geographic_entity=twin)
    before = whole(world.eg, twin)
    kept = GeographicEntity.objects.get(pk=world.eg.pk)
    done = merge(kept, twin, cast.sesan, units_follow=follow, choices={"name": "second", "adresse": "second"})
    assert whole(world.eg, twin) != before
    undo(done, cast.sesan)
    assert whole(world.eg, twin) == before
    assert not Merge.objects.exists()
    pair = DuplicatePair.objects.get()
    assert (pair.state, pair.remark) == (DuplicatePair.State.SET_ASIDE, "Fusion défaite le 22/11/2026")


def test_shared_places_go_with_their_units_and_come_back(world, cast):
    twin = twin_of(world)
    for unit in twin.own:
        CurrentFigureFactory(unit=unit)
    ids = [unit.pk for unit in twin.own]
    common = {"by": cast.sesan, "scope": scope_of(cast.sesan), "now": NOW}
    pool = pools.make_pool(entity=twin, unit_ids=ids, name="Ensemble", installed_places=20, figure=4, **common)
    done = merge(world.eg, twin, cast.sesan)
    pool.refresh_from_db()
    assert (pool.geographic_entity, pool.ended_at, pool.figure) == (world.eg, None, 4)
    undo(done, cast.sesan)
    assert Pool.objects.get(pk=pool.pk).geographic_entity == twin
    assert Pool.objects.get(pk=pool.pk).ended_at is None


def test_lists_of_units_and_closures_follow_and_come_back(world, cast):
    twin = UnitFactory(geographic_entity=world.eg, name="ACT Altair", act=True)
    for user, unit in ((cast.consultation, twin), (cast.ars, twin), (cast.ars, world.act)):
        KeptUnit.objects.create(user=user, unit=unit, position=1, kept_at=NOW)
    closed = UnitClosure.objects.create(unit=twin, starts_at=NOW, reason="works", recorded_at=NOW, by=cast.sesan)
    done = merge(world.act, twin, cast.sesan)
    assert set(KeptUnit.objects.values_list("user", "unit")) == {
        (cast.consultation.pk, world.act.pk),
        (cast.ars.pk, world.act.pk),
    }
    assert UnitClosure.objects.held().filter(unit=world.act, starts_at=closed.starts_at, reason="works").exists()
    undo(done, cast.sesan)
    assert KeptUnit.objects.filter(unit=twin).count() == 2
    assert not UnitClosure.objects.held().filter(unit=world.act).exists()
    twin.refresh_from_db()
    assert twin.is_published


def test_campaigns_ask_the_record_that_stays_once(world, cast):
    twin = twin_of(world)
    campaigns = [
        Campaign.objects.create(
            name=name, starts_on=NOW.date(), ends_on=NOW.date(), created_at=NOW, created_by=cast.sesan
        )
        for name in ("ACT 2026", "LAM 2026")
    ]
    for campaign, entity in ((campaigns[0], twin), (campaigns[1], twin), (campaigns[1], world.eg)):
        CampaignTarget.objects.create(campaign=campaign, geographic_entity=entity)
    before = set(CampaignTarget.objects.values_list("campaign", "geographic_entity"))
    done = merge(world.eg, twin, cast.sesan)
    asked = set(CampaignTarget.objects.values_list("campaign", "geographic_entity"))
    assert asked == {(campaigns[0].pk, world.eg.pk), (campaigns[1].pk, world.eg.pk)}
    undo(done, cast.sesan)
    assert set(CampaignTarget.objects.values_list("campaign", "geographic_entity")) == before


def test_a_dossier_opened_since_forbids_it(world, cast):
    done = merge(world.eg, twin_of(world), cast.sesan)
    open_dossier(
        entity=GeographicEntity.objects.get(pk=world.eg.pk), by=cast.sesan, scope=scope_of(cast.sesan), now=NOW
    )
    with pytest.raises(MergeRefused, match="fait partie du dossier"):
        undo(done, cast.sesan)


def test_a_change_since_forbids_it(world, cast):
    twin = twin_of(world)
    done = merge(world.eg, twin, cast.sesan)
    kept = GeographicEntity.objects.get(pk=world.eg.pk)
    who = {"by": cast.sesan, "scope": scope_of(cast.sesan)}
    update_record(record=kept, changes={"phone": "0147250009"}, expected_version=kept.version, **who)
    with pytest.raises(MergeRefused, match="a changé depuis la fusion"):
        undo(done, cast.sesan)
    assert Merge.objects.filter(pk=done.pk).exists()


def test_a_unit_changed_since_comes_back_with_its_change(world, cast):
    twin = twin_of(world)
    done = merge(world.eg, twin, cast.sesan)
    unit = OperationalUnit.objects.get(pk=twin.own[0].pk)
    who = {"by": cast.sesan, "scope": scope_of(cast.sesan)}
    update_record(record=unit, changes={"email": "accueil@exemple.fr"}, expected_version=unit.version, **who)
    undo(done, cast.sesan)
    unit.refresh_from_db()
    assert (unit.geographic_entity_id, unit.email) == (twin.pk, "accueil@exemple.fr")


def test_a_unit_moved_away_since_forbids_it(world, cast):
    twin = twin_of(world)
    done = merge(world.eg, twin, cast.sesan)
    unit = OperationalUnit.objects.get(pk=twin.own[0].pk)
    who = {"by": cast.sesan, "scope": scope_of(cast.sesan)}
    update_record(record=unit, changes={"geographic_entity": world.other_eg}, expected_version=unit.version, **who)
    with pytest.raises(MergeRefused, match="a été déplacée depuis"):
        undo(done, cast.sesan)


def test_only_support_undoes(world, cast):
    done = merge(world.eg, twin_of(world), cast.sesan)
    with pytest.raises(PermissionDenied):
        undo(done, cast.directeur)


def test_the_last_merge_of_a_chain_is_undone_first(world, cast):
    twin = twin_of(world)
    first = merge(twin, world.eg, cast.sesan)
    second = merge(world.other_eg, twin, cast.sesan)
    with pytest.raises(MergeRefused, match="Défaites d’abord la fusion"):
        undo(first, cast.sesan)
    undo(second, cast.sesan)
    assert GeographicEntity.objects.get(pk=twin.pk).is_published


def test_a_chain_is_undone_to_its_beginning(world, cast):
    """What a merge and its own undo wrote is no change: roles, fields and units come back one merge after the other."""
    twin = twin_of(world)
    role = AssignmentFactory(user=cast.newcomer, role=Role.DIRECTOR, geographic_entity=world.eg)
    before = whole(world.eg, twin, world.other_eg)
    first = merge(twin, world.eg, cast.sesan)
    second = merge(world.other_eg, twin, cast.sesan)
    undo(second, cast.sesan)
    undo(first, cast.sesan)
    assert whole(world.eg, twin, world.other_eg) == before
    held = Assignment.objects.not_ended(timezone.localdate()).filter(user=cast.newcomer, role=Role.DIRECTOR)
    assert [one.geographic_entity for one in held] == [role.geographic_entity]


def test_a_merge_before_another_into_the_same_record_is_undone_after_it(world, cast):
    twin = twin_of(world)
    first = merge(world.other_eg, twin, cast.sesan)
    second = merge(world.other_eg, world.eg, cast.sesan)
    undo(second, cast.sesan)
    undo(first, cast.sesan)
    assert not Merge.objects.exists()


def test_units_merged_then_moved_there_and_back_are_two_again(world, cast):
    twin = twin_of(world)
    units = merge(twin.own[0], twin.own[1], cast.sesan)
    houses = merge(world.eg, twin, cast.sesan)
    undo(houses, cast.sesan)
    undo(units, cast.sesan)
    assert OperationalUnit.objects.get(pk=twin.own[1].pk).is_published
