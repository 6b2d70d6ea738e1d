"""What people searched for, as support reads it: what found nothing, what was corrected, what nobody opened."""

import datetime
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Exists, F, FloatField, Max, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Cast
from django.http import QueryDict
from django.utils import timezone

from common.xlsx import Sheet

from ..models import SearchedText, SettledText

PERIODS = {7: "7 jours", 30: "30 jours", 90: "3 mois", 396: "13 mois"}
USUAL_PERIOD = 30
LETTER = r"[[:alpha:]]"  # a text without one is a masked number: nothing to mend
OFTEN = 5  # searches from which the share of results opened says something


class Listing(StrEnum):
    """Which texts are listed."""

    EMPTY = "sans-resultat"
    CORRECTED = "corrigees"
    UNOPENED = "peu-ouvertes"
    SETTLED = "traitees"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def filled_by(self) -> str:
        """What puts a text in this list, in words."""
        return _FILLED_BY[self].format(often=OFTEN)


_LABELS = {
    Listing.EMPTY: "Sans résultat",
    Listing.CORRECTED: "Orthographe corrigée",
    Listing.UNOPENED: "Résultats peu ouverts",
    Listing.SETTLED: "Traitées",
}
_FILLED_BY = {
    Listing.EMPTY: (
        "Une recherche arrive ici dès que quelqu’un tape un texte qui ne trouve rien dans «\u00a0Que recherchez-vous"
        "\u202f?\u00a0». Les filtres, les pages suivantes et les recherches dans une seule rubrique n’y"
        " comptent pas. Un synonyme ajouté depuis cette liste fait trouver le texte la fois d’après."
    ),
    Listing.CORRECTED: (
        "Une recherche arrive ici quand une faute de frappe a été corrigée pour trouver quelque chose\u00a0: le ROR a"
        " cherché un autre mot que celui tapé."
    ),
    Listing.UNOPENED: (
        "Une recherche arrive ici quand elle a été faite au moins {often} fois dans la période, avec des résultats que"
        " peu de personnes ont ouverts."
    ),
    Listing.SETTLED: ("Les recherches ignorées, pendant treize mois, et celles devenues des synonymes seront ici."),
}
_WEIGHTS = {Listing.CORRECTED: "mended", Listing.UNOPENED: "searched"}
COLUMNS = (
    ("Recherche", 40),
    ("Nombre de recherches", 14),
    ("Sans résultat", 14),
    ("Orthographe corrigée", 14),
    ("Fiches ouvertes", 14),
    ("Rang moyen ouvert", 14),
    ("Départements", 24),
    ("Dernier jour", 14),
)


@dataclass(frozen=True)
class LogQuery:
    """What the page is asked for: a list, and the last ``days`` days."""

    listing: Listing = Listing.EMPTY
    days: int = USUAL_PERIOD

    @classmethod
    def read(cls, query: QueryDict) -> "LogQuery":
        """Read an address; what it does not know is the usual."""
        listing, days = query.get("liste", ""), query.get("periode", "")
        return cls(
            Listing(listing) if listing in set(Listing) else Listing.EMPTY,
            next((each for each in PERIODS if str(each) == days), USUAL_PERIOD),
        )

    def since(self, now: datetime.datetime) -> datetime.date:
        """First day of the period."""
        return timezone.localdate(now) - datetime.timedelta(days=self.days - 1)


def texts_of(asked: LogQuery, now: datetime.datetime) -> QuerySet[Any]:
    """Rows of one list, as mappings, the most useful to mend first; texts that may not be told are left out.

    So are masked numbers. A text left alone stays out; one made a synonym comes back when it finds nothing after that
    day.
    """
    return _counted_by_text(asked, now).filter(text__regex=LETTER)


def _counted_by_text(asked: LogQuery, now: datetime.datetime) -> QuerySet[Any]:
    mine = SettledText.objects.filter(key=OuterRef("key"))
    done = mine.filter(Q(term=None) | Q(settled_on__gte=OuterRef("day")))
    rows = SearchedText.objects.filter(day__gte=asked.since(now)).filter(~Exists(done)).order_by()
    found = (
        rows.values("key")
        .annotate(
            text=Max("words"),
            searched=Sum("searches"),
            nothing=Sum("empty"),
            mended=Sum("corrected"),
            opened=Sum(F("opened_entities") + F("opened_units") + F("opened_people")),
            ranks=Sum("opened_rank"),
            around=ArrayAgg("department", distinct=True, filter=~Q(department=""), default=[]),
            last_day=Max("day"),
        )
        .exclude(text="")
    )
    if asked.listing == Listing.CORRECTED:
        return found.filter(mended__gt=0).order_by("-mended", "text")
    if asked.listing == Listing.UNOPENED:
        share = Cast(F("opened"), FloatField()) / F("searched")
        return found.filter(searched__gte=OFTEN, nothing=0).order_by(share, "-searched", "text")
    return found.filter(nothing__gt=0).order_by("-nothing", "text")


def numbers_count(asked: LogQuery, now: datetime.datetime) -> int:
    """Searches of one list made of digits and signs alone, which the list leaves out."""
    rows = _counted_by_text(asked, now).exclude(text="").exclude(text__regex=LETTER)
    return rows.order_by().aggregate(total=Sum(_WEIGHTS.get(asked.listing, "nothing")))["total"] or 0


def settled() -> QuerySet[SettledText]:
    """Texts that support is done with, the last ones first."""
    return SettledText.objects.select_related("term").order_by("-settled_on", "words")


def untold_count(asked: LogQuery, now: datetime.datetime) -> int:
    """Searches without result whose text is not written: no term nor whole name tells it, asked on too few days."""
    rows = SearchedText.objects.filter(day__gte=asked.since(now), words="")
    told = SearchedText.objects.filter(key=OuterRef("key")).exclude(words="")
    return rows.filter(~Exists(told)).aggregate(total=Sum("empty"))["total"] or 0


def sheet(asked: LogQuery, now: datetime.datetime) -> Sheet:
    """The list as a sheet, all of it."""
    return Sheet(asked.listing.label, COLUMNS, (_cells(row) for row in texts_of(asked, now).iterator()))


def _cells(row: dict[str, Any]) -> tuple[Any, ...]:
    rank = round(row["ranks"] / row["opened"], 1) if row["opened"] else None
    numbers = (row["searched"], row["nothing"], row["mended"], row["opened"], rank)
    return (row["text"], *numbers, ", ".join(row["around"]), row["last_day"])
