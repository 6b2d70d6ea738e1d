"""Queries of the pages of imports, and of a batch: the same with three times the rows."""

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from directory.imports import engine, runs
from tests.test_query_budgets import queries_of

from .finess_files import establishment, file_of, finess, legal, point

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def read(numbers, **fields):
    lines = [
        line
        for number in numbers
        for line in (establishment(number, **fields), legal(number, **{"name": "AUTRE"} | fields), point(number))
    ]
    run = runs.create_run(
        kind="finess", file=ContentFile(file_of(*lines)), file_name="f.csv", dry_run=False, options={}, by=None
    )
    with CaptureQueriesContext(connection) as captured:
        run = engine.execute(run.pk)
    return run, len(captured)


@pytest.mark.parametrize("fields", [{}, {"street": "NEUVE", "siret": ""}])
def test_a_batch_makes_as_many_queries_whatever_its_lines(world, fields):
    if fields:
        read(range(1, 31))
    few, queries = read(range(1, 6), **fields)
    many, more = read(range(6, 21), **fields)
    assert few.counts["updated" if fields else "created"] >= 5
    assert many.counts["updated" if fields else "created"] >= 15
    assert more == queries
    assert queries <= 60


def test_pages_keep_to_their_budget(client, cast, world):
    client.force_login(cast.sesan)
    client.get(reverse("directory:import_list"))
    run, _ = read(range(1, 4))
    few = {url: len(queries_of(client, url)) for url in addresses(run)}
    for start in (10, 20, 30):
        run, _ = read(range(start, start + 9), legal=finess(1))
    many = {url: len(queries_of(client, url)) for url in addresses(run)}
    assert list(many.values()) == list(few.values())
    assert max(many.values()) <= 10


def addresses(run):
    return [
        reverse("directory:import_list"),
        reverse("directory:import_create", args=["finess"]),
        reverse("directory:import_detail", args=[run.pk]),
        reverse("directory:import_detail", args=[run.pk]) + "?verdict=created",
    ]
