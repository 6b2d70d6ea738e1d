"""How far a campaign is: one line an EG, counted by department and by type (spec 30, Campaigns)."""

from __future__ import annotations

import datetime
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.utils import timezone

from accounts.roles import Role
from common import french
from common.text import fold
from directory.enums import PublicationStatus
from directory.models import Assignment, GeographicEntity

from ..enums import EDITABLE_STATES, DossierState
from ..models import CampaignTarget, Dossier, HeldEntity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.db.models import QuerySet

    from accounts.models import User

    from ..models import Campaign

STILL_FOR = datetime.timedelta(days=7)  # without a change: silent


class Progress(models.TextChoices):
    """What became of an EG of a campaign."""

    NOT_OPENED = "non-commence", "Non commencé"
    UNDER_WAY = "en-cours", "En cours"
    SENT = "envoye", "Envoyé"
    RETURNED = "a-corriger", "À corriger"
    VALIDATED = "valide", "Validé"
    CLOSED = "ferme", "Établissement fermé"


_WORDS = {
    Progress.NOT_OPENED: ("non commencé", "non commencés"),
    Progress.UNDER_WAY: ("en cours", "en cours"),
    Progress.SENT: ("envoyé", "envoyés"),
    Progress.RETURNED: ("à corriger", "à corriger"),
    Progress.VALIDATED: ("validé", "validés"),
    Progress.CLOSED: ("fermé", "fermés"),
}


@dataclass(frozen=True)
class TargetLine:
    """An EG of a campaign with its dossier, as it stands at ``now``.

    ``occupied_by``: an open dossier on another EG that moves records here, so that none can be opened on this one.
    """

    target: CampaignTarget
    dossier: Dossier | None
    now: datetime.datetime
    occupied_by: Dossier | None = None

    @property
    def entity(self) -> GeographicEntity:
        return self.target.geographic_entity

    @property
    def department(self) -> str:
        """« Yvelines (78) »."""
        department = self.entity.commune.department
        return f"{department.name} ({department.code})"

    @property
    def department_code(self) -> str:
        return self.entity.commune.department_id

    @property
    def kind(self) -> str:
        """Type d’EG."""
        return str(self.entity.category) if self.entity.category else "Type non renseigné"

    @property
    def progress(self) -> Progress:
        """What became of it; an EG that closed before anything was sent is asked nothing more."""
        found = progress_of(self.dossier)
        return Progress.CLOSED if self.entity.is_closed and found not in _DONE else found

    @property
    def is_left(self) -> bool:
        """Tell whether its directors still have something to describe: what ``still_asked`` says in SQL."""
        return self.progress not in {*_DONE, Progress.CLOSED}

    @property
    def is_silent(self) -> bool:
        """Tell whether its directors are to be reminded: nothing begun, or nothing changed for STILL_FOR."""
        if not self.is_left or self.occupied_by is not None:
            return False
        if self.progress == Progress.NOT_OPENED:
            return True
        return self.dossier is not None and self.dossier.changed_at <= self.now - STILL_FOR

    @property
    def was_told_today(self) -> bool:
        """Tell whether its directors were reminded on the day of ``now``."""
        told = self.target.reminded_at
        return told is not None and timezone.localdate(told) >= timezone.localdate(self.now)

    @property
    def note(self) -> str:
        """What there is to know besides: no dossier yet, abandoned, a part left, an EG that closed since."""
        if self.entity.is_closed:
            return "établissement fermé" if self.progress in _DONE else ""
        if self.occupied_by is not None:
            return f"occupé par le dossier «\u00a0{self.occupied_by.name}\u00a0»"
        if self.dossier is None:
            return "dossier en préparation"
        if self.dossier.state == DossierState.VALIDATED and getattr(self.target, "has_part_left", False):
            return "en partie, le reste est abandonné"
        return "dossier abandonné" if self.dossier.state == DossierState.ABANDONED else ""


_DONE = frozenset({Progress.SENT, Progress.VALIDATED})


