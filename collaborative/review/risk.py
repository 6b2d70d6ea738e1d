"""How much a dossier asks for attention: points with their reasons in words (spec 30, « Risk-sorted queue »). Pure.

The reasons that the content gives are counted when the dossier is sent and kept on it; its age is added when the queue
is read (``age_points``, in Python and in SQL alike).
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import ExpressionWrapper, F, IntegerField, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Extract, Floor, Least

from common import french

FIRST_PUBLICATION, FIRST_DESCRIPTION, CREATIONS = 30, 10, 10
REMOVALS, MOVES = 20, 10
SENSITIVE, SENSITIVE_MORE, SENSITIVE_MOST = 20, 5, 40
ERROR, WARNING, CHECKS_MOST = 15, 5, 30
SENT_AGAIN = 5
A_DAY, AGE_MOST = 8, 40
HIGH, MEDIUM = 50, 25
DAY = datetime.timedelta(days=1)


class Level(NamedTuple):
    """« élevé », « moyen » or « faible », with the key of its look."""

    key: str
    label: str


LEVELS = {
    "eleve": Level("eleve", "Risque élevé"),
    "moyen": Level("moyen", "Risque moyen"),
    "faible": Level("faible", "Risque faible"),
}


@dataclass(frozen=True)
class RiskFacts:
    """What the risk of a dossier depends on. ``sensitive``: labels of the sensitive fields that change."""

    is_new_entity: bool = False
    is_first_dossier: bool = False
    creations: int = 0
    removals: int = 0
    moves: int = 0
    sensitive: tuple[str, ...] = ()
    errors: int = 0
    warnings: int = 0
    returns: int = 0


class Risk(NamedTuple):
    """Points, and why in words, the heaviest first."""

    points: int
    reasons: list[str]


def risk_of(facts: RiskFacts) -> Risk:
    """Points of what a dossier proposes, whatever its age."""
    found: list[tuple[int, str]] = []
    if facts.is_new_entity:
        found.append((FIRST_PUBLICATION, "première publication d’un établissement"))
    elif facts.is_first_dossier:
        found.append((FIRST_DESCRIPTION, "premier dossier de cet établissement"))
    if facts.creations:
        found.append((CREATIONS, french.counted(facts.creations, "fiche nouvelle", "fiches nouvelles")))
    if facts.removals:
        found.append((REMOVALS, french.counted(facts.removals, "suppression")))
    if facts.moves:
        found.append((MOVES, french.counted(facts.moves, "déplacement")))
    if facts.sensitive:
        points = min(SENSITIVE + SENSITIVE_MORE * (len(facts.sensitive) - 1), SENSITIVE_MOST)
        words = french.plural(len(facts.sensitive), "champ sensible", "champs sensibles")
        labels = ", ".join(dict.fromkeys(facts.sensitive))
        found.append((points, f"{words}\u00a0: {labels}"))
    if facts.errors or facts.warnings:
        points = min(ERROR * facts.errors + WARNING * facts.warnings, CHECKS_MOST)
        count = facts.errors + facts.warnings
        found.append((points, f"{french.counted(count, 'point')} à vérifier"))
    if facts.returns:
        found.append((SENT_AGAIN, f"déjà renvoyé {french.counted(facts.returns, 'fois', 'fois')}"))
    found.sort(key=lambda line: -line[0])
    return Risk(sum(points for points, _ in found), [words for _, words in found])


def age_points(waiting: datetime.timedelta) -> int:
    """Points of a dossier that has been waiting for so long: some for each whole day, up to a ceiling."""
    return min(A_DAY * max(waiting // DAY, 0), AGE_MOST)


def age_points_sql(now: datetime.datetime) -> ExpressionWrapper:
    """Expression of ``age_points`` over ``sent_at``."""
    seconds = Extract(Value(now) - F("sent_at"), "epoch")
    return ExpressionWrapper(
        Least(A_DAY * Floor(seconds / DAY.total_seconds()), Value(AGE_MOST)), output_field=IntegerField()
    )


def queue_points_sql(now: datetime.datetime) -> CombinedExpression:
    """Expression of the risk and the age of a dossier en validation: the queue shows the greatest first."""
    return F("risk") + age_points_sql(now)


def level_of(points: int) -> Level:
    """Level that so many points make."""
    return LEVELS["eleve" if points >= HIGH else "moyen" if points >= MEDIUM else "faible"]
