"""Searching: what is found, in which order, what is hidden, what the page shows."""

import datetime
import random

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from common.geo import Point, distance_km
from directory.enums import Nomenclature
from directory.models import Commune, GeographicEntity
from directory.scopes import Grant, Scope, ScopeKind
from search.criteria import SearchCriteria
from search.engine.conditions import USUAL_RADIUS_KM
from search.engine.fit import judge_shown
from search.engine.outcome import SHOWN_LIMIT
from search.engine.query import documents_of, run_search
from search.results.figures import notes_in
from search.results.lines import lines_of
from tests.factories.accounts import UserFactory
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import (
    AssignmentFactory,
    GeographicEntityFactory,
    PracticePlaceFactory,
    PractitionerFactory,
    TermFactory,
    UnitFactory,
    commune,
    term,
)

pytestmark = pytest.mark.django_db
READER = Scope(1, (Grant(Role.CONSULTATION, ScopeKind.REGION, None),))
SUPPORT = Scope(2, (Grant(Role.SUPPORT, ScopeKind.REGION, None),))


def find(ou="", quoi="", tri="", scope=READER, **more):
    criteria = SearchCriteria.from_query({"ou": ou, "quoi": quoi, "tri": tri, **more})
    return run_search(criteria, scope, timezone.now())


def names(outcome, scope=READER) -> list[str]:
    """Names of the lines, in order."""
    rows = documents_of(outcome.groups, outcome, scope)
    return [line.name for line in lines_of(outcome.groups, rows, timezone.now())]


def lines(outcome, scope=READER):
    rows = documents_of(outcome.groups, outcome, scope)
    now = timezone.now()
    judgements = judge_shown((row.unit_id for row in rows), outcome.asked.criteria, scope, now)
    return lines_of(outcome.groups, rows, now, notes=notes_in(rows, now), judgements=judgements)


def at(insee: str, **values) -> GeographicEntity:
    return GeographicEntityFactory(commune=commune(insee), **values)


@pytest.fixture
def reader_client(client):
    client.force_login(UserFactory(roles=[Role.CONSULTATION]))
    return client


def test_an_acronym_finds_the_types_and_not_every_text(rebuilt):
    act = UnitFactory(geographic_entity__name="Vesta")
    mobile = UnitFactory(act_mobile=True, geographic_entity__name="Murs")
    UnitFactory(lhss=True, name="Accueil des personnes sorties d’ACT", admission_conditions="ACT, acte, action")
    PractitionerFactory(last_name="Act")
    rebuilt()
    outcome = find(quoi="ACT")
    assert {group.group_id for group in outcome.groups} == {act.geographic_entity_id, mobile.geographic_entity_id}
    assert (outcome.establishments, outcome.units, outcome.practitioners) == (2, 2, 0)
    assert names(find(quoi="ACT hors les murs")) == ["Murs"]


def test_a_family_finds_its_types(rebuilt):
    UnitFactory(geographic_entity__name="Vesta")
    UnitFactory(mas=True, geographic_entity__name="Handicap")
    rebuilt()
    assert names(find(quoi="Personnes confrontées à des difficultés spécifiques")) == ["Vesta"]


@pytest.mark.parametrize(
    "text",
    ["appartement de coordination", "APPARTEMENTS COORDINATION", "hébergements thérapeutiques", "appartement de coo"],
)
def test_the_text_is_french_without_accents_and_ends_by_a_beginning(rebuilt, text):
    UnitFactory(geographic_entity__name="Vesta")
    UnitFactory(mas=True)
    rebuilt()
    assert names(find(quoi=text)) == ["Vesta"]


def test_activities_specialisations_names_and_free_text_are_found_in_this_order(rebuilt):
    activity = TermFactory(label="Toxicologie des solvants")
    free = UnitFactory(geographic_entity__name="D", admission_conditions="Solvants exclus")
    name = UnitFactory(geographic_entity__name="C solvants")
    coded = UnitFactory(geographic_entity__name="B", terms=[activity])
    rebuilt()
    assert names(find(quoi="solvants")) == ["B", "C solvants", "D"]
    assert {free.pk, name.pk, coded.pk}


