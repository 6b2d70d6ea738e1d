"""A hospital of 300 UOs is published in a bounded number of queries a fiche (spec 30; issue: ≤ 12 a fiche)."""

import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from collaborative.enums import FicheAction, FicheState
from collaborative.models import Dossier, Fiche
from collaborative.publication import publish
from collaborative.services import open_dossier
from directory.enums import RecordKind
from directory.models import OperationalUnit, RecordChange
from directory.scopes import scope_of
from tests.collaborative.publishing import coded, unit_values
from tests.factories.directory import StructureFactory, UnitFactory, commune

A_FICHE = 12  # queries, on average
CONSTANT = 110  # queries of a publication, whatever its fiches
ENVELOPE = re.compile(r"^(SAVEPOINT|RELEASE SAVEPOINT|SET TRANSACTION)")


def hospital(world, cast, size):
    """A dossier taken by SESAN with ``size`` fiches: half new, a third changed, the rest closed, in new structures."""
    StructureFactory(geographic_entity=world.eg, name="Pôle historique")
    known = [UnitFactory(geographic_entity=world.eg, name=f"UO {number}", act=True) for number in range(size // 2)]
    now = timezone.now()
    dossier = open_dossier(entity=world.eg, by=cast.directeur, scope=scope_of(cast.directeur), now=now)
    shared = {"dossier": dossier, "created_at": now, "updated_at": now, "updated_by": cast.directeur}
    top = dossier.fiches.get(kind=RecordKind.GEOGRAPHIC_ENTITY)
    pole = Fiche.objects.create(
        kind=RecordKind.STRUCTURE,
        action=FicheAction.CREATE,
        state=FicheState.FINALISED,
        parent=top,
        name="Pôle neuf",
        values={"name": "Pôle neuf", "level": "S1"},
        **shared,
    )
    template = unit_values()
    Fiche.objects.bulk_create(
        Fiche(
            kind=RecordKind.UNIT,
            action=FicheAction.CREATE,
            state=FicheState.FINALISED,
            parent=pole,
            name=f"Neuve {number}",
            values=template | {"name": f"Neuve {number}"},
            position=1000 + number,
            **shared,
        )
        for number in range(size - len(known))
    )
    changed = {"medical_phone": "0199000077", "intervention_communes": [coded(commune("75110"))]}
    base = {"medical_phone": "0199000002", "intervention_communes": []}
    for number, unit in enumerate(known):
        fiches = Fiche.objects.filter(dossier=dossier, unit=unit)
        if number % 3:
            fiches.update(state=FicheState.FINALISED, values=changed, base=base)
        else:
            fiches.update(action=FicheAction.DELETE, state=FicheState.REMOVED)
    Dossier.objects.filter(pk=dossier.pk).update(
        state="sent", sent_by=cast.directeur, sent_at=now, taken_by=cast.sesan, taken_at=now
    )
    return Dossier.objects.get(pk=dossier.pk)


def queries_of(dossier, by):
    now = timezone.now() + datetime.timedelta(seconds=1)
    with CaptureQueriesContext(connection) as captured:
        done = publish(dossier=dossier, by=by, scope=scope_of(by), now=now, expected_version=dossier.version)
    return done, [query["sql"] for query in captured if not ENVELOPE.match(query["sql"])]


@pytest.mark.django_db
@pytest.mark.parametrize("size", [12, 300])
def test_queries_of_a_publication(world, cast, size):
    dossier = hospital(world, cast, size)
    done, queries = queries_of(dossier, cast.sesan)
    fiches = len(done.fiches)
    assert fiches == size + 1
    assert len(queries) <= CONSTANT + (A_FICHE * fiches if size < 100 else 3 * fiches), (len(queries), fiches)
    assert RecordChange.objects.filter(at=done.dossier.decided_at).count() == fiches
    assert OperationalUnit.objects.filter(name__startswith="Neuve", structure__name="Pôle neuf").count() == size // 2
