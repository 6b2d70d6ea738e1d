"""Lines, distances, totals and counts against the same search made by hand, in Python, over the tables."""

import datetime
import random
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import pytest
from django.http import QueryDict
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.roles import Role
from availability.freshness import DUE_SOON_SHARE
from availability.models import CurrentFigure, Pool, UnitClosure
from availability.standing import Standing, standing_at
from common.geo import Point, distance_km
from common.text import fold
from directory.enums import Nomenclature
from directory.models import Commune, GeographicEntity, OperationalUnit, PracticePlace, Practitioner
from directory.scopes import Grant, Scope, ScopeKind
from search.criteria import DISTANCES, FACET_LISTS, Facet, SearchCriteria, Sort
from search.engine.conditions import ENOUGH_LINES, USUAL_RADIUS_KM
from search.engine.outcome import Outcome
from search.engine.query import documents_of, matching_units, run_search
from search.models import MOBILE_MODES
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import (
    GeographicEntityFactory,
    LegalEntityFactory,
    PracticePlaceFactory,
    PractitionerFactory,
    TermFactory,
    UnitFactory,
    commune,
    term,
)

pytestmark = pytest.mark.django_db

TOWNS = ("75110", "75119", "92050", "78646", "77288")
WHERE = ("", "75010", "Paris", "Nanterre", "Versailles", "75", "92")
WHAT = ("", "ACT", "LHSS", "Zadig")
KINDS = ("act", "lhss", "lam", "act_mobile", "mobile")
FIGURES = ("fresh", "due_soon", "late", "expired", "never", "full", "closed_entry")
NAMED = "zadig"
WEEK = datetime.timedelta(days=7)
ENTITIES = 24


@dataclass(frozen=True)
class Record:
    """A unit or a practitioner as the tables tell it. ``point`` is empty when this person may not be told it."""

    id: int
    group_id: int
    group_name: str
    entity_id: int | None
    legal_entity_id: int | None
    name: str
    department: str
    point: Point | None
    is_apart: bool
    is_hidden: bool
    goes_to_person: bool
    served: frozenset[str]
    terms: frozenset[tuple[str, int]]
    type_id: int | None
    holder: object
    figure: int | None
    counts: bool
    is_fresh: bool

    @property
    def is_unit(self) -> bool:
        return self.group_id > 0

    @property
    def is_free(self) -> bool:
        return self.counts and (self.figure or 0) > 0

    def values(self, facet: Facet) -> set[str]:
        if facet == Facet.DEPARTMENT:
            return {self.department} - {""}
        if facet == Facet.LEGAL_ENTITY:
            return {str(self.legal_entity_id)} - {"None"}
        return {str(pk) for name, pk in self.terms if name == FACET_LISTS[facet]}


