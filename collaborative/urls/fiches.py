"""The page of a fiche, what is typed in it, its files, its preview."""

from django.urls import path

from ..views import fiche_drafts, fiche_files, fiche_preview, fiches
from ..views.moved_fiches import followed

FICHE = "<int:dossier_id>/fiches/<int:fiche_id>/"
urlpatterns = [
    path(FICHE, followed(fiches.fiche_detail), name="fiche_detail"),
    path(f"{FICHE}brouillon/", followed(fiche_drafts.fiche_draft), name="fiche_draft"),
    path(f"{FICHE}fichiers/", followed(fiche_files.fiche_files), name="fiche_files"),
    path(f"{FICHE}fichiers/retirer/", followed(fiche_files.fiche_file_remove), name="fiche_file_remove"),
    path(f"{FICHE}fichiers/<int:file_id>/", followed(fiche_files.fiche_file), name="fiche_file"),
    path(f"{FICHE}apercu/", followed(fiche_preview.fiche_preview), name="fiche_preview"),
]
