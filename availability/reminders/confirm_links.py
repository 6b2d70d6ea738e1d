"""The signed link of a reminder: one person, one unit, one version of its figure, 72 hours (spec 20).

GET shows, POST confirms: mail scanners open links. Pure but for the key; ``now`` is an argument.
"""

import datetime
import uuid
from dataclasses import dataclass

from django.core.signing import BadSignature, Signer
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User

VALID_FOR = datetime.timedelta(hours=72)
SALT = "availability.confirm_links"
LONGEST = 400  # characters; a link of ours has about 130
MARK_LENGTH = 10
UNKNOWN_POOL = -2  # of links written before they said it: they confirm nothing
NAMESPACE = uuid.UUID("5f0b6a2e-6c5d-4e0c-9a52-2f6f3c1e7b11")


class BadLink(Exception):
    """The address is no link of ours: cut, typed, or signed with a key that is no longer used."""


@dataclass(frozen=True)
class ConfirmLink:
    """What a link says: who confirms which figure of which unit, and when the mail was written (seconds since 1970).

    ``version`` is that of the pool ``pool_id`` if the unit's places were shared.
    ``mark`` ties it to the mail address it was sent to: another address, and the links sent to the old one are void.
    """

    user_id: int
    unit_id: int
    version: int
    written: int
    mark: str
    pool_id: int | None

    @property
    def expires_at(self) -> datetime.datetime:
        """End of its 72 hours."""
        return datetime.datetime.fromtimestamp(self.written, datetime.UTC) + VALID_FOR

    def is_expired(self, now: datetime.datetime) -> bool:
        """Tell whether the 72 hours are over at ``now``."""
        return now > self.expires_at

    def is_sent_to(self, user: User) -> bool:
        """Tell whether it went to this person's address of today."""
        return self.user_id == user.pk and constant_time_compare(self.mark, _mark(user))

    @property
    def request_id(self) -> uuid.UUID:
        """Number of the statement it makes: the same link makes one, however often it is sent."""
        return uuid.uuid5(NAMESPACE, f"{self.user_id}/{self.unit_id}/{self.version}/{self.written}")


def token_of(
    *, user: User, unit_id: int, version: int, written_at: datetime.datetime, pool_id: int | None = None
) -> str:
    """Text of the link, the same for the same values."""
    values = [user.pk, unit_id, version, int(written_at.timestamp()), _mark(user), pool_id or 0]
    return Signer(salt=SALT).sign_object(values)


def read_token(token: str) -> ConfirmLink:
    """What a link says, expired or not. Raises ``BadLink``."""
    if len(token) > LONGEST:
        raise BadLink
    try:
        user_id, unit_id, version, written, mark, *pool = Signer(salt=SALT).unsign_object(token)
    except (BadSignature, ValueError) as error:
        raise BadLink from error
    return ConfirmLink(user_id, unit_id, version, written, mark, (pool[0] or None) if pool else UNKNOWN_POOL)


def _mark(user: User) -> str:
    return salted_hmac(SALT, user.email, algorithm="sha256").hexdigest()[:MARK_LENGTH]
