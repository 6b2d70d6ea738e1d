from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from common.db import LuhnValid, blank_or
from common.identifiers import validate_finess, validate_siren, validate_siret

from ..enums import StructureLevel
from ..querysets import GeographicEntityQuerySet, LegalEntityQuerySet, StructureQuerySet
from .base import (
    AddressModel,
    NamedModel,
    PhoneField,
    PublishedModel,
    address_constraints,
    closure_constraints,
    refuse_below_closed,
)
from .nomenclature import Term
from .reference import Commune

_FINESS_RIGHT = Q(finess__regex=r"^2[AB]\d{7}$") | (Q(finess__regex=r"^\d{9}$") & Q(LuhnValid("finess")))


class LegalEntity(NamedModel, AddressModel, PublishedModel):
    """Entité juridique (EJ): the legal body, known by its FINESS juridique, its SIREN, or both."""

    finess = models.CharField("FINESS juridique", max_length=9, blank=True, validators=[validate_finess])
    siren = models.CharField("SIREN", max_length=9, blank=True, validators=[validate_siren])
    legal_status = models.ForeignKey(
        Term,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="statut juridique",
    )
    commune = models.ForeignKey(Commune, models.PROTECT, null=True, blank=True, related_name="+")

    objects = LegalEntityQuerySet.as_manager()

    class Meta:
        verbose_name = "entité juridique"
        verbose_name_plural = "entités juridiques"
        ordering = ["sort_name", "pk"]
        constraints = [
            *closure_constraints("legalentity"),
            *address_constraints("legalentity"),
            models.CheckConstraint(
                condition=~Q(finess="", siren=""),
                name="legalentity_identified",
                violation_error_message="Donnez le FINESS juridique ou le SIREN.",
            ),
            models.CheckConstraint(
                condition=blank_or(_FINESS_RIGHT, "finess"),
                name="legalentity_finess_key",
            ),
            models.CheckConstraint(
                condition=blank_or(Q(siren__regex=r"^\d{9}$") & Q(LuhnValid("siren")), "siren"),
                name="legalentity_siren_key",
            ),
            models.UniqueConstraint(
                fields=["finess"],
                condition=~Q(finess=""),
                name="legalentity_finess_unique",
            ),
            models.UniqueConstraint(
                fields=["siren"],
                condition=~Q(siren=""),
                name="legalentity_siren_unique",
            ),
        ]

    def __str__(self):
        return self.name


class GeographicEntity(NamedModel, AddressModel, PublishedModel):
    """Entité géographique (EG): the establishment, one place, which belongs to one EJ (spec 10)."""

    legal_entity = models.ForeignKey(
        LegalEntity,
        models.PROTECT,
        related_name="geographic_entities",
        verbose_name="entité juridique",
    )
    official_name = models.CharField("nom officiel", max_length=255, blank=True)
    finess = models.CharField("FINESS géographique", max_length=9, blank=True, validators=[validate_finess])
    siret = models.CharField("SIRET", max_length=14, blank=True, validators=[validate_siret])
    national_id = models.CharField(
        "identifiant national",
        max_length=20,
        blank=True,
        editable=False,
        help_text="« 1 » + FINESS ou « 3 » + SIRET.",
    )
    category = models.ForeignKey(
        Term,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="type d’EG (catégorie d’établissement)",
    )
    commune = models.ForeignKey(
        Commune,
        models.PROTECT,
        related_name="geographic_entities",
        verbose_name="commune",
    )
    photo = models.ImageField("photo", upload_to="photos/eg/", blank=True)

    phone = PhoneField("téléphone standard")
    fax = PhoneField("fax")
    website = models.URLField("site internet", blank=True)
    email = models.EmailField("adresse mail", blank=True)

    manager_last_name = models.CharField("nom du responsable", max_length=80, blank=True)
    manager_first_name = models.CharField("prénom du responsable", max_length=80, blank=True)
    manager_email = models.EmailField("adresse mail du responsable", blank=True)
    manager_phone = PhoneField("téléphone du responsable")

    director_civility = models.ForeignKey(
        Term,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="civilité du directeur",
    )
    director_title = models.ForeignKey(
        Term,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="titre du directeur",
    )
    director_name = models.CharField("nom du directeur", max_length=120, blank=True)
    director_email = models.EmailField("adresse mail du directeur", blank=True)
    director_phone = PhoneField("téléphone du directeur")

    comment = models.TextField("commentaire", max_length=5000, blank=True)
    hosts_families = models.BooleanField("hébergement famille", null=True, blank=True)
    social_aid_temporary_places = models.PositiveIntegerField(
        "places habilitées à l’aide sociale, hébergement temporaire",
        null=True,
        blank=True,
    )
    social_aid_permanent_places = models.PositiveIntegerField(
        "places habilitées à l’aide sociale, hébergement permanent",
        null=True,
        blank=True,
    )
    terms = models.ManyToManyField(
        Term,
        related_name="+",
        blank=True,
        verbose_name="aides financières et accessibilité du lieu",
    )

    objects = GeographicEntityQuerySet.as_manager()

    class Meta:
        verbose_name = "entité géographique"
        verbose_name_plural = "entités géographiques"
        ordering = ["sort_name", "pk"]
        constraints = [
            *closure_constraints("geographicentity"),
            *address_constraints("geographicentity"),
            models.CheckConstraint(
                condition=blank_or(_FINESS_RIGHT, "finess"),
                name="geographicentity_finess_key",
            ),
            models.CheckConstraint(
                condition=blank_or(
                    Q(siret__regex=r"^\d{14}$") & (Q(LuhnValid("siret")) | Q(siret__startswith="356000000")),
                    "siret",
                ),
                name="geographicentity_siret_key",
            ),
            models.UniqueConstraint(
                fields=["finess"],
                condition=~Q(finess=""),
                name="geographicentity_finess_unique",
            ),
            models.UniqueConstraint(
                fields=["siret"],
                condition=Q(finess="") & ~Q(siret=""),
                name="geographicentity_siret_unique_alone",
            ),
            models.UniqueConstraint(
                fields=["national_id"],
                condition=~Q(national_id=""),
                name="geographicentity_national_id_unique",
            ),
        ]
        indexes = [
            models.Index(fields=["commune", "sort_name"], name="eg_commune_name"),
            models.Index(fields=["sort_name"], name="eg_name"),
            models.Index(fields=["siret"], name="eg_siret"),
        ]

    def __str__(self):
        return self.name

    @property
    def due_national_id(self) -> str:
        """« 1 » + FINESS or « 3 » + SIRET; empty while it has neither."""
        if self.finess:
            return f"1{self.finess}"
        return f"3{self.siret}" if self.siret else ""

    def clean(self):
        """An open establishment does not belong to a closed legal entity; its national identifier is not taken."""
        refuse_below_closed(self, getattr(self, "legal_entity", None))
        given = "" if self.national_id else self.due_national_id
        if given and GeographicEntity.objects.filter(national_id=given).exclude(pk=self.pk).exists():
            kind, number = ("FINESS", self.finess) if self.finess else ("SIRET", self.siret)
            raise ValidationError(
                f"L’identifiant national {given} (tiré du {kind} {number}) est déjà celui d’un autre établissement, "
                "qui le garde même si son numéro a changé."
            )


