from django.conf import settings
from django.db import models
from django.db.models import Q

from ..querysets import AttachmentQuerySet
from .entities import GeographicEntity
from .units import OperationalUnit


class Attachment(models.Model):
    """A file attached to an EG or a UO (spec 10, Contact): always downloaded, never shown inline.

    Removing it keeps the row, for the history; the file itself goes with ``purge_removed_files``.
    """

    geographic_entity = models.ForeignKey(
        GeographicEntity,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="attachments",
    )
    unit = models.ForeignKey(
        OperationalUnit,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="attachments",
    )
    file = models.FileField("fichier", upload_to="pieces-jointes/%Y/%m/")
    name = models.CharField("nom du fichier", max_length=160)
    content_type = models.CharField("type constaté", max_length=100)
    size = models.PositiveIntegerField("taille en octets")
    sha256 = models.CharField("empreinte", max_length=64)
    added_at = models.DateTimeField("ajoutée le", auto_now_add=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name="ajoutée par",
    )
    removed_at = models.DateTimeField("supprimée le", null=True, blank=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="supprimée par",
    )

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = "pièce jointe"
        verbose_name_plural = "pièces jointes"
        ordering = ["added_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(geographic_entity__isnull=False, unit__isnull=True)
                | Q(geographic_entity__isnull=True, unit__isnull=False),
                name="attachment_one_owner",
            ),
            models.CheckConstraint(
                condition=Q(size__gt=0, size__lte=10 * 1024 * 1024),
                name="attachment_size_bounded",
            ),
        ]

    def __str__(self):
        return self.name
