"""Form fields that several apps ask for."""

from typing import Any

from django import forms


class LinesField(forms.CharField):
    """A text of several lines; a line end counts once, as browsers count it, whatever they send."""

    widget: type[forms.Widget] | forms.Widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        """Text with plain line ends."""
        return super().to_python(str(value or "").replace("\r\n", "\n").replace("\r", "\n")) or ""
