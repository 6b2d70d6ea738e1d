"""The workbook of the synthesis: the table as on the page, its cells one by one, the units behind, the criteria."""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.utils.text import capfirst

from common.french import NBSP
from common.xlsx import Sheet

from ..cells import CellKind
from ..criteria_words import ignored_rows
from ..groupings import COUNT_LABELS
from .form import SynthesisForm
from .table import REGION_KEY, ShownCell, Synthesis, coverage_words
from .units import UnitBehind

KIND_WORDS = {
    CellKind.ABSENT: "aucune unité",
    CellKind.UNKNOWN: "inconnu",
    CellKind.ZERO: "complet",
    CellKind.KNOWN: "places",
}
CELL_COLUMNS = [
    ("Regroupement", 34),
    ("Département", 14),
    ("État", 14),
    ("Places disponibles", 12),
    ("Unités comptées", 12),
    ("Unités ouvertes à la saisie", 14),
    ("Unités du regroupement", 14),
    ("Chiffre le plus ancien", 18),
    ("Fraîcheur", 12),
    ("Écart avec la semaine précédente", 18),
    ("Places la semaine précédente", 14),
    ("Unités comptées la semaine précédente", 14),
    ("Mêmes unités comptées", 14),
]
UNIT_COLUMNS = [
    ("Établissement", 34),
    ("Unité", 34),
    ("Type d’UO", 30),
    ("Commune", 22),
    ("Département", 12),
    ("Téléphone", 16),
    ("Places disponibles", 12),
    ("Places installées", 12),
    ("Compté dans la synthèse", 14),
    ("Chiffre saisi", 12),
    ("État du chiffre", 24),
    ("Chiffre confirmé le", 18),
    ("Mentions", 40),
    ("Répartition", 40),
    ("Commentaire", 50),
]
STATES = {
    "closed": "indisponible",
    "inactive": "saisie non activée",
    "unknown": "jamais saisi",
    "expired": "périmé",
    "to_confirm": "à confirmer",
    "known": "",
}


def sheets_of(
    table: Synthesis, units: Iterable[UnitBehind], form: SynthesisForm, now: datetime.datetime
) -> list[Sheet]:
    """Sheets « Synthèse », « Cases », « Unités » and « Critères »."""
    titles = [("Regroupement", 34), *((f"{row.code} {row.name}", 14) for row in table.columns), ("Total", 14)]
    return [
        Sheet("Synthèse", titles, ([row.grouping.name, *map(_value, row.all_cells)] for row in table.rows)),
        Sheet("Cases", CELL_COLUMNS, (_cell(cell) for row in table.rows for cell in row.all_cells)),
        Sheet("Unités", UNIT_COLUMNS, (_unit(row) for row in units)),
        Sheet("Critères", [("Critère", 40), ("Valeur", 80)], _criteria(table, form, now)),
    ]


def _value(shown: ShownCell) -> int | str:
    """Number of places, or the word that stands for it on the page."""
    if shown.cell.kind in (CellKind.ABSENT, CellKind.UNKNOWN):
        return KIND_WORDS[shown.cell.kind]
    return shown.cell.free


def _cell(shown: ShownCell) -> Sequence[Any]:
    cell = shown.cell
    return [
        shown.grouping.name,
        "Total" if shown.column == REGION_KEY else shown.column,
        KIND_WORDS[cell.kind],
        cell.free if cell.counted else None,
        cell.counted,
        cell.open,
        cell.units,
        cell.oldest,
        shown.band.label if shown.band else "",
        *_before(shown),
    ]


def _before(shown: ShownCell) -> Sequence[Any]:
    """Change in a week, what was there, and whether the same units were counted; empty when it was not asked for."""
    if shown.before is None:
        return [None] * 4
    before = shown.before
    return [shown.change, before.free if before.counted else None, before.counted, shown.is_same_units]


def _unit(row: UnitBehind) -> Sequence[Any]:
    unit, figure = row.unit, row.figure
    commune = unit.address_record.commune
    is_told = row.is_stated and row.kind != "inactive"
    return [
        unit.geographic_entity.name,
        unit.name,
        unit.unit_type.label,
        commune.list_name if unit.address_shown else "",
        commune.department_id,
        row.phone["number"] if row.phone else "",
        row.free if is_told else None,
        row.installed,
        row.counts,
        figure.figure if is_told else None,
        "nombre non précisé" if row.kind == "known" and row.is_part_missing else STATES[row.kind] or row.state_words,
        figure.confirmed_at if is_told else None,
        " ; ".join(mark.text for mark in row.marks),
        row.sentence if is_told else "",
        figure.comment if is_told else "",
    ]


def _criteria(table: Synthesis, form: SynthesisForm, now: datetime.datetime) -> Iterator[Sequence[Any]]:
    """What was asked, what each number means, and when."""
    yield "Situation au", table.moment
    yield "Fichier établi le", now
    yield from form.applied()
    yield from ignored_rows(form.ignored)
    if table.overall:
        yield "Total de la sélection, chaque unité comptée une fois", table.overall.free
        yield "Couverture de la sélection", coverage_words(table.overall)
    yield "Places disponibles", "Somme des chiffres comptés ; les lits mutualisés comptent une fois."
    for row in table.rows:
        if row.grouping.counted:
            label = f"Nombre additionné pour «{NBSP}{row.grouping.name}{NBSP}»"
            yield label, capfirst(COUNT_LABELS[row.grouping.counted])
    yield "Chiffre saisi", "Total de places libres de l’unité, quand un regroupement n’en additionne qu’une partie."
    yield "Inconnu", "Des unités, mais aucun chiffre qui compte : ce n’est pas zéro."
    if form.cleaned_data.get("date"):
        yield "Situation passée", "Saisies et indisponibilités telles qu’enregistrées alors ; le reste d’aujourd’hui."
