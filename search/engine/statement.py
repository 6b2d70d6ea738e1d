"""The statements of a search: lines in order, totals and counts to refine by, over documents read once.

``base`` holds the documents that pass every condition but one filter at most; ``failed`` is the bit of that filter, 0
when all pass. Lines and totals are made of those that pass all; the counts of a facet take in those that fail this
facet alone, so that several values of one facet may be ticked and every count stays right (spec 40, Results).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from availability.guichet.needs import Fit
from common.geo import chord_km_sql, chord_sql
from common.pages import PAGE_SIZE

from ..criteria import FACET_LISTS, Facet, Sort
from ..sight import place_visible
from ..words.matching_sql import match_rank
from .beside import STANDS_THERE, fits_sql, fitting_counts_sql, open_now_sql, reached_cte
from .conditions import (
    COUNTS,
    ENOUGH_LINES,
    FACET_BITS,
    FREE,
    FREE_BIT,
    FRESH,
    FRESH_BIT,
    OPEN_BIT,
    SERVES,
    Asked,
    base_conditions,
    base_parameters,
    filters_of,
    nearby_cte,
    radius_condition,
)
from .fit_sql import FIGURES, fit_sql
from .outcome import SHOWN_LIMIT

CHOICES_SHOWN = 12  # of one facet
CHOICES_UNFOLDED = 500
_DOCUMENTS_LOOKED_AT = 20_000  # to tell whether the usual radius holds enough lines
Statement = tuple[str, dict[str, Any]]
# Before a statement, in its round trip, until the end of the transaction: queries are short, sorts and counts stay in
# memory; workers cost more to start than they save, and others wait for the machine.
TUNED = "SET LOCAL jit = off; SET LOCAL work_mem = '64MB'; SET LOCAL max_parallel_workers_per_gather = 0; "

_READ = (
    "d.id, d.unit_id, d.group_id, d.sort_name, d.department_code, d.legal_entity_id, d.facet_ids, d.is_open, d.figure,"
    " d.stated_at, d.rhythm, d.pool_id, d.has_own_place"
)
_KEPT = (
    "d.id, d.unit_id, d.group_id, d.sort_name, d.department_code, d.legal_entity_id, d.facet_ids, d.figure, d.pool_id,"
    " d.has_own_place, d.lat, d.lon, d.hidden, d.serves, d.rank, d.counts"
)


def page_statement(asked: Asked, user_id: int | None) -> Statement:
    """One row: totals, ids and kilometres of the first lines, choices of the facets, whether the radius was lifted.

    Then the counts of ``beside``, what the person keeps, which a page of results marks, and ids of the documents of the
    page asked for.
    """
    ctes, parameters = _base(asked)
    parameters |= {"limit": SHOWN_LIMIT, "user": user_id, "page": asked.criteria.page, "size": PAGE_SIZE}
    facets = _facets(asked, parameters)
    statement = f"""
        WITH {ctes}, {_found(asked, parameters)},
        page AS (
            SELECT group_id, {chord_km_sql("chord")} AS km, row_number() OVER () AS place
            FROM (SELECT * FROM found ORDER BY {_order(asked)} LIMIT %(limit)s) AS first_ones
        ),
        totals AS (
            SELECT count(*) FILTER (WHERE failed = 0 AND group_id > 0) AS units,
                   count(*) FILTER (WHERE failed = 0 AND group_id < 0) AS practitioners,
                   count(*) FILTER (WHERE free AND failed IN (0, {FREE_BIT})) AS free,
                   count(*) FILTER (WHERE fresh AND failed IN (0, {FRESH_BIT})) AS fresh,
                   count(*) FILTER (WHERE failed IN (0, {OPEN_BIT}) AND {_passes_opening(asked)}) AS open
            FROM base
        ),
        {facets}, {reached_cte(asked, parameters)}
        SELECT (SELECT count(*) FROM found WHERE group_id > 0), totals.*, {_is_widened(asked)},
               (SELECT array_agg(group_id ORDER BY place) FROM page), (SELECT array_agg(km ORDER BY place) FROM page),
               (SELECT json_agg(json_build_array(bit, value, label, count, choices)) FROM listed),
               (SELECT counts FROM reached), {open_now_sql(asked, parameters)}, {fits_sql(asked)},
               {fitting_counts_sql(asked, parameters)},
               (SELECT array_agg(unit_id) FROM search_keptunit WHERE user_id = %(user)s),
               (SELECT array_agg(id) FROM base WHERE failed = 0 AND group_id = ANY(ARRAY(
                   SELECT group_id FROM page WHERE place > (%(page)s - 1) * %(size)s AND place <= %(page)s * %(size)s
               )))
        FROM totals
    """  # noqa: S608 (columns and conditions are written in this module and in conditions)
    return statement, parameters


def units_statement(asked: Asked) -> Statement:
    """Ids of the units found, without an order."""
    ctes, parameters = _base(asked)
    return f"WITH {ctes} SELECT unit_id FROM base WHERE failed = 0 AND unit_id IS NOT NULL", parameters  # noqa: S608


def reach_statement(asked: Asked) -> Statement:
    """Whether the usual radius holds too few lines, filters apart; for what is ``asked`` within one."""
    ctes, parameters = _base(asked)
    return f"WITH {ctes} SELECT is_short FROM reach", parameters  # noqa: S608 (as above)


def rows_statement(
    asked: Asked, columns: str, groups: Sequence[int] | None = None, documents: Sequence[int] | None = None
) -> Statement:
    """Documents found: ``columns`` of ``d``, its commune ``c`` and what ``base`` says of it (``b``).

    All of them in the order of the screen, with ``found.chord``; or those of some ``groups``, in the order of a line;
    or ``documents`` known to be found, without needs.
    """
    lines, order = "base b", ""
    if documents is not None:
        parameters = base_parameters(asked) | {"documents": list(documents)}
        read = f"d.id, {_place(asked, parameters)}, {_serves(asked)} AS serves, 0 AS failed"
        ctes = f"base AS (SELECT {read} FROM search_searchdocument d WHERE d.id = ANY(%(documents)s::bigint[]))"  # noqa: S608
    elif groups is None:
        ctes, parameters = _base(asked)
        ctes = f"{ctes}, {_found(asked, parameters)}"
        lines, order = "found JOIN base b ON b.group_id = found.group_id", f"{_order(asked, 'found.')}, "
    else:
        ctes, parameters = _base(replace(asked, sort=Sort.DISTANCE), "d.group_id = ANY(%(groups)s::bigint[])")
        parameters["groups"] = list(groups)
    if asked.criteria.has_needs:
        order = f"{order}b.fit, "
    statement = f"""
        WITH {ctes}
        SELECT {columns}
        FROM {lines}
        JOIN search_searchdocument d ON d.id = b.id LEFT JOIN directory_commune c ON c.insee = d.commune_insee
        WHERE b.failed = 0 ORDER BY {order}b.serves DESC, ror_fold(d.name), d.id
    """  # noqa: S608 (as above)
    return statement, parameters


def count_statement(asked: Asked) -> Statement:
    """Number of lines, and of practitioners among them, each of whom has one document."""
    ctes, parameters = _base(asked)
    counts = "ARRAY[count(DISTINCT group_id), count(*) FILTER (WHERE group_id < 0)]"
    return f"WITH {ctes} SELECT {counts} FROM base WHERE failed = 0", parameters  # noqa: S608 (as above)


def _base(asked: Asked, *narrowed: str) -> Statement:
    """``base``, and what it is made of: the usual radius first, then all the rest when it holds too few lines.

    Filters and needs have no say in that, so that ticking one never finds elsewhere what its count does not tell.
    """
    parameters = base_parameters(asked)
    conditions = [*base_conditions(asked, parameters), *narrowed]
    near = radius_condition(asked, parameters, looks_up=not narrowed)
    left = _left(asked, parameters)
    if not asked.may_widen:
        kept = [*conditions, near] if near else conditions
        return (
            f"{nearby_cte(asked, parameters)} base AS MATERIALIZED ({_documents(asked, kept, parameters)} {left})",
            parameters,
        )
    parameters |= {"looked_at": _DOCUMENTS_LOOKED_AT, "enough": ENOUGH_LINES}
    far = ["(SELECT is_short FROM reach)", *conditions, f"{near} IS NOT TRUE"]
    ctes = f"""
        {nearby_cte(asked, parameters)}
        near AS MATERIALIZED ({_documents(asked, [*conditions, near], parameters)}),
        reach AS MATERIALIZED (
            SELECT count(DISTINCT group_id) < %(enough)s AS is_short
            FROM (SELECT group_id FROM near LIMIT %(looked_at)s) AS first_ones
        ),
        far AS MATERIALIZED ({_documents(asked, far, parameters)} {left}),
        base AS {"" if left else "NOT "}MATERIALIZED (SELECT * FROM near AS d {left} UNION ALL SELECT * FROM far)
    """  # noqa: S608 (as above)
    return ctes, parameters


def _documents(asked: Asked, conditions: list[str], parameters: dict[str, Any]) -> str:
    """Documents under these conditions and the filters they fail; an expression is computed once (``OFFSET 0``)."""
    rank = match_rank(asked.match, parameters) if asked.sort == Sort.RELEVANCE else "0"
    filters = filters_of(asked, parameters)
    failed = " + ".join(f"CASE WHEN {each.condition} THEN 0 ELSE {each.bit} END" for each in filters) or "0"
    fit, rules, figures = "", "", ""
    if asked.criteria.has_needs:
        fit = f", {fit_sql(asked.criteria.needs, asked.now, parameters)} AS fit"
        rules, figures = ", d.sex, d.min_age_days, d.max_age_days", FIGURES
    return f"""
        SELECT * FROM (
            SELECT {_KEPT}, {FREE} AS free, {FRESH} AS fresh, {failed} AS failed{fit}
            FROM (
                SELECT {_READ}, {_place(asked, parameters)}, {_serves(asked)} AS serves, {rank} AS rank,
                       {COUNTS} AS counts{rules}
                FROM search_searchdocument d WHERE {" AND ".join(conditions)} OFFSET 0
            ) AS d {figures} OFFSET 0
        ) AS d
    """  # noqa: S608 (as above)


def _place(asked: Asked, parameters: dict[str, Any]) -> str:
    """Columns ``lat``, ``lon`` and ``hidden``: where a document is, when it may be told."""
    visible = place_visible(asked.coverage, parameters)
    if visible == "true":
        return "d.lat, d.lon, false AS hidden"
    return (
        f"CASE WHEN {visible} THEN d.lat END AS lat, CASE WHEN {visible} THEN d.lon END AS lon, NOT {visible} AS hidden"
    )


def _serves(asked: Asked) -> str:
    return SERVES if asked.place and asked.place.insee else "false"


def _left(asked: Asked, parameters: dict[str, Any]) -> str:
    """What leaves out the documents ``d`` that fail more than one filter, and the units that do not fit."""
    parts = []
    if len(filters_of(asked, parameters)) > 1:
        parts.append("d.failed & (d.failed - 1) = 0")
    if asked.criteria.has_needs and asked.criteria.hides_unfit:
        parts.append(f"d.fit <> {Fit.NO_FIT.rank}")
    return f"WHERE {' AND '.join(parts)}" if parts else ""


def _found(asked: Asked, parameters: dict[str, Any]) -> str:
    """One row a line. The units of an EG stand at its address, but for those that have their own: the nearest counts.

    What an order does not need is not computed.
    """
    chord = at = "NULL::float8"
    if asked.start:
        at = chord_sql(
            "max(CASE WHEN NOT b.has_own_place THEN b.lat END)", "max(CASE WHEN NOT b.has_own_place THEN b.lon END)"
        )
        chord = f"least({at}, min(CASE WHEN b.has_own_place THEN {chord_sql('b.lat', 'b.lon')} END))"
    columns = f", count(*) FILTER (WHERE {STANDS_THERE}) AS at_units, {at} AS at_chord"
    if asked.sort == Sort.RELEVANCE:
        columns += ", max(b.rank) AS rank, max(CASE WHEN b.fresh THEN 2 WHEN b.counts THEN 1 ELSE 0 END) AS freshness"
    if asked.criteria.has_needs:
        columns += ", min(b.fit) AS fit"
    extra, wide = "", ""
    if asked.sort == Sort.PLACES:
        extra, wide = _PLACES, ", places.free"
    if asked.sort == Sort.RELEVANCE:
        extra = "LEFT JOIN directory_recordquality quality ON quality.geographic_entity_id = line.group_id"
        wide = ", coalesce(quality.percent, 0) AS percent"
    return f"""
        found AS MATERIALIZED (
            SELECT line.*{wide}
            FROM (
                SELECT b.group_id, any_value(b.sort_name) AS sort_name, bool_or(b.serves) AS serves,
                       {chord} AS chord{columns}
                FROM base b WHERE b.failed = 0 GROUP BY b.group_id
            ) AS line {extra}
        )
    """  # noqa: S608 (as above)


# Free places that count now; a pool once an EG.
_PLACES = """
    LEFT JOIN (
        SELECT held.group_id, sum(held.figure) AS free
        FROM (
            SELECT group_id, max(figure) AS figure
            FROM base WHERE failed = 0 AND counts GROUP BY group_id, coalesce(-pool_id, unit_id)
        ) AS held
        GROUP BY held.group_id
    ) AS places USING (group_id)
