"""Routes of the continuity kit; part of ``search.urls``."""

from django.urls import path

from ..views import continuity

urlpatterns = [
    path("continuite/", continuity.kits, name="continuity"),
    path("continuite/<slug:code>.pdf", continuity.kit_file, {"extension": "pdf"}, name="continuity_pdf"),
    path("continuite/<slug:code>.html", continuity.kit_file, {"extension": "html"}, name="continuity_html"),
    path("continuite/<slug:code>/", continuity.kit, name="continuity_kit"),
]
