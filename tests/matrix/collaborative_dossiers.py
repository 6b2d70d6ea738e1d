"""Rows of dossiers and of the action menu of their fiches: directors and support; 404 for who may not know of them."""

from django.utils import timezone

from accounts.models import User
from collaborative.fiches import services
from collaborative.models import Dossier, Fiche
from collaborative.services import open_dossier
from directory.scopes import scope_of

from . import Row


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


LISTED = "login 403 403 200 200 403 403"
KNOWN = "login 404 404 200 200 404 404"
ACTED = "login 404 404 away away 404 404"
FORM = {"get": KNOWN, "post": ACTED}
ROWS = [
    Row("collaborative:dossiers", get=LISTED),
    Row("collaborative:dossier_detail", get=KNOWN, kwargs=about),
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
