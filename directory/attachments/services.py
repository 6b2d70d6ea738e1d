"""Photos and attachments of EGs and UOs: each act writes the file, then the record and its history in one transaction.

A file is removed again when its transaction fails; one that a record no longer shows stays until
``purge_removed_files``, for the history (spec 10).
"""

from __future__ import annotations

import contextlib
import datetime
import secrets
from typing import TYPE_CHECKING, Any, Protocol

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.db import transaction
from django.utils import timezone

from ..enums import RecordKind
from ..history import KINDS
from ..models import Attachment, GeographicEntity, OperationalUnit, RecordChange
from ..services import RecordEdit, start_edit
from .uploads import EXTENSIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from django.core.files.storage import Storage

    from accounts.models import User

    from ..scopes import Scope
    from .uploads import Upload

MAX_ATTACHMENTS = 20  # of a record
KEPT_DAYS = 30  # of a file that no record shows any more
PHOTOS, ATTACHMENTS = "photos", "pieces-jointes"

Owner = GeographicEntity | OperationalUnit

# Folders of higher apps, each with what tells the names that they use, of files shown after a limit.
_folders: dict[str, Callable[[datetime.datetime], set[str]]] = {}


def register_folder(folder: str, in_use: Callable[[datetime.datetime], set[str]]) -> None:
    """Let ``purge`` clean a folder of a higher app, whose files records may take over as they are.

    ``in_use`` gets the limit, and returns the names that the app still needs.
    """
    _folders[folder] = in_use


class Named(Protocol):
    """A file to attach: an upload, or one that a fiche proposes."""

    @property
    def name(self) -> str: ...

    @property
    def sha256(self) -> str: ...


def set_photo(*, record: Owner, content: bytes, by: User, scope: Scope) -> RecordChange | None:
    """Give a record its photo, a JPEG that ``uploads.read_photo`` wrote. Raises what ``start_edit`` raises."""
    folder = f"{PHOTOS}/{KINDS[type(record)]}"
    with _stored([(folder, ".jpg", content)]) as (name,), transaction.atomic():
        edit = _begin(record, by, scope)
        edit.record.photo = name
        edit.check()
        return edit.finish()


def remove_photo(*, record: Owner, by: User, scope: Scope) -> RecordChange | None:
    """Take the photo off a record; ``None`` when it has none. Raises what ``start_edit`` raises."""
    with transaction.atomic():
        edit = _begin(record, by, scope)
        edit.record.photo = ""
        edit.check()
        return edit.finish()


def add_attachments(*, record: Owner, uploads: Sequence[Upload], by: User, scope: Scope) -> RecordChange | None:
    """Attach files to a record, all of them or none.

    Raises ``ValidationError`` beyond ``MAX_ATTACHMENTS`` or for a file already there, and what ``start_edit`` raises.
    """
    folder = attachments_folder(timezone.now())
    files = [(folder, EXTENSIONS[upload.content_type], upload.content) for upload in uploads]
    with _stored(files) as names, transaction.atomic():
        edit = _begin(record, by, scope)
        refuse_too_many(record, uploads)
        Attachment.objects.bulk_create(
            Attachment(
                **_owner(record),
                file=name,
                name=upload.name,
                content_type=upload.content_type,
                size=len(upload.content),
                sha256=upload.sha256,
                added_by=by,
            )
            for name, upload in zip(names, uploads, strict=True)
        )
        edit.check()
        return edit.finish()


def remove_attachment(*, record: Owner, attachment_id: int, by: User, scope: Scope) -> Attachment:
    """Remove one attachment; its file goes later, with ``purge``.

    Raises ``Attachment.DoesNotExist`` when the record has none such (any more), and what ``start_edit`` raises.
    """
    with transaction.atomic():
        edit = _begin(record, by, scope)
        attachment = record.attachments.present().get(pk=attachment_id)
        attachment.removed_at, attachment.removed_by = edit.now, by
        attachment.save(update_fields=["removed_at", "removed_by"])
        edit.check()
        edit.finish()
    return attachment


