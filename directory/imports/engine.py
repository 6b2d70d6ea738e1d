"""Reading a file from its first line to its last: batches, dry run, stopping, going on after a cut.

A batch is one transaction: what the importer writes, the verdicts on its lines, the position and the counts commit
together. A dry run is the same, less the importer's writes, which are rolled back. A process that dies therefore leaves
either a whole batch or nothing, and whoever takes the run next goes on from ``position``. Two processes never write the
same batch: the run's row is locked, and its position is compared under the lock.
"""

from __future__ import annotations

import contextlib
import datetime
import logging
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone

from accounts.roles import Role

from ..enums import ScopeKind
from ..models import ImportLine, ImportRun
from ..scopes import Grant, Scope, scope_of
from . import purge
from .contract import Context, Importer, Line, LineVerdict, RunTaken, UnreadableFile, Verdict
from .registry import importer_of

SILENT_AFTER = datetime.timedelta(seconds=60)  # without a sign of life for so long, a run is taken for dead
SUPPORT_ITSELF = Scope(None, (Grant(Role.SUPPORT, ScopeKind.REGION, None),))  # a command on the server
LABEL_LENGTH, KEY_LENGTH = 255, 40  # of ImportLine
BY_THE_DATABASE = "Refusée par la base de données\u00a0: valeur impossible ou déjà prise."
NO_LONGER_ALLOWED = "La personne qui a lancé cet import n’a plus le droit d’importer."

logger = logging.getLogger(__name__)
State = ImportRun.State
Progress = Callable[[ImportRun], None]


class StillAlive(Exception):
    """The same file is being read, or was less than SILENT_AFTER ago; ``seconds`` more tell whether it still is."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def execute(run_id: int, progress: Progress = lambda run: None) -> ImportRun:
    """Read a waiting or dead run to its end and return it; ``progress`` is called after each batch.

    Raises ``RunTaken``. A file that cannot be read ends in state « refused », with its reason; one that can no longer
    be read, or whose person lost the right, after some lines were written, in state « stopped »; so does one that
    ``take`` did not let begin. An unexpected error is raised again: the run stays where it was and can be taken up.
    """
    run = take(run_id)
    if run.state != State.RUNNING:
        return run
    by = run.started_by
    scope = scope_of(by) if by else SUPPORT_ITSELF
    context = Context(run, by, scope, timezone.now())
    importer = importer_of(run.kind)(context)
    try:
        if not all(scope.may(permission) for permission in importer.permissions):
            raise UnreadableFile(NO_LONGER_ALLOWED)
        with open_file(importer, run) as file:
            _read(importer, run, file, progress)
    except UnreadableFile as refusal:
        finish(run, State.STOPPED if run.position else State.REFUSED, str(refusal))
    except RunTaken:
        run.refresh_from_db()
    except Exception:
        logger.exception("import %s cut at %s", run.pk, run.position)
        release(run)
        raise
    finally:
        importer.close()
    if importer.personal and run.state == State.DONE and not run.dry_run:
        purge.forget(str(run.file.name))
    return run


def take(run_id: int) -> ImportRun:
    """Mark a run as being read by this process. Raises ``RunTaken`` when it is over or another process is at it.

    One file of a kind is read at a time: two would each take for new what the other has just written. While another one
    is being read, this run is stopped with its reason, and a person has it go on later.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        run = ImportRun.objects.select_for_update(of=("self",)).select_related("started_by").get(pk=run_id)
        if not may_take(run, timezone.now()):
            raise RunTaken
        now = timezone.now()
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('import'), hashtext(%s))", [run.kind])
        others = ImportRun.objects.filter(kind=run.kind, state=State.RUNNING).exclude(pk=run.pk)
        if other := next((other for other in others.order_by("pk") if silent_in(other, now)), None):
            run.state, run.finished_at, run.error = State.STOPPED, now, busy_words(other)
        else:
            run.state, run.alive_at, run.finished_at, run.error = State.RUNNING, now, None, ""
            run.started_at = run.started_at or now
        run.save()
    return run


def busy_words(other: ImportRun) -> str:
    """Say that another file of the same kind is being read."""
    title = importer_of(other.kind).title
    return (
        f"Un autre import «\u00a0{title}\u00a0» est en cours de lecture ({other.file_name})\u00a0: "
        "reprenez celui-ci quand il sera terminé."
    )


def may_take(run: ImportRun, now: datetime.datetime) -> bool:
    """Tell whether a run waits for somebody to read it: waiting, or without a sign of life. Pure.

    One that was stopped waits for nobody until ``runs.resume_run`` makes it wait again.
    """
    return run.state == State.WAITING or is_silent(run, now)


def may_resume(run: ImportRun, now: datetime.datetime) -> bool:
    """Tell whether a person may have a run go on: stopped, or without a sign of life. Pure."""
    return run.state == State.STOPPED or is_silent(run, now)


def is_silent(run: ImportRun, now: datetime.datetime) -> bool:
    """Tell whether a run being read gave no sign of life for SILENT_AFTER: its process is taken for dead. Pure."""
    return run.state == State.RUNNING and not silent_in(run, now)


def silent_in(run: ImportRun, now: datetime.datetime) -> int:
    """Seconds before a run being read is taken for dead, unless it gives a sign of life. Pure."""
    if run.alive_at is None:
        return 0
    return max(0, math.ceil((run.alive_at + SILENT_AFTER - now).total_seconds()))


