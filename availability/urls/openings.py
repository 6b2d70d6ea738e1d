from django.urls import path

from ..views import openings

urlpatterns = [
    path("ouvertures/", openings.opening_list, name="opening_list"),
    path("ouvertures/modifier/", openings.opening_change, name="opening_change"),
    path("mode-crise/", openings.crisis_mode, name="crisis_mode"),
]
