"""Components and filters, rendered as a page renders them."""

from types import SimpleNamespace

import pytest
from django import forms
from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.core.paginator import Paginator
from django.template import Context, Template

from common.pages import GAP, Crumb, page_window


def render(source, rf=None, **context):
    request = rf.get("/liste/?q=a%20b&page=3&q=c") if rf else None
    return Template("{% load ui french %}" + source).render(Context({"request": request, **context}))


class ContactForm(forms.Form):
    name = forms.CharField(label="Nom")
    mode = forms.ChoiceField(label="Mode", choices=[("1", "Un"), ("2", "Deux")], widget=forms.RadioSelect)
    token = forms.CharField(label="Jeton", widget=forms.HiddenInput)

    def clean(self):
        raise forms.ValidationError("Les dates se contredisent.")


def test_icon_is_decorative_unless_it_has_a_label():
    assert 'aria-hidden="true"' in render('{% icon "tel" %}')
    assert "pictogrammes" in render('{% icon "tel" %}')
    assert "#tel" in render('{% icon "tel" %}')
    assert '<span class="visually-hidden">Page suivante</span>' in render('{% icon "droite" "Page suivante" %}')


def test_every_pictogram_a_component_names_is_in_the_sprite(settings):
    from common.templatetags import ui

    sprite = (settings.BASE_DIR / "static" / ui.SPRITE).read_text(encoding="utf-8")
    ages = {"frais-1h", "frais-3h", "frais-6h", "frais-12h", "frais-24h", *ui.FRESH_ICONS.values()}
    for name in ages | set(ui.STATE_ICONS.values()) | set(ui.NOTE_ICONS.values()) | {"tel", "gauche", "droite", "menu"}:
        assert f'id="{name}"' in sprite


def test_phone_is_a_link_by_pairs():
    assert 'href="tel:+33140970102"' in render('{% phone "0140970102" %}')
    assert "01\u00a040\u00a097\u00a001\u00a002" in render('{% phone "0140970102" %}')
    assert 'href="tel:115"' in render('{% phone "115" %}')
    assert render('{% phone "" %}') == ""
    assert "&lt;b&gt;" in render("{% phone number %}", number="<b>")


def test_fresh_badge_has_colour_shape_and_text():
    html = render("{% fresh badge %}", badge=SimpleNamespace(key="old", label="> 24 h"))
    assert 'class="fresh f-old"' in html
    assert "#frais-vieux" in html
    assert "&gt; 24 h" in html


def test_state_badge_may_carry_the_delay():
    late = SimpleNamespace(key="late", label="En retard")
    assert "En retard de 9 h" in render('{% state late "En retard de 9 h" %}', late=late)
    assert "En retard</span>" in render("{% state late %}", late=late)


@pytest.mark.parametrize(
    ("arguments", "css", "text"),
    [
        ("8 35", "places", "<b>8</b><span>/ 35 places</span>"),
        ("8 35 large=True", "places places-lg", "<b>8</b><span>sur 35 places installées</span>"),
        ("1", "places", "<b>1</b><span>place</span>"),
        ('8 35 capacity="bed"', "places", "<b>8</b><span>/ 35 lits</span>"),
        ('8 35 large=True capacity="bed"', "places places-lg", "<b>8</b><span>sur 35 lits installés</span>"),
        ("0 12", "places none", "<b>0</b><span>complet</span>"),
        ("", "places off", "<b>?</b><span>inconnu</span>"),
        ('4 kind="expired" detail="périmé, 02/08"', "places", "<b><s>4</s></b><span>périmé, 02/08</span>"),
        ('kind="closed"', "places off", "<b>–</b><span>fermée</span>"),
        ('kind="inactive"', "places off", "<b>–</b><span>non activée</span>"),
    ],
)
def test_unknown_closed_and_zero_places_are_told_apart(arguments, css, text):
    html = render("{% places " + arguments + " %}")
    assert f'class="{css}"' in html
    assert text in html


def test_note_and_record_block_wrap_their_content():
    assert 'class="note note-warn"' in render('{% note "warn" "Attention" %}<p>x</p>{% endnote %}')
    block = render('{% record_block "Offre" "offre" %}<p>x</p>{% endrecord_block %}')
    assert 'aria-labelledby="t-offre"' in block
    assert "<p>x</p>" in block


