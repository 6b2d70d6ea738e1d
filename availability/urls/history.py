from django.urls import path

from ..views import history

urlpatterns = [
    path("unites/<int:unit_id>/historique/", history.history, name="history"),
    path("unites/<int:unit_id>/historique.xlsx", history.history_xlsx, name="history_xlsx"),
]
