"""« Proposer un changement » of a sensitive field: the dossier that it goes through (spec 01-settled, Dossiers)."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from directory.history import KINDS
from directory.models import GeographicEntity, OperationalUnit
from directory.proposals import Offer

from ..fiches.catching_up import add_known_units
from ..models import Dossier, Fiche
from ..permissions import why_not_edit, why_not_open
from ..services import AlreadyOpen, open_dossier

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.models import User
    from directory.forms import BlockForm
    from directory.scopes import Scope

CLOSED = "Cette fiche est maintenant fermée dans le répertoire\u00a0: il n’y a plus de changement à proposer."
REMOVED = "Cette fiche est supprimée dans le dossier en cours\u00a0: rétablissez-la d’abord."


class DossierUnderWay(Exception):
    """The open dossier of the EG takes no change now: it is en validation, or not the person's. ``dossier``: it."""

    def __init__(self, dossier: Dossier) -> None:
        super().__init__(f"dossier {dossier.pk} is {dossier.state}")
        self.dossier = dossier


def offer_for(request: HttpRequest, form: BlockForm) -> Offer | None:
    """Provider of ``directory.proposals``: for who heads the whole EG; no query on a record whose EG is loaded."""
    record = form.record
    names = frozenset(form.locked) - form.fixed
    if not names or why_not_open(request.scope, entity_of(record)):
        return None
    args = [KINDS[type(record)], record.pk, form.block]
    return Offer(reverse("collaborative:sensitive_propose", args=args), names)


def propose_change(
    *, record: GeographicEntity | OperationalUnit, by: User, scope: Scope, now: datetime.datetime
) -> Fiche:
    """Fiche where a sensitive field of ``record`` is to be changed: in the open dossier of its EG, else in a new one.

    Raises ``DossierUnderWay`` when that dossier takes no change now, ``PermissionDenied`` outside the person's scope,
    ``ValidationError`` when the directory closed the record or the dossier removes it: no dossier is opened then.
    """
    entity = entity_of(record)
    if record.is_closed:
        raise ValidationError(CLOSED)
    with transaction.atomic():
        try:
            dossier = open_dossier(
                entity=entity, by=by, scope=scope, now=now, name=f"Modification de {record.name}"[:255]
            )
        except AlreadyOpen as found:
            dossier = found.dossier
            if why_not_edit(scope, dossier):
                raise DossierUnderWay(dossier) from None
        fiche = _fiche_of(dossier, record)
        if fiche is None:
            add_known_units(dossier=dossier, by=by, scope=scope, now=now)
            fiche = _fiche_of(dossier, record)
        if fiche is None or fiche.is_removed:
            raise ValidationError(REMOVED)
    return fiche


def entity_of(record: GeographicEntity | OperationalUnit) -> GeographicEntity:
    """EG of a record."""
    return record.geographic_entity if isinstance(record, OperationalUnit) else record


def _fiche_of(dossier: Dossier, record: GeographicEntity | OperationalUnit) -> Fiche | None:
    name = "unit" if isinstance(record, OperationalUnit) else "geographic_entity"
    return Fiche.objects.filter(dossier=dossier, **{name: record}).first()
