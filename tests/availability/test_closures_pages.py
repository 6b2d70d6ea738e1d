"""Pages of closures: what they show, refuse, keep; links from the entry row."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from availability.models import UnitClosure
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import UnitFactory

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)
DAY = 24 * HOUR
LIST = "/disponibilites/indisponibilites/"
ADD = f"{LIST}declarer/"


@pytest.fixture
def responsable(client, cast):
    client.force_login(cast.responsable)
    return client


def typed(moment):
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def closed(unit, starts=-HOUR, ends=None, **more):
    now = timezone.now()
    values = {"starts_at": now + starts, "ends_at": ends and now + ends, "reason": "works", "recorded_at": now}
    return UnitClosure.objects.create(unit=unit, **(values | more))


def form(unit, **more):
    now = timezone.now()
    said = {"starts_at": typed(now + HOUR), "ends_at": typed(now + DAY), "reason": "works", "comment": ""}
    return {"units": [unit.pk], **said, **more}


def test_two_units_are_declared_at_once(responsable, world):
    answer = responsable.post(ADD, form(world.act) | {"units": [world.act.pk, world.lam.pk]}, follow=True)
    assert "2 unités déclarées en indisponibilité totale du" in answer.text
    assert answer.text.count("À venir") == 2
    assert UnitClosure.objects.count() == 2


def test_what_was_typed_is_kept_with_its_errors(responsable, world):
    answer = responsable.post(ADD, form(world.act, starts_at="bientôt", reason="", comment="Gale au 2e"))
    assert answer.status_code == 422
    assert 'value="bientôt"' in answer.text
    assert "Écrivez une date et une heure" in answer.text
    assert "Choisissez le motif." in answer.text
    assert "Gale au 2e" in answer.text
    assert f'value="{world.act.pk}" id="unite-{world.act.pk}" checked' in " ".join(answer.text.split())


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("units", [], "Cochez au moins une unité."),
        ("units", ["x"], "n’est plus proposée"),
        ("units", ["9" * 30], "n’est plus proposée"),
        ("starts_at", "2026-03-29T02:30", "changement d’heure"),
        ("starts_at", "2026-10-25T02:30", "changement d’heure"),
        ("starts_at", "0001-01-01T00:00", "Écrivez une date et une heure"),
        ("starts_at", "9999-12-31T23:59", "Écrivez une date et une heure"),
        ("starts_at", "2001-01-01T00:00", "trop ancien"),
        ("ends_at", "2001-01-01T00:00", "La fin doit suivre le début."),
        ("ends_at", "2099-01-01T00:00", "trop lointaines"),
        ("reason", "vacances", "Choisissez un motif de la liste."),
        ("comment", "x" * 301, "300 caractères au plus"),
    ],
)
def test_bad_input_is_told(responsable, world, field, value, words):
    answer = responsable.post(ADD, form(world.act) | {field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert not UnitClosure.objects.exists()


def test_dates_typed_in_french_are_read(responsable, world):
    day = timezone.localtime() + DAY
    answer = responsable.post(ADD, form(world.act, starts_at=f"{day:%d/%m/%Y} à 08:00", ends_at=""))
    assert answer.status_code == 302
    found = UnitClosure.objects.get()
    assert timezone.localtime(found.starts_at).strftime("%d/%m/%Y %H:%M") == f"{day:%d/%m/%Y} 08:00"
    assert found.ends_at is None


def test_an_overlap_names_the_other_closure(responsable, world):
    closed(world.act, reason="summer")
    answer = responsable.post(ADD, form(world.act))
    assert answer.status_code == 422
    assert "ACT ALTAIR VESTA est déjà en indisponibilité à partir du" in answer.text
    assert "(fermeture estivale)" in answer.text


def test_the_list_is_mine_and_by_state(responsable, world):
    closed(world.act)
    closed(world.lam, starts=-3 * DAY, ends=-DAY)
    closed(world.lhss)
    closed(world.lam, starts=DAY, withdrawn_at=timezone.now())
    page = responsable.get(LIST).text
    assert "1 indisponibilité." in page
    assert "En cours" in page
    assert "LHSS Bellatrix" not in page
    past = responsable.get(LIST + "?voir=passees").text
    assert "Terminée" in past
    assert "Modifier" not in past
    assert "2 indisponibilités." in responsable.get(LIST + "?voir=toutes").text


def test_support_filters_the_region(client, cast, world):
    client.force_login(cast.sesan)
    closed(world.act)
    closed(world.lhss)
    assert "2 indisponibilités." in client.get(LIST).text
    assert "LHSS Bellatrix" in client.get(LIST + "?departement=75").text
    assert "1 indisponibilité." in client.get(LIST + "?departement=75").text
    assert "2 indisponibilités." in client.get(LIST + "?departement=zzzz").text
    assert "1 indisponibilité." in client.get(LIST + "?q=altair").text
    assert "Aucune indisponibilité ne correspond" in client.get(LIST + "?q=rien&departement=zzzz&voir=xx").text


def test_support_searches_the_units_to_declare(client, cast, world):
    client.force_login(cast.sesan)
    assert "Cherchez d’abord les unités" in client.get(ADD).text
    assert "LHSS Bellatrix" in client.get(ADD + "?q=bellatrix").text
    assert "checked" in client.get(f"{ADD}?unite={world.lhss.pk}").text


def test_one_to_come_is_changed_then_withdrawn(responsable, world):
    closure = closed(world.act, starts=DAY)
    url = f"{LIST}{closure.pk}/"
    assert typed(closure.starts_at) in responsable.get(url).text
    data = form(world.act, reason="summer", starts_at=typed(closure.starts_at), ends_at="")
    assert responsable.post(url, data).status_code == 302
    second = UnitClosure.objects.held().get()
    assert second.reason == "summer"
    late = responsable.post(url, data | {"comment": "dégât des eaux"})
    assert late.status_code == 409
    assert "modifiée, retirée ou s’est terminée entre-temps" in late.text
    assert "dégât des eaux" in late.text
    assert f"{LIST}{second.pk}/" in late.text
    assert "Retirer l’indisponibilité" in responsable.get(f"{LIST}{second.pk}/fin/").text
    assert responsable.post(f"{LIST}{second.pk}/fin/").url == LIST
    assert not UnitClosure.objects.held().exists()


def test_one_under_way_keeps_its_start_and_ends_now(responsable, world):
    closure = closed(world.act)
    url = f"{LIST}{closure.pk}/"
    assert 'name="starts_at"' not in responsable.get(url).text
    assert responsable.post(url, {"reason": "works", "ends_at": "2001-01-01T00:00"}).status_code == 422
    end = timezone.now() + DAY
    assert responsable.post(url, {"reason": "works", "ends_at": typed(end)}).status_code == 302
    second = UnitClosure.objects.held().get()
    assert second.starts_at == closure.starts_at
    answer = responsable.post(f"{LIST}{second.pk}/fin/", follow=True)
    assert "confirmez maintenant son chiffre" in answer.text
    assert f"?q=ACT+ALTAIR+VESTA#ligne-{world.act.pk}" in answer.redirect_chain[0][0]
    for pk in (second.pk, UnitClosure.objects.held().get().pk):
        assert "Cette indisponibilité est déjà terminée." in responsable.post(f"{LIST}{pk}/fin/").text


def test_the_entry_row_leads_to_the_closure(responsable, world):
    page = responsable.get("/disponibilites/mise-a-jour/").text
    assert f"{ADD}?unite={world.act.pk}" in page
    closure = closed(world.act)
    planned = closed(world.lam, starts=DAY)
    page = responsable.get("/disponibilites/mise-a-jour/").text
    assert "UO en indisponibilité totale, saisie bloquée" in page
    assert f"{LIST}{closure.pk}/fin/" in page
    assert "Indisponibilité prévue le" in page
    assert f"{LIST}{planned.pk}/" in page


def test_the_record_says_a_closure_is_planned(client, cast, world):
    client.force_login(cast.consultation)
    closed(world.act, starts=DAY)
    page = client.get(reverse("directory:unit_detail", args=[world.act.pk])).text
    assert "Indisponibilité prévue le" in page
    assert "(travaux)" in page


def test_absurd_ids_are_not_found(responsable):
    assert responsable.get(f"{LIST}99999999999999999999999/").status_code == 404
    assert responsable.get(f"{LIST}0/fin/").status_code == 404


def test_five_hundred_units_are_offered_a_hundred_at_a_time(client, cast, world):
    units = [UnitFactory(geographic_entity=world.eg, name=f"LAM {number:03}", lam=True) for number in range(105)]
    for unit in units:
        CurrentFigureFactory(unit=unit, never=True)
    client.force_login(cast.directeur)
    page = client.get(ADD).text
    assert "Seules les 100 premières sont affichées" in page
    assert reverse("availability:closures") in page


@pytest.mark.parametrize("form_of_days", ["%d/%m/%Y", "%Y-%m-%d"])
def test_days_alone_are_whole_days(responsable, world, form_of_days):
    first = timezone.localdate() + datetime.timedelta(days=3)
    last = first + datetime.timedelta(days=9)
    days = {"starts_at": first.strftime(form_of_days), "ends_at": last.strftime(form_of_days)}
    answer = responsable.post(ADD, form(world.act, **days), follow=True)
    declared = UnitClosure.objects.get()
    starts_at, ends_at = timezone.localtime(declared.starts_at), timezone.localtime(declared.ends_at)
    assert (starts_at.date(), starts_at.hour, starts_at.minute) == (first, 0, 0)
    assert (ends_at.date(), ends_at.hour, ends_at.minute) == (last + datetime.timedelta(days=1), 0, 0)
    assert f"du {first:%d/%m/%Y} au {last:%d/%m/%Y} inclus" in answer.text


def test_an_hour_typed_is_kept_midnight_included(responsable, world):
    day = timezone.localdate() + datetime.timedelta(days=3)
    responsable.post(ADD, form(world.act, ends_at=f"{day:%Y-%m-%d}T00:00"))
    ends_at = timezone.localtime(UnitClosure.objects.get().ends_at)
    assert (ends_at.date(), ends_at.hour) == (day, 0)


def test_what_was_typed_for_a_closure_gone_is_told_in_french(responsable, world):
    gone = closed(world.act, starts=2 * DAY, ends=3 * DAY, withdrawn_at=timezone.now())
    sent = {"starts_at": "2026-12-01T00:00", "ends_at": "2026-12-05T08:30", "reason": "outbreak", "comment": "2e étage"}
    answer = responsable.post(f"{LIST}{gone.pk}/", sent)
    assert answer.status_code == 409
    told = answer.text.split("Ce que vous aviez tapé")[1].split("</dl>")[0]
    assert "<dd>01/12/2026</dd>" in told
    assert "<dd>05/12/2026 à 08:30</dd>" in told
    assert "<dd>2e étage</dd>" in told
    assert f"<dd>{UnitClosure.Reason('outbreak').label}</dd>" in told
    assert "outbreak" not in told
    sent["starts_at"] = "un jour"
    assert "<dd>un jour</dd>" in responsable.post(f"{LIST}{gone.pk}/", sent).text
