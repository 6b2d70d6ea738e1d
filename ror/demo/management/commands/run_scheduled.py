"""Run once, in one process, what production leaves to a scheduler (docs/operations.md)."""

import logging
from typing import Any

from django.core.management import BaseCommand, call_command

logger = logging.getLogger(__name__)

KITS = ("write_continuity_kit",)
ROUND = (
    ("tell_support_of_reports",),
    ("remind",),
    ("tell_alerts",),
    ("remind_campaigns",),
    ("find_duplicates", "--if-due"),
    KITS,
)


class Command(BaseCommand):
    """Late reports, reminders, alerts, campaigns, duplicates, continuity kits; one that fails stops no other."""

    help = "Lance une fois ce que la production confie à un ordonnanceur."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: Any) -> None:
        """Take what to run."""
        parser.add_argument("--kits", action="store_true", help="seulement les fichiers de continuité")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run each command; a failure is logged."""
        for name, *arguments in (KITS,) if options["kits"] else ROUND:
            try:
                call_command(name, *arguments, verbosity=0)
            except Exception:
                logger.exception("scheduled command %s failed", name)
