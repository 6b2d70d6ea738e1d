"""Delete the files of attachments removed, photos replaced and imports sent more than thirty days ago."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from common import french
from directory.attachments.services import KEPT_DAYS, purge
from directory.imports import purge as imports


class Command(BaseCommand):
    help = (
        f"Supprime les fichiers qu’aucune fiche ne montre, et ceux déposés pour un import, depuis plus de {KEPT_DAYS} "
        "jours. À lancer chaque jour."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many files went."""
        attachments, photos = purge(now=timezone.now())
        imported = imports.purge(now=timezone.now())
        self.stdout.write(
            f"{french.counted(attachments, 'pièce jointe supprimée', 'pièces jointes supprimées')}, "
            f"{french.counted(photos, 'photo supprimée', 'photos supprimées')}, "
            f"{french.counted(imported, 'fichier d’import supprimé', 'fichiers d’import supprimés')}."
        )
