"""What stands a hundred times on a page of results, written at once: ``{% load results %}``.

A template looks every value up by name, several at each condition; boxes and units drawn that way took half the time
of a page. What is rare stays in templates.
"""

from collections.abc import Collection, Iterable, Mapping
from html import escape

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from availability.guichet.needs import Fit
from common import french
from common.templatetags import ui

from ..engine.outcome import FacetChoice, Outcome
from ..results.lines import ResultLine, UnitLine

register = template.Library()

FIT_ICONS = {Fit.FITS: "coche", Fit.TO_CONFIRM: "question", Fit.FULL: "indisponible", Fit.NO_FIT: "croix"}


@register.simple_tag
def facet_boxes(name: str, choices: Iterable[FacetChoice]) -> SafeString:
    """Boxes to tick of one facet, each with its count of UO; ``name``: that of the parameter in the address."""
    return SafeString("\n".join(_box(name, choice) for choice in choices))


def _box(name: str, choice: FacetChoice) -> str:
    value = escape(choice.value)
    box_id = f"f-{name}-{value}"
    return (
        f'<div class="form-check"><input class="form-check-input" type="checkbox" name="{name}" value="{value}"'
        f' id="{box_id}"{" checked" if choice.is_chosen else ""}><label class="form-check-label" for="{box_id}">'
        f'<span>{escape(choice.label)}</span> <span class="n">{french.number(choice.count)}'
        '<span class="visually-hidden">&nbsp;UO</span></span></label></div>'
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
def unit_class(unit: UnitLine) -> str:
    """Class of the age of the figure of a unit (« f-3h »), « unit » alone without any."""
    return f"unit f-{unit.count.freshness.band.key}" if unit.count.freshness else "unit"


@register.simple_tag
def unit_facts(unit: UnitLine, line: ResultLine, outcome: Outcome) -> SafeString:
    """Name and type of a unit, its figure and the age of it, whom it takes in.

    That it goes to the place searched for is said of each unit, but for one alone: its ``line`` says so already.
    """
    name = escape(unit.name)
    kind = f'<br><span class="meta">{escape(unit.type_label)}</span>' if unit.type_label not in ("", unit.name) else ""
    where = f" · {escape(unit.own_place)}" if unit.own_place else ""
    if unit.serves and not line.is_alone and outcome.place:
        where += f" · intervient à {escape(outcome.place.label)}"
    return SafeString(
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


@register.simple_tag
def unit_actions(unit: UnitLine, kept: Collection[int]) -> SafeString:
    """Call, open the record, « Retenir »; ``kept``: ids of the units of the person's list."""
    name = escape(unit.name)
    call = ui.phone(unit.phone, css="btn btn-primary", prefix="Appeler le")
    return SafeString(
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
