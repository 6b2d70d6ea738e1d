"""Several merges that meet: in whatever order the site offers to undo them, each ends well or says what comes first."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from availability.models import CallOutcome, ExpectedPlace, GroupedUnit, Pool, UnitClosure, UnitUse
from collaborative.models import Campaign, CampaignTarget
from directory.duplicates.finding import find_duplicates
from directory.duplicates.merging import MergeRefused
from directory.duplicates.pairing import pair_of
from directory.models import (
    Assignment,
    Attachment,
    DuplicatePair,
    ErrorReport,
    Merge,
    OperationalUnit,
    PracticePlace,
    Practitioner,
    Structure,
)
from directory.scopes import scope_of
from directory.services import update_record
from directory.snapshots import state_of
from search.models import KeptUnit, SearchDocument
from tests.directory.merges import NOW, merge, twin_of, undo
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
KEPT = (
    *((model, "geographic_entity_id") for model in (OperationalUnit, Structure, PracticePlace, CampaignTarget, Pool)),
    *((model, "unit_id", "geographic_entity_id") for model in (Attachment, Assignment, ErrorReport)),
    (Practitioner, "cpts_id"),
    *((model, "unit_id") for model in (KeptUnit, ExpectedPlace, CallOutcome, UnitUse)),
)
DAY = datetime.timedelta(days=1)


def fresh(record):
    return type(record).objects.get(pk=record.pk)


def said(*records):
    """What records say now."""
    return [state_of(fresh(record)) for record in records]


def pointers():
    """What is kept by the key of an EG or a UO, and which one: closures withdrawn and roles that ended left out."""
    found = {}
    for model, *names in KEPT:
        rows = model.objects.all()
        if model is Assignment:
            rows = rows.not_ended(timezone.localdate())
        found[model.__name__] = sorted(rows.values_list("pk", *names), key=str)
    closures = UnitClosure.objects.filter(withdrawn_at=None)
    return found | {"closures": sorted(closures.values_list("unit_id", "starts_at"))}


@pytest.mark.parametrize("follow", [False, True])
def test_units_merged_after_their_establishments_survive_the_undoing_of_these(world, cast, follow):
    """Two units came with an EG, were merged there, then went back with it: they can still be two again."""
    twin = twin_of(world)
    before = said(world.eg, twin, *twin.own)
    houses = merge(world.eg, twin, cast.sesan, units_follow=follow)
    units = merge(fresh(twin.own[0]), fresh(twin.own[1]), cast.sesan)
    undo(houses, cast.sesan)
    undo(fresh(units), cast.sesan)
    assert said(world.eg, twin, *twin.own) == before


def test_units_merged_after_their_establishments_may_be_undone_first(world, cast):
    twin = twin_of(world)
    before = said(world.eg, twin, *twin.own)
    houses = merge(world.eg, twin, cast.sesan)
    units = merge(fresh(twin.own[0]), fresh(twin.own[1]), cast.sesan)
    undo(units, cast.sesan)
    undo(houses, cast.sesan)
    assert said(world.eg, twin, *twin.own) == before


def test_units_merged_before_their_establishments_are_two_again_wherever_they_are(world, cast):
    twin = twin_of(world)
    before = said(world.eg, twin, *twin.own)
    units = merge(twin.own[0], twin.own[1], cast.sesan)
    houses = merge(world.eg, twin, cast.sesan)
    undo(fresh(units), cast.sesan)
    back = fresh(twin.own[1])
    assert (back.status, back.geographic_entity) == ("published", world.eg)
    undo(houses, cast.sesan)
    assert said(world.eg, twin, *twin.own) == before


def test_a_unit_that_goes_back_is_not_left_inside_one_that_stays(client, world, cast):
    """One unit of each EG: the merge of the units is undone first, and the page leads there."""
    twin = twin_of(world)
    houses = merge(world.eg, twin, cast.sesan)
    units = merge(fresh(world.act), fresh(twin.own[0]), cast.sesan)
    with pytest.raises(MergeRefused) as refused:
        undo(houses, cast.sesan)
    (reason,) = refused.value.reasons
    assert "Défaites d’abord la fusion de «\u00a0Unité 1\u00a0»" in reason.text
    assert reason.url == reverse("directory:merge_undo", args=[units.pk])
    client.force_login(cast.sesan)
    shown = client.get(reverse("directory:merge_undo", args=[houses.pk])).content.decode()
    assert f'href="{reason.url}"' in shown
    assert "ne peut pas encore être défaite" in shown
    assert "recréez la seconde" not in shown
    undo(fresh(units), cast.sesan)
    undo(fresh(houses), cast.sesan)
    assert not Merge.objects.exists()


def test_an_address_chosen_with_a_merge_waits_for_the_establishment_to_be_back(world, cast):
    """The unit that stayed took another address, then moved with its EG: where it stood is only known there."""
    twin = twin_of(world)
    apart = UnitFactory(geographic_entity=twin, name="Unité 3", act=True)
    values = {"street_name": "rue du Bac", "postal_code": "92000", "commune": world.nanterre}
    update_record(record=apart, changes=values, expected_version=1, by=cast.sesan, scope=scope_of(cast.sesan))
    before = said(world.eg, twin, *twin.own, apart)
    units = merge(twin.own[0], fresh(apart), cast.sesan, choices={"adresse": "second"})
    assert fresh(twin.own[0]).street_name == "rue du Bac"
    houses = merge(world.eg, twin, cast.sesan)
    with pytest.raises(MergeRefused, match="Défaites d’abord la fusion"):
        undo(fresh(units), cast.sesan)
    undo(houses, cast.sesan)
    undo(fresh(units), cast.sesan)
    assert said(world.eg, twin, *twin.own, apart) == before


def test_a_change_by_somebody_still_forbids_it(world, cast):
    twin = twin_of(world)
    units = merge(twin.own[0], twin.own[1], cast.sesan)
    merge(world.eg, twin, cast.sesan)
    kept = fresh(twin.own[0])
    who = {"by": cast.sesan, "scope": scope_of(cast.sesan)}
    update_record(record=kept, changes={"email": "accueil@exemple.fr"}, expected_version=kept.version, **who)
    with pytest.raises(MergeRefused, match="a changé depuis la fusion"):
        undo(fresh(units), cast.sesan)


def test_a_chain_says_which_merge_comes_first_and_nothing_else(world, cast):
    twin = twin_of(world)
    first = merge(twin, world.eg, cast.sesan)
    second = merge(world.other_eg, twin, cast.sesan)
    with pytest.raises(MergeRefused) as refused:
        undo(first, cast.sesan)
    assert [reason.url for reason in refused.value.reasons] == [reverse("directory:merge_undo", args=[second.pk])]


def test_the_last_merge_into_a_record_is_undone_first_even_when_it_changed_nothing(world, cast):
    twin = twin_of(world)
    first = merge(world.other_eg, twin, cast.sesan)
    second = merge(world.other_eg, world.eg, cast.sesan)
    with pytest.raises(MergeRefused, match="Défaites d’abord"):
        undo(first, cast.sesan)
    undo(second, cast.sesan)
    undo(first, cast.sesan)


def test_nothing_points_elsewhere_once_a_chain_is_undone(world, cast):
    """Files, roles, people, selections, closures, campaigns: each is where it was before the merges."""
    twin = twin_of(world)
    StructureFactory(geographic_entity=twin)
    AttachmentFactory(unit=None, geographic_entity=twin, added_by=cast.sesan)
    RorReferentFactory(geographic_entity=twin)
    AssignmentFactory(user=cast.newcomer, role=Role.DIRECTOR, geographic_entity=twin)
    person = PractitionerFactory(cpts=twin)
    for order, entity in enumerate((twin, world.eg, world.other_eg), start=1):
        PracticePlaceFactory(practitioner=person, geographic_entity=entity, order=order)
    campaign = Campaign.objects.create(
        name="ACT 2026", starts_on=NOW.date(), ends_on=NOW.date(), created_at=NOW, created_by=cast.sesan
    )
    for entity in (twin, world.other_eg):
        CampaignTarget.objects.create(campaign=campaign, geographic_entity=entity)
    one, other = twin.own
    third = UnitFactory(geographic_entity=twin, name="Unité 3", act=True)
    for user, unit in ((cast.ars, one), (cast.ars, third), (cast.consultation, one), (cast.consultation, other)):
        KeptUnit.objects.create(user=user, unit=unit, position=1, kept_at=NOW)
    UnitClosure.objects.create(unit=one, starts_at=NOW, reason="works", recorded_at=NOW, by=cast.sesan)
    before = pointers()
    steps = [merge(other, one, cast.sesan), merge(third, fresh(other), cast.sesan)]
    steps += [merge(world.eg, twin, cast.sesan), merge(world.other_eg, fresh(world.eg), cast.sesan)]
    assert PracticePlace.objects.filter(practitioner=person).count() == 1
    gone = {one.pk, other.pk}
    assert not KeptUnit.objects.filter(unit__in=gone).exists()
    assert not CampaignTarget.objects.exclude(geographic_entity=world.other_eg).exists()
    assert not OperationalUnit.objects.filter(geographic_entity__in=[twin, world.eg]).exists()
    assert not GroupedUnit.objects.filter(unit__in=gone).exists()
    assert not SearchDocument.objects.filter(unit__in=gone).exists()
    for step in reversed(steps):
        undo(fresh(step), cast.sesan)
    after = pointers()
    assert {name: (rows, before[name]) for name, rows in after.items() if rows != before[name]} == {}


def test_an_undone_pair_stays_aside_until_there_is_a_new_reason(world, cast):
    """Made by hand, it has no reason of its own: those that the search would give count as known."""
    twin = UnitFactory(geographic_entity=world.eg, name=world.act.name, unit_type=world.act.unit_type)
    undo(merge(world.act, twin, cast.sesan), cast.sesan, now=NOW + DAY)
    pair = DuplicatePair.objects.get()
    assert (pair.state, pair.settled_by, pair.remark) == (
        DuplicatePair.State.SET_ASIDE,
        cast.sesan,
        "Fusion défaite le 23/11/2026",
    )
    assert pair.reasons == ["same_name_type"]
    assert find_duplicates(now=NOW + 2 * DAY).back == 0
    assert pair_of(world.act, twin, now=NOW).state == DuplicatePair.State.SET_ASIDE
    merge(world.act, fresh(twin), cast.sesan)
    undo(Merge.objects.get(), cast.sesan, now=NOW + 3 * DAY)
    assert DuplicatePair.objects.get().remark == "Fusion défaite le 25/11/2026"


def test_the_page_of_the_undoing_says_where_the_pair_goes(client, world, cast):
    done = merge(world.eg, twin_of(world), cast.sesan)
    client.force_login(cast.sesan)
    address = reverse("directory:merge_undo", args=[done.pk])
    assert "doublons «&nbsp;Écartés&nbsp;»" in client.get(address).content.decode()
    shown = client.post(address, {"confirmed": "on"}, follow=True).content.decode()
    assert "parmi les doublons «\u00a0Écartés\u00a0»" in shown.replace("&nbsp;", "\u00a0")
    listed = client.get(reverse("directory:duplicate_list"), {"etat": "ecartes"}).content.decode()
    assert "Fusion défaite le " in listed
