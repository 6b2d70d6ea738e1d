"""« À la date du »: a moment of Paris typed in a form, past and existing once, hence never guessed at."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone

from common.french import NBSP, PARIS

FIRST_MOMENT = datetime.datetime(2000, 1, 1, tzinfo=PARIS)  # nothing was stated before
FORMATS = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y à %H:%M", "%Y-%m-%d", "%d/%m/%Y")
UNREADABLE = f"La date s’écrit ainsi{NBSP}: 14/08/2024 12:17."
TO_COME = f"Cette date est à venir{NBSP}: choisissez le présent ou le passé."
TOO_OLD = f"Cette date est trop ancienne{NBSP}: à partir du 01/01/2000."
NOT_ONE_HOUR = (
    f"Cette heure n’existe pas, ou existe deux fois{NBSP}: c’est la nuit du changement d’heure."
    " Choisissez une autre heure."
)


def week_before(moment: datetime.datetime) -> datetime.datetime:
    """The same hour on the clocks of Paris a week earlier, in UTC: 7 days less or more an hour across their change."""
    return (moment.astimezone(PARIS) - datetime.timedelta(days=7)).astimezone(datetime.UTC)


class MomentField(forms.CharField):
    """Date and hour in Paris, « 2026-11-22T10:30 » as browsers send it, or « 22/11/2026 10:30 » as typed.

    Gives an aware datetime in UTC; ``None`` when nothing is typed. A day alone begins at midnight. An hour that the
    change of clocks skips or repeats is refused.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": "À la date du", "required": False, "max_length": 40, **kwargs})

    def clean(self, value: Any) -> Any:
        """Moment typed. Raises ``ValidationError`` when it cannot be read, is to come, or before 2000."""
        text = super().clean(value)
        if not text:
            return None
        moment = _moment_of(text)
        if moment > timezone.now():
            raise forms.ValidationError(TO_COME)
        if moment < FIRST_MOMENT:
            raise forms.ValidationError(TOO_OLD)
        return moment


def _moment_of(text: str) -> datetime.datetime:
    for pattern in FORMATS:
        try:
            local = datetime.datetime.strptime(text, pattern).replace(tzinfo=PARIS)
            first, second = (local.replace(fold=fold).astimezone(datetime.UTC) for fold in (0, 1))
        except OverflowError:  # the first day there is
            raise forms.ValidationError(TOO_OLD) from None
        except ValueError:
            continue
        if first != second:
            raise forms.ValidationError(NOT_ONE_HOUR)
        return first
    raise forms.ValidationError(UNREADABLE)
