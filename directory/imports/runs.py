"""Acts on runs: start, go on, stop, import for good after a dry run (spec 10, Imports)."""

from __future__ import annotations

import csv
import functools
import hashlib
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.roles import Permission
from accounts.services import log_action

from ..models import ImportLine, ImportRun
from . import engine, tasks
from .registry import importer_of

if TYPE_CHECKING:
    from accounts.models import User

    from ..scopes import Scope

State = ImportRun.State
OPEN = (State.WAITING, State.RUNNING, State.STOPPED)  # not over
REPORT_BATCH = 2000  # lines read at a time
REPORT_TITLES = ("Ligne", "Verdict", "Identifiant", "Libellé", "Précision")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def may_run(scope: Scope, kind: str) -> bool:
    """Tell whether a person may import this kind of file."""
    return all(scope.may(permission) for permission in importer_of(kind).permissions)


def may_see(scope: Scope) -> bool:
    """Tell whether the pages of imports are this person's."""
    return scope.may(Permission.IMPORT_RUN)


def create_run(
    *,
    kind: str,
    file: File,
    file_name: str,
    dry_run: bool,
    options: dict[str, Any],
    by: User | None,
    request_ip: str | None = None,
) -> ImportRun:
    """Store a file and write its run, waiting, and its line in the audit log; nothing is read yet.

    ``options`` holds JSON values.
    """
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    run = ImportRun(
        kind=kind,
        file_name=file_name[-160:],
        size=file.size or 0,
        sha256=digest.hexdigest(),
        dry_run=dry_run,
        options=options,
        started_by=by,
    )
    file.seek(0)
    run.file.save(f"{run.sha256[:16]}.dat", file, save=False)
    with transaction.atomic():
        run.save()
        log_launch(run, request_ip)
    return run


def log_launch(run: ImportRun, request_ip: str | None) -> None:
    """Add the launch of a run to the audit log."""
    log_action(
        action=AuditEntry.Action.IMPORT_LAUNCHED,
        actor=run.started_by,
        target=f"Import {run.pk}\u00a0: {run.file_name}",
        request_ip=request_ip,
        details={"run": run.pk, "kind": str(run.kind), "dry_run": run.dry_run, "sha256": run.sha256},
    )


def start_run(**values: Any) -> ImportRun:
    """``create_run``, then read it in the background."""
    run = create_run(**values)
    enqueue(run)
    return run


def confirm_run(*, run: ImportRun, options: dict[str, Any], by: User, request_ip: str | None = None) -> ImportRun:
    """Import for good the file of a dry run, with what was confirmed; asking twice gives the same run.

    Raises ``engine.RunTaken`` when ``run`` is not a dry run that ended.
    """
    with transaction.atomic():
        tried = ImportRun.objects.select_for_update().get(pk=run.pk)
        if not (tried.dry_run and tried.state == State.DONE):
            raise engine.RunTaken
        if (follower := confirmed_run(tried)) is not None:
            return follower
        follower = ImportRun.objects.create(
            kind=tried.kind,
            file=tried.file.name,
            file_name=tried.file_name,
            size=tried.size,
            sha256=tried.sha256,
            dry_run=False,
            options={**tried.options, **options, "after": tried.pk},
            started_by=by,
        )
        log_launch(follower, request_ip)
    enqueue(follower)
    return follower


def confirmed_run(run: ImportRun) -> ImportRun | None:
    """Import for good that a dry run led to, if any."""
    return ImportRun.objects.filter(kind=run.kind, dry_run=False, options__after=run.pk).first()


def stop_run(*, run: ImportRun) -> bool:
    """Stop a run at the end of its present batch; tell whether there was something to stop."""
    with transaction.atomic():
        found = ImportRun.objects.select_for_update().get(pk=run.pk)
        if found.state not in {State.WAITING, State.RUNNING}:
            return False
        found.state, found.finished_at = State.STOPPED, timezone.now()
        found.save(update_fields=["state", "finished_at"])
    return True


def resume_run(*, run: ImportRun) -> bool:
    """Have a stopped or dead run go on from where it was; tell whether it may."""
    with transaction.atomic():
        found = ImportRun.objects.select_for_update().get(pk=run.pk)
        if not engine.may_resume(found, timezone.now()):
            return False
        wait(found)
        enqueue(found)
    return True


def wait(run: ImportRun) -> None:
    """Have a locked run wait to be read again."""
    run.state, run.finished_at, run.error = State.WAITING, None, ""
    run.save(update_fields=["state", "finished_at", "error"])


@transaction.atomic
def interrupted_run(*, kind: str, sha256: str, dry_run: bool, options: dict[str, Any]) -> ImportRun | None:
    """Run of a command over the same file, cut before its end, made waiting so that it goes on; ``None`` without one.

    Raises ``engine.StillAlive`` when the same file is being read, or was a moment ago: a process that was killed is
    only known to be dead after ``engine.SILENT_AFTER``.
    """
    same = ImportRun.objects.select_for_update().filter(kind=kind, sha256=sha256, dry_run=dry_run).order_by("-pk")
    now = timezone.now()
    for run in same.filter(state=State.RUNNING):
        if seconds := engine.silent_in(run, now):
            raise engine.StillAlive(seconds)
    cut = same.filter(options=options, started_by=None, state__in=OPEN).first()
    if cut is not None:
        wait(cut)
    return cut


def enqueue(run: ImportRun) -> None:
    """Read a run in the background, once it is committed."""
    transaction.on_commit(functools.partial(tasks.read_file.enqueue, run_id=run.pk))


def report_lines(run: ImportRun) -> Iterator[ImportLine]:
    """Lines of the report, in the order of reading, a few at a time."""
    last = 0
    while lines := list(ImportLine.objects.filter(run=run, pk__gt=last).order_by("pk")[:REPORT_BATCH]):
        yield from lines
        last = lines[-1].pk


def report_csv(run: ImportRun) -> Iterator[bytes]:
    """Report for a spreadsheet: « ; », UTF-8 with its mark, no cell that could run as a formula."""
    yield "\N{ZERO WIDTH NO-BREAK SPACE}".encode()
    yield csv_line(REPORT_TITLES)
    words = importer_of(run.kind).words
    for line in report_lines(run):
        yield csv_line((line.number or "", words[line.verdict][0], line.key, line.label, line.reason))


def csv_line(cells: tuple[Any, ...]) -> bytes:
    """One line of the report."""
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerow(safe_cell(str(cell)) for cell in cells)
    return text.getvalue().encode()


def safe_cell(text: str) -> str:
    """Text that a spreadsheet never takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
