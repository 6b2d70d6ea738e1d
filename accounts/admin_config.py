"""Django's admin under our own site: named in INSTALLED_APPS instead of ``django.contrib.admin``."""

from django.contrib.admin.apps import AdminConfig


class BackOfficeConfig(AdminConfig):
    """The default site of the admin is the support's back office."""

    default_site = "accounts.back_office.BackOfficeSite"
