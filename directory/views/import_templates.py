"""Excel templates to fill in for an import."""

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest
from django.views.decorators.http import require_safe

from ..imports import runs
from ..imports.account_columns import TEMPLATE
from ..imports.template import template_response
from ..imports.unit_columns import unit_template
from ..imports.unit_rows import Lists
from ..models import ImportRun
from .imports import FOR_SUPPORT


def require_kind(request: HttpRequest, kind: str) -> None:
    """Raise ``PermissionDenied`` for whoever may not import this kind of file."""
    if not (runs.may_see(request.scope) and runs.may_run(request.scope, kind)):
        raise PermissionDenied(FOR_SUPPORT)


@require_safe
def import_units_template(request: HttpRequest) -> FileResponse:
    """Template « établissements et unités », with the terms that may be chosen today."""
    require_kind(request, ImportRun.Kind.UNITS)
    return template_response("ROR-modele-etablissements-et-unites.xlsx", unit_template(Lists()))


@require_safe
def import_accounts_template(request: HttpRequest) -> FileResponse:
    """Template « comptes »."""
    require_kind(request, ImportRun.Kind.ACCOUNTS)
    return template_response("ROR-modele-comptes.xlsx", TEMPLATE)
