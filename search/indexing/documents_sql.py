"""The SQL that writes documents: the same statement for one unit, some, or all (``%(ids)s`` null).

``OFFSET 0`` keeps the planner from folding each text twice.

``ror_fold`` and the text configuration ``fr`` come with the first migration.
"""

from ..models import MOBILE_MODES

_COLUMNS = (
    *("kind", "unit_id", "practitioner_id", "group_id", "geographic_entity_id", "legal_entity_id", "name"),
    *("entity_name", "sort_name", "unit_type_id", "type_label", "phone", "entity_phone", "department_code"),
    *("commune_insee", "lat", "lon", "has_own_place", "hides_place", "goes_to_person", "territory", "min_age_value"),
    *("min_age_unit", "max_age_value", "max_age_unit", "min_age_days", "max_age_days", "sex", "installed_places"),
    *("is_open", "figure", "stated_at", "expires_at", "rhythm", "pool_id", "term_ids", "facet_ids"),
    *("identifiers", "text"),
)


SQUARES = 4  # a degree, each way
# Keys that a search near a place looks up in an index before it measures: the square of the document, « d » when its
# place is hidden, and « c75110 » for each commune served by a unit that goes to the person.
AROUND = f"""
    CASE WHEN lat IS NOT NULL AND lon IS NOT NULL
         THEN ARRAY[floor(lat * {SQUARES})::int || ':' || floor(lon * {SQUARES})::int] ELSE '{{}}' END
    || CASE WHEN hides_place THEN ARRAY['d'] ELSE '{{}}' END
    || CASE WHEN goes_to_person THEN ARRAY(SELECT 'c' || code FROM unnest(territory) AS code) ELSE '{{}}' END
"""  # noqa: S608 (no value of a request)


def _vector(text: str, weight: str) -> str:
    """Words of a folded text, stemmed and as written, at one weight."""
    return f"setweight(to_tsvector('fr', {text}), '{weight}') || setweight(to_tsvector('simple', {text}), '{weight}')"


def _upsert(target: str, select: str) -> str:
    """Insert the rows of ``select`` (in the order of the columns), or update those that differ."""
    columns = ", ".join(_COLUMNS)
    updated = [column for column in (*_COLUMNS, "around") if column != target]
    mine = ", ".join(f"search_searchdocument.{column}" for column in updated)
    new = ", ".join(f"EXCLUDED.{column}" for column in updated)
    sets = ", ".join(f"{column} = EXCLUDED.{column}" for column in updated)
    return (
        f"INSERT INTO search_searchdocument ({columns}, around)"  # noqa: S608 (no value of a request)
        f" SELECT written.*, {AROUND} FROM ({select}) AS written ({columns})"
        f" ON CONFLICT ({target}) DO UPDATE SET {sets} WHERE ({mine}) IS DISTINCT FROM ({new})"
    )


_ANCESTORS = """
    closure (term_id, ancestor_id) AS (
        SELECT DISTINCT term_id, term_id FROM own
        UNION
        SELECT closure.term_id, term.parent_id
        FROM closure JOIN directory_term term ON term.id = closure.ancestor_id
        WHERE term.parent_id IS NOT NULL
    )
"""

# A figure to be confirmed since a reopening does not count by itself (availability.standing).
_EXPIRES = (
    "CASE WHEN figure.to_confirm_since IS NULL OR figure.confirmed_at >= figure.to_confirm_since"
    " THEN figure.expires_at END"
)

