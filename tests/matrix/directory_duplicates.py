"""Rows of duplicates and orphans: support settles the first, directors follow their own orphans (spec 30)."""

from django.utils import timezone

from directory.models import DuplicatePair
from tests.factories.directory import GeographicEntityFactory

from . import Row

SUPPORT = "login 403 403 403 200 403 403"
EDITORS = "login 403 403 200 200 403 403"


def pair(state="waiting"):
    """A pair of two EGs that have one SIRET, in a state."""

    def made(world):
        other = GeographicEntityFactory(legal_entity=world.ej)
        now, settled = timezone.now(), {}
        if state != "waiting":
            support = world.eg.assignments.model.objects.filter(role="support").first().user
            settled = {"settled_at": now, "settled_by": support, "remark": "Deux services"}
        first, second = sorted([world.eg.pk, other.pk])
        return {
            "pair_id": DuplicatePair.objects.create(
                first_entity_id=first,
                second_entity_id=second,
                reasons=["same_siret"],
                state=state,
                found_at=now,
                seen_at=now,
                **settled,
            ).pk
        }

    return made


ROWS = [
    Row("directory:duplicate_list", get=SUPPORT),
    Row(
        "directory:duplicate_list",
        get=SUPPORT,
        query="?etat=zz&nature=zz&departement=zz&texte=%5C%27&page=-1",
        note="illisible",
    ),
    Row(
        "directory:duplicate_set_aside",
        get=SUPPORT,
        post=SUPPORT.replace("200", "away"),
        kwargs=pair(),
        data=lambda world: {"remark": "Deux services"},
    ),
    Row(
        "directory:duplicate_set_aside",
        get=SUPPORT,
        post=SUPPORT.replace("200", "422"),
        kwargs=pair(),
        note="sans remarque",
    ),
    Row(
        "directory:duplicate_set_aside",
        get=SUPPORT.replace("200", "404"),
        post=SUPPORT.replace("200", "404"),
        kwargs=lambda world: {"pair_id": 2**70},
        note="inconnu",
    ),
    Row(
        "directory:duplicate_put_back",
        get=SUPPORT.replace("200", "away"),
        post=SUPPORT.replace("200", "away"),
        kwargs=pair("set_aside"),
    ),
    Row("directory:orphan_list", get=EDITORS),
    Row(
        "directory:orphan_list",
        get=EDITORS,
        query="?liste=zz&departement=zz&texte=%5C%27&page=99999999999999999999",
        note="illisible",
    ),
    Row("directory:orphan_workbook", get=EDITORS.replace("200", "away"), post=EDITORS),
]
