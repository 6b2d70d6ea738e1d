"""Components shared by every page: ``{% load ui %}``. Markup in ``templates/components/``; see docs/frontend.md."""

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from django import template
from django.conf import settings
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.core.paginator import Page
from django.forms import BaseForm, BoundField
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString

from common import french
from common.navigation import NavLink
from common.pages import GAP, Crumb, page_queries, page_window
from common.phones import display_phone, international_phone

register = template.Library()

# Small components are pure functions of their values and stand many times in a list: each is drawn once.
drawn_once = functools.lru_cache(maxsize=2048)

SPRITE = "icons/pictogrammes.svg"
FRESH_ICONS = {"old": "frais-vieux", "never": "frais-jamais"}
STATE_ICONS = {
    "ok": "etat-a-jour",
    "soon": "etat-bientot",
    "late": "etat-en-retard",
    "out": "etat-perimee",
    "confirm": "question",
    "off": "indisponible",
}
NOTE_ICONS = {"ok": "coche", "warn": "etat-en-retard", "err": "etat-en-retard", "": "info"}
NOTE_OF_LEVEL = {constants.SUCCESS: "ok", constants.WARNING: "warn", constants.ERROR: "err"}


class Badge(Protocol):
    """What a freshness badge or state badge shows: ``key`` chooses colour and shape, ``label`` is the text."""

    @property
    def key(self) -> str: ...

    @property
    def label(self) -> str: ...


@register.simple_tag
@drawn_once
def icon(name: str, label: str = "") -> SafeString:
    """Pictogram of the sprite; decorative, unless ``label`` gives its meaning as hidden text."""
    image = format_html('<svg class="i" aria-hidden="true"><use href="{}#{}"/></svg>', static(SPRITE), name)
    return format_html('{}<span class="visually-hidden">{}</span>', image, label) if label else image


@register.simple_tag
@drawn_once
def phone(number: str, picture: str = "tel", css: str = "", prefix: str = "") -> SafeString:
    """Phone number as a link (« 01 40 97 01 02 »), empty when there is none.

    ``prefix`` goes before the number (« Appeler le »); ``css`` adds classes (``btn btn-primary``).
    """
    if not number:
        return SafeString("")
    return format_html(
        '<a class="{}" href="tel:{}">{}{}{}</a>',
        f"phone {css}".strip(),
        international_phone(number),
        icon(picture) if picture else "",
        f"{prefix} " if prefix else "",
        display_phone(number),
    )


@register.simple_tag
def fresh(badge: Badge) -> SafeString:
    """Age of a figure: a coloured disc that empties, and its text (« < 3 h »). Keys: 1h 3h 6h 12h 24h old never."""
    return _fresh(badge.key, badge.label)


@drawn_once
def _fresh(key: str, label: str) -> SafeString:
    return format_html(
        '<span class="fresh f-{}">{}<span class="visually-hidden">saisie </span>{}</span>',
        key,
        icon(FRESH_ICONS.get(key, f"frais-{key}")),
        label,
    )


@register.simple_tag
def state(badge: Badge, detail: str = "") -> SafeString:
    """State of a figure against its rhythm (« À jour »); ``detail`` replaces the text (« En retard de 9 h »)."""
    return _state(badge.key, detail or badge.label)


@drawn_once
def _state(key: str, label: str) -> SafeString:
    return format_html('<span class="state s-{}">{}{}</span>', key, icon(STATE_ICONS[key]), label)


@register.simple_tag
@drawn_once
def places(
    figure: int | None = None,
    installed: int | None = None,
    kind: str = "known",
    detail: str = "",
    *,
    large: bool = False,
    capacity: str = "place",
) -> SafeString:
    """Number of free places and the word that goes with it; unknown is never shown as zero.

    ``kind``: « known » (0 shows « complet »), « unknown », « expired » (figure struck out), « to_confirm »,
    « closed », « inactive ».
    ``installed``: installed places, when given. ``detail`` replaces the word under the figure. ``capacity``:
    « place », or « bed » when what is counted is called « lits ».
    """
    if kind == "known" and figure is None:
        kind = "unknown"
    nouns = {"noun": "lit", "installed_noun": "lit installé"} if capacity == "bed" else {}
    values = {"figure": figure, "installed": installed, "kind": kind, "detail": detail, "large": large}
    values |= nouns or {"noun": "place", "installed_noun": "place installée"}
    return render_to_string("components/places.html", values)


