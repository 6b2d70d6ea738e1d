"""Closing and reopening records."""

from django.urls import path

from ..enums import RecordKind
from ..views import closures as views

SEGMENTS = {
    "ej": RecordKind.LEGAL_ENTITY,
    "eg": RecordKind.GEOGRAPHIC_ENTITY,
    "structures": RecordKind.STRUCTURE,
    "uo": RecordKind.UNIT,
}

urlpatterns = [
    path(f"{segment}/<int:record_id>/{word}/", view, {"kind": str(kind)}, name=name)
    for segment, kind in SEGMENTS.items()
    for word, view, name in (
        ("fermeture", views.record_close, "record_close"),
        ("reouverture", views.record_reopen, "record_reopen"),
    )
]
