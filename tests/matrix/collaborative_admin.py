"""Rows of dossiers and reasons in `/admin/`: support alone; a dossier is read, its acts are those of the list."""

from collaborative.models import ReturnReason

from .back_office import pages_of
from .collaborative_review import taken


def reason(world):
    return ReturnReason.objects.create(label="Nom", text="Précisez le nom.")


ROWS = [
    *pages_of("collaborative_dossier", taken, add=False, change=False),
    *pages_of("collaborative_returnreason", reason),
]
