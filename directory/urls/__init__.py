"""Addresses below « /repertoire/ », one module a family of pages."""

from . import nomenclatures, reading

app_name = "directory"
urlpatterns = [
    *reading.urlpatterns,
    *nomenclatures.urlpatterns,
]
