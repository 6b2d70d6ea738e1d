"""Form of a question about what a director published at once. Parsing only."""

from django import forms

from common.fields import LinesField

from ..services import TEXT_LENGTH


class QuestionForm(forms.Form):
    """The question that its author is mailed."""

    text = LinesField(
        label="Votre question",
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": "Écrivez votre question.",
            "max_length": "2\u202f000 caractères au plus, %(show_value)d écrits.",
        },
    )
