"""Where a Responsable de disponibilités arrives after signing in (spec 00, Navigation)."""

from django.http import HttpRequest
from django.urls import reverse

from accounts.roles import Role


def entry_page(request: HttpRequest) -> str | None:
    """Return the entry page for whoever has that role and no other."""
    return reverse("availability:entry") if request.scope.roles == {Role.AVAILABILITY_MANAGER} else None
