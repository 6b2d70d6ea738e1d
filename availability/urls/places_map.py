from django.urls import path

from ..views import map as views

urlpatterns = [
    path("carte/", views.availability_map, name="map"),
    path("carte.geojson", views.map_data, name="map_data"),
    path("carte/lieu/<int:unit_id>/", views.map_spot, name="map_spot"),
]
