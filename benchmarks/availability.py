"""Saving a figure, and the synthesis, beside bare Django views; then what the synthesis costs with 25 times the units.

- A save: our entry page answers a row saved by htmx; the floor is the least that a Django view does for the same
  answer. Middleware of a new project (session, CSRF token and account among them), a form of the same fields, one query
  that finds the unit among the person's, the current figure locked and its version compared, the statement added, the
  figure updated, and the row rendered with the same words, fields, buttons and links. It has none of our rules (slip
  guard, pools, closures, lines, undo, a form sent twice) and brings no total and no search index up to date.
- The synthesis: ours for a person signed in, unfiltered; the floor sends the best GROUP BY over the same tables and
  renders a plain table.
- Growth: ours over 500,000 units, beside ours over 20,000, in a copy of the database that is thrown away.

Units are written by SQL, spread over the departments, the types that groupings name, and every age of figure.
"""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any, cast

from django import forms
from django.conf import settings
from django.db import connection, connections, transaction
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template import engines
from django.test import Client, override_settings
from django.urls import path, reverse
from django.utils import timezone

from accounts.models import LegalText, TermsAcceptance, User
from accounts.roles import Role
from availability import membership, summary
from availability.models import AvailabilityEntry, CurrentFigure
from availability.services import LARGEST_FIGURE
from benchmarks.runner import BARE, Figure
from common.identifiers import luhn_key
from directory.enums import Nomenclature
from directory.models import Assignment, Commune, GeographicEntity, LegalEntity, OperationalUnit, Term
from ror.cluster import Cluster
from ror.urls import urlpatterns as site_urls

OWN_DATABASE = "ror_bench_availability"
UNITS, MANY_UNITS = 20_000, 500_000
GOAL_SAVE, GOAL_PAGE, GOAL_GROWTH = 2.0, 2.0, 3.0
ROW = """<li id="ligne-{{ unit.pk }}"><input type="hidden" name="unit" value="{{ unit.pk }}">
<h3><small>{{ unit.geographic_entity.name }}</small>
<a href="{% url "directory:unit_detail" unit.pk %}">{{ unit.name }}</a>
</h3><p>{{ unit.unit_type.label }} · {{ unit.geographic_entity.commune.list_name }}</p>
{% if unit.geographic_entity.phone %}<p>{{ unit.geographic_entity.phone }}</p>{% endif %}
<p>Enregistré le {{ figure.stated_at|date:"d/m/Y à H:i" }}</p>
<p>{{ figure.figure }} place{{ figure.figure|pluralize }} ({{ previous }} auparavant) par vous</p>
{% if figure.comment %}<p>« {{ figure.comment }} »</p>{% endif %}
{% for field in form %}{% if field.field.widget.is_hidden %}
<input type="hidden" name="{{ field.html_name }}" value="{{ field.value|default_if_none:"" }}">{% else %}
<label for="{{ field.id_for_label }}">{{ field.label }}</label>
<input id="{{ field.id_for_label }}" name="{{ field.html_name }}" value="{{ field.value|default_if_none:"" }}"
{% if field.errors %} aria-invalid="true" aria-describedby="{{ field.id_for_label }}_error"{% endif %}>
{% if field.errors %}<p id="{{ field.id_for_label }}_error">{{ field.errors|join:" " }}</p>{% endif %}{% endif %}
{% endfor %}<p>sur {{ unit.installed_places }} place{{ unit.installed_places|pluralize }}</p>
{% for name, label in buttons %}<button name="{{ name }}" value="{{ unit.pk }}" hx-post="{{ request.get_full_path }}"
hx-target="#ligne-{{ unit.pk }}" hx-swap="outerHTML">{{ label }}<span class="visually-hidden"> {{ unit.name }}</span>
</button>{% endfor %}<a href="{% url "availability:closure_add" %}?unite={{ unit.pk }}">Déclarer une indisponibilité</a>
<a href="{% url "availability:expected_add" unit.pk %}">Annoncer une place</a>
<a href="{% url "availability:history" unit.pk %}">Historique</a></li>"""
SHOWN = (  # of the wide records
    *("name", "installed_places", "unit_type__label", "geographic_entity__name", "geographic_entity__phone"),
    "geographic_entity__commune__list_name",
)
BUTTONS = [("save", "Enregistrer"), ("undo", "Annuler"), ("add_line", "Ajouter une ligne")]
TABLE = """<!doctype html><html lang="fr"><title>Synthèse</title><h1>Synthèse</h1><table>{% for name, cells in rows %}
<tr><th>{{ name }}</th>{% for cell in cells %}<td>{{ cell.free }} {{ cell.counted }}/{{ cell.open }}
{{ cell.oldest|date:"d/m/Y H:i" }}</td>{% endfor %}</tr>{% endfor %}</table></html>"""
GROUP_BY = """
WITH held AS (
    SELECT row.grouping_id, row.department_code, max(row.free) FILTER (WHERE row.expires_at >= %(now)s) AS free,
           count(*) FILTER (WHERE row.free IS NOT NULL AND row.expires_at >= %(now)s) AS counted,
           count(*) AS open, min(row.confirmed_at) FILTER (WHERE row.expires_at >= %(now)s) AS oldest
    FROM availability_groupedunit row
    WHERE row.is_open AND NOT EXISTS (
        SELECT 1 FROM availability_unitclosure closure
        WHERE closure.unit_id = row.unit_id AND closure.withdrawn_at IS NULL AND closure.starts_at <= %(now)s
          AND (closure.ends_at IS NULL OR closure.ends_at > row.confirmed_at))
    GROUP BY row.grouping_id, row.department_code, coalesce(-row.pool_id, row.unit_id)
)
SELECT grouping.name, department_code, sum(held.free) AS free, sum(held.counted) AS counted,
       sum(held.open) AS open, min(held.oldest) AS oldest
FROM held JOIN availability_grouping grouping ON grouping.id = held.grouping_id
WHERE NOT grouping.is_crisis
GROUP BY grouping."order", grouping.name, department_code ORDER BY grouping."order", grouping.name, department_code
"""


