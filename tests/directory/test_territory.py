"""The block « Intervention »: communes added, read from a list, removed; the outlines of a draft."""

import html

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from directory.forms import block_form_class
from directory.models import Commune, InterventionArea, RecordChange
from directory.reference.files import read_communes
from directory.scopes import scope_of
from directory.snapshots import differences, state_of
from directory.territory.territories import RegionMembers, territory_parameters, territory_query
from tests.factories.directory import InterventionAreaFactory, commune

pytestmark = pytest.mark.django_db

NANTERRE, PARIS, PARIS_10, PARIS_1, SAINT_OUEN, KREMLIN = "92050", "75056", "75110", "75101", "93070", "94043"
MAROLLES = ("94048", "77278")


@pytest.fixture
def communes(world):
    for insee in (NANTERRE, PARIS_10, PARIS_1, SAINT_OUEN, KREMLIN, *MAROLLES):
        commune(insee)


@pytest.fixture
def unit(world, communes):
    InterventionAreaFactory(unit=world.act, commune=commune(NANTERRE))
    return world.act


@pytest.fixture
def send(client, cast, unit):
    client.force_login(cast.directeur)
    url = reverse("directory:block_edit", args=["uo", unit.pk, "intervention"])

    def sent(**data):
        typed = {"version": unit.version, "intervention_communes": NANTERRE, "intervention_details": "À domicile"}
        return client.post(url, {**typed, **data})

    return sent


def shown(response):
    return response.context["form"]["intervention_communes"].value().split()


def served(unit):
    return set(InterventionArea.objects.filter(unit=unit).values_list("commune_id", flat=True))


def test_the_form_gives_back_what_the_record_holds(unit, cast):
    scope = scope_of(cast.directeur)
    form_class = block_form_class("uo", "intervention")
    form = form_class(form_class(record=unit, scope=scope).initial, record=unit, scope=scope)
    assert form.is_valid(), form.errors
    assert differences(state_of(unit), state_of(unit) | form.values()) == {}


def test_a_list_is_shown_before_it_is_saved(send, unit):
    liste = "75010 PARIS\nSt Ouen sur Seine; 94270\nMarolles-en-Brie\nAtlantide"
    response = send(etape="reconnaitre", liste=liste)
    form = response.context["form"]
    assert shown(response) == [NANTERRE, PARIS_10, SAINT_OUEN, KREMLIN]
    assert form.notice == "5 lignes lues\u00a0: 3 lignes reconnues, 1 à préciser, 1 inconnue."
    assert [piece.text for piece in form.result.doubtful] == ["Marolles-en-Brie"]
    assert [piece.text for piece in form.result.unknown] == ["Atlantide"]
    assert form["liste"].value() == ""
    assert "Atlantide" in response.text
    assert served(unit) == {NANTERRE}
    assert form["intervention_details"].value() == "À domicile"


def test_repeated_lines_and_codes_of_other_regions_are_counted_apart(send):
    response = send(etape="reconnaitre", liste="\n".join(["75010 PARIS", "75010 Paris", *["Atlantide"] * 40, "13055"]))
    form = response.context["form"]
    assert form.notice == (
        "43 lignes lues\u00a0: 1 ligne reconnue, 0 à préciser, 1 inconnue, 1 hors de la région, 40 lignes en double."
    )
    assert form["reste"].value() == "Atlantide\n13055"
    assert "1 ligne hors de la région" in html.unescape(response.text)
    assert "hors de la région" in send(etape="ajouter", ajout="13055").context["form"].notice


def test_the_page_says_when_it_stopped_looking_for_names(send):
    response = send(etape="reconnaitre", liste="\n".join(f"Introuvable {n}a" for n in range(201)))
    assert "que pour les 200 premières lignes inconnues" in response.text


def test_a_choice_ticked_is_added_by_its_button_and_by_saving(send, unit):
    waiting = {"reste": "Marolles-en-Brie\nAtlantide", "choix": [MAROLLES[0]]}
    response = send(etape="choisir", **waiting)
    assert shown(response) == [NANTERRE, MAROLLES[0]]
    assert response.context["form"]["reste"].value() == "Atlantide"
    assert send(reste="Marolles-en-Brie", choix=[MAROLLES[0]]).status_code == 302
    assert served(unit) == {NANTERRE, MAROLLES[0]}


