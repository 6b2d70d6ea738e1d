"""The conversation of a dossier between its directors and support: messages and the remarks of its steps (spec 30)."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db.models import BooleanField, CharField, F, IntegerField, Value
from django.utils.dateparse import parse_datetime

from directory.versions.wording import field_label

from .enums import DossierAct
from .fiches.anchors import url_about
from .fiches.groups import label_of_point
from .models import Comment, Fiche, Step
from .tree import fiche_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.http import HttpRequest

    from .models import Dossier
    from .tree import Tree

SEEN = "dossiers_lus"  # session: when the thread of each dossier was last shown
SEEN_DOSSIERS = 40
_ACTS = {
    DossierAct.SEND: "en envoyant le dossier",
    DossierAct.WITHDRAW: "en le retirant de la validation",
    DossierAct.RETURN: "en le renvoyant à corriger",
    DossierAct.VALIDATE: "en le validant",
    DossierAct.VALIDATE_PART: "en validant une partie",
    DossierAct.ABANDON: "en l’abandonnant",
}
_COLUMNS = ("at", "by_id", "by__first_name", "by__last_name", "text_", "act_", "fiche_", "field_", "is_return_")


@dataclass(frozen=True)
class Message:
    """One message. ``about``: the fiche and the field it speaks of, ``url`` leads there; ``act``: what it goes with."""

    at: datetime.datetime
    by_id: int
    author: str
    text: str
    act: str
    fiche_id: int | None
    field: str
    is_return: bool
    is_new: bool = False
    about: str = ""
    url: str = ""

    @property
    def when(self) -> str:
        """« en envoyant le dossier », empty for a message alone."""
        return _ACTS.get(DossierAct(self.act), "") if self.act else ""


def thread_of(dossier: Dossier, tree: Tree, request: HttpRequest, *, fiche: Fiche | None = None) -> list[Message]:
    """Messages of a dossier, or of one of its fiches, the oldest first: one query.

    Those written by others since the person last saw the thread or acted in it are new; that is remembered in the
    session, as shown now.
    """
    since = _seen(request, dossier)
    found = [_message(row) for row in _rows(dossier, fiche)]
    own = [message.at for message in found if message.by_id == request.scope.user_id]
    last = max([*own, *([since] if since else [])], default=None)
    fiches = _fiches_of(found, tree)
    shown = [_placed(message, fiches, request.scope.user_id, last) for message in found]
    if any(message.is_new for message in shown):
        _remember(request, dossier, max(message.at for message in shown))
    return shown


def returned_remarks(dossier: Dossier, messages: Iterable[Message]) -> list[Message]:
    """What the validator asks to correct: the remarks of the last return, those on fields after that on the dossier."""
    asked = [message for message in messages if message.is_return or message.act == DossierAct.RETURN]
    if dossier.sent_at is not None:
        asked = [message for message in asked if message.at >= dossier.sent_at]
    return sorted(asked, key=lambda message: (message.fiche_id is not None, message.at))


def _rows(dossier: Dossier, fiche: Fiche | None) -> list[tuple[Any, ...]]:
    comments = Comment.objects.filter(dossier=dossier)
    if fiche is not None:
        comments = comments.filter(fiche=fiche)
    written = comments.order_by().annotate(
        text_=F("text"),
        act_=Value("", output_field=CharField()),
        fiche_=F("fiche_id"),
        field_=F("field"),
        is_return_=F("is_return"),
    )
    rows = written.values_list(*_COLUMNS)
    if fiche is None:
        # What a remainder opens with is already a message of its thread (``publication.remainder``).
        steps = Step.objects.filter(dossier=dossier, fiche=None).exclude(act=DossierAct.OPEN)
        steps = steps.exclude(remark="").exclude(by=None)
        said = steps.order_by().annotate(
            text_=F("remark"),
            act_=F("act"),
            fiche_=Value(None, output_field=IntegerField(null=True)),
            field_=Value("", output_field=CharField()),
            is_return_=Value(False, output_field=BooleanField()),  # noqa: FBT003
        )
        rows = rows.union(said.values_list(*_COLUMNS), all=True).order_by("at")
    return sorted(rows, key=lambda row: row[0])


def _message(row: tuple[Any, ...]) -> Message:
    at, by_id, first, last, text, act, fiche_id, field, is_return = row
    return Message(at, by_id, f"{first} {last}".strip(), text, act, fiche_id, field, is_return)


def _fiches_of(messages: list[Message], tree: Tree) -> dict[int, Fiche]:
    """Fiches that messages speak of, by id; one query more for those that a partial publication took elsewhere."""
    nodes = {node.fiche.pk: node.fiche for node in tree}
    gone = {message.fiche_id for message in messages if message.fiche_id} - nodes.keys()
    return nodes | (Fiche.objects.only("name", "kind", "dossier", "missing").in_bulk(gone) if gone else {})


def _placed(
    message: Message, fiches: Mapping[int, Fiche], user_id: int | None, last: datetime.datetime | None
) -> Message:
    fiche = fiches.get(message.fiche_id or 0)
    is_new = message.by_id != user_id and (last is None or message.at > last)
    about = url = ""
    if fiche is not None:
        about, url = str(fiche), fiche_url(fiche)
        if message.field:
            label = label_of_point if message.is_return else field_label
            about = f"{about}, {label(fiche.kind, message.field)}"
            url = url_about(url, fiche.kind, message.field, {row["name"] for row in fiche.missing})
    return replace(message, is_new=is_new, about=about, url=url)


def _seen(request: HttpRequest, dossier: Dossier) -> datetime.datetime | None:
    kept = request.session.get(SEEN, {})
    text = kept.get(str(dossier.pk), "") if isinstance(kept, dict) else ""
    return parse_datetime(text) if text else None


def _remember(request: HttpRequest, dossier: Dossier, at: datetime.datetime) -> None:
    kept = dict(request.session.get(SEEN, {}))
    kept.pop(str(dossier.pk), None)
    kept[str(dossier.pk)] = at.isoformat()
    request.session[SEEN] = dict(list(kept.items())[-SEEN_DOSSIERS:])