def test_an_empty_record_block_is_left_out():
    assert render('{% record_block "Vide" "vide" %}\n  {% endrecord_block %}') == ""


def test_breadcrumb_marks_the_current_page():
    html = render("{% breadcrumb crumbs %}", crumbs=[Crumb("Répertoire", "/repertoire/"), Crumb("ACT", code="UO")])
    assert '<a href="/repertoire/">Répertoire</a>' in html
    assert 'aria-current="page"><span class="code code-uo">UO</span>ACT' in html


def test_pager_keeps_every_parameter(rf):
    page = Paginator(range(100), 15).get_page(3)
    html = render('{% pager page "Pages" "établissement" %}', rf, page=page)
    assert "Établissements 31 à 45 sur 100, 15 par page" in html
    assert 'href="?q=a+b&amp;q=c&amp;page=4"' in html
    assert 'href="?q=a+b&amp;q=c"' in html  # the first page has no number
    assert 'aria-current="page"' in html


def test_pager_is_absent_when_there_is_one_page(rf):
    assert render("{% pager page %}", rf, page=Paginator(range(3), 15).get_page(1)).strip() == ""


@pytest.mark.parametrize(
    ("current", "last", "expected"),
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (5, 14, [1, 2, 3, 4, 5, 6, 7, GAP, 14]),
        (8, 14, [1, GAP, 6, 7, 8, 9, 10, GAP, 14]),
        (14, 14, [1, GAP, 12, 13, 14]),
    ],
)
def test_page_window_never_hides_a_single_page(current, last, expected):
    assert page_window(current, last) == expected


def test_error_summary_links_to_fields_and_groups():
    html = render("{% error_summary form %}", form=ContactForm({"name": ""}))
    assert "4 informations sont à corriger" in html
    assert 'href="#id_name"' in html
    assert 'href="#id_mode_0"' in html
    assert "Les dates se contredisent." in html
    assert 'href="#id_token"' not in html


def test_error_summary_is_absent_before_anything_is_sent():
    assert render("{% error_summary form %}", form=ContactForm()).strip() == ""


def test_crispy_fields_say_their_error_to_screen_readers():
    html = render("{% load crispy_forms_tags %}{{ form|crispy }}", form=ContactForm({"name": ""}))
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_name_error"' in html
    assert 'id="id_name_error"' in html
    assert 'class="asteriskField"' in html


def test_required_legend_says_what_the_asterisk_means():
    assert "champ obligatoire" in render("{% required_legend %}")
    assert "tous les champs sont obligatoires" in render("{% required_legend all_required=True %}")


def test_map_box_gives_its_documents_and_its_place():
    html = render('{% map_box "Carte" outlines="/o.json" latitude=48.5 longitude=2.25 place="Nanterre" size="xs" %}')
    assert 'class="map map-xs"' in html
    assert 'data-outlines="/o.json"' in html
    assert 'data-latitude="48.5" data-longitude="2.25" data-place="Nanterre"' in html
    assert "data-points" not in html


def test_filters_leave_empty_values_empty():
    assert render("[{{ none|fr_date }}{{ none|fr_distance }}]", none=None) == "[]"
    assert render('{{ n|fr_count:"cheval,chevaux" }} {{ n|fr_plural:"place" }}', n=2) == "2 chevaux places"


def test_messages_errors_and_help_get_their_french_spaces():
    class Typed(forms.Form):
        name = forms.CharField(label="Nom", help_text="Par exemple : « Nom » !")

        def clean_name(self):
            raise forms.ValidationError("Refusé : pourquoi ?")

    form = Typed({"name": "x"})
    html = render("{% load crispy_forms_filters %}{% error_summary form %}{{ form|crispy }}", form=form)
    assert html.count("Refusé\N{NO-BREAK SPACE}: pourquoi\N{NARROW NO-BREAK SPACE}?") == 2
    assert "exemple\N{NO-BREAK SPACE}: «\N{NO-BREAK SPACE}Nom\N{NO-BREAK SPACE}»\N{NARROW NO-BREAK SPACE}!" in html
    note = render("{% load ui %}{% message_note message %}", message=Message(messages.SUCCESS, "Fait : <b> !"))
    assert "Fait\N{NO-BREAK SPACE}: &lt;b&gt;\N{NARROW NO-BREAK SPACE}!" in note