def test_a_choice_that_no_line_proposes_is_not_taken(send, unit):
    assert send(reste="Marolles-en-Brie", choix=[SAINT_OUEN]).status_code == 422
    assert served(unit) == {NANTERRE}


def test_lines_that_wait_are_not_lost_silently(send, unit):
    """Doubtful, unknown or outside the region: said, kept, and taken off by a button; a choice ticked is kept too."""
    waiting = {"reste": "Marolles-en-Brie\nAtlantide\n13055", "choix": [MAROLLES[0]]}
    response = send(**waiting)
    form = response.context["form"]
    assert response.status_code == 422
    assert form.errors["reste"] == [
        "2 lignes ne sont pas dans le territoire\u00a0: «\u00a0Atlantide\u00a0», «\u00a013055\u00a0». Précisez-les ou "
        "corrigez-les, ou cliquez sur «\u00a0Retirer les lignes en attente\u00a0»."
    ]
    assert (form["reste"].value(), form.ticked) == (waiting["reste"], [MAROLLES[0]])
    assert served(unit) == {NANTERRE}
    assert 'href="#id_reste"' in response.text
    assert '<div id="id_reste" tabindex="-1"' in response.text
    assert 'value="effacer" formnovalidate>Retirer les lignes en attente</button>' in response.text
    one = send(reste="Atlantide")
    assert "1 ligne n’est pas dans le territoire" in one.context["form"].errors["reste"][0]
    cleared = send(etape="effacer", **waiting).context["form"]
    told = "Les communes cochées sont ajoutées, les autres lignes en attente sont retirées."
    assert (cleared["reste"].value(), cleared.notice) == ("", told)
    assert cleared["intervention_communes"].value().split() == [NANTERRE, MAROLLES[0]]
    assert send(etape="effacer", reste="Atlantide").context["form"].notice == "Les lignes en attente sont retirées."
    assert send(reste=cleared["reste"].value()).status_code == 302


@pytest.mark.parametrize("field", ["liste", "ajout"])
def test_what_was_not_read_is_not_lost_silently(send, unit, field):
    response = send(**{field: "Versailles"})
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert "Versailles" in response.text
    assert served(unit) == {NANTERRE}


def test_one_commune_by_name_by_code_or_among_several(send):
    assert shown(send(etape="ajouter", ajout="kremlin bicetre")) == [NANTERRE, KREMLIN]
    assert shown(send(etape="ajouter", ajout="75010")) == [NANTERRE, PARIS_10]
    assert shown(send(etape=f"ajouter:{SAINT_OUEN}")) == [NANTERRE, SAINT_OUEN]
    assert send(etape="ajouter", ajout="92000").context["form"].focus_on == "id_ajout"
    several = send(etape="ajouter", ajout="bicetre")
    assert several.context["form"].focus_on == "intervention-annonce"
    assert shown(several) == [NANTERRE]
    assert [place.insee for place in several.context["form"].result.doubtful[0].found] == [KREMLIN]
    assert "commune inconnue" in send(etape="ajouter", ajout="Atlantide").context["form"].notice
    assert "Écrivez" in send(etape="ajouter").context["form"].notice
    assert "Déjà" in send(etape="ajouter", ajout="Nanterre").context["form"].notice


def test_a_whole_department_then_none(send):
    whole = shown(send(etape="departement:94"))
    assert {NANTERRE, KREMLIN, MAROLLES[0]} <= set(whole)
    codes = " ".join(whole)
    assert shown(send(etape="retirer-departement:94", intervention_communes=codes)) == [NANTERRE]
    assert shown(send(etape=f"retirer:{NANTERRE}", intervention_communes=codes)) == [
        code for code in whole if code != NANTERRE
    ]
    assert shown(send(etape="vider", intervention_communes=codes)) == []


def test_paris_as_a_whole_covers_its_arrondissements(send, unit):
    assert shown(send(etape="ajouter", ajout="Paris", intervention_communes=PARIS_10)) == [PARIS]
    send(intervention_communes=f"{PARIS_10} {PARIS} {NANTERRE}")
    assert served(unit) == {PARIS, NANTERRE}


