"""Running a search: one query for lines, totals and facets, one for the units of a page (spec 40, Results)."""

import datetime
import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from django.db import connection

from accounts.roles import Permission
from availability.guichet.needs import Fit, Judgement
from common.geo import chord_km_sql
from common.pages import PAGE_SIZE
from common.round_trip import rows_together
from directory.scopes import Scope
from directory.territory.places import Place

from ..criteria import Facet, SearchCriteria, Sort
from ..sight import place_visible
from ..words.matching import Match, read_text
from ..words.reading import first_reads, understand
from ..words.where import entities_statement, may_be_entity, resolve_where
from .beside import distances_of, tried_needs
from .conditions import ENOUGH_LINES, Asked, filters_of
from .counts import Lines, counts_statement, lines_counted
from .fit import judging
from .notes import NOTE
from .outcome import FacetChoice, FacetCounts, FlagCounts, Group, Outcome, Variant
from .proposals import counted, proposed
from .statement import (
    FACET_BITS,
    TUNED,
    Statement,
    page_statement,
    reach_statement,
    rows_statement,
    units_statement,
)
from .unpublished import unpublished_term
from .variants import farther_of, variants_of

ROWS_A_FETCH = 1000


def run_search(
    criteria: SearchCriteria, scope: Scope, now: datetime.datetime, beside: Statement | None = None
) -> Outcome:
    """Find the lines of results in order, 200 at most, with the true totals and the counts to refine by.

    ``beside``: a statement of the page, sent with the first ones of the search.
    """
    started = time.perf_counter()
    outcome = _read(criteria, scope, now, beside)
    if outcome.asked is not None:
        outcome = _search(outcome, outcome.asked, scope)
    if not outcome.groups and not outcome.resolution.problem:
        variants, proposals = _variants(criteria, outcome, scope, now)
        unpublished = unpublished_term(criteria, outcome, scope, now)
        kept = unpublished.kept if unpublished else outcome.kept
        told = unpublished if unpublished and unpublished.label else None
        labels = unpublished.labels if unpublished else ()
        outcome = replace(outcome, variants=variants, proposals=proposals, unpublished=told, kept=kept, labels=labels)
    elif outcome.is_untold:
        outcome = replace(outcome, variants=farther_of(criteria, outcome.place, outcome.match, scope, now))
    elapsed = round((time.perf_counter() - started) * 1000)
    return replace(outcome, elapsed_ms=max(elapsed, 1))


def _variants(
    criteria: SearchCriteria, outcome: Outcome, scope: Scope, now: datetime.datetime
) -> tuple[tuple[Variant, ...], tuple[Variant, ...]]:
    """What finds something, from the text and the place as they were understood; then other readings of the text."""
    reading = outcome.reading
    if reading is None:
        return (), ()
    others = proposed(criteria, outcome, scope, now)
    if len(reading.choices) == 1:  # « hébergement violences conjugales 93 » finds nothing: what would, in the 93
        [(text, there)] = reading.choices
        criteria = criteria.replaced(what=text, where=there.text)
        reading = replace(reading, text=text, match=read_text(text, reading.known.of_part()), place=there)
    elif reading.is_changed:
        where = reading.place.text if reading.place else criteria.where
        criteria = criteria.replaced(what=reading.text, where=where)
    place = outcome.place or reading.place
    found, counts = variants_of(criteria, place, reading, scope, now, [asked for _, asked in others])
    return found, counted(others, counts)


def _read(criteria: SearchCriteria, scope: Scope, now: datetime.datetime, beside: Statement | None = None) -> Outcome:
    """What the texts mean; ``asked`` is empty when they can find nothing."""
    entities = entities_statement(criteria.where, scope) if may_be_entity(criteria.where) else None
    sent = list(filter(None, (entities, beside)))
    named, known, read = first_reads(criteria.where, criteria.what, criteria.within, sent)
    told = tuple(read[-1]) if beside else ()
    resolution = resolve_where(criteria.where, scope, named, read[0] if entities else None)
    if resolution.problem:
        sort = Sort.PLACES if criteria.sort == Sort.PLACES else Sort.RELEVANCE
        return Outcome(None, resolution, Match(), sort, beside=told)
    placed = bool(criteria.where)
    reading = understand(criteria.what, criteria.within, exact=criteria.exact, placed=placed, known=known)
    place, match = resolution.place or reading.place, reading.match
    asked = Asked.of(criteria, match, place, scope.coverage(Permission.SENSITIVE_READ), now)
    correction = reading.correction
    outcome = Outcome(place, resolution, match, asked.sort, correction=correction, reading=reading, beside=told)
    return outcome if match.nothing or reading.finds_nothing else replace(outcome, asked=asked)


