"""Starting, renewing and ending an alert (spec 40, Beyond the seeds: it ends after thirty days unless renewed)."""

import datetime
from collections.abc import Collection

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from accounts.models import User
from accounts.roles import Permission
from availability.models import CurrentFigure
from common.french import number
from directory.scopes import Scope

from ..criteria import SearchCriteria
from ..kept.saved import canonical, without_past_days
from ..models import PlaceAlert, SavedSearch
from .looking import Memory, PlaceNotUnderstood, free_places, lasting_units

LASTS = datetime.timedelta(days=30)


class AlertRefused(Exception):
    """Nothing was written; ``words`` say why, in French."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


NO_MAIL = "Aucune alerte\u00a0: votre compte n’a pas d’adresse mail. Le support du ROR peut en ajouter une."
NO_PLACE = (
    "Aucune alerte\u00a0: le lieu de cette recherche n’est pas compris, ou plusieurs lieux portent ce nom."
    " Choisissez-le sur la page de recherche, puis enregistrez de nouveau."
)
NO_UNIT = (
    "Aucune alerte\u00a0: cette recherche ne trouve aucune unité, il n’y aurait donc jamais de place à annoncer."
    " Changez ses mots ou ses filtres, puis enregistrez-la de nouveau."
)
NO_RIGHT = "Aucune alerte\u00a0: votre compte ne permet plus de rechercher."


@transaction.atomic
def start_alert(
    *, search: SavedSearch, rhythm: PlaceAlert.Rhythm, by: User, scope: Scope, now: datetime.datetime
) -> PlaceAlert:
    """Watch a saved search for thirty days from ``now``; what is free already is not told. Raises ``AlertRefused``.

    An alert under way is renewed and keeps what it has seen, unless its place was lost. One that could never tell
    anything is refused: its place is not understood, or it finds no unit.
    """
    if not by.email:
        raise AlertRefused(NO_MAIL)
    if not scope.may(Permission.DIRECTORY_READ):
        raise AlertRefused(NO_RIGHT)
    SavedSearch.objects.select_for_update(no_key=True).get(pk=search.pk)
    _forget_past_days(search, now)
    alert = PlaceAlert.objects.select_for_update().filter(search=search).first()
    if alert is None or alert.ends_at <= now or alert.lost_at is not None:
        seen, pools = _first_look(SearchCriteria.from_query(QueryDict(search.query)), scope, now)
        alert = alert or PlaceAlert(search=search)
        alert.seen, alert.pools, alert.looked_at = seen, pools, now
    alert.rhythm, alert.ends_at, alert.end_told_at = rhythm, now + LASTS, None
    alert.lost_at = alert.lost_told_at = None
    alert.save()
    return alert


def silence_words(search: SavedSearch, scope: Scope, now: datetime.datetime) -> str:
    """Why an alert tells nothing for now: no unit of its search is opened to entry. Empty when one is. Few queries."""
    found = lasting_units(SearchCriteria.from_query(QueryDict(search.query)), scope, now)
    if not found or CurrentFigure.objects.filter(unit__in=found, is_open=True).exists():
        return ""
    if len(found) == 1:
        return (
            "La seule unité de cette recherche ne saisit pas ses places dans le ROR\u00a0:"
            " vous ne recevrez rien tant qu’elle ne les saisit pas. Appelez-la."
        )
    return (
        f"Aucune des {number(len(found))} unités de cette recherche ne saisit ses places dans le ROR\u00a0:"
        " vous ne recevrez rien tant que l’une d’elles ne les saisit pas. Appelez-les."
    )


def _forget_past_days(search: SavedSearch, now: datetime.datetime) -> None:
    """An alert watches no day that is past, unless the search asks for nothing else."""
    kept, past = without_past_days(SearchCriteria.from_query(QueryDict(search.query)), timezone.localdate(now))
    if past and kept.given:
        search.query = canonical(kept)
        search.save(update_fields=["query"])


def _first_look(criteria: SearchCriteria, scope: Scope, now: datetime.datetime) -> Memory:
    """What is free already. Raises ``AlertRefused``."""
    try:
        look = free_places(criteria, scope, now)
    except PlaceNotUnderstood as error:
        raise AlertRefused(NO_PLACE) from error
    if not look.places and not lasting_units(criteria, scope, now):
        raise AlertRefused(NO_UNIT)
    return Memory({}, {}).after(look)


@transaction.atomic
def end_alerts(*, alert_ids: Collection[int], now: datetime.datetime) -> int:
    """End these alerts at once; return how many were under way."""
    return PlaceAlert.objects.filter(pk__in=alert_ids, ends_at__gt=now).update(ends_at=now)


def end_alert(*, alert_id: int, now: datetime.datetime) -> bool:
    """End an alert at once; tell whether it was under way."""
    return bool(end_alerts(alert_ids=[alert_id], now=now))
