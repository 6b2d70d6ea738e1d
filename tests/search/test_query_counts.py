"""How many queries the pages of results ask when a text has to be read twice, finds nothing, or comes with needs."""

from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from tests.factories.accounts import UserFactory
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import LHSS, TermFactory, UnitFactory, commune, unit_type
from tests.test_query_budgets import ENVELOPE, queries_of

pytestmark = pytest.mark.django_db

MOST = 8
LOGGED = "search_searchedtext AS log"  # after the page, in a transaction of its own; twice when it is new
LIFTED = "ou=75010&quoi=ACT&departement=75&type=502&ej=999999"
PAGES = [
    {"ou": "75010", "quoi": "ACT", "pour": "femme", "age": "30", "pmr": "1", "masquer": "1"},
    {"ou": "75010", "pour": "femme", "pmr": "1"},
    {"quoi": "LHSS"},
    {"quoi": "introuvable"},
    {"ou": "75010", "quoi": "ACT", "departement": "92", "places": "1", "ajour": "1"},
    {"ou": "75010", "quoi": "ACT", "ej": "999999", "type": "999999"},
    {"ou": "75010", "quoi": "ACT", "distance": "5", "pour": "homme", "masquer": "1", "ouvert": "maintenant"},
    {"ou": "nantere"},
    {"ou": "zzzz", "quoi": "apartement de coordinaton"},
    {"ou": "maison inconnue", "quoi": "ACT", "type": "999999"},
    {"ou": "75010", "quoi": "apartement de coordinaton"},
    {"quoi": "apartement de coordinaton nanterre"},
    {"ou": "75010", "quoi": "apartement de coordinaton", "exact": "1"},
    {"quoi": "apartement de coordinaton 92", "exact": "1"},
    {"quoi": "LHSS 92"},
    {"quoi": "LHSS mobile femme 30 ans xyzzy Nanterre"},
    {"quoi": "coordination thérapeutique nanterre"},
    {"quoi": "coordination thérapeutique saint-denis"},
    {"ou": "75010", "quoi": "coordination thérapeutique couple avec chien"},
    {"ou": "75010", "quoi": "appartements coordination femme 30 ans"},
    {"quoi": "femme enceinte appartement de coordination à Nanterre ce soir"},
    {"quoi": "dame 82 ans appartement de coordination, bilan xyzzy à Vitry"},
    {"quoi": "bonjour je cherche du parachute ascensionnel pour un monsieur dimanche"},
    {"ou": "75010", "quoi": "bonjour je cherche du parachute ascensionnel pour un monsieur dimanche"},
    {"ou": "Nanterre", "quoi": "ACT", "pour": "femme", "age": "30", "pmr": "1", "places": "1"},
    {"ou": "75010", "quoi": "ACT", "distance": "1"},
    {"ou": "75010", "quoi": "apartement de coordinaton", "pour": "femme", "age": "30", "pmr": "1"},
    {"quoi": "apartement de coordinaton nanterre", "pour": "couple", "animal": "1", "masquer": "1"},
    {"quoi": "ACT nantere"},
    {"quoi": "Nanterre appartement de coordination femme 30 ans"},
    {"quoi": "nantere"},
    {"quoi": "hospitalisation à domicile à Nanterre"},
    {"ou": "Nanterrre 92", "quoi": "ACT"},
    {"quoi": "apartement de coordinaton 92 et 93, introuvable"},
    {"quoi": "ACT Nanterre ou Saint-Denis ce soir"},
    {"quoi": "bonjour je cherche un ACT hors Paris pour ma mère"},
    {"quoi": "appartement de coordination île de france ce soir"},
    {"ou": "petite couronne", "quoi": "apartement de coordinaton"},
    {"ou": "ACT ALTAIR VESTA – Nanterre (92)", "quoi": "apartement de coordinaton"},
    {"ou": "ACT ALTAIR VESTA", "quoi": "apartement de coordinaton"},
    {"ou": "Nanterre", "quoi": "apartement de coordinaton", "departement": "75", "distance": "5"},
    {"ou": "petite couronne", "quoi": "apartement de coordinaton", "type": "999999"},
    {"quoi": "apartement de coordinaton 92 et 93", "type": "999999"},
    {"quoi": "apartement de coordinaton", "avant": LIFTED},
    {"ou": "75010", "quoi": "apartement de coordinaton", "avant": LIFTED},
    {"ou": "ACT ALTAIR VESTA – Nanterre (92)", "quoi": "apartement de coordinaton", "avant": LIFTED},
    {"ou": "ACT ALTAIR VESTA – Nanterre (92)", "quoi": "introuvable", "avant": LIFTED},
    {"ou": "75010", "quoi": "apartement de coordinaton", "dans": "types", "places": "1"},
    {"quoi": "apartement de coordinaton à Nanterrre", "dans": "types", "type": "999999", "age": "30"},
    {"ou": "75010", "quoi": "euipe mobile precarite", "dans": "activites", "age": "30", "type": "999999"},
    {"ou": "75010", "quoi": "apartement de coordinaton", "dans": "professionnels"},
    {"ou": "12 rue de Rivoli", "quoi": "ACT", "type": "999999", "age": "30"},
    {"ou": "12 rue de Rivoli 75110", "quoi": "apartement de coordinaton", "type": "999999"},
    {"ou": "rue de nulle part", "quoi": "ACT", "type": "999999"},
    {"ou": "1,5e300", "age": "151", "page": "2", "groupe": "158", "specialisation": "270"},
    {"ou": "77 rue X", "ajour": "1", "page": "99", "dans": "actes", "groupe": "164"},
]


@pytest.mark.parametrize("asked", PAGES, ids=urlencode)
def test_a_page_of_results_asks_few_queries(client, rebuilt, asked, django_capture_on_commit_callbacks):
    """The session and the account are among them; the count of the search, sent after the page, is one more."""
    for insee in ("75110", "93066", "94081"):
        commune(insee)
    CurrentFigureFactory(
        unit=UnitFactory(
            geographic_entity__nanterre=True, geographic_entity__name="ACT ALTAIR VESTA", name="Unité d’ACT"
        )
    )
    UnitFactory(geographic_entity__nanterre=True, name="ACT dont rien n’est dit")
    TermFactory()
    unit_type(LHSS)  # which no unit has
    rebuilt()
    client.force_login(UserFactory(roles=[Role.CONSULTATION]))
    client.get(reverse("search:results"))  # the first page of a session marks it as used
    with CaptureQueriesContext(connection) as whole, django_capture_on_commit_callbacks(execute=True):
        found = queries_of(client, f"{reverse('search:results')}?{urlencode(asked)}")
        page = len(whole)
    assert len(found) <= MOST, "\n".join(found)
    after = [query["sql"] for query in whole.captured_queries[page:] if not ENVELOPE.match(query["sql"])]
    assert len(after) <= 2
    assert all(LOGGED in sql for sql in after)
