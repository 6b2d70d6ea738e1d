"""The back office `/admin/`: for support alone, by our own table of permissions (spec 01, Rights).

Django's groups, ``is_staff`` and ``is_superuser`` open nothing here. Pages of every app build on ``BackOfficeAdmin``.
"""

import functools

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth import logout as sign_out
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db import DataError, transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.views.decorators.http import require_safe

from common.client_address import client_address

from .roles import Permission

UNREADABLE = (ValueError, OverflowError, ValidationError, DataError)
SUPPORT_ONLY = "Le back-office est réservé au support du ROR."


def _serve_filtered(serve):
    """Serve a page whose address holds filters: those that neither Python nor PostgreSQL can read answer 400.

    The page is rendered here, since lists are read while they are drawn, and inside a savepoint, since the error page
    reads the database too.
    """
    try:
        with transaction.atomic():
            response = serve()
            return response.render() if isinstance(response, TemplateResponse) else response
    except UNREADABLE as error:
        raise BadRequest("filters") from error


class BackOfficeSite(admin.AdminSite):
    """Answers 403 to whoever does not manage accounts; signing in and passwords are those of the site."""

    site_title = "ROR"
    site_header = "Back-office du ROR"
    index_title = "Réparer et administrer"
    enable_nav_sidebar = True

    def has_permission(self, request):
        """Tell whether the person may open the back office."""
        return request.user.is_active and request.scope.may(Permission.ACCOUNT_MANAGE)

    def admin_view(self, view, cacheable=False):  # noqa: FBT002 - Django's signature
        """Refuse signed-in people without the right, instead of offering them to sign in again."""
        guarded = super().admin_view(view, cacheable)

        @functools.wraps(guarded)
        def refuse_or_serve(request, *args, **kwargs):
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied(SUPPORT_ONLY)
            if not request.GET:
                return guarded(request, *args, **kwargs)
            return _serve_filtered(functools.partial(guarded, request, *args, **kwargs))

        return refuse_or_serve

    @method_decorator(login_not_required)
    def login(self, request, extra_context=None):
        """There is one sign-in page; it follows ``next`` only inside the site."""
        if not request.user.is_authenticated:
            return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
        if not self.has_permission(request):
            raise PermissionDenied(SUPPORT_ONLY)
        return redirect("admin:index")

    def logout(self, request, extra_context=None):
        """Sign out as everywhere else."""
        if request.method == "POST":
            sign_out(request)
        return redirect("login")

    def password_change(self, request, extra_context=None):
        """The password is changed on the account page."""
        return redirect("password_change")

    def password_change_done(self, request, extra_context=None):
        """The account page says it."""
        return redirect("account")


class BackOfficeAdmin(admin.ModelAdmin):
    """Pages of one model, open to holders of ``permission``; ``can_*`` close an action to everybody.

    Rows are never deleted from here unless a page says so: records are closed, accounts deactivated, roles ended.
    ``search_title`` names the search of the list where « Rechercher dans les … » would not read well.
    """

    permission = Permission.ACCOUNT_MANAGE
    can_add = True
    can_change = True
    can_delete = False
    search_title = ""

    def _is_open(self, request) -> bool:
        return request.user.is_active and request.scope.may(self.permission)

    def has_module_permission(self, request):
        return self._is_open(request)

    def has_view_permission(self, request, obj=None):
        return self._is_open(request)

    def has_add_permission(self, request):
        return self.can_add and self._is_open(request)

    def has_change_permission(self, request, obj=None):
        return self.can_change and self._is_open(request)

    def has_delete_permission(self, request, obj=None):
        return self.can_delete and self._is_open(request)

    def changelist_view(self, request, extra_context=None):
        """A list is titled by what it holds."""
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def response_action(self, request, queryset, action_location=admin.ActionLocation.CHANGE_LIST):
        """Run an action on the rows that were ticked; those that no key can name (a forged form) answer 400."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        try:
            with transaction.atomic():
                queryset.filter(pk__in=chosen).exists()
        except UNREADABLE as error:
            raise BadRequest("rows") from error
        return super().response_action(request, queryset, action_location)

    @method_decorator(require_safe)
    def history_view(self, request, object_id, extra_context=None):
        """The history of a row is read only: GET and HEAD."""
        return super().history_view(request, object_id, extra_context)

    def request_ip(self, request) -> str | None:
        """Address to write in the audit log."""
        return client_address(request)
