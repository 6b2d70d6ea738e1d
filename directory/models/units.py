from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from ..ages import MAX_AGE_YEARS, Age, audience_letter, first_day, last_day
from ..enums import AgeUnit, CapacityKind, Confidentiality, Sex
from ..querysets import OperationalUnitQuerySet
from .base import (
    AddressModel,
    NamedModel,
    PhoneField,
    PublishedModel,
    address_constraints,
    closure_constraints,
    refuse_below_closed,
)
from .entities import GeographicEntity, Structure
from .nomenclature import Term
from .reference import Commune


class OperationalUnit(NamedModel, AddressModel, PublishedModel):
    """Unité opérationnelle (UO): one homogeneous activity in one place; what people search for and what has places.

    Its address is that of its EG unless it has its own (spec 10), which its ``commune`` tells; its standard phone is
    that of its EG. ``terms`` hold the coded offer: activities, specific
    acts, specialisations, resource professions and audiences, told apart by their nomenclature. Ages are kept as typed
    and in days (``directory.ages``).
    """

    geographic_entity = models.ForeignKey(
        GeographicEntity,
        models.PROTECT,
        related_name="units",
        verbose_name="entité géographique",
    )
    structure = models.ForeignKey(
        Structure,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="units",
        verbose_name="structure",
    )
    national_id = models.CharField(
        "identifiant national",
        max_length=32,
        blank=True,
        editable=False,
        help_text="« 11/<id> » en Île-de-France.",
    )
    discipline = models.ForeignKey(
        Term,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="grand groupe de disciplines",
    )
    unit_type = models.ForeignKey(
        Term,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="type d’UO",
    )
    commune = models.ForeignKey(
        Commune,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="commune",
        help_text="Vide\u00a0: l’adresse est celle de l’établissement.",
    )
    photo = models.ImageField("photo", upload_to="photos/uo/", blank=True)

    terms = models.ManyToManyField(
        Term,
        through="UnitTerm",
        related_name="+",
        blank=True,
        verbose_name="offre codée",
    )
    activity_family = models.ForeignKey(
        Term,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="famille d’activités",
    )
    care_mode = models.ForeignKey(
        Term,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="mode de prise en charge",
    )
    sensitive_unit = models.BooleanField(
        "unité sensible",
        default=False,
        help_text="Son adresse et celle de son établissement sont masquées.",
    )

    min_age_value = models.PositiveSmallIntegerField("âge minimum", default=0)
    min_age_unit = models.CharField("unité de l’âge minimum", max_length=1, choices=AgeUnit, default=AgeUnit.YEAR)
    max_age_value = models.PositiveSmallIntegerField("âge maximum", default=150)
    max_age_unit = models.CharField("unité de l’âge maximum", max_length=1, choices=AgeUnit, default=AgeUnit.YEAR)
    min_age_days = models.PositiveIntegerField("âge minimum en jours", editable=False, default=0)
    max_age_days = models.PositiveIntegerField("âge maximum en jours", editable=False, default=55152)
    sex = models.CharField("sexe accueilli", max_length=1, choices=Sex, blank=True)

    email = models.EmailField("adresse mail", blank=True)
    medical_phone = PhoneField("téléphone médical")
    medical_extension = models.CharField("poste médical", max_length=10, blank=True)
    nursing_phone = PhoneField("téléphone soignants")
    secretary_phone = PhoneField("téléphone secrétariat")
    fax = PhoneField("fax")
    fax_extension = models.CharField("poste du fax", max_length=10, blank=True)
    contact_confidentiality = models.CharField(
        "confidentialité des contacts",
        max_length=16,
        choices=Confidentiality,
        default=Confidentiality.RESTRICTED,
    )

    intervention_details = models.TextField("spécificités d’intervention", max_length=5000, blank=True)
    admission_conditions = models.TextField("conditions d’admission", max_length=5000, blank=True)
    reception_conditions = models.TextField("conditions d’accueil", max_length=5000, blank=True)
    pets = models.TextField("animaux domestiques", max_length=5000, blank=True)

    capacity_kind = models.CharField("lits ou places", max_length=8, choices=CapacityKind, default=CapacityKind.PLACE)
    installed_places = models.PositiveIntegerField("places installées", null=True, blank=True)
    single_rooms = models.PositiveIntegerField("chambres simples", null=True, blank=True)
    double_rooms = models.PositiveIntegerField("chambres doubles", null=True, blank=True)

    manager_civility = models.ForeignKey(
        Term,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="civilité du responsable",
    )
    manager_last_name = models.CharField("nom du responsable", max_length=80, blank=True)
    manager_first_name = models.CharField("prénom du responsable", max_length=80, blank=True)
    manager_role = models.CharField("fonction du responsable", max_length=120, blank=True)
    manager_phone = PhoneField("téléphone du responsable")
    manager_email = models.EmailField("adresse mail du responsable", blank=True)

    intervention_communes = models.ManyToManyField(
        Commune,
        through="InterventionArea",
        related_name="+",
        blank=True,
        verbose_name="territoire d’intervention",
    )

    derived_fields = ("sort_name", "min_age_days", "max_age_days")
    objects = OperationalUnitQuerySet.as_manager()

    class Meta:
        verbose_name = "unité opérationnelle"
        verbose_name_plural = "unités opérationnelles"
        ordering = ["sort_name", "pk"]
        constraints = [
            *closure_constraints("operationalunit"),
            *address_constraints("operationalunit"),
            models.CheckConstraint(
                condition=Q(commune__isnull=False)
                | Q(
                    street_number="",
                    street_extension="",
                    street_name="",
                    address_complement="",
                    postal_code="",
                    lat__isnull=True,
                ),
                name="operationalunit_own_address_has_commune",
                violation_error_message="Une adresse propre à l’unité a une commune.",
            ),
            models.CheckConstraint(
                condition=Q(min_age_days__lte=F("max_age_days")),
                name="operationalunit_ages_ordered",
                violation_error_message="L’âge minimum dépasse l’âge maximum.",
            ),
            models.CheckConstraint(
                condition=Q(min_age_unit__in=AgeUnit.values, max_age_unit__in=AgeUnit.values),
                name="operationalunit_age_units_known",
            ),
            models.CheckConstraint(condition=Q(sex__in=["", *Sex.values]), name="operationalunit_sex_known"),
            models.CheckConstraint(
                condition=Q(contact_confidentiality__in=Confidentiality.values),
                name="operationalunit_confidentiality_known",
            ),
            models.CheckConstraint(
                condition=Q(capacity_kind__in=CapacityKind.values),
                name="operationalunit_capacity_kind_known",
            ),
            models.UniqueConstraint(
                fields=["national_id"],
                condition=~Q(national_id=""),
                name="operationalunit_national_id_unique",
            ),
        ]
        indexes = [
            models.Index(fields=["geographic_entity", "sort_name"], name="uo_eg_name"),
            models.Index(fields=["unit_type"], name="uo_type"),
        ]

    def __str__(self):
        return self.name

    @property
    def has_own_address(self) -> bool:
        """Tell whether the unit stands elsewhere than its EG."""
        return self.commune_id is not None

    @property
    def address_record(self) -> GeographicEntity | OperationalUnit:
        """Record whose address is the unit's: itself, or its EG."""
        return self if self.has_own_address else self.geographic_entity

    @property
    def min_age(self) -> Age:
        return Age(self.min_age_value, self.min_age_unit)

    @property
    def max_age(self) -> Age:
        return Age(self.max_age_value, self.max_age_unit)

    @property
    def audience_letter(self) -> str:
        """« E », « A » or « E+A »."""
        return audience_letter(self.min_age_days, self.max_age_days)

    @property
    def audience_words(self) -> str:
        """What the letter stands for: « Enfants », « Adultes » or « Enfants et adultes »."""
        return {"E": "Enfants", "A": "Adultes", "E+A": "Enfants et adultes"}[self.audience_letter]

    def clean(self):
        """Ages are ordered, 150 years at most; a unit's structure is of its own establishment, both of them open."""
        if first_day(self.min_age) > last_day(Age(MAX_AGE_YEARS, AgeUnit.YEAR)):
            raise ValidationError({"min_age_value": f"L’âge minimum est de {MAX_AGE_YEARS} ans au plus."})
        if first_day(self.min_age) > last_day(self.max_age):
            raise ValidationError({"max_age_value": "L’âge minimum dépasse l’âge maximum."})
        if last_day(self.max_age) > last_day(Age(MAX_AGE_YEARS, AgeUnit.YEAR)):
            raise ValidationError({"max_age_value": f"L’âge maximum est de {MAX_AGE_YEARS} ans au plus."})
        structure = self.structure
        refuse_below_closed(self, getattr(self, "geographic_entity", None), structure)
        if structure is not None and structure.geographic_entity_id != self.geographic_entity_id:
            raise ValidationError({"structure": "Cette structure appartient à un autre établissement."})

    def derive(self) -> None:
        """Set the stored values that follow from others: the sorting key and the ages in days."""
        super().derive()
        self.min_age_days = first_day(self.min_age)
        self.max_age_days = last_day(self.max_age)


