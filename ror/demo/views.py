"""Reading the demonstration's mails, without an account: a password lost is found again here."""

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from ror.demo.models import SentMail

PAGE_SIZE = 15


@login_not_required
@require_safe
def sent_mail_list(request: HttpRequest) -> HttpResponse:
    """List the mails, newest first."""
    page = Paginator(SentMail.objects.all(), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "demo/sent_mail_list.html", {"page": page})


@login_not_required
@require_safe
def sent_mail_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one mail."""
    mail = get_object_or_404(SentMail, pk=pk)
    return render(request, "demo/sent_mail_detail.html", {"mail": mail})
