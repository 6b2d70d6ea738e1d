"""Saved searches: a name and an address, seen by their owner alone (spec 40, Results)."""

import datetime
import re
from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from common.french import NBSP, day
from common.text import fold, visible

from ..criteria import SearchCriteria, View
from ..criteria_words import CriterionWords
from ..models import SavedSearch

LIMIT = 20  # a person
NAME_LENGTH = 120  # characters
QUERY_LENGTH = 4000  # characters
UNTITLED = "Toutes les unités"
_NAMED_FIRST = ("Recherche", "Où")
_NOT_NAMED = {"Tri", "Ce qui ne convient pas", "Rechercher dans", "Orthographe", "Zone de la carte"}
_SPACES = re.compile(r"\s+")


class SavedSearchRefused(Exception):
    """Nothing was written; ``words`` say why, in French."""

    words = ""

    def __init__(self) -> None:
        super().__init__(self.words)


class NameMissing(SavedSearchRefused):
    words = "Donnez un nom à cette recherche."


class NameTaken(SavedSearchRefused):
    words = "Vous avez déjà une recherche de ce nom : choisissez-en un autre."


class TooManySaved(SavedSearchRefused):
    words = f"Vous avez déjà {LIMIT} recherches enregistrées : supprimez-en une d’abord."


class NothingAsked(SavedSearchRefused):
    words = "Cette recherche ne demande rien : ajoutez un lieu, un mot ou un filtre."


class QueryTooLong(SavedSearchRefused):
    words = "Cette recherche a trop de filtres pour être enregistrée : retirez-en."


def saved_of(user_id: int | None) -> QuerySet[SavedSearch]:
    """Searches of one person with their alert, by name."""
    return SavedSearch.objects.filter(user_id=user_id).select_related("alert")


def canonical(criteria: SearchCriteria) -> str:
    """Address that is kept: the same search on its first page, as a list."""
    return criteria.to_query(view=View.LIST)


def without_past_days(criteria: SearchCriteria, today: datetime.date) -> tuple[SearchCriteria, list[str]]:
    """Criteria to keep: a search done again later asks for no day that is past; and what is said of each left out."""
    on, open_on = criteria.needs.on, criteria.open_on
    past = dict.fromkeys(at for at in (on, open_on) if isinstance(at, datetime.date) and at < today)
    kept = criteria.replaced(
        needs=replace(criteria.needs, on=None if on in past else on), open_on=None if open_on in past else open_on
    )
    return kept, [f"La date du {day(at)} est passée{NBSP}: elle n’est pas gardée." for at in past]


def proposed_name(words: Sequence[CriterionWords]) -> str:
    """« ACT – Paris 10 – Une femme »: what is looked for, where, then the other criteria; cut at ``NAME_LENGTH``."""
    found = {line.label: line.text for line in words}
    first = [found[label].strip("«» \u00a0") for label in _NAMED_FIRST if label in found]
    others = [_short(line) for line in words if line.label not in {*_NAMED_FIRST, *_NOT_NAMED}]
    name = " – ".join((*first, *others)) or UNTITLED
    return name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1].rstrip()}…"


def _short(line: CriterionWords) -> str:
    return line.label if line.text == "Oui" else line.text


@transaction.atomic
def save_search(*, name: str, criteria: SearchCriteria, by: User, now: datetime.datetime) -> SavedSearch:
    """Keep a search under a name, without its past days. Raises ``SavedSearchRefused``."""
    criteria, _ = without_past_days(criteria, timezone.localdate(now))
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    query = canonical(criteria)
    if not criteria.given:
        raise NothingAsked
    if len(query) > QUERY_LENGTH:
        raise QueryTooLong
    if SavedSearch.objects.filter(user=by).count() >= LIMIT:
        raise TooManySaved
    name, key = _free_name(name, by)
    return SavedSearch.objects.create(user=by, name=name, key=key, query=query, saved_at=now)


@transaction.atomic
def rename_search(*, saved: SavedSearch, name: str, by: User) -> SavedSearch:
    """Give one's search another name. Raises ``SavedSearchRefused``."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    saved.name, saved.key = _free_name(name, by, but=saved.pk)
    saved.save(update_fields=["name", "key"])
    return saved


def delete_search(*, saved: SavedSearch) -> None:
    """Forget a search, and its alert with it."""
    saved.delete()


def _free_name(name: str, by: User, but: int | None = None) -> tuple[str, str]:
    """Name as kept and its key. Raises ``NameMissing``, ``NameTaken``."""
    name = _SPACES.sub(" ", visible(name.replace("\x00", ""))).strip()[:NAME_LENGTH].strip()
    key = (fold(name) or name)[:NAME_LENGTH]
    if not name:
        raise NameMissing
    if SavedSearch.objects.filter(user=by, key=key).exclude(pk=but).exists():
        raise NameTaken
    return name, key
