"""The SQL that writes suggestions and the lexicon: the same statement for some records or all (``%(ids)s`` null)."""

from directory.enums import Nomenclature

from ..models import COMMON, Suggestion

# Group of each list of terms that is proposed; a profession stands with the people who exercise it.
GROUPS: dict[Nomenclature, Suggestion.Group] = {
    Nomenclature.UNIT_TYPE: Suggestion.Group.UNIT_TYPE,
    Nomenclature.OPERATIONAL_ACTIVITY: Suggestion.Group.ACTIVITY,
    Nomenclature.SPECIFIC_ACT: Suggestion.Group.ACT,
    Nomenclature.CARE_SPECIALISATION: Suggestion.Group.SPECIALISATION,
    Nomenclature.RESOURCE_PROFESSION: Suggestion.Group.PRACTITIONER,
}
_GROUP_OF = " ".join(f"WHEN '{name.value}' THEN {group.value}" for name, group in GROUPS.items())
_LISTS = ", ".join(f"'{name.value}'" for name in GROUPS)


def _write(target: str, wanted: str) -> str:
    """Delete the suggestions of these records that are not wanted any more, write those that are or that differ.

    ``wanted`` gives, in this order: record, group, label, detail, hides_place, key, words.
    """
    columns = ("label", "detail", "hides_place", "key", "words")
    sets = ", ".join(f"{name} = EXCLUDED.{name}" for name in (*columns, '"group"'))
    mine = ", ".join(f"search_suggestion.{name}" for name in columns)
    new = ", ".join(f"EXCLUDED.{name}" for name in columns)
    return f"""
WITH wanted (record_id, "group", label, detail, hides_place, key, words) AS MATERIALIZED ({wanted}),
gone AS (
    DELETE FROM search_suggestion old
    WHERE old.{target} IS NOT NULL AND (%(ids)s::bigint[] IS NULL OR old.{target} = ANY(%(ids)s::bigint[]))
      AND NOT EXISTS (SELECT 1 FROM wanted WHERE wanted.record_id = old.{target})
)
INSERT INTO search_suggestion ({target}, "group", {", ".join(columns)}, is_common)
SELECT record_id, "group", label, detail, hides_place, key, words, false FROM wanted ORDER BY record_id
ON CONFLICT ({target}) DO UPDATE SET {sets} WHERE ({mine}) IS DISTINCT FROM ({new})
"""  # noqa: S608 (no value of a request)


WRITE_TERMS = _write(
    "term_id",
    f"""
    SELECT term.id, CASE term.nomenclature {_GROUP_OF} END, term.label, '', false, left(folded.label, 255),
           setweight(to_tsvector('fr', folded.label) || to_tsvector('simple', folded.label), 'A')
           || setweight(to_tsvector('fr', folded.others) || to_tsvector('simple', folded.others), 'B')
    FROM directory_term term
    CROSS JOIN LATERAL (
        SELECT ror_fold(term.label) AS label, ror_fold(array_to_string(term.synonyms, ' ')) AS others OFFSET 0
    ) AS folded
    WHERE term.nomenclature IN ({_LISTS}) AND (%(ids)s::bigint[] IS NULL OR term.id = ANY(%(ids)s::bigint[]))
    """,  # noqa: S608 (no value of a request)
)
WRITE_ENTITIES = _write(
    "geographic_entity_id",
    f"""
    SELECT eg.id, {Suggestion.Group.ENTITY.value}, eg.name, commune.list_name || ' (' || commune.department_id || ')',
           EXISTS (
               SELECT 1 FROM directory_operationalunit unit
               WHERE unit.geographic_entity_id = eg.id AND unit.sensitive_unit
           ),
           left(folded.name, 255),
           to_tsvector('fr', folded.names) || to_tsvector('simple', folded.names)
    FROM directory_geographicentity eg
    JOIN directory_legalentity ej ON ej.id = eg.legal_entity_id
    JOIN directory_commune commune ON commune.insee = eg.commune_id
    CROSS JOIN LATERAL (
        SELECT ror_fold(eg.name) AS name, ror_fold(concat_ws(' ', eg.name, eg.official_name)) AS names OFFSET 0
    ) AS folded
    WHERE eg.status = 'published' AND ej.status = 'published'
      AND (%(ids)s::bigint[] IS NULL OR eg.id = ANY(%(ids)s::bigint[]))
    """,  # noqa: S608 (no value of a request)
)
WRITE_PRACTITIONERS = _write(
    "practitioner_id",
    f"""
    SELECT person.id, {Suggestion.Group.PRACTITIONER.value},
           concat_ws(' ', nullif(person.first_name, ''), person.last_name),
           left(concat_ws(' – ', profession.label, speciality.label), 255), false, left(folded.name, 255),
           to_tsvector('simple', folded.name)
    FROM directory_practitioner person
    JOIN directory_term profession ON profession.id = person.profession_id
    LEFT JOIN directory_term speciality ON speciality.id = person.speciality_id
    CROSS JOIN LATERAL (
        SELECT ror_fold(concat_ws(' ', person.first_name, person.last_name)) AS name OFFSET 0
    ) AS folded
    WHERE person.status = 'published' AND (%(ids)s::bigint[] IS NULL OR person.id = ANY(%(ids)s::bigint[]))
    """,  # noqa: S608 (no value of a request)
)


