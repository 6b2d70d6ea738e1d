"""Error pages: status, French text, support desk, and a 500 that needs nothing."""

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404

from common import errors

SUPPORT_PHONE = "01\u00a083\u00a076\u00a030\u00a031"


@pytest.mark.parametrize(
    ("answer", "status", "text"),
    [
        (lambda r: errors.bad_request(r, ValueError()), 400, "La demande n’a pas été comprise"),
        (lambda r: errors.bad_request(r, RequestDataTooBig()), 413, "trop volumineux"),
        (lambda r: errors.permission_denied(r, PermissionDenied("Réservé au support.")), 403, "Réservé au support."),
        (errors.session_ended, 401, "Votre connexion a expiré"),
        (lambda r: errors.csrf_failure(r, "CSRF token missing."), 403, "restée ouverte trop longtemps"),
        (lambda r: errors.page_not_found(r, Http404("Unit 12 does not exist")), 404, "Page introuvable"),
        (errors.method_not_allowed, 405, "Cette adresse ne s’ouvre pas ainsi"),
        (lambda r: errors.conflict(r, "Modifiée par S. Diallo."), 409, "Modifiée par S. Diallo."),
        (errors.payload_too_large, 413, "trop volumineux"),
        (errors.too_many_requests, 429, "Trop d’essais"),
    ],
)
def test_each_error_says_what_happened_and_whom_to_call(rf, answer, status, text):
    response = answer(rf.get("/quelque-part/"))
    html = response.content.decode()
    assert response.status_code == status
    assert f"Erreur {status}" in html
    assert text in html
    assert "Que faire\u202f?" in html
    assert SUPPORT_PHONE in html
    assert "does not exist" not in html
    assert "CSRF" not in html.replace("X-CSRFToken", "")


def test_server_error_needs_no_request():
    response = errors.server_error(None)
    assert response.status_code == 500
    assert SUPPORT_PHONE in response.content.decode()
