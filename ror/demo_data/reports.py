"""Fictitious error reports in every state, on the examples of the webinars and elsewhere."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from accounts.models import User
from common.french import french_spaces
from directory.models import ErrorReport, ErrorReportStep, GeographicEntity, OperationalUnit
from directory.reports.services import directors_of

from .world import World

State = ErrorReport.State
PEOPLE = ("consultation", "pdses", "ars", "directeur", "sesan")


@dataclass(frozen=True)
class Told:
    """One report: on which unit, by whom, how long ago; ``taken`` and ``closed`` are hours after the filing."""

    unit: str
    block: str
    text: str
    by: str
    hours: int
    taken: int = 0
    closed: int = 0
    state: State = State.NEW
    answer: str = ""
    on_entity: bool = False


REPORTS = (
    Told(
        "ACT ALTAIR VESTA",
        "contacts",
        "Le téléphone des soignants ne répond plus depuis lundi : une annonce renvoie vers le standard.",
        "consultation",
        hours=5,
    ),
    Told(
        "ACT ALTAIR VESTA",
        "adresse",
        "L’entrée du public se fait désormais par la rue voisine ; les ambulances se trompent.",
        "pdses",
        hours=50,
        taken=20,
        state=State.IN_PROGRESS,
        on_entity=True,
    ),
    Told(
        "ACT hors-les-murs ALTAIR VESTA",
        "offre",
        "L’équipe ne fait plus de permanence le samedi.",
        "consultation",
        hours=24 * 20,
        taken=3,
        closed=30,
        state=State.CORRECTED,
        answer="Merci, les horaires et l’offre sont à jour.",
    ),
    Told(
        "Équipe mobile médico-sociale précarité ALTAIR VESTA",
        "intervention",
        "La commune de Rueil-Malmaison manque au territoire.",
        "ars",
        hours=24 * 12,
        closed=26,
        state=State.REJECTED,
        answer="Cette commune est servie par une autre équipe ; le territoire affiché est exact.",
    ),
)
WITHOUT_DIRECTOR = Told(
    "",
    "responsable",
    "Le responsable indiqué est parti à la retraite cet été.",
    "consultation",
    hours=24 * 4,
)


def add_reports(world: World) -> None:
    """Write the reports and their steps, once the records, the accounts and the roles are."""
    accounts = {user.username: user for user in User.objects.filter(username__in=PEOPLE)}
    units = {unit.name: unit for unit in OperationalUnit.objects.filter(name__in=[told.unit for told in REPORTS])}
    for told in REPORTS:
        if unit := units.get(told.unit):
            record = unit.geographic_entity if told.on_entity else unit
            _add(world, told, record, accounts, handler=accounts["directeur"])
    alone = _without_director()
    if alone is not None:
        _add(world, WITHOUT_DIRECTOR, alone, accounts, handler=accounts["sesan"], support_told=True)


def _without_director() -> OperationalUnit | None:
    """First published unit with somebody in charge, that nobody heads."""
    units = OperationalUnit.objects.published().exclude(manager_last_name="").filter(sensitive_unit=False)
    first = units.select_related("geographic_entity").order_by("pk")[:50]
    return next((unit for unit in first if not directors_of(unit)), None)


def _add(
    world: World,
    told: Told,
    record: OperationalUnit | GeographicEntity,
    accounts: dict[str, User],
    *,
    handler: User,
    support_told: bool = False,
) -> None:
    filed = world.now - datetime.timedelta(hours=told.hours)
    closed = filed + datetime.timedelta(hours=told.closed) if told.closed else None
    moves = [(State.NEW, filed, accounts[told.by], "")]
    if told.taken:
        moves.append((State.IN_PROGRESS, filed + datetime.timedelta(hours=told.taken), handler, ""))
    if closed:
        moves.append((told.state, closed, handler, french_spaces(told.answer)))
    report = ErrorReport.objects.create(
        **({"geographic_entity": record} if told.on_entity else {"unit": record}),
        block=told.block,
        text=french_spaces(told.text),
        reported_by=accounts[told.by],
        reported_at=filed,
        state=told.state,
        answer=french_spaces(told.answer),
        closed_at=closed,
        closed_by=handler if closed else None,
        support_told_at=filed if support_told else None,
        version=len(moves),
    )
    before = ""
    for state, at, by, text in moves:
        ErrorReportStep.objects.create(report=report, from_state=before, to_state=state, text=text, at=at, by=by)
        before = state
