"""Rows of merges: support's alone; the addresses of a merged record lead on for everybody (spec 30)."""

from django.utils import timezone

from directory.duplicates.pairing import pair_of
from directory.models import Assignment
from tests.directory.merges import merge
from tests.factories.directory import GeographicEntityFactory, UnitFactory

from . import Row

SUPPORT = "login 403 403 403 200 403 403"
ACTED = "login 403 403 403 away 403 403"
AWAY = "login away away away away away away"


def support():
    return Assignment.objects.filter(role="support").first().user


def pair(world):
    other = GeographicEntityFactory(legal_entity=world.ej)
    return {"pair_id": pair_of(world.eg, other, now=timezone.now()).pk}


def done(world):
    """A merge into the EG of the world."""
    return merge(world.eg, GeographicEntityFactory(legal_entity=world.ej), support(), now=timezone.now())


def merged_entity(world):
    return {"entity_id": done(world).merged_entity_id}


def merged_unit(world):
    other = UnitFactory(geographic_entity=world.eg, act=True)
    return {"unit_id": merge(world.act, other, support(), now=timezone.now()).merged_unit_id}


ROWS = [
    Row(
        "directory:duplicate_merge",
        get=SUPPORT,
        post=SUPPORT.replace("200", "409"),
        kwargs=pair,
        query="?garder=zz",
        note="sans rien dire",
    ),
    Row(
        "directory:duplicate_merge",
        get="login 403 403 403 404 403 403",
        post="login 403 403 403 404 403 403",
        kwargs=lambda world: {"pair_id": 2**64},
        note="inconnu",
    ),
    Row(
        "directory:merge_start",
        get="login 403 403 403 404 403 403",
        post="login 403 403 403 404 403 403",
        note="sans fiche",
    ),
    Row(
        "directory:merge_undo",
        get=SUPPORT,
        post=ACTED,
        kwargs=lambda world: {"merge_id": done(world).pk},
        data=lambda world: {"confirmed": "on"},
    ),
    Row("directory:geographic_entity_detail", get=AWAY, kwargs=merged_entity, note="fusionnée"),
    Row("directory:unit_detail", get=AWAY, kwargs=merged_unit, note="fusionnée"),
]
