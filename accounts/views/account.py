"""Home page and « Mon compte »."""

from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.client_address import client_address
from common.pages import posted_from

from .. import account_sections, services, terms
from .. import home as home_cards
from ..export import export_account
from ..forms import ChangePasswordForm


@require_safe
def home(request):
    """`/`: what waits for me, quick search, key figures; each card belongs to the app that registered it."""
    regions: dict[str, list] = {"band": [], "main": [], "side": [], "figures": []}
    for piece in home_cards.registry.pieces(request):
        regions[piece.fragment.region].append(piece)
    return render(request, "accounts/home.html", {"cards": regions, "has_role": bool(request.scope.grants)})


@require_safe
def account(request):
    """`/compte/`: identity, rights, password, terms accepted, sessions, personal data."""
    context = {
        "sections": account_sections.registry.pieces(request),
        "acceptance": terms.newest_acceptance(request.user),
    }
    return render(request, "accounts/account_detail.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password_change(request):
    """Choose a new password; this session goes on, the others end."""
    form = ChangePasswordForm(request.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        services.change_password(
            user=request.user,
            password=form.cleaned_data["new_password1"],
            request_ip=client_address(request),
        )
        update_session_auth_hash(request, request.user)
        messages.success(request, "Votre mot de passe est changé. Vos autres sessions sont fermées.")
        return redirect("account")
    return render(request, "accounts/password_change.html", {"form": form})


@require_POST
def sign_out_everywhere(request):
    """End every session of this person."""
    services.sign_out_everywhere(by=request.user, request_ip=client_address(request))
    logout(request)
    messages.success(request, "Toutes vos sessions sont fermées, sur tous vos appareils.")
    return redirect("login")


@posted_from(lambda: reverse("account"))
def account_export(request):
    """« Exporter mes données »: what the ROR holds about this person, as a JSON file."""
    services.log_action(
        action=services.Action.EXPORTED,
        actor=request.user,
        target=request.user.username,
        request_ip=client_address(request),
        details={"what": "account"},
    )
    name = f"ror-mes-donnees-{timezone.localdate():%Y-%m-%d}.json"
    return JsonResponse(
        export_account(request.user),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
