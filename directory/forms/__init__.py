"""Block forms by kind of record and key of block; other apps use ``block_form_class`` (dossiers' fiches)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..enums import RecordKind
from ..versions.wording import field_label
from .address import EntityAddressForm, UnitAddressForm
from .base import STEP, BlockForm
from .entities import (
    EntityComplementsForm,
    EntityContactForm,
    EntityDirectorForm,
    EntityIdentificationForm,
    EntityManagerForm,
)
from .files import AttachmentsForm, PhotoForm
from .hours import UnitHoursForm
from .structures import StructureIdentificationForm
from .territory import UnitInterventionForm, named_lines
from .unit_identification import LISTS_STEP, UnitIdentificationForm
from .unit_offer import UnitOfferForm
from .units import (
    UnitCapacityForm,
    UnitConditionsForm,
    UnitContactsForm,
    UnitManagerForm,
    UnitPatientsForm,
    UnitSecretariatForm,
)

if TYPE_CHECKING:
    from ..snapshots import State

_FORMS: dict[tuple[str, str], type[BlockForm]] = {
    (RecordKind.GEOGRAPHIC_ENTITY, "identification"): EntityIdentificationForm,
    (RecordKind.GEOGRAPHIC_ENTITY, "contact"): EntityContactForm,
    (RecordKind.GEOGRAPHIC_ENTITY, "responsable"): EntityManagerForm,
    (RecordKind.GEOGRAPHIC_ENTITY, "directeur"): EntityDirectorForm,
    (RecordKind.GEOGRAPHIC_ENTITY, "complements"): EntityComplementsForm,
    (RecordKind.GEOGRAPHIC_ENTITY, "adresse"): EntityAddressForm,
    (RecordKind.STRUCTURE, "identification"): StructureIdentificationForm,
    (RecordKind.UNIT, "identification"): UnitIdentificationForm,
    (RecordKind.UNIT, "offre"): UnitOfferForm,
    (RecordKind.UNIT, "patientele"): UnitPatientsForm,
    (RecordKind.UNIT, "secretariat"): UnitSecretariatForm,
    (RecordKind.UNIT, "contacts"): UnitContactsForm,
    (RecordKind.UNIT, "conditions"): UnitConditionsForm,
    (RecordKind.UNIT, "capacite"): UnitCapacityForm,
    (RecordKind.UNIT, "responsable"): UnitManagerForm,
    (RecordKind.UNIT, "intervention"): UnitInterventionForm,
    (RecordKind.UNIT, "horaires"): UnitHoursForm,
    (RecordKind.UNIT, "adresse"): UnitAddressForm,
}


def block_form_class(kind: str, block: str) -> type[BlockForm] | None:
    """Form of a block; ``None`` when the block has none."""
    return _FORMS.get((kind, block))


def editable_blocks(kind: str) -> tuple[str, ...]:
    """Keys of the blocks of a kind of record that have a form."""
    return tuple(block for of_kind, block in _FORMS if of_kind == kind)


class RequiredField(NamedTuple):
    """A field that bears the asterisk: the key of its block, its name in the kept state, its label."""

    block: str
    name: str
    label: str


def required_fields(kind: str, state: State) -> list[RequiredField]:
    """Fields that a complete record of a kind must have, given what ``state`` says (spec 01-settled, Directory)."""
    return [
        RequiredField(block, name, field_label(kind, name))
        for (of_kind, block), form in _FORMS.items()
        if of_kind == kind
        for name in form.required_in(state)
    ]


__all__ = [
    "LISTS_STEP",
    "STEP",
    "AttachmentsForm",
    "BlockForm",
    "PhotoForm",
    "RequiredField",
    "block_form_class",
    "editable_blocks",
    "named_lines",
    "required_fields",
]
