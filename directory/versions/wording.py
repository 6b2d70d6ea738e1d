"""History and kept values in words: labels of fields, values before and after, authors' roles."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.text import capfirst

from accounts.roles import ROLE_LABELS, Role
from common import french

from ..blocks import BLOCKS, PUBLICATION_FIELDS
from ..enums import Nomenclature, RecordKind
from ..history import KINDS
from ..models import RecordChange, WeeklyHours
from ..models.base import PhoneField

MODELS: dict[str, type[models.Model]] = {kind: model for model, kind in KINDS.items()}
LISTS = {
    "allowed_terms": "Termes permis",
    "attachments": "Pièces jointes",
    "hours_exceptions": "Horaires exceptionnels",
    "intervention_communes": "Territoire d’intervention",
    "referents": "Référents ROR",
    "weekly_hours": "Plages hebdomadaires",
}


@dataclass(frozen=True)
class ChangedField:
    """One field of a line of history, in words."""

    label: str
    before: str
    after: str


PERSONS = {"responsable", "directeur"}  # blocks whose labels are those of a person, alike from one to the other


def changed_fields(change: RecordChange) -> list[ChangedField]:
    """Fields of a line with their labels, before and after, in words."""
    kind = change.record_kind
    return [
        ChangedField(field_label(kind, name), *_pair_in_words(kind, name, before, after))
        for name, (before, after) in change.changes.items()
    ]


def _pair_in_words(kind: str, name: str, before: Any, after: Any) -> tuple[str, str]:
    """Two values of a field in words; the name of the file of a photo says nothing to anybody."""
    if name == "photo":
        now = "Une autre photo" if before else "Une photo"
        return "Une photo" if before else "–", now if after else "–"
    return in_words(kind, name, before), in_words(kind, name, after)


def field_label(kind: str, name: str) -> str:
    """Label of a kept field: that of its block, of its nomenclature or of its model; its name when it has none.

    What a block says of a person (« Nom », « Téléphone ») is said in full: « Téléphone du responsable ».
    """
    if name in PUBLICATION_FIELDS:
        return PUBLICATION_FIELDS[name]
    blocks = (block for block in BLOCKS.get(RecordKind(kind), ()) if block.key not in PERSONS)
    fields = (field for block in blocks for field in block.fields)
    known = next((field.label for field in fields if field.name == name), "") or LISTS.get(name, "")
    if known or name in Nomenclature.values:
        return known or Nomenclature(name).label
    try:
        field = MODELS[kind]._meta.get_field(name)  # noqa: SLF001 - the documented model API
    except FieldDoesNotExist:
        return name
    label = getattr(field, "verbose_name", None) or field.related_model._meta.verbose_name_plural  # noqa: SLF001
    return capfirst(str(label))


def in_words(kind: str, name: str, value: Any) -> str:
    """Kept value of a field (``directory.snapshots``) as a text: labels, French dates, « – » for nothing."""
    if value is None or value in ("", []):
        return "–"
    if isinstance(value, list):
        return ", ".join(in_words(kind, name, item) for item in value)
    if isinstance(value, dict):
        return _object_in_words(value)
    if isinstance(value, bool):
        return "oui" if value else "non"
    return _plain_in_words(kind, name, value)


def _object_in_words(value: dict[str, Any]) -> str:
    if "weekday" in value:
        return weekly_words(value)
    if "starts_on" in value:
        return exception_words(value)
    if "name" in value:
        parts = (value["name"], french.telephone(value["phone"]) if value["phone"] else "", value["email"])
        return " ".join(part for part in parts if part)
    return str(value["label"])


def _plain_in_words(kind: str, name: str, value: Any) -> str:
    try:
        field = MODELS[kind]._meta.get_field(name)  # noqa: SLF001 - the documented model API
    except FieldDoesNotExist:
        return str(value)
    if isinstance(field, models.FileField):
        return f"{field.verbose_name} {PurePosixPath(value).stem[:6]}"
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateField):
        return french.day(datetime.date.fromisoformat(value))
    return french.telephone(value) if isinstance(field, PhoneField) else str(value)


def weekly_words(value: dict[str, Any]) -> str:
    """« lundi 08:00 – 19:30 », « mardi 24 h/24 », with its kind and its period of validity."""
    whole_day = value["opens_at"] == value["closes_at"] == "00:00"
    hours = "24\u00a0h/24" if whole_day else f"{value['opens_at']} – {value['closes_at']}"
    day = dict(WeeklyHours._meta.get_field("weekday").flatchoices)[value["weekday"]]  # noqa: SLF001
    kind = value["kind"]["label"] if value["kind"] else ""
    start, end = (
        f"{word} {french.day(datetime.date.fromisoformat(value[key]))}" if value[key] else ""
        for word, key in (("à partir du", "valid_from"), ("jusqu’au", "valid_until"))
    )
    return " ".join(part for part in (day, hours, kind, start, end) if part)


def exception_words(value: dict[str, Any]) -> str:
    """« 25/12/2024 : fermé Noël », « du 01/08/2024 au 15/08/2024 : 09:00 – 12:00 »."""
    first, last = (french.day(datetime.date.fromisoformat(value[key])) for key in ("starts_on", "ends_on"))
    days = first if first == last else f"du {first} au {last}"
    hours = "fermé" if value["opens_at"] is None else f"{value['opens_at']} – {value['closes_at']}"
    return f"{days}\u00a0: {hours} {value['label']}".strip()


def block_title(change: RecordChange) -> str:
    """Title of the block of a line, empty when it touches several."""
    if change.block == "publication":
        return "Publication"
    blocks = BLOCKS.get(RecordKind(change.record_kind), ())
    return next((block.title for block in blocks if block.key == change.block), "")


def role_label(change: RecordChange) -> str:
    """Role that the author acted in; empty for the system."""
    return ROLE_LABELS[Role(change.role)] if change.role in Role else ""
