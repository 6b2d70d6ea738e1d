"""What a person keeps of his searches: their addresses, alerts on places, units retained for one orientation."""

from django.conf import settings
from django.db import models

from directory.models import OperationalUnit


class SavedSearch(models.Model):
    """A search under a name, seen by its owner alone. ``query`` is its address (``SearchCriteria.to_query``)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="personne")
    name = models.CharField("nom", max_length=120)
    key = models.CharField("nom sans accents ni majuscules", max_length=120)
    query = models.TextField("adresse", max_length=4000)
    saved_at = models.DateTimeField("enregistrée le")

    class Meta:
        verbose_name = "recherche enregistrée"
        verbose_name_plural = "recherches enregistrées"
        ordering = ["key", "pk"]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="savedsearch_one_name")]

    def __str__(self) -> str:
        return self.name


class PlaceAlert(models.Model):
    """A mail when a saved search gets free places, for thirty days unless renewed (spec 40, Beyond the seeds).

    ``seen`` holds the free places that counted at the last look, by holder (text: id of the unit, or minus that of its
    pool): what rises above is told, once. ``pools``: holder of each of its units that shared places. ``lost_at``: since
    when its place is not understood any more (a name that changed, or that two places bear now): it tells nothing.
    ``lost_told_at``: the last mail that said so, one each time that the place is lost.
    """

    class Rhythm(models.TextChoices):
        """When places are told."""

        AT_ONCE = "at_once", "Dès qu’une place se libère"
        DAILY = "daily", "Une fois par jour, le matin"

    search = models.OneToOneField(
        SavedSearch, models.CASCADE, related_name="alert", verbose_name="recherche enregistrée"
    )
    rhythm = models.CharField("rythme", max_length=10, choices=Rhythm, default=Rhythm.AT_ONCE)
    ends_at = models.DateTimeField("fin")
    end_told_at = models.DateTimeField("fin annoncée le", null=True)
    looked_at = models.DateTimeField("dernier regard")
    seen = models.JSONField("places au dernier regard", default=dict)
    pools = models.JSONField("lits mutualisés au dernier regard", default=dict)
    lost_at = models.DateTimeField("lieu non reconnu depuis le", null=True)
    lost_told_at = models.DateTimeField("lieu non reconnu, annoncé le", null=True)

    class Meta:
        verbose_name = "alerte sur les places"
        verbose_name_plural = "alertes sur les places"
        ordering = ["pk"]
        indexes = [models.Index(fields=["looked_at"], name="placealert_looked")]

    def __str__(self) -> str:
        return f"{self.search_id} {self.rhythm}"


class AlertMail(models.Model):
    """A mail about alerts, written in the transaction that moves them on and queues the task which sends it.

    ``content`` is what it was made of (alert ids, unit ids, figures), kept so that sending again says the same.
    ``queued_at`` is that of the last try.
    """

    class Kind(models.TextChoices):
        PLACES = "places", "places libres"
        ENDING = "ending", "fin prochaine de l’alerte"
        LOST = "lost", "lieu non reconnu"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="destinataire")
    kind = models.CharField("nature", max_length=10, choices=Kind)
    content = models.JSONField("contenu", default=dict)
    written_at = models.DateTimeField("préparé le")
    queued_at = models.DateTimeField("confié à l’envoi le")
    sent_at = models.DateTimeField("envoyé le", null=True)

    class Meta:
        verbose_name = "alerte envoyée"
        verbose_name_plural = "alertes envoyées"
        ordering = ["-queued_at", "pk"]
        indexes = [models.Index(fields=["queued_at"], name="alertmail_unsent", condition=models.Q(sent_at=None))]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind}"


class KeptUnit(models.Model):
    """A unit retained for one orientation: nothing of the patient is kept. ``position`` orders the list."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="personne")
    unit = models.ForeignKey(OperationalUnit, models.CASCADE, related_name="+", verbose_name="unité")
    position = models.PositiveSmallIntegerField("rang")
    kept_at = models.DateTimeField("retenue le")

    class Meta:
        verbose_name = "unité retenue"
        verbose_name_plural = "unités retenues"
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["user", "unit"], name="keptunit_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.unit_id}"
