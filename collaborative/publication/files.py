"""Photos and attachments of fiches, given to the records: copied, so that dossier and record each keep their own.

A copy whose publication fails is deleted; one that a killed process leaves goes with ``purge_removed_files``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from directory.attachments.services import PHOTOS, attachments_folder, refuse_too_many, store
from directory.attachments.uploads import EXTENSIONS
from directory.models import Attachment, GeographicEntity

from ..enums import FieldDecision, FileKind
from ..review.parts import PHOTO
from .refusals import lines_of

if TYPE_CHECKING:
    from ..models import FicheFile
    from .plan import Item, Plan

LOST = "Le fichier n’est plus dans l’espace de stockage\u00a0: renvoyez la fiche à son auteur."


def put_photo(plan: Plan, item: Item, copies: list[str]) -> None:
    """Give the record in memory the photo that its fiche proposes, or take its photo off.

    Nothing when the validator keeps the one that the directory shows since.
    """
    review = item.reviews.get(PHOTO)
    if review is not None and review.decision == FieldDecision.KEEP:
        return
    for file in item.fiche.files.all():
        if file.kind == FileKind.PHOTO_REMOVAL:
            item.record.photo = ""
        elif file.kind == FileKind.PHOTO and (name := _copied(plan, item, file, f"{PHOTOS}/{item.fiche.kind}", ".jpg")):
            copies.append(name)
            item.record.photo = name


def put_attachments(plan: Plan, item: Item, copies: list[str]) -> None:
    """Remove and add the attachments that a fiche proposes, on its stored record; those there already are skipped."""
    files = item.fiche.files.all()
    removed = [file.removes_id for file in files if file.kind == FileKind.ATTACHMENT_REMOVAL]
    added = [file for file in files if file.kind == FileKind.ATTACHMENT]
    record, author = item.record, item.edit.by
    if removed:
        present = record.attachments.present().filter(pk__in=removed)
        present.update(removed_at=item.edit.now, removed_by=author)
    if added:
        present = record.attachments.present().filter(sha256__in=[file.sha256 for file in added])
        known = set(present.values_list("sha256", flat=True))
        added = [file for file in added if file.sha256 not in known]
    if not added:
        return
    try:
        refuse_too_many(record, added)
    except ValidationError as refused:
        plan.lines += lines_of(item.fiche, refused)
        return
    owner = "geographic_entity" if isinstance(record, GeographicEntity) else "unit"
    folder = attachments_folder(item.edit.now)
    for file in added:
        if name := _copied(plan, item, file, folder, EXTENSIONS[file.content_type]):
            copies.append(name)
            Attachment.objects.create(
                **{owner: record},
                file=name,
                name=file.name[:160],
                content_type=file.content_type,
                size=file.size,
                sha256=file.sha256,
                added_by=file.added_by,
            )


def _copied(plan: Plan, item: Item, file: FicheFile, folder: str, extension: str) -> str:
    """Copy a file of a fiche; empty, and one more reason not to publish, when it is gone."""
    try:
        with file.file.open("rb") as content:
            return store(folder, extension, content)
    except FileNotFoundError:
        plan.refuse(item, LOST, "photo" if file.kind == FileKind.PHOTO else "attachments")
        return ""
