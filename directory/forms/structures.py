"""Form of the only block of a structure, for dossiers: a structure has no page of its own."""

from __future__ import annotations

from ..models import Structure
from .base import BlockForm


class StructureIdentificationForm(BlockForm):
    """Identification: name, level, contacts. Where the structure stands is told by the tree of its dossier."""

    model = Structure
    block = "identification"
    names = ("name", "level", "phone", "email")
    required_names = frozenset({"name", "level"})
    help_texts = {
        "name": "Nom du pôle, du service ou de l’unité fonctionnelle.",
        "level": "Une structure dépend d’un établissement, ou d’une structure d’un niveau supérieur.",
        "phone": "Numéro du secrétariat de la structure.",
        "email": "Boîte de la structure plutôt que celle d’une personne.",
    }
