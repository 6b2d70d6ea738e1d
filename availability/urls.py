from django.urls import path

from . import views

app_name = "availability"
urlpatterns = [path("mise-a-jour/", views.entry, name="entry")]
