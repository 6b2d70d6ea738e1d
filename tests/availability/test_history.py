"""The history of a unit: what held when, the unit as it was at a moment, the page and its workbook."""

import datetime
import io
import uuid
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from availability.history.chart import MAX_POINTS, Point, Span, days_of, draw, last_of_days, stretches
from availability.history.sharing import memberships_of, shared_places, statements_of
from availability.history.statements import Period, span_of
from availability.models import AvailabilityEntry, CallOutcome, CurrentFigure, Pool, UnitClosure
from availability.pools import services as pools
from availability.standing import Standing, standing_at
from directory.models import OperationalUnit
from directory.scopes import scope_of
from tests.factories.availability import EntryFactory, share
from tests.test_query_budgets import queries_of

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime.datetime(2026, 11, 21, 14, 30, tzinfo=datetime.UTC)
DAY, HOUR, MINUTE = datetime.timedelta(days=1), datetime.timedelta(hours=1), datetime.timedelta(minutes=1)
WEEK = Span(NOW - 7 * DAY, NOW, NOW)


def said(ago, figure):
    return Point(NOW - ago, figure, NOW - ago)


def closed(start, end):
    return UnitClosure(starts_at=NOW - start, ends_at=end and NOW - end, reason="works")


def brief(held):
    """Stretches as (hours before now of the start, figure shown, standing)."""
    return [((NOW - one.start) // HOUR, one.shown, one.standing.value) for one in held]


# What held when.


def test_steps_follow_statements_and_expire():
    held = stretches([said(8 * DAY, 3), said(6 * DAY, 5), said(DAY, 2)], [], DAY, WEEK)
    assert brief(held) == [(168, 3, "counted"), (144, 5, "counted"), (72, 5, "expired"), (24, 2, "counted")]


def test_nothing_is_known_before_the_first_statement():
    held = stretches([said(DAY, 4)], [], 7 * DAY, WEEK)
    assert brief(held) == [(168, None, "unknown"), (24, 4, "counted")]


def test_a_closure_blocks_then_waits_for_a_confirmation():
    points = [said(6 * DAY, 5), said(DAY, 5)]
    held = stretches(points, [closed(4 * DAY, 2 * DAY)], 7 * DAY, WEEK)
    assert brief(held) == [
        (168, None, "unknown"),
        (144, 5, "counted"),
        (96, None, "unavailable"),
        (48, 5, "to_confirm"),
        (24, 5, "counted"),
    ]


def test_a_figure_taken_back_leaves_nothing_known():
    points = [said(3 * DAY, 5), Point(NOW - DAY, None, None)]
    assert brief(stretches(points, [], 7 * DAY, WEEK))[-1] == (24, None, "unknown")


def test_a_reopening_in_the_directory_waits_too():
    held = stretches([said(3 * DAY, 5)], [], 7 * DAY, WEEK, to_confirm_since=NOW - DAY)
    assert brief(held)[-2:] == [(72, 5, "counted"), (24, 5, "to_confirm")]


AGES = st.integers(min_value=1, max_value=12 * 24 * 60).map(lambda minutes: minutes * MINUTE)


@given(
    st.lists(st.tuples(AGES, st.integers(0, 40)), max_size=8, unique_by=lambda one: one[0]),
    st.lists(st.tuples(AGES, st.booleans()), max_size=2),
    st.sampled_from([12 * HOUR, DAY, 3 * DAY]),
    AGES,
)
def test_every_moment_stands_as_the_rule_says(statements, spans, rhythm, ago):
    """At any moment of the window the stretch there says what ``standing_at`` says of the last statement."""
    points = sorted((said(age, figure) for age, figure in statements), key=lambda point: point.at)
    before = [point for point in points if point.at < WEEK.start][-1:]
    points = [*before, *(point for point in points if point.at >= WEEK.start)]
    closures = [closed(age, age / 2 if ends else None) for age, ends in spans]
    held = stretches(points, closures, rhythm, WEEK)
    assert held[0].start == WEEK.start
    assert held[-1].end == NOW
    assert all(first.end == second.start for first, second in pairwise(held))
    at = NOW - min(ago, 7 * DAY) + datetime.timedelta(microseconds=7)
    there = next(one for one in held if one.start <= at < one.end)
    last = next((point for point in reversed(points) if point.at <= at), None)
    state = CurrentFigure(rhythm=rhythm, confirmed_at=last.confirmed_at if last else None)
    assert there.standing is standing_at(state, closures, at)
    if there.standing in (Standing.COUNTED, Standing.EXPIRED, Standing.TO_CONFIRM):
        assert there.shown == last.figure


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-11-21"])
@pytest.mark.parametrize("period", [Period.DAY, Period.WEEK, Period.MONTH, Period.YEAR])
def test_periods_end_now_and_begin_at_midnight_across_clock_changes(day, period):
    now = datetime.datetime.fromisoformat(f"{day}T14:30").replace(tzinfo=PARIS)
    span = span_of(period, now)
    assert span.start < now <= span.end
    if period is not Period.DAY:
        assert span.start.astimezone(PARIS).time() == datetime.time(0)
        assert (span.end.date() - span.start.date()).days == {"7j": 7, "30j": 30, "1an": 365}[period]


# The drawing.


def test_the_drawing_is_made_of_whole_numbers():
    held = stretches([said(6 * DAY, 5), said(DAY, 2)], [closed(5 * DAY, 4 * DAY)], DAY, WEEK)
    drawing = draw(held, WEEK, moments=[NOW - DAY], columns=7)
    for path in (drawing.line, drawing.unsure, drawing.ticks, drawing.grid):
        assert path
        assert not {",", "."} & set(path)
    assert drawing.line == "M143 40H286M857 160H1000"
    assert drawing.unsure == "M429 40H857"
    assert (drawing.closed[0].x, drawing.closed[0].width) == (286, 143)
    assert drawing.scale == ("6", "3", "0")


def test_a_day_at_a_time_beyond_many_statements():
    span = span_of(Period.YEAR, NOW)
    points = [said(hours * HOUR, hours % 7) for hours in range(366 * 24, 0, -8)]
    thin = last_of_days(points)
    days = days_of(points, stretches(thin, [], DAY, span), span)
    assert len(points) > MAX_POINTS
    assert len(thin) == 367
    assert len(days) == 365
    assert all(one.low <= one.last.figure <= one.high for one in days)
    assert sum(one.statements for one in days) == sum(point.at >= span.start for point in points)
    assert draw([], span, days=days, columns=5).band


# The page.


def address(unit, **query):
    return reverse("availability:history", args=[unit.pk], query=query or None)


@pytest.fixture
def reader(client, cast):
    client.force_login(cast.consultation)
    client.get(reverse("directory:department_outlines"))  # the first page of a session marks it as used
    return client


def stated(world, ago, figure, version, **values):
    return EntryFactory(unit=world.act, version=version, figure=figure, stated_at=timezone.now() - ago, **values)


@pytest.mark.django_db
def test_statements_say_who_what_and_how_it_changed(reader, world, cast):
    stated(world, 40 * MINUTE, 8, 2, is_confirmation=True, by=cast.responsable)
    stated(world, 30 * MINUTE, 5, 3, men=2, women=1, comment="Deux places au rez-de-chaussée", source="mail")
    wrong = stated(world, 20 * MINUTE, 30, 4, is_over_capacity=True)
    stated(world, 15 * MINUTE, 5, 5, undoes=wrong)
    stated(world, 3 * HOUR, 1, 6, recorded_at=timezone.now() - 10 * MINUTE)
    page = reader.get(address(world.act)).content.decode()
    for words in (
        "par K. Benali, navigateur",
        'inchangé</span> <span class="tag">confirmation sans changement',
        "−\u202f3</span>",
        "2 places Homme / 1 place Femme",
        "«&nbsp;Deux places au rez-de-chaussée&nbsp;»",
        "lien du mail",
        "surcapacité confirmée",
        "annulée ensuite",
        "annulation de la saisie précédente",
        "reçue le ",
        "6 saisies sur la période",
    ):
        assert words in page


@pytest.mark.django_db
def test_callers_are_named_to_those_who_state_the_unit_alone(client, world, cast):
    CallOutcome.objects.create(
        unit=world.act,
        outcome="refused",
        reason="Dossier à compléter",
        version=1,
        figure=8,
        at=timezone.now(),
        by=cast.pdses,
        request_id=uuid.uuid4(),
    )
    client.force_login(cast.responsable)
    mine = client.get(address(world.act)).content.decode()
    assert "(dossier à compléter)" in mine
    assert f"par {cast.pdses.short_name}" in mine
    client.force_login(cast.consultation)
    theirs = client.get(address(world.act)).content.decode()
    assert "Suites d’appels" not in theirs
    assert cast.pdses.short_name not in theirs


@pytest.mark.django_db
def test_the_unit_as_it_was(reader, world):
    now = timezone.now()
    stated(world, 5 * DAY, 3, 2, comment="Ancien commentaire")
    closure = UnitClosure.objects.create(
        unit=world.act, starts_at=now - 4 * DAY, ends_at=now - 3 * DAY, reason="works", recorded_at=now - 6 * DAY
    )
    stated(world, 4 * DAY, 1, 3, recorded_at=now - HOUR)  # told too late to be known then

    def at(ago):
        moment = (now - ago).astimezone(PARIS)
        return reader.get(address(world.act, au=moment.strftime("%Y-%m-%dT%H:%M"))).content.decode()

    before = at(5 * DAY - 5 * MINUTE)
    assert "Tel qu’affiché le" in before
    assert "<b>3</b><span>sur 35 installées</span>" in before
    assert "Ancien commentaire" in before
    during = at(4 * DAY - HOUR)
    assert "Indisponibilité totale</b>&nbsp;: travaux" in during
    assert "À confirmer" in at(2 * DAY)
    UnitClosure.objects.filter(pk=closure.pk).update(withdrawn_at=now)
    assert "Indisponibilité totale</b>&nbsp;: travaux" in at(4 * DAY - HOUR)  # as it was known then
    assert "Aucune saisie" in at(50 * DAY)


@pytest.mark.django_db
def test_a_contested_figure_was_contested_then(reader, world, cast):
    called = timezone.now() - 30 * MINUTE
    CallOutcome.objects.create(
        unit=world.act, outcome="full", version=1, figure=8, at=called, by=cast.pdses, request_id=uuid.uuid4()
    )
    stated(world, 5 * MINUTE, 8, 2, is_confirmation=True)

    def at(moment):
        local = moment.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")
        return reader.get(address(world.act, au=local)).content.decode()

    assert "Contesté le" in at(called + 10 * MINUTE)
    assert "Contesté le" not in at(called - 10 * MINUTE)
    assert "Contesté le" not in at(timezone.now())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("demain", "La date s’écrit ainsi"),
        ("9999-12-31T23:59", "Cette date est à venir"),
        ("0001-01-01T00:00", "Cette date est trop ancienne"),
        ("2000-01-01T00:00", ""),
        ("14/08/2024 12:17", ""),
        ("2026-10-25T02:30", None),
    ],
)
def test_a_date_is_read_or_asked_again(reader, world, typed, words):
    answer = reader.get(address(world.act, au=typed))
    assert answer.status_code in ((422,) if words else (200, 422) if words is None else (200,))
    if words:
        assert words in answer.content.decode()
        assert f'value="{typed}"' in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("query", [{"periode": "siècle"}, {"page": "99"}, {"page": "x"}, {"periode": "tout"}])
