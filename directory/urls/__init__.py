"""Addresses below « /repertoire/ », one module a family of pages."""

from . import (
    closures,
    delegation,
    duplicates,
    editing,
    files,
    history,
    import_templates,
    imports,
    merges,
    nomenclatures,
    quality,
    reading,
    reports,
    territory,
)

app_name = "directory"
urlpatterns = [
    *closures.urlpatterns,
    *editing.urlpatterns,
    *files.urlpatterns,
    *history.urlpatterns,
    *quality.urlpatterns,
    *reading.urlpatterns,
    *territory.urlpatterns,
    *nomenclatures.urlpatterns,
    *reports.on_records,
    *imports.urlpatterns,
    *import_templates.urlpatterns,
    *delegation.urlpatterns,
    *duplicates.urlpatterns,
    *merges.urlpatterns,
]
