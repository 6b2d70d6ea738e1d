"""Back office: who holds which role on what. Given and ended, never edited nor deleted."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.back_office import BackOfficeAdmin
from accounts.roles import ROLE_LABELS, Role

from ..delegation.rights import end_role, give_role, new_assignment
from ..models import Assignment

SCOPE_FIELDS = ("legal_entity", "geographic_entity", "unit")


class GiveRoleForm(forms.ModelForm):
    """A person, a role, and one record at most; without a record the role is on the region."""

    class Meta:
        model = Assignment
        fields = ("user", "role", *SCOPE_FIELDS, "valid_from", "valid_until")

    def clean(self):
        cleaned = super().clean()
        records = [cleaned[field] for field in SCOPE_FIELDS if cleaned.get(field)]
        if len(records) > 1:
            raise ValidationError("Choisissez une seule fiche, ou aucune pour la région.")
        self.record = records[0] if records else None
        if {"user", "role", "valid_from"} <= cleaned.keys():
            dates = cleaned["valid_from"], cleaned.get("valid_until")
            new_assignment(cleaned["user"], Role(cleaned["role"]), self.record, *dates)
        return cleaned

    def _post_clean(self):
        """The scope's kind follows from the record: the service builds and validates the row."""


class EndRoleForm(forms.ModelForm):
    """The last day of a role."""

    class Meta:
        model = Assignment
        fields = ("valid_until",)

    def clean_valid_until(self):
        last_day = self.cleaned_data["valid_until"]
        if last_day is None:
            raise ValidationError("Indiquez le dernier jour.")
        if last_day < self.instance.valid_from:
            raise ValidationError("La fin précède le début.")
        return last_day


@admin.register(Assignment)
class AssignmentAdmin(BackOfficeAdmin):
    """Roles are given on « Ajouter », ended by their last day or by the action of the list."""

    list_display = ("user", "role_label", "scope_kind", "scope_record", "valid_from", "valid_until", "given_by")
    list_filter = ("role", "scope_kind", "valid_from")
    list_select_related = ("user", "given_by", *SCOPE_FIELDS)
    search_fields = ("user__username", "user__last_name", "legal_entity__name", "geographic_entity__name", "unit__name")
    autocomplete_fields = ("user", *SCOPE_FIELDS)
    actions = ("end_now",)

    @admin.display(description="rôle", ordering="role")
    def role_label(self, assignment):
        return ROLE_LABELS[Role(assignment.role)]

    @admin.display(description="fiche")
    def scope_record(self, assignment):
        return assignment.scope_record

    def get_form(self, request, obj=None, change=False, **kwargs):  # noqa: FBT002 - Django's signature
        return super().get_form(request, obj, change, form=EndRoleForm if obj else GiveRoleForm, **kwargs)

    def get_fields(self, request, obj=None):
        given = ("user", "role", *SCOPE_FIELDS, "valid_from", "valid_until")
        return (*given, "given_by", "given_at") if obj else given

    def get_readonly_fields(self, request, obj=None):
        return ("user", "role", *SCOPE_FIELDS, "valid_from", "given_by", "given_at") if obj else ()

    def get_changeform_initial_data(self, request):
        return {"valid_from": timezone.localdate(), **super().get_changeform_initial_data(request)}

    def save_model(self, request, obj, form, change):
        ip = self.request_ip(request)
        if change:
            last_day = form.cleaned_data["valid_until"]
            end_role(assignment=obj, last_day=last_day, by=request.user, request_ip=ip)
            return
        given = give_role(
            user=form.cleaned_data["user"],
            role=Role(form.cleaned_data["role"]),
            record=form.record,
            valid_from=form.cleaned_data["valid_from"],
            valid_until=form.cleaned_data["valid_until"],
            by=request.user,
            request_ip=ip,
        )
        obj.__dict__.update(given.__dict__)

    @admin.action(description="Retirer ces rôles dès maintenant")
    def end_now(self, request, queryset):
        for assignment in queryset:
            end_role(assignment=assignment, by=request.user, request_ip=self.request_ip(request))
        messages.success(request, "Les rôles choisis sont retirés.")
