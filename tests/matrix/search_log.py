"""Rows of the search log: support alone reads it and mends; every reader's page tells what was opened."""

from django.utils import timezone

from search.log.counting import key_of
from search.models import SearchedText

from . import NOT_ALLOWED, Row, same

SUPPORT = "login 403 403 403 200 403 403"
SUPPORT_AWAY = "login 403 403 403 away 403 403"


def text_key(world):
    key = key_of("apart")
    SearchedText.objects.get_or_create(key=key, day=timezone.localdate(), defaults={"words": "apart", "empty": 3})
    return {"key": key}


ROWS = [
    Row("search:log", get=SUPPORT),
    Row("search:log_export", get=SUPPORT),
    Row("search:log_synonym", get=SUPPORT, post="login 403 403 403 422 403 403", kwargs=text_key),
    Row("search:log_leave", get=SUPPORT_AWAY, post=SUPPORT_AWAY, kwargs=text_key),
    Row("search:log_again", get=SUPPORT_AWAY, post=SUPPORT_AWAY, kwargs=text_key),
    Row(
        "search:log_opening",
        get=NOT_ALLOWED,
        post=same("204"),
        data=lambda world: {"quoi": "ACT", "departement": "75", "rang": "1", "nature": "uo"},
    ),
]
