from django.urls import path

from ..views import confirmation, reminders

urlpatterns = [
    path("confirmer/<str:token>/", confirmation.confirm, name="confirm"),
    path("appels-a-passer/", reminders.call_list, name="call_list"),
    path("appels-a-passer/excel/", reminders.call_list_workbook, name="call_list_workbook"),
    path("rappels/", reminders.preferences, name="reminder_preferences"),
]
