"""What is searched for, by day and without anybody's name: for support to mend the words that find nothing."""

from django.db import models

from directory.models import Term


class SearchedText(models.Model):
    """One text searched for in a day around a department: how often, what it found, what was opened of it.

    No account, no hour, no address of anybody. ``key`` is a keyed hash of the folded text, its digits masked.
    ``words`` is that text, left empty until it was asked on ``search.log.counting.DAYS_TO_TELL`` different days, unless
    it is a term, words of one or the whole name of an establishment (``search.log.counting`` says exactly): a name or
    an address typed by mistake is not kept. ``opened_rank`` adds up the ranks of the lines opened, from 1; the three
    last counts tell what was opened.
    """

    day = models.DateField("jour")
    department = models.CharField("département du lieu", max_length=3, blank=True)
    key = models.CharField("empreinte", max_length=64)
    words = models.CharField("texte", max_length=200, blank=True)
    searches = models.PositiveIntegerField("recherches", default=0)
    empty = models.PositiveIntegerField("sans résultat", default=0)
    corrected = models.PositiveIntegerField("avec une orthographe corrigée", default=0)
    opened_rank = models.PositiveIntegerField("somme des rangs ouverts", default=0)
    opened_entities = models.PositiveIntegerField("établissements ouverts", default=0)
    opened_units = models.PositiveIntegerField("unités ouvertes", default=0)
    opened_people = models.PositiveIntegerField("professionnels ouverts", default=0)

    class Meta:
        verbose_name = "texte recherché"
        verbose_name_plural = "textes recherchés"
        ordering = ["-day", "words", "pk"]
        constraints = [models.UniqueConstraint(fields=["key", "day", "department"], name="searchedtext_one_row")]
        indexes = [models.Index(fields=["day"], name="searchedtext_day")]

    def __str__(self) -> str:
        return self.words or self.key


class SettledText(models.Model):
    """A text that support is done with: left alone, or made a synonym of a term (``term``) on that day.

    Forgotten after ``search.log.counting.KEPT_DAYS``, but while the term holds it as a synonym.
    """

    key = models.CharField("empreinte", max_length=64, unique=True)
    words = models.CharField("texte", max_length=200)
    term = models.ForeignKey(Term, models.SET_NULL, null=True, related_name="+", verbose_name="terme")
    settled_on = models.DateField("jour")

    class Meta:
        verbose_name = "texte traité"
        verbose_name_plural = "textes traités"
        ordering = ["words", "pk"]

    def __str__(self) -> str:
        return self.words
