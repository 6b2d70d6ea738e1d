"""Completeness of the records."""

from django.urls import path

from ..views import quality

urlpatterns = [
    path("qualite/", quality.quality_records, name="quality_list"),
    path("qualite.xlsx", quality.quality_workbook, name="quality_workbook"),
]
