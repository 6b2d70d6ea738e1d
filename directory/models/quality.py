from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from ..querysets import RecordQualityQuerySet
from .entities import GeographicEntity
from .units import OperationalUnit


class RecordQuality(models.Model):
    """Completeness of an EG or a UO, and the advice of the national quality rules (spec 10, Rules; ANS, 5.6).

    Written in the transaction of whatever changes the record (``directory.quality.services``), rebuilt from nothing by
    ``rebuild_quality``. ``missing`` and ``advice`` hold keys of ``directory.quality.rules``.
    """

    geographic_entity = models.OneToOneField(
        GeographicEntity, models.CASCADE, null=True, blank=True, related_name="quality"
    )
    unit = models.OneToOneField(OperationalUnit, models.CASCADE, null=True, blank=True, related_name="quality")
    percent = models.PositiveSmallIntegerField("complétude (%)")
    missing = ArrayField(models.CharField(max_length=40), verbose_name="manques", default=list, blank=True)
    advice = ArrayField(models.CharField(max_length=40), verbose_name="conseils", default=list, blank=True)

    objects = RecordQualityQuerySet.as_manager()

    class Meta:
        verbose_name = "qualité d’une fiche"
        verbose_name_plural = "qualité des fiches"
        constraints = [
            models.CheckConstraint(
                condition=Q(geographic_entity__isnull=False, unit__isnull=True)
                | Q(geographic_entity__isnull=True, unit__isnull=False),
                name="recordquality_one_record",
            ),
            models.CheckConstraint(condition=Q(percent__lte=100), name="recordquality_percent"),
        ]
        indexes = [models.Index(fields=["percent"], name="recordquality_percent_idx")]

    def __str__(self):
        return f"{self.percent} %"
