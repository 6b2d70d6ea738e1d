"""Every factory and trait makes rows that the database accepts."""

import pytest
from django.utils import timezone

from availability.freshness import ContractState
from directory.scopes import scope_of
from tests.factories import accounts, availability, directory

FACTORIES = [
    factory
    for module in (accounts, availability, directory)
    for name, factory in vars(module).items()
    if name.endswith("Factory") and factory.__module__ == module.__name__ and not factory._meta.abstract
]
TRAITS = [(factory, trait) for factory in FACTORIES for trait in sorted(factory._meta.parameters)]


@pytest.mark.django_db
@pytest.mark.parametrize("factory", FACTORIES, ids=lambda factory: factory.__name__)
def test_factory_makes_two_rows(factory):
    assert factory().pk
    assert factory().pk


@pytest.mark.django_db
@pytest.mark.parametrize(("factory", "trait"), TRAITS, ids=lambda value: getattr(value, "__name__", value))
def test_trait_makes_a_row(factory, trait):
    assert factory(**{trait: True}).pk


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("trait", "state"),
    [
        ("fresh", ContractState.UP_TO_DATE),
        ("due_soon", ContractState.DUE_SOON),
        ("late", ContractState.LATE),
        ("expired", ContractState.EXPIRED),
        ("never", ContractState.NEVER),
    ],
)
def test_figure_trait_has_its_freshness(trait, state):
    figure = availability.CurrentFigureFactory(**{trait: True})
    assert figure.freshness(timezone.now()).state == state
    assert figure.unit.entries.count() == figure.version


def test_cast_holds_its_roles(cast, world):
    assert scope_of(cast.responsable).coverage("statement:write").units == {world.act.pk, world.lam.pk}
    assert scope_of(cast.directeur).coverage("directory:edit").holds_unit(world.act_mobile)
    assert not scope_of(cast.stranger).coverage("directory:edit").holds_unit(world.act)
    assert scope_of(cast.sesan).coverage("account:manage").region
    assert not scope_of(cast.newcomer).may("directory:read")
