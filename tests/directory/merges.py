"""What the tests of merges share: two records that are one, and the merge of two records."""

import datetime

from directory.duplicates import merging, undoing
from directory.duplicates.merging import Decision
from directory.duplicates.pairing import pair_of
from directory.models import GeographicEntity, Merge
from directory.scopes import scope_of
from tests.factories.directory import GeographicEntityFactory, UnitFactory

NOW = datetime.datetime(2026, 11, 22, 10, 0, tzinfo=datetime.UTC)


def twin_of(world) -> GeographicEntity:
    """A second record of ``world.eg``, with two units of its own (``own``) and another number."""
    twin = GeographicEntityFactory(legal_entity=world.other_ej, name="A.C.T. Altair Vesta", phone="0147250000")
    twin.own = [UnitFactory(geographic_entity=twin, name=f"Unité {rank}", act=True) for rank in (1, 2)]
    return twin


def merge(kept, merged, by, *, now=NOW, **more) -> Merge:
    """Merge ``merged`` into ``kept``, by support."""
    pair = pair_of(kept, merged, now=now)
    versions = tuple(type(kept).objects.get(pk=record.pk).version for record in (pair.first, pair.second))
    decision = Decision(first_stays=pair.first == kept, versions=versions, **more)
    return merging.merge_records(pair=pair, decision=decision, by=by, scope=scope_of(by), now=now)


def undo(done, by, *, now=NOW + datetime.timedelta(hours=1)):
    """Undo a merge, an hour later."""
    return undoing.undo_merge(merge=done, by=by, scope=scope_of(by), now=now)
