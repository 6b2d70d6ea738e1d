"""Addresses below « /repertoire/ », one module a family of pages."""

from . import reading

app_name = "directory"
urlpatterns = [
    *reading.urlpatterns,
]
