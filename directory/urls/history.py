"""History of a record: « /repertoire/eg/12/historique/ »."""

from django.urls import path

from ..views import history

urlpatterns = [
    path("<str:kind>/<int:record_id>/historique/", history.record_history, name="record_history"),
    path("<str:kind>/<int:record_id>/historique/<int:change_id>/", history.record_change, name="record_change"),
    path(
        "<str:kind>/<int:record_id>/historique/<int:change_id>/retablir-avant/",
        history.record_restore,
        {"moment": "avant"},
        name="record_restore_before",
    ),
    path(
        "<str:kind>/<int:record_id>/historique/<int:change_id>/retablir-apres/",
        history.record_restore,
        {"moment": "apres"},
        name="record_restore_after",
    ),
]
