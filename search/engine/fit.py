"""What units are worth for a person's needs: the rules of the guichet unique, for any units of a search.

Nothing about the person is kept. Needs explain and class; they exclude nothing by themselves (01-settled, Search).
"""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import replace

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import CharField, OuterRef, QuerySet, Value
from django.db.models.expressions import RawSQL

from availability.breakdown import COUNT_FIELDS
from availability.expected.services import awaited_places, read_awaited
from availability.guichet.needs import Answer, Fit, Judgement, Needs, Reason, Supply, judge
from availability.guichet.supply import Offer, load_offers
from availability.shown import local_day
from common.french import NBSP
from directory.models import OperationalUnit, UnitTerm
from directory.scopes import Scope

# What ``Offer.supply`` and ``Offer.doubt`` read, and nothing more: a model with fewer fields is made faster.
_OF_UNIT = ("status", "sex", "min_age_days", "max_age_days", "pets")
_OF_FIGURE = ("is_open", "rhythm", "figure", "confirmed_at", "to_confirm_since", "contested_at", "lines", *COUNT_FIELDS)


def judge_units(
    unit_ids: Collection[int], needs: Needs, scope: Scope, now: datetime.datetime, audiences: Collection[int] = ()
) -> dict[int, Judgement]:
    """What each unit is worth for these needs, and why: one query, ``supply.MAX_UNITS`` units at most.

    ``audiences``: ids of the terms « public pris en charge » asked for, told among the reasons. A unit that this person
    may not open, or that is not published any more, is left out.
    """
    return judge_each(unit_ids, [needs], scope, now, audiences)[0]


def judge_each(
    unit_ids: Collection[int],
    asked: Sequence[Needs],
    scope: Scope,
    now: datetime.datetime,
    audiences: Collection[int] = (),
) -> list[dict[int, Judgement]]:
    """The same for several needs, in their order: one query in all."""
    if not unit_ids:
        return [{} for _ in asked]
    today = local_day(now)
    supplies = [
        (offer.unit, _supply(offer, today)) for offer in load_offers(_units(unit_ids, scope, audiences), scope, now)
    ]
    return [
        {unit.pk: _with_audiences(judge(needs, supply), audiences, unit.audiences) for unit, supply in supplies}
        for needs in asked
    ]


def _supply(offer: Offer, today: datetime.date) -> Supply:
    awaited = read_awaited(offer.unit) if offer.unit.awaited else ()
    return offer.supply(
        tuple((place.expected_on, place.count) for place in awaited if place.expected_on >= today), doubt=offer.doubt
    )


def _units(unit_ids: Collection[int], scope: Scope, audiences: Collection[int]) -> QuerySet[OperationalUnit]:
    """Units with their figure, and the labels of those of the audiences asked for that they take."""
    taken = UnitTerm.objects.filter(unit=OuterRef("pk"), term__in=audiences).order_by("term__order", "term__label")
    nothing = Value([], ArrayField(CharField()))
    asked = RawSQL("SELECT unnest(%s::bigint[])", (list(unit_ids),))
    return (
        OperationalUnit.objects.visible_to(scope)
        .published()
        .filter(pk__in=asked)
        .annotate(audiences=ArraySubquery(taken.values("term__label")) if audiences else nothing)
        .annotate(awaited=awaited_places(), measures=nothing)
        .select_related("current_figure")
        .only(*_OF_UNIT, *(f"current_figure__{name}" for name in _OF_FIGURE))
        .order_by()
    )


def _with_audiences(judgement: Judgement, audiences: Collection[int], taken: Sequence[str]) -> Judgement:
    """The same with what is known of the public: a unit that does not name it may still take it."""
    if not audiences:
        return judgement
    told = Reason(Answer.YES, f"accueille{NBSP}: {', '.join(taken)}", is_of_unit=True)
    untold = Reason(Answer.MAYBE, "public demandé non précisé", "Ce public est-il accueilli", is_of_unit=True)
    reason = told if taken else untold
    fit = Fit.TO_CONFIRM if not taken and judgement.fit is Fit.FITS else judgement.fit
    return replace(judgement, fit=fit, reasons=(reason, *judgement.reasons))
