"""The lexicon forgets, in the writer's transaction, the words that nothing published holds any more.

Triggers rather than statements of the writers: every write of a document or of a suggestion is followed, whatever its
order, and the last holder to lose a word takes it away. A save of figures touches no text and costs nothing. Words are
looked for as written, with the weight of names in documents, those that the lexicon is made of (``words_sql``): a word
that is also a stem may stay. A word added by another transaction at the same moment may be forgotten; what holds it is
found all the same (``search.words.lexicon`` looks at the documents), and ``rebuild_search`` writes it anew.
"""

FORGET_WORDS = """
CREATE OR REPLACE FUNCTION search_forget_words(lost text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    lost_word text;
    is_held boolean;
BEGIN
    FOR lost_word IN SELECT word FROM search_lexiconword WHERE word = ANY(lost) ORDER BY word LOOP
        EXECUTE format(  -- planned for this word, common or rare
            'SELECT EXISTS (SELECT 1 FROM search_suggestion WHERE words @@ %1$L::tsquery)'
            ' OR EXISTS (SELECT 1 FROM search_searchdocument WHERE text @@ %2$L::tsquery)',
            lost_word, lost_word || ':C'
        ) INTO is_held;
        IF NOT is_held THEN
            DELETE FROM search_lexiconword WHERE word = lost_word;
        END IF;
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION search_words_of_document_lost() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM search_forget_words(ARRAY(
        SELECT unnest(tsvector_to_array(ts_filter(OLD.text, '{c}')))
        EXCEPT SELECT unnest(tsvector_to_array(ts_filter(NEW.text, '{c}')))
    ));
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION search_words_of_suggestion_lost() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM search_forget_words(ARRAY(
        SELECT unnest(tsvector_to_array(OLD.words)) EXCEPT SELECT unnest(tsvector_to_array(NEW.words))
    ));
    RETURN NULL;
END $$;

CREATE TRIGGER document_words_changed AFTER UPDATE OF text ON search_searchdocument
    FOR EACH ROW WHEN (ts_filter(OLD.text, '{c}') IS DISTINCT FROM ts_filter(NEW.text, '{c}'))
    EXECUTE FUNCTION search_words_of_document_lost();
CREATE TRIGGER document_words_gone AFTER DELETE ON search_searchdocument
    FOR EACH ROW EXECUTE FUNCTION search_words_of_document_lost();
CREATE TRIGGER suggestion_words_changed AFTER UPDATE OF words ON search_suggestion
    FOR EACH ROW WHEN (OLD.words IS DISTINCT FROM NEW.words)
    EXECUTE FUNCTION search_words_of_suggestion_lost();
CREATE TRIGGER suggestion_words_gone AFTER DELETE ON search_suggestion
    FOR EACH ROW EXECUTE FUNCTION search_words_of_suggestion_lost();
"""
KEEP_WORDS = """
DROP TRIGGER suggestion_words_gone ON search_suggestion;
DROP TRIGGER suggestion_words_changed ON search_suggestion;
DROP TRIGGER document_words_gone ON search_searchdocument;
DROP TRIGGER document_words_changed ON search_searchdocument;
DROP FUNCTION search_words_of_suggestion_lost();
DROP FUNCTION search_words_of_document_lost();
DROP FUNCTION search_forget_words(text[]);
"""
