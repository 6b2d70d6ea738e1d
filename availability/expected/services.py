"""Places attendues: announced for a day, shown as *bientôt*, a reminder on the day (spec 20, Beyond the seeds)."""

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import JSONField, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.utils import timezone

from accounts.roles import Permission
from common.french import NBSP, PARIS, THIN, counted, day, plural
from directory.models import OperationalUnit
from directory.scopes import Scope

from ..closures.services import period_words
from ..exceptions import StatementRefused
from ..models import CurrentFigure, ExpectedPlace, UnitClosure
from ..permissions import REFUSAL_WORDS, Refusal, statement_refusal
from ..reminders.awaited import expected_until

LONGEST_WAIT = datetime.timedelta(days=366)
DUE_SHOWN = 10  # reminders of the home page
_AWAITED = """
ARRAY(
    SELECT jsonb_build_object('id', place.id, 'count', place.count, 'expected_on', place.expected_on,
                              'comment', place.comment)
    FROM availability_expectedplace place
    WHERE place.unit_id = directory_operationalunit.id AND place.settled_at IS NULL
    ORDER BY place.expected_on, place.id
)
"""
LARGEST_COUNT = 999  # places of one announcement
REMINDED_NOW = "Un rappel est sur la page d’accueil."


class ExpectedRefused(Exception):
    """The announcement cannot be made. ``why`` says the reason."""

    class Why(StrEnum):
        PAST = "past"
        TOO_FAR = "too_far"
        COUNT = "count"
        SAME_DAY = "same_day"

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class AlreadyAnnounced(Exception):
    """The same number of places, with the same words, is already awaited that day: ``place``."""

    def __init__(self, place: ExpectedPlace) -> None:
        super().__init__(str(place.pk))
        self.place = place


class ExpectedSettled(Exception):
    """The announcement was already closed: the places came, it was put off, or given up."""


def expected_of(unit_ids: Collection[int], today: datetime.date) -> dict[int, list[ExpectedPlace]]:
    """Places awaited from ``today`` on, by unit, the soonest first: what readers are shown as *bientôt*. One query."""
    return _by_unit(_awaited(unit_ids).filter(expected_on__gte=today))


def awaited_of(unit_ids: Collection[int]) -> dict[int, list[ExpectedPlace]]:
    """Every place still awaited, whose day may be past: what entry people are shown. One query."""
    return _by_unit(_awaited(unit_ids))


def awaited_places() -> RawSQL:
    """The same as an annotation of units, for ``read_awaited``: no query of its own."""
    return RawSQL(_AWAITED, (), ArrayField(JSONField()))  # noqa: S611 - nothing typed in it


def read_awaited(unit: OperationalUnit) -> list[ExpectedPlace]:
    """Places of a unit annotated with ``awaited=awaited_places()``."""
    found = []
    for told in unit.awaited:
        day_of = datetime.date.fromisoformat(told["expected_on"])
        found.append(ExpectedPlace(**(told | {"unit": unit, "expected_on": day_of})))
    return found


def due_for(scope: Scope, now: datetime.datetime) -> QuerySet[ExpectedPlace]:
    """Places whose day has come, of the units that this person states: to be said arrived, put off or given up.

    Silent like the mails while the unit's entry is closed, or the unit unavailable.
    """
    mine = scope.coverage(Permission.STATEMENT_WRITE).units_q("unit__")
    due = expected_until(now).filter(mine).select_related("unit__geographic_entity", "unit__current_figure__pool")
    return due.order_by("expected_on", "unit__sort_name", "pk")


def _awaited(unit_ids: Collection[int]) -> QuerySet[ExpectedPlace]:
    return ExpectedPlace.objects.filter(unit__in=unit_ids, settled_at=None).order_by("expected_on", "pk")


def _by_unit(places: QuerySet[ExpectedPlace]) -> dict[int, list[ExpectedPlace]]:
    found: dict[int, list[ExpectedPlace]] = {}
    for place in places:
        found.setdefault(place.unit_id, []).append(place)
    return found


def kind_of(unit: OperationalUnit) -> str:
    """Whether the unit's announcements are of beds: its pool's word when it shares its places.

    No query for a unit read with ``current_figure__pool``.
    """
    figure: CurrentFigure | None = getattr(unit, "current_figure", None)
    return figure.pool.capacity_kind if figure and figure.pool else unit.capacity_kind


def closure_on(closures: Iterable[UnitClosure], on: datetime.date) -> UnitClosure | None:
    """Closure, not withdrawn, that leaves no moment of the day ``on`` (in Paris) after it."""
    midnight = datetime.datetime.combine(on + datetime.timedelta(days=1), datetime.time(), PARIS)
    held = (one for one in closures if one.withdrawn_at is None and one.starts_at < midnight)
    return next((one for one in held if one.ends_at is None or one.ends_at >= midnight), None)


