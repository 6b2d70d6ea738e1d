"""The synthesis compared with the week before: what was there, on which units, at the same hour of the clocks."""

import datetime
import io

import openpyxl
import pytest
from django.utils import timezone

from availability import services
from availability.membership import write_rows
from availability.models import CurrentFigure, UnitClosure
from availability.moments import week_before
from common.french import PARIS
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import UnitFactory

from .test_synthesis_pages import PATH, cell_of, reader, text_of

__all__ = ["reader"]
pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)
EIGHT_DAYS = datetime.timedelta(days=8)


def stated_before(world, figure):
    """One more unit, stated eight days ago and still counted."""
    unit = UnitFactory(geographic_entity=world.eg, act=True)
    CurrentFigureFactory(unit=unit, figure=figure, age=EIGHT_DAYS)
    write_rows(unit_ids=None)
    return unit


def test_a_unit_that_came_back_is_not_a_change_of_places(reader, world):
    stated_before(world, 3)
    response = reader.get(f"{PATH}?comparer=on")
    shown = cell_of(response, "92")
    assert (shown.change, shown.change_sign, shown.is_same_units) == (8, "+8", False)
    assert shown.change_words == "8 de plus qu’une semaine avant, mais pas sur les mêmes unités"
    text = text_of(response)
    assert "≠ +8" in text
    assert "avant : 3 libres sur 1 unité comptée" in text
    assert "▲ +8" not in text


def test_as_many_units_that_are_not_the_same_are_told_apart(reader, world):
    unit = stated_before(world, 8)
    now = timezone.now()
    UnitClosure.objects.create(unit=unit, starts_at=now - HOUR, reason="works", recorded_at=now - HOUR)
    services.tell_figures([unit.pk])
    shown = cell_of(reader.get(f"{PATH}?comparer=on"), "92")
    assert (shown.cell.counted, shown.before.counted) == (1, 1)
    assert shown.change_words == "autant qu’une semaine avant, mais pas sur les mêmes unités"


def test_the_same_units_are_simply_compared(reader, world):
    stated_before(world, 3)
    CurrentFigure.objects.filter(unit=world.act).update(is_open=False)
    write_rows(unit_ids=None)
    shown = cell_of(reader.get(f"{PATH}?comparer=on"), "92")
    assert (shown.change_sign, shown.change_words) == ("=", "autant qu’une semaine avant")
    assert shown.before_words == "3 libres sur 1 unité comptée"


def test_the_workbook_says_what_was_there(reader, world):
    stated_before(world, 3)
    response = reader.get(f"{PATH}export.xlsx?comparer=on")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    titles, *lines = book["Cases"].values
    cell = next(dict(zip(titles, line, strict=True)) for line in lines if line[1] == "92")
    assert [cell[title] for title in titles[-4:]] == [8, 3, 1, "non"]
    assert titles[-1] == "Mêmes unités comptées"


@pytest.mark.parametrize(
    ("moment", "earlier"),
    [
        ((2026, 10, 27, 9, 30), (2026, 10, 20, 9, 30)),  # clocks went back on the 25th
        ((2026, 3, 31, 9, 30), (2026, 3, 24, 9, 30)),  # forward on the 29th
        ((2026, 11, 20, 9, 30), (2026, 11, 13, 9, 30)),
    ],
)
def test_the_week_before_is_the_same_hour_on_the_clocks(moment, earlier):
    assert week_before(datetime.datetime(*moment, tzinfo=PARIS)) == datetime.datetime(*earlier, tzinfo=PARIS)
