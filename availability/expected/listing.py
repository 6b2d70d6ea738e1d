"""What the list of expected places shows: announcements by state, those of my units (spec 20, Beyond the seeds)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import F, QuerySet

from accounts.roles import Permission
from common.french import day, plural
from directory.enums import PublicationStatus
from directory.models import Department
from directory.scopes import Scope

from ..closures.listing import TEXT_LENGTH, named
from ..criteria_words import Words
from ..models import ExpectedPlace
from ..wording import figure_words
from .services import expected_words, kind_of


class Shown(StrEnum):
    """Which announcements are listed."""

    AWAITED = "annoncees"
    OVERDUE = "passees"
    ARRIVED = "arrivees"
    POSTPONED = "reportees"
    GIVEN_UP = "annulees"
    ALL = "toutes"


SHOWN_LABELS = {
    Shown.AWAITED: "Annoncées",
    Shown.OVERDUE: "Jour passé, sans suite",
    Shown.ARRIVED: "Arrivées",
    Shown.POSTPONED: "Reportées",
    Shown.GIVEN_UP: "Annulées",
    Shown.ALL: "Toutes",
}


@dataclass(frozen=True)
class ExpectedFilter:
    """What is asked of the list: a state, a text, a department."""

    shown: Shown = Shown.AWAITED
    text: str = ""
    department: str = ""

    @classmethod
    def read(cls, parameters, departments: Iterable[Department]) -> ExpectedFilter:
        """Read an address; what is not known is left out, a department not among ``departments`` too."""
        asked, code = parameters.get("voir", ""), parameters.get("departement", "").strip()
        return cls(
            shown=Shown(asked) if asked in Shown else Shown.AWAITED,
            text=parameters.get("q", "").strip()[:TEXT_LENGTH],
            department=code if any(code == known.code for known in departments) else "",
        )

    def words(self, departments: Iterable[Department]) -> Words:
        """What the list shows, in words: for its printed page."""
        place = next((f"{row.name} ({row.code})" for row in departments if row.code == self.department), "")
        asked = ("Annonces", SHOWN_LABELS[self.shown]), ("Département", place), ("Recherche", self.text)
        return [(label, value) for label, value in asked if value]

    def apply(self, places: QuerySet[ExpectedPlace], today: datetime.date) -> QuerySet[ExpectedPlace]:
        """Announcements asked for: those still awaited first, the soonest first, then the latest closed."""
        if self.shown is Shown.AWAITED:
            places = places.filter(settled_at=None)
        elif self.shown is Shown.OVERDUE:
            places = places.filter(settled_at=None, expected_on__lt=today)
        elif self.shown is Shown.ARRIVED:
            places = places.filter(outcome=ExpectedPlace.Outcome.ARRIVED)
        elif self.shown is Shown.POSTPONED:
            places = places.filter(outcome=ExpectedPlace.Outcome.POSTPONED)
        elif self.shown is Shown.GIVEN_UP:
            places = places.filter(outcome=ExpectedPlace.Outcome.GIVEN_UP)
        if self.department:
            places = places.filter(unit__geographic_entity__commune__department=self.department)
        return places.filter(named(self.text, "unit__")).order_by(
            F("settled_at").desc(nulls_first=True), "expected_on", "unit__sort_name", "pk"
        )


def places_for(scope: Scope) -> QuerySet[ExpectedPlace]:
    """Announcements of the units whose places the person states, with what a line shows."""
    mine = scope.coverage(Permission.STATEMENT_WRITE).units_q("unit__")
    found = ExpectedPlace.objects.filter(mine).exclude(unit__status=PublicationStatus.HIDDEN)
    return found.select_related(
        "unit__geographic_entity__commune", "unit__unit_type", "unit__current_figure__pool", "by"
    ).defer("unit__geographic_entity__commune__outline")


@dataclass(frozen=True)
class PlacesLine:
    """One announcement as the list shows it on ``today``."""

    place: ExpectedPlace
    today: datetime.date

    @property
    def is_awaited(self) -> bool:
        return self.place.settled_at is None

    @property
    def is_overdue(self) -> bool:
        """Whether its day came and nobody said what became of it."""
        return self.is_awaited and self.place.expected_on < self.today

    @property
    def words(self) -> str:
        """« 2 places attendues le 14/08/2024 », « 1 lit, pour le 14/08/2024 » once it is closed."""
        kind = kind_of(self.place.unit)
        if self.is_awaited:
            return expected_words(self.place, self.today, kind)
        return f"{figure_words(self.place.count, kind)}, pour le {day(self.place.expected_on)}"

    @property
    def state(self) -> str:
        """« Annoncée », « Jour passé », « Arrivées », « Annulé »; « Annonce close » before outcomes were kept."""
        count, ending = self.place.count, "" if kind_of(self.place.unit) == "bed" else "e"
        if self.is_overdue:
            return "Jour passé"
        if self.is_awaited:
            return plural(count, f"Annoncé{ending}")
        words = {
            ExpectedPlace.Outcome.ARRIVED.value: f"Arrivé{ending}",
            ExpectedPlace.Outcome.POSTPONED.value: f"Reporté{ending}",
            ExpectedPlace.Outcome.GIVEN_UP.value: f"Annulé{ending}",
        }
        return plural(count, words[self.place.outcome]) if self.place.outcome else "Annonce close"
