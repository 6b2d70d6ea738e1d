"""Routes of what people keep of their searches; part of ``search.urls``."""

from django.urls import path

from ..views import alerts, saved, shortlist

urlpatterns = [
    path("enregistrees/", saved.saved_list, name="saved"),
    path("enregistrees/ajouter/", saved.save, name="save"),
    path("enregistrees/<int:search_id>/renommer/", saved.rename, name="saved_rename"),
    path("enregistrees/<int:search_id>/supprimer/", saved.delete, name="saved_delete"),
    path("enregistrees/<int:search_id>/alerte/", alerts.alert, name="alert"),
    path("enregistrees/<int:search_id>/alerte/prolonger/", alerts.renew, name="alert_renew"),
    path("enregistrees/<int:search_id>/alerte/arreter/", alerts.stop, name="alert_stop"),
    path("alertes/arreter/<str:token>/", alerts.end_from_mail, name="alert_end"),
    path("alertes/desabonner/<str:token>/", alerts.unsubscribe, name="alert_unsubscribe"),
    path("selection/", shortlist.shortlist, name="shortlist"),
    path("selection/retenir/", shortlist.keep, name="keep"),
    path("selection/retirer/", shortlist.unkeep, name="unkeep"),
    path("selection/deplacer/", shortlist.move, name="shortlist_move"),
    path("selection/vider/", shortlist.empty, name="shortlist_empty"),
    path("selection/fiche/", shortlist.orientation_sheet, name="orientation_sheet"),
    path("comparer/", shortlist.compare, name="compare"),
]
