"""The continuity kit: files of a department for a day without network (spec 40, Beyond the seeds)."""

from django.db import models

from directory.models import Department


class ContinuityKit(models.Model):
    """One preparation of the kit of a department, whole: its row is written once both of its files are.

    ``units`` is how many it lists, ``pages`` those of the PDF. Sizes are in bytes, names those of the default storage.
    """

    department = models.ForeignKey(Department, models.CASCADE, related_name="+", verbose_name="département")
    at = models.DateTimeField("données du")
    units = models.PositiveIntegerField("fiches")
    pages = models.PositiveIntegerField("pages")
    pdf_name = models.CharField("fichier PDF", max_length=200)
    pdf_size = models.PositiveBigIntegerField("taille du PDF")
    html_name = models.CharField("fichier HTML", max_length=200)
    html_size = models.PositiveBigIntegerField("taille du HTML")

    class Meta:
        verbose_name = "kit de continuité"
        verbose_name_plural = "kits de continuité"
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["department", "-at"], name="continuitykit_newest")]

    def __str__(self) -> str:
        return f"{self.department_id} {self.at:%Y-%m-%d %H:%M}"
