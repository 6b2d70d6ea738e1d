from django.urls import path

from ..views import guichet

urlpatterns = [
    path("guichet/", guichet.guichet, name="guichet"),
    path("guichet/export.xlsx", guichet.guichet_export, name="guichet_export"),
]
