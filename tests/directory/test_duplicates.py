"""The search of possible duplicates, what people decide about them, and their list."""

import datetime
from io import StringIO
from threading import Event

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from directory.duplicates.finding import find_duplicates, last_search
from directory.duplicates.pairing import pair_of
from directory.duplicates.services import AlreadySettled, put_pair_back, set_pair_aside
from directory.enums import PositionSource
from directory.models import DuplicatePair, GeographicEntity
from directory.scopes import scope_of
from tests.factories.accounts import UserFactory
from tests.factories.directory import GeographicEntityFactory, StructureFactory, UnitFactory, keyed

NOW = datetime.datetime(2026, 11, 17, 3, tzinfo=datetime.UTC)
WEEK = datetime.timedelta(days=7)
SIRET = keyed("9900000000042")
State = DuplicatePair.State


def twins(**values):
    """Two EGs of one name, thirty metres apart."""
    first = GeographicEntityFactory(name="EHPAD Les Tilleuls", nanterre=True)
    place = {"lat": first.lat + 0.0003, "lon": first.lon, "nanterre": True}
    return first, GeographicEntityFactory(**({"name": "Résidence les Tilleuls"} | place | values))


def found(kind="entity"):
    """Reasons of the pairs there are, by the keys of their records."""
    rows = DuplicatePair.objects.filter(**{f"first_{kind}__isnull": False}).order_by("pk")
    return {(getattr(row, f"first_{kind}_id"), getattr(row, f"second_{kind}_id")): row.reasons for row in rows}


def settle(pair, user, remark="Deux équipes"):
    return set_pair_aside(pair=pair, remark=remark, by=user, scope=scope_of(user), now=NOW)


@pytest.fixture
def support(db):
    return UserFactory(username="support", roles=[Role.SUPPORT])


# Finding.


@pytest.mark.django_db
def test_near_names_at_a_near_place_are_found_once():
    first, second = twins()
    done = find_duplicates(now=NOW)
    assert found() == {(first.pk, second.pk): ["near_name_place"]}
    assert (done.waiting, done.added, done.back, done.gone) == (1, 1, 0, 0)
    again = find_duplicates(now=NOW + WEEK)
    assert (again.waiting, again.added, again.back, again.gone) == (1, 0, 0, 0)
    pair = DuplicatePair.objects.get()
    assert (pair.found_at, pair.seen_at, last_search()) == (NOW, NOW + WEEK, NOW + WEEK)


@pytest.mark.django_db
def test_one_siret_is_found_even_far_away():
    first = GeographicEntityFactory(siret=SIRET, nanterre=True)
    second = GeographicEntityFactory(siret=SIRET)
    find_duplicates(now=NOW)
    assert found() == {(first.pk, second.pk): ["same_siret"]}


@pytest.mark.django_db
def test_the_centre_of_a_commune_is_no_place():
    centre = {"position_source": PositionSource.COMMUNE}
    twins(street_name="rue du Lavoir", **centre)
    find_duplicates(now=NOW)
    assert found() == {}


@pytest.mark.django_db
def test_an_address_reduced_to_its_commune_asks_for_the_same_name():
    bare = {"street_number": "", "street_name": "", "position_source": PositionSource.COMMUNE}
    first, second = twins(name="E.H.P.A.D. les Tilleuls", **bare)
    find_duplicates(now=NOW)
    assert found() == {(first.pk, second.pk): ["same_name_town"]}


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["closed", "closed_for_now"])
def test_closed_records_are_left_out_and_hidden_ones_are_not(status):
    twins(**{status: True})
    first, second = twins(hidden=True)
    find_duplicates(now=NOW)
    assert found().keys() & {(first.pk, second.pk)}
    assert not DuplicatePair.objects.filter(second_entity__status="closed").exists()


@pytest.mark.django_db
def test_units_of_one_house_and_of_two_that_may_be_one():
    first, second = twins()
    units = [UnitFactory(geographic_entity=house, act=True, name="ACT Tilleuls") for house in (first, first, second)]
    UnitFactory(geographic_entity=first, lam=True, name="ACT Tilleuls")
    UnitFactory(act=True, name="ACT Tilleuls")
    for number in (1, 2):
        UnitFactory(geographic_entity=first, act=True, name=f"Unité {number}")
        structure = StructureFactory(geographic_entity=second)
        UnitFactory(geographic_entity=second, structure=structure, act=True, name="Consultation")
    find_duplicates(now=NOW)
    one, two, three = (unit.pk for unit in units)
    assert found("unit").keys() == {(one, two), (one, three), (two, three)}


@pytest.mark.django_db
def test_what_is_no_longer_found_goes_unless_it_was_settled(support):
    _, second = twins()
    aside, other = (GeographicEntityFactory(name="Foyer du Lac", siret=SIRET, street_name=name) for name in "ab")
    find_duplicates(now=NOW)
    assert len(found()) == 2
    settle(DuplicatePair.objects.get(first_entity=aside), support)
    GeographicEntity.objects.filter(pk__in=[second.pk, other.pk]).update(name="Gare", siret="")
    done = find_duplicates(now=NOW + WEEK)
    assert done.gone == 1
    assert found() == {(aside.pk, other.pk): ["same_siret", "near_name_place"]}


