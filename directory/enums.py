"""Choices of the directory. Stored values are ASCII keys; national codes stay in nomenclatures."""

from django.db import models


class Nomenclature(models.TextChoices):
    """The coded lists kept in the single table of terms (spec 10, Nomenclatures)."""

    DISCIPLINE = "discipline", "Grand groupe de disciplines"
    UNIT_TYPE = "unit_type", "Type d’UO"
    OPERATIONAL_ACTIVITY = "operational_activity", "Activité opérationnelle"
    ACTIVITY_FAMILY = "activity_family", "Famille d’activités opérationnelles"
    SPECIFIC_ACT = "specific_act", "Acte spécifique"
    CARE_SPECIALISATION = "care_specialisation", "Spécialisation de prise en charge"
    CARE_MODE = "care_mode", "Mode de prise en charge"
    AUDIENCE = "audience", "Public pris en charge"
    RESOURCE_PROFESSION = "resource_profession", "Profession ressource"
    EG_CATEGORY = "eg_category", "Catégorie d’établissement"
    PLACE_ACCESSIBILITY = "place_accessibility", "Accessibilité du lieu"
    FINANCIAL_AID = "financial_aid", "Aide financière"
    DWELLING_TYPE = "dwelling_type", "Type d’habitation"
    CAPACITY_KIND = "capacity_kind", "Nature de capacité"
    CAPACITY_STATUS = "capacity_status", "Statut de capacité"
    CAPACITY_GENDER = "capacity_gender", "Genre de capacité"
    CIVILITY = "civility", "Civilité"
    TITLE = "title", "Titre"
    REFUSAL_REASON = "refusal_reason", "Motif de refus"
    LEGAL_STATUS = "legal_status", "Statut juridique"
    HOURS_KIND = "hours_kind", "Type d’horaire"


UNIT_TERM_LISTS: tuple[Nomenclature, ...] = (
    Nomenclature.OPERATIONAL_ACTIVITY,
    Nomenclature.SPECIFIC_ACT,
    Nomenclature.CARE_SPECIALISATION,
    Nomenclature.RESOURCE_PROFESSION,
    Nomenclature.AUDIENCE,
)
ENTITY_TERM_LISTS: tuple[Nomenclature, ...] = (
    Nomenclature.FINANCIAL_AID,
    Nomenclature.PLACE_ACCESSIBILITY,
)


class PublicationStatus(models.TextChoices):
    PUBLISHED = "published", "Publiée"
    HIDDEN = "hidden", "Masquée"
    CLOSED = "closed", "Fermée"


class ClosureKind(models.TextChoices):
    """JDV_J185."""

    FINAL = "DEF", "Définitive"
    TEMPORARY = "PRO", "Provisoire"


class AgeUnit(models.TextChoices):
    DAY = "d", "jours"
    MONTH = "m", "mois"
    YEAR = "y", "ans"


class Sex(models.TextChoices):
    """Sex taken in by a unit, when restricted."""

    WOMEN = "f", "Femmes seulement"
    MEN = "m", "Hommes seulement"


class CapacityKind(models.TextChoices):
    PLACE = "place", "places"
    BED = "bed", "lits"


class Confidentiality(models.TextChoices):
    """JDV_J222; a contact is « restreint » unless said otherwise (RG_EXP_032)."""

    OPEN = "open", "Accès libre"
    RESTRICTED = "restricted", "Accès restreint"
    VERY_RESTRICTED = "very_restricted", "Accès très restreint"


class PositionSource(models.TextChoices):
    """Where a record's coordinates come from. The commune's centre is only an approximation and pages say so."""

    ADDRESS = "address", "adresse géocodée"
    MANUAL = "manual", "point placé à la main"
    COMMUNE = "commune", "centre de la commune"


class StructureLevel(models.TextChoices):
    """Optional levels between EG and UO in hospitals."""

    S1 = "S1", "Structure de niveau 1"
    S2 = "S2", "Structure de niveau 2"
    UF = "UF", "Unité fonctionnelle"


class ConventionSector(models.TextChoices):
    SECTOR_1 = "1", "Secteur 1"
    SECTOR_2 = "2", "Secteur 2"
    OPTAM = "optam", "Secteur 2 OPTAM"
    NONE = "none", "Non conventionné"


class RecordKind(models.TextChoices):
    """Kinds of records that have a page, a history and assignments."""

    LEGAL_ENTITY = "ej", "Entité juridique"
    GEOGRAPHIC_ENTITY = "eg", "Entité géographique"
    STRUCTURE = "structure", "Structure"
    UNIT = "uo", "Unité opérationnelle"
    PRACTITIONER = "practitioner", "Professionnel"
    TERM = "term", "Terme de nomenclature"


class ScopeKind(models.TextChoices):
    """Where an assignment holds. A scope covers all below it."""

    REGION = "region", "Région"
    LEGAL_ENTITY = "ej", "Entité juridique"
    GEOGRAPHIC_ENTITY = "eg", "Établissement"
    UNIT = "uo", "Unité opérationnelle"
