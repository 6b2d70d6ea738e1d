"""First versions of the legal texts, from ``fixtures/legal/`` (``manage.py load_reference``)."""

from pathlib import Path

from django.conf import settings

from common.french import french_spaces
from common.reference import Loaded

from .models import LegalText
from .services import publish_legal_text

FILES = {
    LegalText.Kind.TERMS: "conditions-generales.md",
    LegalText.Kind.NOTICE: "mentions-legales.md",
    LegalText.Kind.ACCESSIBILITY: "accessibilite.md",
}


def load_legal_texts() -> list[Loaded]:
    """Publish version 1 of each text that has none; a text already published is support's and is left alone."""
    published = set(LegalText.objects.values_list("kind", flat=True))
    missing = [kind for kind in FILES if kind not in published]
    for kind in missing:
        body = (Path(settings.BASE_DIR) / "fixtures" / "legal" / FILES[kind]).read_text(encoding="utf-8")
        publish_legal_text(kind=kind, body=french_spaces(body), by=None)
    return [Loaded("Textes légaux", len(FILES), len(missing), 0)]
