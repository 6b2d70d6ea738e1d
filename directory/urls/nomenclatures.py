"""The coded lists and their files."""

from django.urls import path

from ..views import nomenclatures as views

urlpatterns = [
    path("nomenclatures/", views.nomenclature_list, name="nomenclature_list"),
    path("nomenclatures/<slug:slug>.xlsx", views.nomenclature_download, name="nomenclature_download"),
]
