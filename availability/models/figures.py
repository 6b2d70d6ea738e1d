import datetime
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from common.db import append_only
from directory.models import OperationalUnit

from ..freshness import Freshness, freshness_at
from ..querysets import CurrentFigureQuerySet


class Breakdown(models.Model):
    """Six optional marginal counts of a total: empty is « non précisé », 0 is none (spec 01-settled, Availability)."""

    men = models.PositiveIntegerField("places homme", null=True, blank=True)
    women = models.PositiveIntegerField("places femme", null=True, blank=True)
    any_sex = models.PositiveIntegerField("places indifférent", null=True, blank=True)
    accessible = models.PositiveIntegerField("places PMR", null=True, blank=True)
    single_room = models.PositiveIntegerField("chambres individuelles", null=True, blank=True)
    shared_room = models.PositiveIntegerField("chambres partagées", null=True, blank=True)
    comment = models.CharField("commentaire (modalités d’hébergement)", max_length=500, blank=True)
    is_over_capacity = models.BooleanField("plus de places que d’installées", default=False)

    class Meta:
        abstract = True


class AvailabilityEntry(Breakdown):
    """Saisie de disponibilité: one dated statement of the free places of a unit. Added, never changed (spec 20).

    ``stated_at`` is when it was true (never in the future), ``recorded_at`` when it reached us. ``version`` numbers the
    statements of a unit without a hole; ``request_id`` makes sending the same form twice one statement.
    """

    class Source(models.TextChoices):
        WEB = "web", "navigateur"
        MOBILE = "mobile", "téléphone"
        MAIL = "mail", "lien du mail"
        API = "api", "logiciel de l’établissement"
        IMPORT = "import", "reprise"

    unit = models.ForeignKey(OperationalUnit, models.PROTECT, related_name="entries", verbose_name="unité")
    version = models.PositiveIntegerField("version")
    figure = models.PositiveIntegerField("places disponibles")
    source = models.CharField("origine", max_length=8, choices=Source, default=Source.WEB)
    stated_at = models.DateTimeField("date de la saisie")
    recorded_at = models.DateTimeField("enregistrée le")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="auteur",
    )
    request_id = models.UUIDField("envoi", default=uuid.uuid4, unique=True)

    class Meta:
        verbose_name = "saisie de disponibilité"
        verbose_name_plural = "saisies de disponibilité"
        ordering = ["unit", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "version"], name="availabilityentry_version_unique"),
            models.CheckConstraint(
                condition=Q(stated_at__lte=F("recorded_at")),
                name="availabilityentry_not_in_future",
                violation_error_message="Une saisie ne peut dater du futur.",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="availabilityentry_version_positive"),
        ]
        triggers = append_only("availabilityentry")

    def __str__(self):
        return f"{self.unit_id} : {self.figure} ({self.stated_at:%d/%m/%Y %H:%M})"


class CurrentFigure(Breakdown):
    """The current figure of a unit opened to entry: one row a unit, updated under a row lock with its version compared.

    A unit without this row, or with ``is_open`` false, shows « Saisie non activée ». ``figure`` and ``stated_at`` are
    empty until the first statement. ``version`` is that of the last statement (0 before the first). ``rhythm`` is the
    one in force for the unit; ``expires_at`` is stored for the index only, always ``stated_at`` + 3 rhythms.
    """

    unit = models.OneToOneField(
        OperationalUnit,
        models.PROTECT,
        primary_key=True,
        related_name="current_figure",
        verbose_name="unité",
    )
    is_open = models.BooleanField("saisie ouverte", default=True)
    opened_at = models.DateTimeField("ouverte le", null=True, blank=True)
    rhythm = models.DurationField("rythme attendu")
    version = models.PositiveIntegerField("version", default=0)
    figure = models.PositiveIntegerField("places disponibles", null=True, blank=True)
    stated_at = models.DateTimeField("date de la saisie", null=True, blank=True)
    changed_at = models.DateTimeField("dernier changement de chiffre", null=True, blank=True)
    expires_at = models.DateTimeField("compte jusqu’au", null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="auteur",
    )
    source = models.CharField("origine", max_length=8, choices=AvailabilityEntry.Source, blank=True)

    objects = CurrentFigureQuerySet.as_manager()

    class Meta:
        verbose_name = "disponibilité courante"
        verbose_name_plural = "disponibilités courantes"
        ordering = [F("stated_at").asc(nulls_first=True), "unit_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    version=0,
                    figure__isnull=True,
                    stated_at__isnull=True,
                    expires_at__isnull=True,
                )
                | Q(
                    version__gte=1,
                    figure__isnull=False,
                    stated_at__isnull=False,
                    expires_at__isnull=False,
                ),
                name="currentfigure_whole",
            ),
            models.CheckConstraint(
                condition=Q(rhythm__gt=datetime.timedelta(0)),
                name="currentfigure_rhythm_positive",
            ),
        ]
        indexes = [
            models.Index(fields=["stated_at"], name="currentfigure_stated"),
            models.Index(fields=["expires_at"], name="currentfigure_expires"),
        ]

    def __str__(self):
        return f"{self.unit_id} : {self.figure}"

    def freshness(self, now: datetime.datetime) -> Freshness:
        """Freshness of the figure at ``now``."""
        return freshness_at(self.stated_at, self.rhythm, now)
