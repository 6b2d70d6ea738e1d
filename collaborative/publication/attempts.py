"""A publication that meets other writers at each attempt says so: nothing is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common import attempts

if TYPE_CHECKING:
    from collections.abc import Callable

BUSY = (
    "Rien n’est publié\u00a0: d’autres personnes modifient en ce moment les mêmes fiches du répertoire. "
    "Réessayez dans un instant."
)


class PublicationBusy(Exception):
    """Other writers were met at each attempt: nothing is published, and it may be asked again."""


def attempted[Result](act: Callable[[], Result]) -> Result:
    """Do ``act`` as ``common.attempts``; raise ``PublicationBusy`` when every attempt met other writers."""
    return attempts.attempted(act, failure=PublicationBusy)