def test_a_commune_of_several_postal_codes_is_named_with_its_department(client, cast, send, unit):
    Commune.objects.filter(pk=SAINT_OUEN).update(postal_codes=["93400", "93401"])
    page = send(etape="ajouter", ajout="Saint-Ouen", intervention_communes=f"{PARIS} {NANTERRE}").content.decode()
    assert "Paris (75)" in page
    assert "Paris (75001)" not in page
    assert "Nanterre (92000)" in page
    assert "Saint-Ouen-sur-Seine (93)" in page
    for insee in (PARIS_10, SAINT_OUEN):
        InterventionAreaFactory(unit=unit, commune=commune(insee))
    page = client.get(reverse("directory:unit_detail", args=[unit.pk])).content.decode()
    assert "Paris 10 (75010)" in page
    assert "Saint-Ouen-sur-Seine (93)" in page


def test_saving_keeps_history_with_names(send, unit):
    assert send(intervention_communes=f"{NANTERRE} {KREMLIN}").status_code == 302
    changes = RecordChange.objects.get(record_kind="uo", record_id=unit.pk).changes
    assert [row["label"] for row in changes["intervention_communes"][1]] == ["Kremlin-Bicêtre (Le)", "Nanterre"]
    assert changes["intervention_details"][1] == "À domicile"


@pytest.mark.parametrize("codes", ["99999", "abc", "92050 '; DROP", "9" * 4000])
def test_a_tampered_list_is_refused(send, unit, codes):
    response = send(intervention_communes=codes)
    assert response.status_code == 422
    assert "Territoire d’intervention\u00a0: Commune inconnue" in html.unescape(response.text)
    assert served(unit) == {NANTERRE}


@pytest.mark.parametrize("version", ["", "abc", "-1"])
def test_a_page_without_its_version_is_told_to_be_reloaded(send, unit, version):
    response = send(version=version)
    assert response.status_code == 422
    assert "Cette page n’est plus à jour\u00a0: rechargez-la." in response.text
    assert "Version" not in response.context["form"]["version"].label
    assert served(unit) == {NANTERRE}


def test_what_makes_no_sense_is_survived(send):
    for data in (
        {"etape": "???"},
        {"etape": "retirer:"},
        {"etape": "departement:xx"},
        {"codes": "no", "etape": "effacer"},
    ):
        assert send(**data).status_code in {200, 422}
    long = send(etape="reconnaitre", liste="92000\n" * 2001)
    assert "trop longue" in long.context["form"].notice
    assert long.context["form"]["liste"].value().startswith("92000")


def test_the_draft_is_drawn(client, cast, communes):
    client.force_login(cast.consultation)
    url = reverse("directory:territory_preview")
    found = client.get(url + "?t=92.050&t=93").json()["features"]
    names = {feature["properties"]["name"] for feature in found}
    assert "Nanterre" in names or Commune.objects.get(pk=NANTERRE).outline is None
    for wrong in ("?t=99", "?t=92.", "?t=92.50", "?t=" + "9" * 500, "?t='"):
        assert client.get(url + wrong).status_code in {200, 404}


def test_suggestions_are_found_anywhere_in_a_name(client, cast, communes):
    client.force_login(cast.directeur)
    url = reverse("directory:commune_suggestions")
    assert f'value="ajouter:{KREMLIN}"' in client.get(url, {"ajout": "bicê", "action": "ajouter"}).text
    assert f'value="commune:{PARIS_10}"' in client.get(url, {"commune": "75010", "action": "commune"}).text
    assert "Aucune commune" in client.get(url, {"ajout": "atlantide", "action": "ajouter"}).text
    assert client.get(url, {"ajout": "nanterre", "action": "autre"}).status_code == 404
    assert client.get(url, {"action": "ajouter"}).status_code == 200


def region():
    members, below = {}, {}
    for row in read_communes():
        if row.parent:
            below.setdefault(row.parent, []).append(row.insee)
    for row in read_communes():
        if row.insee not in below:
            members.setdefault(row.department, []).append(row.insee)
    return RegionMembers(members, below)


REGION = region()


@given(st.sets(st.sampled_from(sorted(row.insee for row in read_communes())), max_size=900))
def test_any_territory_has_a_short_address_that_reads_back(codes):
    parts = territory_parameters(codes, REGION)
    assert len("&t=".join(parts)) < 3500
    asked = territory_query(parts, REGION)
    found = {*asked.communes, *(code for department in asked.departments for code in REGION.members[department])}
    assert found == {leaf for code in codes for leaf in REGION.arrondissements.get(code, [code])}
