"""Addresses of the availability pages, a module a part."""

from . import entry, reminders

app_name = "availability"
urlpatterns = [*entry.urlpatterns, *reminders.urlpatterns]
