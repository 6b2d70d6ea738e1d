"""Merges under several hands at once, over real transactions: nothing lost, nothing twice, one chain."""

import pytest

from directory.duplicates import merging, undoing
from directory.duplicates.merging import Decision, MergeBusy, MergeRefused, StaleMerge
from directory.duplicates.pairing import pair_of
from directory.models import GeographicEntity, Merge, OperationalUnit
from directory.scopes import scope_of
from directory.services import StaleRecord, update_record
from tests.directory.merges import NOW, merge, twin_of
from tests.factories.directory import GeographicEntityFactory, UnitFactory

pytestmark = pytest.mark.django_db(transaction=True)
REFUSED = (MergeRefused, StaleMerge, MergeBusy, StaleRecord)


def attempt(act):
    """What the act gave, or the refusal that it met."""
    try:
        return act()
    except REFUSED as refused:
        return refused


def test_overlapping_merges_leave_one_record_each(cast, world, at_once):
    """A → B, B → C, C → A asked at once: no loop, each record merged once at most, no unit below a closed EG."""
    twin, third = twin_of(world), GeographicEntityFactory(legal_entity=world.ej)
    UnitFactory(geographic_entity=third)
    ring = [world.eg, twin, third]
    pairs = [pair_of(ring[rank], ring[(rank + 1) % 3], now=NOW) for rank in range(3)]
    kept = [ring[(rank + 1) % 3] for rank in range(3)]
    scope = scope_of(cast.sesan)

    def one(number):
        pair = pairs[number]
        decision = Decision(pair.first == kept[number], (1, 1))
        return attempt(lambda: merging.merge_records(pair=pair, decision=decision, by=cast.sesan, scope=scope, now=NOW))

    done = at_once(one, 3)
    assert any(isinstance(result, Merge) for result in done)
    assert all(isinstance(result, (Merge, *REFUSED)) for result in done)
    open_ones = set(GeographicEntity.objects.published().filter(pk__in=[one.pk for one in ring]))
    assert len(open_ones) == 3 - Merge.objects.count() >= 1
    left = OperationalUnit.objects.exclude(status="closed").filter(geographic_entity__status="closed")
    assert not left.exists()


def test_a_director_who_saves_meanwhile_loses_nothing(cast, world, at_once):
    twin = twin_of(world)
    pair = pair_of(world.eg, twin, now=NOW)
    first_stays = pair.first == world.eg

    def act(number):
        if number:
            return attempt(
                lambda: update_record(
                    record=world.eg,
                    changes={"phone": "0147259999"},
                    expected_version=1,
                    by=cast.directeur,
                    scope=scope_of(cast.directeur),
                )
            )
        decision = Decision(first_stays, (1, 1))
        return attempt(
            lambda: merging.merge_records(
                pair=pair, decision=decision, by=cast.sesan, scope=scope_of(cast.sesan), now=NOW
            )
        )

    merged, saved = at_once(act, 2)
    kept = GeographicEntity.objects.get(pk=world.eg.pk)
    assert isinstance(merged, Merge) != isinstance(merged, StaleMerge | MergeBusy)
    if isinstance(merged, Merge):
        assert isinstance(saved, StaleRecord)
    else:
        assert kept.phone == "0147259999"


def test_a_merge_is_undone_once(cast, world, at_once):
    twin = twin_of(world)
    done = merge(world.eg, twin, cast.sesan)
    scope = scope_of(cast.sesan)

    def undo(number):
        try:
            return undoing.undo_merge(merge=done, by=cast.sesan, scope=scope, now=NOW)
        except (Merge.DoesNotExist, *REFUSED) as refused:
            return refused

    results = at_once(undo, 3)
    assert sum(isinstance(result, tuple) for result in results) == 1
    assert OperationalUnit.objects.filter(geographic_entity=twin).count() == 2
