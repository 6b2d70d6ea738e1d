"""Addresses of the availability pages, a module a part."""

from . import entry

app_name = "availability"
urlpatterns = [*entry.urlpatterns]
