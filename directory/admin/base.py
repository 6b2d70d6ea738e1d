"""What the back office pages of the directory share: every save goes through ``directory.services``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

from accounts.back_office import BackOfficeAdmin
from accounts.roles import Permission
from common import french
from common.attempts import BUSY, attempted
from common.text import fold

from ..enums import Nomenclature, PublicationStatus
from ..models import Term
from ..services import RecordEdit, StaleRecord, update_record
from ..snapshots import state_of
from .changes import history_of, shown_line

if TYPE_CHECKING:
    from django.contrib.admin.options import _FieldOpts

LINES_A_PAGE = 50
TERM_LISTS: dict[str, Nomenclature] = {
    "activity_family": Nomenclature.ACTIVITY_FAMILY,
    "care_mode": Nomenclature.CARE_MODE,
    "category": Nomenclature.EG_CATEGORY,
    "director_civility": Nomenclature.CIVILITY,
    "director_title": Nomenclature.TITLE,
    "discipline": Nomenclature.DISCIPLINE,
    "kind": Nomenclature.HOURS_KIND,
    "legal_status": Nomenclature.LEGAL_STATUS,
    "manager_civility": Nomenclature.CIVILITY,
    "preset_mode": Nomenclature.CARE_MODE,
    "unit_type": Nomenclature.UNIT_TYPE,
}
PUBLICATION: tuple[str, _FieldOpts] = (
    "Publication",
    {"fields": ("status", "opened_on", "closure_kind", "closed_on", "reopens_on")},
)
TRACE: tuple[str, _FieldOpts] = (
    "Suivi",
    {"fields": ("reason", "expected_version", "created_at", "created_by", "updated_at", "updated_by")},
)
TRACE_READ = ("created_at", "created_by", "updated_at", "updated_by")


CLOSURE_FIELDS = ("closure_kind", "closed_on", "reopens_on")
CLOSE_WORDS = "Pour fermer la fiche, choisissez aussi le statut «\u00a0Fermée\u00a0»."


def narrow_terms(form: forms.BaseForm, instance: Any) -> None:
    """Offer in each list of terms those of its nomenclature that may be chosen today, and the one already chosen."""
    today = timezone.localdate()
    for name, nomenclature in TERM_LISTS.items():
        field = form.fields.get(name)
        if isinstance(field, forms.ModelChoiceField) and field.queryset.model is Term:
            terms = Term.objects.of(nomenclature)
            current = getattr(instance, f"{name}_id", None)
            field.queryset = terms.active_on(today) | terms.filter(pk=current)


class RecordForm(forms.ModelForm):
    """A record with the version that was read and, if wanted, the reason of the change."""

    expected_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(label="Motif de la modification", max_length=255, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["expected_version"] = self.instance.version
        narrow_terms(self, self.instance)

    def clean(self) -> dict[str, Any]:
        """Refuse a save over somebody else's; a record that is not closed has no closure (RG_EXP_046)."""
        cleaned = super().clean() or self.cleaned_data
        record = self.instance
        if record.pk and cleaned.get("expected_version") != record.version:
            author = f" par {record.updated_by}" if record.updated_by else ""
            raise ValidationError(
                f"Cette fiche a été modifiée{author} {french.on_moment(record.updated_at)}, pendant votre saisie. "
                "Notez vos valeurs, rechargez la page et reportez-les.",
                code="stale",
            )
        if "status" in cleaned and cleaned["status"] != PublicationStatus.CLOSED:
            if any(name in self.changed_data and cleaned.get(name) for name in CLOSURE_FIELDS):
                self.add_error("status", CLOSE_WORDS)
            cleaned |= {"closure_kind": "", "closed_on": None, "reopens_on": None}
        return cleaned


class NamedRows(forms.BaseInlineFormSet):
    """Rows whose fields carry their column's name: the table's headers are not their labels."""

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        """Name each field for assistive technology."""
        super().add_fields(form, index)
        for field in form.fields.values():
            widget = getattr(field.widget, "widget", field.widget)
            widget.attrs.setdefault("aria-label", str(field.label))


