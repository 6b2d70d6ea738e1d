"""The synthesis keeps its word from a cell to its units: numbers counted, filters, column, workbook, moments."""

import datetime
import io
import uuid

import openpyxl
import pytest
from django.utils import timezone

from availability.membership import write_rows
from availability.models import CallOutcome, CurrentFigure, Pool
from availability.moments import MomentField
from tests.factories.availability import WEEK, CurrentFigureFactory, GroupingFactory
from tests.factories.directory import UnitFactory

pytestmark = pytest.mark.django_db

PATH = "/disponibilites/consultation/"
CELL = f"{PATH}sante-precarite/92/"


@pytest.fixture
def reader(client, cast):
    client.force_login(cast.consultation)
    return client


def text_of(response):
    text = response.content.decode().replace("\xa0", " ").replace("\u202f", " ").replace("&nbsp;", " ")
    return " ".join(text.replace("&#8239;", " ").split())


def sheet_of(response, name):
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    first, *lines = book[name].values
    return [dict(zip(first, line, strict=True)) for line in lines]


@pytest.fixture
def covid(world):
    """A grouping that counts the Covid+ places of the ACT: 2 of its 8."""
    grouping = GroupingFactory(code="covid", name="Covid+", counted="covid_positive", unit_types=[world.act.unit_type])
    CurrentFigure.objects.filter(pk=world.act.pk).update(covid_positive=2)
    write_rows(unit_ids=None)
    return grouping


def test_behind_a_cell_the_number_is_the_one_counted(reader, world, covid):
    response = reader.get(f"{PATH}covid/92/")
    row = response.context["page"].object_list[0].units[0]
    assert (response.context["total"].free, row.free, row.figure.figure) == (2, 2, 8)
    text = text_of(response)
    assert "<b>2</b><span>/ 35 places</span>" in text
    assert "Nombre additionné ici : places Covid+" in text
    assert "dont <b>2</b> comptées ici" in text


def test_a_number_that_nobody_gave_is_unknown_behind_the_cell(reader, world, covid):
    CurrentFigure.objects.filter(pk=world.act.pk).update(covid_positive=None)
    write_rows(unit_ids=None)
    assert "<b>?</b><span>non précisé</span>" in text_of(reader.get(f"{PATH}covid/92/"))


def test_the_workbook_has_the_number_counted(reader, world, covid):
    lines = sheet_of(reader.get(f"{PATH}export.xlsx?type=covid"), "Unités")
    line = next(line for line in lines if line["Unité"] == world.act.name)
    assert (line["Places disponibles"], line["Chiffre saisi"], line["Compté dans la synthèse"]) == (2, 8, "oui")


def test_only_places_shortens_the_list_and_not_the_coverage(reader, world):
    whole, shortened = reader.get(CELL), reader.get(f"{CELL}?places=on")
    assert shortened.context["coverage"] == whole.context["coverage"]
    assert "1 unité comptée sur 2" in text_of(shortened).replace("<b>", "")
    assert "Seules les unités qui ont une place libre sont listées" in text_of(shortened)
    listed = [row.unit.name for group in shortened.context["page"].object_list for row in group.units]
    assert listed == [world.act.name]
    lines = sheet_of(reader.get(f"{PATH}export.xlsx?places=on"), "Unités")
    assert [line["Unité"] for line in lines] == [world.act.name]


def test_the_workbook_gives_the_installed_places_of_the_pool(reader, world):
    other = UnitFactory(geographic_entity=world.eg, name="ACT Voisin", act=True, installed_places=4)
    pool = Pool.objects.create(geographic_entity=world.eg, name="Lits", rhythm=WEEK, installed_places=50)
    for figure in (world.act_figure, CurrentFigureFactory(unit=other, figure=8)):
        figure.pool = pool
        figure.save()
    write_rows(unit_ids=None)
    lines = sheet_of(reader.get(f"{PATH}export.xlsx?departement=92"), "Unités")
    installed = {line["Unité"]: line["Places installées"] for line in lines}
    assert (installed[world.act.name], installed["ACT Voisin"]) == (50, 50)


def test_the_column_of_a_phone_goes_with_the_filters_and_the_cells(reader, world):
    text = text_of(reader.get(f"{PATH}?colonne=92"))
    assert '<input type="hidden" name="colonne" value="92" data-kept-column>' in text
    assert 'href="sante-precarite/92/?colonne=92"' in text
    assert "colonne=92#case-sante-precarite-92" in text_of(reader.get(f"{CELL}?colonne=92"))
    assert 'value="" data-kept-column disabled' in text_of(reader.get(f"{PATH}?colonne=zz"))


def test_every_word_of_a_name_is_read(reader, world):
    words = "+".join(["altair", "vesta", "a", "c", "t", "al", "jamais"])
    assert not reader.get(f"{PATH}?etablissement={words}").context["table"].rows


@pytest.mark.parametrize("typed", ["2025-10-26T02:30", "26/10/2025 02:30", "2026-03-29T02:30"])
def test_an_hour_that_the_clocks_repeat_or_skip_is_refused(reader, world, typed):
    words = "Cette heure n’existe pas, ou existe deux fois"
    assert words in text_of(reader.get(PATH, {"date": typed}))
    history = f"/disponibilites/unites/{world.act.pk}/historique"
    page = reader.get(f"{history}/", {"au": typed})
    assert page.status_code == 422
    assert words in text_of(page)
    book = reader.get(f"{history}.xlsx", {"au": typed})
    assert (book.status_code, book.url.split("?")[0]) == (302, f"{history}/")


def test_a_moment_is_read_as_typed_in_paris():
    read = MomentField().clean
    moment = datetime.datetime(2024, 8, 14, 10, 17, tzinfo=datetime.UTC)
    assert read("14/08/2024 12:17") == read("2024-08-14T12:17") == moment


def contest(world, cast, **values):
    given = {
        "request_id": uuid.uuid4(),
        "unit": world.act,
        "outcome": CallOutcome.Outcome.FULL,
        "figure": 8,
        "version": 1,
        "by": cast.consultation,
    }
    return CallOutcome.objects.create(**(given | values))


@pytest.mark.parametrize(("version", "is_marked"), [(1, True), (0, False)])
def test_in_the_past_a_call_contests_the_figure_it_was_told_of(reader, world, cast, version, is_marked):
    now = timezone.now()
    contest(world, cast, version=version, at=now - datetime.timedelta(minutes=50))
    past = timezone.localtime(now - datetime.timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M")
    rows = reader.get(f"{CELL}?date={past}").context["page"].object_list[0].units
    row = next(row for row in rows if row.unit == world.act)
    assert bool(row.contested_words) is is_marked
