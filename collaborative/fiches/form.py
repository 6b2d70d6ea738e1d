"""The form of a fiche: all the blocks of its record in one, each the form of direct editing (``directory.forms``).

Each block has its key for a prefix (« contact-phone »), so that names and ids of one page never meet. A button that
saves nothing is named « <block>-etape »; only its block is shown anew, the others as they were typed.
"""

from __future__ import annotations

import json
import zlib
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.exceptions import BadRequest
from django.db import models
from django.http import QueryDict

from directory.blocks import BLOCKS
from directory.editing import bare
from directory.enums import ENTITY_TERM_LISTS, UNIT_TERM_LISTS, Nomenclature, RecordKind
from directory.forms import LISTS_STEP, STEP, BlockForm, block_form_class, editable_blocks
from directory.snapshots import kept_fields
from directory.term_choices import TermBook

from .states import MODELS, PLACE_NAMES, fixed_names, held_state, kept_address_of, record_of

if TYPE_CHECKING:
    from directory.scopes import Scope
    from directory.snapshots import State

    from ..models import Fiche

OFFER, IDENTIFICATION, ADDRESS = "offre", "identification", "adresse"
TYPE_NAMES = ("discipline", "unit_type")
RECORD_VERSION, FICHE_VERSION, SEEN = "version_repertoire", "version", "vu"
MOVE_NOTE = (
    "L’unité change d’établissement. Sans autre choix, elle reste où elle est, à l’adresse ci-dessous. Si elle "
    "s’installe dans son nouvel établissement, cochez «\u00a0Même adresse que l’établissement\u00a0»."
)
LARGEST_VERSION = 2**31 - 1
# Lists that the forms of a kind of record choose from.
TERM_LISTS: dict[str, tuple[str, ...]] = {
    RecordKind.GEOGRAPHIC_ENTITY: (
        *map(str, ENTITY_TERM_LISTS),
        *(Nomenclature.EG_CATEGORY, Nomenclature.CIVILITY, Nomenclature.TITLE),
    ),
    RecordKind.STRUCTURE: (),
    RecordKind.UNIT: (
        *map(str, UNIT_TERM_LISTS),
        *(Nomenclature.DISCIPLINE, Nomenclature.UNIT_TYPE, Nomenclature.ACTIVITY_FAMILY, Nomenclature.CARE_MODE),
        *(Nomenclature.CIVILITY, Nomenclature.HOURS_KIND),
    ),
}


