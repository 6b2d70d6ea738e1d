"""Possible duplicates, orphans."""

from django.urls import path

from ..views import duplicates, orphans

urlpatterns = [
    path("doublons/", duplicates.duplicate_list, name="duplicate_list"),
    path("doublons/<int:pair_id>/ecarter/", duplicates.duplicate_set_aside, name="duplicate_set_aside"),
    path("doublons/<int:pair_id>/remettre/", duplicates.duplicate_put_back, name="duplicate_put_back"),
    path("orphelins/", orphans.orphan_list, name="orphan_list"),
    path("orphelins.xlsx", orphans.orphan_workbook, name="orphan_workbook"),
]
