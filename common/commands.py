"""What management commands share."""

import datetime

from django.core.management import CommandError
from django.utils import timezone

EXAMPLE = "2026-11-21T12:00+01:00"


def read_moment(text: str | None) -> datetime.datetime:
    """Moment given as ``--now``, the present one without it. Raises ``CommandError`` for anything else, in French."""
    if not text:
        return timezone.now()
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--now : écrivez une date et une heure, par exemple {EXAMPLE}.") from error
    if moment.tzinfo is None:
        raise CommandError("--now : précisez le décalage horaire, par exemple +01:00.")
    return moment
