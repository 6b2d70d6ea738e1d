from django.conf import settings
from django.db import models
from django.db.models import Q

from directory.enums import RecordKind
from directory.models import Attachment, GeographicEntity, OperationalUnit, Structure

from ..enums import DossierState, FicheAction, FicheState, FileKind, Pictogram
from ..querysets import FicheQuerySet
from ..workflow import IDLE_PAIRS, LEGAL_PAIRS, pictogram_of
from .dossiers import Dossier

FICHE_KINDS = (RecordKind.GEOGRAPHIC_ENTITY, RecordKind.STRUCTURE, RecordKind.UNIT)
RECORD_FIELDS = {
    RecordKind.GEOGRAPHIC_ENTITY: "geographic_entity",
    RecordKind.STRUCTURE: "structure",
    RecordKind.UNIT: "unit",
}


def _one_record() -> Q:
    """Exactly the record of its kind, or none (a creation that is not published yet)."""
    condition = Q()
    for kind, name in RECORD_FIELDS.items():
        others = {f"{other}__isnull": True for other in RECORD_FIELDS.values() if other != name}
        condition |= Q(kind=kind, **others)
    return condition


class Fiche(models.Model):
    """One proposed record of a dossier: an EG, a structure or a UO (spec 30, States).

    ``values`` are the kept values (``directory.snapshots``) that it proposes, those only that differ from the record;
    ``base`` maps each of their names to what the record held when it was first proposed, which tells a conflict.
    ``parent`` is the fiche above it in the tree, where publishing puts it. ``missing`` lists what « Enr. et finaliser »
    would still ask, as ``{"block", "name", "label"}``, with ``waiting`` for what waits to be settled, by field.

    ``version`` grows with every act, ``text_version`` is the one of the last act that changed what is typed in its form
    (a save, a reset; 0 before the first one), made by ``text_by`` at ``text_at``: a file added or a move in the middle
    of typing takes nothing from it.
    """

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="fiches")
    kind = models.CharField("nature", max_length=16, choices=RecordKind)
    action = models.CharField("action", max_length=8, choices=FicheAction, default=FicheAction.MODIFY)
    state = models.CharField("état", max_length=10, choices=FicheState, default=FicheState.STANDARD)
    geographic_entity = models.ForeignKey(
        GeographicEntity, models.PROTECT, null=True, blank=True, related_name="fiches", verbose_name="EG"
    )
    structure = models.ForeignKey(
        Structure, models.PROTECT, null=True, blank=True, related_name="fiches", verbose_name="structure"
    )
    unit = models.ForeignKey(
        OperationalUnit, models.PROTECT, null=True, blank=True, related_name="fiches", verbose_name="UO"
    )
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    name = models.CharField("nom", max_length=255, blank=True)
    position = models.PositiveIntegerField("rang", default=0)
    values = models.JSONField("valeurs proposées", default=dict, blank=True)
    base = models.JSONField("valeurs au départ", default=dict, blank=True)
    base_version = models.PositiveIntegerField("version du répertoire", default=0)
    missing = models.JSONField("ce qui manque", default=list, blank=True)
    published_at = models.DateTimeField("publiée le", null=True, blank=True)
    created_at = models.DateTimeField("créée le")
    updated_at = models.DateTimeField("modifiée le")
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="modifiée par"
    )
    version = models.PositiveIntegerField("version", default=1)
    text_version = models.PositiveIntegerField("version du texte", default=0)
    text_at = models.DateTimeField("texte enregistré le", null=True, blank=True)
    text_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="texte enregistré par",
    )

    objects = FicheQuerySet.as_manager()
    is_confirmed = False  # told by ``FicheQuerySet.with_confirmation``

    class Meta:
        verbose_name = "fiche d’un dossier"
        verbose_name_plural = "fiches des dossiers"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=FICHE_KINDS), name="fiche_kind_known"),
            models.CheckConstraint(
                condition=models.Q.create(
                    [Q(action=action, state=state) for action, state in sorted(LEGAL_PAIRS)], connector=Q.OR
                ),
                name="fiche_action_and_state",
            ),
            models.CheckConstraint(condition=_one_record(), name="fiche_one_record"),
            models.CheckConstraint(
                condition=Q(action=FicheAction.CREATE)
                | Q(geographic_entity__isnull=False)
                | Q(structure__isnull=False)
                | Q(unit__isnull=False),
                name="fiche_of_a_record",
            ),
            models.CheckConstraint(
                condition=~Q(state=FicheState.STANDARD) | Q(values={}), name="fiche_standard_proposes_nothing"
            ),
            *(
                models.UniqueConstraint(
                    fields=["dossier", name], condition=Q(**{f"{name}__isnull": False}), name=f"fiche_{name}_once"
                )
                for name in RECORD_FIELDS.values()
            ),
        ]
        indexes = [models.Index(fields=["dossier", "position", "id"], name="fiche_dossier_position")]

    def __str__(self):
        return self.name or "Sans nom"

    @property
    def record(self) -> GeographicEntity | Structure | OperationalUnit | None:
        """The record of the directory; ``None`` for a creation not published yet."""
        return getattr(self, RECORD_FIELDS[RecordKind(self.kind)])

    @property
    def record_id(self) -> int | None:
        """Its key, without a query."""
        return getattr(self, f"{RECORD_FIELDS[RecordKind(self.kind)]}_id")

    @property
    def pictogram(self) -> Pictogram:
        if self.is_left_aside:
            return Pictogram.LEFT_ASIDE
        return Pictogram.CONFIRMED if self.is_confirmed else pictogram_of(self.action, self.state)

    @property
    def is_creation(self) -> bool:
        return self.action == FicheAction.CREATE

    @property
    def is_left_aside(self) -> bool:
        """Tell whether its dossier was published without it: the directory kept what it had (``review.place``)."""
        is_done = self.dossier.state == DossierState.VALIDATED and self.published_at is None
        return is_done and (self.action, self.state) not in IDLE_PAIRS

    @property
    def is_removed(self) -> bool:
        return self.state == FicheState.REMOVED


