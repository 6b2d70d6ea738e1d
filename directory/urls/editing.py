"""Editing by block."""

from django.urls import path

from ..views import editing as views

urlpatterns = [
    path("<slug:kind>/<int:record_id>/modifier/<slug:block>/", views.block_edit, name="block_edit"),
]