def _search(outcome: Outcome, asked: Asked, scope: Scope) -> Outcome:
    """Find the lines."""
    reading = outcome.reading
    told_late = asked.criteria.exact or bool(asked.criteria.within) or (reading is not None and reading.was_long)
    found = _page(asked, scope, at_once=told_late)
    asked = replace(asked, may_widen=False, radius_km=None if found.is_widened else asked.radius_km)
    steps = zip(distances_of(asked), found.reached or (), strict=True)
    return replace(
        outcome,
        asked=asked,
        groups=tuple(Group(*pair) for pair in zip(found.ids or (), found.distances or (), strict=True)),
        establishments=found.establishments,
        units=found.units,
        practitioners=found.practitioners,
        facets=_facets(found.choices or (), asked.criteria),
        flags=FlagCounts(found.free, found.fresh, found.opened if asked.criteria.open_on else None, found.open_now),
        reached={step: count for step, count in steps if asked.radius_km is None or step <= asked.radius_km},
        fits={fit: (found.fits or {}).get(str(fit.rank), 0) for fit in Fit} if asked.criteria.has_needs else {},
        fitting=dict(zip(tried_needs(asked.criteria), found.fitting or (), strict=False)),
        radius_km=asked.radius_km,
        is_widened=found.is_widened,
        kept=frozenset(found.kept or ()),
        documents=tuple(found.documents or ()),
    )


class _Found(NamedTuple):
    """The row of ``page_statement``."""

    establishments: int
    units: int
    practitioners: int
    free: int
    fresh: int
    opened: int
    is_widened: bool
    ids: Sequence[int] | None
    distances: Sequence[float | None] | None
    choices: Sequence[Sequence[Any]] | None
    reached: Sequence[int] | None
    open_now: int | None
    fits: dict[str, int] | None
    fitting: Sequence[int] | None
    kept: Sequence[int] | None
    documents: Sequence[int] | None


def _page(asked: Asked, scope: Scope, *, at_once: bool) -> _Found:
    """The lines, totals and counts; what lies beyond the usual radius is read only when it holds too few lines.

    Without any filter nor need, the lines found within it tell: one query, two when it is lifted; ``at_once``: one
    always, for texts that took several to be understood.
    """
    is_told = not at_once and asked.may_widen and not filters_of(asked, {}) and not asked.criteria.has_needs
    tried = replace(asked, may_widen=False) if is_told else asked
    found = _Found(*_select(page_statement(tried, scope.user_id))[0])
    if not is_told or found.establishments + found.practitioners >= ENOUGH_LINES:
        return found
    tried = replace(tried, radius_km=None)
    return _Found(*_select(page_statement(tried, scope.user_id))[0])._replace(is_widened=True)


def _facets(choices: Sequence[Sequence[Any]], criteria: SearchCriteria) -> tuple[FacetCounts, ...]:
    """Facets in their order, the most frequent choices first; one without any is left out."""
    found = []
    for facet in Facet:
        mine = [choice for choice in choices if choice[0] == FACET_BITS[facet]]
        ticked = set(criteria.values(facet))
        listed = [FacetChoice(value, label, count, value in ticked) for _, value, label, count, _ in mine if label]
        if listed:
            listed.sort(key=lambda choice: (-choice.count, choice.label))
            found.append(FacetCounts(facet, tuple(listed), mine[0][4] - len(mine)))
    return tuple(found)


_COLUMNS = (
    "d.group_id, d.unit_id, d.name, d.entity_name, d.type_label, d.phone, d.entity_phone, d.min_age_value,"
    " d.min_age_unit, d.max_age_value, d.max_age_unit, d.min_age_days, d.max_age_days, d.sex, d.installed_places,"
    " d.is_open, d.figure, d.stated_at, d.expires_at, d.rhythm, d.department_code, d.has_own_place"
)


class DocumentRow(NamedTuple):
    """A document as a result page shows it; ``commune`` is empty when its place is hidden from this person.

    ``has_own_place``: a unit that does not stand at the address of its EG. ``lat`` and ``lon`` are empty when hidden.
    ``distance_km``: that of its line, given by ``iter_rows`` alone. ``note``: for ``figures.notes_in``, given by
    ``documents_of`` alone.
    """

    group_id: int
    unit_id: int | None
    name: str
    entity_name: str
    type_label: str
    phone: str
    entity_phone: str
    min_age_value: int | None
    min_age_unit: str
    max_age_value: int | None
    max_age_unit: str
    min_age_days: int | None
    max_age_days: int | None
    sex: str
    installed_places: int | None
    is_open: bool
    figure: int | None
    stated_at: datetime.datetime | None
    expires_at: datetime.datetime | None
    rhythm: datetime.timedelta | None
    department_code: str
    has_own_place: bool
    commune: str
    is_hidden: bool
    serves: bool
    lat: float | None = None
    lon: float | None = None
    distance_km: float | None = None
    note: Sequence[Any] | None = None


class Shown(NamedTuple):
    """What a page shows: its documents, what their units are worth for the needs asked, counts of other searches."""

    rows: list[DocumentRow]
    judgements: dict[int, Judgement]
    counts: Sequence[Lines]


def documents_of(groups: Iterable[Group], outcome: Outcome, scope: Scope) -> list[DocumentRow]:
    """Documents of these groups that the search found, those that fit best first, then by name: one query."""
    return shown_of(groups, outcome, scope).rows