def figures() -> Iterable[Figure]:
    """A save, the synthesis, and its growth."""
    settings.ROOT_URLCONF = __name__
    bare_save.row = engines["django"].from_string(ROW)  # type: ignore[attr-defined]
    bare_synthesis.table = engines["django"].from_string(TABLE)  # type: ignore[attr-defined]
    template = _make_template()
    write_units(template, UNITS)
    user = _make_user()
    yield _saving(user)
    address = reverse("availability:synthesis")
    ours, floor = _clients(user)
    yield Figure(
        "synthèse, 20 000 unités",
        lambda: _measured(lambda: ours.get(address), b"92"),
        lambda: _measured(lambda: floor.get("/plancher/synthese/"), b"<td>"),
        goal=GOAL_PAGE,
    )
    with _large_copy(template) as large:
        yield Figure(
            "synthèse, 500 000 unités / 20 000",
            lambda: _timed(large, lambda: _measured(lambda: ours.get(address), b"92")),
            lambda: _measured(lambda: ours.get(address), b"92"),
            goal=GOAL_GROWTH,
            rounds=20,
        )


# Bare views.


def _places(label: str, *, required: bool = False) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=required, min_value=0, max_value=LARGEST_FIGURE)


class BareForm(forms.Form):
    """The fields of a row, as Django has them."""

    figure = _places("Disponibilité courante", required=True)
    men, women, any_sex = _places("Homme"), _places("Femme"), _places("Indifférent")
    accessible, single_room, shared_room = _places("PMR"), _places("Chambre indiv."), _places("Chambre part.")
    comment = forms.CharField(label="Commentaire", required=False, max_length=500)
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    request_id = forms.UUIDField(widget=forms.HiddenInput)


