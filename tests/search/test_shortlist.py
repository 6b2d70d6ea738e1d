"""« Ma sélection », the orientation sheet and the comparison: one's own, ordered, without hidden places."""

import re
from html import unescape
from urllib.parse import unquote

import pytest
from django.utils import timezone

from common.french import moment
from directory.enums import ClosureKind, Confidentiality
from directory.models import OperationalUnit
from search.indexing import index
from search.kept.shortlist import LIMIT
from search.kept.unit_facts import MAIL_LINK_LENGTH
from search.models import KeptUnit
from tests.directory.merges import merge
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import HoursExceptionFactory, UnitFactory, WeeklyHoursFactory
from tests.test_query_budgets import queries_of

from .kept import keep

pytestmark = pytest.mark.django_db
LIST = "/recherche/selection/"
SHEET = f"{LIST}fiche/"


@pytest.fixture
def reader(client, cast, rebuilt):
    rebuilt()
    client.force_login(cast.consultation)
    return cast.consultation


def text_of(response):
    return unescape(response.content.decode()).replace("\u00a0", " ").replace("\u202f", " ")


def order(user):
    return list(KeptUnit.objects.filter(user=user).values_list("unit_id", flat=True))


def test_a_unit_is_kept_once_and_taken_off(reader, client, world):
    back = "/recherche/?quoi=ACT"
    response = client.post(f"{LIST}retenir/", {"uo": world.act.pk, "retour": back})
    assert response["Location"] == f"{back}#retenir-{world.act.pk}"
    client.post(f"{LIST}retenir/", {"uo": world.act.pk})
    client.post(f"{LIST}retenir/", {"uo": world.lam.pk})
    assert order(reader) == [world.act.pk, world.lam.pk]
    page = text_of(client.get(LIST))
    assert "Ma sélection (2)" in page
    assert "8 places" in page
    assert "Retirer" in page
    client.post(f"{LIST}retirer/", {"uo": world.act.pk})
    assert order(reader) == [world.lam.pk]


def test_the_guichet_keeps_units_too(reader, client, cast, world):
    guichet = "/disponibilites/guichet/?pour=femme"
    page = text_of(client.get(guichet))
    assert page.count('id="form-retenir"') == 1
    assert f'value="{world.act.pk}" id="retenir-{world.act.pk}"' in page
    response = client.post(f"{LIST}retenir/", {"uo": world.act.pk, "retour": guichet})
    assert response["Location"] == f"{guichet}#retenir-{world.act.pk}"
    assert "ACT ALTAIR VESTA. La retirer de ma sélection" in text_of(client.get(guichet))
    client.force_login(cast.sesan)
    assert "La retirer de ma sélection" not in text_of(client.get(guichet))


def test_an_address_elsewhere_is_not_followed(reader, client, world):
    response = client.post(f"{LIST}retenir/", {"uo": world.act.pk, "retour": "https://ailleurs.example/"})
    assert response["Location"] == LIST


@pytest.mark.parametrize("typed", ["", "abc", "0", "-1", "9" * 40, "١"])
def test_what_is_no_unit_is_said(reader, client, typed):
    response = client.post(f"{LIST}retenir/", {"uo": typed}, follow=True)
    assert response.status_code == 200
    assert "n’est plus publiée" in text_of(response)
    assert client.post(f"{LIST}retirer/", {"uo": typed}).status_code == 302
    assert client.post(f"{LIST}deplacer/", {"uo": typed}).status_code == 302
    assert client.get("/recherche/comparer/", {"uo": typed}).status_code == 200


def test_the_list_has_an_end(reader, client, world):
    keep(reader, *[UnitFactory(geographic_entity=world.eg, act=True) for _ in range(LIMIT)])
    response = client.post(f"{LIST}retenir/", {"uo": world.act.pk}, follow=True)
    assert f"déjà {LIMIT} unités" in text_of(response)
    assert len(order(reader)) == LIMIT


