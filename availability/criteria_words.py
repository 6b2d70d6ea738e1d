"""Criteria of an address in words: those that were applied, those that were ignored and why. Pure."""

import datetime
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django import forms

from common.french import NBSP, day, moment

LONGEST = 120  # characters of what was typed
Words = list[tuple[str, str]]  # label of a field, what was asked of it


def applied_words(form: forms.Form, left_out: Collection[str] = ()) -> Words:
    """Criteria that hold, in the order of the form: label and value in the words of the page. ``form`` is cleaned."""
    return [
        (str(bound.label), _words(bound, value))
        for bound in form
        if bound.name not in left_out and (value := form.cleaned_data.get(bound.name)) not in (None, False, "", [])
    ]


def ignored_words(form: forms.Form) -> Words:
    """Criteria that could not be read: label, then what was typed and what is wrong with it."""
    return [
        (str(bound.label), f"{_typed(bound)} – {bound.errors[0]}") for bound in form if bound.errors and _typed(bound)
    ]


def criteria_line(words: Iterable[tuple[str, str]]) -> str:
    """« Département : 92 Hauts-de-Seine ; Fraîcheur maximale : < 3 h »; empty without any."""
    return " ; ".join(label if value == "oui" else f"{label}{NBSP}: {value}" for label, value in words)


def ignored_rows(words: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Lines of a sheet of criteria: « Ignoré : Département », « 99 – Ce département n’est pas de la région. »."""
    return [(f"Ignoré{NBSP}: {label}", value) for label, value in words]


def _typed(bound: forms.BoundField) -> str:
    return ", ".join(value for value in bound.form.data.getlist(bound.html_name) if value)[:LONGEST]


def _words(bound: forms.BoundField, value: Any) -> str:
    if value is True:
        return "oui"
    if isinstance(value, datetime.datetime):
        return moment(value)
    if isinstance(value, datetime.date):
        return day(value)
    if choices := getattr(bound.field, "choices", ()):
        labels = dict(_flat(choices))
        return ", ".join(str(labels.get(one, one)) for one in (value if isinstance(value, list) else [value]))
    return _typed(bound)


def _flat(choices: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield value, label