def bare_save(request: HttpRequest) -> HttpResponse:
    """Append the statement, bring the current figure under a row lock, answer the row."""
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    pk, today = int(request.POST["save"]), timezone.localdate()
    in_force = Q(valid_until=None) | Q(valid_until__gte=today)
    assigned = Assignment.objects.filter(in_force, user=request.user, role=Role.DIRECTOR, valid_from__lte=today)
    units = OperationalUnit.objects.select_related("unit_type", "geographic_entity__commune").only(*SHOWN)
    unit = get_object_or_404(units, pk=pk, geographic_entity__in=assigned.values("geographic_entity"))
    form = BareForm(request.POST, prefix=f"u{pk}")
    if not form.is_valid():
        return HttpResponse(form.errors.as_ul(), status=422)
    with transaction.atomic():
        current = CurrentFigure.objects.select_for_update().get(pk=pk)
        if current.version != form.cleaned_data["version"]:
            return HttpResponse(status=409)
        previous = current.figure
        _bare_write(current, form.cleaned_data, request.user)
    initial = {name: getattr(current, name) for name in form.fields if name != "request_id"}
    again = BareForm(prefix=f"u{pk}", initial=initial | {"request_id": uuid.uuid4()})
    context = {"unit": unit, "figure": current, "previous": previous, "form": again, "buttons": BUTTONS}
    return HttpResponse(bare_save.row.render(context, request))  # type: ignore[attr-defined]


def _bare_write(current: CurrentFigure, values: dict[str, Any], user: Any) -> None:
    """Add the statement, and copy it on the current figure."""
    now = timezone.now()
    stated = {name: value for name, value in values.items() if name not in ("version", "request_id")}
    stated |= {"version": current.version + 1, "stated_at": now, "confirmed_at": now, "by": user, "source": "web"}
    AvailabilityEntry.objects.create(unit_id=current.pk, recorded_at=now, request_id=values["request_id"], **stated)
    for name, value in (stated | {"expires_at": now + 3 * current.rhythm}).items():
        setattr(current, name, value)
    current.save(update_fields=[*stated, "expires_at"])


def bare_synthesis(request: HttpRequest) -> HttpResponse:
    """One query, one table: no session, no account."""
    with connection.cursor() as cursor:
        cursor.execute(GROUP_BY, {"now": timezone.now()})
        names = [column.name for column in cursor.description]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    rows = [(name, list(cells)) for name, cells in itertools.groupby(found, key=lambda cell: cell["name"])]
    return HttpResponse(bare_synthesis.table.render({"rows": rows}))  # type: ignore[attr-defined]


urlpatterns = [path("plancher/", bare_save), path("plancher/synthese/", bare_synthesis), *site_urls]


# Measures.


def _saving(user: User) -> Figure:
    """A figure saved by htmx, each time on the next of the person's units; the floor on units of its own."""
    ours, floor = _clients(user, bare=BARE)
    token = "a" * 32  # a CSRF secret
    for client in (ours, floor):
        client.cookies[settings.CSRF_COOKIE_NAME] = token
    mine, other = (itertools.cycle(_units(user, place)) for place in (0, 1))
    numbers = itertools.cycle([3, 4, 5])

    def save_ours() -> float:
        pk = next(mine)
        data = _form(pk, _version(pk), next(numbers)) | {"csrfmiddlewaretoken": token}
        return _measured(lambda: ours.post(reverse("availability:entry"), data, HTTP_HX_REQUEST="true"), b"li")

    def save_floor() -> float:
        pk = next(other)
        data = _form(pk, _version(pk), next(numbers)) | {"csrfmiddlewaretoken": token}
        return _measured(lambda: floor.post("/plancher/", data), b"li")

    return Figure("saisie d’un chiffre", save_ours, save_floor, goal=GOAL_SAVE, rounds=100, warm_up=10)


