"""The kit as one HTML file that asks for nothing else: its styles are inside, it has no script.

Colours and sizes are those of the site, read from its own style sheets. What stands between the two marks is also shown
by the page of the site (``body_of``).
"""

from functools import cache
from typing import IO

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from .layout import cover_words, dated_words
from .marks import LEGEND
from .reading import Kit

STYLES = ("tokens.css", "continuity.css")
BEGINS, ENDS = "<!-- kit -->", "<!-- /kit -->"


@cache
def styles() -> SafeString:
    """The style element of the file; our own sheets hold nothing that would end it."""
    sheets = (settings.BASE_DIR / "static/css" / name for name in STYLES)
    return mark_safe(f"<style>{''.join(sheet.read_text(encoding='utf-8') for sheet in sheets)}</style>")  # noqa: S308


def write_html(kit: Kit, out: IO[bytes]) -> None:
    """Write the file, one type after the other: records are read as it goes."""
    labels = {section.type_id: section.label for section in kit.sections}
    index = [
        (commune, [(labels[each], f"type-{each}-{commune.insee}") for each in commune.type_ids])
        for commune in kit.communes
    ]
    about = {
        "kit": kit,
        "dated": dated_words(kit),
        "words": cover_words(kit),
        "legend": LEGEND,
        "styles": styles(),
        "index": index,
    }

    def render(template: str, **more: object) -> str:
        return render_to_string(f"search/continuity_{template}.html", about | more)

    head, _, foot = render("file", body=mark_safe(BEGINS)).partition(BEGINS)  # noqa: S308 (a constant)
    out.write(f"{head}{BEGINS}{render('summary')}".encode())
    for section, units in kit.units_of():
        out.write(render("section", section=section, units=list(units)).encode())
    out.write(f"{render('index')}{ENDS}{foot}".encode())


def body_of(text: str) -> SafeString:
    """What the site's page shows of a file that ``write_html`` wrote: escaped by its templates."""
    body = text.partition(BEGINS)[2].rpartition(ENDS)[0]
    return mark_safe(body)  # noqa: S308
