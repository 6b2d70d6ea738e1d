"""Points and words of the risk of a dossier, and its age in Python and in SQL."""

import datetime

import pytest
from django.utils import timezone

from collaborative.models import Dossier
from collaborative.review.risk import RiskFacts, age_points, age_points_sql, level_of, risk_of

DAY = datetime.timedelta(days=1)


def test_a_small_change_has_no_risk():
    assert risk_of(RiskFacts()) == (0, [])
    assert level_of(0).label == "Risque faible"


def test_the_reasons_are_said_the_heaviest_first():
    risk = risk_of(
        RiskFacts(
            is_new_entity=True, creations=3, removals=1, sensitive=("SIRET", "FINESS", "SIRET"), warnings=2, returns=1
        )
    )
    assert risk.points == 30 + 10 + 20 + 30 + 10 + 5
    assert risk.reasons == [
        "première publication d’un établissement",
        "champs sensibles\u00a0: SIRET, FINESS",
        "1 suppression",
        "3 fiches nouvelles",
        "2 points à vérifier",
        "déjà renvoyé 1 fois",
    ]
    assert level_of(risk.points).key == "eleve"


def test_what_is_counted_has_a_ceiling():
    assert risk_of(RiskFacts(errors=50)).points == 30
    assert risk_of(RiskFacts(sensitive=("A",) * 20)).points == 40


@pytest.mark.parametrize(
    ("waiting", "points"),
    [(-DAY, 0), (DAY * 0.99, 0), (DAY, 8), (DAY * 2.5, 16), (DAY * 5, 40), (DAY * 400, 40)],
)
def test_waiting_days_count_up_to_a_ceiling(waiting, points):
    assert age_points(waiting) == points


@pytest.mark.django_db
@pytest.mark.parametrize("hours", [0, 23, 25, 49, 24 * 30])
def test_sql_counts_the_age_as_python_does(desk, hours):
    now = timezone.now()
    Dossier.objects.filter(pk=desk.dossier.pk).update(sent_at=now - datetime.timedelta(hours=hours))
    found = Dossier.objects.annotate(points=age_points_sql(now)).get(pk=desk.dossier.pk)
    assert found.points == age_points(datetime.timedelta(hours=hours))
