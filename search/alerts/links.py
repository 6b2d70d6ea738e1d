"""The signed links that end alerts, of one mail address: one alert (in the text of a mail), or all those of a mail.

GET shows, POST ends: mail scanners open links.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.signing import BadSignature, Signer
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User

SALT = "search.alerts.links"
MAIL_SALT = "search.alerts.links.mail"
LONGEST = 600  # characters; a link of ours has about 80, up to 400 for a mail about twenty alerts
MARK_LENGTH = 10


class BadLink(Exception):
    """The address is no link of ours: cut, typed, or signed with a key that is no longer used."""


@dataclass(frozen=True)
class EndLink:
    """What a link says. ``mark`` ties it to the mail address it was sent to."""

    alert_ids: tuple[int, ...]
    mark: str

    def is_sent_to(self, user: User) -> bool:
        """Tell whether it went to this person's address of today."""
        return constant_time_compare(self.mark, _mark(user))


def token_of(*, alert_id: int, user: User) -> str:
    """Text of the link, the same for the same values: it serves as long as the alert exists."""
    return Signer(salt=SALT).sign_object([alert_id, _mark(user)])


def mail_token_of(*, alert_ids: Iterable[int], user: User) -> str:
    """Text of the link that ends at once all the alerts of a mail; it is of no use as a link of one alert."""
    return Signer(salt=MAIL_SALT).sign_object([[*alert_ids], _mark(user)])


def read_token(token: str) -> EndLink:
    """What the link of one alert says. Raises ``BadLink``."""
    alert_id, mark = _read(token, SALT)
    return EndLink((alert_id,), mark)


def read_mail_token(token: str) -> EndLink:
    """What the link of a whole mail says. Raises ``BadLink``."""
    alert_ids, mark = _read(token, MAIL_SALT)
    return EndLink(tuple(alert_ids), mark)


def _read(token: str, salt: str) -> list[Any]:
    if len(token) > LONGEST:
        raise BadLink
    try:
        return Signer(salt=salt).unsign_object(token)
    except (BadSignature, ValueError, TypeError) as error:
        raise BadLink from error


def _mark(user: User) -> str:
    return salted_hmac(SALT, user.email, algorithm="sha256").hexdigest()[:MARK_LENGTH]