class Draft(models.Model):
    """What a person has typed in a fiche and not saved yet, kept while typing: nothing is published by it (spec 30).

    ``data`` is the form as sent, a list of ``[name, value]``; ``fiche_version`` the version that it was typed over.
    """

    fiche = models.ForeignKey(Fiche, models.CASCADE, related_name="drafts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="auteur")
    data = models.JSONField("saisie")
    fiche_version = models.PositiveIntegerField("version de la fiche")
    saved_at = models.DateTimeField("enregistrée le")

    class Meta:
        verbose_name = "saisie en cours"
        verbose_name_plural = "saisies en cours"
        constraints = [models.UniqueConstraint(fields=["fiche", "by"], name="fichedraft_one_a_person")]

    def __str__(self):
        return f"{self.fiche_id}: {self.by_id}"


class FicheFile(models.Model):
    """A photo or an attachment proposed by a fiche, or the removal of one that the record shows.

    The file is published with the fiche: the record takes it over, its name stays. ``over``: photo of the record that a
    photo or a removal was proposed over, empty when it had none: another one since is a conflict.
    """

    fiche = models.ForeignKey(Fiche, models.PROTECT, related_name="files")
    kind = models.CharField("nature", max_length=20, choices=FileKind)
    file = models.FileField("fichier", upload_to="dossiers/", max_length=120, blank=True)
    name = models.CharField("nom", max_length=255, blank=True)
    content_type = models.CharField("type", max_length=100, blank=True)
    size = models.PositiveIntegerField("taille", default=0)
    sha256 = models.CharField("empreinte", max_length=64, blank=True)
    removes = models.ForeignKey(
        Attachment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="pièce retirée"
    )
    over = models.CharField("photo du répertoire au départ", max_length=120, blank=True)
    added_at = models.DateTimeField("ajouté le")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="ajouté par")

    class Meta:
        verbose_name = "fichier d’une fiche"
        verbose_name_plural = "fichiers des fiches"
        ordering = ["added_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(kind__in=[FileKind.PHOTO, FileKind.ATTACHMENT]) & ~Q(file="") & Q(removes__isnull=True))
                | Q(kind=FileKind.PHOTO_REMOVAL, file="", removes__isnull=True)
                | Q(kind=FileKind.ATTACHMENT_REMOVAL, file="", removes__isnull=False),
                name="fichefile_of_its_kind",
            ),
            models.UniqueConstraint(
                fields=["fiche"],
                condition=Q(kind__in=[FileKind.PHOTO, FileKind.PHOTO_REMOVAL]),
                name="fichefile_one_photo",
            ),
            models.UniqueConstraint(
                fields=["fiche", "removes"], condition=Q(removes__isnull=False), name="fichefile_removed_once"
            ),
        ]

    def __str__(self):
        return self.name or self.get_kind_display()