def open_file(importer: Importer, run: ImportRun):
    """Open the stored file. Raises ``UnreadableFile`` when it is empty, too big or gone."""
    if not run.size:
        raise UnreadableFile("Le fichier est vide.")
    if run.size > importer.max_bytes():
        raise UnreadableFile(too_big(importer))
    try:
        return run.file.open("rb")
    except (OSError, ValueError) as error:
        raise UnreadableFile("Le fichier déposé n’existe plus\u00a0: déposez-le de nouveau.") from error


def too_big(importer: Importer | type[Importer]) -> str:
    """Say the greatest size of a file."""
    return f"Le fichier est trop gros\u00a0: {importer.max_bytes() // 1024**2} Mo au plus."


def _read(importer: Importer, run: ImportRun, file, progress: Progress) -> None:
    total = importer.check(file)
    if not total:
        raise UnreadableFile("Le fichier ne contient aucune ligne à importer.")
    with locked(run):
        run.total = total
        run.save(update_fields=["total"])
    file.seek(0)
    for lines in batches(importer.rows(file, run.position), importer.batch_size):
        write_batch(importer, run, lines)
        progress(run)
    finish(run, State.DONE)


def batches(lines: Iterator[Line], size: int) -> Iterator[list[Line]]:
    """Cut an iterator into lists of ``size``, more when the next line is joined to the last one."""
    batch: list[Line] = []
    for line in lines:
        if len(batch) >= size and not line.joined:
            yield batch
            batch = []
        batch.append(line)
    if batch:
        yield batch


@contextlib.contextmanager
def locked(run: ImportRun) -> Iterator[None]:
    """Open a transaction that holds the run's row.

    Raises ``RunTaken`` when the run was stopped, or is further than we left it.
    """
    with transaction.atomic():
        found = ImportRun.objects.select_for_update().only("state", "position").get(pk=run.pk)
        if (found.state, found.position) != (State.RUNNING, run.position):
            raise RunTaken
        yield


def write_batch(importer: Importer, run: ImportRun, lines: Sequence[Line]) -> None:
    """Write one batch with its verdicts, position and counts, all or nothing."""
    position, counts = run.position, run.counts
    try:
        with locked(run):
            verdicts = judge(importer, lines)
            ImportLine.objects.bulk_create([stored(run, verdict) for verdict in verdicts], batch_size=1000)
            run.counts = dict(Counter(counts) + Counter(str(verdict.verdict) for verdict in verdicts))
            run.position = position + len(lines)
            run.alive_at = timezone.now()
            run.save(update_fields=["counts", "position", "alive_at"])
    except BaseException:
        run.position, run.counts = position, counts
        raise


def judge(importer: Importer, lines: Sequence[Line]) -> list[LineVerdict]:
    """Verdict on each line of a batch, in order; the writes of a dry run are rolled back."""
    with transaction.atomic():
        taken = iter(apply_by_halves(importer, [line for line in lines if not line.refusal]))
        verdicts = [line.refused(line.refusal) if line.refusal else next(taken) for line in lines]
        if importer.context.dry_run:
            transaction.set_rollback(True)
    return verdicts


def apply_by_halves(importer: Importer, lines: Sequence[Line]) -> list[LineVerdict]:
    """Apply a batch; when the database refuses it, each half apart, so that only the guilty line is refused.

    With it go the lines that are joined to it.
    """
    if not lines:
        return []
    try:
        with transaction.atomic():
            return importer.apply(lines)
    except (IntegrityError, DataError) as error:
        half = middle(lines)
        if not half:
            logger.warning("import %s, line %s refused by the database: %s", importer.context.run.pk, lines[0], error)
            return [line.refused(BY_THE_DATABASE) for line in lines]
        return apply_by_halves(importer, lines[:half]) + apply_by_halves(importer, lines[half:])


def middle(lines: Sequence[Line]) -> int:
    """Place where to cut lines in two without parting joined ones, about the middle; 0 when there is none. Pure."""
    cuts = [place for place, line in enumerate(lines) if place and not line.joined]
    return min(cuts, key=lambda place: abs(2 * place - len(lines)), default=0)


def stored(run: ImportRun, verdict: LineVerdict) -> ImportLine:
    """Row of the report."""
    line = verdict.line
    return ImportLine(
        run=run,
        number=line.number,
        verdict=verdict.verdict,
        key=line.key[:KEY_LENGTH],
        label=line.label[:LABEL_LENGTH],
        reason=verdict.reason,
    )


def finish(run: ImportRun, state: str, error: str = "") -> None:
    """End a run, unless somebody stopped it meanwhile."""
    with transaction.atomic():
        found = ImportRun.objects.select_for_update().get(pk=run.pk)
        if found.state == State.RUNNING:
            found.state, found.error, found.finished_at = state, error, timezone.now()
            found.save(update_fields=["state", "error", "finished_at"])
    run.refresh_from_db()


def release(run: ImportRun) -> None:
    """Leave a run that an error cut ready to be taken up again at once."""
    ImportRun.objects.filter(pk=run.pk, state=State.RUNNING).update(state=State.STOPPED, finished_at=timezone.now())


def lines_refused(run: ImportRun) -> int:
    """Number of lines refused alone."""
    return run.counts.get(Verdict.REFUSED, 0)