class RowInline(admin.TabularInline):
    """Lines of a record's list; whoever may change the record may change them."""

    extra = 0
    formset = NamedRows

    def has_view_permission(self, request, obj=None):
        return request.scope.may(Permission.DIRECTORY_EDIT)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        kind = formset.form.base_fields.get("kind")
        if kind is not None:
            kind.queryset = Term.objects.of(Nomenclature.HOURS_KIND)
        return formset


class RecordAdmin(BackOfficeAdmin):
    """Page of one kind of record. Saving keeps history, counts a version and tells the higher apps."""

    permission = Permission.DIRECTORY_EDIT
    form = RecordForm
    list_per_page = 50
    show_full_result_count = False
    readonly_fields: tuple[str, ...] = TRACE_READ

    def get_object(self, request, object_id, from_field=None):
        """Lock the record and keep its state before the form touches it, when it is about to be saved."""
        record = super().get_object(request, object_id, from_field)
        if record is None or request.method != "POST":
            return record
        locked = self.model.objects.select_for_update(of=("self",), no_key=True).get(pk=record.pk)
        locked.edit = RecordEdit(locked, request.user, request.scope, before=state_of(locked))
        return locked

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Save again, whole, what met another writer; a message says so when it met some at each attempt."""
        again = super().changeform_view
        try:
            return attempted(lambda: again(request, object_id, form_url, extra_context))
        except ValidationError as refused:
            if refused.code != "busy":
                raise
            messages.error(request, BUSY)
            return redirect(request.path)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.edit = RecordEdit(obj, request.user, request.scope)
        obj.edit.reason = form.cleaned_data.get("reason", "")
        obj.edit.check()
        if not change:
            obj.edit.create()

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        form.instance.edit.finish()

    @method_decorator(require_safe)
    def history_view(self, request, object_id, extra_context=None):
        """Our own lines of history (``RecordChange``), newest first, instead of Django's log."""
        record = self.get_object(request, unquote(object_id))
        if record is None:
            return redirect(f"admin:directory_{self.opts.model_name}_changelist")
        if not self.has_view_permission(request, record):
            raise PermissionDenied
        page = Paginator(history_of(record), LINES_A_PAGE).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Historique de «\u00a0{record}\u00a0»",
            "opts": self.opts,
            "changelist_url": f"admin:directory_{self.opts.model_name}_changelist",
            "change_url": f"admin:directory_{self.opts.model_name}_change",
            "object": record,
            "page": page,
            "lines": [shown_line(change) for change in page],
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/record_history.html", context)

    def get_search_results(self, request, queryset, search_term):
        """Names are searched without accents or case."""
        return super().get_search_results(request, queryset, fold(search_term))


class PublishedAdmin(RecordAdmin):
    """A record with a publication status: hidden and published again from the list, closed from its page."""

    actions = ("hide", "publish")

    @admin.action(description="Masquer les fiches choisies")
    def hide(self, request, queryset):
        self._set_status(request, queryset.filter(status=PublicationStatus.PUBLISHED), PublicationStatus.HIDDEN)

    @admin.action(description="Publier les fiches masquées choisies")
    def publish(self, request, queryset):
        self._set_status(request, queryset.filter(status=PublicationStatus.HIDDEN), PublicationStatus.PUBLISHED)

    def _set_status(self, request, queryset, status):
        done = 0
        for record in queryset:
            try:
                update_record(
                    record=record,
                    changes={"status": status},
                    expected_version=record.version,
                    by=request.user,
                    scope=request.scope,
                )
            except (StaleRecord, PermissionDenied, ValidationError) as error:
                reason = "modifiée entre-temps" if isinstance(error, StaleRecord) else "; ".join(_reasons(error))
                messages.error(request, f"« {record} »\u00a0: {reason}")
            else:
                done += 1
        messages.success(request, french.counted(done, "fiche enregistrée"))


def _reasons(error: Exception) -> list[str]:
    return error.messages if isinstance(error, ValidationError) else [str(error)]
