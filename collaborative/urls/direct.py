"""Addresses of later updates: a sensitive field to propose, what directors published at once."""

from django.urls import path

from ..views import direct_changes, proposing

urlpatterns = [
    path("modifications/", direct_changes.direct_changes, name="direct_changes"),
    path("modifications/relues/", direct_changes.changes_read, name="changes_read"),
    path("modifications/<int:change_id>/retablir/", direct_changes.change_restore, name="change_restore"),
    path("modifications/<int:change_id>/preciser/", direct_changes.change_ask, name="change_ask"),
    path("proposer/<str:kind>/<int:record_id>/<str:block>/", proposing.sensitive_propose, name="sensitive_propose"),
]