def expected_words(place: ExpectedPlace, today: datetime.date, kind: str = "place") -> str:
    """« 2 places attendues aujourd’hui », « 1 lit attendu le 14/08/2024 »; ``kind`` is the unit's capacity kind."""
    many, bed = place.count >= 2, kind == "bed"
    noun = counted(place.count, "lit" if bed else "place")
    word = plural(place.count, "attendu" if bed else "attendue")
    if place.expected_on == today:
        return f"{noun} {word} aujourd’hui"
    if place.expected_on < today:
        were = "étaient" if many else "était"
        return f"{noun} {were} {word} le {day(place.expected_on)}"
    return f"{noun} {word} le {day(place.expected_on)}"


def reminder_words(place: ExpectedPlace, today: datetime.date) -> str:
    """« 1 place attendue aujourd’hui : est-elle libre ? », « 2 lits attendus aujourd’hui : sont-ils libres ? »."""
    kind = kind_of(place.unit)
    they = plural(place.count, "il" if kind == "bed" else "elle")
    asked = f"sont-{they} libres" if place.count >= 2 else f"est-{they} libre"
    return f"{expected_words(place, today, kind)}{NBSP}: {asked}{THIN}?"


@transaction.atomic
def announce_places(
    *,
    unit_id: int,
    count: int,
    expected_on: datetime.date,
    comment: str,
    by,
    scope: Scope,
    now: datetime.datetime,
    today: datetime.date,
) -> ExpectedPlace:
    """Announce ``count`` places for a day, ``today`` (in Paris) or later.

    Raises ``OperationalUnit.DoesNotExist``, ``StatementRefused`` (an unavailable unit may announce),
    ``ExpectedRefused``, and ``AlreadyAnnounced`` when the same is. Source: spec 20, Beyond the seeds.
    """
    unit = OperationalUnit.objects.select_related("geographic_entity").select_for_update(of=("self",), no_key=True)
    _check_may(scope, unit.get(pk=unit_id))
    if not 1 <= count <= LARGEST_COUNT:
        raise ExpectedRefused(ExpectedRefused.Why.COUNT)
    _check_day(expected_on, today)
    said = {"count": count, "expected_on": expected_on, "comment": comment}
    if same := ExpectedPlace.objects.filter(unit=unit_id, settled_at=None, **said).first():
        raise AlreadyAnnounced(same)
    return ExpectedPlace.objects.create(unit_id=unit_id, recorded_at=now, by=by, **said)


@transaction.atomic
def settle_places(*, expected_id: int, scope: Scope, now: datetime.datetime) -> ExpectedPlace:
    """Give an announcement up. Raises ``ExpectedPlace.DoesNotExist``, ``ExpectedSettled`` and ``StatementRefused``."""
    return _settle(_lock_place(expected_id, scope), ExpectedPlace.Outcome.GIVEN_UP, now)


@transaction.atomic
def receive_places(*, expected_id: int, scope: Scope, now: datetime.datetime) -> ExpectedPlace:
    """Close an announcement whose places came: the figure itself is then stated on the entry page.

    Raises what ``settle_places`` raises, ``StatementRefused`` too while no figure can be stated.
    """
    place = _lock_place(expected_id, scope)
    closure = UnitClosure.objects.active_at(now).filter(unit=place.unit_id).first()
    _check_may(scope, place.unit, closure)
    return _settle(place, ExpectedPlace.Outcome.ARRIVED, now)


@transaction.atomic
def postpone_places(
    *, expected_id: int, expected_on: datetime.date, by, scope: Scope, now: datetime.datetime, today: datetime.date
) -> ExpectedPlace:
    """Put an announcement off to another day: the first one is closed, another takes its place.

    It stays beside another of that day, were it the same: its places are others. Raises what ``settle_places`` raises,
    and ``ExpectedRefused``.
    """
    place = _lock_place(expected_id, scope)
    _check_may(scope, place.unit)
    _check_day(expected_on, today)
    if expected_on == place.expected_on:
        raise ExpectedRefused(ExpectedRefused.Why.SAME_DAY)
    _settle(place, ExpectedPlace.Outcome.POSTPONED, now)
    said = {"unit_id": place.unit_id, "count": place.count, "comment": place.comment}
    return ExpectedPlace.objects.create(expected_on=expected_on, recorded_at=now, by=by, **said)


def _settle(place: ExpectedPlace, outcome: str, now: datetime.datetime) -> ExpectedPlace:
    place.settled_at, place.outcome = now, outcome
    place.save(update_fields=["settled_at", "outcome"])
    return place


def _lock_place(expected_id: int, scope: Scope) -> ExpectedPlace:
    places = ExpectedPlace.objects.select_for_update(of=("self",))
    place = places.select_related("unit__geographic_entity", "unit__current_figure__pool").get(pk=expected_id)
    if not scope.coverage(Permission.STATEMENT_WRITE).holds_unit(place.unit):
        raise StatementRefused(Refusal.NOT_HELD)
    if place.settled_at is not None:
        raise ExpectedSettled
    return place


def _check_may(scope: Scope, unit: OperationalUnit, closure: UnitClosure | None = None) -> None:
    """Announcing asks what stating asks, but that the unit be available."""
    figure = CurrentFigure.objects.filter(pk=unit.pk).first()
    if refusal := statement_refusal(scope, unit, figure, closure):
        raise StatementRefused(refusal)


