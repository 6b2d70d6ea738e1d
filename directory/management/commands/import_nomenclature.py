"""``import_nomenclature FICHIER.json``: an official nomenclature of the ANS."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from directory.imports.command import UNREADABLE, ImportCommand
from directory.imports.nomenclatures import choices_of_lists, coded_list
from directory.models import ImportRun


class Command(ImportCommand):
    """Bring a list of terms to the state of a FHIR ValueSet or CodeSystem."""

    help = "Importe une nomenclature nationale (FHIR ValueSet ou CodeSystem, JSON)."
    kind = ImportRun.Kind.NOMENCLATURE

    def add_options(self, parser: CommandParser) -> None:
        """Take the list, when the file does not tell it, and what becomes of absent terms."""
        parser.add_argument(
            "--list", default="", help=f"liste à laquelle le fichier est destiné : {choices_of_lists()}"
        )
        parser.add_argument("--retire", action="store_true", help="retirer les termes absents du fichier")
        parser.add_argument("--older", action="store_true", help="accepter un fichier plus ancien que la liste")

    def options_of(self, options: dict[str, Any]) -> dict[str, Any]:
        """Options of the run."""
        coded = coded_list(options["list"]) if options["list"] else None
        if options["list"] and coded is None:
            raise CommandError(f"Liste inconnue. Connues : {choices_of_lists()}.", returncode=UNREADABLE)
        return {"list": coded.slug if coded else "", "retire": options["retire"], "older": options["older"]}