def test_units_are_put_in_order(reader, client, world):
    keep(reader, world.act, world.lam, world.lhss)
    client.post(f"{LIST}deplacer/", {"uo": world.lhss.pk, "sens": "haut"})
    assert order(reader) == [world.act.pk, world.lhss.pk, world.lam.pk]
    client.post(f"{LIST}deplacer/", {"uo": world.act.pk, "sens": "bas"})
    assert order(reader) == [world.lhss.pk, world.act.pk, world.lam.pk]
    client.post(f"{LIST}deplacer/", {"uo": world.lhss.pk, "sens": "haut"})
    assert order(reader) == [world.lhss.pk, world.act.pk, world.lam.pk]


def test_emptying_asks_first_and_touches_no_other_list(reader, client, cast, world):
    keep(reader, world.act)
    keep(cast.ars, world.act)
    assert "1 unité retenue quitte" in text_of(client.get(f"{LIST}vider/"))
    assert order(reader)
    client.post(f"{LIST}vider/")
    assert order(reader) == []
    assert order(cast.ars) == [world.act.pk]
    assert "Votre sélection est vide" in text_of(client.get(LIST))


def test_a_unit_that_is_no_longer_published_is_said(reader, client, world):
    keep(reader, world.act, world.lam)
    OperationalUnit.objects.filter(pk=world.lam.pk).update(status="hidden")
    page = text_of(client.get(LIST))
    assert "n’est plus publiée" in page
    assert "LAM Altair" not in page
    sheet = text_of(client.get(SHEET))
    assert "1 unité de votre sélection n’est plus publiée" in sheet
    assert "LAM Altair" not in sheet


def test_the_sheet_tells_what_an_orientation_needs(reader, client, world):
    OperationalUnit.objects.filter(pk=world.act.pk).update(
        admission_conditions="Dossier médical et social.\nPièce d’identité.", secretary_phone="0142000000"
    )
    for weekday in range(1, 8):
        WeeklyHoursFactory(unit=world.act, weekday=weekday, opens_at="00:00", closes_at="00:00")
    keep(reader, world.act, world.lam)
    page = text_of(client.get(SHEET))
    for words in (
        "1. ACT ALTAIR VESTA",
        "Pièce d’identité.",
        "01 42 00 00 00",
        "8 places, le",
        "24 h/24",
        "Nanterre",
        "aucun nom ni renseignement de patient",
        "mailto:?subject=Fiche%20d%E2%80%99orientation",
    ):
        assert words in page
    assert "Places jamais saisies" in page


def test_the_sheet_of_an_empty_list_says_so(reader, client):
    assert "Votre sélection est vide" in text_of(client.get(SHEET))


def test_a_hidden_place_is_on_no_sheet_and_in_no_letter(reader, client, cast, world):
    OperationalUnit.objects.filter(pk=world.act.pk).update(
        sensitive_unit=True, secretary_phone="0142000000", contact_confidentiality=Confidentiality.VERY_RESTRICTED
    )
    index.refresh_units(unit_ids=[world.act.pk])
    street = world.eg.street_name or world.eg.commune.name
    keep(reader, world.act)
    for page in (SHEET, LIST, f"/recherche/comparer/?uo={world.act.pk}&uo={world.lhss.pk}"):
        said = text_of(client.get(page))
        assert street not in said
        assert "Nanterre" not in said
        assert "01 42 00 00 00" not in said
    keep(cast.sesan, world.act)
    client.force_login(cast.sesan)
    sheet = text_of(client.get(SHEET))
    assert "Confidentielle, ne pas transmettre" in sheet
    letter = sheet.partition("<textarea")[2].partition("</textarea>")[0]
    assert "adresse non communiquée" in letter
    assert "Nanterre" not in letter
    assert "01 42 00 00 00" not in letter
    mail = client.get(SHEET).context["mail"].url
    assert "Nanterre" not in mail
    assert "01%2042" not in mail


