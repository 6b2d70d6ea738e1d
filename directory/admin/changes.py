"""Back office: the history of the records, as a list of all lines and as the « Historique » of one record."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from accounts.back_office import BackOfficeAdmin
from accounts.roles import Permission

from ..history import KINDS
from ..models import RecordChange
from ..versions.wording import MODELS, block_title, changed_fields, role_label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db import models


def name_records(changes: Iterable[RecordChange]) -> None:
    """Give each line ``record_name``, the name its record has now: one query a kind of record."""
    ids: dict[str, set[int]] = defaultdict(set)
    for change in changes:
        ids[change.record_kind].add(change.record_id)
    records = {kind: MODELS[kind]._default_manager.in_bulk(wanted) for kind, wanted in ids.items()}  # noqa: SLF001
    for change in changes:
        change.record_name = str(records[change.record_kind].get(change.record_id, ""))


def history_of(record: models.Model) -> models.QuerySet[RecordChange]:
    """Lines of one record, newest first, with their authors."""
    kind = KINDS[type(record)]
    return RecordChange.objects.filter(record_kind=kind, record_id=record.pk).select_related("by")


def shown_line(change: RecordChange) -> dict[str, Any]:
    """What the page « Historique » shows of a line."""
    return {
        "change": change,
        "block": block_title(change),
        "role": role_label(change),
        "fields": changed_fields(change),
    }


@admin.register(RecordChange)
class RecordChangeAdmin(BackOfficeAdmin):
    """History of the records, read only."""

    permission = Permission.DIRECTORY_EDIT
    can_add = can_change = False
    list_display = ("at", "record", "record_kind", "action", "block_shown", "by", "role_shown", "reason")
    list_filter = ("record_kind", "action", "at")
    list_select_related = ("by",)
    search_fields = ("=record_id", "by__username", "by__last_name", "reason")
    search_title = "Rechercher dans l’historique des fiches"
    date_hierarchy = "at"
    show_full_result_count = False
    fields = ("at", "record", "version", "action", "block_shown", "by", "role_shown", "reason", "changes_shown")
    readonly_fields = ("record", "block_shown", "role_shown", "changes_shown")

    def get_changelist_instance(self, request):
        """The names of the page's records are read at once."""
        changelist = super().get_changelist_instance(request)
        changelist.result_list = list(changelist.result_list)
        name_records(changelist.result_list)
        return changelist

    @admin.display(description="fiche")
    def record(self, change):
        if not hasattr(change, "record_name"):
            name_records([change])
        model = MODELS[change.record_kind]._meta.model_name  # noqa: SLF001
        url = reverse(f"admin:directory_{model}_change", args=[change.record_id])
        return format_html('<a href="{}">{}</a>', url, change.record_name or change.record_id)

    @admin.display(description="encadré", ordering="block")
    def block_shown(self, change):
        return block_title(change)

    @admin.display(description="au titre de", ordering="role")
    def role_shown(self, change):
        return role_label(change)

    @admin.display(description="changements")
    def changes_shown(self, change):
        rows = ((field.label, field.before, field.after) for field in changed_fields(change))
        lines = format_html_join("", "<tr><th scope='row'>{}</th><td>{}</td><td>{}</td></tr>", rows)
        return format_html("<table><tr><th>Champ</th><th>Avant</th><th>Après</th></tr>{}</table>", lines)
