"""The kit as one HTML file that asks for nothing else: its styles are inside, it has no script.

Colours and sizes are those of the site, read from its own style sheets. What stands between the two marks is also shown
by the page of the site (``body_of``).
"""

import datetime
from collections.abc import Sequence
from functools import cache
from typing import IO

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from .layout import cover_words, dated_words, title_words
from .marks import LEGEND
from .reading import Kit, KitUnit, Section

STYLES = ("tokens.css", "continuity.css")
BEGINS, ENDS = "<!-- kit -->", "<!-- /kit -->"


@cache
def styles() -> SafeString:
    """The style element of the file; our own sheets hold nothing that would end it."""
    sheets = (settings.BASE_DIR / "static/css" / name for name in STYLES)
    return mark_safe(f"<style>{''.join(sheet.read_text(encoding='utf-8') for sheet in sheets)}</style>")  # noqa: S308


class HtmlFile:
    """The file of a kit as it is written, one type after the other: ``add_section`` for each, then ``finish``."""

    def __init__(self, kit: Kit, out: IO[bytes]) -> None:
        self.out = out
        labels = {section.type_id: section.label for section in kit.sections}
        index = [
            (commune, [(labels[each], f"type-{each}-{commune.insee}") for each in commune.type_ids])
            for commune in kit.communes
        ]
        self.about = {"kit": kit, "words": cover_words(kit), "legend": LEGEND, "styles": styles(), "index": index}
        self.about |= repeated(kit.place, kit.at)
        head, _, self.foot = self._render("file", body=mark_safe(BEGINS)).partition(BEGINS)  # noqa: S308 (a constant)
        self._write(f"{head}{BEGINS}{self._render('summary')}")

    def add_section(self, section: Section, units: Sequence[KitUnit]) -> None:
        """Write the units of a type."""
        self._write(self._render("section", section=section, units=units))

    def finish(self) -> None:
        """Write the index and the end."""
        self._write(f"{self._render('index')}{ENDS}{self.foot}")

    def _render(self, template: str, **more: object) -> str:
        return render_to_string(f"search/continuity_{template}.html", self.about | more)

    def _write(self, text: str) -> None:
        self.out.write(text.encode())


def repeated(place: str, at: datetime.datetime) -> dict[str, str]:
    """What each printed page repeats, as those of the PDF do, for ``search/continuity_pages.html``."""
    return {"repeated_title": title_words(place), "repeated_date": dated_words(at)}


def body_of(text: str) -> SafeString:
    """What the site's page shows of a file written here: escaped by its templates."""
    body = text.partition(BEGINS)[2].rpartition(ENDS)[0]
    return mark_safe(body)  # noqa: S308
