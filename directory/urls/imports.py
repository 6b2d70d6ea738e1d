"""Support's imports."""

from django.urls import path

from ..views import imports as views

urlpatterns = [
    path("imports/", views.import_list, name="import_list"),
    path("imports/nouveau/<slug:kind>/", views.import_create, name="import_create"),
    path("imports/<int:run_id>/", views.import_detail, name="import_detail"),
    path("imports/<int:run_id>/rapport.csv", views.import_report, name="import_report"),
    path("imports/<int:run_id>/confirmer/", views.import_confirm, name="import_confirm"),
    path("imports/<int:run_id>/arreter/", views.import_stop, name="import_stop"),
    path("imports/<int:run_id>/reprendre/", views.import_resume, name="import_resume"),
]