_UNIT_SELECT = f"""
WITH RECURSIVE wanted AS MATERIALIZED (
    SELECT unit.id
    FROM directory_operationalunit unit
    JOIN directory_geographicentity eg ON eg.id = unit.geographic_entity_id
    JOIN directory_legalentity ej ON ej.id = eg.legal_entity_id
    WHERE unit.status = 'published' AND eg.status = 'published' AND ej.status = 'published'
      AND (%(ids)s::bigint[] IS NULL OR unit.id = ANY(%(ids)s::bigint[]))
),
own (unit_id, term_id, is_type) AS (
    SELECT wanted.id, link.term_id, false FROM wanted JOIN directory_unitterm link ON link.unit_id = wanted.id
    UNION
    SELECT unit.id, given.term_id, given.is_type
    FROM wanted JOIN directory_operationalunit unit ON unit.id = wanted.id
    CROSS JOIN LATERAL (VALUES
        (unit.unit_type_id, true), (unit.discipline_id, false), (unit.care_mode_id, false),
        (unit.activity_family_id, false)
    ) AS given (term_id, is_type)
    WHERE given.term_id IS NOT NULL
),
{_ANCESTORS},
offer AS (
    SELECT own.unit_id,
           array_agg(DISTINCT term.id ORDER BY term.id) AS term_ids,
           array_agg(DISTINCT own.term_id) AS own_ids,
           string_agg(DISTINCT concat_ws(' ', term.label, array_to_string(term.synonyms, ' ')), ' ')
               FILTER (WHERE own.is_type AND own.term_id = term.id) AS type_words,
           string_agg(DISTINCT concat_ws(' ', term.label, array_to_string(term.synonyms, ' ')), ' ')
               FILTER (WHERE NOT own.is_type OR own.term_id <> term.id) AS offer_words
    FROM own
    JOIN closure ON closure.term_id = own.term_id
    JOIN directory_term term ON term.id = closure.ancestor_id
    GROUP BY own.unit_id
),
served AS (
    SELECT area.unit_id, array_agg(DISTINCT around.insee ORDER BY around.insee) AS insee
    FROM wanted
    JOIN directory_interventionarea area ON area.unit_id = wanted.id
    JOIN directory_commune commune ON commune.insee = area.commune_id
    JOIN directory_commune around
      ON around.insee IN (commune.insee, commune.parent_id) OR around.parent_id = commune.insee
    GROUP BY area.unit_id
),
sensitive AS (
    SELECT DISTINCT geographic_entity_id AS id
    FROM directory_operationalunit WHERE sensitive_unit
),
-- What was merged into an EG or a unit, and into what was merged there: people keep the numbers that it bore.
entities_taken (kept_id, id) AS (
    SELECT unit.geographic_entity_id, merge.merged_entity_id
    FROM wanted JOIN directory_operationalunit unit ON unit.id = wanted.id
    JOIN directory_merge merge ON merge.kept_entity_id = unit.geographic_entity_id
    UNION
    SELECT taken.kept_id, merge.merged_entity_id
    FROM entities_taken taken JOIN directory_merge merge ON merge.kept_entity_id = taken.id
),
units_taken (kept_id, id) AS (
    SELECT wanted.id, merge.merged_unit_id FROM wanted JOIN directory_merge merge ON merge.kept_unit_id = wanted.id
    UNION
    SELECT taken.kept_id, merge.merged_unit_id
    FROM units_taken taken JOIN directory_merge merge ON merge.kept_unit_id = taken.id
),
entity_numbers AS (
    SELECT taken.kept_id, array_agg(DISTINCT number ORDER BY number) AS numbers
    FROM entities_taken taken JOIN directory_geographicentity gone ON gone.id = taken.id
    CROSS JOIN LATERAL (VALUES (gone.finess), (gone.siret), (gone.national_id)) AS bore (number)
    GROUP BY taken.kept_id
),
unit_numbers AS (
    SELECT taken.kept_id, array_agg(DISTINCT gone.national_id ORDER BY gone.national_id) AS numbers
    FROM units_taken taken JOIN directory_operationalunit gone ON gone.id = taken.id
    GROUP BY taken.kept_id
)
SELECT
    'uo', unit.id, NULL::bigint, eg.id, eg.id, eg.legal_entity_id,
    unit.name, eg.name, eg.sort_name, unit.unit_type_id, coalesce(type.label, ''),
    coalesce(nullif(own_phone.shown, ''), eg.phone), eg.phone,
    commune.department_id, commune.insee,
    coalesce(CASE WHEN unit.commune_id IS NULL THEN eg.lat ELSE unit.lat END, commune.lat),
    coalesce(CASE WHEN unit.commune_id IS NULL THEN eg.lon ELSE unit.lon END, commune.lon),
    unit.commune_id IS NOT NULL,
    sensitive.id IS NOT NULL,
    coalesce(mode.code, '') IN ({", ".join(f"'{code}'" for code in MOBILE_MODES)}),
    coalesce(served.insee, '{{}}'),
    unit.min_age_value, unit.min_age_unit, unit.max_age_value, unit.max_age_unit,
    unit.min_age_days, unit.max_age_days, unit.sex, unit.installed_places,
    coalesce(figure.is_open, false), figure.figure, figure.confirmed_at, {_EXPIRES}, figure.rhythm,
    figure.pool_id,
    coalesce(offer.term_ids, '{{}}'),
    ARRAY(
        SELECT unnest(offer.own_ids) UNION
        SELECT link.term_id FROM directory_geographicentity_terms link WHERE link.geographicentity_id = eg.id
        ORDER BY 1
    ),
    array_remove(ARRAY[
        eg.finess, eg.siret, ej.finess, ej.siren, eg.national_id, unit.national_id, eg.phone,
        own_phone.medical, own_phone.nursing, own_phone.secretary
    ]::varchar[] || coalesce(entity_numbers.numbers, '{{}}') || coalesce(unit_numbers.numbers, '{{}}'), ''),
    {_vector("words.type", "A")}
    || {_vector("words.offer", "B")}
    || {_vector("words.names", "C")}
    || setweight(to_tsvector('fr', words.free), 'D')
FROM wanted
JOIN directory_operationalunit unit ON unit.id = wanted.id
JOIN directory_geographicentity eg ON eg.id = unit.geographic_entity_id
JOIN directory_legalentity ej ON ej.id = eg.legal_entity_id
JOIN directory_commune commune ON commune.insee = coalesce(unit.commune_id, eg.commune_id)
LEFT JOIN directory_term type ON type.id = unit.unit_type_id
LEFT JOIN directory_term mode ON mode.id = unit.care_mode_id
LEFT JOIN directory_term category ON category.id = eg.category_id
LEFT JOIN offer ON offer.unit_id = unit.id
LEFT JOIN served ON served.unit_id = unit.id
LEFT JOIN sensitive ON sensitive.id = eg.id
LEFT JOIN entity_numbers ON entity_numbers.kept_id = eg.id
LEFT JOIN unit_numbers ON unit_numbers.kept_id = unit.id
LEFT JOIN availability_currentfigure figure ON figure.unit_id = unit.id
CROSS JOIN LATERAL (
    SELECT CASE WHEN open THEN unit.medical_phone ELSE '' END AS medical,
           CASE WHEN open THEN unit.nursing_phone ELSE '' END AS nursing,
           CASE WHEN open THEN unit.secretary_phone ELSE '' END AS secretary,
           CASE WHEN open THEN coalesce(
               nullif(unit.secretary_phone, ''), nullif(unit.medical_phone, ''), unit.nursing_phone
           ) ELSE '' END AS shown
    FROM (SELECT unit.contact_confidentiality <> 'very_restricted' AS open) AS contacts
) AS own_phone
CROSS JOIN LATERAL (
    SELECT ror_fold(coalesce(offer.type_words, '')) AS type,
           ror_fold(coalesce(offer.offer_words, '')) AS offer,
           ror_fold(concat_ws(
               ' ', unit.name, eg.name, eg.official_name, ej.name, category.label,
               array_to_string(category.synonyms, ' ')
           )) AS names,
           ror_fold(concat_ws(' ', unit.admission_conditions, unit.reception_conditions, unit.intervention_details,
                              unit.pets, eg.comment)) AS free
    OFFSET 0
) AS words
ORDER BY commune.department_id, commune.insee, eg.id, unit.id
"""  # noqa: S608 (no value of a request)

