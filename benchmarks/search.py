"""The search page, whole, beside a bare view; suggestions likewise; on « idf », then on a generated France.

Ours goes through every middleware, reads the address, and renders the site's page for a person signed in. The floor is
what a good Django developer would write at the simplest: the middleware of a new project, the person signed in and
their rights read from the tables, then one query, the best there is, for the same fifteen establishments with their
units, the totals and the same counts to refine by, and a plain list. It is given the terms and the position rather than
reading them, and has no filters that combine, no closures, no wider radius when too little is found, nothing kept, no
count of what is searched, no header, no map. For suggestions it is signed in likewise and asks one query for the labels
and how many units each has, without typing errors, acronyms, names of many namesakes or hidden places. Both answer
Django's test client, in turns, in one process; with eight clients, eight threads ask at once and a run is the time that
all of them take.

France (``benchmarks.france``) is a copy of the database thrown away at the end: 127,000 establishments, 500,000 units.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client, override_settings
from django.urls import path
from django.utils import timezone

from accounts.models import User
from accounts.roles import Permission
from benchmarks import search_export
from benchmarks.france import france, wrapper_of
from benchmarks.runner import BARE, Figure
from common.geo import chord_km_sql, chord_sql
from common.pages import PAGE_SIZE
from common.text import fold
from directory.scopes import Coverage, scope_of
from directory.territory.places import resolve_place
from ror.urls import urlpatterns as site_urls
from search.criteria import SearchCriteria
from search.engine.conditions import Asked, base_conditions, base_parameters, nearby_cte, radius_condition
from search.sight import place_visible
from search.words.matching import known_keys, read_text
from search.words.matching_sql import match_rank

GOAL, GOAL_GROWTH = 1.5, 3.0  # greatest ratios of the medians
READER = "consultation"  # a demonstration account
CLIENTS = 8
PLAIN_BACKEND = "django.contrib.auth.backends.ModelBackend"  # of the bare views

# Where and what: rare and common types, a discipline, words of a text, a place alone.
PLACED: tuple[tuple[str, str], ...] = (
    ("75010", "ACT"),
    ("Nanterre", "LHSS"),
    ("kremlin bicetre", "CSAPA"),
    ("Versailles", "Accueil ou hébergement pour personnes âgées dépendantes, sans spécificité"),
    ("75013", "psychiatrie"),
    ("92", "soins de suite"),
    ("Saint-Denis", "équipe mobile"),
    ("Paris 19", ""),
)
ANYWHERE: tuple[tuple[str, str], ...] = (
    ("", "ACT"),
    ("", "réanimation"),
    ("", "hébergement personnes âgées"),
    ("", "maison"),
)
QUERIES = PLACED + ANYWHERE
TYPED = ("app", "appartement de coo", "réa", "maison", "soins de sui", "nanter", "kiné", "urgen")
TEMPLATE = """<!doctype html><html lang="fr"><title>{{ where }} {{ what }}</title>
<h1>{{ rows.0.groups }} établissements, {{ rows.0.units }} UO</h1>
<label><input type="checkbox" name="places"> Au moins une place libre ({{ rows.0.free }})</label>
<label><input type="checkbox" name="ajour"> Chiffre à jour ({{ rows.0.fresh }})</label>
{% for title, choices in facets %}<fieldset><legend>{{ title }}</legend>{% for choice in choices %}<label>
<input type="checkbox" name="{{ title }}" value="{{ choice.1 }}"> {{ choice.2 }} ({{ choice.3 }})</label>{% endfor %}
</fieldset>{% endfor %}
<ol>{% for row in rows %}{% ifchanged row.group_id %}<li><h2><a href="/repertoire/eg/{{ row.group_id }}/">
{{ row.entity_name }}</a></h2><p>{{ row.commune }} ({{ row.department_code }}) {{ row.entity_phone }}
{% if row.distance != None %}{{ row.distance|floatformat:1 }} km{% endif %}</p></li>{% endifchanged %}
<p><a href="/repertoire/uo/{{ row.unit_id }}/">{{ row.name }}</a> {{ row.type_label }} {{ row.phone }}
{{ row.figure }} / {{ row.installed_places }} {{ row.stated_at|date:"d/m/Y H:i" }}</p>{% endfor %}</ol></html>"""
LIST = """<ul role="listbox">{% for row in rows %}
<li role="option">{{ row.label }} {{ row.detail }} {{ row.records }} UO</li>{% endfor %}</ul>"""
FLOOR = """
    SET LOCAL jit = off; SET LOCAL work_mem = '64MB'; SET LOCAL max_parallel_workers_per_gather = 0;
    WITH {nearby} base AS MATERIALIZED (
        SELECT d.id, d.group_id, d.sort_name, d.facet_ids, d.department_code, d.legal_entity_id, {rank} AS rank,
               {visible} AS visible,
               CASE WHEN {visible} THEN d.lat END AS lat, CASE WHEN {visible} THEN d.lon END AS lon,
               d.is_open AND d.figure > 0 AND d.expires_at >= %(now)s AS free,
               d.is_open AND d.figure IS NOT NULL AND d.stated_at >= %(now)s - d.rhythm * %(fresh_share)s AS fresh
        FROM search_searchdocument d WHERE {conditions}
    ),
    found AS (
        SELECT group_id, count(*) AS documents, any_value(sort_name) AS sort_name, max(rank) AS rank,
               {chord} AS chord
        FROM base GROUP BY group_id
    ),
    page AS (
        SELECT *, count(*) OVER () AS groups, sum(documents) OVER () AS units
        FROM found ORDER BY rank DESC, chord NULLS LAST, sort_name, group_id LIMIT %(size)s
    ),
    counted AS (
        SELECT term.nomenclature AS facet, term.id::text AS value, term.label AS label, used.count
        FROM (SELECT id, count(*) FROM (SELECT unnest(facet_ids) AS id FROM base) AS own GROUP BY id) AS used
        JOIN directory_term term USING (id)
        UNION ALL
        SELECT 'departement', code, department.name, used.count
        FROM (SELECT department_code AS code, count(*) FROM base GROUP BY 1) AS used
        JOIN directory_department department USING (code)
        UNION ALL
        SELECT 'ej', id::text, entity.name, used.count
        FROM (SELECT legal_entity_id AS id, count(*) FROM base GROUP BY 1 ORDER BY 2 DESC LIMIT 12) AS used
        JOIN directory_legalentity entity USING (id)
    ),
    listed AS (
        SELECT *, row_number() OVER (PARTITION BY facet ORDER BY count DESC, label) AS place FROM counted
    )
    SELECT page.groups, page.units, {km} AS distance, d.group_id, d.entity_name, d.entity_phone,
           d.department_code, CASE WHEN visible THEN c.list_name END AS commune, d.unit_id, d.name, d.type_label,
           d.phone, d.figure, d.installed_places, d.stated_at,
           (SELECT count(*) FROM base WHERE free) AS free, (SELECT count(*) FROM base WHERE fresh) AS fresh,
           (SELECT json_agg(json_build_array(facet, value, label, count)) FROM listed WHERE place <= 12) AS facets
    FROM page JOIN base USING (group_id) JOIN search_searchdocument d ON d.id = base.id
    LEFT JOIN directory_commune c ON c.insee = d.commune_insee
    ORDER BY page.rank DESC, page.chord NULLS LAST, d.sort_name, d.group_id, d.name
