"""The action menu of a fiche."""

from django.urls import path

from ..views import fiche_acts, fiche_move
from ..views.moved_fiches import followed

FICHE = "<int:dossier_id>/fiches/<int:fiche_id>/"
urlpatterns = [
    path(f"{FICHE}creer-des-unites/", followed(fiche_acts.units_add), name="units_add"),
    path(f"{FICHE}ajouter-une-structure/", followed(fiche_acts.structure_add), name="structure_add"),
    path(f"{FICHE}supprimer/", followed(fiche_acts.fiche_remove), name="fiche_remove"),
    path(f"{FICHE}retablir/", followed(fiche_acts.fiche_restore), name="fiche_restore"),
    path(f"{FICHE}deplacer/", followed(fiche_move.fiche_move), name="fiche_move"),
    path(f"{FICHE}dupliquer/", followed(fiche_acts.fiche_duplicate), name="fiche_duplicate"),
    path(f"{FICHE}revenir/", followed(fiche_acts.fiche_reset), name="fiche_reset"),
]
