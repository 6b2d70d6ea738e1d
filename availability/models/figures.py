import datetime
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from common.db import append_only
from directory.enums import CapacityKind
from directory.models import GeographicEntity, OperationalUnit

from ..freshness import Freshness, freshness_at
from ..querysets import CurrentFigureQuerySet


class Breakdown(models.Model):
    """What a figure is made of: marginal counts (empty is « non précisé », 0 is none) or place lines, and a comment.

    A grouping says which counts it offers. With ``lines`` the counts are computed from them. ``lines`` is a list of
    ``availability.lines.PlaceLine`` as plain dictionaries (spec 01-settled, Availability).
    """

    men = models.PositiveIntegerField("places homme", null=True, blank=True)
    women = models.PositiveIntegerField("places femme", null=True, blank=True)
    any_sex = models.PositiveIntegerField("places indifférent", null=True, blank=True)
    accessible = models.PositiveIntegerField("places PMR", null=True, blank=True)
    single_room = models.PositiveIntegerField("chambres individuelles", null=True, blank=True)
    shared_room = models.PositiveIntegerField("chambres partagées", null=True, blank=True)
    adults = models.PositiveIntegerField("places adulte", null=True, blank=True)
    children = models.PositiveIntegerField("places enfant", null=True, blank=True)
    covid_positive = models.PositiveIntegerField("places Covid+", null=True, blank=True)
    covid_negative = models.PositiveIntegerField("places Covid−", null=True, blank=True)
    lines = models.JSONField("lignes de places", default=list, blank=True)
    comment = models.CharField("commentaire (modalités d’hébergement)", max_length=500, blank=True)
    is_over_capacity = models.BooleanField("plus de places que d’installées", default=False)

    class Meta:
        abstract = True


class Source(models.TextChoices):
    """Where a statement came from."""

    WEB = "web", "navigateur"
    MOBILE = "mobile", "téléphone"
    MAIL = "mail", "lien du mail"
    API = "api", "logiciel de l’établissement"
    IMPORT = "import", "reprise"


class CurrentState(Breakdown):
    """The last statement of a unit or of a pool, copied where it is read; updated under a row lock.

    ``version`` is that of the last statement (0 before the first). ``stated_at`` is when it was made;
    ``confirmed_at``, from which freshness is counted, is when its figure was last said to be true: the same moment,
    except after « Annuler », which brings the earlier one back (and empties ``figure`` when there was none).
    ``changed_at`` is the last change of the figure. ``expires_at`` is ``confirmed_at`` + 3 rhythms, for indexes only.
    ``to_confirm_since``: a figure confirmed before it waits to be confirmed again (after a reopening in the
    directory). ``contested_at``: somebody called and was told that there is no place left.
    """

    rhythm = models.DurationField("rythme attendu")
    version = models.PositiveIntegerField("version", default=0)
    figure = models.PositiveIntegerField("places disponibles", null=True, blank=True)
    stated_at = models.DateTimeField("date de la dernière saisie", null=True, blank=True)
    confirmed_at = models.DateTimeField("chiffre confirmé le", null=True, blank=True)
    changed_at = models.DateTimeField("dernier changement de chiffre", null=True, blank=True)
    expires_at = models.DateTimeField("compte jusqu’au", null=True, blank=True)
    to_confirm_since = models.DateTimeField("à confirmer depuis", null=True, blank=True)
    contested_at = models.DateTimeField("contesté le", null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="auteur"
    )
    source = models.CharField("origine", max_length=8, choices=Source, blank=True)

    class Meta:
        abstract = True

    def freshness(self, now: datetime.datetime) -> Freshness:
        """Freshness of the figure at ``now``, closures left aside."""
        return freshness_at(self.confirmed_at, self.rhythm, now)


def _whole(name: str) -> list[models.BaseConstraint]:
    """Constraints of a current state: stated whole, or not at all; a rhythm that is a duration."""
    return [
        models.CheckConstraint(
            condition=(
                Q(version=0, stated_at__isnull=True, figure__isnull=True) | Q(version__gte=1, stated_at__isnull=False)
            ),
            name=f"{name}_whole",
        ),
        models.CheckConstraint(
            condition=(
                Q(figure__isnull=True, confirmed_at__isnull=True, expires_at__isnull=True)
                | Q(figure__isnull=False, confirmed_at__isnull=False, expires_at__isnull=False)
            ),
            name=f"{name}_confirmed",
        ),
        models.CheckConstraint(condition=Q(rhythm__gt=datetime.timedelta(0)), name=f"{name}_rhythm_positive"),
    ]


class Pool(CurrentState):
    """Lits mutualisés: places shared by several UOs of one EG, entered once from any of them (spec 20; 01-settled).

    It has its own installed number and statements; its members' current figures are copies of its own. ``ended_at``:
    dissolved, each unit having its own figure back, to be confirmed. ``capacity_kind``: « lits » when all its units
    count in beds; derived, written by ``availability.membership``.
    """

    geographic_entity = models.ForeignKey(
        GeographicEntity, models.PROTECT, related_name="pools", verbose_name="entité géographique"
    )
    name = models.CharField("nom", max_length=120)
    installed_places = models.PositiveIntegerField("places installées", null=True, blank=True)
    capacity_kind = models.CharField("lits ou places", max_length=8, choices=CapacityKind, default=CapacityKind.PLACE)
    created_at = models.DateTimeField("créés le", auto_now_add=True)
    ended_at = models.DateTimeField("séparés le", null=True, blank=True)

    class Meta:
        verbose_name = "lits mutualisés"
        verbose_name_plural = "lits mutualisés"
        ordering = ["name", "pk"]
        constraints = _whole("pool")

    def __str__(self):
        return self.name


