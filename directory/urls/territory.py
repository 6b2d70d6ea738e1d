"""What the forms of territory and address ask for while they are filled."""

from django.urls import path

from ..views import territory as views

urlpatterns = [
    path("contours/territoire.geojson", views.territory_preview, name="territory_preview"),
    path("communes/", views.commune_suggestions, name="commune_suggestions"),
]