"""


def _order(asked: Asked, table: str = "") -> str:
    """Order of the lines; no two are equal. Practitioners, whose needs are not examined, come after what may suit."""
    nearest = f"{table}serves DESC, {table}chord NULLS LAST"
    name = f"{table}sort_name, {table}group_id"
    order = {
        Sort.DISTANCE: f"{nearest}, {name}",
        Sort.RELEVANCE: f"{table}rank DESC, {nearest}, {table}freshness DESC, {table}percent DESC, {name}",
        Sort.PLACES: f"{table}free DESC NULLS LAST, {nearest}, {name}",
    }[asked.sort]
    return f"{table}fit, {table}group_id < 0, {order}" if asked.criteria.has_needs else order


def _passes_opening(asked: Asked) -> str:
    return f"(failed & {OPEN_BIT}) = 0" if asked.criteria.open_on else "false"


def _is_widened(asked: Asked) -> str:
    return "(SELECT is_short FROM reach)" if asked.may_widen else "false"


def _facets(asked: Asked, parameters: dict[str, Any]) -> str:
    """``listed``: the choices to show of each facet, its bit, and how many it has in all; those ticked even at 0."""
    criteria = asked.criteria
    ticked: dict[str, list[Any]] = {
        "terms": [int(value) for facet in FACET_LISTS for value in criteria.values(facet)],
        "departments": list(criteria.values(Facet.DEPARTMENT)),
        "entities": [int(value) for value in criteria.values(Facet.LEGAL_ENTITY)],
    }
    parameters |= {
        "facet_bits": [FACET_BITS[facet] for facet in FACET_LISTS],
        "facet_lists": [name.value for name in FACET_LISTS.values()],
        "shown": CHOICES_SHOWN,
        "unfolded_bit": FACET_BITS[criteria.unfolded] if criteria.unfolded else 0,
        "unfolded": CHOICES_UNFOLDED,
        # Of the EJs, that are many, only those that may be shown are kept.
        "entities": len(ticked["entities"])
        + (CHOICES_UNFOLDED if criteria.unfolded == Facet.LEGAL_ENTITY else CHOICES_SHOWN),
    }
    pieces: dict[str, str] = {}
    for name, values in ticked.items():
        key, kind = _TICKED_KEYS[name]
        parameters |= {f"ticked_{name}": values} if values else {}
        array = f"%(ticked_{name})s::{kind}[]"
        pieces[f"add_{name}"] = f"UNION ALL SELECT unnest({array}), 0, 0" if values else ""
        pieces[f"has_{name}"] = f"{key} = ANY({array})" if values else "false"
    return _FACETS.format(**pieces)


_TICKED_KEYS = {"terms": ("term.id", "bigint"), "departments": ("code", "varchar"), "entities": ("id", "bigint")}
_DEPARTMENT_BIT, _ENTITY_BIT = FACET_BITS[Facet.DEPARTMENT], FACET_BITS[Facet.LEGAL_ENTITY]
_FACETS = f"""
    counted AS (
        SELECT facet.bit, term.id::text AS value, term.label::text AS label, sum(used.count)::int AS count,
               {{has_terms}} AS is_ticked, NULL::bigint AS choices
        FROM (
            SELECT id, failed, count(*) AS count
            FROM (SELECT unnest(facet_ids) AS id, failed FROM base) AS own GROUP BY id, failed {{add_terms}}
        ) AS used
        JOIN directory_term term ON term.id = used.id
        JOIN unnest(%(facet_bits)s::int[], %(facet_lists)s::text[]) AS facet (bit, list)
          ON facet.list = term.nomenclature AND used.failed IN (0, facet.bit)
        GROUP BY facet.bit, term.id
        UNION ALL
        SELECT {_DEPARTMENT_BIT}, code, department.name || ' (' || code || ')', sum(used.count)::int,
               {{has_departments}}, NULL
        FROM (
            SELECT department_code AS code, failed, count(*) AS count FROM base GROUP BY 1, 2 {{add_departments}}
        ) AS used
        JOIN directory_department department USING (code)
        WHERE used.failed IN (0, {_DEPARTMENT_BIT}) GROUP BY code, department.name
        UNION ALL
        (
            SELECT {_ENTITY_BIT}, id::text AS value, NULL, sum(used.count)::int AS count, {{has_entities}} AS is_ticked,
                   count(*) OVER ()
            FROM (
                SELECT legal_entity_id AS id, failed, count(*) AS count FROM base GROUP BY 1, 2 {{add_entities}}
            ) AS used
            WHERE used.failed IN (0, {_ENTITY_BIT}) AND id IS NOT NULL GROUP BY id
            ORDER BY is_ticked DESC, sum(used.count) DESC, value LIMIT %(entities)s
        )
    ),
    placed AS (
        SELECT bit, value, label, count, is_ticked, coalesce(choices, count(*) OVER (PARTITION BY bit)) AS choices,
               row_number() OVER (PARTITION BY bit ORDER BY is_ticked DESC, count DESC, label, value) AS place
        FROM counted
    ),
    listed AS (
        SELECT bit, value, coalesce(label, entity.name) AS label, count, choices
        FROM placed LEFT JOIN directory_legalentity entity
          ON entity.id = CASE WHEN bit = {_ENTITY_BIT} THEN value::bigint END
        WHERE place <= CASE bit WHEN %(unfolded_bit)s THEN %(unfolded)s ELSE %(shown)s END OR is_ticked
    )
"""  # noqa: S608 (written here)
