"""The tree « Répertoire ». Each level has an address: a whole page, or its lines alone for a page that inserts them."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from common.pages import Crumb

from .. import tree as levels
from .. import tree_marks
from ..closing import closure_url
from ..duplicates.replaced import refer_on
from ..models import Department, GeographicEntity, Structure
from ..tree import TreeFilter
from .access import readers_only

LAST_PAGE = 10_000


@require_safe
@readers_only
def tree(request: HttpRequest) -> HttpResponse:
    """Show the boxes, the filter, « Mes structures » and the departments with their counts."""
    wanted = TreeFilter.read(request.GET)
    departments = levels.departments(request.scope, wanted)
    mine = [] if wanted.text else levels.my_entities(request.scope, wanted)
    tree_marks.mark(request, [*mine, *(entity for node in departments for entity in node.entities)], wanted.taken_in)
    return render(
        request,
        "directory/tree.html",
        {
            "wanted": wanted,
            "disciplines": levels.disciplines(),
            "mine": mine,
            "departments": [node for node in departments if node.count],
            "total": sum(node.count for node in departments),
            "shown_at_once": levels.FOUND_SIZE,
        },
    )


@require_safe
@readers_only
@vary_on_headers("HX-Request")
def tree_department(request: HttpRequest, code: str) -> HttpResponse:
    """EGs of a department, a hundred a page (``page``). 404 on an unknown department or past the end."""
    department = get_object_or_404(Department.objects.only("code", "name"), pk=code)
    number = page_number(request.GET.get("page", "1"))
    wanted = TreeFilter.read(request.GET)
    level = levels.department_level(request.scope, wanted, code, number)
    if number > 1 and not level.entities:
        raise Http404
    tree_marks.mark(request, level.entities, wanted.taken_in)
    title = f"{department.name} ({department.code})"
    context = {
        "level": level,
        "department": department,
        "more_query": wanted.page_query(level.next_page),
        "back_query": wanted.page_query(number - 1) if number > 1 else "",
    }
    return answer(request, wanted, title, [], context)


@require_safe
@readers_only
@vary_on_headers("HX-Request")
def tree_entity(request: HttpRequest, entity_id: int) -> HttpResponse:
    """Structures and UOs right below an EG. 404 when it is hidden from this person."""
    entities = GeographicEntity.objects.visible_to(request.scope).only("name", "commune_id", "status", "closure_kind")
    entity = get_object_or_404(entities, pk=entity_id)
    refer_on(request, entity)
    wanted = TreeFilter.read(request.GET)
    return answer(request, wanted, entity.name, [], {"branch": levels.entity_level(request.scope, wanted, entity.pk)})


@require_safe
@readers_only
@vary_on_headers("HX-Request")
def tree_structure(request: HttpRequest, structure_id: int) -> HttpResponse:
    """Structures and UOs right below a structure. 404 when it is hidden from this person."""
    structures = Structure.objects.visible_to(request.scope).select_related("geographic_entity")
    structure = get_object_or_404(structures, pk=structure_id)
    wanted = TreeFilter.read(request.GET)
    above = structure.geographic_entity
    url = reverse("directory:tree_entity", args=[above.pk]) + wanted.query_string
    branch = levels.structure_level(request.scope, wanted, structure)
    context = {"branch": branch, "structure": structure, "closure_url": closure_url(request.scope, structure)}
    return answer(request, wanted, structure.name, [Crumb(above.name, url, "EG")], context)


def answer(
    request: HttpRequest, wanted: TreeFilter, title: str, above: list[Crumb], context: dict[str, Any]
) -> HttpResponse:
    """Return the lines alone when a page asks them for itself (``HX-Request``), else a whole page."""
    if request.headers.get("HX-Request"):
        return render(request, "directory/tree_lines.html", {"wanted": wanted, **context})
    root = Crumb("Répertoire", reverse("directory:tree") + wanted.query_string)
    crumbs = [root, *above, Crumb(title)]
    return render(request, "directory/tree_level.html", {"wanted": wanted, "title": title, "crumbs": crumbs, **context})


def page_number(text: str) -> int:
    """Page asked, from 1; what cannot be read is the first page."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LAST_PAGE))):
        return 1
    return min(max(int(text), 1), LAST_PAGE)