class UnitTerm(models.Model):
    """A coded term of a unit's offer: activity, act, specialisation, resource profession or audience."""

    unit = models.ForeignKey(OperationalUnit, models.CASCADE, related_name="unit_terms")
    term = models.ForeignKey(Term, models.PROTECT, related_name="unit_terms")

    class Meta:
        verbose_name = "terme de l’offre"
        verbose_name_plural = "termes de l’offre"
        constraints = [models.UniqueConstraint(fields=["unit", "term"], name="unitterm_unique")]
        indexes = [models.Index(fields=["term"], name="unitterm_term")]

    def __str__(self):
        return f"{self.unit_id} – {self.term_id}"


class InterventionArea(models.Model):
    """A commune of a unit's territoire d'intervention (communes only: RG_EXP_009)."""

    unit = models.ForeignKey(OperationalUnit, models.CASCADE, related_name="intervention_areas")
    commune = models.ForeignKey(Commune, models.PROTECT, related_name="intervention_areas")

    class Meta:
        verbose_name = "commune d’intervention"
        verbose_name_plural = "territoire d’intervention"
        constraints = [models.UniqueConstraint(fields=["unit", "commune"], name="interventionarea_unique")]

    def __str__(self):
        return f"{self.unit_id} – {self.commune_id}"
