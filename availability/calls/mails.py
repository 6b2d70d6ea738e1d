"""Mail that tells the entry people of a unit that its figure was contested. It names no caller: the page does."""

from urllib.parse import urlencode, urljoin

from django.conf import settings
from django.core.mail import EmailMessage
from django.tasks import task
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User
from common.context import site_name
from common.french import NBSP

from ..models import CallOutcome
from ..wording import capacity_noun, figure_words


@task
def mail_contested(call_id: int, user_id: int, base_url: str) -> None:
    """Ask somebody who states the unit to confirm or correct its figure; nothing when his account is out of use."""
    user = User.objects.get(pk=user_id)
    if not user.is_active:
        return
    call = CallOutcome.objects.select_related("unit__geographic_entity", "unit__current_figure__pool").get(pk=call_id)
    unit = call.unit
    kind = unit.current_figure.capacity_kind
    context = {
        "site_name": site_name(),
        "support_desk": settings.SUPPORT_DESK,
        "user": user,
        "call": call,
        "figure_words": figure_words(call.figure or 0, kind),
        "one": capacity_noun(1, kind),
        "many": capacity_noun(2, kind),
        "entry_url": urljoin(base_url, reverse("availability:entry") + "?" + urlencode({"q": unit.name})),
        "history_url": urljoin(base_url, reverse("availability:history", args=[unit.pk])),
    }
    name = " ".join(unit.name.splitlines())  # a name may hold a line end, a header never
    subject = f"[{site_name()}] Chiffre contesté{NBSP}: {name}"
    body = render_to_string("availability/mails/call_contested.txt", context)
    EmailMessage(subject, body, to=[user.email]).send()
