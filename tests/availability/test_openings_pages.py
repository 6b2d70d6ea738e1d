"""« Ouvertures de saisie » and « Mode crise »: what support sees and decides."""

import datetime

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from availability import membership
from availability.groupings import is_crisis_on
from availability.models import CrisisMode, CurrentFigure, Grouping
from tests.factories.directory import UnitFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(client, cast):
    client.force_login(cast.sesan)
    return client


@pytest.fixture
def more(world):
    """Three LHSS that were never opened."""
    units = [UnitFactory(geographic_entity=world.eg, lhss=True, name=f"LHSS Neuf {n}") for n in range(3)]
    membership.write_rows(unit_ids=None)
    return units


def text(response):
    return response.content.decode()


def change(client, **data):
    return client.post(reverse("availability:opening_change"), data)


def test_each_unit_says_its_state(support, world, more):
    Grouping.objects.get().unit_types.remove(world.act.unit_type)
    membership.bring_to_rhythm(unit_ids=None)
    page = text(support.get(reverse("availability:opening_list")))
    assert "6 unités" in page
    assert page.count("Jamais ouverte.") == 3
    assert "Hors regroupement" in page
    assert "Sa saisie rouvrira d’elle-même" in page
    assert world.act_mobile.name not in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?q=altair+lam", {"lam"}),
        ("?etat=ouverte", {"act", "lam", "lhss"}),
        ("?etat=non-activee", {"neuf"}),
        ("?etat=hors-regroupement", set()),
        ("?q=neuf&etat=ouverte", set()),
    ],
)
def test_filters(support, world, more, query, names):
    page = support.get(reverse("availability:opening_list") + query).context["page"]
    found = {unit.name for unit in page}
    expected = {unit.name for key, unit in vars(world).items() if key in names}
    assert found == expected | ({unit.name for unit in more} if "neuf" in names else set())


@pytest.mark.parametrize("query", ["?type=abc", "?type=99999999999999999999", "?etat=zz", "?q=" + "a" * 200])
def test_a_filter_that_cannot_be_read_is_told(support, world, query):
    response = support.get(reverse("availability:opening_list") + query)
    assert response.status_code == 200
    assert response.context["form"].errors
    assert not response.context["page"].paginator.count


def test_one_unit_is_opened_at_once(support, cast, world, more):
    response = change(support, ordre=f"ouvrir:{more[0].pk}", q="neuf")
    assert response.url == reverse("availability:opening_list") + "?q=neuf"
    assert CurrentFigure.objects.get(unit=more[0]).is_open
    line = AuditEntry.objects.get(action="entry_opened")
    assert (line.actor, line.target, line.ip_address) == (cast.sesan, more[0].name, "127.0.0.1")


def test_several_units_are_counted_and_named_before(support, world, more):
    ticked = [unit.pk for unit in more[:2]]
    page = change(support, ordre="ouvrir", unite=ticked)
    assert "2 unités concernées" in text(page)
    assert more[0].name in text(page)
    assert not CurrentFigure.objects.filter(unit__in=ticked).exists()
    change(support, ordre="ouvrir", unite=ticked, confirme="1", attendu="2")
    assert CurrentFigure.objects.filter(unit__in=ticked, is_open=True).count() == 2


def test_every_unit_of_a_type(support, world, more):
    kind = world.lhss.unit_type_id
    page = support.get(reverse("availability:opening_list"), {"type": kind})
    assert "Ouvrir la saisie pour toutes les unités de ce type (3)" in text(page)
    page = change(support, ordre="ouvrir:tout", type=kind)
    assert "3 unités concernées" in text(page)
    assert "attendu" in text(page)
    change(support, ordre="ouvrir:tout", type=kind, confirme="1", attendu="3")
    assert CurrentFigure.objects.filter(unit__unit_type=kind, is_open=True).count() == 4
    change(support, ordre="fermer:tout", type=kind, confirme="1", attendu="4")
    assert not CurrentFigure.objects.filter(unit__unit_type=kind, is_open=True).exists()
    assert CurrentFigure.objects.get(unit=world.lhss).figure == 3


def test_a_count_that_changed_meanwhile_is_said_again(support, world, more):
    kind = world.lhss.unit_type_id
    page = change(support, ordre="ouvrir:tout", type=kind, confirme="1", attendu="2")
    assert "3 unités concernées" in text(page)
    assert not CurrentFigure.objects.filter(unit__in=more).exists()


def test_nothing_ticked_or_nothing_to_do_is_said(support, world):
    response = support.post(reverse("availability:opening_change"), {"ordre": "ouvrir"}, follow=True)
    assert "Cochez d’abord au moins une unité." in text(response)
    response = support.post(reverse("availability:opening_change"), {"ordre": f"ouvrir:{world.act.pk}"}, follow=True)
    assert "Rien à ouvrir" in text(response)
    response = support.post(reverse("availability:opening_change"), {"ordre": "ouvrir:9" * 9}, follow=True)
    assert "Cochez d’abord" in text(response)


@pytest.mark.parametrize("order", ["", "casser", ":12", "\x00"])
def test_an_order_that_means_nothing_is_a_bad_request(support, world, order):
    assert change(support, ordre=order).status_code == 400


def test_a_filter_spoilt_on_the_way_changes_nothing(support, world):
    change(support, ordre="fermer:tout", type="zz", confirme="1", attendu="3")
    assert CurrentFigure.objects.filter(is_open=True).count() == 3


def test_crisis_mode_is_switched_with_a_reason(support, cast, world):
    address = reverse("availability:crisis_mode")
    assert "Jamais activé" in text(support.get(address))
    for data in ({"vers": "on", "reason": "", "sure": "on"}, {"vers": "on", "reason": "Covid"}, {"vers": "zz"}):
        assert support.post(address, data).status_code == 422
    assert not is_crisis_on()
    assert support.post(address, {"vers": "on", "reason": "Épidémie\u00a0", "sure": "on"}).status_code == 302
    page = text(support.get(address))
    assert "Le mode crise est activé" in page
    assert "Désactiver le mode crise" in page
    assert "Épidémie" in page
    support.post(address, {"vers": "on", "reason": "Deux fois", "sure": "on"})
    assert CrisisMode.objects.count() == 1
    support.post(address, {"vers": "off", "reason": "Fin", "sure": "on"})
    assert not is_crisis_on()
    assert AuditEntry.objects.filter(action__in=["crisis_on", "crisis_off"], actor=cast.sesan).count() == 2


def test_the_menu_leads_support_there(support, client, cast, world):
    page = text(support.get("/"))
    assert reverse("availability:opening_list") in page
    assert reverse("availability:crisis_mode") in page
    client.force_login(cast.directeur)
    page = text(client.get("/"))
    assert reverse("availability:opening_list") not in page


def test_the_hour_of_an_opening_is_shown(support, world):
    now = datetime.datetime(2026, 3, 4, 8, 5, tzinfo=datetime.UTC)
    CurrentFigure.objects.filter(unit=world.lam).update(opened_at=now)
    assert "Ouverte le 04/03/2026 à 09:05, rien n’a été saisi." in text(
        support.get(reverse("availability:opening_list"), {"q": "LAM"})
    )
