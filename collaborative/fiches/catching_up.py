"""What the directory gained since a dossier was opened: structures and units without a fiche (spec 30, Beyond)."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from directory.enums import PublicationStatus, StructureLevel
from directory.models import OperationalUnit, Structure

from ..models import Fiche
from ..services import settle, standard_fiche
from .services import editable_dossier

if TYPE_CHECKING:
    from accounts.models import User
    from directory.scopes import Scope

    from ..models import Dossier


def units_without_fiche(dossier: Dossier | OuterRef) -> QuerySet[OperationalUnit]:
    """Open units of the EGs that the dossier works on, added to the directory since: they have no fiche in it."""
    return (
        OperationalUnit.objects.filter(geographic_entity__held_by__dossier=dossier)
        .exclude(status=PublicationStatus.CLOSED)
        .exclude(Exists(Fiche.objects.filter(dossier=_inside(dossier), unit=OuterRef("pk"))))
        .order_by("sort_name", "pk")
    )


def names_without_fiche() -> ArraySubquery:
    """Names of the units without a fiche, to annotate dossiers with."""
    return ArraySubquery(units_without_fiche(OuterRef("pk")).values("name"))


def _inside(dossier: Dossier | OuterRef) -> Dossier | OuterRef:
    """The same, one query deeper."""
    return OuterRef(dossier) if isinstance(dossier, OuterRef) else dossier


def add_known_units(*, dossier: Dossier, by: User, scope: Scope, now: datetime.datetime) -> list[Fiche]:
    """Add a standard fiche for each unit without one, and for the structures that it stands in.

    Return the fiches of the units. Raises ``PermissionDenied`` outside the person's scope, ``StaleDossier`` when the
    dossier is not editable any more.
    """
    with transaction.atomic():
        locked = editable_dossier(dossier.pk, scope)
        units = list(units_without_fiche(locked).only("name", "version", "structure_id", "geographic_entity_id"))
        top = locked.fiches.aggregate(top=Max("position"))["top"] or 0
        common: dict[str, Any] = {"dossier": locked, "created_at": now, "updated_at": now, "updated_by": by}
        above = _with_structures(locked, units, top + 1, common)
        added = Fiche.objects.bulk_create(
            standard_fiche(
                row,
                parent=above.get(("s", row.structure_id)) or above.get(("e", row.geographic_entity_id)),
                position=top + 2 + rank,
                common=common,
            )
            for rank, row in enumerate(units)
        )
        if added:
            settle(dossier=locked, by=by, now=now)
    return added


def _with_structures(
    dossier: Dossier, units: list[OperationalUnit], position: int, common: dict[str, Any]
) -> dict[tuple[str, int | None], Fiche]:
    """Fiches below which ``units`` hang, by their record; those of structures without one are made."""
    above = _fiches_above(dossier)
    for level in StructureLevel.values:
        rows = _structures_without_fiche(dossier, units).filter(level=level)
        made = Fiche.objects.bulk_create(
            standard_fiche(
                row,
                parent=above.get(("s", row.parent_id)) or above.get(("e", row.geographic_entity_id)),
                position=position,
                common=common,
            )
            for row in rows.only("name", "version", "parent_id", "geographic_entity_id")
        )
        above |= {("s", fiche.structure_id): fiche for fiche in made}
    return above


def _fiches_above(dossier: Dossier) -> dict[tuple[str, int | None], Fiche]:
    """Fiches of EGs and structures of a dossier by their record."""
    rows = dossier.fiches.filter(Q(geographic_entity__isnull=False) | Q(structure__isnull=False))
    return {
        ("e", row.geographic_entity_id) if row.geographic_entity_id else ("s", row.structure_id): row for row in rows
    }


def _structures_without_fiche(dossier: Dossier, units: list[OperationalUnit]) -> QuerySet[Structure]:
    """Structures, at most three levels up, in which ``units`` stand and that have no fiche yet."""
    direct = {unit.structure_id for unit in units if unit.structure_id}
    chain = Structure.objects.filter(Q(pk__in=direct) | Q(children__in=direct) | Q(children__children__in=direct))
    return Structure.objects.filter(pk__in=chain).exclude(fiches__dossier=dossier).order_by("sort_name", "pk")
