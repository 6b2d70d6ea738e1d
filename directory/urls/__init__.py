"""Addresses below « /repertoire/ », one module a family of pages."""

from . import delegation, editing, history, nomenclatures, quality, reading, reports

app_name = "directory"
urlpatterns = [
    *editing.urlpatterns,
    *history.urlpatterns,
    *quality.urlpatterns,
    *reading.urlpatterns,
    *nomenclatures.urlpatterns,
    *reports.on_records,
    *delegation.urlpatterns,
]
