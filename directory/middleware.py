"""The person's scope on each request, resolved at first use; old addresses of merged records."""

from django.utils.functional import SimpleLazyObject

from .scopes import scope_of_request


def scope_middleware(get_response):
    """Set ``request.scope`` (``directory.scopes.Scope``), worked out only when something asks for it."""

    def middleware(request):
        request.scope = SimpleLazyObject(lambda: scope_of_request(request.user))
        return get_response(request)

    middleware.process_exception = refer_merged
    return middleware


def refer_merged(request, exception):
    """Answer with the same page of the record that stays when a view met a merged one."""
    from .duplicates.replaced import Replaced, same_page  # models are not loaded yet when the settings name this module

    return same_page(request, exception) if isinstance(exception, Replaced) else None