class Constant(template.Node):
    """What ``{% constant %}`` holds, kept once it is drawn."""

    def __init__(self, nodelist: template.NodeList) -> None:
        self.nodelist = nodelist
        self.drawn: SafeString | None = None

    def render(self, context: template.Context) -> SafeString:
        """Draw it the first time."""
        if self.drawn is None:
            self.drawn = self.nodelist.render(context)
        return self.drawn


@register.tag
def constant(parser: template.base.Parser, token: template.base.Token) -> Constant:
    """Part of a template that no request changes, drawn once a process: ``{% constant %}…{% endconstant %}``."""
    nodelist = parser.parse(("endconstant",))
    parser.delete_first_token()
    return Constant(nodelist)


@register.simple_tag(takes_context=True)
def nav_items(context: template.Context, links: Iterable[NavLink], css: str = "") -> SafeString:
    """Entries of a list of navigation, written at once: they stand on every page. ``css``: class of their labels."""
    return SafeString("\n".join(f"<li>{_nav_link(link, context, css)}</li>" for link in links))


def _nav_link(link: NavLink, context: template.Context, css: str) -> str:
    label = conditional_escape(link.label)
    shown = (icon(link.icon) if link.icon else "") + (f'<span class="{css}">{label}</span>' if css else label)
    if link.method == "post":
        token = f'<input type="hidden" name="csrfmiddlewaretoken" value="{context["csrf_token"]}">'
        return f'<form action="{link.url}" method="post">{token}<button type="submit">{shown}</button></form>'
    current = f' aria-current="{link.current}"' if link.current else ""
    return f'<a href="{link.url}"{current}>{shown}</a>'


@register.inclusion_tag("components/note.html")
def message_note(message: Message) -> dict[str, Any]:
    """Message of the messages framework as a note; errors are announced at once (role « alert »)."""
    kind = NOTE_OF_LEVEL.get(message.level, "")
    role = "alert" if kind == "err" else ""
    text = message.message
    words = text if isinstance(text, SafeString) else french.french_spaces(str(text))
    return {"kind": kind, "title": "", "picture": NOTE_ICONS[kind], "role": role, "content": words}


@register.simple_block_tag
def note(content: SafeString, kind: str = "", title: str = "", role: str = "", picture: str = "") -> SafeString:
    """Framed sentence: ``{% note "warn" "Titre" %}…{% endnote %}``. Kinds: "" (information), ok, warn, err."""
    context = {"kind": kind, "title": title, "picture": picture or NOTE_ICONS[kind], "role": role, "content": content}
    return render_to_string("components/note.html", context)


@register.simple_block_tag
def record_block(content: SafeString, title: str, slug: str, tools: str = "") -> SafeString:
    """Block of a record page, its title on the left of wide screens. Nothing at all when the content is blank.

    ``tools`` (safe HTML): what may be done with the block, under its title.
    """
    if not content.strip():
        return SafeString("")
    return render_to_string(
        "components/record_block.html", {"title": title, "slug": slug, "tools": tools, "content": content}
    )


@register.simple_block_tag
def empty_state(content: SafeString, title: str) -> SafeString:
    """Framed text that stands where a list would be: what is missing, then what to do."""
    return render_to_string("components/empty_state.html", {"title": title, "content": content})


@register.simple_tag
def level_code(code: str) -> SafeString:
    """Short code of a level of the directory (EJ, EG, S1, S2, UF, UO), drawn apart."""
    css = {"EG": "code code-eg", "UO": "code code-uo"}.get(code, "code")
    return format_html('<span class="{}">{}</span>', css, code)


