"""Rows of dossiers and of the action menu of their fiches: directors and support; 404 for who may not know of them."""

from django.utils import timezone

from accounts.models import User
from collaborative.enums import DossierAct
from collaborative.fiches import services
from collaborative.models import Dossier, Fiche
from collaborative.services import apply, open_dossier
from directory.scopes import scope_of

from . import Row, same


def director():
    by = User.objects.get(username="directeur")
    return {"by": by, "scope": scope_of(by), "now": timezone.now()}


def dossier(world):
    return Dossier.objects.about(world.eg).first() or open_dossier(entity=world.eg, **director())


def about(world):
    return {"dossier_id": dossier(world).pk}


def fiche(world, **of):
    return Fiche.objects.get(dossier=dossier(world), **of)


def entity_fiche(world):
    return {**about(world), "fiche_id": fiche(world, geographic_entity=world.eg).pk}


def unit_fiche(world):
    return {**about(world), "fiche_id": fiche(world, unit=world.lam).pk}


def removed_fiche(world):
    one = fiche(world, unit=world.lam)
    if not one.is_removed:
        services.remove_fiche(fiche=one, expected_version=one.version, **director())
    return unit_fiche(world)


def below_structure(world):
    """Its unit may be moved below the structure that this adds."""
    if not dossier(world).fiches.filter(kind="structure").exists():
        services.add_structure(parent=fiche(world, geographic_entity=world.eg), level="S1", **director())
    return unit_fiche(world)


def held_fiche(world):
    one = fiche(world, unit=world.lam)
    if one.state == "standard":
        services.save_fiche(
            fiche=one,
            values={"name": "LAM"},
            record_version=world.lam.version,
            finalise=False,
            expected_version=one.version,
            **director(),
        )
    return unit_fiche(world)


def version(world):
    return {"version": str(fiche(world, unit=world.lam).version)}


def to_structure(world):
    return {**version(world), "place": f"fiche:{fiche(world, kind='structure').pk}"}


def own_entity(world):
    return {"eg": str(world.eg.pk)}


def new_entity(world):
    return {"legal_entity": str(world.ej.pk), "name": "Halte Altair"}


def ready(world):
    removed_fiche(world)
    return about(world)


def sent(world):
    ready(world)
    found = dossier(world)
    if found.state != "sent":
        apply(dossier=found, act=DossierAct.SEND, **director())
    return about(world)


def dossier_version(world):
    return {"version": str(dossier(world).version)}


LISTED = "login 403 403 200 200 403 403"
KNOWN = "login 404 404 200 200 404 404"
OPENED = "login 403 403 away away 403 403"
ACTED = "login 404 404 away away 404 404"
FORM = {"get": KNOWN, "post": ACTED}
ROWS = [
    Row("collaborative:dossiers", get=LISTED),
    Row("collaborative:dossier_detail", get=KNOWN, kwargs=about),
    Row("collaborative:dossier_open", get=LISTED, post=LISTED),
    Row("collaborative:dossier_open", get=LISTED, post=OPENED, data=own_entity, note="un EG"),
    Row("collaborative:entity_propose", get=LISTED, post=OPENED, data=new_entity),
    Row(
        "collaborative:dossier_comment",
        get=same("away"),
        post=ACTED,
        kwargs=about,
        data=lambda world: {"text": "Bonjour"},
    ),
    Row("collaborative:dossier_history", get=KNOWN, kwargs=about),
    Row("collaborative:units_catch_up", get=same("away"), post=ACTED, kwargs=about),
    Row(
        "collaborative:dossier_send",
        get=KNOWN,
        post="login 404 404 422 422 404 404",
        kwargs=about,
        data=dossier_version,
        note="pas prêt",
    ),
    Row("collaborative:dossier_send", **FORM, kwargs=ready, data=dossier_version, note="prêt"),
    Row("collaborative:dossier_withdraw", get=ACTED, post=ACTED, kwargs=about, note="pas envoyé"),
    Row("collaborative:dossier_withdraw", **FORM, kwargs=sent, data=dossier_version),
    Row("collaborative:dossier_abandon", **FORM, kwargs=about, data=dossier_version),
    Row("collaborative:units_add", **FORM, kwargs=entity_fiche, data=lambda world: {"count": "2"}),
    Row(
        "collaborative:units_add",
        get="login 404 404 404 404 404 404",
        post="login 404 404 404 404 404 404",
        kwargs=unit_fiche,
        note="sous une UO",
    ),
    Row("collaborative:structure_add", **FORM, kwargs=entity_fiche, data=lambda world: {"level": "S1"}),
    Row("collaborative:fiche_remove", **FORM, kwargs=unit_fiche, data=version),
    Row("collaborative:fiche_restore", **FORM, kwargs=removed_fiche, data=version),
    Row("collaborative:fiche_move", **FORM, kwargs=below_structure, data=to_structure),
    Row("collaborative:fiche_duplicate", **FORM, kwargs=unit_fiche),
    Row("collaborative:fiche_reset", **FORM, kwargs=held_fiche, data=version),
]
