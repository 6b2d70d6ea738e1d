"""A dossier of a hospital, ready to be published: half of its UOs are new, the others change or close."""

from django.utils import timezone

from collaborative.enums import FicheAction, FicheState
from collaborative.models import Dossier, Fiche
from collaborative.services import open_dossier
from directory.enums import RecordKind
from directory.scopes import scope_of
from tests.collaborative.publishing import coded, unit_values
from tests.factories.directory import StructureFactory, UnitFactory, commune

NEW_PHONE = "0199000077"


def hospital(entity, head, taker, size):
    """A dossier on ``entity`` sent by ``head`` and taken by ``taker``: ``size`` UOs and a new structure."""
    StructureFactory(geographic_entity=entity, name="Pôle historique")
    known = [UnitFactory(geographic_entity=entity, name=f"UO {number}", act=True) for number in range(size // 2)]
    now = timezone.now()
    dossier = open_dossier(entity=entity, by=head, scope=scope_of(head), now=now)
    shared = {"dossier": dossier, "created_at": now, "updated_at": now, "updated_by": head}
    pole = Fiche.objects.create(
        kind=RecordKind.STRUCTURE,
        action=FicheAction.CREATE,
        state=FicheState.FINALISED,
        parent=dossier.fiches.get(kind=RecordKind.GEOGRAPHIC_ENTITY),
        name="Pôle neuf",
        values={"name": "Pôle neuf", "level": "S1"},
        **shared,
    )
    template = unit_values()
    Fiche.objects.bulk_create(
        Fiche(
            kind=RecordKind.UNIT,
            action=FicheAction.CREATE,
            state=FicheState.FINALISED,
            parent=pole,
            name=f"Neuve {number}",
            values=template | {"name": f"Neuve {number}"},
            position=1000 + number,
            **shared,
        )
        for number in range(size - len(known))
    )
    changed = {"medical_phone": NEW_PHONE, "intervention_communes": [coded(commune("75110"))]}
    base = {"medical_phone": "0199000002", "intervention_communes": []}
    for number, unit in enumerate(known):
        fiches = Fiche.objects.filter(dossier=dossier, unit=unit)
        if number % 3:
            fiches.update(state=FicheState.FINALISED, values=changed, base=base)
        else:
            fiches.update(action=FicheAction.DELETE, state=FicheState.REMOVED)
    Dossier.objects.filter(pk=dossier.pk).update(state="sent", sent_by=head, sent_at=now, taken_by=taker, taken_at=now)
    return Dossier.objects.get(pk=dossier.pk)
