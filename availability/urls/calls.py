from django.urls import path

from ..views import calls

urlpatterns = [path("unites/<int:unit_id>/appel/", calls.call, name="call")]
