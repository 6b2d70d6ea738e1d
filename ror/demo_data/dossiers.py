"""Fictitious dossiers collaboratifs in every state, made by the services that people use (spec 30).

CPTS GRAND VERSAILLES has none: the guide for the CPTS begins by opening it.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accounts.models import User
from accounts.roles import Role
from collaborative import services
from collaborative.enums import DossierAct, FieldDecision
from collaborative.fiches import services as fiches
from collaborative.fiches.states import missing_of, whole_state
from collaborative.models import Dossier, Fiche
from collaborative.publication import publish
from collaborative.review.services import decide_field, return_dossier
from common.french import french_spaces
from directory.enums import RecordKind
from directory.models import Assignment, GeographicEntity, LegalEntity
from directory.scopes import scope_of

if TYPE_CHECKING:
    from .world import World

MINUTE = datetime.timedelta(minutes=1)
EMSP = "EMSP ALTAIR VESTA"
HALT = "Halte soins ALTAIR VESTA"


@dataclass
class Hand:
    """Somebody who acts, a minute after the act before. ``clock`` is shared by all who act on a dossier."""

    user: User
    clock: list[datetime.datetime]

    @property
    def who(self) -> dict[str, Any]:
        """Who acts and when, for a service."""
        self.clock[0] += MINUTE
        return {"by": self.user, "scope": scope_of(self.user), "now": self.clock[0]}

    def at(self, moment: datetime.datetime) -> Hand:
        """The same person, later."""
        self.clock[0] = moment
        return self


def add_dossiers(world: World) -> None:
    """Write the dossiers, once the records, the accounts and the roles are there."""
    accounts = {user.username: user for user in User.objects.filter(username__in=["directeur", "sesan"])}
    directeur, sesan = accounts["directeur"], accounts["sesan"]
    _returned(world, directeur, sesan)
    _draft(world, directeur)
    others = _headed_by_others()
    for (user, entity), make in zip(others, (_validated, _taken, _sent, _sent_long_ago), strict=False):
        make(world, user, sesan, entity)


def _headed_by_others() -> list[tuple[User, GeographicEntity]]:
    """Four EGs of fictitious directors, each with a few complete units."""
    rows = Assignment.objects.filter(role=Role.DIRECTOR, user__username__startswith="fictif").exclude(
        geographic_entity=None
    )
    found: list[tuple[User, GeographicEntity]] = []
    for row in rows.select_related("user", "geographic_entity").order_by("geographic_entity_id", "pk"):
        entity = row.geographic_entity
        taken = {known.pk for _, known in found}
        if entity is None or entity.pk in taken or entity.is_hidden:
            continue
        if 1 <= entity.units.published().count() <= 6 and entity.units.filter(sensitive_unit=False).exists():
            found.append((row.user, entity))
        if len(found) == 4:
            break
    return found


def _open(world: World, user: User, entity: GeographicEntity, days: float) -> tuple[Dossier, Hand]:
    hand = Hand(user, [world.now - datetime.timedelta(days=days)])
    return services.open_dossier(entity=entity, **hand.who), hand


def _complete(dossier: Dossier, kind: str) -> Fiche:
    """First fiche of a kind that lacks nothing, else the first; it is there in every dossier made here."""
    rows = list(dossier.fiches.with_records().filter(kind=kind).order_by("position", "pk"))
    return next((row for row in rows if not missing_of(row.kind, whole_state(row))), rows[0])


def _save(hand: Hand, fiche: Fiche, values: dict[str, Any], *, finalise: bool = True) -> Fiche:
    record = fiche.record
    state = whole_state(fiche) | values
    return fiches.save_fiche(
        fiche=fiche,
        values=values,
        record_version=record.version if record else 0,
        finalise=finalise and not missing_of(fiche.kind, state),
        expected_version=fiche.version,
        **hand.who,
    )


def _send(hand: Hand, dossier: Dossier, remark: str = "") -> Dossier:
    return services.apply(dossier=dossier, act=DossierAct.SEND, remark=remark, **hand.who)


def _returned(world: World, directeur: User, sesan: User) -> None:
    """« À corriger »: SESAN asks about two fields of a mobile team."""
    entity = GeographicEntity.objects.get(name=EMSP)
    dossier, hand = _open(world, directeur, entity, 9)
    support = Hand(sesan, hand.clock)
    _save(hand, _complete(dossier, RecordKind.GEOGRAPHIC_ENTITY), {"website": "https://altair-vesta.example/emsp"})
    unit = _save(
        hand,
        _complete(dossier, RecordKind.UNIT),
        {"admission_conditions": "Sur appel d’un partenaire, réponse sous deux jours ouvrés.", "min_age_value": 16},
    )
    dossier = Dossier.objects.get(pk=dossier.pk)
    if unit.missing or unit.state == "pending":
        return
    dossier = _send(hand, dossier, "L’équipe reçoit désormais les mineurs à partir de 16 ans.")
    support.at(world.now - datetime.timedelta(days=6, hours=3))
    services.apply(dossier=dossier, act=DossierAct.TAKE, **support.who)
    unit.refresh_from_db()
    decide_field(
        fiche=unit,
        part="admission_conditions",
        decision=FieldDecision.RETURN,
        reason="Précisez le numéro à appeler et les jours.",
        record_version=unit.base_version,
        **support.who,
    )
    return_dossier(
        dossier=dossier,
        remark="Merci pour cette mise à jour. Un point reste à préciser sur l’unité.",
        **support.who,
    )


def _draft(world: World, directeur: User) -> None:
    """Brouillon: a new EG of the association, with a unit not described yet."""
    association = LegalEntity.objects.get(name="Association Altair Vesta")
    entity = GeographicEntity.objects.filter(legal_entity=association).order_by("pk").first()
    if entity is None or services.why_not_propose(scope_of(directeur), association):
        return
    hand = Hand(directeur, [world.now - datetime.timedelta(days=2, hours=5)])
    dossier = services.propose_entity(legal_entity=association, entity_name=HALT, **hand.who)
    fiches.add_units(parent=dossier.fiches.get(), count=1, **hand.who)
    services.add_comment(
        dossier=dossier,
        text=french_spaces("Ouverture prévue au printemps : le FINESS est demandé."),
        **hand.who,
    )


def _edited(hand: Hand, dossier: Dossier, **values: Any) -> Dossier:
    """Finalise the fiche of the EG with new values; the dossier as it is then."""
    top = _complete(dossier, RecordKind.GEOGRAPHIC_ENTITY)
    _save(hand, top, values)
    return Dossier.objects.get(pk=dossier.pk)


def _validated(world: World, user: User, sesan: User, entity: GeographicEntity) -> None:
    dossier, hand = _open(world, user, entity, 24)
    dossier = _edited(hand, dossier, website=f"https://etablissement-{entity.pk}.example")
    if dossier.state != "finalised":
        return
    dossier = _send(hand, dossier)
    support = Hand(sesan, hand.clock).at(world.now - datetime.timedelta(days=22))
    dossier = services.apply(dossier=dossier, act=DossierAct.TAKE, **support.who)
    publish(dossier=dossier, expected_version=dossier.version, **support.who)


def _taken(world: World, user: User, sesan: User, entity: GeographicEntity) -> None:
    dossier, hand = _open(world, user, entity, 6)
    dossier = _edited(hand, dossier, email=f"accueil@etablissement-{entity.pk}.example")
    if dossier.state != "finalised":
        return
    dossier = _send(hand, dossier, "Nouvelle adresse mail de l’accueil.")
    services.apply(
        dossier=dossier,
        act=DossierAct.TAKE,
        **Hand(sesan, hand.clock).at(world.now - datetime.timedelta(hours=4)).who,
    )


def _sent(world: World, user: User, sesan: User, entity: GeographicEntity) -> None:
    """Sent yesterday: the EG and a unit renamed."""
    dossier, hand = _open(world, user, entity, 1.2)
    dossier = _edited(hand, dossier, website=f"https://etablissement-{entity.pk}.example")
    unit = _complete(dossier, RecordKind.UNIT)
    _save(hand, unit, {"name": f"{unit.name} (site principal)"[:255]})
    if (dossier := Dossier.objects.get(pk=dossier.pk)).state == "finalised":
        _send(hand, dossier)


def _sent_long_ago(world: World, user: User, sesan: User, entity: GeographicEntity) -> None:
    """Sent four days ago: a unit proposed for closing."""
    dossier, hand = _open(world, user, entity, 4)
    unit = _complete(dossier, RecordKind.UNIT)
    fiches.remove_fiche(fiche=unit, expected_version=unit.version, **hand.who)
    dossier = Dossier.objects.get(pk=dossier.pk)
    if dossier.state == "finalised":
        dossier = _send(hand, dossier, "Cette unité a cessé son activité.")
        services.add_comment(
            dossier=dossier,
            text=french_spaces("Pouvez-vous préciser la date de fin d’activité ?"),
            **Hand(sesan, hand.clock).who,
        )