def _form(pk: int, version: int, figure: int) -> dict[str, Any]:
    """What the page sends for one row."""
    counts = ("men", "women", "any_sex", "accessible", "single_room", "shared_room", "comment")
    row = {"figure": figure, "version": version, "request_id": uuid.uuid4(), **dict.fromkeys(counts, "")}
    return {"unit": pk, "save": pk} | {f"u{pk}-{name}": value for name, value in row.items()}


def _clients(user: User, bare: list[str] | None = None) -> tuple[Client, Client]:
    """A browser signed in on our site, another on bare views with few middlewares."""
    ours, floor = (Client(enforce_csrf_checks=True, SERVER_NAME="localhost") for _ in range(2))
    for client in (ours, floor):
        client.force_login(user)
    with override_settings(MIDDLEWARE=bare or []):
        floor.handler.load_middleware()
    return ours, floor


def _measured(ask: Callable[[], Any], expected: bytes) -> float:
    """Milliseconds of a request. Raises ``AssertionError`` when the answer is not the one that is measured."""
    started = time.perf_counter()
    response = ask()
    elapsed = (time.perf_counter() - started) * 1000
    if response.status_code != 200 or expected not in response.content:
        raise AssertionError(f"{response.status_code} {response.content[:600]!r}")
    return elapsed


def _timed(wrapper: Any, ask: Callable[[], float]) -> float:
    """Milliseconds of ``ask`` on another database, connected before it is measured."""
    kept = connections["default"]
    connections["default"] = wrapper
    try:
        wrapper.ensure_connection()
        return ask()
    finally:
        connections["default"] = kept


def _version(pk: int) -> int:
    return CurrentFigure.objects.values_list("version", flat=True).get(pk=pk)


# Data, by SQL.


def write_units(template: OperationalUnit, size: int) -> None:
    """Copy the template until there are ``size`` units, with figures of every age, then what is derived of them."""
    entity = template.geographic_entity_id
    have = OperationalUnit.objects.count()
    communes = "(array(SELECT insee FROM directory_commune WHERE parent_id IS NULL ORDER BY insee))"
    types = "(array(SELECT DISTINCT term_id FROM availability_grouping_unit_types ORDER BY term_id))"
    first = GeographicEntity.objects.order_by("-pk").values_list("pk", flat=True)[0]
    entities = (size - have) // 10
    with connection.cursor() as cursor:
        copied = {"name": "'Établissement ' || n", "sort_name": "'etablissement ' || n"}
        insee = f"{communes}[1 + n % array_length({communes}, 1)]"
        _copy("directory_geographicentity", entity, entities, copied | {"commune_id": insee})
        copied = {"name": "'Unité ' || n", "sort_name": "'unite ' || n"}
        kind = f"{types}[1 + n % array_length({types}, 1)]"
        owner = f"{first} + 1 + n % {entities}"
        _copy(
            "directory_operationalunit",
            template.pk,
            size - have,
            copied | {"geographic_entity_id": owner, "unit_type_id": kind},
        )
        cursor.execute(FIGURES)
        cursor.execute("ANALYZE directory_operationalunit, directory_geographicentity, availability_currentfigure")
    membership.bring_to_rhythm(unit_ids=None)
    summary.rebuild()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


FIGURES = """
WITH rhythm AS (
    SELECT link.term_id, coalesce(own.rhythm, min(rule.rhythm)) AS rhythm
    FROM availability_grouping_unit_types link JOIN availability_grouping rule ON rule.id = link.grouping_id
    LEFT JOIN availability_unittyperhythm own ON own.unit_type_id = link.term_id
    GROUP BY link.term_id, own.rhythm
), drawn AS (
    SELECT unit.id, rhythm.rhythm, now() - rhythm.rhythm * 4 * abs(hashint8(unit.id) % 1000) / 1000 AS at
    FROM directory_operationalunit unit JOIN rhythm ON rhythm.term_id = unit.unit_type_id
    WHERE NOT EXISTS (SELECT 1 FROM availability_currentfigure known WHERE known.unit_id = unit.id)
)
INSERT INTO availability_currentfigure (
    unit_id, is_allowed, is_open, rhythm, version, figure, stated_at, confirmed_at, changed_at, expires_at,
    opened_at, source, comment, lines, is_over_capacity
)
SELECT id, true, true, rhythm, 1, id % 7, at, at, at, at + 3 * rhythm, at, 'web', '', '[]', false FROM drawn
"""


