"""Signing in and out, and passwords lost."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.client_address import client_address
from common.errors import too_many_requests

from .. import services
from ..demo_accounts import DEMO_ACCOUNTS, DEMO_PASSWORD
from ..forms import NewPasswordForm, PasswordResetForm, SignInForm
from ..landing import landing_address


def next_address(request, default: str) -> str:
    """Address asked for in ``next`` when it is a path of this site, else ``default``.

    The home page counts as nothing asked: whoever typed the site's name arrives where his role starts (spec 00).
    """
    asked = request.POST.get("next") or request.GET.get("next") or ""
    allowed = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if allowed and asked.startswith("/") and asked != reverse("home") else default


@login_not_required
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request):
    """`/connexion/`: fields ``username`` and ``password`` (spec 50)."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(next_address(request, landing_address(request)))
    form = SignInForm(request, data=request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        login(request, form.get_user())
        return HttpResponseRedirect(next_address(request, landing_address(request)))
    context = {
        "form": form,
        "error_title": "Connexion refusée" if form.non_field_errors() else "",
        "next": next_address(request, ""),
        "short_site_name": settings.SITE_SHORT_NAME,
        "region_name": settings.REGION_NAME,
        "alternative_url": settings.LOGIN_ALTERNATIVE_URL,
        "documents_url": settings.DOCUMENTS_URL,
        "demo_accounts": DEMO_ACCOUNTS if settings.DEMO else (),
        "demo_password": DEMO_PASSWORD if settings.DEMO else "",
    }
    return render(request, "accounts/sign_in.html", context)


@login_not_required
@require_POST
@never_cache
def sign_out(request):
    """`/deconnexion/`: end this session. One that has ended already is no error."""
    logout(request)
    messages.success(request, "Vous êtes déconnecté.")
    return redirect("login")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request):
    """Ask for the mail that lets choose a new password; the answer is the same whether the account exists or not."""
    form = PasswordResetForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.ask_password_reset(
                email=form.cleaned_data["email"],
                base_url=request.build_absolute_uri("/"),
                request_ip=client_address(request),
            )
        except services.TooManyResets:
            return too_many_requests(request)
        return redirect("password_reset_sent")
    return render(request, "accounts/password_reset.html", {"form": form})


@login_not_required
@require_safe
def password_reset_sent(request):
    """Say what comes next."""
    return render(request, "accounts/password_reset_sent.html", {"hours": settings.PASSWORD_RESET_TIMEOUT // 3600})


@method_decorator(login_not_required, name="dispatch")
@method_decorator(require_http_methods(["GET", "HEAD", "POST"]), name="dispatch")
class PasswordResetConfirm(PasswordResetConfirmView):
    """Choose a password from the link of a mail. Django's view: it takes the link's token out of the address."""

    form_class = NewPasswordForm
    template_name = "accounts/password_reset_confirm.html"
    success_url = reverse_lazy("login")

    def form_valid(self, form):
        """Store the password, then send to the sign-in page."""
        services.change_password(
            user=form.user,
            password=form.cleaned_data["new_password1"],
            request_ip=client_address(self.request),
            details="link",
        )
        self.request.session.pop("_password_reset_token", None)
        messages.success(self.request, "Votre mot de passe est enregistré. Connectez-vous.")
        return redirect(self.get_success_url())
