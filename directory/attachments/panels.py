"""What record pages show of the files of an EG or UO: its photo and its attachments."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from .. import panels
from ..enums import RecordKind
from ..history import KINDS
from ..permissions import why_not_edit

if TYPE_CHECKING:
    from django.http import HttpRequest

TEMPLATE = "directory/record_files.html"


def register() -> None:
    """Put the panel on the pages of EGs and UOs."""
    for kind in (RecordKind.GEOGRAPHIC_ENTITY, RecordKind.UNIT):
        panels.register(panels.Panel("files", kind, "side", files_panel, TEMPLATE, order=50))


def files_panel(request: HttpRequest, record: Any) -> dict[str, Any] | None:
    """Photo and attachments, and how to change them for whoever may: one query.

    ``None`` when there is nothing to show, or when the address is hidden: a photo would give it away.
    """
    editable = not why_not_edit(request.scope, record)
    if not getattr(record, "address_shown", True):
        return None
    attachments = list(record.attachments.present())
    if not (editable or record.photo or attachments):
        return None
    kind = KINDS[type(record)]
    return {
        "kind": kind,
        "editable": editable,
        "photo_url": photo_url(record),
        "photo_text": f"Photo de {'l’établissement' if kind == RecordKind.GEOGRAPHIC_ENTITY else 'l’unité'} {record}",
        "attachments": attachments,
    }


def photo_url(record: Any) -> str:
    """Address of the photo of a record, another for each photo; empty without one."""
    if not record.photo:
        return ""
    name = PurePosixPath(record.photo.name).name
    return reverse("directory:photo_file", args=[KINDS[type(record)], record.pk, name])
