"""What a line of results says: closures, pools once, contested figures, places awaited, why a unit suits."""

import datetime as dt

import pytest
from django.utils import timezone

from availability.guichet.needs import Answer, Fit, Judgement, Reason
from availability.models import ExpectedPlace, Pool, UnitClosure
from availability.shown import TO_CONFIRM, UNAVAILABLE, local_day
from availability.standing import Standing
from search.engine.outcome import Group
from search.engine.query import DocumentRow
from search.results.figures import Count, UnitNote, notes_of, total_count, unit_count
from search.results.lines import lines_of
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import UnitFactory

NB = "\u00a0"
NOW = dt.datetime(2024, 8, 14, 10, 30, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
ROW = DocumentRow(
    group_id=1,
    unit_id=1,
    name="ACT Hébergement",
    entity_name="ACT LES QUAIS",
    type_label="ACT",
    phone="0140190012",
    entity_phone="",
    min_age_value=18,
    min_age_unit="y",
    max_age_value=150,
    max_age_unit="y",
    min_age_days=6574,
    max_age_days=55151,
    sex="",
    installed_places=30,
    is_open=True,
    figure=3,
    stated_at=NOW - dt.timedelta(hours=2),
    expires_at=NOW + 20 * DAY,
    rhythm=dt.timedelta(days=7),
    department_code="75",
    has_own_place=False,
    commune="Paris 12",
    is_hidden=False,
    serves=False,
)
WORKS = UnitClosure(starts_at=NOW - DAY, ends_at=dt.datetime(2024, 8, 31, 22, tzinfo=dt.UTC), reason="works")


def line(*rows, **told):
    (found,) = lines_of([Group(1, 5.2)], rows, NOW, **told)
    return found


def row(unit_id=1, **values):
    return ROW._replace(unit_id=unit_id, **values)


def judged(fit, *reasons):
    return Judgement(fit, tuple(Reason(answer, text, ask, is_of_unit) for answer, text, ask, is_of_unit in reasons))


@pytest.mark.parametrize(
    ("values", "note", "summary"),
    [
        ({}, {}, "1 UO – ACT Hébergement, 3 places"),
        ({"sex": "m"}, {}, "1 UO – ACT Hébergement, 3 places, hommes seulement"),
        ({}, {"capacity_kind": "bed"}, "1 UO – ACT Hébergement, 3 lits"),
        ({"figure": 0}, {}, "1 UO – ACT Hébergement, complet"),
        (
            {"figure": 0},
            {"awaited": ("1 place attendue le 20/08/2024 – femme",)},
            "1 UO – ACT Hébergement, complet, 1 place attendue le 20/08/2024 – femme",
        ),
        ({}, {"contested_at": NOW}, "1 UO – ACT Hébergement, 3 places, chiffre contesté"),
        ({"is_open": False}, {}, "1 UO – ACT Hébergement, saisie non activée"),
        ({"figure": None, "stated_at": None}, {}, "1 UO – ACT Hébergement, jamais saisi"),
        ({"stated_at": NOW - 30 * DAY}, {}, "1 UO – ACT Hébergement, chiffre périmé, à confirmer par téléphone"),
        (
            {},
            {"standing": Standing.TO_CONFIRM},
            "1 UO – ACT Hébergement, chiffre à confirmer depuis la réouverture",
        ),
        (
            {},
            {"standing": Standing.UNAVAILABLE, "closure": WORKS},
            "1 UO – ACT Hébergement, fermée jusqu’au 31/08/2024 inclus",
        ),
        (
            {},
            {"standing": Standing.UNAVAILABLE, "closure": UnitClosure(starts_at=NOW - DAY, reason="works")},
            "1 UO – ACT Hébergement, fermée, sans date de fin",
        ),
    ],
)
def test_a_folded_line_says_the_decisive_thing(values, note, summary):
    assert line(row(**values), notes={1: UnitNote(**note)}).summary == summary


@pytest.mark.parametrize(
    ("judgement", "summary"),
    [
        (
            judged(Fit.NO_FIT, (Answer.NO, "hommes seulement", "", True), (Answer.YES, "1 place PMR", "", False)),
            "1 UO – ACT Hébergement, 3 places, hommes seulement",
        ),
        (
            judged(
                Fit.TO_CONFIRM,
                (Answer.YES, "accueille à 34 ans", "", True),
                (Answer.MAYBE, "PMR : non précisé", "Y a-t-il une place PMR", False),
            ),
            "1 UO – ACT Hébergement, 3 places, PMR : non précisé",
        ),
        (
            judged(Fit.FITS, (Answer.YES, "1 place femme", "", False), (Answer.YES, "1 place PMR", "", False)),
            "1 UO – ACT Hébergement, 3 places, 1 place femme, 1 place PMR",
        ),
    ],
)
def test_needs_say_why_on_the_folded_line(judgement, summary):
    found = line(row(), judgements={1: judgement})
    assert found.summary == summary
    assert (found.fit, found.fit_words, found.units[0].why) == (
        judgement.fit,
        judgement.fit.label,
        judgement.reasons,
    )


def test_what_the_figure_says_is_not_said_twice():
    full = judged(Fit.FULL, (Answer.NO, "aucune place libre", "", False))
    assert line(row(figure=0), judgements={1: full}).summary == "1 UO – ACT Hébergement, complet"
    doubt = judged(Fit.TO_CONFIRM, (Answer.MAYBE, "contesté le …", "Y a-t-il une place libre", False))
    found = line(row(), judgements={1: doubt}, notes={1: UnitNote(contested_at=NOW)})
    assert found.summary == "1 UO – ACT Hébergement, 3 places, chiffre contesté"
    assert found.units[0].contested_words == ""  # it stands among the reasons
    ahead = "à confirmer pour le 01/12/2026"
    for places, told in ((0, "complet"), (3, "3 places")):
        reason = Reason(
            Answer.MAYBE, f"{told} aujourd’hui, {ahead}", "Y aura-t-il une place", is_of_unit=True, short=ahead
        )
        found_ahead = line(row(figure=places), judgements={1: Judgement(Fit.TO_CONFIRM, (reason,))})
        assert found_ahead.summary == f"1 UO – ACT Hébergement, {told}, {ahead}"
    today = Judgement(Fit.FITS, (Reason(Answer.YES, "3 places libres aujourd’hui", short=""),))
    assert line(row(), judgements={1: today}).summary == "1 UO – ACT Hébergement, 3 places"
    assert found.units[0].questions == "Y a-t-il une place libre\u202f?"


def test_the_units_that_suit_come_first_and_the_line_counts_the_classes():
    rows = [row(number, name=f"Unité {number}") for number in range(1, 8)]
    fits = {5: Fit.FITS, 6: Fit.FITS, 2: Fit.TO_CONFIRM, 1: Fit.NO_FIT, 3: Fit.NO_FIT, 4: Fit.FULL}
    found = line(*rows, judgements={pk: Judgement(fit) for pk, fit in fits.items()})
    assert [unit.unit_id for unit in found.units] == [5, 6, 2, 4, 1]
    assert found.others == 2
    assert found.fit is Fit.FITS
    assert found.summary == (
        "7 UO – Unité 5, Unité 6 et 5 autres, 2 conviennent, 1 à confirmer, 1 sans place, 2 ne conviennent pas"
        f". Unité 5{NB}: 3 places"
    )


def test_a_line_of_several_units_says_what_settles_the_best_one():
    suits = judged(Fit.FITS, (Answer.YES, "femmes accueillies", "", True), (Answer.YES, "PMR", "", True))
    refuses = judged(Fit.NO_FIT, (Answer.NO, "hommes seulement", "", True))
    found = line(row(1, name="Hommes"), row(2, name="Femmes"), judgements={1: refuses, 2: suits})
    assert found.summary == (
        f"2 UO – Femmes, Hommes, 1 convient, 1 ne convient pas. Femmes{NB}: 3 places, femmes accueillies, PMR"
    )
    assert "accueillies" not in line(row(1), row(2)).summary


def test_a_long_list_shows_the_units_with_free_places():
    rows = [row(number, name=f"Unité {number}", is_open=number > 3, figure=number % 2) for number in range(1, 9)]
    found = line(*rows)
    assert ([unit.unit_id for unit in found.units], found.others) == ([4, 5, 6, 7, 8], 3)
    assert found.summary == "8 UO – Unité 4, Unité 5 et 6 autres"
    assert [unit.unit_id for unit in line(*rows[:5]).units] == [1, 2, 3, 4, 5]


def test_nothing_is_asked_of_a_unit_that_does_not_suit():
    refused = judged(Fit.NO_FIT, (Answer.NO, "hommes seulement", "", True), (Answer.MAYBE, "PMR", "PMR", False))
    assert line(row(), judgements={1: refused}).units[0].questions == ""


def test_a_closed_unit_is_outside_the_coverage():
    closed = UnitNote(standing=Standing.UNAVAILABLE, closure=WORKS)
    found = line(row(1), row(2), row(3, is_open=False), notes={2: closed})
    assert (found.count.kind, found.count.figure, found.count.counted, found.count.open) == ("known", 3, 1, 1)
    assert found.summary.endswith("(1 indisponible)")
    assert found.units[1].state == UNAVAILABLE
    assert found.units[1].closure_words == "travaux, du 13/08/2024 à 12:30 au 31/08/2024 inclus"
    alone = line(row(), notes={1: closed})
    assert (alone.count.kind, alone.count.detail) == ("closed", "indisponible")
    both = judged(Fit.FULL, (Answer.NO, "indisponibilité totale", "", False))
    assert line(row(), notes={1: closed}, judgements={1: both}).fit_words == "Indisponible"


def test_a_figure_to_confirm_is_shown_and_does_not_count():
    waiting = UnitNote(standing=Standing.TO_CONFIRM)
    found = line(row(1), row(2), notes={2: waiting})
    assert (found.count.figure, found.count.counted, found.count.open) == (3, 1, 2)
    assert found.summary.endswith("(1 unité comptée sur 2)")
    alone = line(row(), notes={1: waiting})
    assert (alone.count.kind, alone.count.figure, alone.units[0].state) == ("to_confirm", 3, TO_CONFIRM)
    several = line(row(1), row(2), notes={1: waiting, 2: waiting})
    assert (several.count.kind, several.count.figure, several.count.detail) == ("unknown", None, "à confirmer")


def test_the_places_of_a_pool_count_once():
    pool = UnitNote(pool_id=9, pool_installed=20)
    found = line(row(1), row(2), row(3, figure=5), notes={1: pool, 2: pool})
    assert (found.count.figure, found.count.installed, found.count.counted, found.count.open) == (8, 50, 3, 3)
    assert [unit.is_pooled for unit in found.units] == [True, True, False]
    assert found.units[0].figure_words == "3 places / 20"
    expired = [unit_count(row(number, stated_at=NOW - 30 * DAY), NOW, pool) for number in (1, 2)]
    assert (total_count(expired).kind, total_count(expired).figure, total_count(expired).open) == ("expired", 3, 2)


def test_unknown_is_never_a_zero():
    assert total_count([Count("inactive"), Count("inactive")]).figure is None
    assert total_count([]) == Count("inactive")
    mixed = total_count([Count("closed"), Count("inactive")])
    assert (mixed.kind, mixed.figure) == ("closed", None)


def test_the_duration_is_that_of_the_establishment():
    assert line(row(), durations={1: "00:13 est."}).duration_words == "00:13 est."
    assert line(row()).duration_words == ""


@pytest.mark.django_db
def test_notes_are_read_in_one_query(django_assert_num_queries):
    now = timezone.now()
    entity = UnitFactory().geographic_entity
    units = [UnitFactory(geographic_entity=entity) for _ in range(6)]
    pool = Pool.objects.create(geographic_entity=entity, name="Étage", installed_places=12, rhythm=7 * DAY)
    for unit in units[:5]:
        CurrentFigureFactory(unit=unit, now=now, contested_at=now if unit == units[0] else None)
    units[1].current_figure.__class__.objects.filter(unit=units[1]).update(pool=pool)
    told = {"reason": "works", "recorded_at": now}
    UnitClosure.objects.create(unit=units[2], starts_at=now - DAY, ends_at=None, **told)
    UnitClosure.objects.create(unit=units[3], starts_at=now - DAY, ends_at=now - dt.timedelta(minutes=10), **told)
    UnitClosure.objects.create(unit=units[4], starts_at=now - DAY, withdrawn_at=now, **told)
    today = local_day(now)
    for days, settled in ((4, None), (2, None), (-1, None), (1, now)):
        ExpectedPlace.objects.create(
            unit=units[4], count=2, expected_on=today + days * DAY, recorded_at=now, settled_at=settled
        )
    with django_assert_num_queries(1):
        notes = notes_of([unit.pk for unit in units], now)
    first, pooled, closed, reopened, awaiting = (notes[unit.pk] for unit in units[:5])
    assert units[5].pk not in notes
    assert first.contested_at == now
    assert (pooled.pool_id, pooled.pool_installed) == (pool.pk, 12)
    assert (closed.standing, closed.closed_until) == (Standing.UNAVAILABLE, "fermée, sans date de fin")
    assert (reopened.standing, reopened.closure) == (Standing.TO_CONFIRM, None)
    soon, later = (f"2 places attendues le {today + days * DAY:%d/%m/%Y}" for days in (2, 4))
    assert (awaiting.standing, awaiting.awaited) == (None, (soon, later))
    with django_assert_num_queries(0):
        assert notes_of([], now) == {}
