"""Excel templates of imports."""

from django.urls import path

from ..views import import_templates as views

urlpatterns = [
    path("imports/modeles/unites.xlsx", views.import_units_template, name="import_units_template"),
    path("imports/modeles/comptes.xlsx", views.import_accounts_template, name="import_accounts_template"),
]
