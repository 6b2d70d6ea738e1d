from django.db import models
from django.db.models import Q

from common.db import LuhnValid
from common.identifiers import validate_rpps
from common.text import fold

from ..enums import ConventionSector
from ..querysets import PractitionerQuerySet
from .base import (
    AddressModel,
    PhoneField,
    PublishedModel,
    address_constraints,
    closure_constraints,
)
from .entities import GeographicEntity
from .nomenclature import Term
from .reference import Commune


class Practitioner(PublishedModel):
    """A practitioner in town (discipline VIL), known by the RPPS. RPPS data come by import only (RG_EXP_031)."""

    rpps = models.CharField("RPPS", max_length=11, unique=True, validators=[validate_rpps])
    civility = models.ForeignKey(
        Term,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="civilité",
    )
    last_name = models.CharField("nom", max_length=80)
    first_name = models.CharField("prénom", max_length=80, blank=True)
    sort_name = models.CharField("clé de tri", max_length=170, editable=False, db_index=True)
    profession = models.ForeignKey(Term, models.PROTECT, related_name="+", verbose_name="profession")
    speciality = models.ForeignKey(
        Term,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="spécialité",
    )
    phone = PhoneField("téléphone")
    email = models.EmailField("adresse mail", blank=True)
    convention_sector = models.CharField("secteur conventionnel", max_length=8, choices=ConventionSector, blank=True)
    visits_at_home = models.BooleanField("visites à domicile", null=True, blank=True)
    cpts = models.ForeignKey(
        GeographicEntity,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="members",
        verbose_name="CPTS",
    )
    takes_part_in_sas = models.BooleanField("participe au SAS", null=True, blank=True)

    objects = PractitionerQuerySet.as_manager()

    class Meta:
        verbose_name = "professionnel"
        verbose_name_plural = "professionnels"
        ordering = ["sort_name", "pk"]
        constraints = [
            *closure_constraints("practitioner"),
            models.CheckConstraint(
                condition=Q(rpps__regex=r"^\d{11}$") & Q(LuhnValid("rpps")),
                name="practitioner_rpps_key",
            ),
        ]

    def __str__(self):
        return f"{self.first_name} {self.last_name}".strip()

    def derive(self) -> None:
        """Set the sorting key: last name then first name."""
        self.sort_name = fold(f"{self.last_name} {self.first_name}")

    def save(self, *args, **kwargs):
        self.derive()
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "sort_name"}
        super().save(*args, **kwargs)


class PracticePlace(AddressModel):
    """A place where a practitioner works: an establishment, or a free address."""

    practitioner = models.ForeignKey(Practitioner, models.CASCADE, related_name="places")
    geographic_entity = models.ForeignKey(
        GeographicEntity,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="établissement",
    )
    commune = models.ForeignKey(Commune, models.PROTECT, null=True, blank=True, related_name="+")
    phone = PhoneField("téléphone")
    order = models.PositiveSmallIntegerField("rang", default=1)

    class Meta:
        verbose_name = "lieu d’exercice"
        verbose_name_plural = "lieux d’exercice"
        ordering = ["practitioner", "order"]
        constraints = [
            *address_constraints("practiceplace"),
            models.UniqueConstraint(fields=["practitioner", "order"], name="practiceplace_order_unique"),
            models.CheckConstraint(
                condition=Q(geographic_entity__isnull=False) | Q(commune__isnull=False),
                name="practiceplace_somewhere",
                violation_error_message="Un lieu d’exercice est un établissement, ou une adresse dans une commune.",
            ),
        ]

    def __str__(self):
        return f"{self.practitioner_id} – {self.order}"
