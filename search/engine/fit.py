"""What units are worth for a person's needs: the rules of the guichet unique, for any units of a search.

Nothing about the person is kept. Needs explain and class; they exclude nothing by themselves (01-settled, Search).
"""

import datetime
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import CharField, Model, OuterRef, QuerySet, Value
from django.db.models.expressions import RawSQL

from availability.breakdown import COUNT_FIELDS
from availability.expected.services import awaited_places, read_awaited
from availability.guichet.needs import Answer, Fit, Judgement, Needs, Reason, Supply, judge
from availability.guichet.supply import Offer, held_closures, read_closures
from availability.models import CurrentFigure
from availability.shown import local_day
from common.french import NBSP
from directory.models import OperationalUnit, UnitTerm
from directory.scopes import Scope

from .statement import TUNED, Statement

_NAMED = re.compile(r"%\((\w+)\)s")


def _columns(model: type[Model], *names: str) -> tuple[str, ...]:
    """These columns in the order of the model, as ``from_db`` takes them."""
    return tuple(field.attname for field in model._meta.concrete_fields if field.attname in names)  # noqa: SLF001


# What ``Offer.supply`` and ``Offer.doubt`` read, and nothing more: whole records of thousands of units take long.
_OF_UNIT = _columns(OperationalUnit, "status", "sex", "min_age_days", "max_age_days", "pets")
_OF_FIGURE = _columns(
    CurrentFigure,
    *("is_open", "rhythm", "figure", "confirmed_at", "to_confirm_since", "contested_at", "lines"),
    *COUNT_FIELDS,
)


def judge_units(
    unit_ids: Collection[int], needs: Needs, scope: Scope, now: datetime.datetime, audiences: Collection[int] = ()
) -> dict[int, Judgement]:
    """What each unit is worth for these needs, and why: one query.

    ``audiences``: ids of the terms « public pris en charge » asked for, told among the reasons. A unit that this person
    may not open, or that is not published any more, is left out.
    """
    return judge_each(unit_ids, [needs], scope, now, audiences)[0]


def judge_found(
    statement: Statement, needs: Needs, scope: Scope, now: datetime.datetime, audiences: Collection[int] = ()
) -> dict[int, Judgement]:
    """The same for the units whose ids a statement finds, in its query."""
    text, parameters = statement
    found = RawSQL(_NAMED.sub("%s", text), [parameters[name] for name in _NAMED.findall(text)])  # noqa: S611 (ours)
    with connection.execute_wrapper(_tuned):
        return _judged(found, [needs], scope, now, audiences)[0]


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
    return _judged(RawSQL("SELECT unnest(%s::bigint[])", (list(unit_ids),)), asked, scope, now, audiences)


def _tuned(execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: FBT001 (Django's)
    """Run a query of the ORM as those of a search, in the same round trip."""
    answer = execute(f"{TUNED}{sql}", parameters, many, context)
    while context["cursor"].nextset():
        pass
    return answer


def _judged(
    found: RawSQL, asked: Sequence[Needs], scope: Scope, now: datetime.datetime, audiences: Collection[int]
) -> list[dict[int, Judgement]]:
    """Units of whose places nothing is known, most of them, are judged once for all those that have the same rules."""
    judged: list[dict[int, Judgement]] = [{} for _ in asked]
    alike: dict[Any, list[Judgement]] = {}
    for known in _known(found, scope, audiences):
        key = None if known.is_told else (known.unit, tuple(known.audiences))
        judgements = alike.get(key)
        if judgements is None:
            supply = _supply(known, scope, now)
            judgements = [_with_audiences(judge(needs, supply), audiences, known.audiences) for needs in asked]
            if key:
                alike[key] = judgements
        for held, judgement in zip(judged, judgements, strict=True):
            held[known.unit_id] = judgement
    return judged


class _Known(NamedTuple):
    """What is read of a unit: values of ``_OF_UNIT`` and of ``_OF_FIGURE``, labels of the audiences asked for."""

    unit_id: int
    audiences: Sequence[str]
    awaited: Sequence[dict[str, Any]]
    closures: Sequence[dict[str, str | None]]
    figure_id: int | None
    unit: tuple[Any, ...]
    figure: tuple[Any, ...]

    @property
    def is_told(self) -> bool:
        """Whether anything is known of its places."""
        return self.figure_id is not None or bool(self.awaited) or bool(self.closures)


def _known(found: RawSQL, scope: Scope, audiences: Collection[int]) -> Iterator[_Known]:
    columns = (*_OF_UNIT, *(f"current_figure__{name}" for name in _OF_FIGURE))
    rows = _units(found, scope, audiences).values_list(
        "pk", "audiences", "awaited", "held_closures", "current_figure", *columns
    )
    split = 5 + len(_OF_UNIT)
    return (_Known(*row[:5], unit=row[5:split], figure=row[split:]) for row in rows)


def _supply(known: _Known, scope: Scope, now: datetime.datetime) -> Supply:
    """What a unit offers, by the rules of the guichet."""
    unit = OperationalUnit.from_db(None, _OF_UNIT, known.unit)
    unit.pk, unit.awaited = known.unit_id, known.awaited
    offer = Offer(
        unit=unit,
        figure=CurrentFigure.from_db(None, _OF_FIGURE, known.figure) if known.figure_id else None,
        viewer_id=scope.user_id or 0,
        now=now,
        closures=read_closures(known.unit_id, known.closures),
        scope=scope,
    )
    today = local_day(now)
    awaited = read_awaited(unit) if known.awaited else ()
    return offer.supply(
        tuple((place.expected_on, place.count) for place in awaited if place.expected_on >= today), doubt=offer.doubt
    )


def _units(found: RawSQL, scope: Scope, audiences: Collection[int]) -> QuerySet[OperationalUnit]:
    """Units with the labels of those of the audiences asked for that they take, places awaited and closures."""
    taken = UnitTerm.objects.filter(unit=OuterRef("pk"), term__in=audiences).order_by("term__order", "term__label")
    nothing = Value([], ArrayField(CharField()))
    return (
        OperationalUnit.objects.visible_to(scope)
        .published()
        .filter(pk__in=found)
        .annotate(audiences=ArraySubquery(taken.values("term__label")) if audiences else nothing)
        .annotate(awaited=awaited_places(), held_closures=held_closures())
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
