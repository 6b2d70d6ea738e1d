"""Addresses of the whole site. Each app owns those below its prefix."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from ror import health

urlpatterns = [
    path("", include("accounts.urls")),
    path("repertoire/", include("directory.urls")),
    path("signalements/", include("directory.urls.reports")),
    path("disponibilites/", include("availability.urls")),
    path("dossiers/", include("collaborative.urls")),
    path("recherche/", include("search.urls")),
    path("sante/", health.liveness, name="liveness"),
    path("sante/pret/", health.readiness, name="readiness"),
    path("admin/", admin.site.urls),
]
if settings.DEMO:
    urlpatterns.append(path("demo/", include("ror.demo.urls")))

handler400 = "common.errors.bad_request"
handler403 = "common.errors.permission_denied"
handler404 = "common.errors.page_not_found"
handler500 = "common.errors.server_error"
