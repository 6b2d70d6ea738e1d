"""Addresses below « /dossiers/ », one module a family of pages."""

from . import campaigns, direct, dossiers, fiche_acts, fiches, review

app_name = "collaborative"
urlpatterns = [
    *campaigns.urlpatterns,
    *direct.urlpatterns,
    *dossiers.urlpatterns,
    *fiche_acts.urlpatterns,
    *fiches.urlpatterns,
    *review.urlpatterns,
]
