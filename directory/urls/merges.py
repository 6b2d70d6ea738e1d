"""Merging two records, and undoing it."""

from django.urls import path

from ..views import merges as views

urlpatterns = [
    path("doublons/<int:pair_id>/fusionner/", views.duplicate_merge, name="duplicate_merge"),
    path("fusionner/", views.merge_start, name="merge_start"),
    path("fusions/<int:merge_id>/defaire/", views.merge_undo, name="merge_undo"),
]
