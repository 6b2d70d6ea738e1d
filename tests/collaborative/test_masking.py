"""« Voir comme les autres » of a sensitive unit: what a reader without any right will see, what others are told."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from collaborative.fiches import services as fiche_services
from collaborative.fiches.masking import masking_of
from collaborative.models import Fiche
from directory.delegation.rights import give_role
from directory.models import OperationalUnit
from tests.collaborative.publishing import add_unit, change, coded, send_and_take, unit_values, validate
from tests.collaborative.test_fiche_page import url
from tests.factories.directory import GeographicEntityFactory, commune
from tests.test_query_budgets import ENVELOPE

pytestmark = pytest.mark.django_db
STREET, MASKED = "RUE SECRETE", "Adresse masquée"


def secret_unit(desk, **more):
    own = {"street_number": "12", "street_name": STREET, "postal_code": "92600", "commune": coded(commune("92004"))}
    return add_unit(desk, unit_values("Lits discrets", sensitive_unit=True, **own, **more))


def article(page):
    """The record and its line of results, without the notes above them."""
    return page[page.index('<article class="preview"') :]


def masking(fiche):
    fiche = Fiche.objects.whole().get(pk=fiche.pk)
    return masking_of(fiche, fiche.record.geographic_entity if fiche.kind == "uo" else fiche.record)


def test_the_preview_hides_what_others_will_not_see_and_tells_it_to_the_entitled(client, desk, world, cast):
    fiche = secret_unit(desk)
    client.force_login(cast.directeur)
    page = client.get(url(fiche, "fiche_preview")).text
    assert "Les personnes habilitées voient l’adresse&nbsp;: 12 RUE SECRETE" in page
    assert f"L’adresse de l’établissement «&nbsp;{world.eg}&nbsp;» et celle de toutes ses unités" in page
    assert MASKED in article(page)
    assert STREET not in article(page)
    assert "Carte de l’adresse" not in article(page)
    assert commune("92004").list_name not in article(page).split("Dans la recherche")[1]

    of_entity = client.get(url(desk.fiche(world.eg), "fiche_preview")).text
    assert MASKED in article(of_entity)
    assert world.eg.finess not in article(of_entity)

    send_and_take(desk)
    client.force_login(cast.sesan)
    page = client.get(url(fiche)).text
    assert STREET in article(page), "it is read under review"
    assert MASKED in page
    validate(desk)
    made = OperationalUnit.objects.get(name="Lits discrets")
    client.force_login(cast.consultation)
    page = client.get(reverse("directory:unit_detail", args=[made.pk])).text
    assert MASKED in page
    assert STREET not in page


def test_what_hides_an_address_and_what_no_more_does(desk, world, cast):
    top, act = desk.fiche(world.eg), desk.fiche(world.act)
    OperationalUnit.objects.filter(geographic_entity=world.eg).update(sensitive_unit=False)
    assert not masking(top).after
    secret = secret_unit(desk)
    found = masking(act)
    assert (found.today, found.after, found.begins, found.own) == (False, True, True, False)
    secret.refresh_from_db()
    fiche_services.remove_fiche(fiche=secret, expected_version=secret.version, **desk.who(None))
    assert not masking(top).after
    OperationalUnit.objects.filter(pk=world.act.pk).update(sensitive_unit=True)
    found = masking(act)
    assert (found.today, found.after, found.begins, found.own) == (True, True, False, True)
    change(desk, world.act, {"sensitive_unit": False})
    assert not masking(top).after
    act.refresh_from_db()
    fiche_services.reset_fiche(fiche=act, expected_version=act.version, **desk.who(None))
    act.refresh_from_db()
    fiche_services.remove_fiche(fiche=act, expected_version=act.version, **desk.who(None))
    assert masking(top).after, "a closed unit hides the address of its EG as before"


def test_a_sensitive_unit_that_moves_hides_the_address_where_it_goes(desk, world, cast):
    OperationalUnit.objects.filter(geographic_entity=world.eg).update(sensitive_unit=False)
    OperationalUnit.objects.filter(pk=world.lam.pk).update(sensitive_unit=True)
    there = GeographicEntityFactory(legal_entity=world.ej, name="Maison Vénus", commune=commune("92004"))
    give_role(user=cast.directeur, role=Role.DIRECTOR, record=there, by=cast.sesan)
    lam = desk.fiche(world.lam)
    fiche_services.move_to_entity(entity=there, fiche=lam, expected_version=lam.version, **desk.who(None))
    assert not masking(desk.fiche(world.eg)).after
    assert masking(desk.fiche(there)).begins


def test_it_costs_two_queries(client, desk, world, cast):
    client.force_login(cast.directeur)
    fiche = Fiche.objects.whole().get(pk=secret_unit(desk).pk)
    client.get("/dossiers/")
    with CaptureQueriesContext(connection) as captured:
        masking_of(fiche, world.eg)
    assert len(captured) == 2
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url(fiche, "fiche_preview")).status_code == 200
    assert len([one for one in captured if not ENVELOPE.match(one["sql"])]) <= 15
