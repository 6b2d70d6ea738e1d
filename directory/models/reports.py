from django.conf import settings
from django.db import models
from django.db.models import Q

from common.db import append_only

from ..querysets import ErrorReportQuerySet
from .entities import GeographicEntity
from .units import OperationalUnit


class ErrorReport(models.Model):
    """« Signaler une erreur »: what somebody says is wrong in a block of a record (spec 10, Record pages; spec 01).

    It goes to the directors of the record at once; support sees all, and is mailed after a delay that it sets
    (``ReportSettings``), or at once when the record has no director (``support_told_at``). Closed with an answer.
    """

    class State(models.TextChoices):
        NEW = "new", "Signalé"
        IN_PROGRESS = "in_progress", "En cours"
        CORRECTED = "corrected", "Corrigé"
        REJECTED = "rejected", "Sans suite"

    OPEN_STATES = (State.NEW, State.IN_PROGRESS)

    geographic_entity = models.ForeignKey(
        GeographicEntity, models.PROTECT, null=True, blank=True, related_name="error_reports"
    )
    unit = models.ForeignKey(OperationalUnit, models.PROTECT, null=True, blank=True, related_name="error_reports")
    block = models.CharField("encadré", max_length=32, blank=True)
    text = models.TextField("erreur constatée", max_length=2000)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="signalé par"
    )
    reported_at = models.DateTimeField("signalé le")
    state = models.CharField("état", max_length=12, choices=State, default=State.NEW)
    answer = models.TextField("réponse", max_length=2000, blank=True)
    closed_at = models.DateTimeField("clos le", null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="clos par"
    )
    support_told_at = models.DateTimeField("support prévenu le", null=True, blank=True)
    version = models.PositiveIntegerField("version", default=1)

    objects = ErrorReportQuerySet.as_manager()

    class Meta:
        verbose_name = "signalement"
        verbose_name_plural = "signalements"
        ordering = ["-reported_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(geographic_entity__isnull=False, unit__isnull=True)
                | Q(geographic_entity__isnull=True, unit__isnull=False),
                name="errorreport_one_record",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["new", "in_progress"], closed_at__isnull=True, closed_by__isnull=True, answer="")
                | (
                    Q(state__in=["corrected", "rejected"], closed_at__isnull=False, closed_by__isnull=False)
                    & ~Q(answer="")
                ),
                name="errorreport_closed_with_an_answer",
            ),
        ]
        indexes = [
            models.Index(fields=["geographic_entity", "state"], name="errorreport_eg_state"),
            models.Index(fields=["unit", "state"], name="errorreport_uo_state"),
            models.Index(fields=["state", "reported_at"], name="errorreport_state_date"),
        ]

    def __str__(self):
        return f"Signalement {self.pk}"

    @property
    def record(self) -> GeographicEntity | OperationalUnit | None:
        """The EG or UO it is about."""
        return self.unit or self.geographic_entity

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES


class ErrorReportStep(models.Model):
    """One step of an error report: its filing, a change of state, an answer. Added, never changed."""

    report = models.ForeignKey(ErrorReport, models.PROTECT, related_name="steps")
    from_state = models.CharField("état avant", max_length=12, choices=ErrorReport.State, blank=True)
    to_state = models.CharField("état après", max_length=12, choices=ErrorReport.State)
    text = models.TextField("texte", max_length=2000, blank=True)
    at = models.DateTimeField("date")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="auteur"
    )

    class Meta:
        verbose_name = "étape d’un signalement"
        verbose_name_plural = "étapes des signalements"
        ordering = ["at", "pk"]
        triggers = append_only("errorreportstep")

    def __str__(self):
        return f"{self.report_id}: {self.from_state} → {self.to_state}"


class ReportSettings(models.Model):
    """The one row of settings of error reports, kept by support in the back office."""

    support_delay_hours = models.PositiveSmallIntegerField(
        "délai avant de prévenir le support (heures)",
        default=72,
        help_text="Temps laissé aux directeurs pour traiter un signalement. 0 : le support est prévenu aussitôt.",
    )

    class Meta:
        verbose_name = "réglage des signalements"
        verbose_name_plural = "réglages des signalements"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="reportsettings_one_row")]

    def __str__(self):
        return "Réglages des signalements"
