"""Addresses of the search: what finds and shows, here; kept things, the search log, the continuity kit apart."""

from django.urls import path

from ..views import export, results, results_map, suggestions
from . import continuity, kept, log

app_name = "search"
urlpatterns = [
    path("", results.results, name="results"),
    path("suggestions/", suggestions.suggestions, name="suggestions"),
    path("carte.geojson", results_map.map_data, name="map_data"),
    path("carte/<path:key>/", results_map.map_spot, name="map_spot"),
    path("export.xlsx", export.results_file, {"extension": "xlsx"}, name="export_xlsx"),
    path("export.csv", export.results_file, {"extension": "csv"}, name="export_csv"),
    *continuity.urlpatterns,
    *kept.urlpatterns,
    *log.urlpatterns,
]
