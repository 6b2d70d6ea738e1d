"""A hospital of 300 UOs is published in a bounded number of queries a fiche (spec 30)."""

import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from collaborative.publication import publish
from directory.models import OperationalUnit, RecordChange
from directory.scopes import scope_of
from tests.collaborative.hospital import hospital

A_FICHE = 3  # queries, on average: the issue grants 12
CONSTANT = 100  # queries of a publication, whatever its fiches
ENVELOPE = re.compile(r"^(SAVEPOINT|RELEASE SAVEPOINT|SET TRANSACTION)")


@pytest.mark.django_db
@pytest.mark.parametrize("size", [12, 300])
def test_queries_of_a_publication(world, cast, size):
    dossier = hospital(world.eg, cast.directeur, cast.sesan, size)
    scope, now = scope_of(cast.sesan), timezone.now() + datetime.timedelta(seconds=1)
    with CaptureQueriesContext(connection) as captured:
        done = publish(dossier=dossier, by=cast.sesan, scope=scope, now=now, expected_version=dossier.version)
    queries = [query["sql"] for query in captured if not ENVELOPE.match(query["sql"])]
    fiches = len(done.fiches)
    assert fiches == size + 1
    assert len(queries) <= CONSTANT + A_FICHE * fiches, f"{len(queries)} queries for {fiches} fiches"
    assert RecordChange.objects.filter(at=now).count() == fiches
    assert OperationalUnit.objects.filter(name__startswith="Neuve", structure__name="Pôle neuf").count() == size // 2