@pytest.mark.django_db
def test_a_pair_made_by_hand_waits_a_month(support):
    pair = pair_of(GeographicEntityFactory(), GeographicEntityFactory(), now=NOW)
    find_duplicates(now=NOW + 4 * WEEK)
    assert DuplicatePair.objects.filter(pk=pair.pk).exists()
    find_duplicates(now=NOW + 5 * WEEK)
    assert not DuplicatePair.objects.filter(pk=pair.pk).exists()


@pytest.mark.django_db
def test_a_pair_set_aside_waits_again_for_a_new_reason_alone(support):
    first, second = twins()
    find_duplicates(now=NOW)
    settle(DuplicatePair.objects.get(), support)
    assert find_duplicates(now=NOW + WEEK).back == 0
    assert DuplicatePair.objects.get().state == State.SET_ASIDE
    GeographicEntity.objects.filter(pk__in=[first.pk, second.pk]).update(siret=SIRET)
    assert find_duplicates(now=NOW + 2 * WEEK).back == 1
    pair = DuplicatePair.objects.get()
    assert (pair.state, pair.reasons, pair.new_reasons) == (
        State.WAITING,
        ["same_siret", "near_name_place"],
        ["same_siret"],
    )
    assert (pair.settled_by, pair.remark) == (support, "Deux équipes")
    settle(pair, support, "Toujours deux équipes")
    assert find_duplicates(now=NOW + 3 * WEEK).back == 0


@pytest.mark.django_db
def test_units_of_houses_set_aside_are_not_compared(support):
    for house in twins():
        UnitFactory(geographic_entity=house, act=True, name="ACT Tilleuls")
    find_duplicates(now=NOW)
    settle(DuplicatePair.objects.get(first_entity__isnull=False), support)
    assert find_duplicates(now=NOW + WEEK).gone == 1
    assert found("unit") == {}


@pytest.mark.django_db
def test_a_merged_pair_is_left_alone(support):
    twins()
    find_duplicates(now=NOW)
    DuplicatePair.objects.update(state=State.MERGED, settled_at=NOW, settled_by=support)
    find_duplicates(now=NOW + WEEK)
    pair = DuplicatePair.objects.get()
    assert (pair.state, pair.seen_at) == (State.MERGED, NOW)


@pytest.mark.django_db
def test_the_command_searches_once_a_week_when_asked_so():
    twins()
    out = StringIO()
    call_command("find_duplicates", "--now", "2026-11-17T04:00+01:00", stdout=out)
    assert "1 doublon possible à traiter\u00a0: 1 nouveau, 0 revenu, 0 disparu." in out.getvalue()
    call_command("find_duplicates", "--if-due", "--now", "2026-11-24T03:59+01:00", stdout=out)
    assert last_search() == NOW
    call_command("find_duplicates", "--if-due", "--now", "2026-11-24T04:00+01:00", stdout=out)
    assert last_search() == NOW + WEEK


@pytest.mark.django_db(transaction=True)
def test_searches_at_once_double_nothing(at_once):
    for _ in range(2):
        first, _ = twins()
        UnitFactory(geographic_entity=first, act=True, name="ACT Tilleuls")
    done = at_once(lambda number: find_duplicates(now=NOW + number * WEEK))
    counts = DuplicatePair.objects.aggregate(all=Count("pk"), entities=Count("first_entity"), units=Count("first_unit"))
    assert counts["all"] == sum(one.added for one in done) == 6 + 1  # four houses at one place, two units
    assert len({one.waiting for one in done}) == 1


# Deciding.


@pytest.mark.django_db
def test_setting_aside_asks_for_a_remark_and_keeps_who_and_when(support):
    twins()
    find_duplicates(now=NOW)
    pair = DuplicatePair.objects.get()
    for remark in ("  ", "x" * 256):
        with pytest.raises(ValidationError):
            settle(pair, support, remark)
    assert settle(pair, support).state == State.SET_ASIDE
    with pytest.raises(AlreadySettled) as met:
        settle(pair, UserFactory(username="autre", roles=[Role.SUPPORT]))
    assert met.value.current.settled_by == support
    put_pair_back(pair=pair, by=support, scope=scope_of(support))
    pair.refresh_from_db()
    assert (pair.state, pair.settled_at, pair.settled_by, pair.remark) == (State.WAITING, None, None, "")
    with pytest.raises(AlreadySettled):
        put_pair_back(pair=pair, by=support, scope=scope_of(support))


