"""Forms of blocks: one class a block, for direct editing and for proposals (DESIGN, decision 3).

A block form reads and gives kept values (``directory.snapshots``): ``BlockForm(record=…, scope=…)`` shows what the
record holds, ``BlockForm(…, state=…)`` what a proposal holds, and ``values()`` is what
``services.update_block`` writes.
"""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django import forms
from django.db import models
from django.forms.models import fields_for_model
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from accounts.roles import Permission
from common import french

from ..blocks import BLOCKS
from ..fixed import WHY, WHY_IN_DOSSIER, fixed_fields
from ..history import KINDS
from ..models.base import PhoneFormField
from ..permissions import SENSITIVE_FIELDS, why_not_edit
from ..snapshots import state_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ..enums import RecordKind
    from ..scopes import Scope
    from ..snapshots import State

REQUIRED = "Ce champ est obligatoire."
MANDATORY = "Obligatoire."  # said of a field that the person cannot fill: it bears no asterisk
STEP = "etape"
SENSITIVE = "Champ sensible\u00a0: validé par SESAN."
AT_ONCE = "Publié aussitôt."  # the other rule, told to those whose changes support reads afterwards
OUT_OF_DATE = "Cette page n’est plus à jour\u00a0: rechargez-la."


class BlockForm(forms.Form):
    """Form of one block of ``model``.

    ``names``: stored fields taken from the model (label, length, validators); lists and other fields are declared or
    added by the subclass under the name that they have in the kept state. ``required_names`` bear the asterisk of the
    spec: they bind forms, not the database (spec 01-settled). ``labels`` replace the model's, whose names are longer.
    ``template`` draws the fields, with ``form``.
    """

    model: ClassVar[type[models.Model]]
    block: ClassVar[str]
    names: ClassVar[tuple[str, ...]] = ()
    required_names: ClassVar[frozenset[str]] = frozenset()
    labels: ClassVar[dict[str, str]] = {}
    help_texts: ClassVar[dict[str, str]] = {}

    template: ClassVar[str] = "directory/block_form_fields.html"

    blocked: str = ""  # why the block cannot be described yet; the form then has nothing to save
    notice: str = ""  # what a step has just done, said above the fields
    page_note: str = ""  # what the page has to say of the block: an address that a move leaves
    is_unsaved: bool = False  # a step changed what is shown
    focus_on: str = ""  # id of what takes the focus after a step; empty: what had it, else the title
    assets: ClassVar[str] = ""  # template of the links that the form needs on a page of its own
    enter_step: ClassVar[str] = ""  # step that the key Enter means in a field; empty: save
    partial: bool = False  # set before validation: a missing field is no error, a wrong one is

    version = forms.IntegerField(
        label="",  # hidden: what is wrong with it is said alone
        min_value=1,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid", "min_value"), OUT_OF_DATE),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        files: Any = None,
        *,
        record: Any,
        scope: Scope,
        state: State | None = None,
        proposal: bool = False,
        fixed: Collection[str] | None = None,
        **kwargs: Any,
    ) -> None:
        """Show ``state``, or what ``record`` holds. A ``proposal`` (of a dossier) may change sensitive fields.

        ``fixed``: fields that nobody changes; those of ``record`` (``directory.fixed``) when it is not given.
        """
        super().__init__(data, files, **kwargs)
        self.record, self.scope, self.is_proposal = record, scope, proposal
        self.fixed = fixed_fields(record) if fixed is None else frozenset(fixed)
        block = next(block for block in BLOCKS[self.kind] if block.key == self.block)
        self.title = block.title
        self.state: State = state_of(record, block.field_names) if state is None else state
        self.add_fields()
        self.locked = self._locked()
        if proposal:
            self._mark_sensitive()
        elif not scope.coverage(Permission.DIRECTORY_EDIT).region:
            self._mark_at_once(block.field_names)
        self.initial = {"version": record.version, **self._initial(), **self.initial}
        self._name_suggested_steps()
        for name, reason in self.locked.items():
            self.fields[name].widget.attrs["disabled"] = True
            self.fields[name].required = False
            self.fields[name].help_text = f"{MANDATORY} {reason}" if name in self.required_names else reason
        if self.is_bound:
            self.data = self._with_locked(self.data)

    @property
    def kind(self) -> RecordKind:
        """Kind of record that the block belongs to."""
        return KINDS[self.model]

    @property
    def step_name(self) -> str:
        """Name of the buttons of the steps: « etape », below the form's prefix."""
        return self.add_prefix(STEP)

    @property
    def notice_id(self) -> str:
        """Id of ``notice`` on the page."""
        return f"{self.block}-annonce"

    @property
    def has_required(self) -> bool:
        """Tell whether a field bears the asterisk."""
        return any(field.required for name, field in self.fields.items() if name != "version")

    @property
    def value_names(self) -> tuple[str, ...]:
        """Names of the kept values that the form gives."""
        return tuple(name for name in self.fields if name != "version")

    @classmethod
    def required_in(cls, state: State) -> tuple[str, ...]:
        """Kept values that a complete record has in this block, given its whole ``state``, in their order."""
        block = next(block for block in BLOCKS[KINDS[cls.model]] if block.key == cls.block)
        return tuple(sorted(cls.required_names, key=(*block.fields_outside, *block.field_names).index))

    def add_fields(self) -> None:
        """Add the fields of the model; subclasses narrow their choices here."""
        self.fields |= fields_for_model(self.model, fields=self.names, labels=self.labels, help_texts=self.help_texts)
        for field in self.fields.values():
            if isinstance(field, PhoneFormField):
                field.widget.attrs["inputmode"] = "tel"
        for name in self.required_names:
            self.fields[name].required = True
            self.fields[name].error_messages["required"] = REQUIRED

    def full_clean(self) -> None:
        """Check what was sent; a ``partial`` form may leave required fields empty."""
        waived = [field for name, field in self.fields.items() if self.partial and field.required and name != "version"]
        for field in waived:
            field.required = False
        super().full_clean()
        for field in waived:
            field.required = True

    def clean(self) -> dict[str, Any]:
        """Keep locked fields as they are; refuse one that was sent with another value."""
        cleaned = super().clean() or self.cleaned_data
        for name, reason in self.locked.items():
            sent = self.add_prefix(name) in self.data
            if sent and kept(cleaned.get(name)) != self.state.get(name) and name not in self.errors:
                self.add_error(name, reason)
        return cleaned

    def values(self) -> State:
        """Kept values of a valid form, by name; locked fields keep theirs."""
        return {
            name: self.state.get(name) if name in self.locked else kept(self.cleaned_data.get(name))
            for name in self.value_names
        }

    def warnings(self) -> list[str]:
        """What to tell after saving, that did not prevent it."""
        return []

    def left_waiting(self) -> dict[str, str]:
        """What a valid ``partial`` form was sent that is no kept value yet, by field: it is offered again."""
        return {}

    def after_step(self, step: str) -> BlockForm:
        """Form to show again after a button named « etape » that saves nothing (add a line, read a pasted list …).

        What was typed is kept. A form without steps shows itself.
        """
        return self.as_typed()

    def as_typed(self) -> Self:
        """Return the bound form as it was sent, without its errors: nothing was to be saved yet."""
        self._errors = ErrorDict(renderer=self.renderer)
        self.cleaned_data = {}
        return self

    def again(self, **options: Any) -> Any:
        """Unbound form on the same record for the same person, to show after a step; ``options`` go to its class."""
        kept_options: dict[str, Any] = {"state": self.state, "prefix": self.prefix, "fixed": self.fixed}
        kept_options["proposal"] = self.is_proposal
        form = type(self)(record=self.record, scope=self.scope, **kept_options | options)
        form.page_note = self.page_note
        return form

    def initial_of(self, name: str) -> Any:
        """What the field ``name`` shows of the kept state."""
        value = self.state.get(name)
        field = self.fields[name]
        if isinstance(field, forms.ModelMultipleChoiceField | forms.MultipleChoiceField):
            return [row["id"] for row in value or []]
        if isinstance(field, PhoneFormField):
            return french.telephone(value or "")
        return value["id"] if isinstance(value, dict) else value

    def _initial(self) -> dict[str, Any]:
        return {name: self.initial_of(name) for name in self.value_names}

    def _with_locked(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Add what a browser does not send, so that locked fields show what they hold."""
        sent = QueryDict(mutable=True)
        for name, value in data.lists() if isinstance(data, MultiValueDict) else data.items():
            sent.setlist(name, value if isinstance(value, list) else [value])
        for name in self.locked:
            if self.add_prefix(name) not in data:
                value = self.initial.get(name)
                sent[self.add_prefix(name)] = "" if value is None else str(value)
        return sent

    def _name_suggested_steps(self) -> None:
        """Give suggestions of communes (``places.suggesting``) the name that steps have below the prefix."""
        for field in self.fields.values():
            if self.prefix and (action := field.widget.attrs.get("data-suggests")):
                field.widget.attrs["hx-vals"] = json.dumps({"action": action, "bouton": self.step_name})

    def _sensitive(self) -> set[str]:
        return set(self.fields) & SENSITIVE_FIELDS.get(self.model, frozenset())

    def _mark_sensitive(self) -> None:
        for name in self._sensitive() - self.locked.keys():
            field = self.fields[name]
            field.help_text = f"{field.help_text} {SENSITIVE}".strip()

    def _mark_at_once(self, stored: Iterable[str]) -> None:
        for name in self.fields.keys() & set(stored) - self.locked.keys():
            field = self.fields[name]
            field.help_text = f"{field.help_text} {AT_ONCE}".strip()

    def _locked(self) -> dict[str, str]:
        why = WHY_IN_DOSSIER if self.is_proposal else WHY
        fixed = dict.fromkeys(sorted(self.fields.keys() & self.fixed), why)
        sensitive = set() if self.is_proposal else self._sensitive()
        reasons = {name: why_not_edit(self.scope, self.record, [name]) for name in sensitive}
        return {name: reason for name, reason in reasons.items() if reason} | fixed


def kept(value: Any) -> Any:
    """Cleaned value in its kept form (``directory.snapshots``)."""
    if isinstance(value, models.Model):
        return {"id": value.pk, "label": str(value)}
    if isinstance(value, models.QuerySet) or (isinstance(value, list) and value and isinstance(value[0], models.Model)):
        return [{"id": row.pk, "label": str(row)} for row in value]
    if isinstance(value, datetime.time):
        return f"{value:%H:%M}"
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value
