"""What a mail lists: the remarks of a return, the messages of a thread, each with the address of its field."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from directory.versions.wording import field_label

from ..fiches.anchors import url_about
from ..fiches.groups import label_of_point
from ..models import Comment
from ..pages import dossier_url
from ..tree import fiche_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..models import Dossier, Fiche, Step

NAMES_SHOWN = 10


@dataclass(frozen=True)
class Line:
    """One remark. ``about``: « UO ACT Vesta, Adresse mail », empty for the dossier as a whole."""

    about: str
    text: str
    url: str


def names_of(fiches: Sequence[Fiche]) -> str:
    """« « ACT Vesta », « LAM Altair » et 3 autres »: the first fiches by name. Pure."""
    names = [f"«\u00a0{fiche}\u00a0»" for fiche in fiches]
    shown = names if len(names) <= NAMES_SHOWN else names[: NAMES_SHOWN - 1]
    rest = len(names) - len(shown)
    words = [*shown, f"{rest} autres"] if rest else shown
    return " et ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def returned_lines(step: Step, base_url: str, of: Dossier | None = None) -> list[Line]:
    """Remarks that came with a return, in the order of the fiches: one query.

    ``of``: the dossier that they are in, when it is not that of the step: the rest of a partial publication.
    """
    asked = Comment.objects.filter(dossier=of or step.dossier_id, is_return=True, at=step.at, by=step.by_id)
    rows = asked.select_related("fiche", "dossier").order_by("fiche__position", "fiche", "pk")
    return [line_of(comment, base_url) for comment in rows]


def comment_lines(first: Comment, until: datetime.datetime, base_url: str) -> list[Line]:
    """A message and those that its author wrote in the dossier after it, until ``until``: one query."""
    mine = Comment.objects.filter(
        dossier=first.dossier_id, by=first.by_id, is_return=False, at__range=(first.at, until)
    )
    return [line_of(comment, base_url) for comment in mine.select_related("fiche", "dossier").order_by("at", "pk")]


def line_of(comment: Comment, base_url: str) -> Line:
    """A message, its fiche loaded, with the absolute address of what it speaks of."""
    fiche = comment.fiche
    if fiche is None:
        return Line("", comment.text, urljoin(base_url, dossier_url(comment.dossier)) + "#messages")
    about, url = str(fiche), urljoin(base_url, fiche_url(fiche))
    if comment.field:
        label = label_of_point if comment.is_return else field_label
        about = f"{about}, {label(fiche.kind, comment.field)}"
        url = url_about(url, fiche.kind, comment.field, {row["name"] for row in fiche.missing})
    return Line(about, comment.text, url)
