"""What a validator decides on: the parts of a fiche. Pure.

A part is a proposed field, fields that make sense together only (``fiches.groups``), or what the fiche does as
a whole (creation, removal, move) and its files. What a correction of the support changed beside the proposed fields of
its block is a part of its own, or joins the part that it makes sense with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from directory.blocks import BLOCKS
from directory.enums import RecordKind
from directory.models import GeographicEntity, OperationalUnit
from directory.permissions import SENSITIVE_FIELDS
from directory.versions.wording import field_label

from ..enums import FicheAction, FieldDecision, FileKind
from ..fiches.groups import TOGETHER, key_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ..models import Fiche, FicheFile, FieldReview

ACT, PHOTO, ATTACHMENTS = "acte", "photo", "attachments"
PLACE, STATUS = "place", "status"
# Parts that a fiche has only while the directory moved or closed its record meanwhile (``review.place``).
MEANWHILE = {PLACE: "Place dans le répertoire", STATUS: "Fermeture dans le répertoire"}
FILES = {
    PHOTO: ("Photo", frozenset({FileKind.PHOTO, FileKind.PHOTO_REMOVAL})),
    ATTACHMENTS: ("Pièces jointes", frozenset({FileKind.ATTACHMENT, FileKind.ATTACHMENT_REMOVAL})),
}
ACT_LABELS = {
    FicheAction.CREATE: "Création de la fiche",
    FicheAction.DELETE: "Suppression de la fiche",
    FicheAction.MOVE: "Déplacement de la fiche",
}
# Blocks whose fields are read together, and corrected in one form.
WHOLE_BLOCKS = frozenset({"horaires", "adresse", "intervention", "patientele", "responsable", "directeur"})
MODELS: dict[str, type] = {RecordKind.GEOGRAPHIC_ENTITY: GeographicEntity, RecordKind.UNIT: OperationalUnit}


class Part(NamedTuple):
    """``names``: its fields; none for a whole act, files, a place. ``block``: key of their block, or empty.

    ``beside``: those of ``names`` that the fiche does not propose, changed by a correction of the support.
    """

    key: str
    label: str
    names: tuple[str, ...] = ()
    block: str = ""
    is_sensitive: bool = False
    beside: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Tell whether it is no stored field: it is accepted or returned, never amended."""
        return not self.names

    @property
    def is_beside(self) -> bool:
        """Tell whether the fiche proposes nothing of it: it is a correction of the support, kept or dropped."""
        return bool(self.beside) and not self.proposed

    @property
    def proposed(self) -> tuple[str, ...]:
        """Those of its fields that the fiche proposes."""
        return tuple(name for name in self.names if name not in self.beside)

    @property
    def decided(self) -> tuple[str, ...]:
        """Names whose decision is that of the part."""
        return self.beside if self.is_beside else self.proposed or (self.key,)

    @property
    def together(self) -> tuple[str, ...]:
        """Its fields, with those that make sense with them only, proposed or not."""
        return TOGETHER[self.key][1] if self.key in TOGETHER else self.names

    @property
    def field(self) -> str:
        """Field that a remark on the part is about; empty for the fiche as a whole."""
        if self.key == ACT or self.key in MEANWHILE:
            return ""
        return self.names[0] if self.names else self.key

    @property
    def stored(self) -> tuple[str, ...]:
        """Names under which its decisions are kept."""
        return self.names or (self.key,)


def beside_names(fiche: Fiche, reviews: Mapping[str, FieldReview]) -> frozenset[str]:
    """Fields that corrections of the support changed without the fiche proposing them; ``reviews`` by field."""
    amended = {name for name, review in reviews.items() if review.decision == FieldDecision.AMEND}
    return frozenset(amended - fiche.values.keys())


def parts_of(
    fiche: Fiche, files: Iterable[FicheFile] = (), reviews: Mapping[str, FieldReview] | None = None
) -> list[Part]:
    """Parts of a fiche in the order of its blocks: what it does, its fields, its files.

    ``reviews``: decisions by field, for what corrections changed beside the proposed fields.
    """
    label = ACT_LABELS.get(FicheAction(fiche.action))
    found = [Part(ACT, label)] if label else []
    if fiche.action == FicheAction.DELETE:
        return found
    found += field_parts(fiche.kind, fiche.values, beside_names(fiche, reviews or {}))
    kinds = {file.kind for file in files}
    return found + [Part(key, title) for key, (title, of) in FILES.items() if of & kinds]


def field_parts(kind: str, proposed: Collection[str], beside: Collection[str] = ()) -> list[Part]:
    """Parts that proposed fields and those ``beside`` make, in the order of the blocks; others come last."""
    order: dict[str, tuple[int, str]] = {}
    for rank, block in enumerate(BLOCKS.get(RecordKind(kind), ())):
        shift = 0 if block.key == "identification" else 1000 * (rank + 1)
        for place, name in enumerate((*block.fields_outside, *block.field_names)):
            order.setdefault(name, (shift + place, block.key))
    groups: dict[str, list[str]] = {}
    for name in sorted({*proposed, *beside}, key=lambda name: (order.get(name, (10**6, ""))[0], name)):
        groups.setdefault(key_of(name), []).append(name)
    for key in groups.keys() & TOGETHER.keys():
        groups[key].sort(key=TOGETHER[key][1].index)
    sensitive = SENSITIVE_FIELDS.get(MODELS.get(kind, object), frozenset())
    return [
        Part(
            key,
            TOGETHER[key][0] if key in TOGETHER else field_label(kind, key),
            tuple(inside),
            order.get(inside[0], (0, ""))[1],
            bool(sensitive & set(inside)),
            tuple(name for name in inside if name in beside),
        )
        for key, inside in groups.items()
    ]
