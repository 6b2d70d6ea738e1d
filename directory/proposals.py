"""How a director asks for a change of a sensitive field: a higher app says where (DESIGN: no import upwards).

The app that keeps proposals registers one provider in ``AppConfig.ready()``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.html import format_html
from django.utils.safestring import SafeString

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from .forms import BlockForm

FIELD = "champ"  # name posted with the button of a field


@dataclass(frozen=True)
class Offer:
    """Where the buttons of a block post, and the locked fields that have one."""

    url: str
    names: frozenset[str]


_providers: list[Callable[[HttpRequest, BlockForm], Offer | None]] = []


def register(provider: Callable[[HttpRequest, BlockForm], Offer | None]) -> None:
    """Set the provider: it gets a block form with locked fields, and says what may be proposed; no query."""
    _providers[:] = [provider]


def offer_of(request: HttpRequest, form: BlockForm) -> Offer | None:
    """What may be proposed of the locked fields of ``form``, the button of each put beside its reason."""
    offer = next((provider(request, form) for provider in _providers), None) if form.locked else None
    if offer is None:
        return None
    for name in form.locked.keys() & offer.names:
        form.fields[name].help_text = format_html("{} {}", form.fields[name].help_text, _button(form, name))
    return offer


def form_id(form: BlockForm) -> str:
    """Id of the form, empty and apart from that of the block, that the buttons submit."""
    return f"{form.block}-proposer"


def _button(form: BlockForm, name: str) -> SafeString:
    return format_html(
        '<button type="submit" class="btn btn-link p-0" form="{}" name="{}" value="{}">'
        'Proposer un changement<span class="visually-hidden">\u00a0: {}</span></button>',
        form_id(form),
        FIELD,
        name,
        form.fields[name].label,
    )
