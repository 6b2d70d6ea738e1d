"""What directors published at once and support has to read: the list, its filters, its lines (spec 30).

Lines of history written by a Directeur on an EG, a structure or a UO, but those that a dossier published (SESAN has
validated them) and those that followed from another act (a closure above). Both are told by what is stored with the
act, never by its reason alone: a person may have typed it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from accounts.roles import Role
from directory.attachments.panels import photo_url
from directory.blocks import BLOCKS
from directory.enums import RecordKind
from directory.models import GeographicEntity, OperationalUnit, RecordChange, Structure
from directory.records import without_outlines
from directory.versions.past import Act, act_of, is_restorable

from ..models import DirectChangeReview, Fiche
from ..models.fiches import FICHE_KINDS, RECORD_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.db.models import QuerySet

FOLLOWING = "Suit «"  # how the reason of a line that followed from a closure or a reopening above begins
Verdict = DirectChangeReview.Verdict
STATES = {
    "": "À relire",
    "precision": "Précision demandée",
    "relues": "Relues",
}
KIND_LABELS = {
    RecordKind.GEOGRAPHIC_ENTITY: "Établissement (EG)",
    RecordKind.STRUCTURE: "Structure",
    RecordKind.UNIT: "Unité opérationnelle (UO)",
}
MOST_COUNTED = 100


def published_at_once() -> QuerySet[RecordChange]:
    """Lines of history of directors that no dossier published, read or not."""
    lines = RecordChange.objects.filter(role=Role.DIRECTOR, record_kind__in=FICHE_KINDS)
    return lines.exclude(_by_dossier() | _followed())


def later_change(change: RecordChange) -> RecordChange | None:
    """The last line that wrote one of the same fields since, by a dossier or not: putting back undoes it too."""
    later = RecordChange.objects.filter(
        record_kind=change.record_kind, record_id=change.record_id, version__gt=change.version
    )
    return later.filter(changes__has_any_keys=list(change.changes)).select_related("by").order_by("-version").first()


def _by_dossier() -> Q:
    """Lines of a record that a fiche proposed, written at the moment when its dossier was published."""
    found = Q()
    for kind, name in RECORD_FIELDS.items():
        fiches = Fiche.objects.filter(**{name: OuterRef("record_id")}, published_at=OuterRef("at"))
        found |= Q(record_kind=kind) & Q(Exists(fiches))
    return found


def _followed() -> Q:
    """Lines written below another of the same act: same moment, same author, a reason of its own."""
    cause = RecordChange.objects.filter(
        at=OuterRef("at"), by=OuterRef("by"), action=OuterRef("action"), role=Role.DIRECTOR
    )
    return Q(reason__startswith=FOLLOWING) & Q(Exists(cause.exclude(reason__startswith=FOLLOWING)))


def to_read() -> QuerySet[RecordChange]:
    """Those that nobody has read."""
    return published_at_once().exclude(Exists(DirectChangeReview.objects.filter(change=OuterRef("pk"))))


def count_to_read() -> int:
    """Number of lines to read, counted up to MOST_COUNTED: one bounded query."""
    return to_read().order_by()[:MOST_COUNTED].count()


def block_choices() -> dict[str, str]:
    """Titles of the blocks of an EG, a structure or a UO, by key."""
    found = {block.key: block.title for kind in FICHE_KINDS for block in BLOCKS.get(kind, ())}
    return {**found, "publication": "Publication"}


@dataclass(frozen=True)
class ChangeFilter:
    """What the list is asked; what cannot be read is left out."""

    state: str = ""
    kind: str = ""
    block: str = ""
    department: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> ChangeFilter:
        """Read « suite », « nature », « encadre » and « departement »."""
        state, kind, block = (query.get(name, "") for name in ("suite", "nature", "encadre"))
        return cls(
            state=state if state in STATES else "",
            kind=kind if kind in FICHE_KINDS else "",
            block=block if block in block_choices() else "",
            department=query.get("departement", "")[:3],
        )

    @property
    def filters(self) -> bool:
        """Tell whether it asks for less than what is to be read."""
        return self != ChangeFilter()

    def apply(self) -> QuerySet[RecordChange]:
        """Lines asked for, the newest first."""
        if self.state:
            asked = Q(direct_review__verdict=Verdict.ASKED)
            found = published_at_once().filter(direct_review__isnull=False)
            found = found.filter(asked if self.state == "precision" else ~asked)
        else:
            found = to_read()
        if self.kind:
            found = found.filter(record_kind=self.kind)
        if self.block:
            found = found.filter(block=self.block)
        if self.department:
            found = found.filter(_in_department(self.department))
        return found.select_related("by", "direct_review__by").order_by("-at", "-pk")


def _in_department(code: str) -> Q:
    place = "commune__department"
    ids = {
        RecordKind.GEOGRAPHIC_ENTITY: GeographicEntity.objects.filter(**{place: code}),
        RecordKind.STRUCTURE: Structure.objects.filter(**{f"geographic_entity__{place}": code}),
        RecordKind.UNIT: OperationalUnit.objects.filter(**{f"geographic_entity__{place}": code}),
    }
    found = Q()
    for kind, records in ids.items():
        found |= Q(record_kind=kind, record_id__in=records.order_by().values("pk"))
    return found


@dataclass(frozen=True)
class ChangeLine:
    """One act as the list shows it; ``record`` is the record today."""

    act: Act
    record: Any

    @property
    def change(self) -> RecordChange:
        return self.act.change

    @property
    def entity(self) -> GeographicEntity:
        """EG that the record stands in, or is."""
        return self.record if isinstance(self.record, GeographicEntity) else self.record.geographic_entity

    @property
    def kind_label(self) -> str:
        return KIND_LABELS[RecordKind(self.change.record_kind)]

    @property
    def place(self) -> str:
        """« Versailles (78) »."""
        commune = self.entity.commune
        return f"{commune.list_name} ({commune.department_id})"

    @property
    def url(self) -> str:
        """Address of the record: that of its EG for a structure, which has no page."""
        if isinstance(self.record, OperationalUnit):
            return reverse("directory:unit_detail", args=[self.record.pk])
        return reverse("directory:geographic_entity_detail", args=[self.entity.pk])

    @property
    def photo_url(self) -> str:
        """Address of the photo that the act put on, as long as the record shows it; empty otherwise."""
        _, after = self.change.changes.get("photo", ("", ""))
        return photo_url(self.record) if after and after == self.record.photo.name else ""

    @property
    def review(self) -> DirectChangeReview | None:
        """What support did of it, if anything."""
        return getattr(self.change, "direct_review", None)

    @property
    def is_restorable(self) -> bool:
        """Tell whether the value before it may be put back: a creation has none."""
        return self.change.action == RecordChange.Action.CHANGED and is_restorable(self.change)


def lines_of(changes: Iterable[RecordChange]) -> list[ChangeLine]:
    """Lines with their records: one query a kind of record."""
    changes = list(changes)
    wanted = defaultdict(set)
    for change in changes:
        wanted[change.record_kind].add(change.record_id)
    records = {
        (kind, pk): record for kind, ids in wanted.items() for pk, record in _records(kind).in_bulk(list(ids)).items()
    }
    return [
        ChangeLine(act_of(change), records[change.record_kind, change.record_id])
        for change in changes
        if (change.record_kind, change.record_id) in records
    ]


def _records(kind: str) -> QuerySet[Any]:
    if kind == RecordKind.GEOGRAPHIC_ENTITY:
        rows: QuerySet[Any] = GeographicEntity.objects.select_related("commune")
        return rows.defer(*without_outlines("commune__")[:1])
    model = OperationalUnit if kind == RecordKind.UNIT else Structure
    return model.objects.select_related("geographic_entity__commune").defer("geographic_entity__commune__outline")