"""
SUGGESTED = """
    SELECT label, detail, CASE WHEN is_common THEN 1001 WHEN term_id IS NOT NULL THEN (
        SELECT count(*) FROM (SELECT 1 FROM search_searchdocument WHERE term_ids @> ARRAY[term_id] LIMIT 1001) AS held
    ) ELSE (SELECT count(*) FROM search_searchdocument WHERE group_id = geographic_entity_id) END AS records
    FROM (
        SELECT *, row_number() OVER (PARTITION BY "group" ORDER BY length(label), key) AS place
        FROM search_suggestion WHERE words @@ (to_tsquery('simple', %(last)s) && to_tsquery('fr', %(first)s))
    ) AS found WHERE place <= 4 ORDER BY "group", place
"""


def floor_asked(where: str, what: str) -> Asked:
    """What a query of the list means, read once for all."""
    place = resolve_place(where).place if where else None
    match = read_text(what, known_keys(what))
    return Asked.of(SearchCriteria(where, what), match, place, Coverage(), timezone.now())


def floor_statement(asked: Asked) -> tuple[str, dict[str, Any]]:
    """Return one query for the page's establishments, their units, the totals and the facets, and its parameters."""
    parameters = base_parameters(asked) | {"size": PAGE_SIZE}
    conditions = base_conditions(asked, parameters)
    chord = "NULL::float8"
    if near := radius_condition(asked, parameters):
        conditions.append(near)
    if asked.start:
        chord = chord_sql("min(lat)", "min(lon)")
    statement = FLOOR.format(
        nearby=nearby_cte(asked, parameters),
        rank="0" if asked.start else match_rank(asked.match, parameters),
        visible=place_visible(asked.coverage, parameters),
        conditions=" AND ".join(conditions),
        chord=chord,
        km=chord_km_sql("page.chord"),
    )
    return statement, parameters