@pytest.mark.django_db
def test_only_support_decides(cast, world):
    GeographicEntity.objects.filter(pk__in=[world.eg.pk, world.other_eg.pk]).update(siret=SIRET)
    find_duplicates(now=NOW)
    pair = DuplicatePair.objects.get()
    for person in (cast.directeur, cast.responsable, cast.consultation):
        with pytest.raises(PermissionDenied):
            settle(pair, person)
        assert not DuplicatePair.objects.visible_to(scope_of(person)).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_set_aside_at_once_one_is_told(at_once):
    twins()
    find_duplicates(now=NOW)
    pair = DuplicatePair.objects.get()
    people = [UserFactory(username=f"support{number}", roles=[Role.SUPPORT]) for number in range(2)]

    def act(number):
        try:
            return settle(pair, people[number], f"Remarque {number}").remark
        except AlreadySettled as met:
            return met.current.remark

    first, second = at_once(act, hands=2)
    assert first == second == DuplicatePair.objects.get().remark


@pytest.mark.django_db(transaction=True)
def test_a_search_waits_for_who_settles_and_he_for_it(at_once, support):
    """Somebody holds a pair, then writes others: what a merge does. Neither is stopped."""
    twins()
    GeographicEntityFactory(name="EHPAD Tilleuls", nanterre=True)
    find_duplicates(now=NOW)
    last, held = DuplicatePair.objects.order_by("pk").last(), Event()
    waited_for = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'directory_duplicatepair'::regclass"

    def act(number):
        if number == 0:
            held.wait(30)
            return find_duplicates(now=NOW + WEEK).waiting
        with transaction.atomic(), connection.cursor() as cursor:
            pair = DuplicatePair.objects.select_for_update().get(pk=last.pk)
            GeographicEntity.objects.select_for_update().get(pk=pair.second_entity_id)
            held.set()
            while not cursor.execute(waited_for).fetchone():
                pass
            return DuplicatePair.objects.exclude(pk=pair.pk).filter(state=State.WAITING).delete()[0]

    waiting, deleted = at_once(act, hands=2)
    assert (waiting, deleted) == (3, 2)


# The pages.


@pytest.fixture
def listed(client, cast, world):
    """Support at the list of one pair of each kind, a pair set aside besides."""
    first, second = twins()
    for house in (first, second):
        UnitFactory(geographic_entity=house, act=True, name="ACT Tilleuls")
    for name in ("Foyer Ailleurs", "Foyer du Lac"):
        GeographicEntityFactory(name=name, siret=SIRET)
    find_duplicates(now=NOW)
    settle(DuplicatePair.objects.get(reasons=["same_siret"]), cast.sesan)
    client.force_login(cast.sesan)
    return client


@pytest.mark.django_db
def test_the_list_shows_both_records_and_why(listed):
    text = listed.get(reverse("directory:duplicate_list")).content.decode()
    assert "Recherche du 17/11/2026 à 04:00" in text
    assert "Noms et adresses proches (33\u00a0m)" in text
    assert "Même nom, même type d’UO" in text
    assert "10 rue des Lilas, 92000 Nanterre" in text
    assert "Écartés (1)" in text
    assert "Foyer Ailleurs" not in text
    aside = listed.get(reverse("directory:duplicate_list") + "?etat=ecartes").content.decode()
    assert "Deux équipes" in aside
    assert "Remettre à traiter" in aside


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?nature=eg", 1),
        ("?nature=uo", 1),
        ("?texte=act+tilleuls", 1),
        ("?departement=92", 2),
        ("?departement=77", 0),
        ("?texte=personne", 0),
    ],
)
def test_the_list_is_filtered(listed, query, count):
    context = listed.get(reverse("directory:duplicate_list") + query).context
    assert len(context["lines"]) == context["page"].paginator.count == count


@pytest.mark.django_db
def test_a_record_closed_since_leaves_the_list(listed):
    GeographicEntity.objects.filter(name="Résidence les Tilleuls").update(
        status="closed", closure_kind="DEF", closed_on=timezone.localdate()
    )
    lines = listed.get(reverse("directory:duplicate_list") + "?nature=eg").context["lines"]
    assert "Résidence les Tilleuls" not in {side.name for line in lines for side in (line.first, line.second)}


@pytest.mark.django_db
def test_setting_aside_and_back_by_the_pages(listed):
    pair = DuplicatePair.objects.filter(state=State.WAITING).first()
    url = reverse("directory:duplicate_set_aside", args=[pair.pk]) + "?nature=eg"
    refused = listed.post(url, {"remark": ""})
    assert refused.status_code == 422
    assert "Dites pourquoi ce ne sont pas des doublons." in refused.content.decode()
    kept = listed.post(url, {"remark": "x" * 300})
    assert kept.status_code == 422
    assert "x" * 300 in kept.content.decode()
    assert listed.post(url, {"remark": "Deux étages"})["Location"] == reverse("directory:duplicate_list") + "?nature=eg"
    again = listed.get(url, follow=True).content.decode()
    assert "Ce doublon a déjà été écarté par vous" in again
    back = listed.post(reverse("directory:duplicate_put_back", args=[pair.pk]) + "?etat=ecartes", follow=True)
    assert "de nouveau dans la liste" in back.content.decode()
    pair.refresh_from_db()
    assert pair.state == State.WAITING
