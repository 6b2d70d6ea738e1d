"""Rows of the continuity kit: everybody who reads the directory sees it and takes it away."""

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from search.models import ContinuityKit

from . import READERS, Row


def paris(world):
    """A kit of Paris, whose files are a word; it is found again by the next calls of the row."""
    department, name = world.paris10.department, "continuite/matrice"
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(b"<!-- kit --><p>kit</p><!-- /kit -->"))
    ContinuityKit.objects.get_or_create(
        department=department,
        defaults={"at": timezone.now(), "units": 1, "pages": 1, "pdf_name": name, "html_name": name}
        | {"pdf_size": 35, "html_size": 35},
    )
    return {"code": department.code}


ROWS = [
    Row("search:continuity", get=READERS),
    Row("search:continuity_kit", get=READERS, kwargs=paris),
    Row("search:continuity_pdf", get=READERS, kwargs=paris),
    Row("search:continuity_html", get=READERS, kwargs=paris),
]
