"""The switch of crisis mode: a reason, and a box that says one means it."""

from typing import Any

from django import forms

from common.fields import LinesField


class CrisisForm(forms.Form):
    """``vers`` is what the page offered, « on » or « off »: sent twice, it switches once."""

    vers = forms.ChoiceField(choices=[("on", "on"), ("off", "off")], widget=forms.HiddenInput)
    reason = LinesField(label="Motif", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))
    sure = forms.BooleanField()

    def __init__(self, *args: Any, is_on: bool, **kwargs: Any) -> None:
        super().__init__(*args, initial={"vers": "off" if is_on else "on"}, **kwargs)
        self.fields["sure"].label = (
            "Je confirme que le mode crise prend fin pour toute la région"
            if is_on
            else "Je confirme que le mode crise est activé pour toute la région"
        )
