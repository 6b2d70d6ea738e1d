import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from common.db import append_only
from directory.models import OperationalUnit

from ..querysets import UnitClosureQuerySet


class UnitClosure(models.Model):
    """Indisponibilité totale: a unit takes nobody from ``starts_at`` until ``ends_at`` excluded (empty: open end).

    An overlay at reading, no statement: while it lasts the unit contributes 0 and entry is blocked; at its end the last
    figure waits to be confirmed (spec 20; 01-settled). A line is only ever withdrawn: an edit withdraws it and adds
    another that ``replaces`` it, so that the past can be read as it was recorded.
    """

    class Reason(models.TextChoices):
        WORKS = "works", "travaux"
        OUTBREAK = "outbreak", "cluster ou épidémie"
        SUMMER = "summer", "fermeture estivale"
        STAFF = "staff", "manque de personnel"
        INCIDENT = "incident", "incident ou sinistre"
        OTHER = "other", "autre"

    unit = models.ForeignKey(OperationalUnit, models.PROTECT, related_name="unavailabilities", verbose_name="unité")
    starts_at = models.DateTimeField("début")
    ends_at = models.DateTimeField("fin", null=True, blank=True)
    reason = models.CharField("motif", max_length=10, choices=Reason)
    comment = models.CharField("précision", max_length=300, blank=True)
    recorded_at = models.DateTimeField("déclarée le")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="déclarée par"
    )
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="remplace"
    )
    withdrawn_at = models.DateTimeField("retirée le", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="retirée par"
    )

    objects = UnitClosureQuerySet.as_manager()

    class Meta:
        verbose_name = "indisponibilité totale"
        verbose_name_plural = "indisponibilités totales"
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="unitclosure_dates_in_order",
                violation_error_message="La fin suit le début.",
            ),
        ]
        indexes = [models.Index(fields=["unit", "starts_at"], name="unitclosure_held", condition=Q(withdrawn_at=None))]

    def __str__(self):
        return f"{self.unit_id} : {self.starts_at} – {self.ends_at or '…'}"

    def is_active(self, now: datetime.datetime) -> bool:
        """Tell whether it holds at ``now``."""
        return self.withdrawn_at is None and self.starts_at <= now and (self.ends_at is None or now < self.ends_at)


class ExpectedPlace(models.Model):
    """« Place attendue le … »: places that should be free from a day on, shown as *bientôt* (spec 20).

    On the day it becomes a reminder. ``settled_at``: it came, was put off or given up, as ``outcome`` says.
    """

    class Outcome(models.TextChoices):
        ARRIVED = "arrived", "Arrivée"
        POSTPONED = "postponed", "Reportée"
        GIVEN_UP = "given_up", "Annulée"

    unit = models.ForeignKey(OperationalUnit, models.PROTECT, related_name="expected_places", verbose_name="unité")
    count = models.PositiveSmallIntegerField("places attendues")
    expected_on = models.DateField("attendues le")
    comment = models.CharField("précision", max_length=200, blank=True)
    recorded_at = models.DateTimeField("annoncées le")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="annoncées par"
    )
    settled_at = models.DateTimeField("close le", null=True, blank=True)
    outcome = models.CharField("suite", max_length=10, choices=Outcome, blank=True)

    class Meta:
        verbose_name = "place attendue"
        verbose_name_plural = "places attendues"
        ordering = ["expected_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(count__gte=1), name="expectedplace_some"),
            models.CheckConstraint(
                condition=Q(outcome="") | Q(settled_at__isnull=False), name="expectedplace_outcome_settled"
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "expected_on"], name="expectedplace_awaited", condition=Q(settled_at=None))
        ]

    def __str__(self):
        return f"{self.unit_id} : {self.count} le {self.expected_on}"


class CallOutcome(models.Model):
    """What somebody who called a unit was told: one line, no data about a person. Added, never changed (spec 20).

    ``figure`` and ``version`` are those shown when the call was reported. Only ``FULL`` contests the figure.
    """

    class Outcome(models.TextChoices):
        ADMITTED = "admitted", "Admis"
        FULL = "full", "Plus de place"
        REFUSED = "refused", "Refus"
        NO_ANSWER = "no_answer", "Pas de réponse"

    unit = models.ForeignKey(OperationalUnit, models.PROTECT, related_name="call_outcomes", verbose_name="unité")
    outcome = models.CharField("suite de l’appel", max_length=10, choices=Outcome)
    reason = models.CharField("motif du refus", max_length=120, blank=True)
    comment = models.CharField("commentaire", max_length=300, blank=True)
    figure = models.PositiveIntegerField("places affichées", null=True)
    version = models.PositiveIntegerField("version de la saisie affichée")
    at = models.DateTimeField("le")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="par")
    request_id = models.UUIDField("envoi", unique=True)

    class Meta:
        verbose_name = "suite d’un appel"
        verbose_name_plural = "suites d’appels"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["unit", "-at"], name="calloutcome_unit")]
        triggers = append_only("calloutcome")

    def __str__(self):
        return f"{self.unit_id} : {self.get_outcome_display()}"
