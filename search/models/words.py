"""What may be typed: spellings of the coded terms, suggestions while typing, words to mend a typing error with."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Case, F, Q, When

from directory.models import GeographicEntity, Practitioner, Term

# Kilobytes of a text index that wait to be sorted in: every reading goes through them, so that few may wait.
WAITING_KB = 64
# Words that say nothing by themselves: a spelling is the same with and without them.
SMALL_WORDS = frozenset(
    "au aux avec ce ces chez dans de des du elle en est et il la le les leur leurs ma mes mon ne nos notre on ou par"
    " pour qu que qui sa se ses son sur un une vers vos votre".split()
)


class TermKey(models.Model):
    """One folded spelling of a coded term: label, synonym or acronym. An acronym is also found inside a text.

    A label « Lits Halte Soins Santé (LHSS) mobiles » is also spelled by what stands before its acronym, and a spelling
    with three words that tell by these, in the singular: « lit halte soin sante » (``spelling.telling_form``).
    """

    term = models.ForeignKey(Term, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField("orthographe", max_length=255)
    is_acronym = models.BooleanField("sigle", default=False)

    class Meta:
        verbose_name = "orthographe d’un terme"
        verbose_name_plural = "orthographes des termes"
        ordering = ["key", "term"]
        constraints = [models.UniqueConstraint(fields=["term", "key"], name="termkey_unique")]
        indexes = [models.Index(fields=["key"], name="termkey_key")]

    def __str__(self) -> str:
        return self.key


def _words_of(record: str) -> Case:
    """Words of the suggestions of one kind of record, as ``search.words.suggestions`` asks for them."""
    return Case(When(**{f"{record}__isnull": False}, then=F("words")))


COMMON = 1000  # documents of a term above which they are not counted


class Suggestion(models.Model):
    """Something that may be proposed while a person types « Que recherchez-vous ? »; published records only.

    ``label`` is shown and searched for once chosen; ``detail`` stands beside it (commune of an EG, profession); ``key``
    is the folded label. ``words`` hold the label, its synonyms and acronyms, as written and stemmed.
    ``hides_place`` tells that ``detail`` names a place for entitled people only. ``is_common``: a term that more than
    ``COMMON`` UO (practitioners, for a profession) held when the index was last rebuilt: nobody waits for a count.
    """

    class Group(models.IntegerChoices):
        """Heading of the list, in the order shown (seed 001, spec 40)."""

        UNIT_TYPE = 1, "Types d’UO"
        ACTIVITY = 2, "Activités opérationnelles"
        ACT = 3, "Actes spécifiques"
        SPECIALISATION = 4, "Spécialisations"
        ENTITY = 5, "Établissements"
        PRACTITIONER = 6, "Professionnels"

    group = models.PositiveSmallIntegerField("rubrique", choices=Group)
    term = models.OneToOneField(Term, models.CASCADE, null=True, related_name="+")
    geographic_entity = models.OneToOneField(GeographicEntity, models.CASCADE, null=True, related_name="+")
    practitioner = models.OneToOneField(Practitioner, models.CASCADE, null=True, related_name="+")
    label = models.CharField("libellé", max_length=255)
    detail = models.CharField("précision", max_length=255, blank=True)
    hides_place = models.BooleanField("lieu masqué", default=False)
    key = models.CharField("clé", max_length=255)
    is_common = models.BooleanField("très fréquent", default=False)
    words = SearchVectorField("mots")

    class Meta:
        verbose_name = "suggestion"
        verbose_name_plural = "suggestions"
        ordering = ["group", "key", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(group__lte=4, term__isnull=False, geographic_entity=None, practitioner=None)
                | Q(group=5, term=None, geographic_entity__isnull=False, practitioner=None)
                | Q(group=6, geographic_entity=None)
                & (Q(term=None, practitioner__isnull=False) | Q(term__isnull=False, practitioner=None)),
                name="suggestion_one_record",
            ),
        ]
        indexes = [
            GinIndex(fields=["words"], name="suggestion_words", gin_pending_list_limit=WAITING_KB),
            # Words of names apart: the planner knows then how many establishments, or people, hold a word.
            GinIndex(_words_of("geographic_entity"), name="suggestion_entity_words", gin_pending_list_limit=WAITING_KB),
            GinIndex(_words_of("practitioner"), name="suggestion_person_words", gin_pending_list_limit=WAITING_KB),
            models.Index(OpClass("key", name="text_pattern_ops"), "group", name="suggestion_key"),
        ]

    def __str__(self) -> str:
        return self.label


class LexiconWord(models.Model):
    """A folded word met in what is published: what a word that is met nowhere may have been meant for.

    Words are added by each write, and forgotten in its transaction when nothing holds them any more
    (``search.indexing.forgetting_sql``): a slip that was published then mended is mended again in what people type. A
    word that is also the stem of another may stay.
    """

    word = models.CharField("mot", max_length=40, primary_key=True)

    class Meta:
        verbose_name = "mot du lexique"
        verbose_name_plural = "mots du lexique"
        ordering = ["word"]
        indexes = [GinIndex(OpClass("word", name="gin_trgm_ops"), name="lexiconword_trigrams")]

    def __str__(self) -> str:
        return self.word
