from django.db import models
from django.db.models import F, Q

from .nomenclature import Term
from .units import OperationalUnit


class WeeklyHours(models.Model):
    """One range of a unit's weekly template (RG_EXP_014, RG_EXP_016).

    A range that closes at or before its opening time runs over midnight into the next day; 00:00 – 00:00 is the whole
    day (« 24 h/24 »). ``valid_from`` and ``valid_until`` are inclusive and optional.
    """

    unit = models.ForeignKey(OperationalUnit, models.CASCADE, related_name="weekly_hours")
    weekday = models.PositiveSmallIntegerField(
        "jour",
        choices=[
            (1, "lundi"),
            (2, "mardi"),
            (3, "mercredi"),
            (4, "jeudi"),
            (5, "vendredi"),
            (6, "samedi"),
            (7, "dimanche"),
        ],
    )
    opens_at = models.TimeField("ouvre à")
    closes_at = models.TimeField("ferme à")
    kind = models.ForeignKey(
        Term,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="type",
    )
    valid_from = models.DateField("valable du", null=True, blank=True)
    valid_until = models.DateField("valable jusqu’au", null=True, blank=True)

    class Meta:
        verbose_name = "plage hebdomadaire"
        verbose_name_plural = "plages hebdomadaires"
        ordering = ["unit", "weekday", "opens_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday__gte=1, weekday__lte=7),
                name="weeklyhours_weekday_known",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True)
                | Q(valid_from__isnull=True)
                | Q(valid_until__gte=F("valid_from")),
                name="weeklyhours_period_ordered",
                violation_error_message="La fin de validité précède son début.",
            ),
            models.UniqueConstraint(
                fields=["unit", "weekday", "opens_at", "kind", "valid_from"],
                nulls_distinct=False,
                name="weeklyhours_unique",
            ),
        ]

    def __str__(self):
        return f"{self.get_weekday_display()} {self.opens_at:%H:%M} – {self.closes_at:%H:%M}"


class HoursException(models.Model):
    """Other hours, or none, for some days, both ends included: they replace the weekly template on those days."""

    unit = models.ForeignKey(OperationalUnit, models.CASCADE, related_name="hours_exceptions")
    starts_on = models.DateField("du")
    ends_on = models.DateField("au")
    is_closed = models.BooleanField("fermé", default=True)
    opens_at = models.TimeField("ouvre à", null=True, blank=True)
    closes_at = models.TimeField("ferme à", null=True, blank=True)
    label = models.CharField("motif", max_length=120, blank=True)

    class Meta:
        verbose_name = "horaire exceptionnel"
        verbose_name_plural = "horaires exceptionnels"
        ordering = ["unit", "starts_on", "opens_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="hoursexception_period_ordered",
                violation_error_message="La fin de l’exception précède son début.",
            ),
            models.CheckConstraint(
                condition=Q(is_closed=True, opens_at__isnull=True, closes_at__isnull=True)
                | Q(is_closed=False, opens_at__isnull=False, closes_at__isnull=False),
                name="hoursexception_closed_or_hours",
                violation_error_message="Une exception est une fermeture, ou donne une plage entière.",
            ),
        ]

    def __str__(self):
        return f"{self.starts_on:%d/%m/%Y} – {self.ends_on:%d/%m/%Y}"
