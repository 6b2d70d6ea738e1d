"""The engine: radius, zone, filters and their counts, free places, needs, and the same results for every page."""

import datetime

import pytest
from django.http import QueryDict
from django.utils import timezone

from accounts.roles import Role
from availability.models import CurrentFigure, Pool, UnitClosure
from availability.standing import counting
from common.geo import Point, distance_km
from directory.enums import Nomenclature
from directory.scopes import Grant, Scope, ScopeKind
from search.criteria import Facet, SearchCriteria
from search.engine.conditions import ENOUGH_LINES, USUAL_RADIUS_KM
from search.engine.query import documents_of, iter_rows, matching_units, run_search
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import (
    GeographicEntityFactory,
    TermFactory,
    UnitFactory,
    WeeklyHoursFactory,
    commune,
)

pytestmark = pytest.mark.django_db
READER = Scope(1, (Grant(Role.CONSULTATION, ScopeKind.REGION, None),))
SUPPORT = Scope(2, (Grant(Role.SUPPORT, ScopeKind.REGION, None),))
WEEK = datetime.timedelta(days=7)
PARIS_10 = "75110"


def read(text: str) -> SearchCriteria:
    return SearchCriteria.from_query(QueryDict(text))


def find(text: str, scope=READER):
    return run_search(read(text), scope, timezone.now())


def found(text: str, scope=READER) -> list[str]:
    """Names of the units, line by line."""
    outcome = find(text, scope)
    rows = documents_of(outcome.groups, outcome, scope)
    return [row.name for group in outcome.groups for row in rows if row.group_id == group.group_id]


def unit_at(km: float, name: str, **values):
    """A unit alone in its EG, that many kilometres north of the centre of Paris 10."""
    start = commune(PARIS_10)
    place = {"commune": start, "lat": start.lat + km / 111.195, "lon": start.lon}
    return UnitFactory(geographic_entity=GeographicEntityFactory(**place), name=name, **values)


def counts(outcome, facet: Facet) -> dict[str, int]:
    return next(({c.label: c.count for c in found.choices} for found in outcome.facets if found.facet == facet), {})


def test_the_usual_radius_holds_unless_it_is_too_short(rebuilt):
    for number in range(ENOUGH_LINES - 1):
        unit_at(1 + number, f"Proche {number}")
    unit_at(USUAL_RADIUS_KM + 5, "Loin")
    rebuilt()
    outcome = find("ou=75010&quoi=ACT")
    assert (outcome.radius_km, outcome.is_widened, outcome.establishments) == (None, True, ENOUGH_LINES)
    unit_at(USUAL_RADIUS_KM - 1, "Une de plus")
    rebuilt()
    outcome = find("ou=75010&quoi=ACT")
    assert (outcome.radius_km, outcome.is_widened) == (USUAL_RADIUS_KM, False)
    assert outcome.establishments == ENOUGH_LINES == sum(counts(outcome, Facet.UNIT_TYPE).values())
    outcome = find("ou=75010&quoi=ACT&distance=tout")
    assert (outcome.radius_km, outcome.is_widened, outcome.establishments) == (None, False, ENOUGH_LINES + 1)


@pytest.mark.parametrize("km", [5, 10, 100, 1000])
def test_a_distance_keeps_what_is_nearer_and_only_that(rebuilt, km):
    start = commune(PARIS_10)
    expected = set()
    for number, (north, east) in enumerate(
        (a, b) for a in (-1, -0.7, 0.3, 0.71, 0.999) for b in (-1.01, -0.71, 0, 0.7)
    ):
        at = Point(start.lat + north * km / 111.2, start.lon + east * km / 73.2)
        UnitFactory(geographic_entity__lat=at.lat, geographic_entity__lon=at.lon, name=f"U{number}")
        if distance_km(Point(start.lat, start.lon), at) <= km:
            expected.add(f"U{number}")
    rebuilt()
    assert set(found(f"ou=75010&distance={km}")) == expected
    assert find(f"ou=75010&distance={km}").radius_km == km


def test_a_unit_that_goes_to_the_person_passes_any_distance_and_comes_first(rebuilt):
    unit_at(0.5, "Proche")
    unit_at(70, "Mobile", mobile=True, area=[PARIS_10])
    unit_at(60, "Mobile ailleurs", mobile=True, area=["92050"])
    rebuilt()
    assert found("ou=75010&distance=5") == ["Mobile", "Proche"]
    assert find("ou=75010&distance=5").groups[0].distance_km == pytest.approx(70, abs=0.1)


