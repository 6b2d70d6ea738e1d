"""What two records say, field by field, and what the one that stays will say (spec 30, Duplicates and orphans). Pure.

Fields that make sense together are one choice: an address, the ages, a person's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from common import french

from ..blocks import BLOCKS, PUBLICATION_FIELDS
from ..enums import ENTITY_TERM_LISTS, UNIT_TERM_LISTS, Confidentiality, PublicationStatus, RecordKind
from ..models.base import AddressModel
from ..snapshots import differences, kept_fields
from ..states import list_names
from ..versions.wording import field_label, in_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..snapshots import State

FIRST, SECOND, BOTH = "premier", "second", "deux"
_ADDRESS = tuple(name.removesuffix("_id") for name in AddressModel.ADDRESS_FIELDS)
_POSITION = frozenset({"lat", "lon", "position_source"})
# Names of a choice made of several fields: its label, its block, its fields.
GROUPS: dict[RecordKind, tuple[tuple[str, str, str, tuple[str, ...]], ...]] = {
    RecordKind.GEOGRAPHIC_ENTITY: (
        ("adresse", "Adresse et point sur la carte", "adresse", _ADDRESS),
        ("responsable", "Nom du responsable", "responsable", ("manager_first_name", "manager_last_name")),
        (
            "directeur",
            "Nom du directeur",
            "directeur",
            ("director_civility", "director_title", "director_name"),
        ),
    ),
    RecordKind.UNIT: (
        ("adresse", "Adresse propre à l’unité", "adresse", _ADDRESS),
        ("ages", "Âge", "patientele", ("min_age_value", "min_age_unit", "max_age_value", "max_age_unit")),
        (
            "responsable",
            "Nom du responsable",
            "responsable",
            ("manager_civility", "manager_first_name", "manager_last_name", "manager_role"),
        ),
        ("medical", "Téléphone médical", "contacts", ("medical_phone", "medical_extension")),
        ("fax", "Fax", "contacts", ("fax", "fax_extension")),
        ("capacite", "Places installées", "capacite", ("installed_places", "capacity_kind")),
    ),
}
# Never asked: publication and files have rules of their own, a unit stays in its EG and in its structure.
NOT_CHOSEN = frozenset({*PUBLICATION_FIELDS, "photo", "geographic_entity", "structure"})
# Never changed once published (RG_EXP_010, RG_EXP_011): those of the record that stays, unless it has none.
FIXED = frozenset({"discipline", "unit_type", "care_mode"})
MOST_REFERENTS = 2  # spec 01-settled, Rights


@dataclass(frozen=True)
class Row:
    """One choice: the fields ``names`` of the block ``block``, in words on both sides.

    ``preset`` is the choice made beforehand, ``options`` those that may be made; a single one is told, not asked.
    """

    key: str
    label: str
    block: str
    names: tuple[str, ...]
    first: str
    second: str
    options: tuple[str, ...]
    preset: str

    @property
    def is_asked(self) -> bool:
        return len(self.options) > 1

    @property
    def takes_both(self) -> bool:
        return BOTH in self.options


def rows_of(kind: RecordKind, first: State, second: State, *, first_stays: bool) -> list[Row]:
    """The choices between two states, in the order of the blocks: only what differs.

    The record that stays is preset, the other one where it says nothing; of what protects people, the stricter.
    """
    rows = []
    for key, label, block, names in _fields(kind):
        if not differences({name: first.get(name) for name in names}, {name: second.get(name) for name in names}):
            continue
        filled = [any(_filled(name, state.get(name)) for name in names) for state in (first, second)]
        stays, goes = (FIRST, SECOND) if first_stays else (SECOND, FIRST)
        preset = _stricter(key, first, second) or (stays if filled[0 if first_stays else 1] else goes)
        options = (preset,) if set(names) & FIXED else (FIRST, SECOND, *_both(kind, key, first, second))
        one, other = (_words(kind, key, names, state) for state in (first, second))
        rows.append(Row(key, label, block, names, one, other, options, preset))
    return rows


def _stricter(key: str, first: State, second: State) -> str:
    """Side that protects more, for what protects people: preset whichever record stays; empty for other fields."""
    if key == "sensitive_unit":
        return FIRST if first[key] else SECOND
    if key == "contact_confidentiality":
        order = Confidentiality.values
        return FIRST if order.index(first[key]) > order.index(second[key]) else SECOND
    return ""


def chosen_values(rows: list[Row], first: State, second: State, choices: Mapping[str, str]) -> State:
    """Values that the record that stays takes, of the fields that differ. ``choices`` are by key of row."""
    values: State = {}
    for row in rows:
        choice = choices.get(row.key, row.preset)
        for name in row.names:
            if choice == BOTH:
                values[name] = united(first.get(name) or [], second.get(name) or [])
            else:
                values[name] = (first if choice == FIRST else second).get(name)
    return values


def united(one: list[Any], other: list[Any]) -> list[Any]:
    """Items of two lists, each once."""
    known = [_identity(item) for item in one]
    return [*one, *(item for item in other if _identity(item) not in known)]


def suggests_first(kind: RecordKind, first: State, second: State) -> bool:
    """Which record stays, beforehand: the published one, that with a FINESS, the more complete one, the older one."""
    hidden = [state.get("status") == PublicationStatus.HIDDEN for state in (first, second)]
    if hidden[0] != hidden[1]:
        return hidden[1]
    if kind == RecordKind.GEOGRAPHIC_ENTITY and bool(first.get("finess")) != bool(second.get("finess")):
        return bool(first.get("finess"))
    counts = [sum(1 for value in state.values() if value not in (None, "", [])) for state in (first, second)]
    return counts[0] >= counts[1]


def _fields(kind: RecordKind) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """All the choices of a kind, in the order of its blocks: key, label, title of the block, fields."""
    groups = {name: group for group in GROUPS[kind] for name in group[3]}
    blocks = sorted(BLOCKS[kind], key=lambda block: block.key != "identification")
    names = ["name", *(name for block in blocks for name in block.field_names)]
    model_fields = {field.name for field in kept_fields(_model(kind))} | set(list_names(_model(kind)))
    found: dict[str, tuple[str, str, str, tuple[str, ...]]] = {}
    for name in dict.fromkeys((*names, *sorted(model_fields))):
        if name in NOT_CHOSEN or name not in model_fields:
            continue
        key, label, block, members = groups.get(name) or (name, field_label(kind, name), _block(kind, name), (name,))
        found.setdefault(key, (key, label, _title(kind, block), members))
    return list(found.values())


def _model(kind: RecordKind) -> Any:
    from ..models import GeographicEntity, OperationalUnit

    return OperationalUnit if kind == RecordKind.UNIT else GeographicEntity


def _block(kind: RecordKind, name: str) -> str:
    return next((block.key for block in BLOCKS[kind] if name in block.field_names), "")


def _title(kind: RecordKind, key: str) -> str:
    return next((block.title for block in BLOCKS[kind] if block.key == key), "")


def _filled(name: str, value: Any) -> bool:
    """Kinds and units are always there: they say nothing by themselves."""
    return value not in (None, "", []) and name not in {"capacity_kind", "min_age_unit", "max_age_unit"}


def _both(kind: RecordKind, key: str, first: State, second: State) -> tuple[str, ...]:
    """« Les deux » for lists of terms and communes, and for référents while they are two at most."""
    lists = {*map(str, (*UNIT_TERM_LISTS, *ENTITY_TERM_LISTS)), "intervention_communes"}
    if key in lists:
        return (BOTH,) if first.get(key) and second.get(key) else ()
    if key == "referents" and first.get(key) and second.get(key):
        return (BOTH,) if len(united(first[key], second[key])) <= MOST_REFERENTS else ()
    return ()


def _identity(item: Any) -> Any:
    return item["id"] if isinstance(item, dict) and "id" in item else item


def _words(kind: RecordKind, key: str, names: tuple[str, ...], state: State) -> str:
    """The fields of a choice as one text, « – » when they say nothing."""
    if key == "adresse":
        return _address_words(kind, state)
    if key == "ages":
        low, high = ((state[f"{end}_age_value"], _age_unit(state[f"{end}_age_unit"])) for end in ("min", "max"))
        return french.age_range(low, high)
    if key == "capacite":
        if state["installed_places"] is None:
            return "–"
        return french.counted(state["installed_places"], "lit" if state["capacity_kind"] == "bed" else "place")
    said = [in_words(kind, name, state.get(name)) for name in names]
    joint = ", poste " if key in {"medical", "fax"} else " "
    return joint.join(text for text in said if text != "–") or "–"


def _age_unit(unit: str) -> Any:
    from ..ages import UNIT_NOUNS

    return UNIT_NOUNS[unit]


def _address_words(kind: RecordKind, state: State) -> str:
    """« 12 rue de la Gare, 92000 Nanterre »; a point apart is told, since two addresses may differ by it alone."""
    if kind == RecordKind.UNIT and not state.get("commune"):
        return "Celle de son établissement"
    street = " ".join(state[name] for name in _ADDRESS[:3] if state.get(name))
    town = " ".join(text for text in (state.get("postal_code"), (state.get("commune") or {}).get("label")) if text)
    lines = [text for text in (street, state.get("address_complement"), town) if text]
    if state.get("lat") is not None:
        source = in_words(kind, "position_source", state.get("position_source"))
        lines.append(f"point {french.number(state['lat'], 4)}\u202f; {french.number(state['lon'], 4)} ({source})")
    return ", ".join(lines) or "–"