def purge(*, now: datetime.datetime) -> tuple[int, int]:
    """Delete the files that no record has shown for ``KEPT_DAYS`` days; return how many attachments, and photos.

    Also those that a process stopped at the wrong moment left behind. The rows of attachments stay, for the history.
    """
    limit = now - datetime.timedelta(days=KEPT_DAYS)
    storage = _storage()
    removed = 0
    for attachment in Attachment.objects.filter(removed_at__lt=limit).exclude(file=""):
        storage.delete(str(attachment.file.name))
        Attachment.objects.filter(pk=attachment.pk).update(file="")
        removed += 1
    used = set(Attachment.objects.exclude(file="").values_list("file", flat=True))
    removed += _delete_unused(storage, ATTACHMENTS, used, limit)
    photos = _photos_in_use(limit)
    for folder, in_use in _folders.items():
        removed += _delete_unused(storage, folder, used | photos | in_use(limit), limit)
    return removed, _delete_unused(storage, PHOTOS, photos, limit)


def _begin(record: Owner, by: User, scope: Scope) -> RecordEdit:
    """Lock a record in the version that it has now: files conflict with no block."""
    locked = type(record).objects.select_for_update(of=("self",), no_key=True).only("version").get(pk=record.pk)
    return start_edit(record=record, expected_version=locked.version, by=by, scope=scope)


@contextlib.contextmanager
def undone_on_failure() -> Iterator[list[str]]:
    """Give a list to fill with the names of files as ``store`` gives them; they are deleted when the act fails."""
    names: list[str] = []
    try:
        yield names
    except BaseException:
        for name in names:
            _storage().delete(name)
        raise


def store(folder: str, extension: str, content: File) -> str:
    """Store a file under a name that tells nothing; return that name."""
    return _storage().save(f"{folder}/{secrets.token_hex(16)}{extension}", content)


def attachments_folder(now: datetime.datetime) -> str:
    """Folder of the attachments added at ``now``."""
    return f"{ATTACHMENTS}/{timezone.localtime(now):%Y/%m}"


@contextlib.contextmanager
def _stored(files: Sequence[tuple[str, str, bytes]]) -> Iterator[list[str]]:
    """Store files (folder, extension, content); delete them when the act fails."""
    with undone_on_failure() as names:
        for folder, extension, content in files:
            names.append(store(folder, extension, ContentFile(content)))
        yield names


def _storage() -> Storage:
    return Attachment._meta.get_field("file").storage  # noqa: SLF001 - the documented model API


def refuse_too_many(record: Owner, uploads: Sequence[Named]) -> None:
    """Raise ``ValidationError`` beyond ``MAX_ATTACHMENTS``, for a file already there or twice in ``uploads``."""
    present = dict(record.attachments.present().values_list("sha256", "name"))
    count = record.attachments.present().count()
    if count + len(uploads) > MAX_ATTACHMENTS:
        raise ValidationError(
            f"Une fiche porte {MAX_ATTACHMENTS} pièces jointes au plus\u00a0: elle en a déjà {count}.", code="too_many"
        )
    digests = [upload.sha256 for upload in uploads]
    for upload in uploads:
        if upload.sha256 in present:
            raise ValidationError(
                f"«\u00a0{upload.name}\u00a0» est déjà joint, sous le nom «\u00a0{present[upload.sha256]}\u00a0».",
                code="twice",
            )
        if digests.count(upload.sha256) > 1:
            raise ValidationError(f"«\u00a0{upload.name}\u00a0» est deux fois dans votre envoi.", code="twice")


def _owner(record: Owner) -> dict[str, Any]:
    return {"unit" if KINDS[type(record)] == RecordKind.UNIT else "geographic_entity": record}


def _photos_in_use(limit: datetime.datetime) -> set[str]:
    """Photos that records show, and those that they showed after ``limit``."""
    used: set[str] = set()
    for model in (GeographicEntity, OperationalUnit):
        used |= set(model.objects.exclude(photo="").values_list("photo", flat=True))
    recent = RecordChange.objects.filter(at__gte=limit, changes__has_key="photo").values_list(
        "changes__photo", flat=True
    )
    return used | {name for pair in recent for name in pair if name}


def _delete_unused(storage: Storage, folder: str, used: set[str], limit: datetime.datetime) -> int:
    """Delete the files below ``folder`` that are older than ``limit`` and not in ``used``."""
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return 0
    deleted = 0
    for name in (f"{folder}/{name}" for name in names if name):
        if name not in used and storage.get_modified_time(name) < limit:
            storage.delete(name)
            deleted += 1
    return deleted + sum(_delete_unused(storage, f"{folder}/{below}", used, limit) for below in folders)
