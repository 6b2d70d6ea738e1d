"""Addresses below « /dossiers/ », one module a family of pages."""

from . import dossiers

app_name = "collaborative"
urlpatterns = [
    *dossiers.urlpatterns,
]
