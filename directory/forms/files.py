"""Forms of the photo and the attachments of a record: files are read here, by their content."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ..attachments.services import MAX_ATTACHMENTS
from ..attachments.uploads import Upload, read_attachment, read_photo

NO_PHOTO = "Choisissez une image."
EMPTY = "Ce fichier est vide."
NO_FILE = "Choisissez au moins un fichier."


class PhotoForm(forms.Form):
    """A photo to put on a record; its cleaned value is the JPEG to keep."""

    photo = forms.FileField(
        label="Image",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        error_messages={
            "required": NO_PHOTO,
            "invalid": NO_PHOTO,
            "missing": NO_PHOTO,
            "empty": "Ce fichier est vide.",
        },
        help_text="JPEG, PNG ou WebP, 5\u00a0Mo au plus. Les données de l’appareil (lieu, date…) sont effacées.",
    )

    def clean_photo(self) -> bytes:
        """Read the image. Raises ``ValidationError``."""
        return read_photo(self.cleaned_data["photo"])


class ManyFilesInput(forms.FileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several files, read; an error names the file that it is about."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Upload]:
        """Raises ``ValidationError`` with one message a refused file."""
        files = [file for file in data or [] if file]
        if not files:
            raise ValidationError(NO_FILE, code="required")
        if len(files) > MAX_ATTACHMENTS:
            raise ValidationError(f"Envoyez {MAX_ATTACHMENTS} fichiers au plus à la fois.", code="too_many")
        read, errors = [], []
        for file in files:
            try:
                read.append(read_attachment(file))
            except ValidationError as error:
                errors += [f"{file.name}\u00a0: {message}" for message in error.messages]
        if errors:
            raise ValidationError(errors)
        return read


class AttachmentsForm(forms.Form):
    """Files to attach to a record."""

    fichiers = ManyFilesField(
        label="Fichiers",
        widget=ManyFilesInput(
            attrs={"accept": ".pdf,.jpg,.jpeg,.png,.webp,.gif,.docx,.xlsx,.pptx,.odt,.ods,.odp,.doc,.xls,.ppt"}
        ),
        help_text="PDF, images, Word, Excel, PowerPoint ou OpenDocument, sans macros, 10\u00a0Mo au plus chacun.",
    )
