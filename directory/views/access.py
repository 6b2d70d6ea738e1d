"""The guard that pages of the directory share."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from accounts.roles import Permission

from ..duplicates.replaced import refer_on
from ..history import KINDS
from ..models import GeographicEntity, LegalEntity, OperationalUnit
from ..permissions import covers
from ..records import without_outlines

NO_ROLE = "Votre compte n’a pas de rôle en cours : demandez-en un au support du ROR."


def readers_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer 403 to a person without any role that reads the directory."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.scope.may(Permission.DIRECTORY_READ):
            raise PermissionDenied(NO_ROLE)
        return view(request, *args, **kwargs)

    return guarded


def at_own_address(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Page of a record that htmx may put where the form of a block stood: the browser then shows the page's address."""

    @wraps(view)
    def addressed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if request.htmx and urlsplit(request.htmx.current_url or "").path != request.path:
            response.headers["HX-Replace-Url"] = request.get_full_path()
        return response

    return addressed


# What a page reads with a record: its place and what stands above it.
_ABOVE: dict[type, tuple[str, ...]] = {
    LegalEntity: ("commune__department",),
    GeographicEntity: ("commune__department", "legal_entity"),
    OperationalUnit: ("geographic_entity__commune__department", "geographic_entity__legal_entity"),
}
_MODELS = {str(KINDS[model]): model for model in _ABOVE}


def find_record(request: HttpRequest, kind: str, record_id: int, *, follow: bool = True) -> Any:
    """EJ, EG or UO (``kind``: « ej », « eg », « uo ») that this person may open, with what stands above it: one query.

    Raises ``Http404`` for another kind, an unknown record or a hidden one, ``Replaced`` for one that was merged unless
    the page shows it all the same (``follow=False``).
    """
    model = _MODELS.get(kind)
    if model is None or record_id > 2**63 - 1:
        raise Http404
    records = model.objects.visible_to(request.scope).select_related(*_ABOVE[model])
    communes = [path.removesuffix("department") for path in _ABOVE[model] if path.endswith("department")]
    record = get_object_or_404(
        records.defer(*(name for path in communes for name in without_outlines(path))), pk=record_id
    )
    if follow:
        refer_on(request, record)
    return record


def find_own_record(request: HttpRequest, kind: str, record_id: int) -> Any:
    """Record that this person may edit: what ``find_record`` gives, inside the coverage of ``directory:edit``.

    Raises ``PermissionDenied`` when it is another's.
    """
    record = find_record(request, kind, record_id)
    if not covers(request.scope.coverage(Permission.DIRECTORY_EDIT), record):
        raise PermissionDenied("Cette fiche n’est pas dans votre périmètre.")
    return record
