"""Rows of the page of a fiche, its drafts, files and preview: those of its dossier alone."""

from collaborative.fiches.files import add_attachments
from collaborative.models import Fiche
from directory.attachments.uploads import PDF, Upload

from . import NOT_ALLOWED, Row
from .collaborative_dossiers import director, unit_fiche

KNOWN = "login 404 404 200 200 404 404"
CHANGED = "login 404 404 away away 404 404"


def kept_file(world):
    place = unit_fiche(world)
    fiche = Fiche.objects.with_records().get(pk=place["fiche_id"])
    if not fiche.files.exists():
        add_attachments(fiche=fiche, uploads=[Upload("Livret.pdf", b"%PDF-1.4", PDF)], **director())
    return {**place, "file_id": fiche.files.get().pk}


def removable(world):
    return {"fichier": kept_file(world)["file_id"]}


ROWS = [
    Row("collaborative:fiche_detail", get=KNOWN, post="login 404 404 409 409 404 404", kwargs=unit_fiche),
    Row("collaborative:fiche_draft", get=NOT_ALLOWED, post="login 404 404 200 200 404 404", kwargs=unit_fiche),
    Row("collaborative:fiche_files", get=KNOWN, post="login 404 404 422 422 404 404", kwargs=unit_fiche),
    Row("collaborative:fiche_file_remove", get=NOT_ALLOWED, post=CHANGED, kwargs=unit_fiche, data=removable),
    Row("collaborative:fiche_file", get=KNOWN, kwargs=kept_file),
    Row("collaborative:fiche_preview", get=KNOWN, kwargs=unit_fiche),
]
