from django.conf import settings
from django.db import models
from django.db.models import Q

from directory.models import RecordChange

from ..enums import FieldDecision
from .fiches import Fiche


class FieldReview(models.Model):
    """What a validator decided of one proposed field; a field without one is accepted when the dossier is validated.

    ``value`` is the kept value of an amended field, ``proposed`` the proposal that the decision is about (empty when it
    empties the field, none when nothing is proposed of it): it falls when the fiche is sent again with another.
    ``record_version`` is the version of the record that was shown: a conflict that came later is to be settled anew.
    ``base``: what the record then held of a field that nobody proposed and that an amendment changed, which tells a
    conflict as the base of a fiche does. Besides stored fields, ``field`` may name a whole part of a fiche
    (``collaborative.review.parts``): its place, its removal, its photo, its attachments.
    """

    fiche = models.ForeignKey(Fiche, models.CASCADE, related_name="reviews")
    field = models.CharField("champ", max_length=64)
    decision = models.CharField("décision", max_length=8, choices=FieldDecision)
    value = models.JSONField("valeur corrigée", null=True, blank=True)
    proposed = models.JSONField("valeur proposée", null=True, blank=True)
    base = models.JSONField("valeur au départ", null=True, blank=True)
    reason = models.TextField("motif", max_length=2000, blank=True)
    record_version = models.PositiveIntegerField("version du répertoire", default=0)
    at = models.DateTimeField("date")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="valideur")

    class Meta:
        verbose_name = "décision sur un champ"
        verbose_name_plural = "décisions sur les champs"
        ordering = ["fiche", "field"]
        constraints = [
            models.UniqueConstraint(fields=["fiche", "field"], name="fieldreview_one_a_field"),
            models.CheckConstraint(condition=Q(decision__in=FieldDecision.values), name="fieldreview_decision_known"),
            models.CheckConstraint(
                condition=~Q(decision=FieldDecision.RETURN, reason=""),
                name="fieldreview_return_says_why",
                violation_error_message="Dites pourquoi le champ est à corriger.",
            ),
        ]

    def __str__(self):
        return f"{self.fiche_id}.{self.field}: {self.decision}"


class ReturnReason(models.Model):
    """A ready-made reason for returning a field or a dossier, kept by support in the back office."""

    label = models.CharField("libellé", max_length=80, unique=True)
    text = models.TextField("texte repris dans la remarque", max_length=500)
    order = models.PositiveSmallIntegerField("ordre", default=0)
    is_active = models.BooleanField("proposé", default=True)

    class Meta:
        verbose_name = "motif de renvoi"
        verbose_name_plural = "motifs de renvoi"
        ordering = ["order", "label"]

    def __str__(self):
        return self.label


class DirectChangeReview(models.Model):
    """SESAN has read a change that a director published at once (spec 30, « One path for later updates »)."""

    class Verdict(models.TextChoices):
        READ = "read", "Relue"
        REVERTED = "reverted", "Valeur d’avant rétablie"
        ASKED = "asked", "Précision demandée"

    change = models.OneToOneField(RecordChange, models.PROTECT, related_name="direct_review")
    verdict = models.CharField("suite", max_length=8, choices=Verdict, default=Verdict.READ)
    remark = models.TextField("remarque", max_length=2000, blank=True)
    at = models.DateTimeField("date")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="relue par")

    class Meta:
        verbose_name = "relecture d’une modification"
        verbose_name_plural = "relectures des modifications"
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.change_id}: {self.verdict}"
