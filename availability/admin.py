"""Back office: groupings and rhythms, openings of the entry, statements (read only)."""

import datetime

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.utils import timezone

from accounts.back_office import BackOfficeAdmin
from accounts.roles import Permission
from directory.enums import Nomenclature
from directory.models import Term

from . import membership, openings
from .breakdown import COUNT_FIELDS
from .exceptions import UnitsNotGrouped
from .models import AvailabilityEntry, CurrentFigure, Grouping, UnitTypeRhythm

CURRENT_FIELDS = (
    "unit",
    "is_open",
    "opened_at",
    "rhythm",
    "version",
    "figure",
    "stated_at",
    "confirmed_at",
    "changed_at",
    "by",
    "source",
)
NOT_GROUPED = "Le type de cette unité n’appartient à aucun regroupement."


class RhythmForm(forms.ModelForm):
    """A rhythm typed in hours."""

    rhythm = forms.IntegerField(label="Rythme attendu (heures)", min_value=1, max_value=24 * 366)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["rhythm"] = self.instance.rhythm // datetime.timedelta(hours=1)

    def clean_rhythm(self):
        return datetime.timedelta(hours=self.cleaned_data["rhythm"])


class RhythmAdmin(BackOfficeAdmin):
    """Pages whose saving changes the rhythm in force for units."""

    permission = Permission.OPENING_MANAGE
    form = RhythmForm

    @admin.display(description="rythme attendu (heures)", ordering="rhythm")
    def hours(self, obj):
        return obj.rhythm // datetime.timedelta(hours=1)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name in {"unit_type", "unit_types"}:
            kwargs["queryset"] = Term.objects.of(Nomenclature.UNIT_TYPE)
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(Grouping)
class GroupingAdmin(RhythmAdmin):
    """Editing a grouping gives its units their new rhythm; a type that leaves every grouping closes its entry."""

    list_display = ("name", "hours", "order")
    search_fields = ("name",)
    filter_horizontal = ("unit_types",)

    def save_related(self, request, form, formsets, change):
        with transaction.atomic():
            super().save_related(request, form, formsets, change)
            openings.apply_rhythms()


@admin.register(UnitTypeRhythm)
class UnitTypeRhythmAdmin(RhythmAdmin):
    """A rhythm of its own for one type; deleting it gives back that of the groupings."""

    can_delete = True
    list_display = ("unit_type", "hours")
    list_select_related = ("unit_type",)
    search_fields = ("unit_type__label",)

    def get_readonly_fields(self, request, obj=None):
        return ("unit_type",) if obj else ()

    def delete_queryset(self, request, queryset):
        """Each row with its rhythm applied."""
        for rhythm in queryset:
            self.delete_model(request, rhythm)

    def save_model(self, request, obj, form, change):
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            openings.apply_rhythms()

    def delete_model(self, request, obj):
        with transaction.atomic():
            super().delete_model(request, obj)
            openings.apply_rhythms()


class OpeningForm(forms.ModelForm):
    """Opens one unit to entry."""

    class Meta:
        model = CurrentFigure
        fields = ("unit",)

    def clean_unit(self):
        unit = self.cleaned_data["unit"]
        if unit.pk not in membership.rhythms_of([unit.pk]):
            raise forms.ValidationError(NOT_GROUPED)
        return unit


@admin.register(CurrentFigure)
class CurrentFigureAdmin(BackOfficeAdmin):
    """Openings of the entry. Figures are stated on the entry page, never here."""

    permission = Permission.OPENING_MANAGE
    can_change = False
    form = OpeningForm
    raw_id_fields = ("unit",)
    list_display = ("unit", "unit_type", "is_open", "figure", "confirmed_at", "rhythm")
    list_filter = ("is_open", "unit__unit_type")
    list_select_related = ("unit__unit_type",)
    search_fields = ("unit__name", "unit__geographic_entity__name")
    actions = ("open_entry", "close_entry")
    show_full_result_count = False

    @admin.display(description="type d’UO", ordering="unit__unit_type__label")
    def unit_type(self, obj):
        return obj.unit.unit_type

    def get_fields(self, request, obj=None):
        return (*CURRENT_FIELDS, *COUNT_FIELDS, "comment", "is_over_capacity") if obj else ("unit",)

    def save_model(self, request, obj, form, change):
        openings.open_entry(unit_ids=[obj.unit_id], now=timezone.now(), **self._actor(request))

    def _actor(self, request):
        return {"scope": request.scope, "by": request.user, "request_ip": self.request_ip(request)}

    @admin.action(description="Ouvrir la saisie")
    def open_entry(self, request, queryset):
        try:
            opened = openings.open_entry(
                unit_ids=[row.pk for row in queryset], now=timezone.now(), **self._actor(request)
            )
        except UnitsNotGrouped:
            messages.error(request, NOT_GROUPED)
        else:
            messages.success(request, f"Saisies ouvertes\u00a0: {len(opened)}.")

    @admin.action(description="Fermer la saisie")
    def close_entry(self, request, queryset):
        closed = openings.close_entry(unit_ids=[row.pk for row in queryset], **self._actor(request))
        messages.success(request, f"Saisies fermées\u00a0: {len(closed)}.")


@admin.register(AvailabilityEntry)
class AvailabilityEntryAdmin(BackOfficeAdmin):
    """The statements, read only: they are added, never changed."""

    permission = Permission.OPENING_MANAGE
    can_add = can_change = False
    list_display = ("unit", "version", "figure", "stated_at", "by", "source")
    list_filter = ("source", "stated_at")
    list_select_related = ("unit", "by")
    search_fields = ("unit__name",)
    show_full_result_count = False
