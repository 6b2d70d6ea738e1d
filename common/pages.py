"""Pages: a step of the breadcrumb, the links of a pager, where an act is posted from. No query."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal

from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

View = Callable[..., HttpResponseBase]

PAGE_SIZE = 15
GAP = 0


@dataclass(frozen=True)
class Crumb:
    """One step of the breadcrumb; the last one has no address. ``code`` is given when it is a record."""

    label: str
    url: str = ""
    code: Literal["", "EJ", "EG", "S1", "S2", "UF", "UO"] = ""


def posted_from(page: Callable[..., str]) -> Callable[[View], View]:
    """View that acts on POST alone; whoever reloads it with GET is sent to the ``page`` that its button is on.

    ``page`` gives that address from the arguments of the view's own. A decorator that refuses people stands above, so
    that they are refused at once.
    """

    def decorated(view: View) -> View:
        @require_http_methods(["GET", "HEAD", "POST"])
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method != "POST":
                return redirect(page(*args, **kwargs))
            return view(request, *args, **kwargs)

        return guarded

    return decorated


def page_window(current: int, last: int) -> list[int]:
    """Page numbers to link: first, last, two either side of the current one; ``GAP`` stands for those left out."""
    wanted = sorted({1, last, *range(max(1, current - 2), min(last, current + 2) + 1)})
    window: list[int] = []
    for page in wanted:
        if window and page - window[-1] == 2:
            window.append(page - 1)
        elif window and page - window[-1] > 2:
            window.append(GAP)
        window.append(page)
    return window


def page_query(parameters: QueryDict, page: int, name: str = "page") -> str:
    """Query string of another page: every other parameter kept, page 1 written without a number."""
    return page_queries(parameters, name)(page)


def page_queries(parameters: QueryDict, name: str = "page") -> Callable[[int], str]:
    """``page_query`` of any page of a list, the other parameters written once."""
    kept = parameters.copy()
    kept.pop(name, None)
    others = kept.urlencode()

    def query(page: int) -> str:
        return f"?{others}{'&' if others else ''}{name}={page}" if page > 1 else f"?{others}"

    return query
