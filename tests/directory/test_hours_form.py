"""Form of the block « Horaires »: what it shows comes back the same, what is wrong is said, its steps lose nothing."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from directory.enums import Nomenclature
from directory.forms import block_form_class
from directory.models import OperationalUnit
from directory.scopes import scope_of
from directory.services import update_block
from directory.snapshots import differences, state_of
from tests.factories.directory import HoursExceptionFactory, WeeklyHoursFactory, term

pytestmark = pytest.mark.django_db

FORM = block_form_class("uo", "horaires")
TIMES = st.builds(dt.time, st.integers(0, 23), st.integers(0, 59)).map("{:%H:%M}".format)
DAYS = st.dates(dt.date(2024, 1, 1), dt.date(2027, 12, 31)).map(dt.date.isoformat)


@pytest.fixture
def form_of(world, cast):
    """Function that makes the form of a unit, as the director fills it."""

    def made(data=None, **kwargs):
        return FORM(data, record=world.act, scope=scope_of(cast.directeur), **kwargs)

    return made


def typed(form, **changes):
    """What a browser would send of a form, with some fields typed otherwise (« __ » stands for « - »)."""
    data = {name: value for name, value in form.initial.items() if value not in (None, False)}
    return data | {name.replace("__", "-"): value for name, value in changes.items()}


def errors_of(form):
    assert not form.is_valid()
    return {name: " ".join(errors) for name, errors in form.errors.items()}


def fill(unit):
    """Hours of all sorts."""
    guard = term(Nomenclature.HOURS_KIND, "03")
    for day in (1, 2, 3):
        WeeklyHoursFactory(unit=unit, weekday=day)
    WeeklyHoursFactory(unit=unit, weekday=4, all_day=True)
    WeeklyHoursFactory(unit=unit, weekday=5, opens_at="08:00", closes_at="12:00")
    WeeklyHoursFactory(unit=unit, weekday=5, opens_at="20:00", closes_at="06:00", kind=guard)
    WeeklyHoursFactory(
        unit=unit, weekday=1, opens_at="09:00", valid_from="2024-07-01", valid_until="2024-08-31", kind=guard
    )
    HoursExceptionFactory(unit=unit)
    HoursExceptionFactory(unit=unit, other_hours=True, starts_on="2024-12-24", ends_on="2024-12-31")
    return OperationalUnit.objects.get(pk=unit.pk)


def test_what_is_shown_comes_back_the_same(world, form_of):
    state = state_of(fill(world.act))
    shown = form_of()
    assert len(shown.weeks) == 3
    form = form_of(typed(shown))
    assert form.is_valid(), form.errors
    assert differences(state, state | form.values()) == {}


def test_a_unit_without_hours_shows_an_empty_week(form_of):
    shown = form_of()
    assert [len(day.ranges) for day in shown.weeks[0].days] == [1] * 7
    form = form_of(typed(shown))
    assert form.is_valid(), form.errors
    assert form.values() == {"weekly_hours": [], "hours_exceptions": []}


def kept_rows(kinds):
    period = st.tuples(DAYS, DAYS).map(sorted)
    weekly = st.builds(
        lambda weekday, opens, closes, kind, first, last: {
            "weekday": weekday,
            "opens_at": opens,
            "closes_at": closes,
            "kind": kind,
            "valid_from": first,
            "valid_until": last,
        },
        *(st.integers(1, 7), TIMES, TIMES, st.sampled_from([None, *kinds])),
        *(st.one_of(st.none(), DAYS.filter(lambda day: day < "2026")), st.one_of(st.none(), st.just("2027-01-31"))),
    )
    special = st.builds(
        lambda days, times, label: {
            "starts_on": days[0],
            "ends_on": days[1],
            "opens_at": times[0],
            "closes_at": times[1],
            "label": label,
        },
        *(period, st.one_of(st.just((None, None)), st.tuples(TIMES, TIMES)), st.sampled_from(["", "Assomption"])),
    )
    return st.lists(weekly, max_size=6), st.lists(special, max_size=3)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_kept_hours_come_back_or_are_refused_as_overlapping(form_of, data):
    rows = [term(Nomenclature.HOURS_KIND, code) for code in ("02", "03")]
    weekly, special = kept_rows([{"id": row.pk, "label": str(row)} for row in rows])
    state = {
        "weekly_hours": sorted(data.draw(weekly), key=lambda row: (row["weekday"], row["opens_at"])),
        "hours_exceptions": sorted(data.draw(special), key=lambda row: row["starts_on"]),
    }
    form = form_of(typed(form_of(state=state)), state=state)
    if form.is_valid():
        assert differences(state, form.values()) == {}
    else:
        assert all("recouvre" in error for error in errors_of(form).values())


@pytest.mark.parametrize("spelling", ["8h30", "8:30", "0830", "08:30"])
def test_usual_spellings_are_kept_as_one(form_of, spelling):
    form = form_of(typed(form_of(), p0__j1__0__de=spelling, p0__j1__0__a="18"))
    assert form.is_valid(), form.errors
    assert [(row["opens_at"], row["closes_at"]) for row in form.values()["weekly_hours"]] == [("08:30", "18:00")]


def test_a_bad_time_is_said_and_kept(form_of):
    form = form_of(typed(form_of(), p0__j1__0__de="25:00", p0__j1__0__a="18:00", p0__j2__0__de="9:00"))
    errors = errors_of(form)
    assert errors == {
        "p0-j1-0-de": "«\u00a025:00\u00a0» n’est pas une heure. Écrivez par exemple 08:30.",
        "p0-j2-0-a": "Il manque l’heure de fin de la plage.",
    }
    assert form.weeks[0].days[0].ranges[0].opens.value() == "25:00"


def test_boxes_stand_for_the_whole_day(form_of):
    form = form_of(typed(form_of(), p0__j1__24h="on", p0__j2__ferme="on"))
    assert form.is_valid(), form.errors
    rows = form.values()["weekly_hours"]
    assert [(row["weekday"], row["opens_at"], row["closes_at"]) for row in rows] == [(1, "00:00", "00:00")]
    both = form_of(typed(form_of(), p0__j1__24h="on", p0__j1__ferme="on"))
    assert "pas les deux" in errors_of(both)["p0-j1-ferme"]


@pytest.mark.parametrize(("box", "word"), [("24h", "24\u00a0h/24"), ("ferme", "Fermé")])
def test_times_beside_a_ticked_box_are_refused_and_kept(form_of, box, word):
    data = typed(form_of(), p0__j1__0__de="8", p0__j1__0__a="12")
    form = form_of(data | {f"p0-j1-{box}": "on"})
    assert errors_of(form) == {
        f"p0-j1-{box}": f"«\u00a0{word}\u00a0» est coché et des heures sont saisies\u00a0: effacez les heures, "
        "ou décochez la case."
    }
    monday = form.weeks[0].days[0]
    assert (monday.ranges[0].opens.value(), monday.ranges[0].closes.value()) == ("8", "12")
    assert monday.all_day.value() == (box == "24h")


def test_ordinary_hours_are_one_choice_however_they_are_kept(world, form_of):
    ordinary = term(Nomenclature.HOURS_KIND, "01")
    WeeklyHoursFactory(unit=world.act, weekday=1, kind=ordinary)
    WeeklyHoursFactory(unit=world.act, weekday=2)
    state = state_of(OperationalUnit.objects.get(pk=world.act.pk))
    shown = form_of()
    assert [week.kind.value() for week in shown.weeks] == [""]
    choices = shown.fields["p0-type"].choices
    assert [label for _, label in choices if label.replace("'", "’") == "Horaire d’ouverture"] == [
        "Horaire d’ouverture"
    ]
    form = form_of(typed(shown))
    assert form.is_valid(), form.errors
    assert differences(state, state | form.values()) == {}
    longer = form_of(typed(shown, p0__j1__0__a="21:45"))
    assert longer.is_valid(), longer.errors
    assert longer.values()["weekly_hours"][0]["kind"]["id"] == ordinary.pk


def test_ordinary_hours_overlap_however_they_are_kept(world, form_of):
    WeeklyHoursFactory(unit=world.act, weekday=1, opens_at="08:00", closes_at="12:00")
    ordinary = term(Nomenclature.HOURS_KIND, "01")
    WeeklyHoursFactory(unit=world.act, weekday=1, opens_at="10:00", closes_at="14:00", kind=ordinary)
    assert "recouvre" in " ".join(errors_of(form_of(typed(form_of()))).values())


def test_overlaps_are_told_with_both_ranges(form_of):
    data = typed(form_of().after_step("plage-0-1"), p0__j1__0__de="8", p0__j1__0__a="12")
    form = form_of(data | {"p0-j1-1-de": "11:30", "p0-j1-1-a": "14"})
    assert errors_of(form) == {"p0-j1-1-de": "Lundi 11:30 – 14:00 recouvre lundi 08:00 – 12:00."}
    night = form_of(typed(form_of(), p0__j1__0__de="20", p0__j1__0__a="6", p0__j2__0__de="5:30", p0__j2__0__a="9"))
    assert errors_of(night)["p0-j2-0-de"] == "Mardi 05:30 – 09:00 recouvre lundi 20:00 – 06:00 (le lendemain)."


def summer_of(form_of, **changes):
    """Ordinary hours on Monday and Tuesday, and a second week for the summer."""
    shown = form_of(typed(form_of(), p0__j1__0__de="8", p0__j1__0__a="18", p0__j2__0__de="8", p0__j2__0__a="18"))
    data = typed(shown.after_step("semaine"), p1__du="2027-07-01", p1__au="2027-08-31")
    return form_of(data | {name.replace("__", "-"): value for name, value in changes.items()})


def test_a_dated_week_stands_beside_the_undated_one(form_of):
    form = summer_of(form_of, p1__j1__0__de="8", p1__j1__0__a="12", p1__j2__ferme="on")
    assert form.is_valid(), form.errors
    rows = [(row["weekday"], row["closes_at"], row["valid_from"]) for row in form.values()["weekly_hours"]]
    assert rows == [(1, "12:00", "2027-07-01"), (1, "18:00", None), (2, "18:00", None)]


def test_dated_weeks_are_written(world, cast, form_of):
    form = summer_of(form_of, p1__j1__0__de="8", p1__j1__0__a="12")
    assert form.is_valid(), form.errors
    update_block(
        record=world.act, values=form.values(), expected_version=1, by=cast.directeur, scope=scope_of(cast.directeur)
    )
    assert world.act.weekly_hours.count() == 3
    again = form_of(typed(form_of()))
    assert again.is_valid(), again.errors


def test_a_period_without_a_first_day_is_told_from_the_undated_week(form_of):
    errors = errors_of(summer_of(form_of, p1__du="", p1__j1__0__de="8", p1__j1__0__a="12"))
    expected = "Donnez le premier jour\u00a0: la semaine sans dates s’ouvre à la même heure, lundi à 08:00."
    assert errors == {"p1-du": expected}
    assert summer_of(form_of, p1__du="", p1__j1__0__de="9", p1__j1__0__a="12").is_valid()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "p1-du"),
        ({"p1__j1__ferme": "on", "p1__j2__ferme": "on"}, "p1-j1-ferme"),
        ({"p1__du": "", "p1__au": "", "p1__j3__ferme": "on"}, "p1-j3-ferme"),
    ],
)
def test_a_week_that_says_something_without_hours_is_refused(form_of, changes, field):
    assert "Exceptions" in errors_of(summer_of(form_of, **changes))[field]


def test_a_closed_day_that_another_week_opens_is_refused(form_of):
    changes = {"p1__du": "", "p1__au": "", "p1__j1__ferme": "on", "p1__j3__0__de": "8", "p1__j3__0__a": "9"}
    errors = errors_of(summer_of(form_of, **changes))
    assert errors == {"p1-j1-ferme": "Une autre semaine type ouvre ce jour-là\u00a0: lundi 08:00 – 18:00."}


def test_dates_of_a_week_and_of_exceptions_are_checked(form_of):
    shown = form_of().after_step("exception").after_step("exception").after_step("exception")
    form = form_of(
        typed(
            shown,
            p0__du="2026-09-01",
            p0__au="2026-08-31",
            e0__motif="Sans date",
            e1__du="15/08/2026",
            e1__au="2026-08-14",
            e2__du="1850-01-01",
        )
    )
    assert errors_of(form) == {
        "p0-au": "La fin de la période précède son début.",
        "e0-du": "Il manque la date de l’exception.",
        "e1-au": "La fin de l’exception précède son début.",
        "e2-du": "L’année est comprise entre 2000 et 2100.",
    }


def test_exceptions_that_contradict_each_other(form_of):
    shown = form_of().after_step("exception").after_step("exception")
    data = typed(shown, e0__du="2026-08-01", e0__au="2026-08-15", e1__du="2026-08-15", e1__de="8", e1__a="12")
    expected = "Cette exception en recouvre une autre, du 01/08/2026 au 15/08/2026\u00a0: fermé."
    assert errors_of(form_of(data)) == {"e1-du": expected}


def test_steps_keep_what_was_typed(form_of):
    form = form_of(typed(form_of(), p0__j1__0__de="8h30", p0__j1__0__a="25:00", p0__du="hier", version="1"))
    shown = form.after_step("plage-0-1")
    assert not shown.is_bound
    lines = [(line.opens.value(), line.closes.value()) for line in shown.weeks[0].days[0].ranges]
    assert lines == [("8h30", "25:00"), ("", "")]
    assert shown.weeks[0].first.value() == "hier"
    assert shown["version"].value() == "1"


def test_a_day_is_copied_on_the_ticked_ones(form_of):
    data = typed(form_of(), p0__j1__0__de="8", p0__j1__0__a="12", p0__j3__24h="on", p0__source="1")
    form = form_of(data | {"p0-vers": ["1", "2", "3"]}).after_step("copier-0")
    days = form.weeks[0].days
    assert [day.ranges[0].opens.value() for day in days[:4]] == ["8", "8", "8", ""]
    assert days[2].all_day.value() is False
    assert form["p0-vers"].value() == []


def test_weeks_and_exceptions_are_added_and_removed(form_of):
    form = form_of(typed(form_of(), p0__j1__0__de="8")).after_step("semaine").after_step("exception")
    assert (len(form.weeks), len(form.exceptions)) == (2, 1)
    form = form.after_step("retirer-semaine-1").after_step("retirer-exception-0")
    assert (len(form.weeks), len(form.exceptions)) == (1, 0)
    assert form.weeks[0].days[0].ranges[0].opens.value() == "8"
    assert len(form.after_step("retirer-semaine-0").weeks) == 1


@pytest.mark.parametrize("step", ["", "plage-9-1", "plage-0-9", "plage-0", "retirer-exception-7", "autre", "copier"])
def test_an_unknown_step_changes_nothing(form_of, step):
    form = form_of(typed(form_of(), p0__j1__0__de="8"))
    assert form.after_step(step).draft.values() == form_of(typed(form_of(), p0__j1__0__de="8")).draft.values()


def test_bad_input_is_refused_without_a_failure(form_of):
    assert "incomplet" in errors_of(form_of({"version": "1"}))["__all__"]
    bad = {"p0__type": "x\x00", "p0__j1__0__de": "\x00", "p0__du": "\x00", "p0__source": "9", "p0__vers": ["12"]}
    assert set(errors_of(form_of(typed(form_of(), **bad)))) >= {"p0-type", "p0-j1-0-de", "p0-du"}
    many = {f"e{number}-du": "2026-01-01" for number in range(250)}
    assert "200 exceptions au plus" in errors_of(form_of(typed(form_of()) | many))["__all__"]


def test_the_prefix_of_a_dossier_is_kept(world, form_of):
    fill(world.act)
    shown = form_of(prefix="f7")
    data = {f"f7-{name}": value for name, value in shown.initial.items() if value not in (None, False)}
    form = form_of(data, prefix="f7")
    assert form.is_valid(), form.errors
    assert differences(shown.state, shown.state | form.values()) == {}


def test_hours_are_written_with_their_history(world, cast, form_of):
    data = typed(form_of(), p0__j1__0__de="20:00", p0__j1__0__a="6:00")
    form = form_of(data)
    assert form.is_valid(), form.errors
    scope = scope_of(cast.directeur)
    line = update_block(record=world.act, values=form.values(), expected_version=1, by=cast.directeur, scope=scope)
    assert line.block == "horaires"
    rule = world.act.weekly_hours.get()
    assert (rule.weekday, rule.opens_at, rule.closes_at) == (1, dt.time(20), dt.time(6))
