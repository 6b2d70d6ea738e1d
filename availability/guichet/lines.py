"""Guichet unique: the units of Santé Précarité (ACT, LAM, LHSS) in the order they suit a person (spec 20)."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from common.french import NBSP, THIN
from common.geo import distance_km
from common.phones import display_phone
from common.xlsx import Sheet
from directory.scopes import Scope
from directory.territory.places import Place, Resolution, resolve_place

from ..calls.reliability import Reliability, reliability_of
from ..criteria_words import Words, applied_words, ignored_rows, ignored_words
from ..expected.services import expected_of, expected_words
from ..models import ExpectedPlace, Grouping
from .form import GuichetForm
from .judging import judge
from .needs import Answer, Fit, Judgement, Reason, rank_key
from .supply import Offer, grouped_units, load_offers

GROUPING = "sante-precarite"
NO_START = (
    f"Une distance se compte depuis une commune ou un code postal{NBSP}: indiquez-le dans «{NBSP}Autour de{NBSP}»."
    " Les unités ne sont pas limitées à cette distance."
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One unit of the guichet: what it offers, why it suits or not, how far it is."""

    offer: Offer
    judgement: Judgement
    distance_km: float | None
    awaited: Sequence[ExpectedPlace]
    today: datetime.date
    reliability: Reliability | None = None

    @property
    def fit(self) -> Fit:
        return self.judgement.fit

    @property
    def fit_words(self) -> str:
        """The class, said apart when the unit takes nobody at all."""
        return "Indisponible" if self.fit is Fit.FULL and self.offer.is_closed else self.fit.label

    @property
    def questions(self) -> str:
        """« Y a-t-il une place PMR ? Un animal est-il accepté ? »."""
        return " ".join(f"{question}{THIN}?" for question in self.judgement.questions)

    @property
    def awaited_words(self) -> list[str]:
        """« 1 place attendue le 24/11/2026 », with what was said of it."""
        kind = self.offer.capacity_kind
        return [
            " – ".join(filter(None, (expected_words(place, self.today, kind), place.comment))) for place in self.awaited
        ]


@dataclass(frozen=True, kw_only=True)
class Guichet:
    """The page: its form, the starting point, and every unit in order."""

    form: GuichetForm
    lines: list[Line]
    resolution: Resolution
    total: int

    @property
    def place(self) -> Place | None:
        """Starting point or department named in « Autour de »."""
        return self.resolution.place

    @property
    def is_near(self) -> bool:
        """Tell whether distances are counted."""
        return self.place is not None and self.place.point is not None

    @property
    def applied(self) -> Words:
        """Needs and filters that hold, in words; the starting point as it was understood."""
        words = applied_words(self.form, ("depuis", *(() if self.is_near else ("rayon",))))
        return [*words, (str(self.form["depuis"].label), self.place.label)] if self.place else words

    @property
    def ignored(self) -> Words:
        """Needs and filters that were left out, and why."""
        words, form = ignored_words(self.form), self.form
        if self.resolution.problem:
            why = "plusieurs communes" if self.resolution.problem == "several" else "lieu inconnu"
            words.append((str(form["depuis"].label), f"{form.valid('depuis')} – {why}."))
        if form.radius and not self.is_near:
            why = "il n’y a pas de point de départ d’où compter la distance."
            words.append((str(form["rayon"].label), f"{form.radius}{NBSP}km – {why}"))
        return words

    @cached_property
    def counts(self) -> list[tuple[Fit, int]]:
        """How many units in each class."""
        return [(fit, sum(line.fit is fit for line in self.lines)) for fit in Fit]


def read_guichet(data: Any, scope: Scope, now: datetime.datetime, today: datetime.date) -> Guichet:
    """Guichet for the criteria of an address: four queries at most, one more for an unknown place."""
    offers = load_offers(grouped_units(scope, Grouping.objects.filter(code=GROUPING)), scope, now)
    form = GuichetForm(data, choices=_choices(offers), today=today)
    asked = form.valid("depuis")
    resolution = resolve_place(asked) if asked else Resolution()
    kept = [offer for offer in offers if _is_asked(offer, form, resolution.place)]
    if form.radius and (not asked or (resolution.place and resolution.place.point is None)):
        form.add_error("rayon", NO_START)
    awaited = expected_of([offer.unit.pk for offer in kept], today)
    lines = []
    for offer in kept:
        offer.counted_under = form.ceiling
        line = _line(offer, form, resolution.place, awaited.get(offer.unit.pk, ()), today)
        if form.radius is None or line.distance_km is None or line.distance_km <= form.radius:
            lines.append(line)
    guichet = Guichet(form=form, lines=lines, resolution=resolution, total=len(offers))
    lines.sort(key=lambda line: _rank(line, guichet.is_near))
    return guichet


def with_reliability(lines: Iterable[Line], now: datetime.datetime) -> list[Line]:
    """Lines with how far their figures can be relied on: one query."""
    shown = list(lines)
    known = reliability_of([line.offer.unit.pk for line in shown], now)
    return [
        Line(
            offer=line.offer,
            judgement=line.judgement,
            distance_km=line.distance_km,
            awaited=line.awaited,
            today=line.today,
            reliability=known.get(line.offer.unit.pk),
        )
        for line in shown
    ]


