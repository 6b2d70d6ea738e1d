"""Pages of delegation, account requests, review of rights and members: as many queries with three times the rows."""

import datetime

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from directory.models import Assignment
from tests.factories.delegation import AccountRequestFactory, cpts_with_director
from tests.factories.directory import AssignmentFactory, GeographicEntityFactory, PractitionerFactory, UnitFactory
from tests.test_query_budgets import ENVELOPE

ROWS = 3


def grow(world):
    """Add what the pages list: EGs and units with Responsables, requests, members, practitioners to find."""
    director = User.objects.get(username="directeur")
    for _ in range(ROWS):
        entity = GeographicEntityFactory(legal_entity=world.ej)
        AssignmentFactory(user=director, role=Role.DIRECTOR, geographic_entity=entity)
        AssignmentFactory(role=Role.AVAILABILITY_MANAGER, geographic_entity=entity)
        for unit in (UnitFactory(geographic_entity=entity), UnitFactory(geographic_entity=world.eg)):
            AssignmentFactory(role=Role.AVAILABILITY_MANAGER, unit=unit)
        for state in ({}, {"approved": True}, {"refused": True}):
            AccountRequestFactory(requested_by=director, units=[world.act, world.lam, world.act_mobile], **state)
        PractitionerFactory(cpts=world.cpts, takes_part_in_sas=True)
        PractitionerFactory(last_name="Candidat", cpts=None)
        PractitionerFactory(last_name="Candidat", cpts=GeographicEntityFactory())
    Assignment.objects.update(given_at=timezone.now() - datetime.timedelta(days=400))


PAGES = {
    "responsables": (7, lambda world: reverse("directory:delegations")),
    "nommer": (8, lambda world: reverse("directory:delegation_add", args=[world.eg.pk])),
    "retirer": (5, lambda world: reverse("directory:assignment_end", args=[world.role.pk])),
    "demandes": (8, lambda world: reverse("directory:account_requests")),
    "demander": (7, lambda world: reverse("directory:account_request_add") + f"?eg={world.eg.pk}"),
    "demande": (7, lambda world: reverse("directory:account_request_detail", args=[world.asked.pk])),
    "revue": (6, lambda world: reverse("directory:rights_review")),
    "membres": (7, lambda world: reverse("directory:cpts_members", args=[world.cpts.pk])),
    "ajouter un membre": (6, lambda world: reverse("directory:cpts_member_add", args=[world.cpts.pk]) + "?q=candidat"),
    "accueil": (17, lambda world: reverse("home")),
    "fiche EG": (16, lambda world: reverse("directory:geographic_entity_detail", args=[world.eg.pk])),
}
# Support asks for no account.
CASES = [(name, who) for name in PAGES for who in ("directeur", "sesan") if (name, who) != ("demander", "sesan")]


def queries_of(client, url):
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in captured if not ENVELOPE.match(query["sql"])]


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "who"), CASES)
def test_a_page_keeps_to_its_budget_with_three_times_the_rows(client, cast, world, name, who):
    world.cpts = cpts_with_director("directeur")
    world.role = AssignmentFactory(role=Role.AVAILABILITY_MANAGER, unit=world.act)
    world.asked = AccountRequestFactory(requested_by=cast.directeur, units=[world.act])
    budget, url = PAGES[name]
    client.force_login(getattr(cast, who))
    client.get(reverse("directory:department_outlines"))
    grow(world)
    few = queries_of(client, url(world))
    grow(world)
    grow(world)
    many = queries_of(client, url(world))
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= budget, "\n".join(many)
