"""The numbers of what was merged find what stays, whose place they do not give away (spec 30, « Merge »)."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from directory.scopes import scope_of
from search.criteria import SearchCriteria
from search.engine.query import matching_units
from search.indexing import index
from search.models import SearchDocument
from tests.directory.merges import NOW, merge, twin_of, undo
from tests.factories.accounts import UserFactory
from tests.factories.directory import GeographicEntityFactory, UnitFactory
from tests.test_query_budgets import queries_of

pytestmark = pytest.mark.django_db


def found(number, user) -> set[int]:
    return set(matching_units(SearchCriteria(what=number), scope_of(user), NOW))


def numbers() -> list[tuple]:
    return list(SearchDocument.objects.order_by("kind", "unit_id").values_list("unit_id", "identifiers"))


def test_a_number_leads_to_the_end_of_the_chain(world, cast, client):
    twin = twin_of(world)
    last = GeographicEntityFactory(legal_entity=world.other_ej, name="ACT Altair")
    unit = UnitFactory(geographic_entity=last, act=True)
    reader = UserFactory(roles=[Role.CONSULTATION])
    index.rebuild_all()
    before = found(twin.finess, reader)
    merge(world.eg, twin, cast.sesan)
    done = merge(last, world.eg, cast.sesan)
    for number in {twin.finess, twin.siret, world.eg.finess, last.finess} - {""}:
        assert found(number, reader) == set(last.units.values_list("pk", flat=True)), number
    assert unit.pk in found(twin.finess, reader)
    client.force_login(reader)
    shown = client.get(reverse("search:results"), {"quoi": twin.finess}).content.decode()
    assert len(queries_of(client, f"{reverse('search:results')}?quoi={twin.finess}")) <= 8
    assert f"Ce numéro était celui de «\u00a0{twin.name}\u00a0»" in shown.replace("&nbsp;", "\u00a0")
    kept = numbers()
    index.rebuild_all()
    assert numbers() == kept
    undo(done, cast.sesan)
    assert unit.pk not in found(twin.finess, reader)
    assert found(twin.finess, reader) >= before
    kept = numbers()
    index.rebuild_all()
    assert numbers() == kept


def test_the_number_of_a_merged_unit_finds_the_one_that_stays(world, cast):
    first, second = (UnitFactory(geographic_entity=world.eg, name=f"Unité {rank}", act=True) for rank in (1, 2))
    second.national_id = "FINESS-2"
    second.save()
    merge(first, second, cast.sesan)
    document = SearchDocument.objects.get(unit=first)
    assert "FINESS-2" in document.identifiers


def test_the_number_of_a_merged_record_does_not_tell_a_hidden_place(world, cast):
    twin = twin_of(world)
    unit = world.eg.units.first()
    unit.sensitive_unit = True
    unit.save()
    merge(world.eg, twin, cast.sesan)
    stranger = UserFactory(roles=[Role.CONSULTATION])
    assert found(twin.finess, cast.sesan)
    assert not found(twin.finess, stranger)
    assert not found(world.eg.finess, stranger)
