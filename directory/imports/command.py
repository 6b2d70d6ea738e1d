"""What the commands ``import_*`` share: the same engine as the pages, without the web."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import sys
from pathlib import Path
from typing import IO, Any, ClassVar

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError, CommandParser

from common import french

from ..models import ImportLine, ImportRun
from . import engine, runs
from .registry import importer_of

TAKEN, UNREADABLE, SOME_REFUSED = 0, 1, 2  # exit codes (01-settled, Imports)


OS_ERRORS = {
    errno.ENOENT: "il n’existe pas",
    errno.EACCES: "l’accès en est refusé",
    errno.EPERM: "l’accès en est refusé",
    errno.EISDIR: "c’est un dossier",
    errno.ENOTDIR: "son chemin passe par un fichier",
    errno.ENAMETOOLONG: "son nom est trop long",
    errno.EROFS: "le disque est en lecture seule",
    errno.ENOSPC: "le disque est plein",
    errno.EIO: "le disque ne répond pas",
}


def in_french(error: OSError) -> str:
    """Say what the system refused."""
    return OS_ERRORS.get(error.errno or 0, f"erreur {error.errno} du système")


class ImportCommand(BaseCommand):
    """Read a file; exit with 0 when every line was taken, 2 when lines were refused, 1 when it could not be read.

    A subclass names its ``kind`` and may add arguments in ``add_options``, which ``options_of`` turns into the
    options of the run. A command cut before its end goes on from there when it is typed again.
    """

    kind: ClassVar[ImportRun.Kind]

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, --dry-run and --report, and what the subclass adds."""
        parser.add_argument("file", metavar="FICHIER", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="tout vérifier sans rien enregistrer")
        parser.add_argument("--report", metavar="RAPPORT.csv", type=Path, help="verdict de chaque ligne")
        self.add_options(parser)

    def add_options(self, parser: CommandParser) -> None:
        """Add the arguments of this kind of file; none by default."""

    def options_of(self, options: dict[str, Any]) -> dict[str, Any]:
        """Options of the run (JSON values) from the arguments."""
        return {}

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, tell, write the report, exit."""
        with self._report(options) as report:
            run = self._run(options)
            try:
                run = engine.execute(run.pk, self._progress)
            except engine.RunTaken as taken:
                raise CommandError("Ce fichier est déjà en cours de lecture.", returncode=UNREADABLE) from taken
            if report:
                report.writelines(runs.report_csv(run))
        if run.state == ImportRun.State.REFUSED:
            raise CommandError(run.error, returncode=UNREADABLE)
        if run.state != ImportRun.State.DONE:
            raise CommandError(
                f"{run.error} Import arrêté avant la fin\u00a0: relancez la commande.".strip(), returncode=UNREADABLE
            )
        self._tell(run)
        if engine.lines_refused(run):
            sys.exit(SOME_REFUSED)

    def _report(self, options: dict[str, Any]) -> contextlib.AbstractContextManager[IO[bytes] | None]:
        """Open the report before anything is read: a place where nothing can be written is known at once."""
        path = options["report"]
        if path is None:
            return contextlib.nullcontext()
        try:
            if path.exists() and options["file"].exists() and path.samefile(options["file"]):
                raise CommandError("Le rapport ne peut pas prendre la place du fichier.", returncode=UNREADABLE)
            return path.open("wb")
        except OSError as error:
            raise CommandError(
                f"Rapport impossible à écrire\u00a0: {in_french(error)}.", returncode=UNREADABLE
            ) from error

    def _run(self, options: dict[str, Any]) -> ImportRun:
        path, wanted = options["file"], self.options_of(options)
        try:
            with path.open("rb") as content:
                file = File(content, name=path.name)
                if file.size > importer_of(self.kind).max_bytes():
                    raise CommandError(engine.too_big(importer_of(self.kind)), returncode=UNREADABLE)
                digest = hashlib.file_digest(content, "sha256").hexdigest()
                cut = runs.interrupted_run(kind=self.kind, sha256=digest, dry_run=options["dry_run"], options=wanted)
                if cut:
                    self.stdout.write(f"Reprise après {french.counted(cut.position, 'ligne')}.")
                    return cut
                content.seek(0)
                return runs.create_run(
                    kind=self.kind,
                    file=file,
                    file_name=path.name,
                    dry_run=options["dry_run"],
                    options=wanted,
                    by=None,
                )
        except engine.StillAlive as alive:
            wait = french.counted(alive.seconds, "seconde")
            raise CommandError(
                f"Un import identique est peut-être en cours\u00a0: attendez {wait}, puis relancez la commande.",
                returncode=UNREADABLE,
            ) from alive
        except OSError as error:
            raise CommandError(f"Fichier illisible\u00a0: {in_french(error)}.", returncode=UNREADABLE) from error

    def _progress(self, run: ImportRun) -> None:
        self.stdout.write(f"{french.number(run.position)} / {french.number(run.total or 0)}")

    def _tell(self, run: ImportRun) -> None:
        self.stdout.write("Essai à blanc, rien n’a été enregistré." if run.dry_run else "Import terminé.")
        for verdict in ImportLine.Verdict:
            if count := run.counts.get(verdict):
                word = importer_of(self.kind).words[verdict][1]
                self.stdout.write(f"{word}\u00a0: {french.number(count)}")