class World:
    """Random records, then what each person may know of them."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.now = timezone.now()
        for insee in TOWNS:
            commune(insee)
        lists = (Nomenclature.AUDIENCE, Nomenclature.OPERATIONAL_ACTIVITY, Nomenclature.SPECIFIC_ACT)
        self.terms = [TermFactory(nomenclature=name, label=f"{name} {rank}") for name in lists for rank in range(3)]
        self.aids = [TermFactory(nomenclature=Nomenclature.FINANCIAL_AID, label=f"Aide {rank}") for rank in range(2)]
        bodies = [LegalEntityFactory() for _ in range(3)]
        self.entities = [self.entity(number, self.draw.choice(bodies)) for number in range(ENTITIES)]
        for number in range(5):
            self.person(number)
        self.scopes = {
            "reader": scope(1, Role.CONSULTATION, ScopeKind.REGION, None),
            "support": scope(2, Role.SUPPORT, ScopeKind.REGION, None),
            "body": scope(3, Role.DIRECTOR, ScopeKind.LEGAL_ENTITY, bodies[0].pk),
            "entity": scope(4, Role.DIRECTOR, ScopeKind.GEOGRAPHIC_ENTITY, self.entities[0].pk),
        }

    def point(self) -> dict[str, float]:
        spread = self.draw.choice((0.05, 0.2, 0.5, 1.2))
        return {"lat": 48.87 + self.draw.uniform(-spread, spread), "lon": 2.36 + self.draw.uniform(-spread, spread)}

    def entity(self, number: int, body) -> GeographicEntity:
        town = commune(self.draw.choice(TOWNS))
        place = {"nowhere": True} if self.draw.random() < 0.15 else self.point()
        entity = GeographicEntityFactory(name=f"Maison {number:02}", commune=town, legal_entity=body, **place)
        entity.terms.set(self.draw.sample(self.aids, self.draw.randrange(3)))
        units = [self.unit(entity, rank) for rank in range(self.draw.choice((1, 1, 2, 4)))]
        if len(units) > 1 and self.draw.random() < 0.6:
            pool = Pool.objects.create(geographic_entity=entity, name=f"Lits {number}", rhythm=WEEK)
            CurrentFigure.objects.filter(unit__in=units[:2], version=1).update(
                pool=pool, figure=self.draw.randrange(4), confirmed_at=self.now, expires_at=self.now + 3 * WEEK
            )
        return entity

    def unit(self, entity: GeographicEntity, rank: int) -> OperationalUnit:
        draw = self.draw
        values = {draw.choice(KINDS): True, "sensitive": draw.random() < 0.1}
        if draw.random() < 0.2:
            values |= {"commune": commune(draw.choice(TOWNS)), "position_source": "manual", **self.point()}
        unit = UnitFactory(
            geographic_entity=entity,
            name=draw.choice(("Unité", "Zadig")) + f" {rank}",
            terms=draw.sample(self.terms, draw.randrange(4)),
            area=draw.sample((*TOWNS, "75056"), draw.choice((0, 0, 1, 2))),
            **values,
        )
        if draw.random() < 0.8:
            CurrentFigureFactory(unit=unit, now=self.now, **{draw.choice(FIGURES): True})
            if draw.random() < 0.25:
                began = self.now - datetime.timedelta(hours=draw.choice((1, 24, 400)))
                ended = draw.choice((None, self.now - datetime.timedelta(minutes=30), self.now + WEEK))
                UnitClosure.objects.create(unit=unit, starts_at=began, ends_at=ended, reason="works", recorded_at=began)
        return unit

    def person(self, number: int) -> None:
        person = PractitionerFactory(
            last_name=f"Zadig {number}", profession=term(Nomenclature.RESOURCE_PROFESSION, "G15-10")
        )
        if self.draw.random() < 0.7:
            PracticePlaceFactory(practitioner=person, geographic_entity=self.draw.choice(self.entities), commune=None)
        else:
            PracticePlaceFactory(practitioner=person, commune=commune(self.draw.choice(TOWNS)))

    @cached_property
    def closures(self) -> list[UnitClosure]:
        return list(UnitClosure.objects.all())

    def records(self, who: str) -> list[Record]:
        told = self.scopes[who]
        units = OperationalUnit.objects.select_related("geographic_entity__commune", "commune", "care_mode")
        hidden = set(OperationalUnit.objects.filter(sensitive_unit=True).values_list("geographic_entity_id", flat=True))
        return [*(self._unit(unit, told, hidden) for unit in units), *self._people(told, hidden)]

    def _unit(self, unit: OperationalUnit, told: Scope, hidden: set[int]) -> Record:
        entity = unit.geographic_entity
        at, town = (unit, unit.commune) if unit.commune_id else (entity, entity.commune)
        point = Point(at.lat, at.lon) if at.lat is not None else Point(town.lat, town.lon)
        is_hidden = entity.pk in hidden and not knows(told, entity)
        figure = CurrentFigure.objects.filter(unit=unit).first()
        mine = [closure for closure in self.closures if closure.unit_id == unit.pk]
        counts = bool(figure and figure.is_open and standing_at(figure, mine, self.now) is Standing.COUNTED)
        given = {unit.unit_type, unit.discipline, unit.care_mode, *entity.terms.all()} - {None}
        given |= {link.term for link in unit.unit_terms.select_related("term")}
        return Record(
            id=unit.pk,
            group_id=entity.pk,
            group_name=entity.sort_name,
            entity_id=entity.pk,
            legal_entity_id=entity.legal_entity_id,
            name=unit.name,
            department=town.department_id,
            point=None if is_hidden else point,
            is_apart=unit.commune_id is not None,
            is_hidden=is_hidden,
            goes_to_person=unit.care_mode.code in MOBILE_MODES,
            served=served_by(unit),
            terms=frozenset((each.nomenclature, each.pk) for each in given),
            type_id=unit.unit_type_id,
            holder=("pool", figure.pool_id) if figure and figure.pool_id else unit.pk,
            figure=figure.figure if figure else None,
            counts=counts,
            is_fresh=counts and figure.confirmed_at >= self.now - figure.rhythm * DUE_SOON_SHARE,
        )

    def _people(self, told: Scope, hidden: set[int]) -> list[Record]:
        found = []
        for person in Practitioner.objects.select_related("profession"):
            place = PracticePlace.objects.filter(practitioner=person).order_by("order").first()
            entity = place.geographic_entity
            town = place.commune or entity.commune
            at = entity if entity and entity.lat is not None else town
            is_hidden = bool(entity) and entity.pk in hidden and not knows(told, entity)
            found.append(
                Record(
                    id=-person.pk,
                    group_id=-person.pk,
                    group_name=person.sort_name,
                    entity_id=entity.pk if entity else None,
                    legal_entity_id=entity.legal_entity_id if entity else None,
                    name=f"{person.first_name} {person.last_name}",
                    department=town.department_id,
                    point=None if is_hidden else Point(at.lat, at.lon),
                    is_apart=False,
                    is_hidden=is_hidden,
                    goes_to_person=False,
                    served=frozenset(),
                    terms=frozenset({(person.profession.nomenclature, person.profession_id)}),
                    type_id=None,
                    holder=None,
                    figure=None,
                    counts=False,
                    is_fresh=False,
                )
            )
        return found


def scope(user_id: int, role: Role, kind: ScopeKind, on: int | None) -> Scope:
    return Scope(user_id, (Grant(role, kind, on),))


def knows(told: Scope, entity: GeographicEntity) -> bool:
    """Whether this person may be told the place of a sensitive establishment."""
    [grant] = told.grants
    if grant.role == Role.SUPPORT:
        return True
    mine = {(ScopeKind.LEGAL_ENTITY, entity.legal_entity_id), (ScopeKind.GEOGRAPHIC_ENTITY, entity.pk)}
    return grant.role == Role.DIRECTOR and (grant.kind, grant.record_id) in mine


def served_by(unit: OperationalUnit) -> frozenset[str]:
    """« Paris » serves its arrondissements; one of them makes « Paris » served."""
    areas = set(unit.intervention_areas.values_list("commune_id", flat=True))
    above = set(Commune.objects.filter(insee__in=areas).exclude(parent=None).values_list("parent_id", flat=True))
    below = set(Commune.objects.filter(parent__in=areas).values_list("insee", flat=True))
    return frozenset(areas | above | below)


@dataclass(frozen=True)
class ByHand:
    """A search made by hand over ``records``; ``understood`` is how the texts were read."""

    criteria: SearchCriteria
    understood: Outcome
    everything: list[Record]
    communes: list[Commune]

    @cached_property
    def start(self) -> Point | None:
        return self.understood.place.point if self.understood.place else None

    @cached_property
    def insee(self) -> str:
        return self.understood.place.insee if self.understood.place else ""

    def km(self, record: Record) -> float | None:
        return distance_km(self.start, record.point) if self.start and record.point else None

    def serves(self, record: Record) -> bool:
        return bool(self.insee) and record.goes_to_person and self.insee in record.served

    def holds_text(self, record: Record) -> bool:
        match = self.understood.match
        if match.by_terms:
            return record.type_id in match.term_ids
        return NAMED in fold(record.name) if match.words else record.is_unit

    def is_asked(self, record: Record) -> bool:
        """What no filter lifts, the radius apart."""
        zone, place = self.criteria.zone, self.understood.place
        if place and not place.point and record.department != place.department_code:
            return False
        if zone and not (
            record.point and zone.south <= record.point.lat <= zone.north and zone.west <= record.point.lon <= zone.east
        ):
            return False
        return self.holds_text(record)

    def is_within(self, record: Record, radius: int) -> bool:
        if record.is_hidden:
            near = any(
                distance_km(self.start, Point(town.lat, town.lon)) <= radius
                for town in self.communes
                if town.department_id == record.department
            )
            return near or self.serves(record)
        km = self.km(record)
        return self.serves(record) or (km is not None and km <= radius)

    def failed(self, record: Record) -> set[object]:
        """Filters that the record does not pass."""
        missed: set[object] = {
            facet for facet, values in self.criteria.chosen if not record.values(facet) & set(values)
        }
        if self.criteria.free and not record.is_free:
            missed.add("free")
        if self.criteria.fresh and not record.is_fresh:
            missed.add("fresh")
        return missed

    @cached_property
    def radius(self) -> tuple[int | None, bool]:
        """Kilometres applied, and whether the usual radius was lifted: no filter has a say in that."""
        if self.start is None or self.criteria.anywhere:
            return None, False
        if self.criteria.distance_km or self.criteria.zone:
            return self.criteria.distance_km, False
        near = {
            record.group_id
            for record in self.everything
            if self.is_asked(record) and self.is_within(record, USUAL_RADIUS_KM)
        }
        return (None, True) if len(near) < ENOUGH_LINES else (USUAL_RADIUS_KM, False)

    @cached_property
    def base(self) -> list[Record]:
        radius = self.radius[0]
        return [
            record
            for record in self.everything
            if self.is_asked(record) and (radius is None or self.is_within(record, radius))
        ]

    @cached_property
    def kept(self) -> list[Record]:
        return [record for record in self.base if not self.failed(record)]

    def counts(self, facet: Facet) -> dict[str, int]:
        counted = Counter(dict.fromkeys(self.criteria.values(facet), 0))
        for record in self.base:
            if self.failed(record) <= {facet}:
                counted.update(record.values(facet))
        return dict(counted)

    def flag(self, name: str) -> int:
        passing = [record for record in self.base if self.failed(record) <= {name}]
        return sum(record.is_free if name == "free" else record.is_fresh for record in passing)

    def within(self, km: int) -> int:
        """Records that a distance of so many kilometres would find."""
        return sum(
            self.is_asked(each) and self.is_within(each, km) and not self.failed(each) for each in self.everything
        )

    @cached_property
    def lines(self) -> dict[int, list[Record]]:
        found: dict[int, list[Record]] = {}
        for record in self.kept:
            found.setdefault(record.group_id, []).append(record)
        return found

    def line_km(self, group_id: int) -> float | None:
        return min((km for record in self.lines[group_id] if (km := self.km(record)) is not None), default=None)

    def order(self, sort: Sort) -> list[int]:
        return sorted(self.lines, key=lambda group_id: self._key(group_id, sort))

    def _key(self, group_id: int, sort: Sort) -> tuple:
        records = self.lines[group_id]
        km = self.line_km(group_id)
        nearest = (not any(self.serves(record) for record in records), km is None, km or 0.0)
        held = {record.holder: record.figure for record in records if record.counts}
        freshness = max(2 if record.is_fresh else int(record.counts) for record in records)
        name = (records[0].group_name, group_id)
        return {
            Sort.DISTANCE: (*nearest, *name),
            Sort.RELEVANCE: (*nearest, -freshness, *name),
            Sort.PLACES: (not held, -sum(held.values()), *nearest, *name),
        }[sort]


def asked(draw, world: World) -> SearchCriteria:
    """A search of any shape over this world."""
    chosen: dict[str, list[str]] = {}
    for each in draw(st.lists(st.sampled_from([*world.terms, *world.aids, "type", "ej", "departement"]), max_size=4)):
        if each == "type":
            kind = draw(st.sampled_from(world.entities)).units.first().unit_type_id
            chosen.setdefault("type", []).append(str(kind))
        elif each == "ej":
            chosen.setdefault("ej", []).append(str(draw(st.sampled_from(world.entities)).legal_entity_id))
        elif each == "departement":
            chosen.setdefault("departement", []).append(draw(st.sampled_from(("75", "92", "78", "77"))))
        else:
            facet = next(facet for facet, name in FACET_LISTS.items() if name == each.nomenclature)
            chosen.setdefault(facet.value, []).append(str(each.pk))
    pairs: dict[str, list[str]] = {
        "ou": [draw(st.sampled_from(WHERE))],
        "quoi": [draw(st.sampled_from(WHAT))],
        "distance": [draw(st.sampled_from(("", "", "3", "10", "20", "50", "100", "tout")))],
        "tri": [draw(st.sampled_from(("", *Sort)))],
        "places": [draw(st.sampled_from(("", "", "1")))],
        "ajour": [draw(st.sampled_from(("", "", "1")))],
        **chosen,
    }
    if draw(st.booleans()) and draw(st.booleans()):
        south, west = draw(st.floats(48, 49.4)), draw(st.floats(1.5, 3))
        pairs["zone"] = [f"{south},{west},{south + draw(st.floats(0.01, 2))},{west + draw(st.floats(0.01, 2))}"]
    query = QueryDict(mutable=True)
    for name, values in pairs.items():
        query.setlist(name, values)
    return SearchCriteria.from_query(query)


@pytest.mark.parametrize("seed", range(3))
def test_a_search_is_what_one_finds_by_hand(rebuilt, seed):
    world = World(seed)
    rebuilt()
    known = {who: world.records(who) for who in world.scopes}
    communes = list(Commune.objects.all())

    @settings(max_examples=60, suppress_health_check=[HealthCheck.data_too_large])
    @given(data=st.data(), who=st.sampled_from(sorted(known)))
    def check(data, who):
        criteria = asked(data.draw, world)
        compare(criteria, world, who, known[who], communes)

    check()


def compare(criteria: SearchCriteria, world: World, who: str, records: list[Record], communes: list[Commune]) -> None:
    told = world.scopes[who]
    outcome = run_search(criteria, told, world.now)
    assert not outcome.resolution.problem
    hand = ByHand(criteria, outcome, records, communes)
    kept = hand.kept
    assert (outcome.radius_km, outcome.is_widened) == hand.radius
    assert outcome.units == sum(record.is_unit for record in kept)
    assert outcome.practitioners == sum(not record.is_unit for record in kept)
    assert outcome.establishments == len({record.group_id for record in kept if record.is_unit})
    assert set(matching_units(criteria, told, world.now)) == {record.id for record in kept if record.is_unit}
    order = [group.group_id for group in outcome.groups]
    assert set(order) == set(hand.lines)
    if outcome.sort != Sort.RELEVANCE or not outcome.match.words:
        assert order == hand.order(outcome.sort)
    for group in outcome.groups:
        expected = hand.line_km(group.group_id)
        assert group.distance_km == (expected if expected is None else pytest.approx(expected, abs=1e-6))
    for facet in Facet:
        listed = next((each for each in outcome.facets if each.facet == facet), None)
        counted = {choice.value: choice.count for choice in listed.choices} if listed else {}
        assert counted == hand.counts(facet), facet
    assert (outcome.flags.free, outcome.flags.fresh) == (hand.flag("free"), hand.flag("fresh"))
    steps = [*DISTANCES, *filter(None, (criteria.distance_km,))] if hand.start else []
    told_of = {step for step in steps if outcome.radius_km is None or step <= outcome.radius_km}
    assert outcome.reached == {step: hand.within(step) for step in told_of}
    rows = documents_of(outcome.groups, outcome, told)
    assert {row.unit_id or row.group_id for row in rows} == {record.id for record in kept}
    places = {record.id: record.point for record in kept}
    for row in rows:
        point = places[row.unit_id or row.group_id]
        assert (None if row.lat is None else Point(row.lat, row.lon)) == point
        assert bool(row.commune) == (point is not None)
