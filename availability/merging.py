"""What merging two records means for places: figures stay with their unit, shared places and closures follow.

Two EGs: their units keep their figures, and the lits mutualisés of the EG that goes become those of the other. Two UOs:
the unit that stays keeps its own figure, and takes the indisponibilités totales of the other, which it may still have.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone

from common import french
from directory.duplicates.hooks import Follower, register
from directory.models import GeographicEntity

from .closures.services import Period
from .locks import lock_figures, share_rules
from .models import CurrentFigure, Pool, UnitClosure
from .services import tell_figures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from accounts.models import User


def read_with(model: type) -> dict[str, Any]:
    """``pool_count`` of an EG; ``stated`` (figure, when, whether entry is open) and ``closure_count`` of a UO."""
    if model is GeographicEntity:
        return {"pool_count": _counted(Pool.objects.filter(ended_at=None), "geographic_entity")}
    stated = JSONObject(figure="figure", at="confirmed_at", is_open="is_open")
    figures = CurrentFigure.objects.filter(unit=OuterRef("pk")).values(found=stated)
    closures = UnitClosure.objects.filter(_held(timezone.now()))
    return {"stated": Subquery(figures[:1]), "closure_count": _counted(closures, "unit")}


def words(kept: Any, merged: Any) -> list[str]:
    """What becomes of places, in sentences, of records read with ``read_with``."""
    if isinstance(kept, GeographicEntity):
        count = merged.pool_count
        return [f"{french.counted(count, 'groupe de lits mutualisés', 'groupes de lits mutualisés')}."] if count else []
    said, theirs, ours = [], merged.stated or {}, kept.stated or {}
    if merged.closure_count:
        closures = french.counted(merged.closure_count, "indisponibilité totale", "indisponibilités totales")
        said.append(f"{closures} en cours ou à venir.")
    if theirs.get("figure") is not None:
        said.append(
            f"Ses places ne sont pas reprises\u00a0: le chiffre {_figure(theirs)} reste dans son historique. "
            f"Vérifiez celui de la fiche qui reste\u00a0: {_figure(ours).rstrip(',')}."
        )
    if theirs.get("is_open") and not ours.get("is_open"):
        said.append("La saisie des places n’est ouverte que sur cette fiche\u00a0: ouvrez-la sur celle qui reste.")
    return said


def follow(kept: Any, merged: Any, by: User, now: datetime.datetime) -> list[int]:
    """Give the EG the shared places, or the unit the closures to come or under way; ids of what was given."""
    share_rules()  # before the rows: what is told next applies them
    if isinstance(kept, GeographicEntity):
        ids = list(Pool.objects.filter(geographic_entity=merged).order_by("pk").values_list("pk", flat=True))
        Pool.objects.filter(pk__in=ids).update(geographic_entity=kept)
        return ids
    lock_figures([kept.pk])
    added = []
    for closure in UnitClosure.objects.filter(_held(now), unit=merged).order_by("starts_at", "pk"):
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
    share_rules()
    if isinstance(kept, GeographicEntity):
        Pool.objects.filter(pk__in=given, geographic_entity=kept).update(geographic_entity=merged)
        return
    lock_figures([kept.pk])
    rows = UnitClosure.objects.filter(pk__in=given, withdrawn_at=None)
    if rows.update(withdrawn_at=now, withdrawn_by=by):
        tell_figures([kept.pk])


def connect() -> None:
    """Take part in merges; called once, when Django is ready."""
    register("availability", Follower(annotations=read_with, words=words, follow=follow, give_back=give_back))


def _held(now: datetime.datetime) -> Q:
    """Condition on closures: neither withdrawn nor over."""
    return Q(withdrawn_at=None) & (Q(ends_at=None) | Q(ends_at__gt=now))


def _counted(rows: QuerySet, by: str) -> Coalesce:
    counted = rows.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(total=Count("pk")).values("total")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _figure(stated: Mapping[str, Any]) -> str:
    if stated.get("figure") is None or stated.get("at") is None:
        return "jamais saisi"
    at = datetime.datetime.fromisoformat(stated["at"])
    return f"{french.number(stated['figure'])}, saisi {french.on_moment(at)},"