def _copy(table: str, pk: int, size: int, changed: dict[str, str]) -> None:
    """Copy a row ``size`` times; ``changed`` gives the SQL of some columns, with ``n`` from 0."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'"
            " AND column_name <> 'id'",
            [table],
        )
        names = [name for (name,) in cursor.fetchall()]
        values = ", ".join(changed.get(name, f"source.{name}") for name in names)
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {values}"
            f" FROM {table} source CROSS JOIN generate_series(0, {size - 1}) AS n WHERE source.id = {pk}"
        )


def _make_template() -> OperationalUnit:
    """A unit in Nanterre, from which others are copied."""
    ej = LegalEntity.objects.create(name="Association de mesure", siren="88000000" + luhn_key("88000000"))
    eg = GeographicEntity.objects.create(
        legal_entity=ej, name="Établissement de mesure", commune=Commune.objects.get(insee="92050")
    )
    kind = Term.objects.of(Nomenclature.UNIT_TYPE).get(code="94.46")
    return OperationalUnit.objects.create(
        geographic_entity=eg, name="Unité de mesure", unit_type=kind, care_mode=kind.preset_mode, installed_places=35
    )


def _make_user() -> User:
    """A director of two establishments, who reads the region and has accepted the terms."""
    user = User.objects.create(username="mesure", email="mesure@ror.example", first_name="M", last_name="Esure")
    for entity in GeographicEntity.objects.order_by("pk")[1:3]:
        Assignment.objects.create(
            user=user, role=Role.DIRECTOR, scope_kind="eg", geographic_entity=entity, valid_from=timezone.localdate()
        )
    for text in LegalText.objects.all():
        TermsAcceptance.objects.create(user=user, text=text, accepted_at=timezone.now())
    return user


def _units(user: User, place: int) -> list[int]:
    """Ids of the open units of one of the person's establishments."""
    entity = user.assignments.order_by("geographic_entity")[place].geographic_entity_id
    found = CurrentFigure.objects.filter(unit__geographic_entity=entity, is_open=True).order_by("pk")
    return list(found.values_list("pk", flat=True))


@contextmanager
def _large_copy(template: OperationalUnit) -> Iterator[Any]:
    """Connection to a copy of the database with 500,000 units, dropped at the end."""
    cluster, values = Cluster(), settings.DATABASES["default"]
    large = f"{values['NAME']}_large"
    cluster.drop_database(large)
    connections.close_all()
    cast("DatabaseWrapper", connections["default"]).close_pool()
    with cluster.connect() as admin:
        admin.execute(f"CREATE DATABASE {large} TEMPLATE {values['NAME']} OWNER {values['USER']}")
    wrapper = _wrapper(large)
    kept = connections["default"]
    connections["default"] = wrapper
    try:
        write_units(template, MANY_UNITS)
        connections["default"] = kept
        yield wrapper
    finally:
        connections["default"] = kept
        wrapper.close()
        cluster.drop_database(large)


def _wrapper(name: str) -> Any:
    """Connection of its own to another database of the cluster, under the alias « default »."""
    values = deepcopy(connections["default"].settings_dict) | {"NAME": name}
    values["OPTIONS"] = {key: value for key, value in values["OPTIONS"].items() if key != "pool"}
    return type(connections["default"])(values, "default")
