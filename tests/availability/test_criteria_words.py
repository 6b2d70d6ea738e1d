"""What was asked of the synthesis and of the guichet is said in words: on their pages, in print, in their workbooks."""

import io
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from django.utils import timezone

from .test_synthesis_pages import PATH, reader, text_of

__all__ = ["reader"]
pytestmark = pytest.mark.django_db
GUICHET = "/disponibilites/guichet/"


def criteria_of(response):
    """Lines of the sheet « Critères », French spaces plain."""
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    rows = [row[:2] for row in book["Critères"].values][1:]
    return [tuple(str(value).replace("\xa0", " ").replace("\u202f", " ") for value in row) for row in rows]


def test_the_workbook_of_the_synthesis_says_what_was_ignored(reader, world):
    rows = criteria_of(reader.get(f"{PATH}export.xlsx?date=zz&departement=99&ages=zz&public=adulte"))
    found = dict(rows)
    assert found["Ignoré : Département"].startswith("99 – ")
    assert found["Ignoré : À la date du"].startswith("zz – La date s’écrit ainsi")
    assert found["Ignoré : Ou tranche d’âge"].startswith("zz – ")
    assert found["Patientèle"] == "Adulte"
    assert "Département" not in found
    assert len(rows) == len(found)


def test_the_moment_is_in_french_and_its_label_stands_once(reader, world):
    past = timezone.localtime() - timezone.timedelta(minutes=30)
    rows = criteria_of(reader.get(f"{PATH}export.xlsx?date={past:%Y-%m-%dT%H:%M}"))
    assert [value for label, value in rows if label == "À la date du"] == [f"{past:%d/%m/%Y à %H:%M}"]


def test_a_box_that_adds_nothing_is_said_to_be_ignored(reader, world):
    found = dict(criteria_of(reader.get(f"{PATH}export.xlsx?perimes=on&fraicheur=3h")))
    assert "Inclure les chiffres périmés" not in found
    assert found["Ignoré : Inclure les chiffres périmés"].startswith("oui")


def test_behind_a_cell_the_filters_that_made_its_number_are_said(reader, world):
    query = "?public=adulte&departement=92&fraicheur=3h&comparer=on"
    text = text_of(reader.get(f"{PATH}sante-precarite/92/{query}"))
    assert "Filtres : Patientèle : Adulte ; Fraîcheur maximale : &lt; 3 h." in text
    assert "Département : 92" in text_of(reader.get(f"{PATH}sante-precarite/region/{query}"))
    assert "Filtres :" not in text_of(reader.get(f"{PATH}sante-precarite/92/"))


def test_the_filters_of_the_synthesis_are_printed(reader, world):
    text = text_of(reader.get(f"{PATH}?public=adulte"))
    assert '<p class="print-only">Filtres : Patientèle : Adulte.</p>' in text
    assert '<span class="no-print" data-each-minute' in text
    assert "print-only" not in text_of(reader.get(PATH))


def test_direct_access_keeps_the_filters(reader, world):
    past = f"{timezone.localtime() - timezone.timedelta(minutes=30):%Y-%m-%dT%H:%M}".replace(":", "%3A")
    query = f"departement=92&date={past}"
    page = reader.get(f"{PATH}?{query}").content.decode().replace("&amp;", "&")
    assert f'href="{PATH}etablissements/?{query}"' in page
    assert "Carte d’aujourd’hui" in page
    listed = reader.get(f"{PATH}etablissements/?{query}").content.decode().replace("&amp;", "&")
    assert f'/{world.eg.pk}/?{query}"' in listed
    assert "Filtres qui restent appliqués" in listed
    only = reader.get(f"{PATH}etablissements/?{query}&etablissement=bellatrix")
    assert only["Location"].endswith(f"/{world.other_eg.pk}/?{query}")
    opened = text_of(reader.get(only["Location"]))
    assert "Situation passée" in opened
    assert "Département : 92" in opened


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("type=sante-precarite&departement=92&fraicheur=6h&places=on", "regroupement,departement,fraicheur=6,libres"),
        ("perimes=on&public=adulte", "fraicheur=sans"),
        ("type=uo:94.46", ""),
    ],
)
def test_the_map_is_asked_what_it_knows(reader, world, query, asked):
    page = reader.get(f"{PATH}?{query}").context["form"].map_query
    found = parse_qs(urlsplit(f"?{page}").query)
    assert ",".join(f"{name}={found[name][0]}" if name == "fraicheur" else name for name in found) == asked


def test_the_workbook_of_the_guichet_says_what_was_applied_and_what_was_ignored(reader, world):
    found = dict(criteria_of(reader.get(f"{GUICHET}export.xlsx?depuis=Saint&rayon=5&pour=femme&age=trente")))
    assert found["Pour qui"] == "Une femme"
    assert not {"Autour de", "À moins de", "Âge (en années)"} & set(found)
    assert found["Ignoré : Autour de"].startswith("Saint – ")
    assert found["Ignoré : À moins de"].startswith("5 km – ")
    assert found["Ignoré : Âge (en années)"].startswith("trente – ")
    near = dict(criteria_of(reader.get(f"{GUICHET}export.xlsx?depuis=75010&rayon=5")))
    assert near["Autour de"].startswith("Paris 10")
    assert near["À moins de"] == "5 km"
    of_department = dict(criteria_of(reader.get(f"{GUICHET}export.xlsx?depuis=92&rayon=5")))
    assert "Autour de" in of_department
    assert of_department["Ignoré : À moins de"].startswith("5")


def test_the_guichet_counts_what_its_filters_leave_and_prints_what_was_asked(reader, world):
    text = text_of(reader.get(f"{GUICHET}?departement=75&pmr=on"))
    assert "1 unité sur 3" in text
    assert '<p class="print-only">Critères : ' in text
    assert " ; Place PMR (fauteuil).</p>" in text
    assert text.index("n’excluent rien") < text.index('id="titre-filtres"') < text.index('name="departement"')
    assert " sur 3<" not in text_of(reader.get(GUICHET))


def test_a_map_without_any_unit_says_so(reader, world):
    text = text_of(reader.get("/disponibilites/carte/?departement=75&libres=on"))
    assert "Aucune unité ne répond à ces filtres. Mis à jour" in text
    assert "0 unité" not in text
