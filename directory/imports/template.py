"""The Excel template of an import: a sheet to fill in with lists of choices, the instructions, the lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

import xlsxwriter
from django.http import FileResponse
from xlsxwriter.utility import xl_col_to_name

from common.xlsx import download_response

from .workbook import Column

READY_ROWS = 2000  # lines that offer the lists of choices
LISTS, INSTRUCTIONS = "Listes", "Mode d’emploi"
MAX_PROMPT = 255  # characters of the format


@dataclass(frozen=True)
class Template:
    """What a template holds: the sheet to fill in, its columns, and sentences for the instructions."""

    sheet: str
    columns: Sequence[Column]
    sentences: Sequence[str]


def template_response(file_name: str, template: Template) -> FileResponse:
    """Answer with a template to download. ``file_name`` carries its « .xlsx »."""
    return download_response(file_name, lambda file: write_template(file, template))


def write_template(file: IO[bytes], template: Template) -> None:
    """Write a template into ``file`` (binary, seekable). The sheet to fill in holds its titles alone."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        formats = {
            "required": book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 2}),
            "title": book.add_format({"text_wrap": True, "valign": "top", "bottom": 2}),
            "text": book.add_format({"num_format": "@"}),
            "bold": book.add_format({"bold": True, "valign": "top"}),
            "wrapped": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        page = book.add_worksheet(template.sheet)
        _write_instructions(book.add_worksheet(INSTRUCTIONS), template, formats)
        ranges = _write_lists(book.add_worksheet(LISTS), template.columns, formats)
        _write_titles(page, template.columns, ranges, formats)


def _write_titles(page: Any, columns: Sequence[Column], ranges: dict[str, str], formats: dict[str, Any]) -> None:
    page.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        page.set_column(place, place, column.width, formats["text"] if column.text else None)
        star = "\u00a0*" if column.required else ""
        page.write_string(0, place, column.title + star, formats["required" if column.required else "title"])
        rule: dict[str, Any] = {
            "validate": "any",
            "input_title": column.title[:32],
            "input_message": column.help[:MAX_PROMPT],
        }
        if column.key in ranges and not column.several:
            rule |= {"validate": "list", "source": ranges[column.key], "error_type": "warning"}
            rule |= {
                "error_title": "Hors de la liste",
                "error_message": "Un libellé ou un code de la liste est attendu.",
            }
        page.data_validation(1, place, READY_ROWS, place, rule)


def _write_instructions(page: Any, template: Template, formats: dict[str, Any]) -> None:
    page.set_column(0, 0, 36)
    page.set_column(1, 1, 14)
    page.set_column(2, 2, 80)
    page.set_column(3, 3, 44)
    for line, sentence in enumerate(template.sentences):
        page.merge_range(line, 0, line, 3, sentence, formats["wrapped"])
        page.set_row(line, 15 * (1 + len(sentence) // 150))
    top = len(template.sentences) + 1
    for place, title in enumerate(("Colonne", "Obligatoire", "Ce qu’elle attend", "Exemple")):
        page.write_string(top, place, title, formats["bold"])
    for line, column in enumerate(template.columns, start=top + 1):
        cells = (column.title, "oui" if column.required else "", column.help, column.example)
        for place, text in enumerate(cells):
            page.write_string(line, place, text, formats["wrapped"])


def _write_lists(page: Any, columns: Sequence[Column], formats: dict[str, Any]) -> dict[str, str]:
    """Write the choices of each column below its title; return the range of each."""
    ranges = {}
    page.freeze_panes(1, 0)
    listed = [column for column in columns if column.choices]
    for place, column in enumerate(listed):
        page.set_column(place, place, 48)
        page.write_string(0, place, column.title, formats["bold"])
        for line, choice in enumerate(column.choices, start=1):
            page.write_string(line, place, choice)
        name = xl_col_to_name(place)
        ranges[column.key] = f"={LISTS}!${name}$2:${name}${len(column.choices) + 1}"
    return ranges
