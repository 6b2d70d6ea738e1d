"""Photo and attachments of a record."""

from django.urls import path

from ..views import files as views

_RECORD = "<slug:kind>/<int:record_id>/"

urlpatterns = [
    path(f"{_RECORD}photo/", views.photo, name="photo"),
    path(f"{_RECORD}photo/<str:name>", views.photo_file, name="photo_file"),
    path(f"{_RECORD}pieces-jointes/", views.attachments, name="attachments"),
    path(f"{_RECORD}pieces-jointes/<int:attachment_id>/", views.attachment_download, name="attachment_download"),
    path(f"{_RECORD}pieces-jointes/<int:attachment_id>/supprimer/", views.attachment_remove, name="attachment_remove"),
]
