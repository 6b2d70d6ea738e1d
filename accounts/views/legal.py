"""Texts everybody may read, and the acceptance of the terms of use."""

import time

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from common.client_address import client_address

from .. import services, terms
from ..legal_text import parse_blocks
from ..middleware import TERMS_CHECKED_AT
from ..models import LegalText
from .sign_in import next_address


def _show(request, kind):
    text = terms.current_text(kind)
    if text is None:
        raise Http404
    return render(request, "accounts/legal_text_detail.html", {"text": text, "blocks": parse_blocks(text.body)})


@login_not_required
@require_safe
def terms_of_use(request):
    """`/conditions-generales/`."""
    return _show(request, LegalText.Kind.TERMS)


@login_not_required
@require_safe
def legal_notice(request):
    """`/mentions-legales/`."""
    return _show(request, LegalText.Kind.NOTICE)


@login_not_required
@require_safe
def accessibility(request):
    """`/accessibilite/`."""
    return _show(request, LegalText.Kind.ACCESSIBILITY)


@require_http_methods(["GET", "HEAD", "POST"])
def accept_terms(request):
    """Read and accept a new version of the terms; the posted version is the one accepted, never a later one."""
    text = terms.terms_to_accept(request.user)
    if text is not None and request.method == "POST" and request.POST.get("version") == str(text.version):
        services.accept_terms(text=text, by=request.user, request_ip=client_address(request))
        request.session[TERMS_CHECKED_AT] = int(time.time())
        text = None
    if text is None:
        return HttpResponseRedirect(next_address(request, reverse("home")))
    context = {"text": text, "blocks": parse_blocks(text.body), "next": next_address(request, "")}
    return render(request, "accounts/legal_text_accept.html", context)
