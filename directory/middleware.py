"""The person's scope on each request, resolved at first use."""

from django.utils.functional import SimpleLazyObject

from .scopes import scope_of


def scope_middleware(get_response):
    """Set ``request.scope`` (``directory.scopes.Scope``), read from the database only when something asks for it."""

    def middleware(request):
        request.scope = SimpleLazyObject(lambda: scope_of(request.user))
        return get_response(request)

    return middleware
