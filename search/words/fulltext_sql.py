"""What the text search needs in the database: French without accents, and the folding of ``common.text``."""

CREATE_CONFIGURATION = """
CREATE TEXT SEARCH CONFIGURATION fr (COPY = french);
ALTER TEXT SEARCH CONFIGURATION fr
    ALTER MAPPING FOR hword, hword_part, word, asciihword, hword_asciipart, asciiword WITH unaccent, french_stem;
"""
DROP_CONFIGURATION = "DROP TEXT SEARCH CONFIGURATION IF EXISTS fr"

# Same words as common.text.fold: lower case, no accents, anything else one space.
CREATE_FOLD = """
CREATE OR REPLACE FUNCTION ror_fold(value text) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
    SELECT trim(regexp_replace(lower(unaccent('unaccent', value)), '[^a-z0-9]+', ' ', 'g'))
$$
"""
DROP_FOLD = "DROP FUNCTION IF EXISTS ror_fold(text)"