def test_odd_addresses_give_a_page(reader, world, query):
    assert reader.get(address(world.act, **query)).status_code == 200


@pytest.mark.django_db
def test_a_unit_without_a_figure(reader, world):
    page = reader.get(address(world.act_mobile)).content.decode()
    assert "Saisie non activée" in page
    assert "Aucune saisie" in page
    assert '<svg class="chart-drawing"' not in page


@pytest.mark.django_db
def test_a_unit_in_a_pool_shows_the_statements_of_the_pool_since_it_came(reader, world):
    now = timezone.now()
    pool = Pool.objects.create(geographic_entity=world.eg, name="Lits d’Altair", rhythm=DAY)
    EntryFactory(unit=world.lam, pool=pool, version=1, figure=12, stated_at=now - 2 * HOUR)  # before the unit joined
    EntryFactory(unit=world.lam, pool=pool, version=2, figure=14, stated_at=now - 20 * MINUTE)
    share(pool, [world.act, world.lam], now - 30 * MINUTE)
    unit = OperationalUnit.objects.annotate(shared_places=shared_places()).get(pk=world.act.pk)
    assert [entry.figure for entry in statements_of(unit.pk, memberships_of(unit, now))] == [14, 8]
    page = reader.get(address(world.act)).content.decode()
    assert "lits mutualisés (Lits d’Altair)" in page
    assert "saisie depuis LAM Altair" in page


