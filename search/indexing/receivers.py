"""The index follows every write, in the writer's transaction (spec 40, Matching): signals of the lower apps."""

from typing import Any

from django.db.models.signals import post_save

from availability.signals import figures_changed
from directory.models import GeographicEntity, LegalEntity, Term
from directory.signals import entities_changed, practitioners_changed, units_changed

from . import index


def connect() -> None:
    """Listen to the directory, to availability and to the nomenclatures."""
    units_changed.connect(follow_units, dispatch_uid="search.units")
    entities_changed.connect(follow_entities, dispatch_uid="search.entities")
    practitioners_changed.connect(follow_practitioners, dispatch_uid="search.practitioners")
    figures_changed.connect(follow_figures, dispatch_uid="search.figures")
    post_save.connect(follow_legal_entity, sender=LegalEntity, dispatch_uid="search.legal_entities")
    post_save.connect(follow_term, sender=Term, dispatch_uid="search.terms")


def follow_units(sender: Any, *, unit_ids: list[int], **kwargs: Any) -> None:
    index.refresh_units(unit_ids=unit_ids)


def follow_entities(sender: Any, *, entity_ids: list[int], **kwargs: Any) -> None:
    index.refresh_entities(entity_ids=entity_ids)


def follow_legal_entity(sender: Any, *, instance: LegalEntity, raw: bool = False, **kwargs: Any) -> None:
    """An EJ saved: whether its EGs are proposed depends on it, those without units too."""
    if not raw:
        entities = GeographicEntity.objects.filter(legal_entity=instance).order_by()
        index.refresh_entities(entity_ids=entities.values_list("pk", flat=True))


def follow_practitioners(sender: Any, *, practitioner_ids: list[int], **kwargs: Any) -> None:
    index.refresh_practitioners(practitioner_ids=practitioner_ids)


def follow_figures(sender: Any, *, unit_ids: list[int], **kwargs: Any) -> None:
    index.refresh_figures(unit_ids=unit_ids)


def follow_term(sender: Any, *, instance: Term, raw: bool = False, **kwargs: Any) -> None:
    """A term saved: its spellings, then the documents that carry it. Bulk loaders rebuild instead."""
    if not raw:
        index.refresh_term(term_id=instance.pk)
