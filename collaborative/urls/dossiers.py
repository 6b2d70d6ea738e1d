"""The list of dossiers, opening one, its page and its thread."""

from django.urls import path

from ..views import dossiers, sending

urlpatterns = [
    path("", dossiers.dossiers, name="dossiers"),
    path("<int:dossier_id>/", dossiers.dossier_detail, name="dossier_detail"),
    path("<int:dossier_id>/envoyer/", sending.dossier_send, name="dossier_send"),
    path("<int:dossier_id>/retirer/", sending.dossier_withdraw, name="dossier_withdraw"),
    path("<int:dossier_id>/abandonner/", sending.dossier_abandon, name="dossier_abandon"),
]
