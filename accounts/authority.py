"""May this person do that? Asked by services of this app, which cannot see assignments (``directory`` holds them)."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied

from .models import User
from .roles import PERMISSION_LABELS, Permission

Resolver = Callable[[User, Permission], bool]

_resolvers: list[Resolver] = []


def register(resolver: Resolver) -> None:
    """Add a resolver; ``directory`` gives its own, which reads assignments. Without one, nobody may do anything."""
    if resolver not in _resolvers:
        _resolvers.append(resolver)


def may(user: User, permission: Permission) -> bool:
    """Tell whether ``user`` holds ``permission`` today, anywhere."""
    return any(resolver(user, permission) for resolver in _resolvers)


def require(by: User | None, permission: Permission) -> None:
    """Raise ``PermissionDenied`` with the reason unless ``by`` holds ``permission``. ``None`` is the system itself."""
    if by is not None and not may(by, permission):
        raise PermissionDenied(f"Votre rôle ne permet pas de « {PERMISSION_LABELS[permission].lower()} ».")
