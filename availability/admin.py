"""Back office: groupings and rhythms, openings of the entry, statements (read only)."""

import datetime
from http import HTTPStatus
from typing import NamedTuple

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, Q
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.back_office import BackOfficeAdmin
from accounts.models import AuditEntry
from accounts.roles import Permission
from accounts.services import log_action
from directory.models import Term

from . import membership
from .breakdown import COUNT_FIELDS
from .exceptions import UnitsNotGrouped
from .grouping_form import TERM_FIELDS, GroupingForm, RhythmForm
from .groupings import in_force
from .models import AvailabilityEntry, CurrentFigure, GroupedUnit, Grouping, UnitTypeRhythm
from .openings import services as openings

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
AGE_LINES = (("from_value", "from_unit"), ("until_value", "until_unit"))
NOT_GROUPED = "Le type de cette unité n’appartient à aucun regroupement."


class Undone(Exception):
    """A save that was only tried."""


class RhythmAdmin(BackOfficeAdmin):
    """Pages whose saving changes the rhythm or the opening in force for units: tried, told, then confirmed."""

    permission = Permission.OPENING_MANAGE
    form = RhythmForm

    @admin.display(description="rythme attendu (heures)", ordering="rhythm")
    def hours(self, obj):
        return obj.rhythm // datetime.timedelta(hours=1)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name in TERM_FIELDS:
            kwargs["queryset"] = Term.objects.of(TERM_FIELDS[db_field.name])
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Show what saving would do to units before it is done."""
        if request.method != "POST" or "_confirmed" in request.POST:
            return super().changeform_view(request, object_id, form_url, extra_context)
        request.is_tried = True
        try:
            with transaction.atomic():
                before = _in_force()
                response = super().changeform_view(request, object_id, form_url, extra_context)
                if response.status_code != HTTPStatus.FOUND:
                    return response
                effect = self._effect(request, object_id, before)
                raise Undone
        except Undone:
            return self._ask(request, effect)

    def message_user(self, request, *args, **kwargs):
        """Say nothing of a save that is only tried."""
        if not getattr(request, "is_tried", False):
            super().message_user(request, *args, **kwargs)

    def _effect(self, request, object_id, before):
        """How many units the rule concerns, and what becomes of openings, rhythms and figures."""
        after, now = _in_force(), timezone.now()
        rows = GroupedUnit.objects.filter(self.concerned(request, object_id))
        pairs = [(before.get(pk, row), row) for pk, row in after.items()]
        return {
            "units": rows.values("unit").distinct().count(),
            "is_dormant": rows.exists() and not rows.filter(in_force("grouping__")).exists(),
            "closed": sum(was.is_open and not row.is_open for was, row in pairs),
            "opened": sum(row.is_open and not was.is_open for was, row in pairs),
            "rhythms": sum(row.rhythm != was.rhythm for was, row in pairs),
            "expired": sum(row.is_open and was.counts(now) and not row.counts(now) for was, row in pairs),
            "back": sum(row.is_open and row.counts(now) and not was.counts(now) for was, row in pairs),
        }

    def _ask(self, request, effect):
        sent = [(name, value) for name, values in request.POST.lists() for value in values]
        context = {
            **self.admin_site.each_context(request),
            **effect,
            "opts": self.opts,
            "title": "Effet de cette règle",
            "sent": [(name, value) for name, value in sent if name != "csrfmiddlewaretoken"],
        }
        return TemplateResponse(request, "admin/rule_confirm.html", context)

    def _apply(self, request, name, details):
        openings.apply_rhythms(by=request.user, request_ip=self.request_ip(request))
        log_action(
            action=AuditEntry.Action.GROUPING_CHANGED,
            actor=request.user,
            target=name,
            request_ip=self.request_ip(request),
            details=details,
        )


class InForce(NamedTuple):
    """What a rule gives the figure of a unit."""

    is_open: bool
    rhythm: datetime.timedelta
    expires_at: datetime.datetime | None

    def counts(self, now):
        """Whether the figure is not expired at ``now``, closures left aside."""
        return self.expires_at is not None and self.expires_at >= now


def _in_force():
    """What is in force, by unit."""
    rows = CurrentFigure.objects.order_by().values_list("pk", *InForce._fields)
    return {pk: InForce(*values) for pk, *values in rows.iterator()}


@admin.register(Grouping)
class GroupingAdmin(RhythmAdmin):
    """Editing a grouping gives its units their new rhythm; a type that leaves every grouping closes its entry."""

    form = GroupingForm
    list_display = ("name", "hours", "units", "is_crisis", "order")
    list_filter = ("is_crisis",)
    search_fields = ("name",)
    filter_horizontal = ("unit_types", "activities", "modes")
    readonly_fields = ("units",)
    fieldsets = (
        (None, {"fields": ("name", "code", "order", "units")}),
        ("Unités retenues", {"fields": ("unit_types", "activities", "modes", *AGE_LINES)}),
        ("Saisie et synthèse", {"fields": ("rhythm", "offered_counts", "counted", "is_crisis")}),
    )

    def concerned(self, request, object_id):
        """Rows of the grouping, named by its code: it may be new."""
        return Q(grouping__code=request.POST["code"])

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(unit_count=Count("rows"))

    @admin.display(description="unités concernées", ordering="unit_count")
    def units(self, obj):
        return getattr(obj, "unit_count", 0)

    def save_related(self, request, form, formsets, change):
        with transaction.atomic():
            super().save_related(request, form, formsets, change)
            details = {"grouping": form.instance.code, "changed": sorted(form.changed_data)}
            self._apply(request, form.instance.name, details)


@admin.register(UnitTypeRhythm)
class UnitTypeRhythmAdmin(RhythmAdmin):
    """A rhythm of its own for one type; deleting it gives back that of the groupings."""

    can_delete = True
    list_display = ("unit_type", "hours")
    list_select_related = ("unit_type",)
    search_fields = ("unit_type__label",)

    def concerned(self, request, object_id):
        """Rows of the units of the type."""
        return Q(unit__unit_type=object_id or request.POST["unit_type"])

    def get_readonly_fields(self, request, obj=None):
        return ("unit_type",) if obj else ()

    def delete_queryset(self, request, queryset):
        """Each row with its rhythm applied."""
        for rhythm in queryset:
            self.delete_model(request, rhythm)

    def save_model(self, request, obj, form, change):
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            self._apply(request, obj.unit_type.label, {"hours": self.hours(obj)})

    def delete_model(self, request, obj):
        label = obj.unit_type.label
        with transaction.atomic():
            super().delete_model(request, obj)
            self._apply(request, label, {"hours": None})


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
