"""The request of somebody who is signed in, for type checkers: views behind the sign-in guard read its ``user``."""

from django.http import HttpRequest

from .models import User


class SignedInRequest(HttpRequest):
    """A request that passed ``SignedInMiddleware``."""

    user: User