def test_identifiers_and_phones_match_exactly(rebuilt):
    unit = UnitFactory(geographic_entity__name="Vesta", geographic_entity__phone="0140970102")
    person = PractitionerFactory()
    rebuilt()
    eg = unit.geographic_entity
    for number in (eg.finess, eg.legal_entity.siren, "01 40 97 01 02", "+33140970102"):
        assert names(find(quoi=number)) == ["Vesta"]
    assert find(quoi=person.rpps).practitioners == 1
    assert not find(quoi=eg.finess[:-1] + str((int(eg.finess[-1]) + 1) % 10)).groups


def test_practitioners_are_found_by_name_and_profession(rebuilt):
    person = PractitionerFactory(
        last_name="Lefèvre", profession=term(Nomenclature.RESOURCE_PROFESSION, "G15-70"), phone="0199000042"
    )
    PracticePlaceFactory(practitioner=person)
    rebuilt()
    for text in ("lefevre", "Masseur-Kinésithérapeute", "kinesither"):
        (line,) = lines(find(quoi=text))
        assert (line.name, line.count, line.place) == ("Paul Lefèvre", None, "Paris 10 (75)")
        assert line.url == reverse("directory:practitioner_detail", args=[person.pk])
    assert not find(ou="75010").groups  # the whole list of practitioners around is no answer


def test_practitioners_come_together_after_the_units_that_may_suit(rebuilt):
    for number in range(3):
        CurrentFigureFactory(unit=UnitFactory(geographic_entity__name=f"Kiné {number}"), fresh=True)
        PracticePlaceFactory(practitioner=PractitionerFactory(last_name=f"Kiné {number}"))
    CurrentFigureFactory(unit=UnitFactory(geographic_entity__name="Kiné 4", sex="m"), fresh=True)
    rebuilt()
    for sort in ("pertinence", "places"):
        kinds = [line.count is None for line in lines(find(quoi="kiné", pour="femme", animal="1", tri=sort))]
        assert kinds == [False] * 3 + [True] * 3 + [False], sort


def test_distances_and_their_order_are_those_of_python(rebuilt):
    draw = random.Random(7)
    start = commune("75110")
    expected = {}
    for _ in range(40):
        lat, lon = start.lat + draw.uniform(-0.6, 0.6), start.lon + draw.uniform(-0.9, 0.9)
        unit = UnitFactory(geographic_entity__lat=lat, geographic_entity__lon=lon)
        measured = distance_km(Point(start.lat, start.lon), Point(lat, lon))
        if draw.random() < 0.4:  # another one of the same EG stands apart: the nearest of both counts
            lat, lon = start.lat + draw.uniform(-0.6, 0.6), start.lon + draw.uniform(-0.9, 0.9)
            own = {"commune": start, "lat": lat, "lon": lon, "position_source": "manual"}
            UnitFactory(geographic_entity=unit.geographic_entity, **own)
            measured = min(measured, distance_km(Point(start.lat, start.lon), Point(lat, lon)))
        expected[unit.geographic_entity_id] = measured
    rebuilt()
    outcome = find(ou="75010", quoi="ACT")
    expected = {group_id: measured for group_id, measured in expected.items() if measured <= USUAL_RADIUS_KM}
    assert [group.group_id for group in outcome.groups] == sorted(expected, key=expected.get)
    for group in outcome.groups:
        assert group.distance_km == pytest.approx(expected[group.group_id], abs=1e-9)


def test_a_unit_that_stands_apart_says_where(rebuilt):
    eg = at("92050", name="Nanterre")
    UnitFactory(geographic_entity=eg, name="A, sur place")
    UnitFactory(geographic_entity=eg, name="B, à part", commune=commune("78646"))
    UnitFactory(geographic_entity=at("92050", name="Seule"), commune=commune("78646"))
    rebuilt()
    both, alone = lines(find(ou="92050", quoi="ACT"))
    assert both.place == "Nanterre (92)"
    assert [unit.own_place for unit in both.units] == ["", "Versailles (78)"]
    assert (alone.place, alone.units[0].own_place) == ("Versailles (78)", "")
    assert [line.name for line in lines(find(ou="78", quoi="ACT"))] == ["Nanterre", "Seule"]


