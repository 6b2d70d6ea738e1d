"""Addresses below « /repertoire/ », one module a family of pages."""

from . import nomenclatures, quality, reading

app_name = "directory"
urlpatterns = [
    *quality.urlpatterns,
    *reading.urlpatterns,
    *nomenclatures.urlpatterns,
]
