"""A pair made by hand: support knows two records to be one, whatever the weekly search thinks of them."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from common.french import NBSP

from ..models import DuplicatePair, OperationalUnit

if TYPE_CHECKING:
    from ..scopes import Scope


class OtherNotFound(Exception):
    """No record, or the wrong one, has that number: the message says so in French."""


def find_other(scope: Scope, first: Any, typed: str) -> Any:
    """EG (or UO, as ``first``) that a number designates: « n°12 », a FINESS, a SIRET, a national identifier.

    Raises ``OtherNotFound``.
    """
    model = type(first)
    rows = model.objects.visible_to(scope)
    if typed.startswith("n°"):
        found = list(rows.filter(pk=min(int(typed[2:]), 2**63 - 1)))
    elif model is OperationalUnit:
        found = list(rows.filter(national_id__iexact=typed)[:2])
    else:
        found = list(rows.filter(Q(finess=typed) | Q(siret=typed) | Q(national_id=typed)).exclude(pk=first.pk)[:2])
    if not found:
        what = "Aucune unité" if model is OperationalUnit else "Aucun établissement"
        raise OtherNotFound(f"{what} du répertoire ne correspond à «{NBSP}{typed}{NBSP}»{NBSP}: vérifiez le numéro.")
    if len(found) > 1:
        raise OtherNotFound("Plusieurs fiches portent ce numéro\u00a0: donnez l’adresse de la page de l’une d’elles.")
    if found[0].pk == first.pk:
        raise OtherNotFound("C’est la fiche d’où vous venez\u00a0: indiquez l’autre.")
    return found[0]


def pair_of(first: Any, second: Any, *, now: datetime.datetime) -> DuplicatePair:
    """Pair of two records, the known one or a new one that waits; asked twice at once, it is one."""
    name = "unit" if isinstance(first, OperationalUnit) else "entity"
    older, newer = sorted((first, second), key=lambda record: record.pk)
    pair, _ = DuplicatePair.objects.get_or_create(
        **{f"first_{name}": older, f"second_{name}": newer},
        defaults={"reasons": [], "found_at": now, "seen_at": now},
    )
    return pair