def test_the_address_for_a_mail_program_stays_short(reader, client, world):
    units = [
        UnitFactory(geographic_entity=world.eg, act=True, name=f"Unité au nom très long {number:02} " + "x" * 120)
        for number in range(LIMIT)
    ]
    keep(reader, *units)
    response = client.get(SHEET)
    link, units = response.context["mail"]
    assert len(link) <= MAIL_LINK_LENGTH
    assert 1 < units < LIMIT
    left = order(reader)[units:]
    listed = "http://testserver/recherche/comparer/?" + "&".join(f"uo={pk}" for pk in left)
    assert unquote(link).endswith(f"Et {LIMIT - units} autres unités : {listed}")
    page = text_of(client.get(listed))
    assert all(f"Unité au nom très long {n:02}" in page for n in range(units, LIMIT))
    said = text_of(response)
    assert f"La messagerie ne prend que les {units} premières unités : copiez le texte pour les 20." in said
    assert response.context["letter"].count("Unité au nom très long") == LIMIT


def test_a_mail_holds_nine_ordinary_units(reader, client, world):
    units = [
        UnitFactory(geographic_entity=world.eg, act=True, name=f"ACT Résidence des Lilas {n:02}") for n in range(9)
    ]
    OperationalUnit.objects.filter(pk__in=[unit.pk for unit in units]).update(secretary_phone="0142000000")
    for unit in units:
        CurrentFigureFactory(unit=unit)
    keep(reader, *units)
    response = client.get(SHEET)
    link, told = response.context["mail"]
    assert told == 9
    assert "La messagerie ne prend" not in text_of(response)
    body = unquote(link).partition("body=")[2]
    assert body.count("01 42 00 00 00") == 9
    assert f"/repertoire/uo/{units[8].pk}/" in body
    assert "Nanterre" in body
    assert body.count(units[0].unit_type.label) == 1  # once for those that follow each other


def test_what_is_sent_dates_each_figure_and_tells_the_type(reader, client, world):
    keep(reader, world.act, world.lhss)
    response = client.get(SHEET)
    said = f"8 places libres, dit le {moment(world.act_figure.confirmed_at)}"
    body = unquote(response.context["mail"].url).partition("body=")[2]
    for text in (body, response.context["letter"].replace("\u00a0", " ")):
        assert said in text
        assert world.act.unit_type.label in text
        assert world.lhss.unit_type.label in text
        assert f"chiffre périmé (3 le {moment(world.lhss_figure.confirmed_at)})" in text


HAND_TYPED = {
    "admission_conditions": "Entretien à l’admission.",
    "reception_conditions": "Chambres à deux.",
    "pets": "Chiens guides seulement.",
}


def test_the_sheet_tells_of_a_hidden_place_what_its_record_does(reader, client, world):
    """What was typed by hand is the record’s to tell; what leaves the site has none of it (decision 0010)."""
    OperationalUnit.objects.filter(pk=world.act.pk).update(sensitive_unit=True, **HAND_TYPED)
    type(world.act_figure).objects.filter(pk=world.act.pk).update(comment="Sonner deux fois.")
    index.refresh_units(unit_ids=[world.act.pk])
    keep(reader, world.act)
    response = client.get(SHEET)
    sheet, record = text_of(response), text_of(client.get(f"/repertoire/uo/{world.act.pk}/"))
    for typed in (*HAND_TYPED.values(), "Sonner deux fois."):
        assert typed in sheet.partition("<textarea")[0]
        assert typed in record
    for hidden in ("Nanterre", world.eg.street_name):
        assert hidden not in sheet
        assert hidden not in record
    sent = response.context["letter"] + unquote(response.context["mail"].url)
    assert not any(typed in sent for typed in (*HAND_TYPED.values(), "Sonner deux fois."))
    assert "à lire sur sa fiche" in sent


