"""The index follows every write, in the writer's transaction (spec 40, Matching): signals of the lower apps."""

from typing import Any

from django.db.models.signals import post_save

from availability.signals import figures_changed
from directory.models import Term
from directory.signals import practitioners_changed, units_changed

from . import index


def connect() -> None:
    """Listen to the directory, to availability and to the nomenclatures."""
    units_changed.connect(follow_units, dispatch_uid="search.units")
    practitioners_changed.connect(follow_practitioners, dispatch_uid="search.practitioners")
    figures_changed.connect(follow_figures, dispatch_uid="search.figures")
    post_save.connect(follow_term, sender=Term, dispatch_uid="search.terms")


def follow_units(sender: Any, *, unit_ids: list[int], **kwargs: Any) -> None:
    index.refresh_units(unit_ids=unit_ids)


def follow_practitioners(sender: Any, *, practitioner_ids: list[int], **kwargs: Any) -> None:
    index.refresh_practitioners(practitioner_ids=practitioner_ids)


def follow_figures(sender: Any, *, unit_ids: list[int], **kwargs: Any) -> None:
    index.refresh_figures(unit_ids=unit_ids)


def follow_term(sender: Any, *, instance: Term, raw: bool = False, **kwargs: Any) -> None:
    """A term saved: its spellings, then the documents that carry it. Bulk loaders rebuild instead."""
    if not raw:
        index.refresh_term(term_id=instance.pk)
