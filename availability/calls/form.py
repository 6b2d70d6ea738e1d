"""What ``availability/call_form.html`` sends."""

import uuid
from typing import Any

from django import forms
from django.http import QueryDict

from common.french import NBSP

from .services import REASONS, CallReport, Outcome


class OneLine(forms.CharField):
    """Short text whose line ends are spaces."""

    def to_python(self, value: object) -> str:
        """Text on one line."""
        return " ".join(super().to_python(value).split())


class CallForm(forms.Form):
    """One of the four buttons, a reason, a comment, and which figure was shown."""

    outcome = forms.ChoiceField(
        choices=Outcome.choices,
        error_messages={
            "required": "Choisissez ce qui vous a été répondu.",
            "invalid_choice": "Choisissez ce qui vous a été répondu.",
        },
    )
    reason = forms.ChoiceField(
        choices=[("", ""), *((reason, reason) for reason in REASONS)],
        required=False,
        error_messages={"invalid_choice": "Choisissez un motif de la liste."},
    )
    comment = OneLine(
        max_length=300,
        required=False,
        error_messages={"max_length": "300\u00a0caractères au plus, %(show_value)d écrits."},
    )
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    request_id = forms.UUIDField()

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)

    def clean(self) -> dict[str, Any]:
        """A refusal says why."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("outcome") == Outcome.REFUSED and not cleaned.get("reason") and "reason" not in self.errors:
            self.add_error("reason", f"Choisissez le motif du refus, puis «{NBSP}Refus{NBSP}» de nouveau.")
        return cleaned

    @property
    def report(self) -> CallReport:
        """What a valid form says."""
        values = self.cleaned_data
        return CallReport(
            outcome=values["outcome"], version=values["version"], reason=values["reason"], comment=values["comment"]
        )

    @property
    def sent_id(self) -> uuid.UUID:
        """Id of the sending, of a valid form."""
        return self.cleaned_data["request_id"]

    @property
    def shown_errors(self) -> dict[str, str]:
        """First error of each field that is seen, by name."""
        return {
            name: str(errors[0]) for name, errors in self.errors.items() if name in ("outcome", "reason", "comment")
        }

    @property
    def is_broken(self) -> bool:
        """Whether a hidden field is missing or unreadable: nobody typed it."""
        return bool({"version", "request_id"} & self.errors.keys())
