"""Publications under several hands at once, over real transactions: nothing lost, nothing twice, no deadlock."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connections, transaction
from django.urls import reverse

from collaborative import services
from collaborative.enums import DossierAct
from collaborative.fiches import services as fiche_services
from collaborative.models import Dossier, FieldReview, Step
from collaborative.publication import PublicationBusy, PublicationRefused, publish
from collaborative.publication import service as publication
from collaborative.review.validation import publish_part, validate_dossier
from collaborative.services import StaleDossier
from common.attempts import ATTEMPTS
from directory.models import GeographicEntity, OperationalUnit, RecordChange
from directory.scopes import scope_of
from directory.services import BlockConflict, StaleRecord, update_block, update_record
from search.indexing.index import rebuild_all
from tests.collaborative.publishing import add_unit, another_validator, change, send_and_take, unit_values
from tests.factories.directory import StructureFactory, UnitFactory

pytestmark = pytest.mark.django_db(transaction=True)

EXPECTED = (StaleDossier, StaleRecord, PermissionDenied, PublicationRefused, fiche_services.StaleFiche)


def together(*acts):
    """Run the acts in threads that start at once; return what each gave, or the refusal that it met."""
    start = Barrier(len(acts))

    def one(act):
        try:
            start.wait()
            return act()
        except EXPECTED as refused:
            return refused
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def publishing(desk, by):
    dossier, now = Dossier.objects.get(pk=desk.dossier.pk), desk.tick()
    scope = scope_of(by)
    return lambda: publish(dossier=dossier, by=by, scope=scope, now=now, expected_version=dossier.version)


def acting(desk, act, by, version):
    who = desk.who(by)
    return lambda: services.apply(dossier=desk.dossier, act=act, expected_version=version, **who)


def count_steps(desk, act):
    return Step.objects.filter(dossier=desk.dossier, act=act).count()


def test_a_double_click_publishes_once(desk, cast):
    add_unit(desk, unit_values("Neuve"))
    send_and_take(desk)
    done = together(*(publishing(desk, cast.sesan) for _ in range(4)))
    assert [isinstance(one, StaleDossier) for one in done].count(True) == 3
    assert OperationalUnit.objects.filter(name="Neuve").count() == 1
    assert count_steps(desk, "validate") == 1


def test_another_validator_takes_over_while_the_first_publishes(desk, cast):
    add_unit(desk, unit_values("Neuve"))
    send_and_take(desk)
    other, version = another_validator(), desk.dossier.version
    first, second = together(publishing(desk, cast.sesan), acting(desk, DossierAct.TAKE_OVER, other, version))
    published = not isinstance(first, EXPECTED)
    assert published == isinstance(second, StaleDossier)
    assert OperationalUnit.objects.filter(name="Neuve").count() == count_steps(desk, "validate") == int(published)


@pytest.mark.parametrize("act", ["withdraw", "save"])
def test_the_director_acts_while_sesan_validates(desk, world, cast, act):
    fiche = change(desk, world.act, {"email": "a@example.org"})
    send_and_take(desk)
    who, version = desk.who(None), desk.dossier.version

    def save():
        values = {"email": "b@example.org"}
        return fiche_services.save_fiche(
            fiche=fiche, values=values, record_version=1, finalise=True, expected_version=fiche.version, **who
        )

    other = save if act == "save" else acting(desk, DossierAct.WITHDRAW, None, version)
    first, second = together(publishing(desk, cast.sesan), other)
    published = not isinstance(first, EXPECTED)
    assert published == isinstance(second, StaleDossier)
    dossier = Dossier.objects.get(pk=desk.dossier.pk)
    assert dossier.state == ("validated" if published else "finalised")
    assert OperationalUnit.objects.get(pk=world.act.pk).email == ("a@example.org" if published else "")
    assert RecordChange.objects.count() == int(published)


def test_a_direct_edit_during_the_publication_loses_nothing(desk, world, cast):
    change(desk, world.act, {"email": "propose@example.org"})
    send_and_take(desk)
    scope = scope_of(cast.directeur)

    def edit(**values):
        return lambda: update_block(record=world.act, values=values, expected_version=1, by=cast.directeur, scope=scope)

    first, same, other = together(publishing(desk, cast.sesan), edit(email="direct@example.org"), edit(pets="Acceptés"))
    act = OperationalUnit.objects.get(pk=world.act.pk)
    assert act.pets == "Acceptés"
    assert not isinstance(other, EXPECTED)
    published = not isinstance(first, EXPECTED)
    assert published == isinstance(same, BlockConflict)
    assert act.email == ("propose@example.org" if published else "direct@example.org")
    versions = RecordChange.objects.filter(record_kind="uo", record_id=act.pk).values_list("version", flat=True)
    assert sorted(versions) == list(range(2, act.version + 1))


def test_the_entity_closes_while_a_unit_is_published_below_it(desk, world, cast):
    add_unit(desk, unit_values("Neuve"))
    send_and_take(desk)
    scope = scope_of(cast.sesan)
    closing = {"status": "closed", "closure_kind": "DEF", "closed_on": desk.now.date()}

    def close():
        return update_record(record=world.eg, changes=closing, expected_version=1, by=cast.sesan, scope=scope)

    first, _ = together(publishing(desk, cast.sesan), close)
    assert GeographicEntity.objects.get(pk=world.eg.pk).is_closed
    if isinstance(first, PublicationRefused):
        assert not OperationalUnit.objects.filter(name="Neuve").exists()
    else:
        assert OperationalUnit.objects.get(name="Neuve").is_closed


def test_publications_and_direct_moves_between_two_entities_end(desk, world, cast):
    """Two dossiers on EGs whose units direct moves exchange meanwhile: they wait for each other, never for ever."""
    StructureFactory(geographic_entity=world.eg)
    crossing = [UnitFactory(geographic_entity=entity, act=True) for entity in (world.eg, world.other_eg) * 3]
    rebuild_all()
    change(desk, world.eg, {"phone": "0199000055"})
    for number in range(3):
        add_unit(desk, unit_values(f"Neuve {number}"))
    send_and_take(desk)
    first = publishing(desk, cast.sesan)
    here = desk.dossier
    desk.dossier = services.open_dossier(entity=world.other_eg, **desk.who(cast.stranger))
    change(desk, world.other_eg, {"phone": "0199000056"}, by=cast.stranger)
    for number in range(3):
        add_unit(desk, unit_values(f"Autre {number}"), parent=desk.fiche(world.other_eg), by=cast.stranger)
    send_and_take(desk, by=cast.stranger)
    second = publishing(desk, cast.sesan)
    scope = scope_of(cast.sesan)

    def exchange():
        for unit in crossing:
            there = world.eg if unit.geographic_entity_id == world.other_eg.pk else world.other_eg
            with transaction.atomic():
                update_record(
                    record=unit,
                    changes={"geographic_entity": there},
                    expected_version=1,
                    by=cast.sesan,
                    scope=scope,
                )

    results = together(first, second, exchange)
    assert not [one for one in results if isinstance(one, EXPECTED)]
    assert set(Dossier.objects.filter(pk__in=[here.pk, desk.dossier.pk]).values_list("state", flat=True)) == {
        "validated"
    }
    assert OperationalUnit.objects.filter(name__startswith="Neuve", geographic_entity=world.eg).count() == 3
    assert OperationalUnit.objects.filter(name__startswith="Autre", geographic_entity=world.other_eg).count() == 3


@pytest.fixture
def meeting(monkeypatch):
    """Make the next publications meet another writer once they have written, as many times as it is told."""

    def meet(times):
        left, written = [times], publication.apply_locked

        def stopped(**values):
            done = written(**values)
            if left[0]:
                left[0] -= 1
                raise OperationalError("deadlock detected") from psycopg.errors.DeadlockDetected()
            return done

        monkeypatch.setattr(publication, "apply_locked", stopped)

    return meet


def test_a_partial_publication_that_meets_other_writers_says_so(desk, cast, world, meeting):
    add_unit(desk, unit_values("Neuve"))
    fiche = change(desk, world.act, {"email": "propose@example.org"})
    send_and_take(desk)
    FieldReview.objects.create(
        fiche=fiche, field="email", decision="return", reason="Fausse.", at=desk.tick(), by=cast.sesan
    )
    who = desk.who(cast.sesan) | {"expected_version": desk.dossier.version}
    meeting(ATTEMPTS)
    with pytest.raises(PublicationBusy):
        publish_part(dossier=desk.dossier, **who)
    meeting(ATTEMPTS - 1)
    assert publish_part(dossier=desk.dossier, **who).remainder is not None
    assert OperationalUnit.objects.filter(name="Neuve").count() == count_steps(desk, "validate_part") == 1


@pytest.mark.parametrize("act", [publish, validate_dossier])
def test_a_publication_that_meets_other_writers_is_tried_again(desk, cast, meeting, act):
    add_unit(desk, unit_values("Neuve"))
    send_and_take(desk)
    who = desk.who(cast.sesan) | {"expected_version": desk.dossier.version}
    meeting(ATTEMPTS)
    with pytest.raises(PublicationBusy):
        act(dossier=desk.dossier, **who)
    assert not OperationalUnit.objects.filter(name="Neuve").exists()
    meeting(ATTEMPTS - 1)
    assert act(dossier=desk.dossier, **who).dossier.state == "validated"
    assert OperationalUnit.objects.filter(name="Neuve").count() == count_steps(desk, "validate") == 1


def test_a_validator_who_meets_other_writers_is_told_to_try_again(client, desk, cast, meeting):
    add_unit(desk, unit_values("Neuve"))
    send_and_take(desk)
    client.force_login(cast.sesan)
    meeting(ATTEMPTS)
    said = {"acte": "tout", "dossier_version": desk.dossier.version, "remarque": "Merci à tous."}
    answer = client.post(reverse("collaborative:dossier_validate", args=[desk.dossier.pk]), said)
    assert answer.status_code == 409
    assert "Réessayez dans un instant" in answer.content.decode()
    assert "Merci à tous." in answer.content.decode()
    assert Dossier.objects.get(pk=desk.dossier.pk).state == "sent"