def test_a_unit_that_goes_to_the_person_and_serves_the_commune_comes_first(rebuilt):
    UnitFactory(geographic_entity__name="Près")
    UnitFactory(act_mobile=True, geographic_entity=at("77001", name="Loin, se déplace"), area=["75056"])
    UnitFactory(geographic_entity=at("92050", name="Fixe, dessert"), area=["75110"])
    rebuilt()
    found = lines(find(ou="Paris 10", quoi="ACT"))
    assert [line.name for line in found] == ["Loin, se déplace", "Près", "Fixe, dessert"]
    assert [line.serves for line in found] == [True, False, True]
    assert found[0].distance_km > 50


def test_a_department_limits_and_measures_nothing(rebuilt):
    UnitFactory(geographic_entity=at("92050", name="Nanterre"))
    UnitFactory(geographic_entity=at("75110", name="Paris"))
    rebuilt()
    outcome = find(ou="92", quoi="ACT")
    assert names(outcome) == ["Nanterre"]
    assert outcome.groups[0].distance_km is None


def test_a_place_alone_lists_everything_around(rebuilt):
    UnitFactory(geographic_entity=at("92050", name="Nanterre"))
    UnitFactory(mas=True, geographic_entity=at("75110", name="Paris"))
    rebuilt()
    assert names(find(ou="75010")) == ["Paris", "Nanterre"]


def test_an_establishment_without_coordinates_stands_at_the_centre_of_its_commune(rebuilt):
    UnitFactory(geographic_entity=at("92050", name="Sans point", nowhere=True))
    rebuilt()
    nanterre, paris = Commune.objects.get(pk="92050"), commune("75110")
    (group,) = find(ou="75010").groups
    assert group.distance_km == pytest.approx(
        distance_km(Point(paris.lat, paris.lon), Point(nanterre.lat, nanterre.lon))
    )


def test_sensitive_places_are_told_to_entitled_people_only(rebuilt):
    eg = at("75110", name="Refuge")
    unit = UnitFactory(geographic_entity=eg, sensitive=True)
    UnitFactory(geographic_entity=at("77001", name="Loin"))
    rebuilt()
    refuge = next(line for line in lines(find(ou="75010", quoi="ACT")) if line.name == "Refuge")
    assert names(find(ou="75010", quoi="ACT")) == ["Loin", "Refuge"]  # its rank tells nothing of its place
    assert (refuge.distance_km, refuge.place, refuge.is_hidden) == (None, "Département 75", True)
    entitled = [
        SUPPORT,
        Scope(3, (Grant(Role.REFUSAL_REPORTER, ScopeKind.REGION, None),)),
        Scope(4, (Grant(Role.AVAILABILITY_MANAGER, ScopeKind.UNIT, unit.pk),)),
        Scope(5, (Grant(Role.DIRECTOR, ScopeKind.GEOGRAPHIC_ENTITY, eg.pk),)),
        Scope(6, (Grant(Role.DIRECTOR, ScopeKind.LEGAL_ENTITY, eg.legal_entity_id),)),
    ]
    for scope in entitled:
        first = lines(find(ou="75010", quoi="ACT", scope=scope), scope)[0]
        assert (first.name, first.place, first.is_hidden) == ("Refuge", "Paris 10 (75)", False)
        assert first.distance_km is not None
    elsewhere = Scope(7, (Grant(Role.DIRECTOR, ScopeKind.GEOGRAPHIC_ENTITY, eg.pk + 1),))
    assert find(ou="75010", quoi="ACT", scope=elsewhere).groups[-1].distance_km is None


def test_the_place_of_an_establishment_is_told_whole_or_not_at_all(rebuilt):
    eg = at("75110", name="Refuge")
    sensitive = UnitFactory(geographic_entity=eg, sensitive=True)
    ordinary = UnitFactory(geographic_entity=eg)
    rebuilt()
    for unit, told in ((ordinary, False), (sensitive, True)):
        scope = Scope(8, (Grant(Role.AVAILABILITY_MANAGER, ScopeKind.UNIT, unit.pk),))
        outcome = find(ou="75010", quoi="ACT", scope=scope)
        assert (outcome.groups[0].distance_km is not None) == told
        rows = documents_of(outcome.groups, outcome, scope)
        assert [(row.is_hidden, bool(row.commune)) for row in rows] == [(not told, told)] * 2


