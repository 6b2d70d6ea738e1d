import datetime

from django.db import models
from django.db.models import Q

from directory.models import Term


class Grouping(models.Model):
    """Regroupement: a family of types d'UO whose places are stated and counted together, with its expected rhythm.

    A unit may be opened to entry only when its type belongs to a grouping (spec 20, Entering).
    """

    code = models.SlugField("code", max_length=40, unique=True)
    name = models.CharField("nom", max_length=80)
    rhythm = models.DurationField(
        "rythme attendu",
        help_text="Délai entre deux saisies, par exemple « 7 00:00:00 ».",
    )
    order = models.PositiveSmallIntegerField("ordre", default=0)
    unit_types = models.ManyToManyField(Term, related_name="groupings", blank=True, verbose_name="types d’UO")

    class Meta:
        verbose_name = "regroupement"
        verbose_name_plural = "regroupements"
        ordering = ["order", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(rhythm__gt=datetime.timedelta(0)),
                name="grouping_rhythm_positive",
            )
        ]

    def __str__(self):
        return self.name


class UnitTypeRhythm(models.Model):
    """The expected rhythm of one type d'UO, when it differs from that of its groupings (spec 01-settled, Rhythm)."""

    unit_type = models.OneToOneField(
        Term, models.CASCADE, primary_key=True, related_name="own_rhythm", verbose_name="type d’UO"
    )
    rhythm = models.DurationField("rythme attendu", help_text="Délai entre deux saisies, par exemple « 7 00:00:00 ».")

    class Meta:
        verbose_name = "rythme propre à un type d’UO"
        verbose_name_plural = "rythmes propres à un type d’UO"
        ordering = ["unit_type"]
        constraints = [
            models.CheckConstraint(condition=Q(rhythm__gt=datetime.timedelta(0)), name="unittyperhythm_rhythm_positive")
        ]

    def __str__(self):
        return f"{self.unit_type_id} : {self.rhythm}"
