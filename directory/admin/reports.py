"""Back office: the one row of settings of error reports."""

from django.contrib import admin

from accounts.back_office import BackOfficeAdmin

from ..models import ReportSettings


@admin.register(ReportSettings)
class ReportSettingsAdmin(BackOfficeAdmin):
    """The row comes with the reference data; it is changed, never added nor deleted."""

    can_add = False
    list_display = ("__str__", "support_delay_hours")
    fields = ("support_delay_hours",)
