"""Addresses below /demo/, included only when settings.DEMO is set."""

from django.urls import path

from ror.demo import views

urlpatterns = [
    path("courriels/", views.sent_mail_list, name="sent_mail_list"),
    path("courriels/<int:pk>/", views.sent_mail_detail, name="sent_mail_detail"),
]