@login_required
def floor_view(request: HttpRequest) -> HttpResponse:
    """Answer a query of the list by its number, with the places that this person may be told."""
    number = int(request.GET["numero"])
    coverage = readable(request)
    asked = replace(floor_view.asked[number], coverage=coverage, now=timezone.now())  # type: ignore[attr-defined]
    rows = fetched(*floor_statement(asked))
    where, what = QUERIES[number]
    choices = sorted(rows[0]["facets"] if rows else [], key=lambda choice: choice[0])
    facets = [(title, list(some)) for title, some in itertools.groupby(choices, key=lambda choice: choice[0])]
    page = floor_view.template.render({"rows": rows, "facets": facets, "where": where, "what": what})  # type: ignore[attr-defined]
    return HttpResponse(page)


def readable(request: HttpRequest) -> Coverage:
    """Where this person may be told hidden places; 403 without any role that reads the directory."""
    scope = scope_of(request.user)
    if not scope.may(Permission.DIRECTORY_READ):
        raise PermissionDenied
    return scope.coverage(Permission.SENSITIVE_READ)


@login_required
def floor_suggestions(request: HttpRequest) -> HttpResponse:
    """Best few of each group, by the beginning of the last word and the stems of the others."""
    readable(request)
    *first, last = fold(request.GET["q"]).split()
    rows = fetched(SUGGESTED, {"last": f"{last}:*", "first": " & ".join(first) or f"{last}:*"})
    return HttpResponse(floor_suggestions.template.render({"rows": rows}))  # type: ignore[attr-defined]


def fetched(statement: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of the last statement as dictionaries."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        while cursor.nextset():
            pass
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


urlpatterns = [path("plancher/", floor_view), path("plancher/suggestions/", floor_suggestions), *site_urls]


def figures() -> Iterable[Figure]:
    """Ours beside bare on both sizes, at one client and at eight; suggestions; growth; Excel."""
    settings.ROOT_URLCONF = __name__
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, PLAIN_BACKEND]
    floor_view.asked = [floor_asked(where, what) for where, what in QUERIES]  # type: ignore[attr-defined]
    floor_view.template = engines["django"].from_string(TEMPLATE)  # type: ignore[attr-defined]
    floor_suggestions.template = engines["django"].from_string(LIST)  # type: ignore[attr-defined]
    asking = Asking()
    yield from asking.figures("idf")
    for number, (where, what) in enumerate(QUERIES):
        yield asking.figure(f"{where or 'sans lieu'} + {what or 'tout'}"[:43], [number], rounds=10)
    yield from search_export.figures()
    asking.close()
    with france() as large:
        asking.move(large)
        yield from asking.figures("France")
        for number, (where, what) in enumerate(QUERIES):
            yield asking.figure(f"France, {where or 'sans lieu'} + {what or 'tout'}"[:43], [number], rounds=5)
        yield asking.growth()
        asking.close()


