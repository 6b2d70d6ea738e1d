"""Reading: the tree, the records, the outlines of maps."""

from django.urls import path

from .. import views

urlpatterns = [
    path("", views.tree, name="tree"),
    path("departements/<str:code>/", views.tree_department, name="tree_department"),
    path("etablissements/<int:entity_id>/", views.tree_entity, name="tree_entity"),
    path("structures/<int:structure_id>/", views.tree_structure, name="tree_structure"),
    path("ej/<int:entity_id>/", views.legal_entity_detail, name="legal_entity_detail"),
    path("eg/<int:entity_id>/", views.geographic_entity_detail, name="geographic_entity_detail"),
    path("uo/<int:unit_id>/", views.unit_detail, name="unit_detail"),
    path("uo/<int:unit_id>/territoire.geojson", views.unit_territory, name="unit_territory"),
    path("professionnels/<int:practitioner_id>/", views.practitioner_detail, name="practitioner_detail"),
    path("contours/departements.geojson", views.department_outlines, name="department_outlines"),
    path("contours/communes.geojson", views.commune_outlines, name="commune_outlines"),
]
