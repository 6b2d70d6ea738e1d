"""The lists, their files and the templates of imports cost the same whatever the number of terms."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from directory.enums import Nomenclature
from tests.factories.directory import TermFactory
from tests.test_query_budgets import ENVELOPE

BUDGETS = {
    "page": (4, "directory:nomenclature_list", {}),
    "fichier": (4, "directory:nomenclature_download", {"slug": "specialisations"}),
    "modèle unités": (5, "directory:import_units_template", {}),
    "modèle comptes": (3, "directory:import_accounts_template", {}),
    "nouvel import": (3, "directory:import_create", {"kind": "nomenclature"}),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", BUDGETS)
def test_the_lists_keep_to_their_budget_with_three_times_the_terms(client, cast, name):
    budget, route, kwargs = BUDGETS[name]
    client.force_login(cast.sesan)
    client.get(reverse("directory:department_outlines"))  # the first page of a session marks it as used
    counts = []
    for count in (4, 12):
        father = TermFactory(nomenclature=Nomenclature.CARE_SPECIALISATION)
        TermFactory.create_batch(count, nomenclature=Nomenclature.CARE_SPECIALISATION, parent=father)
        TermFactory.create_batch(count, nomenclature=Nomenclature.OPERATIONAL_ACTIVITY)
        with CaptureQueriesContext(connection) as captured:
            assert b"".join(client.get(reverse(route, kwargs=kwargs)))
        counts.append(len([query for query in captured if not ENVELOPE.match(query["sql"])]))
    assert counts[0] == counts[1]
    assert counts[1] <= budget
