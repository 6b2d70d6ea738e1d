from django.conf import settings
from django.db import models
from django.db.models import Q


class ImportRun(models.Model):
    """One reading of a file by support (spec 10, Imports): dry run or for good, from the page or from a command.

    Lines are read by batches; a batch's writes, its ``ImportLine`` rows, ``position`` and ``counts`` commit together,
    so that a run that was cut goes on from ``position`` and nothing is half-done. ``counts`` maps a verdict to its
    number of lines. ``error`` is why the file was refused whole before any line, or why a reading stopped on the way.
    """

    class Kind(models.TextChoices):
        FINESS = "finess", "FINESS (structureet)"
        NOMENCLATURE = "nomenclature", "Nomenclature ANS"
        UNITS = "units", "Établissements et unités (Excel)"
        ACCOUNTS = "accounts", "Comptes (Excel)"

    class State(models.TextChoices):
        WAITING = "waiting", "En attente"
        RUNNING = "running", "En cours"
        DONE = "done", "Terminé"
        REFUSED = "refused", "Fichier refusé"
        STOPPED = "stopped", "Arrêté"

    kind = models.CharField("nature", max_length=16, choices=Kind)
    file = models.FileField("fichier", upload_to="imports/%Y/%m/", blank=True)
    file_name = models.CharField("nom du fichier", max_length=160)
    size = models.PositiveBigIntegerField("taille en octets", default=0)
    sha256 = models.CharField("empreinte", max_length=64, blank=True)
    dry_run = models.BooleanField("à blanc", default=True)
    options = models.JSONField("options", default=dict, blank=True)
    state = models.CharField("état", max_length=12, choices=State, default=State.WAITING)
    position = models.PositiveBigIntegerField("lignes lues", default=0)
    total = models.PositiveBigIntegerField("lignes du fichier", null=True, blank=True)
    counts = models.JSONField("décompte", default=dict, blank=True)
    error = models.TextField("motif du refus ou de l’arrêt", blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="lancé par"
    )
    created_at = models.DateTimeField("déposé le", auto_now_add=True)
    started_at = models.DateTimeField("commencé le", null=True, blank=True)
    alive_at = models.DateTimeField("dernier signe de vie", null=True, blank=True)
    finished_at = models.DateTimeField("terminé le", null=True, blank=True)

    class Meta:
        verbose_name = "import"
        verbose_name_plural = "imports"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=(~Q(error="") & Q(state="refused"))
                | (Q(error="") & ~Q(state="refused"))
                | Q(state="stopped"),
                name="importrun_refused_with_a_reason",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} – {self.file_name}"


class ImportLine(models.Model):
    """Verdict on one line of a file. Lines of no interest (unchanged) are kept too: the report is line by line."""

    class Verdict(models.TextChoices):
        CREATED = "created", "Créée"
        UPDATED = "updated", "Mise à jour"
        UNCHANGED = "unchanged", "Sans changement"
        CLOSED = "closed", "Fermée"
        OUT_OF_REGION = "out_of_region", "Hors région"
        REFUSED = "refused", "Refusée"

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="lines")
    number = models.PositiveBigIntegerField("ligne")
    verdict = models.CharField("verdict", max_length=16, choices=Verdict)
    key = models.CharField("identifiant", max_length=40, blank=True)
    label = models.CharField("libellé", max_length=255, blank=True)
    reason = models.TextField("précision", blank=True)

    class Meta:
        verbose_name = "ligne d’import"
        verbose_name_plural = "lignes d’import"
        ordering = ["run", "number", "pk"]
        indexes = [
            models.Index(fields=["run", "verdict", "number"], name="importline_run_verdict"),
            models.Index(fields=["run", "key"], name="importline_run_key"),
        ]

    def __str__(self):
        return f"{self.run_id} – {self.number} – {self.verdict}"
