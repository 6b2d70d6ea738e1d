"""« Dossiers à valider »: what waits, by risk or by age, filtered (spec 30, « Risk-sorted queue »)."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from common import french

from ..enums import DossierState
from ..listing import designated_by, in_department
from ..models import Dossier
from .risk import AGE_MOST, HIGH, LEVELS, MEDIUM, Level, age_points, level_of, queue_points_sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from directory.scopes import Scope

TAKEN = {"libres": "À prendre en charge", "moi": "Pris en charge par moi", "autres": "Pris en charge par d’autres"}
ORDERS = {"risque": "Le plus risqué d’abord", "attente": "Le plus ancien d’abord"}
RANGES = {"eleve": (HIGH, None), "moyen": (MEDIUM, HIGH), "faible": (0, MEDIUM)}
AGE_SHOWN = datetime.timedelta(days=1)
FRESH = datetime.timedelta(minutes=1)
TEXT_LENGTH = 80


@dataclass(frozen=True)
class QueueFilter:
    """What the queue is asked for; what cannot be read is left out."""

    taken: str = ""
    risk: str = ""
    department: str = ""
    text: str = ""
    order: str = "risque"

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> QueueFilter:
        """Read « prise », « risque », « departement », « texte » and « tri »."""
        taken, risk, order = (parameters.get(name, "") for name in ("prise", "risque", "tri"))
        text = " ".join(parameters.get("texte", "").split())
        return cls(
            taken=taken if taken in TAKEN else "",
            risk=risk if risk in LEVELS else "",
            department=parameters.get("departement", "")[:3],
            text=text[:TEXT_LENGTH],
            order=order if order in ORDERS else "risque",
        )

    @property
    def filters(self) -> bool:
        """Tell whether something is left out."""
        return bool(self.taken or self.risk or self.department or self.text)

    def apply(self, scope: Scope, now: datetime.datetime) -> QuerySet[Dossier]:
        """Dossiers en validation asked for, in the order asked for, with ``points`` (risk and age)."""
        found = Dossier.objects.visible_to(scope).filter(state=DossierState.SENT)
        found = found.annotate(points=queue_points_sql(now))
        if self.taken:
            mine, free = Q(taken_by=scope.user_id), Q(taken_by__isnull=True)
            found = found.filter({"libres": free, "moi": mine, "autres": ~mine & ~free}[self.taken])
        if self.risk:
            low, high = RANGES[self.risk]
            found = found.filter(points__gte=low) if high is None else found.filter(points__gte=low, points__lt=high)
        if self.department:
            found = found.filter(in_department(self.department))
        if self.text:
            found = found.filter(designated_by(self.text))
        return found.order_by(*(("sent_at",) if self.order == "attente" else ("-points", "sent_at")), "pk")


@dataclass(frozen=True)
class QueueLine:
    """One dossier of the queue, as this person sees it at ``now``."""

    dossier: Dossier
    scope: Scope
    now: datetime.datetime

    @property
    def waiting(self) -> datetime.timedelta:
        """How long since it was sent."""
        sent_at = self.dossier.sent_at
        return self.now - sent_at if sent_at else datetime.timedelta()

    @property
    def is_fresh(self) -> bool:
        """Tell whether it was sent less than a minute ago: « à l’instant »."""
        return self.waiting < FRESH

    @property
    def points(self) -> int:
        """Risk and age together."""
        return self.dossier.risk + age_points(self.waiting)

    @property
    def level(self) -> Level:
        return level_of(self.points)

    @property
    def reasons(self) -> list[str]:
        """Why it has that risk, in words; its age among them."""
        aged = self.waiting >= AGE_SHOWN
        capped = age_points(self.waiting) == AGE_MOST
        age = [f"{'longue attente, ' if capped else 'attend depuis '}{french.duration(self.waiting)}"] if aged else []
        return [*self.dossier.risk_reasons, *age]

    @property
    def reasons_line(self) -> str:
        """The reasons on one line."""
        return "\u202f; ".join(self.reasons)

    @property
    def is_mine(self) -> bool:
        """Tell whether this person took it."""
        return self.dossier.taken_by_id == self.scope.user_id

    @property
    def is_own(self) -> bool:
        """Tell whether this person has sent it, now or before: somebody else validates it."""
        return self.dossier.was_sent_by(self.scope.user_id)

    @property
    def department(self) -> str:
        """Code of the department, that of the EJ for an EG that is not published yet; empty when it is not known."""
        about = self.dossier.geographic_entity or self.dossier.legal_entity
        commune = about.commune if about is not None else None
        return commune.department_id if commune is not None else ""
