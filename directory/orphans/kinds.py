"""What an orphan is, in words, and from when référents are silent. Pure."""

from __future__ import annotations

import datetime
from enum import StrEnum

SILENT_FOR = datetime.timedelta(days=183)  # six months (spec 30)


class OrphanKind(StrEnum):
    """The lists of orphans; the value stands in the address."""

    UNIT_ALONE = "uo-sans-responsable"
    ENTITY_EMPTY = "eg-sans-uo"
    SILENT = "referents-silencieux"


LABELS: dict[OrphanKind, str] = {
    OrphanKind.UNIT_ALONE: "UO sans responsable",
    OrphanKind.ENTITY_EMPTY: "Établissements sans UO",
    OrphanKind.SILENT: "Référents silencieux",
}
EXPLANATIONS: dict[OrphanKind, str] = {
    OrphanKind.UNIT_ALONE: (
        "Personne n’est responsable de disponibilités de ces unités, ni de leur établissement, ni de leur entité "
        "juridique. Celles qui n’ont pas non plus de directeur sont en tête. Une unité dont la saisie des places n’est "
        "pas ouverte (une CPTS, par exemple) n’a pas besoin de responsable\u00a0: elle n’est pas dans cette liste."
    ),
    OrphanKind.ENTITY_EMPTY: (
        "Aucune unité ouverte n’est décrite dans ces établissements\u00a0: une recherche ne les trouve pas."
    ),
    OrphanKind.SILENT: (
        "Depuis six mois, personne n’a modifié ces établissements ni leurs unités (imports mis à part), et aucune "
        "place n’y a été saisie, alors que quelqu’un y est référent, directeur ou responsable."
    ),
}
NONE_LEFT: dict[OrphanKind, str] = {
    OrphanKind.UNIT_ALONE: "Chaque unité dont la saisie des places est ouverte a son responsable de disponibilités.",
    OrphanKind.ENTITY_EMPTY: "Chaque établissement publié a au moins une unité.",
    OrphanKind.SILENT: "Chaque établissement suivi a donné signe de vie depuis six mois.",
}


def silent_since(now: datetime.datetime) -> datetime.datetime:
    """Moment before which a sign of life no longer counts."""
    return now - SILENT_FOR
