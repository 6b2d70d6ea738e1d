"""What merging two records means for places: figures stay with their unit, shared places and closures follow.

Two EGs: their units keep their figures, and the lits mutualisés of the EG that goes become those of the other. Two UOs:
the unit that stays keeps its own figure, and takes the indisponibilités totales of the other, which it may still have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.utils import timezone

from common import french
from directory.duplicates.hooks import Follower, register
from directory.models import GeographicEntity

from .closures.services import Period
from .locks import lock_figures, share_rules
from .models import CurrentFigure, Pool, UnitClosure
from .services import tell_figures

if TYPE_CHECKING:
    import datetime

    from accounts.models import User


def words(kept: Any, merged: Any) -> list[str]:
    """What becomes of places, in sentences: one query."""
    if isinstance(kept, GeographicEntity):
        count = Pool.objects.filter(geographic_entity=merged, ended_at=None).count()
        return [f"{french.counted(count, 'groupe de lits mutualisés', 'groupes de lits mutualisés')}."] if count else []
    waits = Count("unit__unavailabilities", filter=_held())
    rows = CurrentFigure.objects.filter(unit__in=[kept.pk, merged.pk]).annotate(closures=waits)
    figures = {row.pk: row for row in rows.order_by("pk")}
    said, theirs, ours = [], figures.get(merged.pk), figures.get(kept.pk)
    if theirs is not None and theirs.closures:
        said.append(f"{french.counted(theirs.closures, 'indisponibilité totale', 'indisponibilités totales')}.")
    if theirs is not None and theirs.figure is not None and theirs.confirmed_at is not None:
        said.append(
            f"Ses places ne sont pas reprises\u00a0: le chiffre {french.number(theirs.figure)}, saisi "
            f"{french.on_moment(theirs.confirmed_at)}, reste dans son historique. Vérifiez celui de la fiche qui reste"
            f"\u00a0: {_figure(ours)}."
        )
    if theirs is not None and theirs.is_open and (ours is None or not ours.is_open):
        said.append("La saisie des places est ouverte sur cette fiche seulement\u00a0: ouvrez-la sur celle qui reste.")
    return said


def follow(kept: Any, merged: Any, by: User, now: datetime.datetime) -> list[int]:
    """Give the EG the shared places, or the unit the closures to come or under way; ids of what was given."""
    if isinstance(kept, GeographicEntity):
        ids = list(Pool.objects.filter(geographic_entity=merged).order_by("pk").values_list("pk", flat=True))
        Pool.objects.filter(pk__in=ids).update(geographic_entity=kept)
        return ids
    share_rules()
    lock_figures([kept.pk])
    added = []
    for closure in UnitClosure.objects.filter(_held("", now), unit=merged).order_by("starts_at", "pk"):
        same_time = Period(closure.starts_at, closure.ends_at).meets()
        if not UnitClosure.objects.held().filter(same_time, unit=kept).exists():
            added.append(
                UnitClosure.objects.create(
                    unit=kept,
                    starts_at=closure.starts_at,
                    ends_at=closure.ends_at,
                    reason=closure.reason,
                    comment=closure.comment,
                    recorded_at=now,
                    by=closure.by,
                ).pk
            )
    if added:
        tell_figures([kept.pk])
    return added


def give_back(kept: Any, merged: Any, given: list[int], by: User, now: datetime.datetime) -> None:
    """The shared places whose units are back go with them; the closures that were taken are withdrawn."""
    if isinstance(kept, GeographicEntity):
        Pool.objects.filter(pk__in=given, geographic_entity=kept).update(geographic_entity=merged)
        return
    share_rules()
    lock_figures([kept.pk])
    rows = UnitClosure.objects.filter(pk__in=given, withdrawn_at=None)
    if rows.update(withdrawn_at=now, withdrawn_by=by):
        tell_figures([kept.pk])


def connect() -> None:
    """Take part in merges; called once, when Django is ready."""
    register("availability", Follower(words=words, follow=follow, give_back=give_back))


def _held(path: str = "unit__unavailabilities__", now: datetime.datetime | None = None) -> Q:
    """Condition: a closure that is not withdrawn, nor over."""
    after = Q(**{f"{path}ends_at": None}) | Q(**{f"{path}ends_at__gt": now or timezone.now()})
    return Q(**{f"{path}withdrawn_at": None}) & after


def _figure(figure: CurrentFigure | None) -> str:
    if figure is None or figure.figure is None or figure.confirmed_at is None:
        return "jamais saisi"
    return f"{french.number(figure.figure)}, saisi {french.on_moment(figure.confirmed_at)}"
