"""Suggestions while typing: what a text may mean, group by group, in one query (spec 40, Suggestions)."""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection

from accounts.roles import Permission
from common.french import counted, number
from common.text import fold, place_key
from directory.scopes import Scope
from directory.territory.places import Place, propose_places

from ..criteria import Within
from ..models import COMMON, Suggestion
from ..sight import place_visible
from .areas import REGION, area_named, begins_region, names_region
from .lexicon import Correction, correct_text
from .marking import Piece, marked
from .matching import WITHIN_GROUPS, Word, text_query
from .spelling import words_of
from .where import entity_text, near_places

SHORTEST = 2  # letters or digits; a shorter text proposes nothing
SHORTEST_NAME = 3  # letters; a shorter text proposes names by their beginning only
MOST = {
    Suggestion.Group.UNIT_TYPE: 6,
    Suggestion.Group.ACTIVITY: 4,
    Suggestion.Group.ACT: 4,
    Suggestion.Group.SPECIALISATION: 4,
    Suggestion.Group.ENTITY: 5,
    Suggestion.Group.PRACTITIONER: 4,
}
PLACES = 6
REGION_TITLE = "Sans point de départ"
NEAR_TITLE = "Communes – orthographe proche"
LOOKED_AT = 200  # names found by their words, before the best are kept
_WITHIN_OF = {group: within for within, group in WITHIN_GROUPS.items()}
_WITHIN_WORDS = {
    Within.EVERYTHING: "dans tout le ROR",
    Within.UNIT_TYPE: "dans les types d’UO",
    Within.ACTIVITY: "dans les activités opérationnelles",
    Within.ACT: "dans les actes spécifiques",
    Within.SPECIALISATION: "dans les spécialisations",
    Within.ENTITY: "dans les noms d’établissements",
    Within.PRACTITIONER: "chez les professionnels",
}

_NAMES = """
    (SELECT id FROM search_suggestion WHERE "group" = {group} AND term_id IS NULL AND {beginning}
     ORDER BY key USING ~<~ LIMIT {most})
    UNION
    (SELECT id FROM search_suggestion WHERE {by_words} LIMIT {looked_at})
"""
_STATEMENT = """
SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0;
WITH candidates AS (
    SELECT id FROM search_suggestion WHERE term_id IS NOT NULL AND words @@ {query}
    UNION {entities} UNION {practitioners}
),
ranked AS (
    SELECT s.id, s."group", s.label, s.detail, s.hides_place, s.is_common, s.term_id, s.geographic_entity_id, s.key,
           s.words @@ {exact} AS is_whole,
           s.term_id IN (SELECT term_id FROM search_termkey WHERE key = %(text)s) AS is_spelled,
           row_number() OVER (
               PARTITION BY s."group"
               ORDER BY s.key = %(text)s OR coalesce(
                            s.term_id IN (SELECT term_id FROM search_termkey WHERE key = %(text)s), false
                        ) DESC,
                        s.words @@ {exact} DESC, s.term_id IS NOT NULL DESC, s.key LIKE %(start)s DESC,
                        position(%(first)s in s.key) = 0, position(%(first)s in s.key), s.key, s.id
           ) AS place
    FROM candidates JOIN search_suggestion s USING (id)
    LEFT JOIN directory_term term ON term.id = s.term_id
    WHERE term.id IS NULL OR (
        (term.active_from IS NULL OR term.active_from <= %(day)s)
        AND (term.active_until IS NULL OR term.active_until > %(day)s)
    )
),
kept AS (
    SELECT ranked.*, eg.legal_entity_id
    FROM ranked LEFT JOIN directory_geographicentity eg ON eg.id = ranked.geographic_entity_id
    WHERE ranked.place <= CASE ranked."group" {most} END
)
SELECT kept."group", kept.label, CASE WHEN {visible} THEN kept.detail ELSE '' END,
       kept.term_id IS NOT NULL,
       CASE
           WHEN kept.is_common THEN {common} + 1
           WHEN kept.term_id IS NOT NULL AND kept."group" = {people} THEN (
               SELECT count(*) FROM (
                   SELECT 1 FROM directory_practitioner person
                   WHERE (person.profession_id = kept.term_id OR person.speciality_id = kept.term_id)
                     AND person.status = 'published'
                   LIMIT {common} + 1
               ) AS first_ones
           )
           WHEN kept.term_id IS NOT NULL THEN (
               SELECT count(*) FROM (
                   SELECT 1 FROM search_searchdocument d WHERE d.term_ids @> ARRAY[kept.term_id] LIMIT {common} + 1
               ) AS first_ones
           )
           WHEN kept.geographic_entity_id IS NOT NULL THEN (
               SELECT count(*) FROM search_searchdocument d
               WHERE d.group_id IN (
                   SELECT same.geographic_entity_id FROM search_suggestion same
                   WHERE same."group" = kept."group" AND same.key = kept.key
               )
           )
       END,
       (SELECT array_agg(key) FROM search_termkey WHERE is_acronym AND key = ANY(%(typed)s::varchar[])),
       kept.is_whole, coalesce(kept.is_spelled, false)
FROM kept ORDER BY kept."group", kept.place
"""
_ENTITIES = """
SELECT kept.label, kept.detail
FROM (
    SELECT s.label, s.detail, s.key, s.hides_place, s.geographic_entity_id, eg.legal_entity_id
    FROM (
        {names}
    ) AS candidates JOIN search_suggestion s USING (id)
    JOIN directory_geographicentity eg ON eg.id = s.geographic_entity_id
) AS kept
WHERE {visible}
ORDER BY kept.key = %(text)s DESC, kept.key LIKE %(start)s DESC, kept.key, kept.detail LIMIT {most}
"""


