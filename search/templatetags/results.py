"""What stands a hundred times on a page of results, written at once: ``{% load results %}``.

A template looks every value up by name, several at each condition; boxes and units drawn that way took half the time
of a page. What is rare stays in templates.
"""

from collections.abc import Collection, Iterable, Mapping
from html import escape

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from availability.guichet.needs import Fit
from common import french
from common.templatetags import ui

from ..engine.outcome import FacetChoice, Outcome
from ..results.lines import ResultLine, UnitLine
from ..results.page import FacetBlock, Option

register = template.Library()

FIT_ICONS = {Fit.FITS: "coche", Fit.TO_CONFIRM: "question", Fit.FULL: "indisponible", Fit.NO_FIT: "croix"}


@register.simple_tag
def options(choices: Iterable[Option]) -> SafeString:
    """What a list offers, inside its ``<select>``."""
    return SafeString(
        "".join(
            f'<option value="{escape(choice.value)}"{" selected" if choice.is_chosen else ""}>'
            f"{escape(choice.label)}</option>"
            for choice in choices
        )
    )


@register.simple_tag
def check(name: str, label: str, is_ticked: bool, count: int | None = None) -> SafeString:  # noqa: FBT001
    """Box to tick of a yes-or-no filter, with its count of UO when it is known."""
    return SafeString(_box(name, "1", label, count, "UO", is_ticked=is_ticked))


@register.simple_tag
def facet(block: FacetBlock) -> SafeString:
    """One facet: its boxes, those folded, or the button that asks for all of them."""
    name, label = block.facet.value, escape(block.facet.label)
    chosen = ""
    if block.chosen:
        words = french.plural(block.chosen, "choix actif", "choix actifs")
        chosen = f' <span class="active">{block.chosen}<span class="visually-hidden">&nbsp;{words}</span></span>'
    return SafeString(
        f'<details class="facet" id="filtre-{name}" data-keep{" open" if block.is_open else ""}>'
        f'<summary id="titre-{name}">{label}{chosen}</summary><div role="group" aria-labelledby="titre-{name}">'
        f"{_boxes(name, block.shown, block.noun)}{_others(name, block)}</div></details>"
    )


def _others(name: str, block: FacetBlock) -> str:
    words = f"Voir les {french.number(block.hidden_count)} autres"
    if block.more:
        return (
            f'<button type="submit" class="btn btn-link more" name="plus" value="{name}"'
            f' formaction="{reverse("search:results")}#filtre-{name}">{words}</button>'
        )
    if not block.folded:
        return ""
    return (
        f'<details class="fold" data-keep id="autres-{name}"><summary>{words}</summary>'
        f"{_boxes(name, block.folded, block.noun)}</details>"
    )


def _boxes(name: str, choices: Iterable[FacetChoice], noun: str) -> str:
    return "\n".join(
        _box(name, escape(choice.value), choice.label, choice.count, noun, is_ticked=choice.is_chosen)
        for choice in choices
    )


def _box(name: str, value: str, label: str, count: int | None, noun: str, *, is_ticked: bool) -> str:
    box_id = f"f-{name}-{value}"
    found = ""
    if count is not None:
        said = noun if noun == "UO" else french.plural(count, noun)
        found = f' <span class="n">{french.number(count)}<span class="visually-hidden">&nbsp;{said}</span></span>'
    return (
        f'<div class="form-check"><input class="form-check-input" type="checkbox" name="{name}" value="{value}"'
        f' id="{box_id}"{" checked" if is_ticked else ""}><label class="form-check-label" for="{box_id}">'
        f"<span>{escape(label)}</span>{found}</label></div>"
    )


@register.simple_tag
def result_line(
    line: ResultLine, level: str, outcome: Outcome, kept: Collection[int], *, is_first: bool = False
) -> SafeString:
    """One line of results, its units folded; the first one is open when it holds one unit.

    ``level`` of its heading: « h3 »; ``kept``: ids of the units of the person's list.
    """
    units = "".join(unit_box(unit, line, outcome, kept) for unit in line.units)
    fold = ""
    if units:
        others = ""
        if line.others:
            count = french.counted(line.others, "autre UO", "autres UO")
            others = f'<p class="meta mb-0"><a href="{line.url}">{count} sur la fiche de l’établissement</a></p>'
        fold = (
            f'<details class="fold" data-keep="{line.url}"{" open" if line.is_alone and is_first else ""}>'
            f"<summary>{escape(line.summary)}</summary>{units}{others}</details>"
        )
    return SafeString(
        f'<li id="lieu-{line.group_id}" data-spot="{line.group_id}"><article class="hit" data-group="{line.group_id}">'
        f"{line_facts(line, level, outcome)}{fold}</article></li>\n"
    )


@register.simple_tag
def line_facts(line: ResultLine, level: str, outcome: Outcome) -> SafeString:
    """What a folded line shows: its figure, its name in a heading (``level``: « h3 »), how far and where it is."""
    return SafeString(
        f'<div class="count">{_places(line)}</div>'
        f'<{level}><a href="{line.url}">{escape(line.name)}</a></{level}>'
        f'{_far(line, outcome)}<p class="where meta mb-0">{_where(line, outcome)}</p>'
    )


def _places(line: ResultLine) -> str:
    count = line.count
    if count is None:
        return f'<p class="places off"><b>{ui.icon("compte", "Professionnel")}</b></p>'
    shown = ui.places(count.figure, count.installed, count.kind, count.detail, capacity=count.capacity_kind)
    return shown + ui.fresh(count.freshness.band) if count.freshness else shown


