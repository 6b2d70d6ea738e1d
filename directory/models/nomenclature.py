from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from ..enums import Nomenclature
from ..querysets import TermQuerySet
from .base import TrackedModel


class Term(TrackedModel):
    """One entry of a coded list. Terms are retired (``active_until``), never deleted (spec 10, Nomenclatures).

    ``code`` is the national code when there is one. For a type d'UO, ``preset_mode`` is the mode that its national code
    carries, and ``allowances`` name the terms that it allows: none for a list means every active term of that list.
    """

    nomenclature = models.CharField("nomenclature", max_length=24, choices=Nomenclature)
    code = models.CharField("code", max_length=24)
    label = models.CharField("libellé", max_length=255)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name="terme père",
    )
    synonyms = ArrayField(
        models.CharField(max_length=120),
        verbose_name="synonymes et sigles",
        default=list,
        blank=True,
    )
    order = models.PositiveIntegerField("ordre", default=0)
    active_from = models.DateField("actif depuis", null=True, blank=True)
    active_until = models.DateField("retiré le", null=True, blank=True)
    preset_mode = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="mode préréglé (type d’UO)",
    )
    allowed_terms = models.ManyToManyField(
        "self",
        through="TermAllowance",
        symmetrical=False,
        related_name="allowed_by",
        blank=True,
    )
    source = models.CharField("source", max_length=255, blank=True)

    objects = TermQuerySet.as_manager()

    class Meta:
        verbose_name = "terme"
        verbose_name_plural = "termes"
        ordering = ["nomenclature", "order", "label", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["nomenclature", "code"], name="term_nomenclature_code_unique"),
            models.CheckConstraint(
                condition=Q(active_until__isnull=True)
                | Q(active_from__isnull=True)
                | Q(active_until__gte=F("active_from")),
                name="term_active_period_ordered",
                violation_error_message="Le retrait ne peut précéder l’entrée en vigueur.",
            ),
            models.CheckConstraint(condition=~Q(label=""), name="term_label_given"),
        ]
        indexes = [models.Index(fields=["parent"], name="term_parent")]

    def __str__(self):
        return self.label


class TermAllowance(models.Model):
    """A term (activity, act, mode, specialisation…) that a type d'UO allows."""

    unit_type = models.ForeignKey(Term, models.CASCADE, related_name="allowances", verbose_name="type d’UO")
    term = models.ForeignKey(Term, models.CASCADE, related_name="+", verbose_name="terme permis")

    class Meta:
        verbose_name = "terme permis par un type d’UO"
        verbose_name_plural = "termes permis par type d’UO"
        constraints = [models.UniqueConstraint(fields=["unit_type", "term"], name="termallowance_unique")]

    def __str__(self):
        return f"{self.unit_type} → {self.term}"
