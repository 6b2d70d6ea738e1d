import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from directory.models import OperationalUnit, Term

from .figures import Pool
from .summary import SUMMARY_TRIGGERS


class Grouping(models.Model):
    """Regroupement: a named rule that says which units are counted together, with their expected rhythm (spec 20).

    A unit belongs to it when its type is one of ``unit_types``, and, each being given, when it carries one of the
    ``activities``, has one of the ``modes``, and meets the ages [``from_days``, ``until_days``) (days, derived as in
    01-settled). A unit may be opened to entry only when it belongs to a grouping. ``offered_counts`` are the names of
    the counts (``availability.breakdown``) that its units may fill in. ``counted`` names the count to add up instead of
    the total of free places (« Covid+ »). ``is_crisis``: shown only in crisis mode.
    """

    code = models.SlugField("code", max_length=40, unique=True)
    name = models.CharField("nom", max_length=80)
    rhythm = models.DurationField(
        "rythme attendu",
        help_text="Délai entre deux saisies, par exemple « 7 00:00:00 ».",
    )
    order = models.PositiveSmallIntegerField("ordre", default=0)
    unit_types = models.ManyToManyField(Term, related_name="groupings", blank=True, verbose_name="types d’UO")
    activities = models.ManyToManyField(
        Term, related_name="+", blank=True, verbose_name="activités", help_text="Vide : toutes."
    )
    modes = models.ManyToManyField(
        Term, related_name="+", blank=True, verbose_name="modes de prise en charge", help_text="Vide : tous."
    )
    from_days = models.PositiveIntegerField("à partir de (jours)", null=True, blank=True)
    until_days = models.PositiveIntegerField("avant (jours)", null=True, blank=True)
    offered_counts = ArrayField(
        models.CharField(max_length=20), verbose_name="répartition proposée", default=list, blank=True
    )
    counted = models.CharField("nombre compté", max_length=20, blank=True, help_text="Vide : le total des places.")
    is_crisis = models.BooleanField("seulement en mode crise", default=False)

    class Meta:
        verbose_name = "regroupement"
        verbose_name_plural = "regroupements"
        ordering = ["order", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(rhythm__gt=datetime.timedelta(0)),
                name="grouping_rhythm_positive",
            ),
            models.CheckConstraint(
                condition=Q(from_days=None) | Q(until_days=None) | Q(until_days__gt=F("from_days")),
                name="grouping_ages_in_order",
                violation_error_message="L’âge de fin suit l’âge de début.",
            ),
        ]

    def __str__(self):
        return self.name


# A figure that counts until it expires, whatever the closures and the pools: totals read it from a summary.
_SETTLED_AND_COUNTED = Q(
    pool__isnull=True,
    is_volatile=False,
    is_open=True,
    free__isnull=False,
    confirmed_at__isnull=False,
    expires_at__isnull=False,
)


class GroupedUnit(models.Model):
    """A published unit under a grouping whose rule it meets, with what totals read of its figure: one flat row.

    Derived, never edited: ``availability.membership`` writes it in the writer's transaction, and can rebuild it from
    nothing. ``free`` is the total or the grouping's ``counted`` number, empty when not given. ``pool`` rows of one pool
    hold the same figure, to be counted once. ``is_open``: entry in force. ``confirmed_at`` and ``expires_at`` are
    empty when the figure does not count by itself (never stated, or to be confirmed since a reopening).
    ``is_volatile``: a closure ends after the figure was confirmed (the unit, or one of its pool), hence the row counts
    or not according to the hour: it is judged from the closures, never from a summary.
    """

    grouping = models.ForeignKey(
        Grouping, models.CASCADE, db_index=False, related_name="rows", verbose_name="regroupement"
    )
    unit = models.ForeignKey(OperationalUnit, models.CASCADE, related_name="grouped", verbose_name="unité")
    department_code = models.CharField("département", max_length=3)
    pool = models.ForeignKey(Pool, models.CASCADE, null=True, related_name="+", verbose_name="lits mutualisés")
    is_open = models.BooleanField("saisie ouverte")
    free = models.PositiveIntegerField("places disponibles", null=True)
    confirmed_at = models.DateTimeField("chiffre confirmé le", null=True)
    expires_at = models.DateTimeField("compte jusqu’au", null=True)
    rhythm = models.DurationField("rythme attendu")
    is_volatile = models.BooleanField("dépend d’une indisponibilité", default=False)

    class Meta:
        verbose_name = "unité d’un regroupement"
        verbose_name_plural = "unités des regroupements"
        ordering = ["grouping", "unit"]
        constraints = [models.UniqueConstraint(fields=["grouping", "unit"], name="groupedunit_unique")]
        indexes = [
            models.Index(fields=["grouping", "department_code"], name="groupedunit_cell"),
            models.Index(
                fields=["grouping", "department_code"],
                name="groupedunit_unsettled",
                condition=Q(is_volatile=True) | Q(pool__isnull=False),
            ),
            models.Index(fields=["expires_at"], name="groupedunit_expires", condition=_SETTLED_AND_COUNTED),
            models.Index(
                fields=["grouping", "department_code", "rhythm", "expires_at"],
                name="groupedunit_oldest",
                condition=_SETTLED_AND_COUNTED,
            ),
        ]
        triggers = SUMMARY_TRIGGERS

    def __str__(self):
        return f"{self.grouping_id} / {self.unit_id}"


class CrisisMode(models.Model):
    """Crisis mode, on or off: one line a switch, the last one holds. Groupings « en crise » show while it is on."""

    is_on = models.BooleanField("mode crise")
    at = models.DateTimeField("depuis le")
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", verbose_name="décidé par")
    reason = models.CharField("motif", max_length=200, blank=True)

    class Meta:
        verbose_name = "mode crise"
        verbose_name_plural = "mode crise"
        ordering = ["-at", "-pk"]

    def __str__(self):
        return "activé" if self.is_on else "désactivé"


class UnitTypeRhythm(models.Model):
    """The expected rhythm of one type d'UO, when it differs from that of its groupings (spec 01-settled, Rhythm)."""

    unit_type = models.OneToOneField(
        Term, models.CASCADE, primary_key=True, related_name="own_rhythm", verbose_name="type d’UO"
    )
    rhythm = models.DurationField("rythme attendu", help_text="Délai entre deux saisies, par exemple « 7 00:00:00 ».")

    class Meta:
        verbose_name = "rythme propre à un type d’UO"
        verbose_name_plural = "rythmes propres à un type d’UO"
        ordering = ["unit_type"]
        constraints = [
            models.CheckConstraint(condition=Q(rhythm__gt=datetime.timedelta(0)), name="unittyperhythm_rhythm_positive")
        ]

    def __str__(self):
        return f"{self.unit_type_id} : {self.rhythm}"
