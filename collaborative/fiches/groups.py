"""Fields that make sense together only: an address, an age range, a person, a number of beds or places, a phone.

They are proposed, shown and decided as one: the surname of one manager over the first name of another is nobody's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from directory.versions.wording import field_label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from directory.snapshots import State

_ADDRESS = (
    *("street_number", "street_extension", "street_name", "address_complement"),
    *("postal_code", "commune", "lat", "lon", "position_source"),
)
_AGES = ("min_age_value", "min_age_unit", "max_age_value", "max_age_unit")
_MANAGER = ("manager_last_name", "manager_first_name", "manager_civility", "manager_role")
_DIRECTOR = ("director_name", "director_civility", "director_title", "director_phone", "director_email")
# Key of the part of a review, its label, its fields; the first field of the list that is proposed bears the remark.
TOGETHER: dict[str, tuple[str, tuple[str, ...]]] = {
    "adresse": ("Adresse et point sur la carte", _ADDRESS),
    "ages": ("Âge", _AGES),
    "responsable": ("Responsable", (*_MANAGER, "manager_phone", "manager_email")),
    "directeur": ("Directeur de l’établissement", _DIRECTOR),
    "medical_phone": ("Téléphone médical", ("medical_phone", "medical_extension")),
    "fax": ("Fax", ("fax", "fax_extension")),
    "installed_places": ("Places installées", ("installed_places", "capacity_kind")),
}

_OF = {name: key for key, (_, names) in TOGETHER.items() for name in names}
GROUPED = frozenset(_OF)


def key_of(name: str) -> str:
    """Key of the part of a review that a field is of."""
    return _OF.get(name, name)


def label_of_point(kind: str, name: str) -> str:
    """What a point to decide is called, under one of its fields: « Responsable », not « Nom du responsable »."""
    return TOGETHER[_OF[name]][0] if name in _OF else field_label(kind, name)


def first_of_each(names: Iterable[str]) -> list[str]:
    """Of fields decided, the one of each point that bears its remark: the first in the order of its list."""
    found: dict[str, str] = {}
    for name in sorted(names, key=lambda name: TOGETHER[_OF[name]][1].index(name) if name in _OF else 0):
        found.setdefault(key_of(name), name)
    return list(found.values())


def with_others(names: Iterable[str]) -> set[str]:
    """These fields and those that make sense with them only."""
    found = set(names)
    return found.union(*(others for _, others in TOGETHER.values() if not found.isdisjoint(others)))


def keep_around(proposed: State, base: State, shown: State) -> None:
    """Keep what was in sight beside proposed fields that make sense with them only, and drop it with these.

    ``base`` is changed; ``shown``: kept values of the fields in sight.
    """
    for _, names in TOGETHER.values():
        is_touched = not proposed.keys().isdisjoint(names)
        for name in {*names} - proposed.keys():
            if not is_touched:
                base.pop(name, None)
            elif name in shown:
                base[name] = shown[name]
