"""The « bilan d'étape » of a campaign: the tables and the list of its page, as sheets."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from common.xlsx import Sheet

from .progress import Progress, Row, TargetLine, directors_by_entity, table_of, total_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..models import Campaign

COUNTS = [(progress.label, 14) for progress in Progress]
COLUMNS = [
    *[("FINESS", 12), ("Établissement", 44), ("Type d’EG", 34), ("Commune", 26), ("Département", 24)],
    *[("Avancement", 16), ("Fiches finalisées", 12), ("Fiches à décrire", 12), ("Dernier changement", 18)],
    *[("Envoyé le", 18), ("Décidé le", 18), ("Relances", 10), ("Dernière relance", 18), ("Directeurs", 40)],
    ("Remarque", 26),
]


def sheets_of(campaign: Campaign, lines: Sequence[TargetLine], now: datetime.datetime) -> list[Sheet]:
    """Sheets: what the campaign is, its tables, its EGs. One query: the directors."""
    directors = directors_by_entity([line.entity for line in lines], timezone.localdate(now))
    about = [
        ("Campagne", campaign.name),
        ("Début", campaign.starts_on),
        ("Fin", campaign.ends_on),
        ("Close le", campaign.closed_at),
        ("Bilan au", now),
        *((progress.label, count) for progress, count in zip(Progress, total_of(lines).counts, strict=True)),
        ("Établissements", len(lines)),
    ]
    return [
        Sheet("Bilan", [("Campagne", 24), ("Valeur", 40)], about),
        Sheet("Par département", [("Département", 28), *COUNTS, ("Total", 10)], _counts(table_of(lines, "department"))),
        Sheet("Par type", [("Type d’EG", 44), *COUNTS, ("Total", 10)], _counts(table_of(lines, "kind"))),
        Sheet(
            "Établissements",
            COLUMNS,
            (_cells(line, ", ".join(map(str, directors[line.entity.pk]))) for line in lines),
        ),
    ]


def _counts(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    return [(row.label, *row.counts, row.total) for row in sorted(rows, key=lambda row: row.label)]


def _cells(line: TargetLine, directors: str) -> tuple[Any, ...]:
    entity, dossier, target = line.entity, line.dossier, line.target
    return (
        entity.finess,
        entity.name,
        line.kind,
        entity.commune.list_name,
        line.department,
        line.progress.label,
        dossier.done_count if dossier else 0,
        dossier.fiche_count if dossier else 0,
        dossier.changed_at if dossier and dossier.started_at else None,
        dossier.sent_at if dossier else None,
        dossier.decided_at if dossier else None,
        target.reminders,
        target.reminded_at,
        directors,
        line.note,
    )
