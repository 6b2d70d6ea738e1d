"""Load the reference data: departments, communes, outlines, nomenclatures, groupings, published texts."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from common import reference
from common.french import number


class Command(BaseCommand):
    """Bring every table of reference data to the state of ``fixtures/``, in one transaction. Repeatable."""

    help = "Charge les données de référence ; un second passage ne change rien."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the registered loaders in their order and print what each did."""
        with transaction.atomic():
            for loader in reference.loaders():
                for done in loader():
                    if options["verbosity"]:
                        self.stdout.write(
                            f"{done.label}\u00a0: {number(done.total)} "
                            f"(ajouts\u00a0: {number(done.created)}, modifications\u00a0: {number(done.changed)})"
                        )
