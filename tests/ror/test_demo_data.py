"""The fictitious region: proportions, the webinars’ examples field by field, freshness, dossiers, determinism."""

import datetime
import random
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Count, Exists, F, Max, OuterRef

from accounts.demo_accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from accounts.models import TermsAcceptance, User
from availability.breakdown import counts_of
from availability.freshness import AgeBand, ContractState
from availability.models import AvailabilityEntry, CurrentFigure, GroupedUnit, Grouping, UnitClosure
from collaborative.delays import median_delay
from collaborative.models import Dossier
from collaborative.permissions import why_not_open
from common.geo import Point, distance_km
from directory.blocks import BLOCKS
from directory.history import KINDS
from directory.models import (
    Commune,
    ErrorReport,
    GeographicEntity,
    HoursException,
    LegalEntity,
    OperationalUnit,
    Practitioner,
    RecordChange,
    Structure,
    TermAllowance,
    UnitTerm,
)
from directory.reports.services import directors_of
from directory.scopes import scope_of
from ror.demo_data import words
from ror.demo_data.establishments import of_commune
from ror.demo_data.geography import Geography
from ror.demo_data.load import SEED, build_region
from ror.demo_data.plan import REGION, SIZES, establishments, unit_counts
from ror.demo_data.world import World

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 11, 21, 14, 30, tzinfo=datetime.UTC)
COMMAND = {"size": "small", "now": NOW.isoformat()}


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """The small region, loaded once for this module and rolled back after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        out = StringIO()
        call_command("load_demo", fresh=True, stdout=out, **COMMAND)
        connection.check_constraints()  # once: each test would look again at every row
        yield out.getvalue()
        transaction.set_rollback(True)


@pytest.fixture
def act(demo):
    return OperationalUnit.objects.get(name="ACT ALTAIR VESTA")


def labels(unit, nomenclature):
    terms = unit.terms.filter(nomenclature=nomenclature).order_by("label")
    return list(terms.values_list("label", flat=True))


def with_part(discipline, **more):
    units = OperationalUnit.objects.published().filter(discipline__code__in=discipline, **more)
    return GeographicEntity.objects.published().filter(units__in=units).distinct().count()


# The plan, without a database.


def test_plan_of_the_region_has_the_published_proportions():
    counts = establishments(SIZES["idf"])
    assert counts == REGION
    assert sum(counts.values()) == 5100

    def having(*parts):
        return sum(count for kind, count in counts.items() if set(parts) & set(kind))

    assert (having("MCO"), having("SSR"), having("PSY", "SMA")) == (269, 232, 653)
    assert (having("PA"), having("PH")) == (2453, 1486)
    assert having("PDS") >= 200
    assert having("CPTS") >= 100
    assert (SIZES["idf"].units, SIZES["idf"].practitioners) == (20_000, 41_000)


def test_small_plan_keeps_them():
    assert sum(establishments(SIZES["small"]).values()) == 300


@pytest.mark.parametrize("total", [3, 20, 60])
def test_units_are_spread_to_the_exact_total(total):
    kinds = [("MCO", "PA"), ("PH",), ("CPTS",)]
    counts = unit_counts(kinds, total + 1, random.Random(1))
    assert sum(sum(one.values()) for one in counts) == total + 1
    assert counts[2] == {"CPTS": 1}


def test_points_fall_inside_the_outline():
    geography, rng = Geography(), random.Random(1)
    nanterre = geography.rows["92050"]
    points = [geography.point(nanterre, rng) for _ in range(50)]
    assert all(distance_km(point, Point(nanterre.lat, nanterre.lon)) < 5 for point in points if point)
    assert sum(point is not None for point in points) > 45
    assert geography.near(nanterre, 1) == ["92050"]


@pytest.mark.parametrize(
    ("insee", "words"),
    [
        ("92050", "de Nanterre"),
        ("92002", "d’Antony"),
        ("91228", "d’Évry-Courcouronnes"),
        ("94043", "du Kremlin-Bicêtre"),
        ("93045", "des Lilas"),
        ("94038", "de L’Haÿ-les-Roses"),
        ("75110", "de Paris"),
    ],
)
def test_article_before_a_commune(insee, words):
    assert of_commune(Geography().rows[insee]) == words


# Volumes and proportions of the small region.


def test_counts_of_the_small_region(demo):
    assert GeographicEntity.objects.published().count() == 300
    assert OperationalUnit.objects.published().filter(geographic_entity__status="published").count() == 1180
    assert Practitioner.objects.count() == 2400
    assert GeographicEntity.objects.exclude(status="published").exists()
    for status in ("hidden", "closed"):
        assert OperationalUnit.objects.filter(status=status).exists()
    assert set(Structure.objects.values_list("level", flat=True)) == {"S1", "S2", "UF"}


def test_proportions_of_the_small_region(demo):
    share = SIZES["small"].share
    assert abs(with_part(["MCO"]) - share(269)) <= 3
    assert abs(with_part(["SSR"]) - share(232)) <= 3
    assert abs(with_part(["PSY", "SMA"]) - share(653)) <= 4
    assert abs(with_part(["MSS"], unit_type__parent__code="MSS-PA") - share(2453)) <= 20
    assert abs(with_part(["MSS"], unit_type__parent__code="MSS-PH") - share(1486)) <= 5
    assert with_part(["MSS"], unit_type__parent__code="MSS-PDS") >= 20
    assert with_part(["MSS"], unit_type__code="255.58") >= 7


def test_every_record_is_plausible(demo):
    for entity in GeographicEntity.objects.all():
        assert 48.1 < entity.lat < 49.3
        assert 1.4 < entity.lon < 3.6
        assert entity.phone
        assert entity.postal_code
        entity.clean_fields(exclude=["legal_entity", "commune", "category", "director_civility"])
    names = list(GeographicEntity.objects.values_list("name", flat=True))
    assert len(set(names)) == len(names)
    for unit in OperationalUnit.objects.annotate(count=Count("terms")):
        assert unit.national_id == f"11/{unit.pk}"
        assert unit.unit_type_id
        assert unit.discipline_id
        assert unit.care_mode_id
        assert unit.count
    sensitive = OperationalUnit.objects.published().filter(sensitive_unit=True)
    assert sensitive.count() >= 3
    assert set(sensitive.values_list("unit_type__parent__code", flat=True)) == {"MSS-PDS"}
    seats = sensitive.filter(geographic_entity__commune=F("geographic_entity__legal_entity__commune"))
    assert not seats.exists()
    assert all(practitioner.places.exists() for practitioner in Practitioner.objects.order_by("pk")[:200])


def test_civilities_agree_with_first_names(demo):
    men = words.MEN_NAMES
    women = set(words.FIRST_NAMES) - men - words.SHARED_NAMES
    assert men | words.SHARED_NAMES <= set(words.FIRST_NAMES)
    for model, prefix in ((Practitioner, ""), (OperationalUnit, "manager_")):
        for code, others in (("M", women), ("MME", men)):
            wrong = {f"{prefix}civility__code": code, f"{prefix}first_name__in": others}
            assert not model.objects.filter(**wrong).exists()
    for code, name in GeographicEntity.objects.values_list("director_civility__code", "director_name"):
        assert name.split()[0] not in (women if code == "M" else men)


def test_offers_stay_inside_what_the_types_allow(demo):
    restricted = TermAllowance.objects.values_list("unit_type_id", "term__nomenclature").distinct()
    allowed = set(TermAllowance.objects.values_list("unit_type_id", "term_id"))
    used = UnitTerm.objects.values_list("unit__unit_type_id", "term__nomenclature", "term_id").distinct()
    held = set(restricted)
    assert [row for row in used if (row[0], row[1]) in held and (row[0], row[2]) not in allowed] == []


# The examples of the webinars.


def test_act_altair_vesta_is_as_shown(act):
    entity = act.geographic_entity
    assert entity.legal_entity == LegalEntity.objects.get(name="Association Altair Vesta")
    assert (entity.name, entity.street_line, entity.postal_code) == (
        "ACT ALTAIR VESTA",
        "32 rue Salvador Allende",
        "92000",
    )
    assert entity.commune.name == "Nanterre"
    assert (entity.phone, entity.fax) == ("0140970102", "0147290662")
    assert act.unit_type.label == ("Appartement de Coordination Thérapeutique (ACT) Hébergement (accueil jour et nuit)")
    assert act.discipline.code == "MSS"
    assert act.care_mode.label == "Hébergement (accueil jour et nuit)"
    assert (act.min_age_value, act.min_age_unit, act.max_age_value, act.max_age_unit) == (0, "y", 150, "y")
    assert act.installed_places == 35
    assert (act.medical_phone, act.nursing_phone, act.manager_phone) == ("0101010101", "0102020202", "0103030303")
    assert act.secretary_phone == ""
    assert act.email
    assert (act.manager_civility.code, act.manager_first_name, act.manager_last_name) == ("M", "Précarité", "TEST")


def test_act_altair_vesta_leaves_the_exercise_to_be_typed(act):
    assert (act.admission_conditions, act.reception_conditions, act.pets) == ("", "", "")
    assert (act.single_rooms, act.double_rooms) == (None, None)
    assert not act.geographic_entity.terms.exists()
    for nomenclature in ("care_specialisation", "resource_profession"):
        assert labels(act, nomenclature) == []


def test_act_altair_vesta_offers_what_is_shown(act):
    assert labels(act, "operational_activity") == ["Coordination plan de soins"]
    assert labels(act, "specific_act") == [
        "Acceptation d'animaux aidants ou de compagnie",
        "Prise en charge en Appartements de Coordination Thérapeutique (ACT) en hébergement collectif",
    ]
    assert labels(act, "audience") == ["Personnes en situation de précarité"]
    assert act.weekly_hours.filter(opens_at="08:00", closes_at="19:30").count() == 5
    assert HoursException.objects.filter(unit=act, label="Assomption").exists()


def test_act_altair_vesta_stated_eight_places_two_days_ago(act):
    figure = act.current_figure
    assert figure.figure == 8
    assert figure.stated_at == NOW - datetime.timedelta(days=2)
    assert figure.freshness(NOW).state == ContractState.UP_TO_DATE
    assert not counts_of(figure).is_empty
    assert figure.comment
    assert figure.by.username == "responsable"
    assert act.entries.count() >= 9
    assert list(RecordChange.objects.filter(record_kind="uo", record_id=act.pk).values_list("version", flat=True)) == [
        2,
        1,
    ]


def test_act_altair_vesta_is_eleven_to_twelve_km_from_paris_10(act):
    paris10, entity = Commune.objects.get(insee="75110"), act.geographic_entity
    distance = distance_km(Point(paris10.lat, paris10.lon), Point(entity.lat, entity.lon))
    assert round(distance, 2) == 11.34


def test_the_other_units_of_the_association(demo):
    mobile = OperationalUnit.objects.get(name="ACT hors-les-murs ALTAIR VESTA")
    assert mobile.unit_type.code == "94.59"
    assert mobile.geographic_entity.name == "ACT ALTAIR VESTA"
    emsp = OperationalUnit.objects.get(geographic_entity__name="EMSP ALTAIR VESTA")
    assert emsp.unit_type.code == "142.59"
    assert emsp.geographic_entity.legal_entity.name == "Association Altair Vesta"
    assert sorted(emsp.intervention_communes.values_list("name", flat=True)) == [
        "Asnières-sur-Seine",
        "Clichy",
        "Courbevoie",
        "Gennevilliers",
        "La Garenne-Colombes",
        "Levallois-Perret",
        "Neuilly-sur-Seine",
        "Villeneuve-la-Garenne",
    ]
    assert labels(emsp, "resource_profession") == ["Sage-Femme"]
    assert len(labels(emsp, "operational_activity")) == 2


def test_cpts_grand_versailles_is_as_shown(demo):
    entity = GeographicEntity.objects.get(name="CPTS GRAND VERSAILLES")
    assert (entity.siret, entity.finess, entity.national_id) == ("88123943800016", "", "388123943800016")
    assert (entity.street_line, entity.commune.name) == ("6 avenue Charles de Gaulle", "Le Chesnay-Rocquencourt")
    assert entity.category.code == "604"
    unit = entity.units.get()
    assert unit.name == "CPTS GRAND VERSAILLES"
    assert (unit.unit_type.code, unit.care_mode.label) == ("255.58", "Coordination de parcours")
    assert labels(unit, "operational_activity") == [
        "Coordination de soins non-programmés",
        "Orientation vers un médecin traitant acceptant de nouveaux patients",
    ]
    assert sorted(unit.intervention_communes.values_list("name", flat=True)) == [
        "Buc",
        "Châteaufort",
        "La Celle-Saint-Cloud",
        "Le Chesnay-Rocquencourt",
        "Noisy-le-Roi",
        "Toussus-le-Noble",
        "Vaucresson",
        "Versailles",
    ]
    assert entity.members.exists()


# Availability.


def test_every_freshness_is_present(demo):
    figures = [figure.freshness(NOW) for figure in CurrentFigure.objects.filter(is_open=True)]
    assert {freshness.state for freshness in figures} == set(ContractState)
    assert {freshness.band for freshness in figures} == set(AgeBand)
    assert CurrentFigure.objects.filter(is_open=False).exists()
    assert CurrentFigure.objects.filter(figure=0).exists()
    assert CurrentFigure.objects.filter(is_over_capacity=True, figure__gt=F("unit__installed_places")).exists()


def test_every_grouping_has_a_unit(demo):
    rows = GroupedUnit.objects.filter(grouping=OuterRef("pk"))
    assert not Grouping.objects.exclude(Exists(rows)).exists()


def test_statements_are_numbered_and_the_current_figure_is_the_last(demo):
    by_unit = AvailabilityEntry.objects.values("unit").annotate(count=Count("pk"), last=Max("version"))
    assert all(row["count"] == row["last"] for row in by_unit)
    last = {row["unit"]: row["last"] for row in by_unit}
    for figure in CurrentFigure.objects.filter(pool=None):
        assert figure.version == last.get(figure.pk, 0)
    same = ("figure", "men", "single_room", "comment", "is_over_capacity", "source", "stated_at", "by_id")
    newest = AvailabilityEntry.objects.filter(version=F("unit__current_figure__version"))
    for entry in newest.select_related("unit__current_figure"):
        figure = entry.unit.current_figure
        assert [getattr(entry, name) for name in same] == [getattr(figure, name) for name in same]
    assert not AvailabilityEntry.objects.filter(stated_at__gt=NOW).exists()


def test_statements_respect_the_rules_of_entry(demo):
    for entry in AvailabilityEntry.objects.exclude(men=None, any_sex=None, single_room=None).iterator():
        assert counts_of(entry).beyond(entry.figure) is None
    over = AvailabilityEntry.objects.filter(is_over_capacity=False, figure__gt=F("unit__installed_places"))
    assert not over.exists()


# People.


def test_accounts_of_the_demonstration_sign_in_and_have_accepted_the_terms(demo):
    for account in DEMO_ACCOUNTS:
        assert User.objects.get(username=account.username).check_password(DEMO_PASSWORD)
        assert TermsAcceptance.objects.filter(user__username=account.username).exists()
    others = User.objects.exclude(username__in=[account.username for account in DEMO_ACCOUNTS])
    assert not any(user.has_usable_password() for user in others)


def test_manager_and_director_hold_what_the_tour_needs(demo):
    manager, director = (User.objects.get(username=name) for name in ("responsable", "directeur"))
    figures = CurrentFigure.objects.writable_by(scope_of(manager))
    assert 5 <= figures.count() <= 9
    assert {figure.freshness(NOW).state for figure in figures} == set(ContractState)
    assert set(figures.values_list("unit__unit_type__code", flat=True)) == {"94.46", "95.46", "93.46", "93.47"}
    headed = GeographicEntity.objects.for_permission(scope_of(director), "directory:edit")
    assert sorted(headed.values_list("name", flat=True)) == [
        "ACT ALTAIR VESTA",
        "CPTS GRAND VERSAILLES",
        "EMSP ALTAIR VESTA",
    ]
    for name in ("consultation", "sesan", "pdses", "ars"):
        assert scope_of(User.objects.get(username=name)).coverage("directory:read").region


# Dossiers.


def test_dossiers_are_in_every_state_and_none_is_on_the_cpts_of_the_guide(demo):
    states = list(Dossier.objects.order_by("state").values_list("state", flat=True))
    assert states == ["draft", "returned", "sent", "sent", "sent", "validated"]
    returned = Dossier.objects.get(state="returned")
    assert returned.comments.filter(is_return=True, field="admission_conditions").exists()
    assert median_delay(NOW) is not None
    cpts = GeographicEntity.objects.get(name="CPTS GRAND VERSAILLES")
    assert not Dossier.objects.about(cpts).exists()
    assert why_not_open(scope_of(User.objects.get(username="directeur")), cpts) == ""


# Determinism and repetition.


def test_second_run_keeps_everything(demo):
    before = (User.objects.count(), OperationalUnit.objects.count(), AvailabilityEntry.objects.count())
    out = StringIO()
    call_command("load_demo", stdout=out, **COMMAND)
    assert "déjà chargées" in out.getvalue()
    assert (User.objects.count(), OperationalUnit.objects.count(), AvailabilityEntry.objects.count()) == before


def test_same_seed_gives_the_same_rows(demo):
    def drawn(seed):
        world = World(size=SIZES["small"], seed=seed, now=NOW)
        build_region(world)
        records = [
            {name: value for name, value in vars(one).items() if name != "_state"}
            for instances in world.instances.values()
            for one in instances
        ]
        return records, world.lines

    first = drawn(SEED)
    assert drawn(SEED) == first
    assert drawn(SEED + 1) != first


def test_error_reports_are_in_every_state_and_one_has_no_director(demo):
    states = ErrorReport.objects.order_by("state").values_list("state", flat=True)
    assert sorted(states) == ["corrected", "in_progress", "new", "new", "rejected"]
    alone = ErrorReport.objects.get(support_told_at__isnull=False)
    assert directors_of(alone.unit) == []
    for report in ErrorReport.objects.all():
        assert report.steps.last().to_state == report.state
        assert report.steps.count() == report.version
        assert report.block in {block.key for block in BLOCKS[KINDS[type(report.record)]]}


def test_nobody_states_the_places_of_a_closed_unit(demo):
    closures = UnitClosure.objects.filter(withdrawn_at=None, starts_at__lt=NOW)
    assert closures.count() >= 2
    for closure in closures:
        inside = AvailabilityEntry.objects.filter(unit=closure.unit_id, stated_at__gte=closure.starts_at)
        assert not inside.filter(stated_at__lt=closure.ends_at or NOW).exists()
