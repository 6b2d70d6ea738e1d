"""Prepare the continuity kits: for each department the PDF and the HTML file of a day without network. Hourly."""

import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from common.commands import read_moment
from common.french import counted
from directory.models import Department
from search.continuity.services import purge_left_behind, write_kit

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Runs as often as wanted: a kit less than an hour old is left as it is."""

    help = "Prépare le kit de continuité de chaque département (PDF et HTML)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the departments, the moment, and whether to begin again before the hour."""
        parser.add_argument("--department", action="append", metavar="CODE", help="celui-ci seulement, par exemple 75")
        parser.add_argument("--now", help="moment de référence, par exemple 2026-11-21T12:00+01:00")
        parser.add_argument("--force", action="store_true", help="même si le dernier a moins d’une heure")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write those that are due; one that fails leaves the others alone and its last one in place."""
        now, asked = read_moment(options["now"]), options["department"]
        departments = list(Department.objects.defer("outline"))
        known = {department.code for department in departments}
        if unknown := [code for code in asked or () if code not in known]:
            raise CommandError(f"Département inconnu : {', '.join(unknown)}.")
        failed, written = [], 0
        for department in departments:
            if asked and department.code not in asked:
                continue
            try:
                kit = write_kit(department=department, now=now, force=options["force"])
            except (OSError, DatabaseError):
                logger.exception("continuity kit of %s", department.code)
                failed.append(department.code)
                continue
            written += kit is not None
            if kit and options["verbosity"]:
                size = counted(round(kit.pdf_size / 1000), "ko de PDF", "ko de PDF")
                self.stdout.write(
                    f"{department} : {counted(kit.units, 'fiche')}, {counted(kit.pages, 'page')}, {size}."
                )
        purge_left_behind(now=now)
        if options["verbosity"]:
            self.stdout.write(f"{counted(written, 'kit préparé', 'kits préparés')}.")
        if failed:
            raise CommandError(f"Sans nouveau kit : {', '.join(failed)}. Les précédents restent.")