class Choice(NamedTuple):
    """One line of the list. ``value`` fills the field; ``within`` goes with it; ``note`` stands beside it."""

    value: str
    pieces: tuple[Piece, ...]
    detail: str = ""
    note: str = ""
    within: str = ""


@dataclass(frozen=True)
class Group:
    """A heading and its lines."""

    key: str
    title: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Suggestions:
    """What is proposed for a text: groups in order, then the lists it may be searched for in.

    ``correction``: the typing error mended to find them; what is shown answers to its text.
    """

    groups: tuple[Group, ...] = ()
    within: tuple[Choice, ...] = ()
    correction: Correction | None = None


class _Row(NamedTuple):
    group: int
    label: str
    detail: str
    is_term: bool
    records: int | None
    acronyms: Sequence[str] | None
    is_whole: bool
    is_spelled: bool


def suggest_what(text: str, scope: Scope, now: datetime.datetime) -> Suggestions:
    """Propose what « Que recherchez-vous ? » may mean.

    One query, two with an acronym, three more when nothing holds the text as typed.
    """
    if not _is_enough(text):
        return Suggestions()
    correction = None
    rows = _matching(text, scope, now)
    if not rows and (correction := correct_text(text)):
        rows = _matching(correction.text, scope, now)
    if not rows:
        return Suggestions(within=_within(text, ()))
    meant = correction.text if correction else text
    groups = [
        Group(_WITHIN_OF[group].value, group.label, lines)
        for group in Suggestion.Group
        if (lines := tuple(_choice(row, meant) for row in rows if row.group == group))
    ]
    is_begun = any(len(word) >= SHORTEST_NAME for word in words_of(meant))
    answering = [_WITHIN_OF[group].value for group in MOST if _answers(group, rows, is_begun=is_begun)]
    return Suggestions(tuple(groups), _within(meant, answering), correction)


def suggest_where(text: str, scope: Scope) -> Suggestions:
    """Propose starting points: communes and departments, then establishments whose place this person may be told."""
    if not _is_enough(text):
        return Suggestions()
    if names_region(text):
        return Suggestions((_region(""),))
    area = area_named(text)
    places = (area,) if area else propose_places(text, PLACES)
    entities = tuple(
        Choice(entity_text(label, detail), marked(label, words_of(text)), detail)
        for label, detail in _located_entities(text, scope)
    )
    title = "Communes" if all(place.insee for place in places) else "Départements et communes"
    departments = {place.label for place in places if not place.insee}
    groups = [Group("communes", title, tuple(_place(place, text, departments) for place in places))]
    if begins_region(text):
        groups.append(_region(text))
    groups.append(Group(Within.ENTITY.value, Suggestion.Group.ENTITY.label, entities))
    if not places and not entities and not begins_region(text):
        groups.append(Group("proches", NEAR_TITLE, tuple(_place(place, "") for place in near_places(text))))
    return Suggestions(tuple(group for group in groups if group.choices))


def _region(text: str) -> Group:
    return Group("region", REGION_TITLE, (Choice(REGION.text, marked(REGION.label, words_of(text))),))


def _shown(place: Place, departments: Collection[str]) -> str:
    """« Paris (département 75) »; « Paris (ville entière) » beside the department that would read the same."""
    if not place.insee:
        return place.label.replace(" (", " (département ")
    return f"{place.label} (ville entière)" if place.text in departments else place.text


def _place(place: Place, text: str, departments: Collection[str] = ()) -> Choice:
    shown = _shown(place, departments)
    return Choice(place.text, marked(shown, place_key(text).split()))


def _is_enough(text: str) -> bool:
    return len(fold(text).replace(" ", "")) >= SHORTEST


def _matching(text: str, scope: Scope, now: datetime.datetime) -> list[_Row]:
    """What holds the text. Acronyms only leave some of it out: they are read beside, and asked with when there are."""
    rows = _read(text, frozenset(), scope, now)
    acronyms = frozenset(rows[0].acronyms or ()) if rows else frozenset()
    return _read(text, acronyms, scope, now) if acronyms else rows