def shown_of(groups: Iterable[Group], outcome: Outcome, scope: Scope, beside: Sequence[Asked] = ()) -> Shown:
    """``documents_of``, ``judge_shown`` of them, and the number of lines of the searches ``beside``: one query."""
    ids = [group.group_id for group in groups]
    if outcome.asked is None or not ids:
        return Shown([], {}, [])
    asked = outcome.asked
    columns, parameters = _row_columns(outcome.place, asked, "NULL::float8")
    criteria = asked.criteria
    asked_for = outcome.groups[(criteria.page - 1) * PAGE_SIZE : criteria.page * PAGE_SIZE]
    is_known = not criteria.has_needs and ids == [group.group_id for group in asked_for]
    statement, others = rows_statement(asked, f"{columns}, {NOTE}", ids, outcome.documents if is_known else None)
    worth = judging(ids, criteria, scope, asked.now)
    sent = [(statement, others | parameters), *([worth.statement] if worth else ())]
    if beside:
        sent.append(counts_statement(beside))
    tuned = "" if is_known and not beside else TUNED
    rows, *more = rows_together(sent, before=tuned)
    return Shown(
        [DocumentRow(*row) for row in rows],
        worth.judged(more[0]) if worth else {},
        lines_counted(more[-1][0]) if beside else [],
    )


def iter_rows(criteria: SearchCriteria, scope: Scope, now: datetime.datetime) -> tuple[Outcome, Generator[DocumentRow]]:
    """How a search is understood, then all its documents in the order of the screen, read a thousand at a time.

    Lines, totals and facets are left empty: the rows tell. Closing the iterator stops the reading.
    """
    outcome = _settled(criteria, scope, now)
    return outcome, _rows(outcome)


def free_units(
    criteria: SearchCriteria, scope: Scope, now: datetime.datetime
) -> tuple[Outcome, list[int], frozenset[int]]:
    """How a search is understood, and ids of its units that have free places that count, without an order.

    The first ids leave apart what changes with the hour (« ouvert », « chiffre à jour »); the last ones are those of
    them that the search finds at ``now``. Asking for free places changes nothing of the distance: it is that of the
    screen.
    """
    outcome = _read(criteria, scope, now)
    if outcome.asked is None:
        return outcome, [], frozenset()
    lasting = replace(outcome.asked, criteria=criteria.replaced(free=True, fresh=False, open_on=None))
    ids = [unit_id for (unit_id,) in _select(units_statement(lasting))]
    if not ids or not (criteria.fresh or criteria.open_on):
        return outcome, ids, frozenset(ids)
    asked = replace(outcome.asked, criteria=criteria.replaced(free=True))
    return outcome, ids, frozenset(unit_id for (unit_id,) in _select(units_statement(asked)))


def _settled(criteria: SearchCriteria, scope: Scope, now: datetime.datetime) -> Outcome:
    """A search read, and its distance decided as on screen; nothing is looked for yet."""
    outcome = _read(criteria, scope, now)
    if (asked := outcome.asked) is None:
        return outcome
    if asked.may_widen and _select(reach_statement(asked))[0][0]:
        asked = replace(asked, radius_km=None, was_widened=True)
    asked = replace(asked, may_widen=False)
    return replace(outcome, asked=asked, radius_km=asked.radius_km, is_widened=asked.was_widened)


def _rows(outcome: Outcome) -> Generator[DocumentRow]:
    if outcome.asked is None:
        return
    columns, parameters = _row_columns(outcome.place, outcome.asked, chord_km_sql("found.chord"))
    statement, others = rows_statement(outcome.asked, columns)
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, others | parameters)
        while rows := cursor.fetchmany(ROWS_A_FETCH):
            for row in rows:
                yield DocumentRow(*row)


def _row_columns(place: Place | None, asked: Asked, distance: str) -> Statement:
    """Columns of a ``DocumentRow``, and what they name."""
    parameters: dict[str, Any] = {"served": place.insee if place else ""}
    visible = place_visible(asked.coverage, parameters)
    columns = (
        f"{_COLUMNS}, CASE WHEN {visible} THEN coalesce(c.list_name, '') ELSE '' END, NOT {visible},"
        f" d.territory @> ARRAY[%(served)s]::varchar[], b.lat, b.lon, {distance}"
    )
    return columns, parameters


def matching_units(criteria: SearchCriteria, scope: Scope, now: datetime.datetime) -> list[int]:
    """Ids of all the units that a search finds, without an order; needs class and leave out as on screen."""
    outcome = _read(criteria, scope, now)
    return [unit_id for (unit_id,) in _select(units_statement(outcome.asked))] if outcome.asked else []


def _select(statement: Statement, tuned: str = TUNED) -> list[tuple]:
    """Rows of a statement, ``tuned`` for a page: one round trip, and the settings end with the transaction."""
    text, parameters = statement
    with connection.cursor() as cursor:
        cursor.execute(tuned + text, parameters)
        while cursor.nextset():
            pass
        return cursor.fetchall()
