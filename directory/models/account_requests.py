from django.conf import settings
from django.db import models
from django.db.models import Q

from ..querysets import AccountRequestQuerySet
from .base import PhoneField
from .units import OperationalUnit


class AccountRequest(models.Model):
    """A director asks for the account of a Responsable de disponibilités of his UOs; support approves (spec 50)."""

    class State(models.TextChoices):
        WAITING = "waiting", "En attente"
        APPROVED = "approved", "Acceptée"
        REFUSED = "refused", "Refusée"

    first_name = models.CharField("prénom", max_length=80)
    last_name = models.CharField("nom", max_length=80)
    email = models.EmailField("adresse mail professionnelle")
    phone = PhoneField("téléphone")
    units = models.ManyToManyField(OperationalUnit, related_name="+", verbose_name="unités à mettre à jour")
    message = models.TextField("message au support", max_length=1000, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="demandé par"
    )
    requested_at = models.DateTimeField("demandé le")
    state = models.CharField("état", max_length=10, choices=State, default=State.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="décidé par"
    )
    decided_at = models.DateTimeField("décidé le", null=True, blank=True)
    answer = models.TextField("réponse du support", max_length=1000, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="compte"
    )

    objects = AccountRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "demande de compte"
        verbose_name_plural = "demandes de compte"
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True, decided_by__isnull=True, user__isnull=True)
                | Q(state="approved", decided_at__isnull=False, decided_by__isnull=False, user__isnull=False)
                | (
                    Q(state="refused", decided_at__isnull=False, decided_by__isnull=False, user__isnull=True)
                    & ~Q(answer="")
                ),
                name="accountrequest_decided_whole",
            ),
        ]
        indexes = [models.Index(fields=["state", "requested_at"], name="accountrequest_state")]

    def __str__(self):
        return f"{self.first_name} {self.last_name}"
