from django.conf import settings
from django.db import models
from django.db.models import Q

from directory.models import OperationalUnit


class ReminderPreference(models.Model):
    """Which mails somebody accepts about the figures of his units; without a row, all of them."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+", verbose_name="personne"
    )
    wants_digest = models.BooleanField("rappels des chiffres à confirmer", default=True)
    wants_weekly = models.BooleanField("bilan de la semaine", default=True)

    class Meta:
        verbose_name = "préférence de rappel"
        verbose_name_plural = "préférences de rappel"

    def __str__(self):
        return str(self.user_id)


class Digest(models.Model):
    """A mail about figures: one reminder a person a day at most, one summary a week.

    Written in the transaction that queues the task which sends it, never without. ``content`` is what it was made of
    (unit ids, figures), kept so that sending again says the same. ``day`` of a summary is the Monday of its week.
    """

    class Kind(models.TextChoices):
        DUE = "due", "chiffres à confirmer"
        DIRECTOR = "director", "chiffres en retard, au directeur"
        WEEKLY = "weekly", "bilan de la semaine"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="destinataire")
    kind = models.CharField("nature", max_length=10, choices=Kind)
    day = models.DateField("jour")
    content = models.JSONField("contenu", default=dict)
    queued_at = models.DateTimeField("préparé le")
    sent_at = models.DateTimeField("envoyé le", null=True)

    class Meta:
        verbose_name = "rappel envoyé"
        verbose_name_plural = "rappels envoyés"
        ordering = ["-day", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "day"], name="digest_once_a_day"),
            models.UniqueConstraint(
                fields=["user", "day"], condition=~Q(kind="weekly"), name="digest_one_reminder_a_day"
            ),
        ]
        indexes = [models.Index(fields=["queued_at"], name="digest_unsent", condition=Q(sent_at=None))]

    def __str__(self):
        return f"{self.user_id} {self.kind} {self.day}"


class UnitUse(models.Model):
    """How often a unit was looked at in a day, without saying by whom (spec 20, What my data did)."""

    unit = models.ForeignKey(OperationalUnit, models.CASCADE, related_name="uses", verbose_name="unité")
    day = models.DateField("jour")
    views = models.PositiveIntegerField("consultations", default=0)
    exports = models.PositiveIntegerField("exports", default=0)

    class Meta:
        verbose_name = "usage d’une unité"
        verbose_name_plural = "usages des unités"
        ordering = ["-day", "unit"]
        constraints = [models.UniqueConstraint(fields=["unit", "day"], name="unituse_day")]

    def __str__(self):
        return f"{self.unit_id} {self.day}"
