"""A small world and the fixed cast of people that tests share."""

from types import SimpleNamespace

import pytest

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


@pytest.fixture
def world(db) -> SimpleNamespace:
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


@pytest.fixture
def cast(world) -> SimpleNamespace:
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
