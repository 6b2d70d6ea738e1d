"""Rows of the list of dossiers and of the page of one: its directors and support; 404 for the others."""

from django.utils import timezone

from accounts.models import User
from collaborative.services import open_dossier
from directory.scopes import scope_of

from . import Row


def dossier(world):
    by = User.objects.get(username="directeur")
    return open_dossier(entity=world.eg, by=by, scope=scope_of(by), now=timezone.now())


def about(world):
    return {"dossier_id": dossier(world).pk}


LISTED = "login 403 403 200 200 403 403"
KNOWN = "login 404 404 200 200 404 404"
ROWS = [
    Row("collaborative:dossiers", get=LISTED),
    Row("collaborative:dossier_detail", get=KNOWN, kwargs=about),
]
