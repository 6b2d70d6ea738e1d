"""Other readings of a text: proposed with their count, which is what they find."""

import pytest
from django.utils import timezone

from accounts.roles import Role
from directory.enums import Nomenclature
from directory.scopes import Grant, Scope, ScopeKind
from search.criteria import SearchCriteria, Within
from search.engine.query import run_search
from tests.factories.directory import (
    GeographicEntityFactory,
    LegalEntityFactory,
    TermFactory,
    UnitFactory,
    commune,
    unit_type,
)
from tests.search.offers import proposals_of

pytestmark = pytest.mark.django_db
READER = Scope(1, (Grant(Role.CONSULTATION, ScopeKind.REGION, None),))
NB = "\u00a0"


@pytest.fixture
def proposed(rebuilt):
    """Label and count of each proposal; each is run to hold it to its word."""

    def run(**query):
        now = timezone.now()
        criteria = SearchCriteria.from_query(query)
        found = proposals_of(criteria, run_search(criteria, READER, now), READER, now)
        for proposal in found:
            assert run_search(proposal.criteria, READER, now).lines == proposal.count
        return {proposal.label: proposal.count for proposal in found}

    rebuilt()
    return run


def test_a_place_typed_with_the_need_is_proposed_as_a_place(proposed, rebuilt):
    for insee in ("75110", "92050", "92050"):
        UnitFactory(geographic_entity=GeographicEntityFactory(name=f"Maison {insee}", commune=commune(insee)))
    rebuilt()
    UnitFactory(geographic_entity=GeographicEntityFactory(name="ACT de Nanterre, secteur 92", commune=commune("92050")))
    rebuilt()
    assert proposed(quoi="ACT nanterre") == {f"«{NB}ACT{NB}» à Nanterre": 4}
    assert proposed(quoi="ACT 92") == {f"«{NB}ACT{NB}» dans les Hauts-de-Seine": 3}
    assert proposed(quoi="ACT", ou="92") == {}
    assert proposed(quoi="introuvable nanterre") == {}


def test_a_text_that_spells_a_type_proposes_the_activities_it_spells(proposed, rebuilt):
    activity = TermFactory(nomenclature=Nomenclature.OPERATIONAL_ACTIVITY, label="Pédopsychiatrie", synonyms=[])
    UnitFactory(unit_type=unit_type("282.28"))
    UnitFactory(unit_type=unit_type("94.46")).terms.add(activity)
    rebuilt()
    expected = {f"«{NB}{text}{NB}» dans la rubrique Activités opérationnelles": 1 for text in ("pédopsy",)}
    assert proposed(quoi="pédopsy") == expected
    assert proposed(quoi="pédopsy", dans=Within.ACTIVITY.value) == {}


def test_the_name_of_an_establishment_finds_it_alone_and_its_namesakes(rebuilt):
    owner = LegalEntityFactory(name="ACT ALTAIR VESTA")
    for name in ("ACT ALTAIR", "ACT ALTAIR", "ACT ALTAIR VESTA"):
        UnitFactory(geographic_entity=GeographicEntityFactory(name=name, legal_entity=owner))
    rebuilt()
    for query in ({"quoi": "act altair"}, {"quoi": "ACT Altaïr", "dans": "etablissements"}):
        outcome = run_search(SearchCriteria.from_query(query), READER, timezone.now())
        assert (outcome.establishments, outcome.units) == (2, 2)
