"""What FINESS changes on a record, in words, and what it leaves because a person has written it since."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.text import capfirst

from accounts.roles import ROLE_LABELS
from common import french

from ..enums import PositionSource, RecordKind
from ..models import RecordChange
from .bulk import Draft
from .finess_places import ADDRESS, POSITION

IMPORTS = ("Import FINESS ", "Import Excel ")  # begin the reasons that imports keep in the history
SHORT = 60  # characters of a value in a line of the report
WATCHED = (*ADDRESS, "opened_on", "lat", "lon")


@dataclass(frozen=True)
class Act:
    """The last act on a field: by which role, when, and whether an import did it."""

    role: str
    at: datetime
    by_import: bool


class Held:
    """Fields of some records whose last act is a person's (role, day): one query."""

    def __init__(self, kind: RecordKind, record_ids: Iterable[int]) -> None:
        self._last: dict[tuple[int, str], Act] = {}
        lines = RecordChange.objects.filter(
            record_kind=kind, record_id__in=list(record_ids), changes__has_any_keys=list(WATCHED)
        )
        found = lines.order_by("version").values_list("record_id", "changes", "reason", "role", "at", "by_id")
        for pk, changes, reason, role, at, by in found:
            act = Act(role, at, reason.startswith(IMPORTS) or by is None)
            for name in changes.keys() & set(WATCHED):
                self._last[pk, name] = act

    def keep(self, draft: Draft, before: dict[str, Any]) -> list[str]:
        """Put back what persons have written, among the values ``before``; say what was kept.

        An address is kept as a whole, with its point: a street of one and a commune of the other would be nobody's.
        """
        if not before:
            return []
        said = []
        address_kept = self._put_back(
            draft, before, ADDRESS, "Adresse gardée\u00a0: modifiée", said, (*ADDRESS, *POSITION)
        )
        placed = before.get("position_source") not in {None, "", PositionSource.COMMUNE}
        if placed and not address_kept:
            self._put_back(draft, before, ("lat", "lon"), "Point gardé\u00a0: modifié", said, POSITION)
        self._put_back(draft, before, ("opened_on",), "Date d’ouverture gardée\u00a0: modifiée", said, ("opened_on",))
        return said

    def _put_back(
        self,
        draft: Draft,
        before: dict[str, Any],
        names: tuple[str, ...],
        words: str,
        said: list[str],
        all_names: tuple[str, ...],
    ) -> bool:
        """Put back ``all_names`` when the line changes some of ``names`` that a person has written."""
        act = self._person(draft, names)
        if act is None or not draft.changes.keys() & set(names):
            return False
        for name in all_names:
            if name in before:
                setattr(draft.record, name, before[name])
        said.append(f"{words} par {act_role(act)} le {french.day(act.at)}.")
        return True

    def _person(self, draft: Draft, names: Iterable[str]) -> Act | None:
        """Latest act of a person on some fields that no import has written since."""
        acts = [self._last.get((draft.record.pk, name)) for name in names]
        by_persons = [act for act in acts if act is not None and not act.by_import]
        return max(by_persons, key=lambda act: act.at, default=None)


def act_role(act: Act) -> str:
    """Role of an act in quotes: nobody is named in a report."""
    label = {str(role): label for role, label in ROLE_LABELS.items()}.get(act.role, "")
    return f"«\u00a0{label}\u00a0»" if label else "une personne"


def values_of_record(record: Any, names: Iterable[str]) -> dict[str, Any]:
    """Attributes of a record, to be put back as they are."""
    return {name: getattr(record, name) for name in names}


def changes_in_words(draft: Draft) -> str:
    """« SIRET : 123… → 456…. » for each field that the line changes on a stored record; empty otherwise."""
    if draft.is_new:
        return ""
    changes = draft.changes
    said = [_said(draft.record, name, pair) for name, pair in changes.items() if name not in POSITION]
    if changes.keys() & set(POSITION):
        said.append("Point déplacé")
    return " ".join(f"{sentence}." for sentence in said)


def _said(record: Any, name: str, pair: list[Any]) -> str:
    title = capfirst(record._meta.get_field(name).verbose_name)  # noqa: SLF001 - the documented model API
    if name == "legal_entity":  # its name may be given by another line of the file
        return f"{title}\u00a0: devient {record.legal_entity.finess}"
    before, after = (_short(value) for value in pair)
    return f"{title}\u00a0: {before} → {after}"


def _short(value: Any) -> str:
    text = str(value["label"] if isinstance(value, dict) else value or "")
    with contextlib.suppress(ValueError):
        text = french.day(date.fromisoformat(text))
    if not text:
        return "(vide)"
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"