def test_a_hidden_place_gives_no_distance_away(rebuilt):
    unit_at(0.5, "Refuge", sensitive=True)
    unit_at(3, "Ouvert")
    rebuilt()
    assert found("ou=75010&distance=1") == ["Refuge"]  # its department is within
    assert find("ou=75010&distance=1").groups[0].distance_km is None
    assert found("ou=75010&distance=1", SUPPORT) == ["Refuge"]
    assert found("ou=Versailles&distance=1") == []
    zone = "zone=48.5,2,49.2,2.6"
    assert found(zone) == ["Ouvert"]
    assert set(found(zone, SUPPORT)) == {"Refuge", "Ouvert"}
    for scope, told in ((READER, 1), (SUPPORT, 2)):
        outcome = find("ou=75010", scope)
        assert sum(row.lat is not None for row in documents_of(outcome.groups, outcome, scope)) == told


def test_a_zone_replaces_the_usual_radius(rebuilt):
    unit_at(2, "Dedans")
    unit_at(90, "Dehors")
    rebuilt()
    assert found("ou=75010&zone=49.5,2,50,3") == ["Dehors"]
    assert found("ou=75010&zone=49.5,2,50,3&distance=20") == []
    assert found("zone=-90,-180,90,180") == ["Dedans", "Dehors"]


def test_counts_stay_right_as_filters_combine(rebuilt):
    free = TermFactory(nomenclature=Nomenclature.AUDIENCE, label="Sans logement")
    for insee, kind, terms in (
        ("75110", "act", []),
        ("75110", "act", [free]),
        ("75110", "lhss", []),
        ("92050", "act", [free]),
        ("92050", "lhss", []),
        ("92050", "lam", [free]),
    ):
        UnitFactory(geographic_entity=GeographicEntityFactory(commune=commune(insee)), terms=terms, **{kind: True})
    rebuilt()
    outcome = find("distance=tout&zone=-90,-180,90,180")
    types = {c.label: c.value for f in outcome.facets if f.facet == Facet.UNIT_TYPE for c in f.choices}
    assert sorted(counts(outcome, Facet.UNIT_TYPE).values()) == [1, 2, 3]
    assert counts(outcome, Facet.DEPARTMENT) == {"Paris (75)": 3, "Hauts-de-Seine (92)": 3}
    act, lhss = (next(value for label, value in types.items() if word in label) for word in ("ACT", "LHSS"))
    outcome = find(f"departement=75&type={act}&type={lhss}")
    assert outcome.units == 3
    assert sorted(counts(outcome, Facet.UNIT_TYPE).values()) == [1, 2]  # of Paris, whatever the type
    assert counts(outcome, Facet.DEPARTMENT) == {"Paris (75)": 3, "Hauts-de-Seine (92)": 2}  # of these types
    assert counts(outcome, Facet.AUDIENCE)["Sans logement"] == 1  # of both
    ticked = {c.value for f in outcome.facets if f.facet == Facet.UNIT_TYPE for c in f.choices if c.is_chosen}
    assert ticked == {act, lhss}


def test_a_ticked_value_that_finds_nothing_is_still_listed(rebuilt):
    UnitFactory()
    commune("92050")
    rebuilt()
    other = TermFactory(nomenclature=Nomenclature.AUDIENCE, label="Personne")
    outcome = find(f"quoi=ACT&public={other.pk}&departement=92&ej=99999999")
    assert outcome.groups == ()
    assert counts(outcome, Facet.AUDIENCE)["Personne"] == 0
    assert counts(outcome, Facet.DEPARTMENT)["Hauts-de-Seine (92)"] == 0
    assert None not in counts(outcome, Facet.LEGAL_ENTITY)


def test_twelve_choices_of_a_facet_then_how_many_others(rebuilt):
    terms = [TermFactory(nomenclature=Nomenclature.AUDIENCE, label=f"Public {number:02}") for number in range(15)]
    UnitFactory(terms=terms)
    rebuilt()
    (audience,) = (f for f in find(f"quoi=ACT&public={terms[14].pk}").facets if f.facet == Facet.AUDIENCE)
    assert (next(c.label for c in audience.choices if c.is_chosen), audience.more) == ("Public 14", 3)
    (audience,) = (f for f in find("quoi=ACT&plus=public").facets if f.facet == Facet.AUDIENCE)
    assert (len(audience.choices), audience.more) == (15, 0)


