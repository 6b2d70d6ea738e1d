"""Indisponibilités totales."""

from django.urls import path

from ..views import closures

urlpatterns = [
    path("indisponibilites/", closures.closure_list, name="closures"),
    path("indisponibilites/declarer/", closures.closure_add, name="closure_add"),
    path("indisponibilites/<int:closure_id>/", closures.closure_edit, name="closure_edit"),
    path("indisponibilites/<int:closure_id>/fin/", closures.closure_stop, name="closure_stop"),
]
