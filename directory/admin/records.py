"""Back office: EJ, EG, structures, UOs, practitioners, and their history."""

from django import forms
from django.contrib import admin

from ..enums import ENTITY_TERM_LISTS
from ..fixed import WHY, fixed_fields
from ..models import (
    GeographicEntity,
    HoursException,
    InterventionArea,
    LegalEntity,
    OperationalUnit,
    PracticePlace,
    Practitioner,
    RorReferent,
    Structure,
    Term,
    UnitTerm,
    WeeklyHours,
)
from .base import PUBLICATION, TRACE, TRACE_READ, PublishedAdmin, RecordForm, RowInline

ADDRESS = (
    "street_number",
    "street_extension",
    "street_name",
    "address_complement",
    "postal_code",
    "commune",
    "lat",
    "lon",
    "position_source",
)


@admin.register(LegalEntity)
class LegalEntityAdmin(PublishedAdmin):
    list_display = ("name", "finess", "siren", "status", "updated_at")
    list_filter = ("status",)
    search_fields = ("sort_name", "finess", "siren")
    autocomplete_fields = ("commune",)
    fieldsets = (
        ("Identification", {"fields": ("name", "finess", "siren", "legal_status")}),
        ("Siège", {"fields": ADDRESS}),
        PUBLICATION,
        TRACE,
    )


