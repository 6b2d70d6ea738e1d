"""Rows of what people keep of their searches: one's own only; the link of a mail is open to whoever holds it."""

import datetime

from django.utils import timezone

from accounts.models import User
from search.alerts.links import mail_token_of, token_of
from search.models import KeptUnit, PlaceAlert, SavedSearch

from . import PUBLIC, READERS, Row, same

AWAY = same("away")
OWN = "login 404 200 404 404 404 404"
OWN_AWAY = "login 404 away 404 404 404 404"


def saved(world):
    """A search of « responsable » with its alert; it is found again by the next calls of the row."""
    user, now = User.objects.get(username="responsable"), timezone.now()
    found, _ = SavedSearch.objects.get_or_create(
        user=user, key="act", defaults={"name": "ACT", "query": "quoi=ACT", "saved_at": now}
    )
    PlaceAlert.objects.get_or_create(
        search=found, defaults={"ends_at": now + datetime.timedelta(days=30), "looked_at": now}
    )
    return found


def search_id(world):
    return {"search_id": saved(world).pk}


def token(world):
    found = saved(world)
    return {"token": token_of(alert_id=found.alert.pk, user=found.user)}


def mail_token(world):
    found = saved(world)
    return {"token": mail_token_of(alert_ids=[found.alert.pk], user=found.user)}


def kept(world):
    return {"uo": KeptUnit.objects.get_or_create(user=_user(), unit=world.act, defaults=_kept())[0].unit_id}


def _user():
    return User.objects.get(username="consultation")


def _kept():
    return {"position": 1, "kept_at": timezone.now()}


ROWS = [
    Row("search:saved", get=READERS),
    Row(
        "search:save",
        get=READERS,
        post=AWAY,
        query="?quoi=ACT",
        data=lambda world: {"name": "ACT près d’ici", "query": "quoi=ACT", "rhythm": "daily"},
    ),
    Row("search:save", get=READERS, post=same("422"), note="sans nom ni critère"),
    Row("search:saved_rename", get=OWN, post=OWN_AWAY, kwargs=search_id, data=lambda world: {"name": "Autre nom"}),
    Row("search:saved_delete", get=OWN, post=OWN_AWAY, kwargs=search_id),
    Row("search:alert", get=OWN, post=OWN_AWAY, kwargs=search_id, data=lambda world: {"rhythm": "at_once"}),
    Row("search:alert_renew", get=AWAY, post=OWN_AWAY, kwargs=search_id),
    Row("search:alert_stop", get=AWAY, post=OWN_AWAY, kwargs=search_id),
    Row("search:alert_end", get=PUBLIC, post=same("away", anonymous="away"), kwargs=token),
    Row(
        "search:alert_end",
        get=same("404", anonymous="404"),
        post=same("404", anonymous="404"),
        kwargs=lambda world: {"token": "abc"},
        note="inconnu",
    ),
    Row(
        "search:alert_unsubscribe",
        get=PUBLIC,
        post=PUBLIC,
        kwargs=mail_token,
        data=lambda world: {"List-Unsubscribe": "One-Click"},
    ),
    Row("search:shortlist", get=READERS),
    Row("search:keep", get=AWAY, post=AWAY, data=lambda world: {"uo": world.act.pk}),
    Row("search:unkeep", get=AWAY, post=AWAY, data=kept),
    Row("search:shortlist_move", get=AWAY, post=AWAY, data=lambda world: kept(world) | {"sens": "haut"}),
    Row("search:shortlist_empty", get=READERS, post=AWAY),
    Row("search:orientation_sheet", get=READERS),
    Row("search:compare", get=READERS, query="?uo=1&uo=2"),
]