@pytest.mark.parametrize(
    "hours", [{}, {"is_closed": False, "opens_at": "09:00", "closes_at": "12:00"}], ids=["fermée", "autres heures"]
)
def test_the_reason_of_an_exception_of_a_hidden_place_is_not_sent(reader, client, world, hours):
    """It is typed by hand too (decision 0010); that of a unit whose place is told leaves with it."""
    moved, today = "Accueil transféré au 7 rue des Glycines", timezone.localdate()
    OperationalUnit.objects.filter(pk=world.act.pk).update(sensitive_unit=True)
    for unit, label in ((world.act, moved), (world.lhss, "Travaux")):
        HoursExceptionFactory(unit=unit, starts_on=today, ends_on=today, label=label, **hours)
    index.refresh_units(unit_ids=[world.act.pk])
    keep(reader, world.act, world.lhss)
    response = client.get(SHEET)
    assert "Glycines" in text_of(response).partition("<textarea")[0]
    letter = response.context["letter"]
    assert "Glycines" not in letter + unquote(response.context["mail"].url)
    assert "(motif à lire sur sa fiche)" in letter
    assert "(travaux)" in letter.lower()


def test_the_sheet_asks_eight_queries_at_most_even_without_a_unit_closed_since(reader, client, world):
    keep(reader, world.act, world.lhss)
    client.get(SHEET)
    assert len(queries_of(client, SHEET)) <= 8
    OperationalUnit.objects.filter(pk=world.lhss.pk).update(
        status="closed", closed_on="2026-01-01", closure_kind=ClosureKind.FINAL
    )
    assert len(queries_of(client, SHEET)) <= 8


def test_units_are_compared_with_what_differs_in_words(reader, client, world):
    page = text_of(client.get(f"/recherche/comparer/?uo={world.act.pk}&uo={world.lhss.pk}"))
    assert "Comparer 2 unités" in page
    assert page.index("ACT ALTAIR VESTA") < page.index("LHSS Bellatrix")
    assert "différent" in page
    assert "identique" in page
    assert "chiffre périmé" in page.lower()


def test_a_comparison_says_what_it_leaves_out(reader, client, world):
    units = [world.act, world.lam, world.lhss, world.act_mobile, UnitFactory(geographic_entity=world.eg, act=True)]
    asked = "&".join(f"uo={unit.pk}" for unit in units)
    response = client.get(f"/recherche/comparer/?{asked}")
    assert "4 unités au plus : décochez-en 1" in text_of(response)
    for unit in units:
        assert re.search(rf'name="uo" value="{unit.pk}"[^>]* checked', text_of(response)), "what was ticked is kept"
    assert "Critères en lignes" not in text_of(response)
    page = text_of(client.get(f"/recherche/comparer/?uo={world.act.pk}&uo=999999&uo=abc&uo={world.lam.pk}"))
    assert "2 unités demandées ne sont pas publiées" in page
    page = text_of(client.get("/recherche/comparer/?uo=abc&uo=-1&uo=99999999999999999999&uo=abc"))
    assert "3 unités demandées ne sont pas publiées ou n’existent pas" in page
    for query in ("", f"?uo={world.act.pk}", f"?uo={world.act.pk}&uo={world.act.pk}"):
        assert "Il faut deux unités au moins" in text_of(client.get(f"/recherche/comparer/{query}"))


def test_a_record_keeps_its_unit(reader, client, world):
    url = f"/repertoire/uo/{world.act.pk}/"
    assert "Retenir" in text_of(client.get(url))
    response = client.post(f"{LIST}retenir/", {"uo": world.act.pk, "retour": url}, follow=True)
    assert "est retenue dans votre sélection" in text_of(response)
    response = client.post(f"{LIST}retenir/", {"uo": world.act.pk, "retour": url}, follow=True)
    assert "est déjà dans votre sélection" in text_of(response)
    OperationalUnit.objects.filter(pk=world.act.pk).update(
        status="closed", closed_on="2026-01-01", closure_kind=ClosureKind.values[0]
    )
    assert "selection/retenir" not in text_of(client.get(url))