class Asking:
    """Two browsers on the site and two on the bare views, over « idf » or over ``large``."""

    def __init__(self) -> None:
        self.large: Any = None
        self.pools: dict[str, ThreadPoolExecutor] = {}
        self.opened: list[Any] = []
        self.user = User.objects.get(username=READER)
        self.ours, self.floor = self.clients()
        self.home = self.ours

    def move(self, large: Any) -> None:
        """Ask over the large database from now on, signed in there."""
        self.large = large
        self.ours, self.floor = self.clients()

    def clients(self) -> tuple[Client, Client]:
        """A browser signed in on our site, another on the bare views."""
        ours, floor = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
        with using(self.large):
            ours.force_login(self.user)
            floor.force_login(self.user, backend=PLAIN_BACKEND)
        with override_settings(MIDDLEWARE=BARE):
            floor.handler.load_middleware()
        return ours, floor

    def figures(self, size: str) -> Iterator[Figure]:
        """Ours beside bare over the lists of queries."""
        placed, anywhere = range(len(PLACED)), range(len(PLACED), len(QUERIES))
        yield self.figure(f"{size}, {len(PLACED)} demandes avec lieu", placed, goal=GOAL)
        yield self.figure(f"{size}, {len(ANYWHERE)} demandes sans lieu", anywhere, goal=GOAL)
        yield self.crowd(f"{size}, avec lieu, {CLIENTS} clients", placed)
        yield self.crowd(f"{size}, sans lieu, {CLIENTS} clients", anywhere)
        texts = itertools.cycle(TYPED), itertools.cycle(TYPED)
        yield Figure(
            f"{size}, suggestions",
            lambda: self.over(lambda: suggest(self.ours, "/recherche/suggestions/", next(texts[0]))),
            lambda: self.over(lambda: suggest(self.floor, "/plancher/suggestions/", next(texts[1]))),
            goal=GOAL,
            rounds=8 * len(TYPED),
            warm_up=len(TYPED),
        )

    def figure(self, label: str, numbers: Sequence[int], rounds: int = 0, goal: float | None = None) -> Figure:
        """Each run is the next of these queries."""
        mine, bare = itertools.cycle(numbers), itertools.cycle(numbers)
        return Figure(
            label,
            lambda: self.over(lambda: get_ours(self.ours, next(mine))),
            lambda: self.over(lambda: get_floor(self.floor, next(bare))),
            goal=goal,
            rounds=rounds or 8 * len(numbers),
            warm_up=len(numbers),
        )

    def crowd(self, label: str, numbers: Sequence[int]) -> Figure:
        """Eight browsers ask at once, each the next of these queries."""
        everybody = [self.clients() for _ in range(CLIENTS)]
        turn = itertools.cycle(numbers), itertools.cycle(numbers)

        def all_at_once(get: Callable[[Client, int], None], place: int) -> None:
            asked = [(clients[place], next(turn[place])) for clients in everybody]
            list(self.pool().map(lambda pair: get(*pair), asked))

        return Figure(
            label,
            lambda: all_at_once(get_ours, 0),
            lambda: all_at_once(get_floor, 1),
            goal=GOAL,
            rounds=10,
            warm_up=2,
        )

    def growth(self) -> Figure:
        """Ours over France beside ours over « idf », the queries with a place."""
        mine, bare = itertools.cycle(range(len(PLACED))), itertools.cycle(range(len(PLACED)))

        def at_home() -> None:
            get_ours(self.home, next(bare))

        return Figure(
            "500 000 unités / 20 000, avec lieu",
            lambda: self.over(lambda: get_ours(self.ours, next(mine))),
            at_home,
            goal=GOAL_GROWTH,
            rounds=8 * len(PLACED),
            warm_up=len(PLACED),
        )

    def over(self, ask: Callable[[], None]) -> None:
        """Ask over the large database when there is one."""
        with using(self.large):
            ask()

    def pool(self) -> ThreadPoolExecutor:
        """Threads of their own connections, to one database."""
        name = (self.large or connection).settings_dict["NAME"]
        if name not in self.pools:
            self.pools[name] = ThreadPoolExecutor(CLIENTS, initializer=self.connect, initargs=(name,))
        return self.pools[name]

    def connect(self, name: str) -> None:
        """Give this thread a connection of its own, out of the pool of connections."""
        connections["default"] = wrapper = wrapper_of(name)
        wrapper.inc_thread_sharing()  # closed by the main thread
        self.opened.append(wrapper)

    def close(self) -> None:
        """End the threads and their connections: a database in use is neither copied nor dropped."""
        for pool in self.pools.values():
            pool.shutdown()
        for wrapper in self.opened:
            wrapper.close()
        self.pools.clear()
        self.opened.clear()


@contextmanager
def using(wrapper: Any) -> Iterator[None]:
    """Put another database under the alias « default »."""
    kept = connections["default"]
    if wrapper is not None:
        wrapper.ensure_connection()
        connections["default"] = wrapper
    try:
        yield
    finally:
        connections["default"] = kept


def get_ours(client: Client, number: int) -> None:
    """Our page of a query of the list."""
    where, what = QUERIES[number]
    check(client.get("/recherche/?" + urlencode({"ou": where, "quoi": what})), b"en ")


def get_floor(client: Client, number: int) -> None:
    """The bare page of a query of the list."""
    check(client.get(f"/plancher/?numero={number}"), b"<h1>")


def suggest(client: Client, address: str, text: str) -> None:
    """What a text being typed may mean."""
    check(client.get(f"{address}?" + urlencode({"champ": "quoi", "q": text})), b"option")


def check(response: Any, expected: bytes) -> None:
    """Raise ``AssertionError`` when a page is not the one that is measured."""
    if response.status_code != 200 or expected not in response.content:
        raise AssertionError(f"{response.status_code} {response.content[:300]!r}")
