"""Places attendues."""

from django.urls import path

from ..views import expected

urlpatterns = [
    path("unites/<int:unit_id>/place-attendue/", expected.expected_add, name="expected_add"),
    path("places-attendues/", expected.expected_list, name="expected_list"),
    path("places-attendues/<int:expected_id>/", expected.expected_detail, name="expected_detail"),
]