def _far(line: ResultLine, outcome: Outcome) -> str:
    if line.distance_km is not None:
        duration = f'<span class="meta">{escape(line.duration_words)}</span>' if line.duration_words else ""
        return f'<p class="far mb-0"><b>{french.distance(line.distance_km)}</b>{duration}</p>'
    if line.is_hidden and outcome.place and outcome.place.point:
        return '<p class="far mb-0"><span class="meta">distance non communiquée</span></p>'
    return ""


def _where(line: ResultLine, outcome: Outcome) -> str:
    said = (line.profession, line.place, "adresse non communiquée" if line.is_hidden else "")
    parts = [f"<span>{escape(words)}</span>" for words in said if words]
    parts.append(ui.phone(line.phone))
    if line.serves and outcome.place:
        parts.append(f'<span class="tag">{ui.icon("trajet")}Intervient à {escape(outcome.place.label)}</span>')
    return "".join(parts)


@register.simple_tag
def unit_box(unit: UnitLine, line: ResultLine, outcome: Outcome, kept: Collection[int] | None = None) -> SafeString:
    """One unit of a line; with ``kept`` (ids of the units of the person’s list), its notes and buttons too."""
    age = f" f-{unit.count.freshness.band.key}" if unit.count.freshness else ""
    more = ""
    if kept is not None:
        more = render_to_string("search/unit_notes.html", {"unit": unit}) if unit.is_noted else ""
        more += _unit_actions(unit, kept)
    return SafeString(f'<div class="unit{age}">{_unit_facts(unit, line, outcome)}{more}</div>')


def _unit_facts(unit: UnitLine, line: ResultLine, outcome: Outcome) -> str:
    """Name and type of a unit, its figure and the age of it, whom it takes in.

    That it goes to the place searched for is said of each unit, but for one alone: its ``line`` says so already.
    """
    name = escape(unit.name)
    kind = f'<br><span class="meta">{escape(unit.type_label)}</span>' if unit.type_label not in ("", unit.name) else ""
    where = f" · {escape(unit.own_place)}" if unit.own_place else ""
    if unit.serves and not line.is_alone and outcome.place:
        where += f" · intervient à {escape(outcome.place.label)}"
    return (
        f'<p class="mb-1"><a class="quiet fw-semibold" href="{unit.url}">{name}</a>{_fit(unit)}{kind}</p>'
        f'<p class="row-flex mb-0 gap-2">{_figure(unit)}<span class="meta">{escape(unit.stated_words)}</span></p>'
        f'<p class="meta mb-0">{escape(unit.audience_words)}{where}</p>'
    )


def _fit(unit: UnitLine) -> str:
    if unit.fit is None:
        return ""
    return format_html(
        ' <span class="fit fit-{}">{}{}</span>', unit.fit.value, ui.icon(FIT_ICONS[unit.fit]), unit.fit_words
    )


@register.simple_tag
def fit_counts(fits: Mapping[Fit, int]) -> SafeString:
    """« Convient : 12 », « À confirmer : 40 »…: UO of each class, the empty ones left out but for the first."""
    lines = "".join(
        f'<li class="fit fit-{fit.value}">{ui.icon(FIT_ICONS[fit])}{fit.label}&nbsp;:'
        f" <b>{french.number(count)}</b></li>"
        for fit, count in fits.items()
        if count or fit is Fit.FITS
    )
    return SafeString(f'<ul class="fits mt-2" aria-label="Classement des UO">{lines}</ul>')


def _figure(unit: UnitLine) -> str:
    count, words = unit.count, escape(unit.figure_words)
    parts = []
    if words:
        parts.append(f"<b><s>{words}</s></b>" if count.kind == "expired" else f"<b>{words}</b>")
    if count.freshness:
        parts.append(ui.fresh(count.freshness.band))
    if badge := unit.state:
        parts.append(ui.state(badge))
    return "".join(parts)


def _unit_actions(unit: UnitLine, kept: Collection[int]) -> str:
    """Call, open the record, « Retenir »."""
    name = escape(unit.name)
    call = ui.phone(unit.phone, css="btn btn-primary", prefix="Appeler le")
    return (
        f'<div class="actions">{call}<a class="btn btn-outline-primary" href="{unit.url}">Ouvrir la fiche'
        f'<span class="visually-hidden">&nbsp;: {name}</span></a>{keep_button(unit.unit_id, unit.name, kept)}</div>'
    )


@register.simple_tag
def keep_button(unit_id: int, name: str, kept: Collection[int]) -> SafeString:
    """« Retenir » a unit, or « Retenue » to take it off; sent by the form of ``search/keep_form.html``."""
    name = escape(name)
    button = f'name="uo" value="{unit_id}" id="retenir-{unit_id}" class="btn btn-outline-primary no-print"'
    if unit_id in kept:
        return SafeString(
            f'<button type="submit" form="form-retenir" formaction="{reverse("search:unkeep")}" {button}>'
            f'{ui.icon("coche")}Retenue<span class="visually-hidden">&nbsp;: {name}. La retirer de ma sélection</span>'
            "</button>"
        )
    return SafeString(
        f'<button type="submit" form="form-retenir" {button}>'
        f'{ui.icon("epingle")}Retenir<span class="visually-hidden">&nbsp;: {name}</span></button>'
    )