class PoolMembership(models.Model):
    """When a unit shared its places: from ``since``, until ``until`` excluded (empty: still). One at a time a unit.

    Kept once the unit left or the pool was separated: figures « à la date du » are those of the pool it was in then.
    """

    pool = models.ForeignKey(Pool, models.PROTECT, related_name="memberships", verbose_name="lits mutualisés")
    unit = models.ForeignKey(OperationalUnit, models.PROTECT, related_name="+", verbose_name="unité")
    since = models.DateTimeField("depuis")
    until = models.DateTimeField("jusqu’au", null=True, blank=True)

    class Meta:
        verbose_name = "appartenance à des lits mutualisés"
        verbose_name_plural = "appartenances à des lits mutualisés"
        ordering = ["unit", "since", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["unit"], condition=Q(until=None), name="poolmembership_one_open"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="poolmembership_in_order"),
        ]
        indexes = [models.Index(fields=["unit", "since"], name="poolmembership_unit_since")]

    def __str__(self):
        return f"{self.unit_id} : {self.pool_id}"


class CurrentFigure(CurrentState):
    """The current figure of a unit: one row a unit opened to entry.

    ``is_allowed`` is support's decision; ``is_open`` is in force, and is false too while the unit belongs to no
    grouping (« Saisie non activée »). In a ``pool`` the state is a copy of the pool's, version included.
    """

    unit = models.OneToOneField(
        OperationalUnit,
        models.PROTECT,
        primary_key=True,
        related_name="current_figure",
        verbose_name="unité",
    )
    is_allowed = models.BooleanField("saisie ouverte par le support", default=True)
    is_open = models.BooleanField("saisie ouverte", default=True)
    opened_at = models.DateTimeField("ouverte le", null=True, blank=True)
    pool = models.ForeignKey(
        Pool, models.PROTECT, null=True, blank=True, related_name="members", verbose_name="lits mutualisés"
    )

    objects = CurrentFigureQuerySet.as_manager()

    class Meta:
        verbose_name = "disponibilité courante"
        verbose_name_plural = "disponibilités courantes"
        ordering = [F("confirmed_at").asc(nulls_first=True), "unit_id"]
        constraints = [
            *_whole("currentfigure"),
            models.CheckConstraint(condition=Q(is_open=False) | Q(is_allowed=True), name="currentfigure_open_allowed"),
        ]
        indexes = [
            models.Index(fields=["confirmed_at"], name="currentfigure_confirmed"),
            models.Index(fields=["expires_at"], name="currentfigure_expires"),
        ]

    def __str__(self):
        return f"{self.unit_id} : {_told(self.figure)}"

    @property
    def capacity_kind(self) -> str:
        """Whether its places are told as beds: one word for all the units of a pool."""
        return self.pool.capacity_kind if self.pool is not None else self.unit.capacity_kind


class AvailabilityEntry(Breakdown):
    """Saisie de disponibilité: one dated statement of the free places of a unit. Added, never changed (spec 20).

    ``stated_at`` is when it was made (never in the future), ``recorded_at`` when it reached us, ``confirmed_at`` from
    when its freshness counts. ``version`` numbers the statements of a unit without a hole; those of a ``pool`` are
    numbered by pool, and ``unit`` is then the one from which it was entered. ``request_id`` makes sending the same form
    twice one statement. ``undoes`` is the statement that « Annuler » took back; ``figure`` is empty only when that one
    was the first. ``is_confirmation``: « Inchangé ».
    """

    Source = Source

    unit = models.ForeignKey(OperationalUnit, models.PROTECT, related_name="entries", verbose_name="unité")
    pool = models.ForeignKey(
        Pool, models.PROTECT, null=True, blank=True, related_name="entries", verbose_name="lits mutualisés"
    )
    version = models.PositiveIntegerField("version")
    figure = models.PositiveIntegerField("places disponibles", null=True)
    source = models.CharField("origine", max_length=8, choices=Source, default=Source.WEB)
    stated_at = models.DateTimeField("date de la saisie")
    confirmed_at = models.DateTimeField("chiffre confirmé le", null=True)
    recorded_at = models.DateTimeField("enregistrée le")
    is_confirmation = models.BooleanField("confirmée sans changement", default=False)
    undoes = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="annule la saisie"
    )
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
            models.UniqueConstraint(
                fields=["unit", "version"], condition=Q(pool=None), name="availabilityentry_version_unique"
            ),
            models.UniqueConstraint(
                fields=["pool", "version"], condition=Q(pool__isnull=False), name="availabilityentry_pool_version"
            ),
            models.CheckConstraint(
                condition=Q(stated_at__lte=F("recorded_at")),
                name="availabilityentry_not_in_future",
                violation_error_message="Une saisie ne peut dater du futur.",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="availabilityentry_version_positive"),
            models.CheckConstraint(
                condition=(
                    Q(figure__isnull=False, confirmed_at__isnull=False)
                    | Q(figure__isnull=True, confirmed_at__isnull=True, undoes__isnull=False)
                ),
                name="availabilityentry_figure_or_undone",
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "-stated_at", "-version"], name="availabilityentry_unit_stated"),
            models.Index(
                fields=["pool", "-stated_at", "-version"], name="availabilityentry_pool_stated", condition=~Q(pool=None)
            ),
        ]
        triggers = append_only("availabilityentry")

    def __str__(self):
        return f"{self.unit_id} : {_told(self.figure)} ({self.stated_at:%d/%m/%Y %H:%M})"


def _told(figure: int | None) -> str:
    return "inconnu" if figure is None else str(figure)