def _add_words(texts: str) -> str:
    """Add the words of these texts to the lexicon, in one order, so that two writers do not wait for each other."""
    return f"""
INSERT INTO search_lexiconword (word)
SELECT DISTINCT found.word
FROM ({texts}) AS source (content)
CROSS JOIN LATERAL regexp_split_to_table(ror_fold(source.content), ' ') AS found (word)
WHERE length(found.word) BETWEEN 3 AND 40 AND found.word ~ '[a-z]'
  AND NOT EXISTS (SELECT 1 FROM search_lexiconword old WHERE old.word = found.word)
ORDER BY found.word
ON CONFLICT (word) DO NOTHING
"""  # noqa: S608 (no value of a request)


ADD_WORDS_OF_TERMS = _add_words(
    f"""
    SELECT concat_ws(' ', label, array_to_string(synonyms, ' ')) FROM directory_term
    WHERE nomenclature IN ({_LISTS}) AND (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s::bigint[]))
    """  # noqa: S608 (no value of a request)
)
ADD_WORDS_OF_ENTITIES = _add_words(
    """
    SELECT concat_ws(' ', eg.name, eg.official_name)
    FROM directory_geographicentity eg JOIN directory_legalentity ej ON ej.id = eg.legal_entity_id
    WHERE eg.status = 'published' AND ej.status = 'published'
      AND (%(ids)s::bigint[] IS NULL OR eg.id = ANY(%(ids)s::bigint[]))
    """
)
ADD_WORDS_OF_UNITS = _add_words(
    """
    SELECT document.name FROM search_searchdocument document
    WHERE document.kind = 'uo' AND (%(ids)s::bigint[] IS NULL OR document.unit_id = ANY(%(ids)s::bigint[]))
    UNION ALL
    SELECT ej.name FROM directory_legalentity ej WHERE ej.id IN (
        SELECT document.legal_entity_id FROM search_searchdocument document
        WHERE document.kind = 'uo' AND (%(ids)s::bigint[] IS NULL OR document.unit_id = ANY(%(ids)s::bigint[]))
    )
    """
)
ADD_WORDS_OF_PRACTITIONERS = _add_words(
    """
    SELECT label FROM search_suggestion
    WHERE practitioner_id IS NOT NULL AND (%(ids)s::bigint[] IS NULL OR practitioner_id = ANY(%(ids)s::bigint[]))
    """
)
MARK_COMMON = f"""
WITH counted AS (
    SELECT found.term_id, count(*) FILTER (WHERE document.kind = 'uo') AS units,
           count(*) FILTER (WHERE document.kind = 'pro') AS people
    FROM search_searchdocument document CROSS JOIN LATERAL unnest(document.term_ids) AS found (term_id)
    GROUP BY found.term_id
),
judged AS (
    SELECT suggestion.id, coalesce(
        CASE suggestion."group" WHEN {Suggestion.Group.PRACTITIONER.value} THEN people ELSE units END, 0
    ) > {COMMON} AS is_common
    FROM search_suggestion suggestion LEFT JOIN counted ON counted.term_id = suggestion.term_id
    WHERE suggestion.term_id IS NOT NULL
)
UPDATE search_suggestion suggestion SET is_common = judged.is_common
FROM judged WHERE judged.id = suggestion.id AND judged.is_common <> suggestion.is_common
"""  # noqa: S608 (no value of a request)
EMPTY_LEXICON = "DELETE FROM search_lexiconword"
# Writers of suggestions wait for a rebuild, which holds the documents first.
WAIT_FOR_REBUILD = "LOCK TABLE search_searchdocument IN ROW EXCLUSIVE MODE"
HELD_WHILE_REBUILT = (
    "LOCK TABLE search_searchdocument, search_suggestion, search_lexiconword IN SHARE ROW EXCLUSIVE MODE"
)
