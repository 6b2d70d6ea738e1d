"""Preparing and keeping the kits: whole or not at all, one at a time, a day of them (spec 40, Beyond the seeds)."""

import datetime
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from directory.models import Department

from ..models import ContinuityKit
from .html import HtmlFile
from .layout import Booklet
from .pdf import draw
from .reading import CALL_AFTER, read_kit

FOLDER = "continuite"
DUE_AFTER = datetime.timedelta(minutes=55)  # an hourly scheduler never skips a turn because it came a little early
KEPT = datetime.timedelta(hours=24)
LEFT_BEHIND = datetime.timedelta(hours=25)  # age of a file that no kit names: nobody is writing nor reading it
_LOCKS = 0x524F4B49  # any number of our own: first key of the advisory locks, the second is the department
_IN_MEMORY = 4_000_000  # bytes of a file kept in memory before it goes to a temporary one
_SITE = "ROR Île-de-France"


def write_kit(*, department: Department, now: datetime.datetime, force: bool = False) -> ContinuityKit | None:
    """Prepare the kit of a department from what is known at ``now``; return it.

    ``None``, and nothing is done, when the last one is less than an hour old (unless ``force``) or when another
    process is preparing it. The new one is known once both of its files are whole: until then, and after a failure,
    people read the last one.
    """
    with transaction.atomic():
        if not _lock(department) or not (force or is_due(department, now)):
            return None
        with _undone_on_failure() as names:
            kit = _write(department, now, names)
        newest = ContinuityKit.objects.filter(department=department).order_by("-at", "-pk").values("pk")[:1]
        old = ContinuityKit.objects.filter(department=department, at__lt=now - KEPT).exclude(pk__in=newest)
        gone = [name for pair in old.values_list("pdf_name", "html_name") for name in pair]
        old.delete()
    for name in gone:
        default_storage.delete(name)
    return kit


def is_due(department: Department, now: datetime.datetime) -> bool:
    """Tell whether the last kit is an hour old, or its files went away."""
    last = ContinuityKit.objects.filter(department=department).order_by("-at", "-pk").first()
    if last is None or last.at + DUE_AFTER <= now:
        return True
    return not (default_storage.exists(last.pdf_name) and default_storage.exists(last.html_name))


def is_old(kit: ContinuityKit, now: datetime.datetime) -> bool:
    """Tell whether the figures of a kit are to be asked for again."""
    return now - kit.at > CALL_AFTER


def purge_left_behind(*, now: datetime.datetime) -> int:
    """Delete files that a process stopped at the wrong moment left without a kit; return how many."""
    known = {name for pair in ContinuityKit.objects.values_list("pdf_name", "html_name") for name in pair}
    try:
        _, names = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return 0
    gone = 0
    for name in (f"{FOLDER}/{name}" for name in names if name):
        if name not in known and default_storage.get_modified_time(name) < now - LEFT_BEHIND:
            default_storage.delete(name)
            gone += 1
    return gone


def last_kits() -> list[tuple[Department, ContinuityKit | None]]:
    """Departments in order, each with its last kit: two queries."""
    newest = ContinuityKit.objects.order_by("department_id", "-at", "-pk").distinct("department_id")
    found = {kit.department_id: kit for kit in newest}
    return [(department, found.get(department.code)) for department in Department.objects.defer("outline")]


def last_kit(code: str) -> ContinuityKit | None:
    """Last kit of a department, ``None`` without any: one query."""
    kits = ContinuityKit.objects.filter(department=code).select_related("department").defer("department__outline")
    return kits.order_by("-at", "-pk").first()


def _write(department: Department, now: datetime.datetime, names: list[str]) -> ContinuityKit:
    """Read, write both files, then their row. ``names``: what is stored so far."""
    kit = read_kit(department, now)
    moment = timezone.localtime(now)
    stem = f"{FOLDER}/{department.code}-{moment:%Y-%m-%d-%H%M}-{secrets.token_hex(8)}"
    with _temporary() as pdf_file, _temporary() as html_file:
        booklet, page = Booklet(kit), HtmlFile(kit, html_file)
        for section, units in kit.units_of():
            booklet.add_section(section, units)
            page.add_section(section, units)
        page.finish()
        pages, bookmarks = booklet.finish()
        draw(pages, bookmarks, pdf_file, title=f"Kit de continuité – {kit.place} – {moment:%d/%m/%Y %H:%M}", site=_SITE)
        pdf_size, html_size = pdf_file.tell(), html_file.tell()
        names.append(pdf_name := _store(f"{stem}.pdf", pdf_file))
        names.append(html_name := _store(f"{stem}.html", html_file))
    return ContinuityKit.objects.create(
        department=department,
        at=now,
        units=kit.units,
        pages=len(pages),
        pdf_name=pdf_name,
        pdf_size=pdf_size,
        html_name=html_name,
        html_size=html_size,
    )


def _temporary() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(_IN_MEMORY)


def _store(name: str, file: IO[bytes]) -> str:
    file.seek(0)
    return default_storage.save(name, File(file))


@contextmanager
def _undone_on_failure() -> Iterator[list[str]]:
    """Give a list for the names stored; they are deleted when the act fails."""
    names: list[str] = []
    try:
        yield names
    except BaseException:
        for name in names:
            default_storage.delete(name)
        raise


def _lock(department: Department) -> bool:
    """Take the department for this transaction; tell whether nobody has it."""
    key = int.from_bytes(department.code.encode()[:3], "big")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCKS, key])
        return bool(cursor.fetchone()[0])
