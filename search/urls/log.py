"""Routes of the search log; part of ``search.urls``."""

from django.urls import path

from ..views import log

urlpatterns = [
    path("ouverture/", log.opening, name="log_opening"),
    path("journal/", log.log, name="log"),
    path("journal/export.xlsx", log.log_export, name="log_export"),
    path("journal/<slug:key>/synonyme/", log.log_synonym, name="log_synonym"),
    path("journal/<slug:key>/ignorer/", log.log_leave, name="log_leave"),
    path("journal/<slug:key>/reprendre/", log.log_again, name="log_again"),
]
