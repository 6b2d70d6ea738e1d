"""Addresses below « /dossiers/ », one module a family of pages."""

app_name = "collaborative"
urlpatterns: list = []