class GeographicEntityForm(RecordForm):
    """An EG, with the two lists of terms that it may carry."""

    terms = forms.ModelMultipleChoiceField(
        Term.objects.filter(nomenclature__in=ENTITY_TERM_LISTS).order_by("nomenclature", "order", "label"),
        label="Aides financières et accessibilité du lieu",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class RorReferentInline(RowInline):
    model = RorReferent
    max_num = 2
    autocomplete_fields = ("user",)


@admin.register(GeographicEntity)
class GeographicEntityAdmin(PublishedAdmin):
    form = GeographicEntityForm
    list_display = ("name", "finess", "siret", "commune", "status", "updated_at")
    list_filter = ("status", "commune__department")
    list_select_related = ("commune",)
    search_fields = ("sort_name", "finess", "siret")
    autocomplete_fields = ("legal_entity", "commune")
    readonly_fields = ("national_id", *TRACE_READ)
    inlines = (RorReferentInline,)
    fieldsets = (
        (
            "Identification",
            {"fields": ("name", "official_name", "legal_entity", "category", "finess", "siret", "national_id")},
        ),
        ("Adresse", {"fields": ADDRESS}),
        ("Contact", {"fields": ("phone", "fax", "website", "email")}),
        (
            "Responsable",
            {"fields": ("manager_last_name", "manager_first_name", "manager_email", "manager_phone")},
        ),
        (
            "Directeur de l’établissement",
            {
                "fields": (
                    "director_civility",
                    "director_title",
                    "director_name",
                    "director_email",
                    "director_phone",
                )
            },
        ),
        (
            "Informations complémentaires",
            {
                "fields": (
                    "comment",
                    "hosts_families",
                    "social_aid_temporary_places",
                    "social_aid_permanent_places",
                    "terms",
                )
            },
        ),
        PUBLICATION,
        TRACE,
    )

    def get_queryset(self, request):
        return super().get_queryset(request).defer("commune__outline")


@admin.register(Structure)
class StructureAdmin(PublishedAdmin):
    list_display = ("name", "level", "geographic_entity", "status", "updated_at")
    list_filter = ("level", "status")
    list_select_related = ("geographic_entity",)
    search_fields = ("sort_name", "geographic_entity__sort_name")
    autocomplete_fields = ("geographic_entity", "parent")
    fieldsets = (
        ("Identification", {"fields": ("name", "level", "geographic_entity", "parent", "phone", "email")}),
        PUBLICATION,
        TRACE,
    )


class UnitTermInline(RowInline):
    model = UnitTerm
    autocomplete_fields = ("term",)


class InterventionAreaInline(RowInline):
    model = InterventionArea
    autocomplete_fields = ("commune",)


class WeeklyHoursInline(RowInline):
    model = WeeklyHours


class HoursExceptionInline(RowInline):
    model = HoursException


@admin.register(OperationalUnit)
class OperationalUnitAdmin(PublishedAdmin):
    """What never changes of a published unit is read alone, with what to do instead."""

    list_display = ("name", "unit_type", "geographic_entity", "status", "updated_at")
    list_filter = ("status", "discipline", "sensitive_unit")
    list_select_related = ("unit_type", "geographic_entity")
    search_fields = ("sort_name", "geographic_entity__sort_name", "geographic_entity__finess")
    autocomplete_fields = ("geographic_entity", "structure", "commune")
    readonly_fields = ("national_id", *TRACE_READ)
    inlines = (UnitTermInline, InterventionAreaInline, WeeklyHoursInline, HoursExceptionInline)
    fieldsets = (
        (
            "Identification",
            {
                "fields": (
                    "name",
                    "discipline",
                    "unit_type",
                    "geographic_entity",
                    "structure",
                    "national_id",
                    "sensitive_unit",
                )
            },
        ),
        ("Offre", {"fields": ("activity_family", "care_mode")}),
        (
            "Patientèle",
            {"fields": (("min_age_value", "min_age_unit"), ("max_age_value", "max_age_unit"), "sex")},
        ),
        (
            "Contacts",
            {
                "fields": (
                    "email",
                    ("medical_phone", "medical_extension"),
                    "nursing_phone",
                    "secretary_phone",
                    ("fax", "fax_extension"),
                    "contact_confidentiality",
                )
            },
        ),
        (
            "Intervention et conditions",
            {"fields": ("intervention_details", "admission_conditions", "reception_conditions", "pets")},
        ),
        ("Capacité", {"fields": ("capacity_kind", "installed_places", "single_rooms", "double_rooms")}),
        (
            "Responsable",
            {
                "fields": (
                    "manager_civility",
                    "manager_last_name",
                    "manager_first_name",
                    "manager_role",
                    "manager_phone",
                    "manager_email",
                )
            },
        ),
        ("Adresse, quand elle n’est pas celle de l’établissement", {"fields": ADDRESS}),
        PUBLICATION,
        TRACE,
    )

    def get_readonly_fields(self, request, obj=None):
        return (*super().get_readonly_fields(request, obj), *sorted(fixed_fields(obj) if obj else ()))

    def get_form(self, request, obj=None, *args, **kwargs):
        kwargs["help_texts"] = dict.fromkeys(fixed_fields(obj) if obj else (), WHY)
        return super().get_form(request, obj, *args, **kwargs)


class PracticePlaceInline(RowInline):
    model = PracticePlace
    autocomplete_fields = ("geographic_entity", "commune")


@admin.register(Practitioner)
class PractitionerAdmin(PublishedAdmin):
    """RPPS data come by import alone (RG_EXP_031): support repairs the rest."""

    can_add = False
    list_display = ("last_name", "first_name", "rpps", "profession", "status", "updated_at")
    list_filter = ("status", "profession")
    list_select_related = ("profession",)
    search_fields = ("sort_name", "rpps")
    autocomplete_fields = ("cpts",)
    readonly_fields = ("rpps", "civility", "last_name", "first_name", "profession", "speciality", *TRACE_READ)
    inlines = (PracticePlaceInline,)
    fieldsets = (
        (
            "Données du RPPS",
            {"fields": ("rpps", "civility", "last_name", "first_name", "profession", "speciality")},
        ),
        ("Contact", {"fields": ("phone", "email")}),
        ("Exercice", {"fields": ("convention_sector", "visits_at_home", "cpts", "takes_part_in_sas")}),
        PUBLICATION,
        TRACE,
    )