@register.inclusion_tag("components/breadcrumb.html")
def breadcrumb(crumbs: Sequence[Crumb]) -> dict[str, Any]:
    """Breadcrumb of ``common.pages.Crumb``; the last one is the current page."""
    return {"crumbs": crumbs}


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context: template.Context, page: Page, label: str = "Pages", noun: str = "élément") -> dict[str, Any]:
    """Links to the other pages of a list, with every GET parameter kept; nothing when there is one page only.

    ``noun`` (singular) names what is listed: « Établissements 1 à 15 sur 42, 15 par page ».
    """
    query = page_queries(context["request"].GET)
    last = page.paginator.num_pages
    return {
        "page": page,
        "links": [_page_link(number, page, query) for number in page_window(page.number, last)],
        "label": label,
        "title": french.plural(2, noun).capitalize(),
        "previous": query(page.number - 1) if page.has_previous() else "",
        "next": query(page.number + 1) if page.has_next() else "",
    }


def _page_link(number: int, page: Page, query: Callable[[int], str]) -> SafeString:
    if number == GAP:
        return SafeString('<span aria-hidden="true">…</span>')
    current = ' aria-current="page"' if number == page.number else ""
    words = french.number(number)
    return SafeString(f'<a href="{escape(query(number))}"{current} aria-label="Page {number}">{words}</a>')


@register.simple_tag
def required_legend(*, all_required: bool = False) -> SafeString:
    """Sentence to put before the first field: what the asterisk means, or that every field is required."""
    if all_required:
        return SafeString('<p class="meta">Sauf mention contraire, tous les champs sont obligatoires.</p>')
    return SafeString('<p class="meta"><span class="required">*</span> champ obligatoire</p>')


@register.inclusion_tag("components/error_summary.html")
def error_summary(*forms: BaseForm | list[BaseForm], title: str = "") -> dict[str, Any]:
    """List of what is to be corrected, each line a link to its field; nothing when the forms are valid or unbound.

    Several forms are given one by one, or in a list.
    """
    errors = list(_error_lines(each for form in forms for each in (form if isinstance(form, list) else [form])))
    words = "Une information est à corriger" if len(errors) == 1 else f"{len(errors)} informations sont à corriger"
    return {"errors": errors, "title": title or words}


def _error_lines(forms: Iterable[BaseForm]) -> Iterable[dict[str, str]]:
    for form in forms:
        if not form.is_bound:
            continue
        for error in form.non_field_errors():
            yield {"target": "", "label": "", "text": str(error)}
        for field in form:
            for error in field.errors:
                yield {"target": _focusable_id(field), "label": str(field.label), "text": str(error)}


def _focusable_id(field: BoundField) -> str:
    """Id of what a link can put the focus on: the field, or the first of its radio buttons or boxes."""
    if field.is_hidden:
        return ""
    return f"{field.auto_id}_0" if field.use_fieldset else field.id_for_label


@register.inclusion_tag("components/map.html")
def map_box(
    label: str,
    *,
    outlines: str = "",
    area: str = "",
    points: str = "",
    latitude: float | None = None,
    longitude: float | None = None,
    place: str = "",
    size: str = "",
) -> dict[str, Any]:
    """Map drawn by static/js/map.js; say the same thing in words beside it.

    ``outlines``, ``area``, ``points``: addresses of GeoJSON documents (background outlines; territory to fill; places
    to pin, see docs/frontend.md). ``latitude`` and ``longitude`` in degrees (WGS84) with ``place``, its name: one
    point. ``size``: "" or « sm » or « xs ».
    """
    point = {} if latitude is None or longitude is None else {"latitude": str(latitude), "longitude": str(longitude)}
    return {
        "label": label,
        "outlines": outlines,
        "area": area,
        "points": points,
        "point": point,
        "place": place,
        "size": size,
        "sprite": static(SPRITE),
        "tiles": settings.MAP_TILES,
    }
