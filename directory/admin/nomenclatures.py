"""Back office: terms of the nomenclatures; communes and departments, read only."""

from django.contrib import admin

from accounts.back_office import BackOfficeAdmin
from accounts.roles import Permission
from common.text import place_key

from ..enums import UNIT_TERM_LISTS, Nomenclature
from ..models import Commune, Department, Term, TermAllowance
from .base import TRACE, TRACE_READ, RecordAdmin, RowInline


class TermAllowanceInline(RowInline):
    """Terms that a type d'UO allows; none for a list means every active term of that list."""

    model = TermAllowance
    fk_name = "unit_type"
    autocomplete_fields = ("term",)


@admin.register(Term)
class TermAdmin(RecordAdmin):
    """Terms are retired by their date, never deleted; nomenclature and code never change once given."""

    permission = Permission.NOMENCLATURE_MANAGE
    list_display = ("label", "nomenclature", "code", "parent", "active_until", "order")
    list_filter = ("nomenclature", "active_until")
    list_select_related = ("parent",)
    search_fields = ("label", "code", "synonyms")
    autocomplete_fields = ("parent",)
    readonly_fields = TRACE_READ
    fieldsets = (
        (None, {"fields": ("nomenclature", "code", "label", "parent", "synonyms", "order", "preset_mode", "source")}),
        ("Validité", {"fields": ("active_from", "active_until")}),
        TRACE,
    )

    def get_readonly_fields(self, request, obj=None):
        return (*TRACE_READ, "nomenclature", "code") if obj else TRACE_READ

    def get_inlines(self, request, obj):
        is_type = obj is not None and obj.nomenclature == Nomenclature.UNIT_TYPE
        return (TermAllowanceInline,) if is_type else ()

    def get_search_results(self, request, queryset, search_term):
        """Labels as stored; the offer of a unit and what a type allows choose among the lists of units only."""
        found, duplicates = super(RecordAdmin, self).get_search_results(request, queryset, search_term)
        if request.GET.get("model_name") == "unitterm":
            found = found.filter(nomenclature__in=UNIT_TERM_LISTS)
        elif request.GET.get("model_name") == "termallowance":
            found = found.filter(nomenclature__in=(*UNIT_TERM_LISTS, Nomenclature.CARE_MODE))
        return found, duplicates


@admin.register(Department)
class DepartmentAdmin(BackOfficeAdmin):
    """Loaded by a command."""

    permission = Permission.DIRECTORY_EDIT
    can_add = can_change = False
    list_display = ("code", "name", "region_name", "order")
    fields = ("code", "name", "region_code", "region_name", "order")


@admin.register(Commune)
class CommuneAdmin(BackOfficeAdmin):
    """Loaded by a command."""

    permission = Permission.DIRECTORY_EDIT
    can_add = can_change = False
    list_display = ("list_name", "insee", "department", "population")
    list_filter = ("department",)
    list_select_related = ("department",)
    search_fields = ("key", "insee", "postal_codes")
    fields = ("insee", "name", "list_name", "department", "parent", "postal_codes", "population", "lat", "lon")

    def get_queryset(self, request):
        return super().get_queryset(request).defer("outline", "department__outline")

    def get_search_results(self, request, queryset, search_term):
        """« kremlin bicetre », « Le Kremlin-Bicêtre » and « 94270 » find the same commune."""
        return super().get_search_results(request, queryset, place_key(search_term))
