"""Liveness and readiness for a proxy or an orchestrator: no account, no session."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@login_not_required
@never_cache
@require_safe
def liveness(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as the process serves requests; says nothing of the database."""
    return JsonResponse({"etat": "ok"})


@login_not_required
@never_cache
@require_safe
def readiness(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers, else 503: the process should get no traffic."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"etat": "base de données injoignable"}, status=503)
    return JsonResponse({"etat": "ok"})
