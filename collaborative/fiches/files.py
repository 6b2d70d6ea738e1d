"""Photo and attachments that a fiche proposes: published with it, seen before that by those of the dossier alone.

Files are read by ``directory.attachments.uploads``, kept below « dossiers/ »; the removal of a file that the record
shows is a row too, so that it may be put back until the fiche is published.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from directory.attachments.services import MAX_ATTACHMENTS, store, undone_on_failure
from directory.attachments.uploads import EXTENSIONS, JPEG
from directory.models import Attachment

from ..enums import DossierState, FileKind
from ..models import Fiche, FicheFile
from .services import changing_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accounts.models import User
    from directory.attachments.uploads import Upload
    from directory.scopes import Scope

FOLDER = "dossiers"
PHOTOS = (FileKind.PHOTO, FileKind.PHOTO_REMOVAL)


class PhotoChanged(Exception):
    """Somebody proposed or published another photo, or took it off, since the page was shown."""


class FilesAfter(NamedTuple):
    """Files of a fiche as publishing leaves them: the photo proposed, else whether the record keeps its own.

    ``present``: attachments of the record that stay; ``added``: those proposed.
    """

    photo: FicheFile | None
    keeps_photo: bool
    present: list[Attachment]
    added: list[FicheFile]

    def __bool__(self) -> bool:
        return bool(self.photo or self.keeps_photo or self.present or self.added)


def files_after(fiche: Fiche, *, takes_photo: bool = True) -> FilesAfter:
    """What the record will show once the fiche is published: two queries, one for a fiche known to propose no file.

    ``takes_photo``: not when the support keeps the photo of the directory.
    """
    proposed = list(fiche.files.all()) if getattr(fiche, "has_files", True) else []
    record = fiche.record
    photos = [file for file in proposed if file.kind in PHOTOS] if takes_photo else []
    removed = {file.removes_id for file in proposed if file.removes_id}
    present = [] if record is None else list(record.attachments.present())
    known = {attachment.sha256 for attachment in present if attachment.pk not in removed}
    return FilesAfter(
        photo=next((file for file in photos if file.kind == FileKind.PHOTO), None),
        keeps_photo=record is not None and bool(record.photo) and not photos,
        present=[attachment for attachment in present if attachment.pk not in removed],
        added=[file for file in proposed if file.kind == FileKind.ATTACHMENT and file.sha256 not in known],
    )


def photo_in_sight(fiche: Fiche) -> str:
    """What a page shows of the photo of a fiche: the one proposed, that of its record; empty without any."""
    proposed = fiche.files.filter(kind__in=PHOTOS).values_list("pk", flat=True).first()
    over = _photo_of(fiche)
    return f"{proposed or 0}:{over}" if proposed or over else ""


def set_photo(
    *, fiche: Fiche, content: bytes, by: User, scope: Scope, now: datetime.datetime, seen: str | None = None
) -> FicheFile:
    """Propose a photo, a JPEG that ``uploads.read_photo`` wrote, in place of the one proposed before.

    ``seen``: ``photo_in_sight`` when the page was shown, not asked when it is ``None``. Raises ``PhotoChanged`` when it
    is another now, and what every act on a fiche raises (``fiches.services``).
    """
    with undone_on_failure() as names, changing_files(fiche=fiche, by=by, scope=scope, now=now) as locked:
        _refuse_other_photo(locked, seen)
        locked.files.filter(kind__in=PHOTOS).delete()
        names.append(store(_folder(now), ".jpg", ContentFile(content)))
        return FicheFile.objects.create(
            fiche=locked,
            kind=FileKind.PHOTO,
            file=names[0],
            name="photo.jpg",
            content_type=JPEG,
            size=len(content),
            over=_photo_of(locked),
            added_at=now,
            added_by=by,
        )


def remove_photo(
    *, fiche: Fiche, by: User, scope: Scope, now: datetime.datetime, seen: str | None = None
) -> FicheFile | None:
    """Take away the photo proposed, else propose to take off the one that the record shows; return that removal.

    ``seen`` and what is raised: as ``set_photo``.
    """
    with changing_files(fiche=fiche, by=by, scope=scope, now=now) as locked:
        _refuse_other_photo(locked, seen)
        proposed = locked.files.filter(kind=FileKind.PHOTO).delete()[0]
        if proposed or not (over := _photo_of(locked)):
            return None
        known = {"over": over, "added_at": now, "added_by": by}
        return FicheFile.objects.get_or_create(fiche=locked, kind=FileKind.PHOTO_REMOVAL, defaults=known)[0]


def add_attachments(
    *, fiche: Fiche, uploads: Sequence[Upload], by: User, scope: Scope, now: datetime.datetime
) -> list[FicheFile]:
    """Propose files, all of them or none.

    Raises ``ValidationError`` beyond ``MAX_ATTACHMENTS`` or for a file already there.
    """
    with undone_on_failure() as names, changing_files(fiche=fiche, by=by, scope=scope, now=now) as locked:
        _refuse_doubles(uploads, _present(locked))
        for upload in uploads:
            names.append(store(_folder(now), EXTENSIONS[upload.content_type], ContentFile(upload.content)))
        return FicheFile.objects.bulk_create(
            FicheFile(
                fiche=locked,
                kind=FileKind.ATTACHMENT,
                file=name,
                name=upload.name,
                content_type=upload.content_type,
                size=len(upload.content),
                sha256=upload.sha256,
                added_at=now,
                added_by=by,
            )
            for name, upload in zip(names, uploads, strict=True)
        )


def remove_attachment(*, fiche: Fiche, attachment_id: int, by: User, scope: Scope, now: datetime.datetime) -> None:
    """Propose to remove an attachment that the record shows. Raises ``Attachment.DoesNotExist``."""
    with changing_files(fiche=fiche, by=by, scope=scope, now=now) as locked:
        if locked.record is None:
            raise Attachment.DoesNotExist
        attachment = locked.record.attachments.present().get(pk=attachment_id)
        FicheFile.objects.get_or_create(
            fiche=locked,
            removes=attachment,
            defaults={
                "kind": FileKind.ATTACHMENT_REMOVAL,
                "name": attachment.name,
                "added_at": now,
                "added_by": by,
            },
        )


def drop_file(*, fiche: Fiche, file_id: int, by: User, scope: Scope, now: datetime.datetime) -> FicheFile:
    """Take back what was proposed: a new file goes, one to remove stays. Raises ``FicheFile.DoesNotExist``."""
    with changing_files(fiche=fiche, by=by, scope=scope, now=now) as locked:
        dropped = locked.files.get(pk=file_id)
        locked.files.filter(pk=file_id).delete()
    return dropped


def files_in_use(limit: datetime.datetime) -> set[str]:
    """Files that a fiche still proposes, but those of dossiers abandoned before ``limit``."""
    kept = FicheFile.objects.exclude(file="").exclude(
        fiche__dossier__state=DossierState.ABANDONED, fiche__dossier__decided_at__lt=limit
    )
    return set(kept.values_list("file", flat=True))


def _present(fiche: Fiche) -> dict[str, str]:
    """Names of the attachments that the record will show, by digest."""
    removed = set(fiche.files.exclude(removes=None).values_list("removes_id", flat=True))
    rows: list[Any] = []
    if fiche.record is not None and hasattr(fiche.record, "attachments"):
        rows += fiche.record.attachments.present().exclude(pk__in=removed).values_list("sha256", "name")
    rows += fiche.files.filter(kind=FileKind.ATTACHMENT).values_list("sha256", "name")
    return dict(rows)


def _refuse_doubles(uploads: Sequence[Upload], present: dict[str, str]) -> None:
    """Raise ``ValidationError`` for a file already there, or more files than a record carries."""
    if len(present) + len(uploads) > MAX_ATTACHMENTS:
        raise ValidationError(f"Une fiche porte {MAX_ATTACHMENTS} pièces jointes au plus.", code="too_many")
    known = dict(present)
    for upload in uploads:
        if upload.sha256 in known:
            raise ValidationError(
                f"«\u00a0{upload.name}\u00a0» est déjà joint, sous le nom «\u00a0{known[upload.sha256]}\u00a0».",
                code="twice",
            )
        known[upload.sha256] = upload.name


def _photo_of(fiche: Fiche) -> str:
    """Name of the photo that the record of a fiche shows; empty without one."""
    photo = getattr(fiche.record, "photo", None)
    return str(photo.name) if photo else ""


def _refuse_other_photo(fiche: Fiche, seen: str | None) -> None:
    if seen is not None and seen != photo_in_sight(fiche):
        raise PhotoChanged


def _folder(now: datetime.datetime) -> str:
    return f"{FOLDER}/{now:%Y/%m}"