def _check_day(expected_on: datetime.date, today: datetime.date) -> None:
    if expected_on < today:
        raise ExpectedRefused(ExpectedRefused.Why.PAST)
    if expected_on > today + LONGEST_WAIT:
        raise ExpectedRefused(ExpectedRefused.Why.TOO_FAR)


# What pages say.


@dataclass(frozen=True)
class ExpectedLine:
    """One announcement as pages show it: its words, and whether its day has come."""

    place: ExpectedPlace
    words: str
    is_due: bool


def lines_of(places: Iterable[ExpectedPlace], kind: str, today: datetime.date) -> list[ExpectedLine]:
    """Lines of the announcements of one unit; ``kind`` is its capacity kind."""
    return [
        ExpectedLine(place, expected_words(place, today, kind), is_due=place.expected_on <= today) for place in places
    ]


def beyond_installed_words(count: int, figure: CurrentFigure | None, unit: OperationalUnit) -> str:
    """Advice when ``count`` places are announced in a unit (or a pool) that has fewer installed; else empty."""
    pool = figure.pool if figure else None
    installed = pool.installed_places if pool else unit.installed_places
    if installed is None or count <= installed:
        return ""
    bed = kind_of(unit) == "bed"
    noun = counted(installed, "lit" if bed else "place")
    word = plural(installed, "installé" if bed else "installée")
    return f"C’est plus que la capacité installée ({noun} {word}){NBSP}: vérifiez le nombre annoncé."


def arrived_words(place: ExpectedPlace) -> str:
    """What is left to do once the places came: the figure is not brought up to date by itself."""
    bed = kind_of(place.unit) == "bed"
    if place.count >= 2:
        came = "les lits arrivés" if bed else "les places arrivées"
    else:
        came = "le lit arrivé" if bed else "la place arrivée"
    return (
        f"l’annonce est close, mais le chiffre n’est pas encore enregistré. Ajoutez {came} au total, puis enregistrez."
    )


def announced_words(place: ExpectedPlace, today: datetime.date, kind: str) -> str:
    """That the same was announced before, and how to announce others."""
    announced = plural(place.count, "annoncé" if kind == "bed" else "annoncée")
    return (
        f"déjà {announced}, rien n’a été ajouté ({expected_words(place, today, kind)}). "
        "Pour d’autres places le même jour, changez le nombre ou la précision."
    )


def settled_words(place: ExpectedPlace) -> str:
    """That an announcement was closed before: « déjà reportée au 14/08/2024 » when another took its place."""
    if place.outcome == ExpectedPlace.Outcome.POSTPONED:
        said = {"unit_id": place.unit_id, "count": place.count, "comment": place.comment}
        if put_off := ExpectedPlace.objects.filter(recorded_at=place.settled_at, **said).order_by("pk").first():
            return f"Cette annonce était déjà reportée au {day(put_off.expected_on)}."
    return "Cette annonce était déjà close."


def reminder_advice(place: ExpectedPlace, today: datetime.date) -> tuple[str, bool]:
    """When a reminder will come, and whether that is a warning: the unit is to be unavailable that day. One query."""
    closure = closure_on(UnitClosure.objects.held().filter(unit=place.unit_id), place.expected_on)
    if closure is not None:
        words = f"Attention{NBSP}: une indisponibilité totale est déclarée ce jour-là ({period_words(closure)})."
        return f"{words} Le rappel viendra une fois cette indisponibilité terminée.", True
    return REMINDED_NOW if place.expected_on == today else "Un rappel viendra ce jour-là.", False


def kept_words(refusal: Refusal) -> str:
    """Why an announcement cannot be followed up now, and that it stays."""
    return (
        f"{REFUSAL_WORDS[refusal]} L’annonce est gardée telle quelle{NBSP}: "
        "reprenez-la une fois la saisie rouverte, ou abandonnez-la."
    )


WHY_WORDS: dict[ExpectedRefused.Why, tuple[str, str]] = {  # field, sentence
    ExpectedRefused.Why.PAST: ("expected_on", "Ce jour est passé\u00a0: donnez aujourd’hui ou un jour à venir."),
    ExpectedRefused.Why.TOO_FAR: ("expected_on", "Ce jour est trop lointain (un an au plus)."),
    ExpectedRefused.Why.SAME_DAY: ("expected_on", "C’est déjà le jour annoncé\u00a0: rien n’a changé."),
    ExpectedRefused.Why.COUNT: ("count", f"Écrivez un nombre de 1 à {LARGEST_COUNT}."),
}


def due_reminders(request: HttpRequest) -> dict[str, Any] | None:
    """Places whose day has come, on the home page; not for whoever states the whole region."""
    coverage = request.scope.coverage(Permission.STATEMENT_WRITE)
    if coverage.empty or coverage.region:
        return None
    now = timezone.now()
    due = list(due_for(request.scope, now)[: DUE_SHOWN + 1])
    if not due:
        return None
    today = timezone.localdate(now)
    lines = [ExpectedLine(place, reminder_words(place, today), is_due=True) for place in due]
    return {"due": lines[:DUE_SHOWN], "is_cut": len(due) > DUE_SHOWN}
