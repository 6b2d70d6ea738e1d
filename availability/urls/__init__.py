"""Addresses of the availability pages, a module a part."""

from . import calls, closures, entry, expected, guichet, history, openings, places_map, pools, reminders, synthesis

app_name = "availability"
urlpatterns = [
    *closures.urlpatterns,
    *expected.urlpatterns,
    *pools.urlpatterns,
    *calls.urlpatterns,
    *history.urlpatterns,
    *guichet.urlpatterns,
    *places_map.urlpatterns,
    *entry.urlpatterns,
    *openings.urlpatterns,
    *reminders.urlpatterns,
    *synthesis.urlpatterns,
]