def test_free_and_fresh_follow_the_rule_of_availability(rebuilt):
    now = timezone.now()
    units = {name: UnitFactory(name=name) for name in ("libre", "complet", "bientôt", "périmé", "fermé", "rouvert")}
    units |= {name: UnitFactory(name=name) for name in ("à confirmer", "jamais", "inactif", "sans")}
    CurrentFigureFactory(unit=units["libre"], fresh=True)
    CurrentFigureFactory(unit=units["complet"], full=True)
    CurrentFigureFactory(unit=units["bientôt"], due_soon=True)
    CurrentFigureFactory(unit=units["périmé"], expired=True)
    CurrentFigureFactory(unit=units["jamais"], never=True)
    CurrentFigureFactory(unit=units["inactif"], closed_entry=True)
    for name, ends_at in (("fermé", None), ("rouvert", now - datetime.timedelta(minutes=5))):
        CurrentFigureFactory(unit=units[name])
        since = now - datetime.timedelta(days=1)
        UnitClosure.objects.create(
            unit=units[name], starts_at=since, ends_at=ends_at, reason="works", recorded_at=since
        )
    CurrentFigureFactory(unit=units["à confirmer"], to_confirm_since=now)
    rebuilt()
    free = CurrentFigure.objects.filter(counting(now), figure__gt=0).values_list("unit__name", flat=True)
    assert set(found("quoi=ACT&places=1")) == set(free) == {"libre", "bientôt"}
    assert set(found("quoi=ACT&ajour=1")) == {"libre", "complet"}
    flags = find("quoi=ACT&places=1&ajour=1").flags
    assert (flags.free, flags.fresh, flags.open) == (1, 1, None)
    assert find("quoi=ACT").flags.free == 2


def test_free_places_sort_counts_a_pool_once(rebuilt):
    now = timezone.now()
    shared, alone = unit_at(1, "Un des lits"), unit_at(9, "Seule")
    eg = shared.geographic_entity
    other = UnitFactory(geographic_entity=eg, name="Autre des lits")
    unit_at(3, "Inconnue")
    CurrentFigureFactory(unit=unit_at(2, "Complète"), full=True)
    pool = Pool.objects.create(geographic_entity=eg, name="Lits", rhythm=WEEK)
    for unit in (shared, other):
        CurrentFigureFactory(unit=unit, figure=5, pool=pool, now=now)
    CurrentFigureFactory(unit=alone, figure=6)
    rebuilt()
    lines = ["Seule", "Autre des lits", "Un des lits", "Complète", "Inconnue"]
    assert found("ou=75010&quoi=ACT&tri=places") == lines


def test_needs_class_first_then_the_order_asked(rebuilt):
    CurrentFigureFactory(unit=unit_at(1, "Hommes", sex="m"))
    CurrentFigureFactory(unit=unit_at(2, "Complète"), full=True)
    CurrentFigureFactory(unit=unit_at(4, "Femmes loin", sex="f"), women=8)
    CurrentFigureFactory(unit=unit_at(3, "Femmes", sex="f"), women=8)
    rebuilt()
    text = "ou=75010&quoi=ACT&pour=femme"
    assert found(text) == ["Femmes", "Femmes loin", "Complète", "Hommes"]
    assert sum(find(text).fits.values()) == 4
    assert found(f"{text}&masquer=1") == ["Femmes", "Femmes loin", "Complète"]
    outcome = find(f"{text}&masquer=1")
    assert (outcome.establishments, outcome.units) == (3, 3)
    assert sum(counts(outcome, Facet.UNIT_TYPE).values()) == 3
    assert len(matching_units(read(f"{text}&masquer=1"), READER, timezone.now())) == 3


def test_open_that_day_is_a_filter_with_its_count(rebuilt):
    monday = UnitFactory(name="Lundi")
    WeeklyHoursFactory(unit=monday, weekday=1)
    UnitFactory(name="Sans horaires")
    rebuilt()
    assert found("quoi=ACT&ouvert=2026-08-17") == ["Lundi"]
    assert find("quoi=ACT&ouvert=2026-08-17").flags.open == 1
    assert found("quoi=ACT&ouvert=2026-08-18") == []


@pytest.mark.parametrize("text", ["ou=75010&quoi=ACT", "quoi=ACT", "ou=75010&tri=places", "ou=75010&pour=femme"])
def test_all_the_rows_are_those_of_the_screen_in_the_same_order(rebuilt, text):
    for number in range(4):
        unit = unit_at(10 - number, f"U{number}", sex="f" if number % 2 else "")
        UnitFactory(geographic_entity=unit.geographic_entity, name=f"A{number}", lhss=number == 2)
        CurrentFigureFactory(unit=unit, figure=number)
    rebuilt()
    _, rows = iter_rows(read(text), READER, timezone.now())
    rows = list(rows)
    assert [row.name for row in rows] == found(text)
    assert {row.unit_id for row in rows} == set(matching_units(read(text), READER, timezone.now()))
    outcome = find(text)
    assert [(row.group_id, row.distance_km) for row in rows] == [
        tuple(group) for group in outcome.groups for row in rows if row.group_id == group.group_id
    ]
    assert len(rows) == outcome.units
