"""What stands above the fiches of a dossier and is closed or hidden in the directory: nothing is published below it.

Two queries, one more with structures, one more for a new EG, whatever the number of fiches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from directory.enums import PublicationStatus, RecordKind
from directory.models import GeographicEntity, LegalEntity, Structure
from directory.records import record_url

from ..enums import FicheAction
from ..models import Fiche

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable, Mapping, Sequence

Key = tuple[str, int | None]
COLUMNS = ("name", "status", "closed_on")


class Above(NamedTuple):
    """A record above a fiche that is not published. ``closed_on``: the day of its closure, ``None`` when hidden.

    ``is_offered``: the dossier proposes to open it again, which nobody has accepted.
    """

    key: Key
    name: str
    url: str
    closed_on: datetime.date | None
    is_offered: bool = False


def above_of(fiches: Sequence[Fiche], reopenings: Mapping[Key, bool] | None = None) -> dict[int, Above]:
    """The highest record closed above each fiche where the dossier has it, else the highest hidden one, by id.

    Removals are left out. ``reopenings``: records (kind and key) that the dossier itself proposes to open again, and
    whether this is accepted.
    """
    reopenings = reopenings or {}
    writing = [fiche for fiche in fiches if fiche.action != FicheAction.DELETE]
    if not writing:
        return {}
    chains = _chains(writing)
    records = _records({key for chain in chains.values() for key in chain})
    found = {}
    for pk, chain in chains.items():
        known = [records[key] for key in chain if key in records and not reopenings.get(records[key].key)]
        if highest := next((one for one in known if one.closed_on), known[0] if known else None):
            found[pk] = highest._replace(is_offered=highest.key in reopenings)
    return found


def _chains(writing: Sequence[Fiche]) -> dict[int, list[Key]]:
    """Records above each fiche in the tree of its dossier, the highest first, the EJ of a known EG left out."""
    columns = ("parent_id", "kind", "geographic_entity_id", "structure_id")
    rows = Fiche.objects.filter(dossier__in={fiche.dossier_id for fiche in writing}).values_list("pk", *columns)
    tree = {pk: facts for pk, *facts in rows}
    chains = {}
    for fiche in writing:
        chain: list[Key] = []
        higher, seen = fiche.parent_id, set()
        while higher in tree and higher not in seen:
            seen.add(higher)
            parent, kind, entity, structure = tree[higher]
            key = structure if kind == RecordKind.STRUCTURE else entity
            chain += [(kind, key)] if key else []
            higher = parent
        if fiche.kind == RecordKind.GEOGRAPHIC_ENTITY and (legal := _legal_id(fiche)):
            chain.append((RecordKind.LEGAL_ENTITY, legal))
        chains[fiche.pk] = chain[::-1]
    return chains


def _legal_id(fiche: Fiche) -> int | None:
    chosen: Any = fiche.values.get("legal_entity")
    if chosen:
        return int(chosen["id"])
    entity = fiche.geographic_entity
    return entity.legal_entity_id if entity is not None else fiche.dossier.legal_entity_id


def _records(keys: Iterable[Key]) -> dict[Key, Above]:
    """Those that are not published; an EG below a closed EJ is told by that EJ."""
    known = list(keys)
    ids = {kind: [key for one, key in known if one == kind and key is not None] for kind, _ in known}
    found: dict[Key, Above] = {}
    if entities := ids.get(RecordKind.GEOGRAPHIC_ENTITY):
        rows = GeographicEntity.objects.filter(pk__in=entities).select_related("legal_entity")
        for row in rows.only("name", "status", "closed_on", *(f"legal_entity__{name}" for name in COLUMNS)):
            above = _above(RecordKind.LEGAL_ENTITY, row.legal_entity)
            if above is None or (above.closed_on is None and row.is_closed):
                above = _above(RecordKind.GEOGRAPHIC_ENTITY, row)
            if above is not None:
                found[RecordKind.GEOGRAPHIC_ENTITY, row.pk] = above
    if structures := ids.get(RecordKind.STRUCTURE):
        shut = Structure.objects.exclude(status=PublicationStatus.PUBLISHED).filter(pk__in=structures)
        for one in shut.select_related("geographic_entity").only(*COLUMNS, "geographic_entity__name"):
            key = (RecordKind.STRUCTURE, one.pk)
            found[key] = Above(key, one.name, record_url(one.geographic_entity), one.closed_on)
    if legal := ids.get(RecordKind.LEGAL_ENTITY):
        gone = LegalEntity.objects.exclude(status=PublicationStatus.PUBLISHED).filter(pk__in=legal)
        for entity in gone.only(*COLUMNS):
            key = (RecordKind.LEGAL_ENTITY, entity.pk)
            found[key] = Above(key, entity.name, record_url(entity), entity.closed_on)
    return found


def _above(kind: str, record: Any) -> Above | None:
    """What is told of a record, ``None`` when it is published."""
    return None if record.is_published else Above((kind, record.pk), record.name, record_url(record), record.closed_on)
