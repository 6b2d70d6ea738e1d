"""Failed sign-ins, counted by django-axes (spec 50: limited per account and per address, no lock-out by a stranger).

The pair (identifier, address) is closed after AXES_FAILURE_LIMIT failures; an address as a whole, which a hospital may
share, after SIGN_IN_ADDRESS_LIMIT. Somebody at another address can therefore close nobody's account.
"""

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum

from .demo_accounts import DEMO_PASSWORD
from .models.user import normalise_username


def typed_username(request, credentials=None) -> str:
    """Identifier as it is counted: as sign-in reads it."""
    typed = (credentials or {}).get("username") or request.POST.get("username", "")
    return normalise_username(typed)[:255]


class SignInThrottle(AxesDatabaseHandler):
    """The pair's own failures, or the limit itself once the address has failed too often."""

    def get_failures(self, request, credentials=None) -> int:
        """Failures since the cool-off began (``AXES_COOLOFF_TIME``)."""
        if settings.DEMO and request.POST.get("password") == DEMO_PASSWORD:
            return 0  # the password is on the page: its buttons always open
        failures = super().get_failures(request, credentials)
        if failures >= settings.AXES_FAILURE_LIMIT or not request.axes_ip_address:
            return failures
        recent = AccessAttempt.objects.filter(
            ip_address=request.axes_ip_address, attempt_time__gte=get_cool_off_threshold(request)
        )
        total = recent.aggregate(total=Sum("failures_since_start"))["total"] or 0
        return settings.AXES_FAILURE_LIMIT if total >= settings.SIGN_IN_ADDRESS_LIMIT else failures
