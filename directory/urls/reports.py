"""« Signaler une erreur », below the records; « /signalements/ », with a namespace of its own."""

from django.urls import path

from ..views import reports as views

app_name = "reports"
urlpatterns = [
    path("", views.report_list, name="report_list"),
    path("<int:report_id>/", views.report_detail, name="report_detail"),
]
# Among the addresses of the directory (« /repertoire/ »).
on_records = [
    path("eg/<int:record_id>/signaler/", views.report_error, {"kind": "eg"}, name="report_error"),
    path("uo/<int:record_id>/signaler/", views.report_error, {"kind": "uo"}, name="report_error"),
]
