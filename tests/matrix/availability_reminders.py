"""Rows of reminders: the link of a mail is open to whoever holds it, the call list is support's."""

import datetime

from django.utils import timezone

from accounts.models import User
from availability.reminders.confirm_links import token_of

from . import PUBLIC, Row, same

SUPPORT = "login 403 403 403 200 403 403"
MAILED = "login 403 away away 403 403 403"


def link(username="responsable", unit="act", age=datetime.timedelta(hours=1)):
    def kwargs(world):
        user = User.objects.get(username=username)
        figure = getattr(world, f"{unit}_figure")
        written_at = timezone.now() - age
        token = token_of(user=user, unit_id=figure.pk, version=figure.version, written_at=written_at)
        return {"token": token}

    return kwargs


AWAY = same("away", anonymous="away")
GONE = same("410", anonymous="410")
UNKNOWN = same("404", anonymous="404")

ROWS = [
    Row("availability:confirm", get=PUBLIC, post=AWAY, kwargs=link()),
    Row("availability:confirm", get=GONE, post=GONE, kwargs=link(unit="lhss"), note="unité d’autrui"),
    Row("availability:confirm", get=GONE, post=GONE, kwargs=link(age=datetime.timedelta(hours=73)), note="expiré"),
    Row("availability:confirm", get=UNKNOWN, post=UNKNOWN, kwargs=lambda world: {"token": "abc"}, note="inconnu"),
    Row("availability:call_list", get=SUPPORT),
    Row("availability:call_list_workbook", get=same("away"), post="login 403 403 403 200 403 403"),
    Row("availability:reminder_preferences", get=same("away"), post=MAILED),
]