class RorReferent(models.Model):
    """A référent ROR of an establishment: contact data, two at most, which give no right (spec 01-settled)."""

    POSITIONS = ((1, "Premier"), (2, "Second"))

    geographic_entity = models.ForeignKey(GeographicEntity, models.CASCADE, related_name="referents")
    position = models.PositiveSmallIntegerField("rang", choices=POSITIONS)
    name = models.CharField("nom", max_length=120)
    email = models.EmailField("adresse mail", blank=True)
    phone = PhoneField("téléphone")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="compte",
    )

    class Meta:
        verbose_name = "référent ROR"
        verbose_name_plural = "référents ROR"
        ordering = ["geographic_entity", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["geographic_entity", "position"],
                name="rorreferent_position_unique",
            ),
            models.CheckConstraint(condition=Q(position__in=[1, 2]), name="rorreferent_two_at_most"),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        """An establishment has two référents at most (spec 50)."""
        others = RorReferent.objects.filter(geographic_entity=self.geographic_entity_id).exclude(pk=self.pk)
        if self.geographic_entity_id and others.count() >= len(RorReferent.POSITIONS):
            raise ValidationError("Un établissement a deux référents ROR au plus.", code="two")


class Structure(NamedModel, PublishedModel):
    """Optional level between EG and UO in hospitals: structure de niveau 1 or 2, unité fonctionnelle."""

    geographic_entity = models.ForeignKey(
        GeographicEntity,
        models.PROTECT,
        related_name="structures",
        verbose_name="entité géographique",
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name="structure mère",
    )
    level = models.CharField("niveau", max_length=2, choices=StructureLevel)
    phone = PhoneField("téléphone")
    email = models.EmailField("adresse mail", blank=True)

    objects = StructureQuerySet.as_manager()

    class Meta:
        verbose_name = "structure"
        verbose_name_plural = "structures"
        ordering = ["sort_name", "pk"]
        constraints = [
            *closure_constraints("structure"),
            models.CheckConstraint(
                condition=Q(level__in=StructureLevel.values),
                name="structure_level_known",
            ),
            models.CheckConstraint(
                condition=~Q(level=StructureLevel.S1) | Q(parent__isnull=True),
                name="structure_first_level_on_top",
                violation_error_message="Une structure de niveau 1 dépend directement de l’établissement.",
            ),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        """A structure hangs from a higher structure of the same establishment, neither of them closed."""
        refuse_below_closed(self, getattr(self, "geographic_entity", None), self.parent)
        if self.parent is None:
            return
        if self.parent.geographic_entity_id != self.geographic_entity_id:
            raise ValidationError({"parent": "La structure mère appartient à un autre établissement."})
        order = StructureLevel.values
        if order.index(self.parent.level) >= order.index(self.level):
            raise ValidationError({"parent": "La structure mère doit être d’un niveau supérieur."})
