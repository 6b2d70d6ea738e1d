"""The new-run page."""

from __future__ import annotations

from django import forms

from .contract import Importer
from .engine import too_big


class NewRunForm(forms.Form):
    """A file and whether it is only tried."""

    file = forms.FileField(
        label="Fichier",
        max_length=255,
        error_messages={
            "required": "Choisissez un fichier.",
            "missing": "Choisissez un fichier.",
            "invalid": "Le fichier n’a pas été reçu\u00a0: choisissez-le de nouveau.",
            "empty": "Le fichier est vide.",
            "max_length": "Le nom du fichier est trop long\u00a0: 255 caractères au plus.",
        },
    )
    dry_run = forms.BooleanField(
        label="Essai à blanc",
        required=False,
        initial=True,
        help_text="Tout est vérifié, rien n’est enregistré\u00a0; l’import se lance ensuite sur le même fichier.",
    )

    def __init__(self, *args, importer: type[Importer], **kwargs):
        super().__init__(*args, **kwargs)
        self.importer = importer
        file = self.fields["file"]
        file.widget.attrs["accept"] = ",".join(importer.extensions)
        file.help_text = f"{', '.join(importer.extensions)}, {importer.max_bytes() // 1024**2} Mo au plus."

    def clean_file(self):
        """Refuse a file over the limit before it is stored."""
        file = self.cleaned_data["file"]
        if file.size > self.importer.max_bytes():
            raise forms.ValidationError(too_big(self.importer))
        return file
