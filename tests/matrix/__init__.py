"""The permission matrix: for every route, what each role gets. One module an app; `ROWS` of all of them are walked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

COLUMNS = ("anonymous", "consultation", "responsable", "directeur", "sesan", "pdses", "ars")

Kwargs = Callable[[Any], dict[str, Any]]


def same(signed_in: str, anonymous: str = "login") -> str:
    """One answer for every signed-in role, another for a visitor."""
    return " ".join([anonymous, *[signed_in] * (len(COLUMNS) - 1)])


NOT_ALLOWED = same("405")
PUBLIC = same("200", anonymous="200")
READERS = same("200")


@dataclass(frozen=True)
class Row:
    """Expected answers of one route.

    ``get`` and ``post`` hold one token a column of ``COLUMNS``: a status, « login » (asked to sign in: sent to the
    sign-in page, or 401 when something was posted) or « away » (any other redirection). ``kwargs`` and ``data`` receive
    the test's world and give the address's arguments and the posted fields. ``note`` tells two rows of one route apart.
    """

    url_name: str
    get: str
    post: str = NOT_ALLOWED
    kwargs: Kwargs = lambda world: {}
    data: Kwargs = lambda world: {}
    query: str = ""
    note: str = ""

    def expected(self, method: str) -> dict[str, str]:
        """Map each column to its token. Raises ``ValueError`` when the row is not as wide as the table."""
        return dict(zip(COLUMNS, getattr(self, method).split(), strict=True))
