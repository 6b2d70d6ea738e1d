"""What units are worth for a person's needs and why: the rules of the guichet unique, for the units that are shown.

Nothing about the person is kept. Needs explain and class; they exclude nothing by themselves (01-settled, Search).
"""

import datetime
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import CharField, Model, OuterRef, QuerySet, Value

from availability.breakdown import COUNT_FIELDS
from availability.expected.services import awaited_places, read_awaited
from availability.guichet.judging import judge
from availability.guichet.needs import Answer, Fit, Judgement, Needs, Reason, Supply
from availability.guichet.supply import Offer, held_closures, read_closures
from availability.models import CurrentFigure
from availability.shown import local_day
from common.french import NBSP
from common.round_trip import Rows, Statement, statement_of
from directory.models import OperationalUnit, UnitTerm
from directory.scopes import Scope

from ..criteria import Facet, SearchCriteria
from ..models import SearchDocument


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


def judge_shown(
    unit_ids: Iterable[int | None], criteria: SearchCriteria, scope: Scope, now: datetime.datetime
) -> dict[int, Judgement]:
    """What each of these units is worth for the needs asked: one query, none without any. ``None`` is passed over."""
    if not criteria.has_needs:
        return {}
    return judge_units([pk for pk in unit_ids if pk], criteria.needs, scope, now, _audiences(criteria))


class Judging(NamedTuple):
    """A statement to send with others, and what each unit is worth once its rows are there."""

    statement: Statement
    judged: Callable[[Rows], dict[int, Judgement]]


def judging(groups: Collection[int], criteria: SearchCriteria, scope: Scope, now: datetime.datetime) -> Judging | None:
    """``judge_shown`` of all the units of some lines; ``None`` when no need is asked, or no unit may be opened."""
    if not criteria.has_needs:
        return None
    audiences = _audiences(criteria)
    of_lines = SearchDocument.objects.filter(group_id__in=groups, unit__isnull=False).values("unit")
    prepared = statement_of(_values(of_lines, scope, audiences))
    if prepared is None:
        return None
    statement, read = prepared
    return Judging(statement, lambda rows: _judged(read(rows), criteria.needs, scope, now, audiences))


def _audiences(criteria: SearchCriteria) -> list[int]:
    return [int(value) for value in criteria.values(Facet.AUDIENCE)]


def judge_units(
    unit_ids: Collection[int], needs: Needs, scope: Scope, now: datetime.datetime, audiences: Collection[int] = ()
) -> dict[int, Judgement]:
    """What each unit is worth for these needs, and why: one query.

    ``audiences``: ids of the terms « public pris en charge » asked for, told among the reasons. A unit that this person
    may not open, or that is not published any more, is left out. Units of whose places nothing is known, most of them,
    are judged once for all those that have the same rules.
    """
    rows = _values(unit_ids, scope, audiences) if unit_ids else ()
    return _judged(rows, needs, scope, now, audiences)


def _judged(
    rows: Rows, needs: Needs, scope: Scope, now: datetime.datetime, audiences: Collection[int]
) -> dict[int, Judgement]:
    judged: dict[int, Judgement] = {}
    alike: dict[Any, Judgement] = {}
    for row in rows:
        known = _known(row)
        key = None if known.is_told else (known.unit, tuple(known.audiences))
        judgement = alike.get(key)
        if judgement is None:
            judgement = _with_audiences(judge(needs, _supply(known, scope, now)), audiences, known.audiences)
            if key:
                alike[key] = judgement
        judged[known.unit_id] = judgement
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


def _values(unit_ids: Collection[int] | QuerySet, scope: Scope, audiences: Collection[int]) -> QuerySet:
    columns = (*_OF_UNIT, *(f"current_figure__{name}" for name in _OF_FIGURE))
    return _units(unit_ids, scope, audiences).values_list(
        "pk", "audiences", "awaited", "held_closures", "current_figure", *columns
    )


def _known(row: tuple[Any, ...]) -> _Known:
    split = 5 + len(_OF_UNIT)
    return _Known(*row[:5], unit=row[5:split], figure=row[split:])


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


def _units(unit_ids: Collection[int] | QuerySet, scope: Scope, audiences: Collection[int]) -> QuerySet[OperationalUnit]:
    """Units with the labels of those of the audiences asked for that they take, places awaited and closures."""
    taken = UnitTerm.objects.filter(unit=OuterRef("pk"), term__in=audiences).order_by("term__order", "term__label")
    nothing = Value([], ArrayField(CharField()))
    return (
        OperationalUnit.objects.visible_to(scope)
        .published()
        .filter(pk__in=unit_ids)
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
