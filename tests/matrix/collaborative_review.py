"""Rows of the review by SESAN: directors know of their dossiers but do not review them (403); others do not (404)."""

from django.utils import timezone

from accounts.models import User
from collaborative import services
from collaborative.enums import DossierAct
from collaborative.fiches import services as fiche_services
from collaborative.models import Dossier, Fiche
from directory.scopes import scope_of

from . import NOT_ALLOWED, Row, same


def who(name):
    user = User.objects.get(username=name)
    return {"by": user, "scope": scope_of(user), "now": timezone.now()}


def taken(world):
    """A dossier sent by the director of ``world.eg``, that removes a unit, taken by ``sesan``."""
    dossier = services.open_dossier(entity=world.eg, **who("directeur"))
    fiche = Fiche.objects.get(dossier=dossier, unit=world.lam)
    fiche_services.remove_fiche(fiche=fiche, expected_version=fiche.version, **who("directeur"))
    services.apply(dossier=dossier, act=DossierAct.SEND, **who("directeur"))
    services.apply(dossier=dossier, act=DossierAct.TAKE, **who("sesan"))
    return dossier


def address(world):
    return {"dossier_id": taken(world).pk}


def fiche_address(world):
    dossier = taken(world)
    return {"dossier_id": dossier.pk, "fiche_id": dossier.fiches.get(unit=world.lam).pk}


def posted(**fields):
    def data(world):
        return {"dossier_version": Dossier.objects.latest("pk").version, "record_version": 1, **fields}

    return data


VALIDATORS = "login 404 404 403 200 404 404"
DECIDES = "login 404 404 403 away 404 404"

ROWS = [
    Row("collaborative:review_queue", get="login 403 403 403 200 403 403", post=NOT_ALLOWED),
    Row("collaborative:dossier_review", get=VALIDATORS, post=same("405"), kwargs=address),
    Row(
        "collaborative:fiche_review",
        get=VALIDATORS,
        post=DECIDES,
        kwargs=fiche_address,
        data=posted(acte="accepter", champ="acte"),
    ),
    Row(
        "collaborative:fiche_review",
        get="login 404 404 403 404 404 404",
        post="login 404 404 403 422 404 404",
        kwargs=fiche_address,
        query="?corriger=acte",
        data=posted(acte="renvoyer", champ="acte"),
        note="renvoi sans motif, champ sans formulaire",
    ),
    Row("collaborative:dossier_take", get=VALIDATORS, post=DECIDES, kwargs=address, data=posted(acte="laisser")),
    Row(
        "collaborative:dossier_return",
        get=VALIDATORS,
        post=DECIDES,
        kwargs=address,
        data=posted(remarque="Le nom manque."),
    ),
    Row(
        "collaborative:dossier_return",
        get=VALIDATORS,
        post="login 404 404 403 422 404 404",
        kwargs=address,
        data=posted(remarque=""),
        note="sans remarque",
    ),
    Row("collaborative:dossier_validate", get=VALIDATORS, post=DECIDES, kwargs=address, data=posted(acte="tout")),
    Row(
        "collaborative:dossier_validate",
        get=VALIDATORS,
        post="login 404 404 403 400 404 404",
        kwargs=address,
        data=posted(),
        note="sans bouton",
    ),
]
