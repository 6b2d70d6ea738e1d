from django.urls import path

from ..views import synthesis, synthesis_behind

urlpatterns = [
    path("consultation/", synthesis.synthesis, name="synthesis"),
    path("consultation/export.xlsx", synthesis.synthesis_export, name="synthesis_export"),
    path("consultation/etablissements/", synthesis_behind.entities, name="synthesis_entities"),
    path("consultation/etablissements/<int:entity_id>/", synthesis_behind.entity, name="synthesis_entity"),
    path("consultation/<slug:grouping>/<slug:column>/", synthesis_behind.cell, name="synthesis_cell"),
]
