"""Addresses below « /dossiers/ », one module a family of pages."""

from . import dossiers, fiche_acts, fiches, review

app_name = "collaborative"
urlpatterns = [
    *dossiers.urlpatterns,
    *fiche_acts.urlpatterns,
    *fiches.urlpatterns,
    *review.urlpatterns,
]
