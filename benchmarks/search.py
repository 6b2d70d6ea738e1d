"""The search page, whole, beside a bare view: one good SQL query over the same documents and one template.

Ours goes through every middleware, reads the address, and renders the site's page for a person signed in. The floor is
given the terms and the position, asks for the same fifteen establishments with their units and totals, and renders a
plain list. Both answer Django's test client, in turns, in one process.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client, override_settings
from django.urls import path

from accounts.models import User
from benchmarks import search_export
from benchmarks.runner import Figure
from common.geo import distance_sql
from common.pages import PAGE_SIZE
from directory.scopes import Coverage
from directory.territory.places import resolve_place
from ror.urls import urlpatterns as site_urls
from search.matching import known_keys, read_text
from search.query import document_filter, text_rank

GOAL = 3.5  # greatest ratio of the medians: 2.6 to 3.0 measured, and room for a busy machine
READER = "consultation"  # a demonstration account

# Where and what: with a place or not, rare and common types, a discipline, words of a text, a place alone.
QUERIES: tuple[tuple[str, str], ...] = (
    ("75010", "ACT"),
    ("Nanterre", "LHSS"),
    ("kremlin bicetre", "CSAPA"),
    ("Versailles", "Accueil ou hébergement pour personnes âgées dépendantes, sans spécificité"),
    ("75013", "psychiatrie"),
    ("92", "soins de suite"),
    ("Saint-Denis", "équipe mobile"),
    ("Paris 19", ""),
    ("", "ACT"),
    ("", "réanimation"),
    ("", "hébergement personnes âgées"),
    ("", "maison"),
)
TEMPLATE = """<!doctype html><html lang="fr"><title>{{ where }} {{ what }}</title>
<h1>{{ rows.0.groups }} établissements, {{ rows.0.units }} UO</h1>
<ol>{% for row in rows %}{% ifchanged row.group_id %}<li><h2><a href="/repertoire/eg/{{ row.group_id }}/">
{{ row.entity_name }}</a></h2><p>{{ row.commune }} ({{ row.department_code }}) {{ row.entity_phone }}
{% if row.distance != None %}{{ row.distance|floatformat:1 }} km{% endif %}</p></li>{% endifchanged %}
<p><a href="/repertoire/uo/{{ row.unit_id }}/">{{ row.name }}</a> {{ row.type_label }} {{ row.phone }}
{{ row.figure }} / {{ row.installed_places }} {{ row.stated_at|date:"d/m/Y H:i" }}</p>{% endfor %}</ol></html>"""


def floor_statement(where: str, what: str) -> tuple[str, dict[str, Any]]:
    """Return one query for the page's establishments, their units and the totals, and its parameters."""
    place = resolve_place(where).place if where else None
    match = read_text(what, known_keys(what))
    chosen = document_filter(match, place, Coverage())
    parameters = chosen.parameters | {"size": PAGE_SIZE}
    distance, order = "NULL::float8", "rank DESC, sort_name, group_id"
    if place and place.point:
        parameters |= {"lat": place.point.lat, "lon": place.point.lon}
        distance, order = distance_sql("min(lat)", "min(lon)"), "distance NULLS LAST, sort_name, group_id"
    rank = text_rank(match, parameters) if "rank" in order else "0"
    statement = f"""
        WITH found AS (
            SELECT group_id, count(*) AS documents, min(sort_name) AS sort_name, {distance} AS distance, {rank} AS rank
            FROM search_searchdocument d WHERE {chosen.condition} GROUP BY group_id
        ),
        page AS (
            SELECT *, count(*) OVER () AS groups, sum(documents) OVER () AS units
            FROM found ORDER BY {order} LIMIT %(size)s
        )
        SELECT page.groups, page.units, page.distance, d.group_id, d.entity_name, d.entity_phone, d.department_code,
               c.list_name AS commune, d.unit_id, d.name, d.type_label, d.phone,
               d.figure, d.installed_places, d.stated_at
        FROM page JOIN search_searchdocument d USING (group_id)
        LEFT JOIN directory_commune c ON c.insee = d.commune_insee
        WHERE {chosen.condition} ORDER BY page.distance NULLS LAST, page.rank DESC, d.sort_name, d.group_id, d.name
    """
    return statement, parameters


def floor_view(request: HttpRequest) -> HttpResponse:
    """Answer a query of the list by its number: no session, no account, no reading of the text."""
    number = int(request.GET["numero"])
    with connection.cursor() as cursor:
        cursor.execute(*floor_view.statements[number])  # type: ignore[attr-defined]
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    where, what = QUERIES[number]
    page = floor_view.template.render({"rows": rows, "where": where, "what": what})  # type: ignore[attr-defined]
    return HttpResponse(page)


urlpatterns = [path("plancher/", floor_view), *site_urls]


def figures() -> Iterable[Figure]:
    """The whole list, each run of a figure being one query of it, then each query alone."""
    settings.ROOT_URLCONF = __name__
    floor_view.statements = [floor_statement(where, what) for where, what in QUERIES]  # type: ignore[attr-defined]
    floor_view.template = engines["django"].from_string(TEMPLATE)  # type: ignore[attr-defined]
    ours, floor = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
    ours.force_login(User.objects.get(username=READER))
    with override_settings(MIDDLEWARE=[]):
        floor.handler.load_middleware()

    def get_ours(number: int) -> None:
        where, what = QUERIES[number]
        check(ours.get("/recherche/?" + urlencode({"ou": where, "quoi": what})), b"en ")

    def get_floor(number: int) -> None:
        check(floor.get(f"/plancher/?numero={number}"), b"<h1>")

    everything = range(len(QUERIES))
    label = f"recherche, les {len(QUERIES)} demandes"
    yield in_turn(label, get_ours, get_floor, everything, goal=GOAL, rounds=20 * len(QUERIES))
    for number, (where, what) in enumerate(QUERIES):
        yield in_turn(f"{where or 'sans lieu'} + {what or 'tout'}"[:43], get_ours, get_floor, [number], rounds=20)
    yield from search_export.figures()


def in_turn(
    label: str, ours: Callable[[int], None], floor: Callable[[int], None], numbers: Sequence[int], **options: Any
) -> Figure:
    """Figure whose runs go through the numbered queries one after the other."""
    mine, bare = itertools.cycle(numbers), itertools.cycle(numbers)
    return Figure(label, lambda: ours(next(mine)), lambda: floor(next(bare)), warm_up=len(numbers), **options)


def check(response: Any, expected: bytes) -> None:
    """Raise ``AssertionError`` when a page is not the one that is measured."""
    if response.status_code != 200 or expected not in response.content:
        raise AssertionError(f"{response.status_code} {response.content[:300]!r}")
