"""Search is its own table (DESIGN, decision 5): a document a published unit or practitioner (``search.indexing``)."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q

from directory.enums import Nomenclature
from directory.models import GeographicEntity, LegalEntity, OperationalUnit, Practitioner, Term

from .words import WAITING_KB

# What a word may name, strongest first: a list that matches hides the weaker ones (spec 40, Matching: type > activity).
TERM_TIERS: tuple[tuple[Nomenclature, ...], ...] = (
    (Nomenclature.UNIT_TYPE,),
    (
        Nomenclature.OPERATIONAL_ACTIVITY,
        Nomenclature.ACTIVITY_FAMILY,
        Nomenclature.SPECIFIC_ACT,
        Nomenclature.CARE_SPECIALISATION,
        Nomenclature.RESOURCE_PROFESSION,
    ),
    (Nomenclature.DISCIPLINE, Nomenclature.AUDIENCE, Nomenclature.CARE_MODE),
)
# Modes of units that go to the person (spec 01-settled, Search).
MOBILE_MODES: tuple[str, ...] = ("11", "49", "53", "58", "59")


class SearchDocument(models.Model):
    """What is searched and listed about one unit (UO) or practitioner. Only published records have one.

    ``group_id`` is what results are grouped by: the id of the EG, or minus that of the practitioner. ``term_ids`` hold
    the coded terms with all their ancestors, so that a family finds its types; ``facet_ids`` the terms as they were
    given to the unit (discipline, type, mode, family, lists) and to its EG (accessibility, aids): what a person refines
    by. ``pool_id`` is the pool whose state the figure copies, to be counted once; ``expires_at`` is empty when the
    figure does not count by itself (never stated, or to be confirmed since a reopening). ``territory`` holds the INSEE
    codes served, « Paris » standing for its arrondissements and the other way round. ``lat`` and ``lon`` are WGS84
    degrees; ``hides_place`` tells that they, and the commune, are for entitled people only (sensitive unit in the EG).
    ``around`` holds what a search near a place looks up before it measures (``search.indexing.documents_sql.AROUND``).
    ``text`` weighs A the type, B the coded offer, C the names, D the free text; words are stemmed, and as written too
    but for the free text.
    """

    class Kind(models.TextChoices):
        UNIT = "uo", "Unité opérationnelle"
        PRACTITIONER = "pro", "Professionnel"

    kind = models.CharField("nature", max_length=3, choices=Kind)
    unit = models.OneToOneField(OperationalUnit, models.CASCADE, null=True, related_name="+")
    practitioner = models.OneToOneField(Practitioner, models.CASCADE, null=True, related_name="+")
    group_id = models.BigIntegerField("groupe de résultats")
    geographic_entity = models.ForeignKey(GeographicEntity, models.CASCADE, null=True, related_name="+", db_index=False)
    legal_entity = models.ForeignKey(LegalEntity, models.CASCADE, null=True, related_name="+", db_index=False)

    name = models.CharField("nom", max_length=255)
    entity_name = models.CharField("établissement, ou profession", max_length=255)
    sort_name = models.CharField("clé de tri", max_length=255)
    unit_type = models.ForeignKey(Term, models.CASCADE, null=True, related_name="+", db_index=False)
    type_label = models.CharField("type d’UO", max_length=255, blank=True)
    phone = models.CharField("téléphone à montrer", max_length=10, blank=True)
    entity_phone = models.CharField("téléphone de l’établissement", max_length=10, blank=True)

    department_code = models.CharField("département", max_length=3, blank=True)
    commune_insee = models.CharField("commune", max_length=5, blank=True)
    lat = models.FloatField("latitude", null=True)
    lon = models.FloatField("longitude", null=True)
    has_own_place = models.BooleanField("n’est pas à l’adresse de l’établissement", default=False)
    hides_place = models.BooleanField("lieu masqué", default=False)
    goes_to_person = models.BooleanField("va vers la personne", default=False)
    territory = ArrayField(models.CharField(max_length=5), verbose_name="communes desservies", default=list)
    around = ArrayField(models.CharField(max_length=12), verbose_name="où le chercher", default=list)

    min_age_value = models.PositiveSmallIntegerField("âge minimum", null=True)
    min_age_unit = models.CharField("unité de l’âge minimum", max_length=1, blank=True)
    max_age_value = models.PositiveSmallIntegerField("âge maximum", null=True)
    max_age_unit = models.CharField("unité de l’âge maximum", max_length=1, blank=True)
    min_age_days = models.PositiveIntegerField("âge minimum en jours", null=True)
    max_age_days = models.PositiveIntegerField("âge maximum en jours", null=True)
    sex = models.CharField("sexe accueilli", max_length=1, blank=True)

    installed_places = models.PositiveIntegerField("places installées", null=True)
    is_open = models.BooleanField("saisie ouverte", default=False)
    figure = models.PositiveIntegerField("places disponibles", null=True)
    stated_at = models.DateTimeField("date de la saisie", null=True)
    expires_at = models.DateTimeField("compte jusqu’au", null=True)
    rhythm = models.DurationField("rythme attendu", null=True)

    pool_id = models.BigIntegerField("lits mutualisés", null=True)
    term_ids = ArrayField(models.BigIntegerField(), verbose_name="termes et leurs pères", default=list)
    facet_ids = ArrayField(models.BigIntegerField(), verbose_name="termes propres, et ceux de l’EG", default=list)
    identifiers = ArrayField(
        models.CharField(max_length=32), verbose_name="FINESS, SIREN, SIRET, RPPS, téléphones", default=list
    )
    text = SearchVectorField("texte")

    class Meta:
        verbose_name = "document de recherche"
        verbose_name_plural = "documents de recherche"
        ordering = ["sort_name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="uo", unit__isnull=False, practitioner=None, geographic_entity__isnull=False)
                | Q(kind="pro", unit=None, practitioner__isnull=False),
                name="searchdocument_one_record",
            ),
        ]
        indexes = [
            GinIndex(fields=["text"], name="searchdocument_text", gin_pending_list_limit=WAITING_KB),
            GinIndex(fields=["term_ids"], name="searchdocument_terms", gin_pending_list_limit=WAITING_KB),
            GinIndex(fields=["around"], name="searchdocument_around", gin_pending_list_limit=WAITING_KB),
            # Chosen over a whole country.
            GinIndex(
                fields=["term_ids", "around"], name="searchdocument_terms_around", gin_pending_list_limit=WAITING_KB
            ),
            GinIndex(fields=["identifiers"], name="searchdocument_identifiers", gin_pending_list_limit=WAITING_KB),
            models.Index(fields=["group_id"], name="searchdocument_group"),
            models.Index(fields=["unit_type", "department_code"], name="searchdocument_type_department"),
        ]

    def __str__(self) -> str:
        return self.name