def _choices(offers: list[Offer]) -> dict[str, list[tuple[str, str]]]:
    """Departments and types of the units there are."""
    departments = {offer.place.commune.department for offer in offers}
    types = {offer.unit.unit_type for offer in offers if offer.unit.unit_type}
    return {
        "departement": [(one.code, str(one)) for one in sorted(departments, key=lambda one: (one.order, one.code))],
        "type": [(one.code, one.label) for one in sorted(types, key=lambda one: one.label)],
    }


def _is_asked(offer: Offer, form: GuichetForm, place: Place | None) -> bool:
    """Whether the unit is of the departments and types asked for; needs exclude nothing (01-settled)."""
    departments = form.departments or ([place.department_code] if place and place.point is None else [])
    types = form.valid("type")
    return (not departments or offer.department_code in departments) and (
        not types or (offer.unit.unit_type is not None and offer.unit.unit_type.code in types)
    )


def _line(
    offer: Offer, form: GuichetForm, place: Place | None, awaited: Sequence[ExpectedPlace], today: datetime.date
) -> Line:
    start, there = place.point if place else None, offer.point
    supply = offer.supply(tuple((place.expected_on, place.count) for place in awaited), doubt=offer.doubt)
    judgement = judge(form.needs, supply)
    if form.radius and start and there is None:
        judgement = _with_unknown_distance(judgement, offer)
    return Line(
        offer=offer,
        judgement=judgement,
        distance_km=distance_km(start, there) if start and there else None,
        awaited=awaited,
        today=today,
    )


def _with_unknown_distance(judgement: Judgement, offer: Offer) -> Judgement:
    """Judgement of a unit that may be too far: what suits is to be confirmed."""
    why = "position inconnue" if offer.is_address_shown else "adresse non communiquée"
    reason = Reason(Answer.MAYBE, f"distance non vérifiée{NBSP}: {why}")
    fit = Fit.TO_CONFIRM if judgement.fit is Fit.FITS else judgement.fit
    return replace(judgement, fit=fit, reasons=(reason, *judgement.reasons), is_stated=False)


def _rank(line: Line, is_near: bool) -> tuple:  # noqa: FBT001 - private
    figure = line.offer.figure
    return rank_key(
        line.fit,
        distance_km=line.distance_km,
        is_near=is_near,
        places=line.offer.counted,
        confirmed_at=figure.confirmed_at if figure else None,
        name=line.offer.unit.sort_name,
        pk=line.offer.unit.pk,
    )


_MARKS = {Answer.YES: "oui", Answer.MAYBE: "?", Answer.NO: "non"}
_COLUMNS = (
    *(("Classement", 16), ("Unité", 42), ("Type d’unité", 46), ("Établissement", 36), ("Commune", 26)),
    *(("Distance (km)", 14), ("Places disponibles", 12), ("Places installées", 12), ("Chiffre du", 18)),
    *(("État du chiffre", 28), ("Pourquoi", 60), ("À demander au téléphone", 60), ("Répartition", 50)),
    *(("Commentaire", 50), ("Places attendues", 40), ("Fiabilité", 44), ("Téléphone", 18)),
    ("Conditions d’admission", 80),
)


def sheets_of(guichet: Guichet, now: datetime.datetime) -> list[Sheet]:
    """Workbook equal to the screen: every unit in the same order, then the criteria."""
    rows = (_cells(line) for line in with_reliability(guichet.lines, now))
    return [
        Sheet("Guichet unique", _COLUMNS, rows),
        Sheet("Critères", (("Critère", 34), ("Valeur", 60)), criteria_rows(guichet, now)),
    ]


def _cells(line: Line) -> tuple:
    offer, figure = line.offer, line.offer.figure
    told = offer.is_told
    return (
        line.fit_words,
        offer.unit.name,
        offer.unit.unit_type.label if offer.unit.unit_type else "",
        offer.entity.name,
        offer.place_words,
        None if line.distance_km is None else round(line.distance_km, 1),
        offer.counted,
        offer.installed,
        figure.confirmed_at if told else None,
        offer.doubt or (offer.state_words if told else ""),
        " ; ".join(f"{_MARKS[reason.answer]}{NBSP}: {reason.text}" for reason in line.judgement.reasons),
        line.questions,
        offer.sentence if told else "",
        figure.comment if told else "",
        " ; ".join(line.awaited_words),
        line.reliability.words if line.reliability else "",
        display_phone(offer.phone["number"]) if offer.phone else "",
        offer.unit.admission_conditions,
    )


def criteria_rows(guichet: Guichet, now: datetime.datetime) -> list[tuple[str, Any]]:
    """What was applied, then what was ignored and why, as the sheet of criteria says it."""
    rows: list[tuple[str, Any]] = [("Établi le", now), ("Unités", len(guichet.lines))]
    if len(guichet.lines) != guichet.total:
        rows.append(("Unités sans aucun filtre", guichet.total))
    applied = guichet.applied
    if not guichet.form.valid("fraicheur"):
        applied = [*applied, (str(guichet.form["fraicheur"].label), guichet.form.ceiling.label)]
    return [*rows, *applied, *ignored_rows(guichet.ignored)]