def progress_of(dossier: Dossier | None) -> Progress:
    """Progress of an EG from the dossier that works on it. Pure."""
    if dossier is None or dossier.state == DossierState.ABANDONED:
        return Progress.NOT_OPENED
    if dossier.state in {DossierState.DRAFT, DossierState.FINALISED}:
        return Progress.UNDER_WAY if dossier.started_at is not None else Progress.NOT_OPENED
    return {
        DossierState.SENT: Progress.SENT,
        DossierState.RETURNED: Progress.RETURNED,
        DossierState.VALIDATED: Progress.VALIDATED,
    }[DossierState(dossier.state)]


def still_asked() -> Q:
    """Condition on targets: something is left to describe in an EG that is open (``TargetLine.is_left``)."""
    own = Q(dossier__state__in=EDITABLE_STATES)
    without = Q(dossier=None) | Q(dossier__state=DossierState.ABANDONED)
    sent = Dossier.objects.filter(geographic_entity=OuterRef("geographic_entity"), state=DossierState.SENT)
    return (own | (without & ~Q(Exists(sent)))) & ~Q(geographic_entity__status=PublicationStatus.CLOSED)


def lines_of(
    campaign: Campaign, now: datetime.datetime, targets: QuerySet[CampaignTarget] | None = None
) -> list[TargetLine]:
    """Lines of a campaign by department then name, or of some of its targets: two queries.

    An EG whose dossier was abandoned counts with the one that is open on it now, opened while the campaign ran.
    """
    held = HeldEntity.objects.select_related("dossier")
    left = Dossier.objects.filter(origin=OuterRef("dossier"), state=DossierState.ABANDONED)
    found = (
        (CampaignTarget.objects.all() if targets is None else targets)
        .filter(campaign=campaign)
        .annotate(has_part_left=Exists(left))
        .select_related("dossier", "geographic_entity__commune__department", "geographic_entity__category")
        .defer("geographic_entity__commune__outline", "geographic_entity__commune__department__outline")
        .prefetch_related(Prefetch("geographic_entity__held_by", held))
        .order_by(
            "geographic_entity__commune__department__order",
            "geographic_entity__commune__department",
            "geographic_entity__sort_name",
            "pk",
        )
    )
    return [_line_of(target, campaign, now) for target in found]


def _line_of(target: CampaignTarget, campaign: Campaign, now: datetime.datetime) -> TargetLine:
    own = target.dossier
    if own is not None and own.state != DossierState.ABANDONED:
        return TargetLine(target, own, now)
    held = getattr(target.geographic_entity, "held_by", None)
    if held is None or (campaign.closed_at is not None and held.dossier.opened_at > campaign.closed_at):
        return TargetLine(target, own, now)
    if held.dossier.geographic_entity_id != target.geographic_entity_id:
        return TargetLine(target, own, now, occupied_by=held.dossier)
    return TargetLine(target, held.dossier, now)


def to_remind(
    lines: Iterable[TargetLine], directors: Mapping[int, Sequence[User]], *, since: datetime.datetime
) -> list[TargetLine]:
    """Silent EGs that a reminder reaches: a dossier, a director, told neither today nor after ``since``. Pure."""
    return [
        line
        for line in lines
        if line.is_silent
        and line.dossier is not None
        and directors[line.entity.pk]
        and not line.was_told_today
        and (line.target.reminded_at is None or line.target.reminded_at <= since)
    ]


def why_not_remind(campaign: Campaign, day: datetime.date) -> str:
    """Reason why a campaign reminds nobody on ``day``, in French; empty when it may. Pure."""
    if campaign.closed_at is not None:
        return "Cette campagne est close\u00a0: elle ne relance plus personne."
    if day < campaign.starts_on:
        return f"Cette campagne commence le {french.day(campaign.starts_on)}\u00a0: personne n’est relancé avant."
    if day > campaign.ends_on:
        return (
            f"Cette campagne est terminée depuis le {french.day(campaign.ends_on)}\u00a0: prolongez-la pour relancer,"
            " ou closez-la."
        )
    return ""