def test_the_home_page_says_what_is_kept(reader, client, world):
    assert "Ce que vous gardez" not in text_of(client.get("/"))
    keep(reader, world.act, world.lam)
    assert "Ma sélection : 2 unités" in text_of(client.get("/"))


@pytest.fixture
def merged(reader, cast, world):
    """Two units, the second and a third one merged into the first, one after the other."""
    first, second, third = (UnitFactory(geographic_entity=world.eg, name=f"Unité {rank}", act=True) for rank in "123")
    index.rebuild_all()
    merge(second, third, cast.sesan)
    merge(first, second, cast.sesan)
    return first, second, third


def test_a_merged_unit_is_compared_as_the_one_that_stays(client, world, merged):
    first, second, third = merged
    page = text_of(client.get(f"/recherche/comparer/?uo={third.pk}&uo={world.act.pk}"))
    assert "Comparer 2 unités" in page
    assert page.index("Unité 1") < page.index("ACT ALTAIR VESTA")
    assert "publiée" not in page
    page = text_of(client.get(f"/recherche/comparer/?uo={second.pk}&uo={first.pk}"))
    assert "Des unités demandées ont été réunies" in page
    assert "Il faut deux unités au moins" in page
    OperationalUnit.objects.filter(pk=first.pk).update(status="hidden")
    page = text_of(client.get(f"/recherche/comparer/?uo={third.pk}&uo={world.act.pk}&uo={world.lhss.pk}"))
    assert "1 unité demandée n’est pas publiée" in page
    assert "Unité 1" not in page


def test_a_merged_unit_is_kept_and_taken_off_as_the_one_that_stays(reader, client, merged):
    first, second, third = merged
    response = client.post(f"{LIST}retenir/", {"uo": third.pk, "retour": "/recherche/"})
    assert response["Location"] == f"/recherche/#retenir-{first.pk}"
    assert order(reader) == [first.pk]
    assert "« Unité 1 » est déjà dans" in text_of(client.post(f"{LIST}retenir/", {"uo": second.pk}, follow=True))
    client.post(f"{LIST}retirer/", {"uo": second.pk})
    assert order(reader) == []


def test_a_closed_unit_of_the_list_is_named_as_its_record_is(reader, client, world):
    keep(reader, world.act, world.lam, world.lhss)
    closure = {"status": "closed", "closed_on": "2026-01-01", "closure_kind": ClosureKind.FINAL}
    OperationalUnit.objects.filter(pk=world.lam.pk).update(**closure)
    OperationalUnit.objects.filter(pk=world.lhss.pk).update(status="hidden")
    page, sheet = text_of(client.get(LIST)), text_of(client.get(SHEET))
    record = f'<a href="/repertoire/uo/{world.lam.pk}/">{world.lam.name}</a>'
    assert client.get(f"/repertoire/uo/{world.lam.pk}/").status_code == 200
    assert client.get(f"/repertoire/uo/{world.lhss.pk}/").status_code == 404
    assert f"{record}, retenue le" in page
    assert "Une unité retenue le" in page
    assert world.lhss.name not in page
    assert "2 unités de votre sélection ne sont plus publiées et ne figurent pas sur cette fiche" in sheet
    assert f"dont « {world.lam.name} »" in sheet
    assert world.lhss.name not in sheet


def test_a_figure_that_does_not_count_is_said_once(reader, client, world):
    keep(reader, world.lhss)
    page = text_of(client.get(LIST))
    told = moment(world.lhss_figure.confirmed_at)
    assert f"Chiffre périmé (3 le {told})." in page
    assert page.count(told) == 1
    type(world.act_figure).objects.filter(pk=world.act_figure.pk).update(contested_at=world.act_figure.confirmed_at)
    keep(reader, world.act)
    told = moment(world.act_figure.confirmed_at)
    assert f"8 places, le {told}. Contesté le {told}" in text_of(client.get(LIST))