class FicheForm:
    """Forms of the blocks of ``fiche`` for a person, on ``data`` when something was sent, else on what it says.

    ``partial``: « Enr. et mettre en attente », which leaves required fields empty. Making the form puts the proposal
    on the record of ``fiche`` in memory. A block of which nothing was sent is not read, and proposes nothing.
    """

    def __init__(
        self,
        fiche: Fiche,
        scope: Scope,
        data: QueryDict | None = None,
        *,
        partial: bool = False,
        typed: State | None = None,
    ) -> None:
        """Make the forms. ``typed``: values to show over what the fiche says (a conflict being settled)."""
        self.fiche, self.scope, self.partial = fiche, scope, partial
        self.saved = shown_state(fiche)
        self.state = self.saved | (typed or {})
        self.is_moved = kept_address_of(fiche) is not None
        self.record = record_of(fiche)
        self.fixed = fixed_names(fiche)
        self.data = None if data is None else self._with_versions(data)
        self.terms = TermBook(TERM_LISTS[fiche.kind])
        self.stepped = ""  # block that a button which saves nothing changed
        self.blocks: list[BlockForm] = []
        with self.terms.open():
            for key in editable_blocks(fiche.kind):
                self.blocks.append(self._block(key, self._state_of(key)))

    # What the page shows.

    @property
    def is_bound(self) -> bool:
        return self.data is not None

    @property
    def fiche_version(self) -> int:
        """Version of the fiche that was read: the one sent (0 when there is none), the present one before that."""
        return self.fiche.version if self.data is None else self._sent_version(FICHE_VERSION)

    @property
    def record_version(self) -> int:
        """Version of the record that was read."""
        return self._sent_version(RECORD_VERSION) or self.record.version

    @cached_property
    def seen(self) -> str:
        """What the page showed, field by field, short: tells after a conflict what the person had touched."""
        if self.data is not None and (sent := self.data.get(SEEN)):
            return str(sent)
        return json.dumps({name: _mark(self.saved.get(name)) for name in self.value_names})

    @property
    def value_names(self) -> list[str]:
        """Names of the kept values of all the blocks."""
        return [name for block in self.blocks for name in block.value_names]

    @property
    def assets(self) -> list[str]:
        """Templates of the links that the blocks need, each once."""
        return list(dict.fromkeys(block.assets for block in self.blocks if block.assets))

    @property
    def has_required(self) -> bool:
        return any(block.has_required for block in self.blocks)

    @property
    def carried(self) -> list[tuple[str, str]]:
        """What was typed of the offer while no type is chosen: it comes back with the type."""
        if self.data is None or not any(block.blocked for block in self.blocks):
            return []
        return [
            (name, value)
            for name, values in self.data.lists()
            if name.startswith(f"{OFFER}-") and not name.endswith(("-version", f"-{STEP}"))
            for value in values
        ]

    def block(self, key: str) -> BlockForm:
        """Form of a block. Raises ``KeyError``."""
        for block in self.blocks:
            if block.block == key:
                return block
        raise KeyError(key)

    # What was typed.

    def touched(self, name: str, value: Any) -> bool:
        """Tell whether ``value`` is another than the page showed; ``True`` when the page does not say."""
        try:
            marks = json.loads(self.seen)
        except ValueError:
            return True
        return not isinstance(marks, dict) or marks.get(name) != _mark(value)

    def touched_names(self, values: State) -> frozenset[str]:
        """Names of ``values`` that the person changed (``touched``)."""
        return frozenset(name for name, value in values.items() if self.touched(name, value))

    def is_valid(self) -> bool:
        """Check every block that was sent; a block without anything to describe yet is left alone."""
        found = [block for block in self._read_blocks() if not block.is_valid()]
        return not found

    def values(self) -> State:
        """Kept values of the valid form; those that say where the record stands are the tree's."""
        found: State = {}
        for block in self._read_blocks():
            found |= block.values()
        return {name: value for name, value in found.items() if name not in PLACE_NAMES}

    def warnings(self) -> list[str]:
        """What to tell after saving, that did not prevent it."""
        return [warning for block in self._read_blocks() for warning in block.warnings()]

    def left_waiting(self) -> dict[str, dict[str, str]]:
        """What waits in each block that was sent and is no kept value (lines of a territory), by block and field."""
        return {block.block: block.left_waiting() for block in self._read_blocks()}

    @property
    def waiting(self) -> list[dict[str, Any]]:
        """What the fiche keeps that waits to be settled, whoever left it (``states.waiting_rows``)."""
        return [row for row in self.fiche.missing if "waiting" in row]

    def add_error(self, name: str, words: str) -> None:
        """Put an error on the field of a kept value, in whatever block; on the first block without such a field.

        Raises ``BadRequest`` when no block was sent: no page of ours does that.
        """
        for block in self.blocks:
            if name in block.fields and block.is_bound:
                block.is_valid()
                block.add_error(name, words)
                return
        first = next((block for block in self.blocks if block.is_bound), None)
        if first is None:
            raise BadRequest(words)
        first.is_valid()
        first.add_error(None, words)

    # Steps.

    def as_typed(self) -> FicheForm:
        """Return the form as it was sent, without its errors."""
        self.blocks = [block.as_typed() if block.is_bound else block for block in self.blocks]
        return self

    def after_step(self, key: str, step: str) -> FicheForm:
        """Form after a button that saves nothing, of the block ``key``. An unknown block changes nothing."""
        self.stepped = key
        if key == IDENTIFICATION and step == LISTS_STEP:
            self._preset_offer()
        with self.terms.open():
            for rank, block in enumerate(self.blocks):
                if block.is_bound:
                    self.blocks[rank] = block.after_step(step) if block.block == key else block.as_typed()
        return self

    def _preset_offer(self) -> None:
        """Give an offer that was sent the mode of the type just chosen, where none that it allows was sent."""
        offer = next((block for block in self.blocks if block.block == OFFER and block.is_bound), None)
        if offer is None or offer.blocked or self.data is None or "care_mode" in offer.locked:
            return
        name = offer.add_prefix("care_mode")
        if self.data.get(name) not in set(offer.fields["care_mode"].by_id):
            preset = offer.unit_type.preset_mode_id
            self.data[name] = str(preset or "")

    # Making the blocks.

    def _block(self, key: str, state: State) -> BlockForm:
        form_class = block_form_class(self.fiche.kind, key)
        if form_class is None:
            raise KeyError(key)
        sent = self.data if self.data is not None and self._is_sent(key) else None
        options: dict[str, Any] = {"record": self.record, "scope": self.scope, "state": state, "fixed": self.fixed}
        block = form_class(sent, proposal=True, prefix=key, **options)
        block.partial = self.partial
        for row in self.waiting:
            if row["block"] == key and sent is None:
                block.initial |= row["waiting"]
        if self.is_moved and key == ADDRESS:
            block.page_note = MOVE_NOTE
        return block

    def _state_of(self, key: str) -> State:
        """State under a block: the offer follows the type chosen in the page, saved or not."""
        if key != OFFER or self.data is None or not self.blocks:
            return self.state
        identification = self.block(IDENTIFICATION)
        if not identification.is_bound:
            return self.state
        chosen: State = {}
        for name in TYPE_NAMES:
            term = identification.fields[name].by_id.get(identification.data.get(identification.add_prefix(name), ""))
            chosen[name] = None if term is None else {"id": term.pk, "label": str(term)}
        return self.state | chosen

    def _read_blocks(self) -> list[BlockForm]:
        return [block for block in self.blocks if block.is_bound and not block.blocked]

    def _is_sent(self, key: str) -> bool:
        start = f"{key}-"
        ignored = {f"{start}version", f"{start}{STEP}"}
        return any(name.startswith(start) and name not in ignored for name in self.data or ())

    def _with_versions(self, data: QueryDict) -> QueryDict:
        """Copy of what was sent, the version of the record under each block's name."""
        copied = data.copy()
        for key in editable_blocks(self.fiche.kind):
            copied[f"{key}-version"] = str(self.record.version)
        return copied

    def _sent_version(self, name: str) -> int:
        text = self.data.get(name, "") if self.data is not None else ""
        return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:12]) <= LARGEST_VERSION else 0


