from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from ..querysets import DuplicatePairQuerySet
from .entities import GeographicEntity
from .units import OperationalUnit


class DuplicatePair(models.Model):
    """Two EGs, or two UOs, that may describe the same thing (spec 30, Duplicates and orphans).

    ``find_duplicates`` writes the pairs each week, ``first`` being the older record (smaller key). ``reasons`` holds
    keys of ``directory.duplicates.rules``. A pair set aside by somebody stays so, unless a reason that was not there
    then comes: it waits again, with those ``new_reasons`` and what was decided before. One no longer found while it
    waited goes.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "À traiter"
        SET_ASIDE = "set_aside", "Écarté"
        MERGED = "merged", "Fusionné"

    first_entity = models.ForeignKey(GeographicEntity, models.CASCADE, null=True, related_name="+")
    second_entity = models.ForeignKey(GeographicEntity, models.CASCADE, null=True, related_name="+")
    first_unit = models.ForeignKey(OperationalUnit, models.CASCADE, null=True, related_name="+")
    second_unit = models.ForeignKey(OperationalUnit, models.CASCADE, null=True, related_name="+")
    reasons = ArrayField(models.CharField(max_length=20), verbose_name="raisons")
    new_reasons = ArrayField(
        models.CharField(max_length=20), default=list, blank=True, verbose_name="raisons venues depuis"
    )
    state = models.CharField("état", max_length=12, choices=State, default=State.WAITING)
    found_at = models.DateTimeField("trouvé le")
    seen_at = models.DateTimeField("vu la dernière fois le")
    settled_at = models.DateTimeField("traité le", null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="traité par"
    )
    remark = models.CharField("remarque", max_length=255, blank=True)

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        verbose_name = "doublon possible"
        verbose_name_plural = "doublons possibles"
        constraints = [
            models.CheckConstraint(
                condition=Q(first_entity__lt=F("second_entity"), first_unit__isnull=True, second_unit__isnull=True)
                | Q(first_unit__lt=F("second_unit"), first_entity__isnull=True, second_entity__isnull=True),
                name="duplicatepair_two_of_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", settled_at__isnull=True, settled_by__isnull=True)
                | Q(state="waiting", settled_at__isnull=False, settled_by__isnull=False, new_reasons__len__gt=0)
                | Q(state__in=["set_aside", "merged"], settled_at__isnull=False, settled_by__isnull=False),
                name="duplicatepair_settled_by_somebody",
            ),
            models.UniqueConstraint(fields=["first_entity", "second_entity"], name="duplicatepair_entities_unique"),
            models.UniqueConstraint(fields=["first_unit", "second_unit"], name="duplicatepair_units_unique"),
        ]

    def __str__(self):
        return f"{self.first} / {self.second}"

    @property
    def first(self) -> Any:
        """The older record."""
        return self.first_entity or self.first_unit

    @property
    def second(self) -> Any:
        """The newer record."""
        return self.second_entity or self.second_unit


class DuplicateSearch(models.Model):
    """The last run of ``find_duplicates``: one row."""

    at = models.DateTimeField("date")

    class Meta:
        verbose_name = "recherche de doublons"
        verbose_name_plural = "recherches de doublons"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="duplicatesearch_one_row")]

    def __str__(self):
        return f"{self.at}"


class Merge(models.Model):
    """A record taken into another of its kind: its old addresses lead to the one that is kept (spec 30).

    The record taken in stays, closed for good on that day. A chain is followed to its end: when the kept record is
    taken into a third one later, both lines stay. ``kept_version`` and ``merged_version`` are those that the merge
    wrote: it is undone while both records have them still; ``given`` says what it moved, so that it can be given back
    (``directory.duplicates.undoing``).
    """

    merged_entity = models.OneToOneField(GeographicEntity, models.CASCADE, null=True, related_name="merge")
    kept_entity = models.ForeignKey(GeographicEntity, models.CASCADE, null=True, related_name="merges")
    merged_unit = models.OneToOneField(OperationalUnit, models.CASCADE, null=True, related_name="merge")
    kept_unit = models.ForeignKey(OperationalUnit, models.CASCADE, null=True, related_name="merges")
    at = models.DateTimeField("date")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="auteur")
    kept_version = models.PositiveIntegerField("version de la fiche conservée", default=0)
    merged_version = models.PositiveIntegerField("version de la fiche fusionnée", default=0)
    given = models.JSONField("ce qui a été déplacé", default=dict)

    class Meta:
        verbose_name = "fusion de fiches"
        verbose_name_plural = "fusions de fiches"
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(merged_entity__isnull=False, kept_entity__isnull=False)
                    & Q(merged_unit__isnull=True, kept_unit__isnull=True)
                    & ~Q(merged_entity=F("kept_entity"))
                )
                | (
                    Q(merged_unit__isnull=False, kept_unit__isnull=False)
                    & Q(merged_entity__isnull=True, kept_entity__isnull=True)
                    & ~Q(merged_unit=F("kept_unit"))
                ),
                name="merge_two_of_a_kind",
            ),
        ]

    def __str__(self):
        return f"{self.merged} → {self.kept}"

    @property
    def merged(self) -> Any:
        """The record that was taken in."""
        return self.merged_entity or self.merged_unit

    @property
    def kept(self) -> Any:
        """The record that took it in."""
        return self.kept_entity or self.kept_unit
