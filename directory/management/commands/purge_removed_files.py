"""Delete the files of attachments removed, and of photos replaced, more than thirty days ago."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from common import french
from directory.files import KEPT_DAYS, purge


class Command(BaseCommand):
    help = f"Supprime les fichiers qu’aucune fiche ne montre depuis plus de {KEPT_DAYS} jours. À lancer chaque jour."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many files went."""
        attachments, photos = purge(now=timezone.now())
        self.stdout.write(
            f"{french.counted(attachments, 'pièce jointe supprimée', 'pièces jointes supprimées')}, "
            f"{french.counted(photos, 'photo supprimée', 'photos supprimées')}."
        )