def test_numbers_that_lead_to_a_masked_address_find_it_for_entitled_people_only(rebuilt):
    eg = at("75110", name="Refuge", siret="88123943800016", phone="0140970102")
    unit = UnitFactory(geographic_entity=eg, sensitive=True)
    own = Scope(8, (Grant(Role.AVAILABILITY_MANAGER, ScopeKind.UNIT, unit.pk),))
    rebuilt()
    for number in (eg.finess, eg.siret, eg.national_id):
        assert names(find(quoi=number)) == []
        for scope in (SUPPORT, own):
            assert names(find(quoi=number, scope=scope), scope) == ["Refuge"]
    for number in (eg.legal_entity.siren, eg.phone):
        assert names(find(quoi=number)) == ["Refuge"]
    assert find(ou="75", quoi=eg.finess).variants  # dropping a criterion does not say that the number is known
    assert ("", eg.finess) not in {(v.criteria.where, v.criteria.what) for v in find(ou="75", quoi=eg.finess).variants}


def test_figures_are_summed_and_unknown_is_not_zero(rebuilt):
    eg = GeographicEntityFactory()
    CurrentFigureFactory(unit=UnitFactory(geographic_entity=eg, installed_places=10), figure=3, fresh=True)
    CurrentFigureFactory(unit=UnitFactory(geographic_entity=eg, installed_places=20), figure=2, late=True)
    CurrentFigureFactory(unit=UnitFactory(geographic_entity=eg), figure=50, expired=True)
    CurrentFigureFactory(unit=UnitFactory(geographic_entity=eg), never=True)
    CurrentFigureFactory(unit=UnitFactory(geographic_entity=eg), figure=70, closed_entry=True)
    rebuilt()
    (line,) = lines(find(quoi="ACT"))
    count = line.count
    assert (count.kind, count.figure, count.installed, count.counted, count.open) == ("known", 5, 30, 2, 4)
    assert count.freshness.age >= datetime.timedelta(days=13)
    assert line.summary.startswith("5 UO – ")
    assert line.summary.endswith(" et 3 autres (2 unités comptées sur 4)")


@pytest.mark.parametrize(
    ("trait", "kind", "figure"),
    [("full", "known", 0), ("never", "unknown", None), ("expired", "expired", 8), ("closed_entry", "inactive", None)],
)
def test_one_unit_shows_its_own_state(rebuilt, trait, kind, figure):
    CurrentFigureFactory(**{trait: True})
    rebuilt()
    (line,) = lines(find(quoi="ACT"))
    assert (line.count.kind, line.count.figure) == (kind, figure)


def test_two_hundred_lines_are_shown_and_totals_stay_true(rebuilt):
    eg = GeographicEntityFactory()
    model = UnitFactory(geographic_entity=eg)
    for number in range(SHOWN_LIMIT + 4):
        UnitFactory(
            geographic_entity=GeographicEntityFactory(legal_entity=eg.legal_entity, commune=eg.commune),
            unit_type=model.unit_type,
            name=f"U{number}",
        )
    rebuilt()
    outcome = find(quoi="ACT")
    assert len(outcome.groups) == SHOWN_LIMIT
    assert (outcome.establishments, outcome.units, outcome.is_cut) == (SHOWN_LIMIT + 5, SHOWN_LIMIT + 5, True)


def test_nothing_found_offers_to_drop_a_criterion(rebuilt):
    UnitFactory(geographic_entity=at("92050"))
    UnitFactory(lhss=True, geographic_entity=at("75110"))
    rebuilt()
    offered = {(one.criteria.where, one.criteria.what): one.count for one in find(ou="75", quoi="ACT").variants}
    assert offered == {("", "ACT"): 1, ("75", ""): 1}
    offered = {one.criteria.what: one.count for one in find(quoi="appartement santé").variants}
    assert offered == {"appartement": 1, "santé": 1}


def test_the_page_shows_the_main_job(reader_client, rebuilt):
    eg = GeographicEntityFactory(name="ACT ALTAIR VESTA", nanterre=True, phone="0140970102")
    CurrentFigureFactory(unit=UnitFactory(geographic_entity=eg, name="ACT Hébergement"), figure=8, fresh=True)
    commune("75110")
    rebuilt()
    page = reader_client.get("/recherche/", {"ou": "75010", "quoi": "ACT"})
    text = page.content.decode()
    assert page.status_code == 200
    for expected in (
        "1 établissement(s), 1 UO en",
        "Distances calculées à partir de Paris 10",
        "ACT ALTAIR VESTA",
        "Nanterre (92)",
        "tel:+33140970102",
        "<b>8</b>",
        "/ 35\u00a0places",
        "1 UO – ACT Hébergement",
        reverse("directory:geographic_entity_detail", args=[eg.pk]),
    ):
        assert expected.replace("\u00a0", " ") in text.replace("\u00a0", " ")