_PRACTITIONER_SELECT = f"""
WITH RECURSIVE wanted AS MATERIALIZED (
    SELECT id FROM directory_practitioner
    WHERE status = 'published' AND (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s::bigint[]))
),
own (practitioner_id, term_id) AS (
    SELECT person.id, given.term_id
    FROM wanted JOIN directory_practitioner person ON person.id = wanted.id
    CROSS JOIN LATERAL (VALUES (person.profession_id), (person.speciality_id)) AS given (term_id)
    WHERE given.term_id IS NOT NULL
),
{_ANCESTORS},
offer AS (
    SELECT own.practitioner_id,
           array_agg(DISTINCT term.id ORDER BY term.id) AS term_ids,
           array_agg(DISTINCT own.term_id ORDER BY own.term_id) AS own_ids,
           string_agg(DISTINCT concat_ws(' ', term.label, array_to_string(term.synonyms, ' ')), ' ') AS words
    FROM own
    JOIN closure ON closure.term_id = own.term_id
    JOIN directory_term term ON term.id = closure.ancestor_id
    GROUP BY own.practitioner_id
),
place AS (
    SELECT DISTINCT ON (place.practitioner_id) place.*
    FROM wanted
    JOIN directory_practiceplace place ON place.practitioner_id = wanted.id
    LEFT JOIN directory_geographicentity eg ON eg.id = place.geographic_entity_id
    LEFT JOIN directory_legalentity ej ON ej.id = eg.legal_entity_id
    WHERE eg.id IS NULL OR (eg.status = 'published' AND ej.status = 'published')
    ORDER BY place.practitioner_id, place.order
),
sensitive AS (
    SELECT DISTINCT geographic_entity_id AS id
    FROM directory_operationalunit WHERE sensitive_unit
)
SELECT
    'pro', NULL::bigint, person.id, -person.id, place.geographic_entity_id, eg.legal_entity_id,
    left(concat_ws(' ', civility.label, person.first_name, person.last_name), 255),
    left(concat_ws(' – ', profession.label, speciality.label), 255), person.sort_name, NULL::bigint, '',
    coalesce(nullif(person.phone, ''), nullif(place.phone, ''), eg.phone, ''), '',
    coalesce(commune.department_id, ''), coalesce(commune.insee, ''),
    coalesce(place.lat, eg.lat, commune.lat), coalesce(place.lon, eg.lon, commune.lon),
    false, sensitive.id IS NOT NULL, false, '{{}}'::varchar[],
    NULL::smallint, '', NULL::smallint, '', NULL::integer, NULL::integer, '', NULL::integer,
    false, NULL::integer, NULL::timestamptz, NULL::timestamptz, NULL::interval,
    NULL::bigint,
    coalesce(offer.term_ids, '{{}}'), coalesce(offer.own_ids, '{{}}'),
    array_remove(ARRAY[person.rpps, person.phone, coalesce(place.phone, '')]::varchar[], ''),
    {_vector("words.offer", "A")} || setweight(to_tsvector('simple', words.names), 'C')
FROM wanted
JOIN directory_practitioner person ON person.id = wanted.id
JOIN directory_term profession ON profession.id = person.profession_id
LEFT JOIN directory_term speciality ON speciality.id = person.speciality_id
LEFT JOIN directory_term civility ON civility.id = person.civility_id
LEFT JOIN offer ON offer.practitioner_id = person.id
LEFT JOIN place ON place.practitioner_id = person.id
LEFT JOIN directory_geographicentity eg ON eg.id = place.geographic_entity_id
LEFT JOIN directory_commune commune ON commune.insee = coalesce(place.commune_id, eg.commune_id)
LEFT JOIN sensitive ON sensitive.id = eg.id
CROSS JOIN LATERAL (
    SELECT ror_fold(coalesce(offer.words, '')) AS offer,
           ror_fold(concat_ws(' ', person.first_name, person.last_name)) AS names
    OFFSET 0
) AS words
ORDER BY person.id
"""  # noqa: S608 (no value of a request)

