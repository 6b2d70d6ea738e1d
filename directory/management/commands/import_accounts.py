"""``import_accounts FICHIER.xlsx --base-url https://…``: accounts and roles from a workbook."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.core.validators import URLValidator

from directory.imports.command import UNREADABLE, ImportCommand
from directory.models import ImportRun


class Command(ImportCommand):
    """Create the accounts of a workbook and give the roles that are missing."""

    help = "Crée les comptes d’un classeur Excel et donne les rôles (modèle proposé sur la page des imports)."
    kind = ImportRun.Kind.ACCOUNTS

    def add_options(self, parser: CommandParser) -> None:
        """Take the address of the site, which the mails to new accounts need."""
        parser.add_argument(
            "--base-url",
            default="",
            help="adresse du site, pour les mails aux nouveaux comptes ; sans elle, aucun mail",
        )

    def options_of(self, options: dict[str, Any]) -> dict[str, Any]:
        """Options of the run."""
        if base_url := options["base_url"]:
            try:
                URLValidator(schemes=["http", "https"])(base_url)
            except ValidationError as error:
                raise CommandError(
                    "L’adresse du site est attendue en entier : https://…", returncode=UNREADABLE
                ) from error
        return {"base_url": base_url}