@dataclass(frozen=True)
class Share:
    """One state of a row: its count and its share of the row, in percent."""

    label: str
    key: str
    count: int
    start: float  # percent of the row before it
    percent: float


@dataclass(frozen=True)
class Row:
    """Counts of one department or type, in the order of ``Progress``."""

    label: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def shares(self) -> list[Share]:
        """Counts with their labels; nothing for those at zero."""
        found, before = [], 0
        for progress, count in zip(Progress, self.counts, strict=True):
            if count:
                start, width = 100 * before / self.total, 100 * count / self.total
                found.append(Share(progress.label, progress.value, count, round(start, 2), round(width, 2)))
                before += count
        return found

    @property
    def words(self) -> str:
        """« 2 non commencés, 1 validé »: the bar in words."""
        return ", ".join(_counted(share) for share in self.shares)


def _counted(share: Share) -> str:
    return french.counted(share.count, *_WORDS[Progress(share.key)])


def table_of(lines: Iterable[TargetLine], label: str) -> list[Row]:
    """Counts by ``label`` (« department » or « kind »), rows in the order of the lines. Pure."""
    counts: dict[str, Counter[Progress]] = {}
    for line in lines:
        counts.setdefault(getattr(line, label), Counter())[line.progress] += 1
    return [Row(name, tuple(found[progress] for progress in Progress)) for name, found in counts.items()]


def total_of(lines: Iterable[TargetLine]) -> Row:
    """Counts of the whole campaign. Pure."""
    found = Counter(line.progress for line in lines)
    return Row("Ensemble", tuple(found[progress] for progress in Progress))


def directors_by_entity(entities: Sequence[GeographicEntity], day: datetime.date) -> Mapping[int, list[User]]:
    """Directors of whole EGs, by the EG's id, those whose account is in use: one query.

    Those of its EJ too; not those of one of its UOs, who open no dossier, nor of the region.
    """
    above = Q(geographic_entity__in=[entity.pk for entity in entities])
    above |= Q(legal_entity__in={entity.legal_entity_id for entity in entities})
    rows = Assignment.objects.valid_on(day).filter(above, role=Role.DIRECTOR, user__is_active=True)
    by_entity: dict[int, dict[int, User]] = {}
    by_legal: dict[int, dict[int, User]] = {}
    for row in rows.select_related("user").order_by("pk"):
        held = by_entity if row.geographic_entity_id else by_legal
        held.setdefault(row.geographic_entity_id or row.legal_entity_id or 0, {})[row.user_id] = row.user
    return {
        entity.pk: list((by_entity.get(entity.pk, {}) | by_legal.get(entity.legal_entity_id, {})).values())
        for entity in entities
    }


@dataclass(frozen=True)
class LineFilter:
    """What the list of EGs is asked; what cannot be read is left out."""

    progress: str = ""
    department: str = ""
    text: str = ""
    silent: bool = False

    @classmethod
    def read(cls, query: Mapping[str, str]) -> LineFilter:
        """Read « avancement », « departement », « q » and « silencieux »."""
        progress = query.get("avancement", "")
        return cls(
            progress=progress if progress in Progress.values else "",
            department=query.get("departement", "")[:3],
            text=" ".join(query.get("q", "").split())[:80],
            silent=bool(query.get("silencieux")),
        )

    @property
    def filters(self) -> bool:
        return self != LineFilter()

    def apply(self, lines: Iterable[TargetLine]) -> list[TargetLine]:
        """Lines asked for. Pure."""
        key = fold(self.text)
        return [
            line
            for line in lines
            if (not self.progress or line.progress == self.progress)
            and (not self.department or line.department_code == self.department)
            and (not key or key in line.entity.sort_name or key == line.entity.finess)
            and (not self.silent or line.is_silent)
        ]
