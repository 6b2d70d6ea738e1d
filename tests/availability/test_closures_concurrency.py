"""Two people at once: on one pool, on a closure and a save, on a pool made while one of its units is saved."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction
from django.utils import timezone

from availability import services
from availability.closures import services as closures
from availability.closures.services import ClosuresOverlap, Period
from availability.exceptions import StaleFigure, StatementRefused
from availability.models import AvailabilityEntry, CurrentFigure, Pool, UnitClosure
from availability.pools import services as pools
from availability.statement import Statement
from directory.scopes import scope_of

pytestmark = pytest.mark.django_db(transaction=True)


def together(*acts):
    """Run the acts at the same time, a thread each; return what each gave, or the exception it raised."""
    start = threading.Barrier(len(acts))

    def run(act):
        try:
            start.wait(30)
            return act()
        except Exception as error:  # noqa: BLE001 - told to the test
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(60) for future in [pool.submit(run, act) for act in acts]]


def save(person, unit, figure, version):
    return services.record_statement(
        unit_id=unit.pk,
        said=Statement(figure=figure),
        expected_version=version,
        request_id=uuid.uuid4(),
        source="web",
        by=person,
        scope=scope_of(person),
        now=timezone.now(),
    )


def declare(person, unit):
    now = timezone.now()
    who = {"by": person, "scope": scope_of(person), "now": now}
    return closures.declare_closures(unit_ids=[unit.pk], period=Period(now), reason="works", comment="", **who)


def make(cast, world):
    return pools.make_pool(
        entity=world.eg,
        unit_ids=[world.act.pk, world.lam.pk],
        name="Lits partagés",
        installed_places=20,
        figure=None,
        by=cast.sesan,
        scope=scope_of(cast.sesan),
        now=timezone.now(),
    )


def test_two_edit_one_pool_from_two_units(cast, world):
    make(cast, world)
    found = together(
        lambda: save(cast.responsable, world.act, 5, 0),
        lambda: save(cast.directeur, world.lam, 6, 0),
    )
    kept = [entry for entry in found if isinstance(entry, AvailabilityEntry)]
    assert len(kept) == 1
    assert [type(error) for error in found if error is not kept[0]] == [StaleFigure]
    rows = CurrentFigure.objects.filter(pk__in=[world.act.pk, world.lam.pk]).values_list("figure", "version")
    assert set(rows) == {(kept[0].figure, 1)}


def test_two_declare_the_same_unit(cast, world):
    found = together(lambda: declare(cast.responsable, world.act), lambda: declare(cast.directeur, world.act))
    assert [type(one) for one in found if isinstance(one, Exception)] == [ClosuresOverlap]
    assert UnitClosure.objects.count() == 1


def test_a_save_waits_for_a_closure_that_starts(cast, world):
    """The closure is written and not committed yet: the save waits for it, then is refused."""
    written, tried = threading.Event(), threading.Event()

    def close():
        with transaction.atomic():
            declare(cast.directeur, world.act)
            written.set()
            tried.wait(1)

    def state():
        written.wait(30)
        threading.Timer(0.2, tried.set).start()
        return save(cast.responsable, world.act, 5, 1)

    assert isinstance(together(close, state)[1], StatementRefused)
    assert CurrentFigure.objects.get(pk=world.act.pk).version == 1


def test_a_save_waits_for_a_pool_being_made(cast, world):
    """The save saw the unit alone: it is told that the figure changed."""
    written, tried = threading.Event(), threading.Event()

    def share():
        with transaction.atomic():
            make(cast, world)
            written.set()
            tried.wait(1)

    def state():
        written.wait(30)
        threading.Timer(0.2, tried.set).start()
        return save(cast.responsable, world.act, 5, 1)

    assert isinstance(together(share, state)[1], StaleFigure)
    assert CurrentFigure.objects.get(pk=world.act.pk).version == 0
    assert Pool.objects.get().version == 0


def test_saves_while_units_come_and_go_lose_nothing(cast, world):
    """Whatever the order, each statement is of the unit or of the pool, numbered without a hole."""
    pool = make(cast, world)

    def separate():
        who = {"by": cast.sesan, "scope": scope_of(cast.sesan), "now": timezone.now()}
        return pools.separate_pool(pool_id=pool.pk, **who)

    together(separate, lambda: save(cast.responsable, world.act, 5, 0), lambda: save(cast.directeur, world.lam, 6, 0))
    for entries in (
        AvailabilityEntry.objects.filter(pool=pool),
        AvailabilityEntry.objects.filter(pool=None, unit=world.act),
        AvailabilityEntry.objects.filter(pool=None, unit=world.lam),
    ):
        versions = list(entries.order_by("version").values_list("version", flat=True))
        assert versions == list(range(1, len(versions) + 1))
    for unit in (world.act, world.lam):
        own = AvailabilityEntry.objects.filter(pool=None, unit=unit).order_by("version").last()
        assert CurrentFigure.objects.get(pk=unit.pk).version == (own.version if own else 0)