def test_fifteen_a_page_and_every_page_is_an_address(reader_client, rebuilt):
    eg = GeographicEntityFactory()
    for _ in range(32):
        UnitFactory(geographic_entity=GeographicEntityFactory(legal_entity=eg.legal_entity))
    rebuilt()
    seen = set()
    for number, size in ((1, 15), (2, 15), (3, 2), (99, 2)):
        page = reader_client.get("/recherche/", {"quoi": "ACT", "page": number})
        assert len(page.context["lines"]) == size
        seen |= {line.url for line in page.context["lines"]}
    assert len(seen) == 32
    assert b"?quoi=ACT&amp;page=2" in page.content


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"ou": "", "quoi": ""},
        {"page": "abc", "quoi": "ACT"},
        {"page": "9" * 6000, "quoi": "ACT"},
        {"tri": "prix", "quoi": "ACT"},
        {"tri": "distance", "quoi": "ACT"},
        {"ou": "Nulle Part", "quoi": "ACT"},
        {"ou": "🙂", "quoi": "🙂"},
        {"quoi": "a" * 5000},
        {"ou": "z" * 5000},
        {"quoi": "' & | ! :* <-> ( \\ % %s {} \"%(x)s"},
        {"quoi": "le la les de"},
        {"quoi": "a"},
        {"quoi": "x " * 100},
        {"ou": "75010", "quoi": "introuvable deux trois quatre cinq six sept huit"},
    ],
)
def test_no_input_breaks_the_page(reader_client, rebuilt, query):
    UnitFactory()
    rebuilt()
    page = reader_client.get("/recherche/", query)
    assert page.status_code == 200


def test_what_was_typed_is_kept(reader_client, rebuilt):
    commune("75110")
    rebuilt()
    page = reader_client.get("/recherche/", {"ou": "nulle part", "quoi": 'mot "cité"'}).content.decode()
    assert 'value="nulle part"' in page
    assert "mot &quot;cité&quot;" in page
    assert "Lieu non reconnu" in page


def test_anonymous_and_people_without_a_role_do_not_search(client):
    assert client.get("/recherche/").status_code == 302
    client.force_login(UserFactory())
    assert client.get("/recherche/").status_code == 403
    assert client.post("/recherche/").status_code == 405


def test_hidden_and_closed_units_never_appear(rebuilt):
    UnitFactory(geographic_entity__name="Visible")
    UnitFactory(hidden=True)
    UnitFactory(closed=True)
    UnitFactory(closed_for_now=True)
    UnitFactory(geographic_entity__hidden=True)
    UnitFactory(geographic_entity__legal_entity__closed=True)
    PractitionerFactory(hidden=True)
    rebuilt()
    assert names(find(quoi="ACT")) == ["Visible"]
    assert not find(quoi="Durand").groups


@pytest.mark.parametrize("sensitive", [False, True])
@pytest.mark.parametrize("query", [{"ou": "75010", "quoi": "ACT"}, {"quoi": "unité exemple"}, {"ou": "75"}])
def test_eight_queries_at_most_whatever_the_rows(client, rebuilt, django_assert_max_num_queries, query, sensitive):
    user = UserFactory()
    AssignmentFactory(
        user=user, role=Role.DIRECTOR, geographic_entity=UnitFactory(sensitive=sensitive).geographic_entity
    )
    client.force_login(user)
    client.get("/recherche/")  # the first request of a session renews it
    seen = []
    for _ in range(3):
        for _ in range(6):
            CurrentFigureFactory(unit=UnitFactory())
        rebuilt()
        with django_assert_max_num_queries(8 + 3) as captured:  # three are those of the transaction
            assert client.get("/recherche/", query).context["lines"]
        seen.append(len(captured))
    # One fewer once there are lines enough near the place: what lies beyond the usual radius is not read then.
    assert seen in ([seen[0]] * 3, [seen[0], seen[0], seen[0] - 1], [seen[0], seen[0] - 1, seen[0] - 1])
