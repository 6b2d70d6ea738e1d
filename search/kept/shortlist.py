"""Units kept for one orientation: a list of one person, without anything about the patient (spec 40)."""

import datetime
from dataclasses import dataclass

from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery, Value

from accounts.models import User
from availability.guichet.supply import Offer, load_offers
from directory.duplicates.replaced import units_in_place
from directory.models import OperationalUnit, Term, UnitTerm, WeeklyHours
from directory.scopes import Scope

from ..models import KeptUnit, SearchDocument

LIMIT = 20  # units


class ShortlistRefused(Exception):
    """Nothing was written; ``words`` say why, in French."""

    words = ""

    def __init__(self) -> None:
        super().__init__(self.words)


class ShortlistFull(ShortlistRefused):
    words = f"Votre sélection a déjà {LIMIT} unités : retirez-en une, ou videz-la, avant d’en retenir une autre."


class UnitGone(ShortlistRefused):
    words = "Cette unité n’est plus publiée : elle ne peut pas être retenue."


@dataclass(frozen=True, kw_only=True)
class KeptOffer:
    """A unit of the list with what it offers now; ``offer`` is empty once the unit is no longer published.

    ``is_place_kept_quiet``: its place is hidden from most people, even when this person sees it. ``name``: that of a
    unit no longer published whose record this person may open still (a closed one); empty otherwise.
    """

    kept: KeptUnit
    offer: Offer | None
    is_place_kept_quiet: bool = False
    name: str = ""

    @property
    def figure(self) -> int | None:
        """Last figure stated; empty without any."""
        current = self.offer.figure if self.offer else None
        return current.figure if current else None


def kept_ids(user_id: int | None) -> list[int]:
    """Ids of the units that a person keeps, in order: one query."""
    return list(KeptUnit.objects.filter(user_id=user_id).values_list("unit_id", flat=True))


def open_units(scope: Scope) -> QuerySet[OperationalUnit]:
    """Published units that this person may read, with what an offer shows."""
    measures: ArrayField = ArrayField(models.CharField())
    return (
        OperationalUnit.objects.visible_to(scope)
        .published()
        .annotate(measures=Value([], output_field=measures))
        .with_place()
        .with_address_shown(scope)
        .select_related("geographic_entity__legal_entity", "current_figure__pool", "commune__department", "care_mode")
        .defer("commune__outline", "commune__department__outline")
    )


def with_record(units: QuerySet[OperationalUnit]) -> QuerySet[OperationalUnit]:
    """Units with their terms, hours and the terms of their EG: what a sheet shows (four more queries)."""
    return units.prefetch_related(
        Prefetch("unit_terms", queryset=UnitTerm.objects.select_related("term__parent")),
        Prefetch("weekly_hours", queryset=WeeklyHours.objects.select_related("kind")),
        "hours_exceptions",
        Prefetch("geographic_entity__terms", queryset=Term.objects.select_related("parent")),
    )


def kept_offers(scope: Scope, now: datetime.datetime, *, whole: bool = False) -> list[KeptOffer]:
    """The list of a person in order: two queries, four more for the ``whole`` record of each."""
    unit = OperationalUnit.objects.visible_to(scope).filter(pk=OuterRef("unit_id")).order_by()
    mine = KeptUnit.objects.filter(user_id=scope.user_id)
    rows = list(mine.annotate(is_quiet=_is_quiet("unit_id"), name=Subquery(unit.values("name"))))
    ids = [row.unit_id for row in rows]
    units = open_units(scope).filter(pk__in=ids)
    offers = load_offers(with_record(units) if whole else units, scope, now) if ids else []
    by_unit = {offer.unit.pk: offer for offer in offers}
    return [
        KeptOffer(
            kept=row,
            offer=by_unit.get(row.unit_id),
            is_place_kept_quiet=row.unit_id in by_unit and row.is_quiet,
            name="" if row.unit_id in by_unit else row.name or "",
        )
        for row in rows
    ]


def _is_quiet(unit_field: str) -> Exists:
    """Whether the place of a unit is told to entitled people only, as an annotation."""
    return Exists(SearchDocument.objects.filter(unit_id=OuterRef(unit_field), hides_place=True))


def with_quiet_place(units: QuerySet[OperationalUnit]) -> QuerySet[OperationalUnit]:
    """Units with whether their place is told to entitled people only (``is_quiet``)."""
    return units.annotate(is_quiet=_is_quiet("pk"))


@transaction.atomic
def keep_unit(*, unit_id: int, by: User, scope: Scope, now: datetime.datetime) -> tuple[OperationalUnit, bool]:
    """Add a unit at the end of one's list; tell whether it was not there yet. Raises ``ShortlistRefused``.

    One that was merged gives way to the unit that stays.
    """
    _lock(by)
    units = OperationalUnit.objects.visible_to(scope).published()
    unit = units.filter(pk=unit_id).first() or units.filter(pk__in=units_in_place([unit_id]).values()).first()
    if unit is None:
        raise UnitGone
    positions = dict(KeptUnit.objects.filter(user=by).values_list("unit_id", "position"))
    if unit.pk in positions:
        return unit, False
    if len(positions) >= LIMIT:
        raise ShortlistFull
    KeptUnit.objects.create(user=by, unit=unit, position=max(positions.values(), default=0) + 1, kept_at=now)
    return unit, True


@transaction.atomic
def drop_unit(*, unit_id: int, by: User) -> bool:
    """Take a unit off one's list, or the one it was merged into; tell whether it was there."""
    _lock(by)
    kept = KeptUnit.objects.filter(user=by)
    if kept.filter(unit_id=unit_id).delete()[0]:
        return True
    return bool(kept.filter(unit__in=units_in_place([unit_id]).values()).delete()[0])


@transaction.atomic
def move_unit(*, unit_id: int, up: bool, by: User) -> bool:
    """Exchange a unit with the one before or after it; tell whether anything moved."""
    _lock(by)
    rows = list(KeptUnit.objects.filter(user=by))
    at = next((place for place, row in enumerate(rows) if row.unit_id == unit_id), None)
    to = None if at is None else at + (-1 if up else 1)
    if at is None or to is None or not 0 <= to < len(rows):
        return False
    rows[at], rows[to] = rows[to], rows[at]
    for place, row in enumerate(rows, start=1):
        row.position = place
    KeptUnit.objects.bulk_update(rows, ["position"])
    return True


@transaction.atomic
def empty_shortlist(*, by: User) -> int:
    """Forget the whole list; return how many units it had."""
    _lock(by)
    return KeptUnit.objects.filter(user=by).delete()[0]


def _lock(by: User) -> None:
    """One change of a person's list at a time."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
