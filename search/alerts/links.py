"""The signed link that ends an alert: one alert, one mail address. GET shows, POST ends: mail scanners open links."""

from dataclasses import dataclass

from django.core.signing import BadSignature, Signer
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User

SALT = "search.alerts.links"
LONGEST = 300  # characters; a link of ours has about 80
MARK_LENGTH = 10


class BadLink(Exception):
    """The address is no link of ours: cut, typed, or signed with a key that is no longer used."""


@dataclass(frozen=True)
class EndLink:
    """What a link says. ``mark`` ties it to the mail address it was sent to."""

    alert_id: int
    mark: str

    def is_sent_to(self, user: User) -> bool:
        """Tell whether it went to this person's address of today."""
        return constant_time_compare(self.mark, _mark(user))


def token_of(*, alert_id: int, user: User) -> str:
    """Text of the link, the same for the same values: it serves as long as the alert exists."""
    return Signer(salt=SALT).sign_object([alert_id, _mark(user)])


def read_token(token: str) -> EndLink:
    """What a link says. Raises ``BadLink``."""
    if len(token) > LONGEST:
        raise BadLink
    try:
        alert_id, mark = Signer(salt=SALT).unsign_object(token)
    except (BadSignature, ValueError, TypeError) as error:
        raise BadLink from error
    return EndLink(alert_id, mark)


def _mark(user: User) -> str:
    return salted_hmac(SALT, user.email, algorithm="sha256").hexdigest()[:MARK_LENGTH]
