"""The list of dossiers, opening one, its page and its thread."""

from django.urls import path

from ..views import dossiers

urlpatterns = [
    path("", dossiers.dossiers, name="dossiers"),
    path("<int:dossier_id>/", dossiers.dossier_detail, name="dossier_detail"),
]