def _read(text: str, acronyms: frozenset[str], scope: Scope, now: datetime.datetime) -> list[_Row]:
    parameters = _parameters(text) | {"day": now.date(), "typed": list(words_of(text))}
    query, exact = _queries(text, parameters, acronyms)
    names, is_name = query, True
    if acronyms:  # « HAD » is no beginning of « Haddad »
        words = [Word(word, word not in acronyms, is_acronym=word in acronyms) for word in words_of(text)]
        names = text_query(words, parameters, prefix="n")
        is_name = parameters["text"] not in acronyms
    statement = _STATEMENT.format(
        query=query,
        exact=exact,
        entities=_names(Suggestion.Group.ENTITY, text, names, by_beginning=is_name),
        practitioners=_names(Suggestion.Group.PRACTITIONER, text, names, by_beginning=is_name),
        most=" ".join(f"WHEN {group.value} THEN {most}" for group, most in MOST.items()),
        visible=place_visible(scope.coverage(Permission.SENSITIVE_READ), parameters, row="kept"),
        people=Suggestion.Group.PRACTITIONER.value,
        common=COMMON,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        while cursor.nextset():
            pass
        return [_Row(*row) for row in cursor.fetchall()]


def _located_entities(text: str, scope: Scope) -> list[tuple[str, str]]:
    parameters = _parameters(text)
    query, _ = _queries(text, parameters)
    statement = _ENTITIES.format(
        names=_names(Suggestion.Group.ENTITY, text, query),
        visible=place_visible(scope.coverage(Permission.SENSITIVE_READ), parameters, row="kept"),
        most=MOST[Suggestion.Group.ENTITY],
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def _parameters(text: str) -> dict[str, Any]:
    folded = " ".join(fold(text).split())[:255]
    return {"text": folded, "start": f"{folded}%", "whole": f"{folded} %", "first": words_of(text)[0]}


def _queries(text: str, parameters: dict[str, Any], acronyms: frozenset[str] = frozenset()) -> tuple[str, str]:
    """The text with every word as a beginning, but for an acronym that is not the last one, and with every word whole.

    « act un chez soi » is not about « activités ».
    """
    words = words_of(text)
    last = len(words) - 1
    started = [Word(word, place == last or word not in acronyms) for place, word in enumerate(words)]
    query = text_query(started, parameters)
    return query, text_query([Word(word) for word in words], parameters, prefix="e")


def _names(group: Suggestion.Group, text: str, query: str, *, by_beginning: bool = True) -> str:
    """Establishments or practitioners: by the beginning of their name, then by its words when there are letters enough.

    A short text is the beginning of too many words.
    """
    record = "geographic_entity_id" if group == Suggestion.Group.ENTITY else "practitioner_id"
    enough = any(len(word) >= SHORTEST_NAME for word in words_of(text))
    return _NAMES.format(
        beginning="key LIKE %(start)s" if by_beginning else "(key = %(text)s OR key LIKE %(whole)s)",
        group=group.value,
        most=MOST[group],
        looked_at=LOOKED_AT,
        by_words=f"(CASE WHEN {record} IS NOT NULL THEN words END) @@ {query}" if enough else "false",
    )


def _answers(group: Suggestion.Group, rows: Sequence[_Row], *, is_begun: bool) -> bool:
    """Whether the whole text, looked for in one list, finds something of what is proposed of it, as it is read there.

    A spelling of a term asks for this term alone; an acronym begins no word, nor do two letters (not ``is_begun``) a
    name.
    """
    is_terms = group not in (Suggestion.Group.ENTITY, Suggestion.Group.PRACTITIONER)
    mine = [row for row in rows if row.group == group and (row.is_whole or is_terms or is_begun)]
    asked = [row for row in mine if is_terms and row.is_spelled] or mine
    return any(row.records != 0 and (row.is_whole or not row.acronyms) for row in asked)


def _choice(row: _Row, text: str) -> Choice:
    group = Suggestion.Group(row.group)
    return Choice(
        value=row.label,
        pieces=marked(row.label, words_of(text)),
        detail=row.detail,
        note=_note(row),
        within="" if group == Suggestion.Group.UNIT_TYPE else _WITHIN_OF[group].value,
    )


def _note(row: _Row) -> str:
    """« 6 UO », « plus de 1 000 UO », « 32 professionnels »; nothing for one person."""
    if row.records is None:
        return ""
    people = row.is_term and row.group == Suggestion.Group.PRACTITIONER
    if row.records > COMMON:
        return f"plus de {number(COMMON)} {'professionnels' if people else 'UO'}"
    if not row.records:
        return "aucun professionnel" if people else "aucune UO"
    return counted(row.records, "professionnel") if people else counted(row.records, "UO", "UO")


def _within(text: str, keys: Any) -> tuple[Choice, ...]:
    """Lines « Rechercher dans »: everything, then each of these groups."""
    return tuple(
        Choice(text, (Piece(f"«\u00a0{text}\u00a0» {_WITHIN_WORDS[Within(key)]}", is_match=False),), within=key)
        for key in ("", *keys)
    )
