from django.conf import settings
from django.db import models
from django.db.models import F, Q

from directory.models import GeographicEntity

from .dossiers import Dossier


class Campaign(models.Model):
    """Campagne: support asks a list of EGs to describe their offer between two dates (spec 30, Campaigns)."""

    name = models.CharField("nom", max_length=120, unique=True)
    message = models.TextField("message aux directeurs", max_length=2000, blank=True)
    starts_on = models.DateField("début")
    ends_on = models.DateField("fin")
    created_at = models.DateTimeField("créée le")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="créée par")
    closed_at = models.DateTimeField("close le", null=True, blank=True)
    version = models.PositiveIntegerField("version", default=1)

    class Meta:
        verbose_name = "campagne"
        verbose_name_plural = "campagnes"
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="campaign_ends_after_start",
                violation_error_message="La campagne finit après son début.",
            )
        ]

    def __str__(self):
        return self.name


class CampaignTarget(models.Model):
    """An EG that a campaign asks; ``dossier`` is the one created for it, or the one that was already open."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="targets")
    geographic_entity = models.ForeignKey(GeographicEntity, models.PROTECT, related_name="+")
    dossier = models.ForeignKey(Dossier, models.PROTECT, null=True, blank=True, related_name="+")
    reminded_at = models.DateTimeField("relancé le", null=True, blank=True)
    reminders = models.PositiveSmallIntegerField("relances", default=0)

    class Meta:
        verbose_name = "établissement d’une campagne"
        verbose_name_plural = "établissements des campagnes"
        ordering = ["campaign", "geographic_entity__sort_name", "pk"]
        constraints = [models.UniqueConstraint(fields=["campaign", "geographic_entity"], name="campaigntarget_once")]

    def __str__(self):
        return f"{self.campaign_id}: {self.geographic_entity_id}"
