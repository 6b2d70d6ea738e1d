"""A small world and the fixed cast of people that tests share."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache

from accounts.models import LegalText
from accounts.roles import Role
from availability.membership import write_rows

from .factories.accounts import LegalTextFactory, UserFactory
from .factories.availability import CurrentFigureFactory, GroupingFactory
from .factories.directory import (
    AssignmentFactory,
    GeographicEntityFactory,
    LegalEntityFactory,
    UnitFactory,
    commune,
)
from .ground import Ground, gather, layers_of

UNDO = pytest.StashKey[Callable[[int], None]]()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Play tests that start from the same rows one after the other."""
    gather(items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Take away, before anything else, the rows that a test does not ask for."""
    if undo := item.config.stash.get(UNDO, None):
        undo(layers_of(item))


@pytest.fixture(scope="session")
def ground(pytestconfig: pytest.Config, django_db_setup: None, django_db_blocker: Any) -> Iterator[Ground]:
    """The rows that tests share, undone before the database goes."""
    shared = Ground(lay_world, lay_cast)

    def undo(layers: int) -> None:
        with django_db_blocker.unblock():
            shared.make_room(layers)

    pytestconfig.stash[UNDO] = undo
    yield shared
    undo(0)
    del pytestconfig.stash[UNDO]


@pytest.fixture
def _ground_laid(request: pytest.FixtureRequest, ground: Ground, django_db_blocker: Any) -> None:
    cache.clear()  # the rows of one test have the keys of the next
    with django_db_blocker.unblock():
        ground.lay(layers_of(request.node))


@pytest.fixture
def _django_db_helper(_ground_laid: None, _django_db_helper: None) -> None:
    """Open the transaction of a test above the rows that it asks for."""


@pytest.fixture
def _shared(db: None, ground: Ground) -> list[SimpleNamespace]:
    """Copies of the world and of the cast, made together: they know each other."""
    return ground.objects()


@pytest.fixture
def world(_shared: list[SimpleNamespace]) -> SimpleNamespace:
    """The small world: see ``lay_world``."""
    return _shared[0] if _shared else lay_world()


@pytest.fixture
def cast(world: SimpleNamespace, _shared: list[SimpleNamespace]) -> SimpleNamespace:
    """The people of the demonstration: see ``lay_cast``."""
    return _shared[1] if len(_shared) > 1 else lay_cast(world)


def lay_world() -> SimpleNamespace:
    """Two EJs, two EGs, and units with their figures.

    ``ej`` › ``eg`` (Nanterre) › ``act`` (35 places, 8 free, an hour old), ``act_mobile``, ``lam`` (never stated);
    ``other_ej`` › ``other_eg`` (Paris 10) › ``lhss`` (24 places, expired).
    """
    for kind in LegalText.Kind:
        LegalTextFactory(kind=kind)
    ej = LegalEntityFactory(name="Association Altair Vesta")
    eg = GeographicEntityFactory(legal_entity=ej, name="ACT ALTAIR VESTA", nanterre=True)
    other_ej = LegalEntityFactory(name="Association Bellatrix")
    other_eg = GeographicEntityFactory(legal_entity=other_ej, name="LHSS Bellatrix")
    grouping = GroupingFactory()
    act = UnitFactory(geographic_entity=eg, name="ACT ALTAIR VESTA", act=True)
    act_mobile = UnitFactory(geographic_entity=eg, name="ACT hors les murs", act_mobile=True)
    lam = UnitFactory(geographic_entity=eg, name="LAM Altair", lam=True)
    lhss = UnitFactory(geographic_entity=other_eg, name="LHSS Bellatrix", lhss=True)
    found = SimpleNamespace(
        ej=ej,
        eg=eg,
        other_ej=other_ej,
        other_eg=other_eg,
        grouping=grouping,
        act=act,
        act_mobile=act_mobile,
        lam=lam,
        lhss=lhss,
        act_figure=CurrentFigureFactory(unit=act),
        lam_figure=CurrentFigureFactory(unit=lam, never=True),
        lhss_figure=CurrentFigureFactory(unit=lhss, expired=True, figure=3),
        paris10=commune("75110"),
        nanterre=commune("92050"),
    )
    write_rows(unit_ids=None)
    return found


def lay_cast(world: SimpleNamespace) -> SimpleNamespace:
    """The six people of the demonstration, and ``stranger``, who holds the same roles elsewhere.

    ``responsable`` holds ``world.act`` and ``world.lam``; ``directeur`` heads ``world.eg``; ``stranger`` is
    director and responsable of ``world.other_eg``; ``newcomer`` has no role; the others work on the region.
    """
    responsable = UserFactory(username="responsable", first_name="Karim", last_name="Benali")
    for unit in (world.act, world.lam):
        AssignmentFactory(user=responsable, role=Role.AVAILABILITY_MANAGER, unit=unit)
    directeur = UserFactory(username="directeur", first_name="Hélène", last_name="Caron")
    AssignmentFactory(user=directeur, role=Role.DIRECTOR, geographic_entity=world.eg)
    stranger = UserFactory(username="etranger", first_name="Luc", last_name="Ferrand")
    for role in (Role.DIRECTOR, Role.AVAILABILITY_MANAGER):
        AssignmentFactory(user=stranger, role=role, geographic_entity=world.other_eg)
    return SimpleNamespace(
        consultation=UserFactory(username="consultation", roles=[Role.CONSULTATION]),
        responsable=responsable,
        directeur=directeur,
        sesan=UserFactory(username="sesan", roles=[Role.SUPPORT]),
        pdses=UserFactory(username="pdses", roles=[Role.REFUSAL_REPORTER]),
        ars=UserFactory(username="ars", roles=[Role.STEERING]),
        stranger=stranger,
        newcomer=UserFactory(username="nouveau"),
    )