UPSERT_UNITS = _upsert("unit_id", _UNIT_SELECT)
UPSERT_PRACTITIONERS = _upsert("practitioner_id", _PRACTITIONER_SELECT)

# The EGs of the units given, now and as indexed: the place of all their units is hidden with that of one.
ENTITIES_OF = """
SELECT geographic_entity_id FROM directory_operationalunit WHERE id = ANY(%(ids)s::bigint[])
UNION
SELECT geographic_entity_id FROM search_searchdocument WHERE unit_id = ANY(%(ids)s::bigint[])
"""
UNITS_IN = "SELECT id FROM directory_operationalunit WHERE geographic_entity_id = ANY(%(entities)s::bigint[])"
PRACTITIONERS_IN = """
SELECT DISTINCT practitioner_id FROM directory_practiceplace WHERE geographic_entity_id = ANY(%(entities)s::bigint[])
"""
LOCK_UNITS = "SELECT 1 FROM search_searchdocument WHERE unit_id = ANY(%(ids)s::bigint[]) ORDER BY unit_id FOR UPDATE"
LOCK_PRACTITIONERS = """
SELECT 1 FROM search_searchdocument WHERE practitioner_id = ANY(%(ids)s::bigint[])
ORDER BY practitioner_id FOR UPDATE
"""
DELETE_UNITS = """
DELETE FROM search_searchdocument document
WHERE document.kind = 'uo' AND (%(ids)s::bigint[] IS NULL OR document.unit_id = ANY(%(ids)s::bigint[])) AND NOT EXISTS (
    SELECT 1
    FROM directory_operationalunit unit
    JOIN directory_geographicentity eg ON eg.id = unit.geographic_entity_id
    JOIN directory_legalentity ej ON ej.id = eg.legal_entity_id
    WHERE unit.id = document.unit_id
      AND unit.status = 'published' AND eg.status = 'published' AND ej.status = 'published'
)
"""
DELETE_PRACTITIONERS = """
DELETE FROM search_searchdocument document
WHERE document.kind = 'pro' AND (%(ids)s::bigint[] IS NULL OR document.practitioner_id = ANY(%(ids)s::bigint[]))
  AND NOT EXISTS (
    SELECT 1 FROM directory_practitioner person
    WHERE person.id = document.practitioner_id AND person.status = 'published'
)
"""
# A figure touches no indexed column: the row is updated in place, its text vector left alone.
UPDATE_FIGURES = f"""
UPDATE search_searchdocument document
SET is_open = figure.is_open, figure = figure.figure, stated_at = figure.confirmed_at,
    expires_at = {_EXPIRES}, rhythm = figure.rhythm, pool_id = figure.pool_id
FROM availability_currentfigure figure
WHERE figure.unit_id = document.unit_id AND document.unit_id = ANY(%(ids)s::bigint[])
"""  # noqa: S608 (no value of a request)
# Rows added are told from rows changed by the last column.
WRITE_KEYS = r"""
WITH named AS (
    SELECT id, label, synonyms FROM directory_term
    WHERE nomenclature = ANY(%(lists)s) AND (%(id)s::bigint IS NULL OR id = %(id)s)
),
spelled (term_id, key, is_acronym) AS (
    SELECT id, ror_fold(label), false FROM named
    UNION ALL
    SELECT id, ror_fold(regexp_replace(label, '\([^)]*\)', ' ', 'g')), false FROM named
    UNION ALL
    SELECT id, ror_fold(found[1]), true FROM named, regexp_matches(label, '\(([A-Z][A-Z0-9]{1,9})\)', 'g') AS found
    UNION ALL
    SELECT id, ror_fold(found[1]), false FROM named, regexp_matches(label, '^([^(]+)\([A-Z][A-Z0-9]{1,9}\)') AS found
    UNION ALL
    SELECT id, ror_fold(synonym), synonym ~ '^[A-Z][A-Z0-9]{1,9}$' FROM named, unnest(synonyms) AS synonym
),
told AS (
    SELECT term_id, (
        SELECT string_agg(regexp_replace(word, '^(..+[^s])s$', '\1'), ' ' ORDER BY at)
        FROM unnest(string_to_array(key, ' ')) WITH ORDINALITY AS words (word, at)
        WHERE word <> ALL(%(small)s::text[]) AND (length(word) > 1 OR word ~ '[0-9]')
    ) AS key
    FROM spelled
),
wanted AS (
    SELECT term_id, left(key, 255) AS key, bool_or(is_acronym) AS is_acronym
    FROM (
        SELECT term_id, key, is_acronym FROM spelled
        UNION ALL
        SELECT term_id, key, false FROM told WHERE key LIKE '%% %% %%'
    ) AS written
    WHERE key <> '' GROUP BY 1, 2
),
gone AS (
    DELETE FROM search_termkey old
    WHERE (%(id)s::bigint IS NULL OR old.term_id = %(id)s)
      AND NOT EXISTS (SELECT 1 FROM wanted WHERE wanted.term_id = old.term_id AND wanted.key = old.key)
)
INSERT INTO search_termkey (term_id, key, is_acronym)
SELECT term_id, key, is_acronym FROM wanted
ON CONFLICT (term_id, key) DO UPDATE SET is_acronym = EXCLUDED.is_acronym
WHERE search_termkey.is_acronym <> EXCLUDED.is_acronym
RETURNING xmax = 0
"""
UNITS_OF_TERM = "SELECT unit_id FROM search_searchdocument WHERE term_ids @> ARRAY[%(id)s]::bigint[] AND kind = 'uo'"
PRACTITIONERS_OF_TERM = (
    "SELECT practitioner_id FROM search_searchdocument WHERE term_ids @> ARRAY[%(id)s]::bigint[] AND kind = 'pro'"
)
PUBLISHED_COUNTS = """
SELECT
    (SELECT count(*)
     FROM directory_operationalunit unit
     JOIN directory_geographicentity eg ON eg.id = unit.geographic_entity_id
     JOIN directory_legalentity ej ON ej.id = eg.legal_entity_id
     WHERE unit.status = 'published' AND eg.status = 'published' AND ej.status = 'published'),
    (SELECT count(*) FROM directory_practitioner WHERE status = 'published'),
    EXISTS (SELECT 1 FROM search_termkey),
    (SELECT count(*) FROM search_suggestion WHERE practitioner_id IS NOT NULL)
"""
