"""« Membres » of a CPTS: read by all, edited by its director and support (spec 01, Directory)."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from common import french
from common.errors import conflict
from common.pages import posted_from

from .. import members, records
from ..duplicates.replaced import refer_on
from ..models import GeographicEntity, Practitioner
from ..permissions import why_not_membership
from ..services import StaleRecord
from .access import readers_only

PER_PAGE = 50
TEXT_LENGTH = 100


def found_cpts(request: HttpRequest, entity_id: int) -> GeographicEntity:
    """CPTS that this person may see; 404 for any other EG."""
    entities = GeographicEntity.objects.visible_to(request.scope).select_related("category", "legal_entity")
    entity = get_object_or_404(entities, pk=entity_id)
    refer_on(request, entity)
    if not members.is_cpts(entity):
        raise Http404
    return entity


def edited_cpts(request: HttpRequest, entity_id: int) -> GeographicEntity:
    """CPTS whose members are this person's to edit. 404 when hidden, 403 when they are not."""
    entity = found_cpts(request, entity_id)
    if not members.may_edit_members(request.scope, entity):
        raise PermissionDenied("Les membres d’une CPTS sont modifiés par son directeur ou par le support.")
    return entity


@require_safe
@readers_only
def cpts_members(request: HttpRequest, entity_id: int) -> HttpResponse:
    """Members by name, 50 a page; ``?q=`` a name or an RPPS, ``?sas=oui`` those who take part in the SAS."""
    entity = found_cpts(request, entity_id)
    text = request.GET.get("q", "").strip()[:TEXT_LENGTH]
    sas = request.GET.get("sas") == "oui"
    rows = members.named(members.members_of(request.scope, entity), text)
    if sas:
        rows = rows.filter(takes_part_in_sas=True)
    context = {
        "entity": entity,
        "crumbs": records.page_crumbs(entity, "Membres"),
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "text": text,
        "sas": sas,
        "may_edit": members.may_edit_members(request.scope, entity),
        "query": request.GET.urlencode(),
    }
    return render(request, "directory/cpts_members.html", context)


def crumbs(entity: GeographicEntity, page: str) -> list[records.Crumb]:
    """Breadcrumb of a page below the members of a CPTS."""
    *above, members = records.page_crumbs(entity, "Membres")
    return [*above, records.Crumb(members.label, members_url(entity)), records.Crumb(page)]


def members_url(entity: GeographicEntity, query: str = "") -> str:
    """Page of the members, with the filter it had."""
    return reverse("directory:cpts_members", args=[entity.pk]) + (f"?{query}" if query else "")


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
def cpts_member_add(request: HttpRequest, entity_id: int) -> HttpResponse:
    """Search a practitioner by RPPS or name (``?q=``), then take him or her in."""
    entity = edited_cpts(request, entity_id)
    if request.method == "POST":
        practitioner = posted_practitioner(request, request.POST.get("professionnel", ""))
        added = f"{practitioner} est membre de la CPTS."
        return answer(request, entity, practitioner, members.add_member, added, {}, members_url(entity))
    text = request.GET.get("q", "").strip()[:TEXT_LENGTH]
    rows = members.candidates(request.scope, entity, text)
    context = {
        "entity": entity,
        "crumbs": crumbs(entity, "Ajouter"),
        "text": text,
        "rows": [(row, why_not_membership(request.scope, row.cpts, entity)) for row in rows[: members.FOUND]],
        "more": len(rows) > members.FOUND,
    }
    return render(request, "directory/cpts_member_add.html", context)


def posted_practitioner(request: HttpRequest, asked: str) -> Practitioner:
    """Practitioner of a posted id that this person may see, or 404."""
    if not (asked.isascii() and asked.isdecimal() and len(asked) <= 18):
        raise Http404
    return get_object_or_404(Practitioner.objects.visible_to(request.scope), pk=int(asked))


@posted_from(lambda entity_id, practitioner_id: reverse("directory:cpts_members", args=[entity_id]))
@readers_only
def cpts_member_sas(request: HttpRequest, entity_id: int, practitioner_id: int) -> HttpResponse:
    """Say whether a member takes part in the SAS (``participe``: « oui » or « non »). 400 on anything else."""
    entity = edited_cpts(request, entity_id)
    practitioner = get_object_or_404(Practitioner.objects.visible_to(request.scope), pk=practitioner_id)
    wanted = request.POST.get("participe")
    if wanted not in {"oui", "non"}:
        raise BadRequest("participe")
    takes_part = wanted == "oui"
    done = f"{practitioner} {'participe' if takes_part else 'ne participe pas'} au SAS."
    back = f"{members_url(entity, request.GET.urlencode())}#membre-{practitioner.pk}"
    return answer(request, entity, practitioner, members.set_sas, done, {"takes_part": takes_part}, back)


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
def cpts_member_remove(request: HttpRequest, entity_id: int, practitioner_id: int) -> HttpResponse:
    """Ask, then end a membership."""
    entity = edited_cpts(request, entity_id)
    practitioner = get_object_or_404(Practitioner.objects.visible_to(request.scope), pk=practitioner_id)
    if request.method == "POST":
        done = f"{practitioner} n’est plus membre de la CPTS."
        return answer(request, entity, practitioner, members.remove_member, done, {}, members_url(entity))
    if practitioner.cpts_id != entity.pk:
        messages.info(request, f"{practitioner} n’est pas ou n’est plus membre de la CPTS.")
        return redirect(members_url(entity))
    context = {
        "entity": entity,
        "practitioner": practitioner,
        "crumbs": crumbs(entity, "Retirer"),
    }
    return render(request, "directory/cpts_member_remove.html", context)


def answer(
    request: HttpRequest,
    entity: GeographicEntity,
    practitioner: Practitioner,
    act: Callable[..., Any],
    done: str,
    values: dict[str, Any],
    back: str,
) -> HttpResponse:
    """Do ``act`` and come back with ``done``; 409 when somebody saved the practitioner since the page was read."""
    typed = request.POST.get("version", "")
    version = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= 10 else 0
    try:
        act(
            practitioner=practitioner,
            cpts=entity,
            expected_version=version,
            by=request.user,
            scope=request.scope,
            **values,
        )
    except StaleRecord as error:
        newer = error.current
        author = f" par {newer.updated_by}" if newer.updated_by else ""
        since = french.on_moment(newer.updated_at)
        return conflict(request, f"La fiche de {newer} a été modifiée{author} {since}. Revoyez la liste des membres.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(back)
    messages.success(request, done)
    return redirect(back)
