from django.urls import path

from ..views import entry

urlpatterns = [
    path("mise-a-jour/", entry.entry, name="entry"),
    path("mise-a-jour/confirmer/", entry.confirm_figures, name="confirm_figures"),
]
