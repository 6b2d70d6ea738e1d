from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from common.db import append_only
from directory.models import GeographicEntity, LegalEntity

from ..enums import CLOSED_STATES, EDITABLE_STATES, OPEN_STATES, DossierState
from ..querysets import DossierQuerySet
from ..wording import act_words


def _person(label: str, **options):
    return models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=label, **options)


class Dossier(models.Model):
    """Dossier collaboratif: proposed records worked on as one batch, published whole after two validations (spec 30).

    ``geographic_entity`` is the EG it is about; empty for a new EG until it is published, ``legal_entity`` then says
    under which EJ. ``HeldEntity`` keeps an EG in one open dossier at a time. ``state`` changes only through
    ``collaborative.services``, each change with its ``Step``. ``senders`` are the ids of all who have sent it, or what
    it is the rest of: none of them validates it.
    """

    name = models.CharField("nom", max_length=255)
    state = models.CharField("état", max_length=12, choices=DossierState, default=DossierState.DRAFT)
    geographic_entity = models.ForeignKey(
        GeographicEntity, models.PROTECT, null=True, blank=True, related_name="dossiers", verbose_name="établissement"
    )
    legal_entity = models.ForeignKey(
        LegalEntity, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="entité juridique"
    )
    campaign = models.ForeignKey(
        "Campaign", models.PROTECT, null=True, blank=True, related_name="dossiers", verbose_name="campagne"
    )
    is_opened_by_campaign = models.BooleanField("ouvert par une campagne", default=False)
    origin = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="remainders", verbose_name="reste du dossier"
    )

    opened_by = _person("ouvert par")
    opened_at = models.DateTimeField("ouvert le")
    started_at = models.DateTimeField("commencé le", null=True, blank=True)
    changed_by = _person("modifié par")
    changed_at = models.DateTimeField("modifié le")
    sent_by = _person("envoyé par", null=True, blank=True)
    sent_at = models.DateTimeField("envoyé le", null=True, blank=True)
    senders = ArrayField(models.BigIntegerField(), default=list, blank=True, verbose_name="envoyé un jour par")
    taken_by = _person("pris en charge par", null=True, blank=True)
    taken_at = models.DateTimeField("pris en charge le", null=True, blank=True)
    decided_by = _person("décidé par", null=True, blank=True)
    decided_at = models.DateTimeField("décidé le", null=True, blank=True)

    fiche_count = models.PositiveIntegerField("fiches à décrire", default=0)
    done_count = models.PositiveIntegerField("fiches finalisées", default=0)
    risk = models.PositiveSmallIntegerField("risque", default=0)
    risk_reasons = models.JSONField("motifs de risque", default=list, blank=True)
    version = models.PositiveIntegerField("version", default=1)

    objects = DossierQuerySet.as_manager()

    class Meta:
        verbose_name = "dossier collaboratif"
        verbose_name_plural = "dossiers collaboratifs"
        ordering = ["-changed_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DossierState.values), name="dossier_state_known"),
            models.CheckConstraint(
                condition=Q(geographic_entity__isnull=False) | Q(legal_entity__isnull=False),
                name="dossier_about_something",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[DossierState.DRAFT, DossierState.FINALISED, DossierState.ABANDONED])
                | Q(sent_by__isnull=False, sent_at__isnull=False),
                name="dossier_sent_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(taken_by__isnull=True, taken_at__isnull=True)
                | Q(taken_by__isnull=False, taken_at__isnull=False, state__in=[DossierState.SENT]),
                name="dossier_taken_while_sent",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True, decided_at__isnull=True)
                | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="dossier_decision_whole",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[*EDITABLE_STATES, DossierState.SENT]) | Q(decided_at__isnull=False),
                name="dossier_closed_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state=DossierState.VALIDATED)
                | (~Q(decided_by=F("sent_by")) & ~Q(senders__contains=[F("decided_by")])),
                name="dossier_two_validations",
                violation_error_message="Un dossier n’est pas validé par la personne qui l’a envoyé.",
            ),
            models.CheckConstraint(condition=Q(done_count__lte=F("fiche_count")), name="dossier_progress_within_total"),
        ]
        indexes = [
            models.Index(fields=["state", "sent_at"], name="dossier_state_sent"),
            models.Index(fields=["state", "decided_at"], name="dossier_state_decided"),
            models.Index(fields=["-changed_at", "-id"], name="dossier_changed"),
        ]

    def __str__(self):
        return self.name

    def was_sent_by(self, user_id: int | None) -> bool:
        """Tell whether this person has ever sent it, or what it is the rest of."""
        return user_id is not None and user_id in {self.sent_by_id, *self.senders}

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def is_editable(self) -> bool:
        return self.state in EDITABLE_STATES

    @property
    def is_closed(self) -> bool:
        return self.state in CLOSED_STATES


class HeldEntity(models.Model):
    """An EG that an open dossier works on: one dossier at a time. The row goes when the dossier closes."""

    dossier = models.ForeignKey(Dossier, models.CASCADE, related_name="held")
    geographic_entity = models.OneToOneField(GeographicEntity, models.PROTECT, related_name="held_by")

    class Meta:
        verbose_name = "établissement occupé"
        verbose_name_plural = "établissements occupés"

    def __str__(self):
        return f"{self.geographic_entity_id} → {self.dossier_id}"


class Step(models.Model):
    """One change of state of a dossier, or of one of its fiches: who, when, why. Added, never changed.

    ``act`` is a ``DossierAct``, or a ``FicheAct`` when ``fiche`` is given. The states of a fiche are written
    « action:state ».
    """

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="steps")
    fiche = models.ForeignKey("Fiche", models.PROTECT, null=True, blank=True, related_name="steps")
    act = models.CharField("acte", max_length=16)
    from_state = models.CharField("état avant", max_length=24, blank=True)
    to_state = models.CharField("état après", max_length=24)
    remark = models.TextField("remarque", max_length=2000, blank=True)
    at = models.DateTimeField("date")
    by = _person("auteur", null=True, blank=True)

    class Meta:
        verbose_name = "étape d’un dossier"
        verbose_name_plural = "étapes des dossiers"
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["dossier", "at"], name="step_dossier_at")]
        triggers = append_only("dossierstep")

    def __str__(self):
        return act_words(self.act, on_fiche=self.fiche_id is not None)


class Comment(models.Model):
    """A message of the thread of a dossier, of one of its fiches, or of one field of a fiche. Added, never changed.

    ``is_return``: written by a validator who sent the dossier back (a remark to act upon).
    """

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="comments")
    fiche = models.ForeignKey("Fiche", models.PROTECT, null=True, blank=True, related_name="comments")
    field = models.CharField("champ", max_length=64, blank=True)
    text = models.TextField("message", max_length=2000)
    is_return = models.BooleanField("remarque de renvoi", default=False)
    at = models.DateTimeField("date")
    by = _person("auteur")

    class Meta:
        verbose_name = "commentaire d’un dossier"
        verbose_name_plural = "commentaires des dossiers"
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="dossiercomment_says_something"),
            models.CheckConstraint(
                condition=Q(field="") | Q(fiche__isnull=False), name="dossiercomment_field_of_a_fiche"
            ),
        ]
        indexes = [models.Index(fields=["dossier", "at"], name="dossiercomment_dossier_at")]
        triggers = append_only("dossiercomment")

    def __str__(self):
        return f"{self.dossier_id}: {self.text[:40]}"
