from django.conf import settings
from django.db import models

from accounts.roles import Role
from common.db import append_only

from ..enums import RecordKind


class RecordChange(models.Model):
    """One act on one record: who, when, which fields, before → after (spec 10, history). Added, never changed.

    ``changes`` maps a field name to ``[before, after]``: JSON values for plain fields, ``{"id", "label"}`` for coded
    ones (``directory.snapshots``), so that a line stays readable when terms are renamed and an earlier state can be put
    back. Written in the transaction of the act by ``directory.history``.
    """

    class Action(models.TextChoices):
        CREATED = "created", "Création"
        CHANGED = "changed", "Modification"
        CLOSED = "closed", "Fermeture"
        REOPENED = "reopened", "Réouverture"
        MOVED = "moved", "Déplacement"

    record_kind = models.CharField("nature", max_length=16, choices=RecordKind)
    record_id = models.BigIntegerField("fiche")
    version = models.PositiveIntegerField("version après")
    action = models.CharField("action", max_length=12, choices=Action)
    block = models.CharField("encadré", max_length=32, blank=True)
    changes = models.JSONField("changements", default=dict)
    reason = models.CharField("motif", max_length=255, blank=True)
    at = models.DateTimeField("date")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="auteur",
    )
    role = models.CharField("au titre de", max_length=32, blank=True)

    class Meta:
        verbose_name = "modification"
        verbose_name_plural = "historique des fiches"
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["record_kind", "record_id", "version"],
                name="recordchange_version_unique",
            )
        ]
        indexes = [
            models.Index(
                fields=["-at", "-id"], name="recordchange_of_directors", condition=models.Q(role=Role.DIRECTOR.value)
            )
        ]
        triggers = append_only("recordchange")

    def __str__(self):
        return f"{self.record_kind} {self.record_id} v{self.version}"
