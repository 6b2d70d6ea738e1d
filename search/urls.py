from django.urls import path

from . import urls_kept
from .views import export, results, suggestions

app_name = "search"
urlpatterns = [
    path("", results.results, name="results"),
    path("suggestions/", suggestions.suggestions, name="suggestions"),
    path("export.xlsx", export.results_file, {"extension": "xlsx"}, name="export_xlsx"),
    path("export.csv", export.results_file, {"extension": "csv"}, name="export_csv"),
    *urls_kept.urlpatterns,
]
