from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.roles import ROLE_LABELS, Role

from ..enums import ScopeKind
from ..querysets import AssignmentQuerySet
from .entities import GeographicEntity, LegalEntity
from .units import OperationalUnit


class Assignment(models.Model):
    """user × role × scope (spec 50): who may do what, where, from when to when, and who said so.

    ``accounts`` knows no establishment: the scope is here. An assignment is ended (``valid_until``), not deleted.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="assignments",
        verbose_name="utilisateur",
    )
    role = models.CharField(
        "rôle",
        max_length=24,
        choices=[(role.value, ROLE_LABELS[role]) for role in Role],
    )
    scope_kind = models.CharField("périmètre", max_length=8, choices=ScopeKind)
    legal_entity = models.ForeignKey(
        LegalEntity,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="assignments",
        verbose_name="entité juridique",
    )
    geographic_entity = models.ForeignKey(
        GeographicEntity,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="assignments",
        verbose_name="établissement",
    )
    unit = models.ForeignKey(
        OperationalUnit,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="assignments",
        verbose_name="unité",
    )
    valid_from = models.DateField("depuis le")
    valid_until = models.DateField("jusqu’au", null=True, blank=True, help_text="Dernier jour compris.")
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="donné par",
    )
    given_at = models.DateTimeField("donné le", auto_now_add=True)
    reviewed_on = models.DateField("revu le", null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="revu par",
    )

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = "affectation"
        verbose_name_plural = "affectations"
        ordering = ["user", "role", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(
                        scope_kind=ScopeKind.REGION,
                        legal_entity=None,
                        geographic_entity=None,
                        unit=None,
                    )
                    | Q(
                        scope_kind=ScopeKind.LEGAL_ENTITY,
                        legal_entity__isnull=False,
                        geographic_entity=None,
                        unit=None,
                    )
                    | Q(
                        scope_kind=ScopeKind.GEOGRAPHIC_ENTITY,
                        legal_entity=None,
                        geographic_entity__isnull=False,
                        unit=None,
                    )
                    | Q(
                        scope_kind=ScopeKind.UNIT,
                        legal_entity=None,
                        geographic_entity=None,
                        unit__isnull=False,
                    )
                ),
                name="assignment_one_scope",
                violation_error_message="Une affectation porte sur la région, ou sur une seule fiche.",
            ),
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in Role]),
                name="assignment_role_known",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="assignment_period_ordered",
                violation_error_message="La fin précède le début.",
            ),
            models.UniqueConstraint(
                fields=[
                    "user",
                    "role",
                    "scope_kind",
                    "legal_entity",
                    "geographic_entity",
                    "unit",
                    "valid_from",
                ],
                nulls_distinct=False,
                name="assignment_unique",
            ),
        ]

    def __str__(self):
        return f"{self.user_id} – {self.role} – {self.scope_kind}"

    @property
    def scope_record(self):
        """The EJ, EG or UO of the scope; ``None`` for the region."""
        return self.legal_entity or self.geographic_entity or self.unit