@pytest.mark.django_db
def test_a_separated_pool_leaves_the_history_as_it_was(reader, world, cast):
    now = timezone.now()
    who = {"by": cast.sesan, "scope": scope_of(cast.sesan)}
    made = {"entity": world.eg, "unit_ids": [world.act.pk, world.lam.pk], "name": "Lits d’Altair"}
    pool = pools.make_pool(**made, installed_places=20, figure=15, now=now - 30 * MINUTE, **who)
    local = (now - 20 * MINUTE).astimezone(PARIS).strftime("%Y-%m-%dT%H:%M:%S")
    before = reader.get(address(world.act, au=local)).context["found"]
    pools.separate_pool(pool_id=pool.pk, now=now - 10 * MINUTE, **who)
    after = reader.get(address(world.act, au=local)).context["found"]
    for found in (before, after):
        assert (found.row.figure.figure, found.row.figure.pool.name) == (15, "Lits d’Altair")
    assert [line.entry.pk for line in after.lines] == [line.entry.pk for line in before.lines]
    assert after.chart.held == before.chart.held
    page = reader.get(address(world.act))
    found = page.context["found"]
    assert [line.entry.figure for line in found.lines] == [15, 8]
    assert (found.row.figure.figure, found.row.figure.pool, found.row.installed) == (8, None, 35)
    assert [(one.shown, one.standing) for one in found.chart.held[-3:]] == [
        (8, Standing.COUNTED),
        (15, Standing.COUNTED),
        (8, Standing.TO_CONFIRM),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("period", ["24h", "1an", "tout"])
def test_the_page_costs_the_same_whatever_its_length(client, world, cast, period):
    client.force_login(cast.responsable)
    client.get(reverse("directory:department_outlines"))
    few = queries_of(client, address(world.act, periode=period))
    moments = [timezone.now() - number * 8 * HOUR for number in range(1, 1095)]
    AvailabilityEntry.objects.bulk_create(
        AvailabilityEntry(
            unit=world.act, version=2 + n, figure=n % 9, stated_at=at, confirmed_at=at, recorded_at=at, by=cast.sesan
        )
        for n, at in enumerate(moments)
    )
    many = queries_of(client, address(world.act, periode=period))
    assert len(many) <= len(few) <= 8, "\n".join(many)
    size = len(client.get(address(world.act, periode=period)).content)
    assert size < 200_000


@pytest.mark.django_db
def test_the_workbook_has_typed_cells(client, world, cast):
    client.force_login(cast.responsable)
    stated(world, 30 * MINUTE, 5, 2, men=2, comment="=1+1", by=cast.responsable)
    stated(world, 50 * DAY, 9, 3)
    CallOutcome.objects.create(
        unit=world.act, outcome="full", version=1, figure=8, at=timezone.now(), by=cast.pdses, request_id=uuid.uuid4()
    )
    url = reverse("availability:history_xlsx", args=[world.act.pk])
    book = load_workbook(io.BytesIO(b"".join(client.get(url, {"periode": "30j"}).streaming_content)))
    assert book.sheetnames == ["Saisies", "Indisponibilités", "Suites d’appels", "Période"]
    title, last, first = book["Saisies"].iter_rows(values_only=True)
    found = dict(zip(title, last, strict=True))
    assert isinstance(found["Date de la saisie"], datetime.datetime)
    assert (found["Places disponibles"], found["Écart"], found["Places homme"]) == (5, -3, 2)
    assert (found["Commentaire"], found["Auteur"], found["Répartition"]) == ("=1+1", "Karim Benali", "2 places Homme")
    assert dict(zip(title, first, strict=True))["Écart"] == -1
    assert next(book["Suites d’appels"].iter_rows(min_row=2, values_only=True))[1] == "Plus de place"
    client.force_login(cast.consultation)
    book = load_workbook(io.BytesIO(b"".join(client.get(url, {"periode": "tout"}).streaming_content)))
    assert book.sheetnames == ["Saisies", "Indisponibilités", "Période"]
    assert book["Saisies"].max_row == 4