def shown_state(fiche: Fiche) -> State:
    """What the fiche will say; a creation has the values that the directory gives by itself (ages, « restreint »)."""
    names = {name for block in BLOCKS[RecordKind(fiche.kind)] for name in block.field_names} - PLACE_NAMES
    held = blank_state(fiche.kind) if fiche.is_creation else held_state(fiche, names)
    return held | fiche.values


def blank_state(kind: str) -> State:
    """What a new record of a kind says before anything is typed."""
    return {
        field.name: field.get_default()
        for field in kept_fields(MODELS[kind])
        if field.has_default() and not isinstance(field, models.ForeignKey)
    }


def step_of(data: QueryDict, kind: str) -> tuple[str, str]:
    """Block and step of the button that was clicked; empty when it saves."""
    for key in editable_blocks(kind):
        if step := data.get(f"{key}-{STEP}"):
            return key, step
    return "", ""


def typed_state(form: FicheForm) -> State:
    """What the page says as it is being typed, valid or not: enough to tell what is filled. No query.

    Coded values keep their ids; hours are told by one line when there are any.
    """
    state = dict(form.state)
    for block in form.blocks:
        if (block.is_bound or block.block == form.stepped) and not block.blocked:
            data = block.data if block.is_bound else _shown(block)
            state |= {name: _typed(form, block, name, data) for name in block.value_names}
    if form.fiche.kind == RecordKind.UNIT and form.block("adresse").is_bound and _ticked(form, "adresse-same_address"):
        state |= dict.fromkeys(("commune", "street_number", "street_name", "postal_code"))
    return state


def _shown(block: BlockForm) -> QueryDict:
    """What a block not bound any more, after a step, will send."""
    data = QueryDict(mutable=True)
    for name in block.fields:
        value = block[name].value()
        rows = value if isinstance(value, list | tuple) else [value]
        data.setlist(block.add_prefix(name), [str(row) for row in rows if row not in (None, "", False)])
    return data


def _typed(form: FicheForm, block: BlockForm, name: str, data: Any) -> Any:
    """``data``: with the locked fields, which a browser does not send."""
    if name == "weekly_hours":
        start = f"{block.prefix}-p"
        filled = any(data.get(key) for key in data if key.startswith(start) and key.endswith(("-de", "-24h")))
        return [{}] if filled else []
    if name == "referents":
        return [{}] if data.get(f"{block.prefix}-referent1_name") else []
    if name in {"hours_exceptions", "position_source"}:
        return form.state.get(name)
    field, sent = block.fields.get(name), data.getlist(block.add_prefix(name))
    if field is not None and hasattr(field, "by_id"):
        ids = [{"id": int(value), "label": ""} for value in sent if value in field.by_id]
        return ids if hasattr(field, "terms") else next(iter(ids), None)
    return (sent[-1].strip() if sent else "") or None


def _ticked(form: FicheForm, name: str) -> bool:
    return form.data is not None and name in form.data


def _mark(value: Any) -> str:
    return f"{zlib.crc32(json.dumps(bare(value), sort_keys=True, default=str).encode()):08x}"
