"""The list of dossiers, opening one, its page and its thread."""

from django.urls import path

from ..views import dossiers, opening, sending

urlpatterns = [
    path("", dossiers.dossiers, name="dossiers"),
    path("ouvrir/", opening.dossier_open, name="dossier_open"),
    path("nouvel-etablissement/", opening.entity_propose, name="entity_propose"),
    path("<int:dossier_id>/", dossiers.dossier_detail, name="dossier_detail"),
    path("<int:dossier_id>/commentaires/", dossiers.dossier_comment, name="dossier_comment"),
    path("<int:dossier_id>/historique/", dossiers.dossier_history, name="dossier_history"),
    path("<int:dossier_id>/nouvelles-unites/", dossiers.units_catch_up, name="units_catch_up"),
    path("<int:dossier_id>/envoyer/", sending.dossier_send, name="dossier_send"),
    path("<int:dossier_id>/retirer/", sending.dossier_withdraw, name="dossier_withdraw"),
    path("<int:dossier_id>/abandonner/", sending.dossier_abandon, name="dossier_abandon"),
]
