"""Needs against places: « convient », « à confirmer », « complet », « ne convient pas » (spec 20; 01-settled)."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from availability.breakdown import Counts
from availability.guichet.judging import judge
from availability.guichet.needs import Answer, Fit, Needs, Supply, Who, Worth, rank_key
from availability.lines import LineAccess, LineAnimal, LineRoom, LineSex, LineState, PlaceLine

NOW = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)
TODAY = NOW.date()
EARLIEST = datetime.datetime(2020, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone


def counted(free=3, **values):
    return offered(worth=Worth.COUNTED, free=free, **values)


def offered(**values):
    return Supply(today=TODAY, **values)


def with_lines(*lines, free=None, **values):
    free = sum(line.count for line in lines if line.state is LineState.FREE) if free is None else free
    return counted(free, lines=lines, **values)


def fit_of(needs, supply):
    return judge(needs, supply).fit


WOMAN = Needs(who=Who.WOMAN)
WOMAN_PMR = Needs(who=Who.WOMAN, accessible=True)
PMR_LINE = PlaceLine(count=1, sex=LineSex.WOMEN, access=LineAccess.YES)


@pytest.mark.parametrize(
    ("needs", "supply", "expected"),
    [
        (Needs(), counted(1), Fit.FITS),
        (Needs(), counted(0), Fit.FULL),
        (WOMAN, counted(counts=Counts(women=1)), Fit.FITS),
        (WOMAN, counted(counts=Counts(any_sex=1)), Fit.FITS),
        (WOMAN, counted(counts=Counts(men=3)), Fit.NO_FIT),
        (WOMAN, counted(counts=Counts(men=1)), Fit.TO_CONFIRM),
        (WOMAN, counted(counts=Counts(women=0, any_sex=0)), Fit.NO_FIT),
        (WOMAN, counted(counts=Counts(women=0)), Fit.TO_CONFIRM),
        (WOMAN, counted(), Fit.TO_CONFIRM),
        (WOMAN, counted(sex="f"), Fit.FITS),
        (WOMAN, counted(sex="m"), Fit.NO_FIT),
        (Needs(who=Who.MAN), counted(0, sex="f"), Fit.NO_FIT),
        (Needs(who=Who.COUPLE), counted(sex="f"), Fit.TO_CONFIRM),
        (Needs(who=Who.COUPLE), counted(counts=Counts(any_sex=3)), Fit.TO_CONFIRM),
        (WOMAN_PMR, counted(counts=Counts(women=2, accessible=1)), Fit.TO_CONFIRM),
        (WOMAN_PMR, counted(counts=Counts(women=2, accessible=0)), Fit.NO_FIT),
        (WOMAN_PMR, with_lines(PMR_LINE), Fit.FITS),
        (
            WOMAN_PMR,
            with_lines(
                PlaceLine(count=1, sex=LineSex.WOMEN, access=LineAccess.NO),
                PlaceLine(count=1, sex=LineSex.MEN, access=LineAccess.YES),
            ),
            Fit.NO_FIT,
        ),
        (WOMAN_PMR, with_lines(PlaceLine(count=1, sex=LineSex.ANY, access=LineAccess.POSSIBLE)), Fit.TO_CONFIRM),
        (WOMAN_PMR, with_lines(PlaceLine(count=1, sex=LineSex.MEN), free=2), Fit.TO_CONFIRM),
        (WOMAN_PMR, with_lines(PlaceLine(count=1, state=LineState.RESERVED, sex=LineSex.WOMEN), free=0), Fit.FULL),
        (Needs(who=Who.COUPLE), with_lines(PlaceLine(count=1, sex=LineSex.COUPLE)), Fit.FITS),
        (Needs(animal=True), counted(pets="Chiens acceptés"), Fit.TO_CONFIRM),
        (Needs(animal=True), counted(pets="Animaux non admis."), Fit.NO_FIT),
        (Needs(animal=True), counted(pets="Pas d’animaux dans la structure"), Fit.TO_CONFIRM),
        (Needs(animal=True), counted(pets="Pas d’animaux"), Fit.NO_FIT),
        (Needs(animal=True), counted(pets="INTERDITS"), Fit.NO_FIT),
        (Needs(animal=True), counted(pets="Interdits, sauf chien guide"), Fit.TO_CONFIRM),
        (Needs(animal=True), counted(pets="Animaux non interdits"), Fit.TO_CONFIRM),
        (Needs(animal=True), with_lines(PlaceLine(count=1, animal=LineAnimal.YES), pets="Non admis"), Fit.FITS),
        (Needs(animal=True), with_lines(PlaceLine(count=1, animal=LineAnimal.YES)), Fit.FITS),
        (Needs(animal=True), with_lines(PlaceLine(count=1, animal=LineAnimal.NO)), Fit.NO_FIT),
        (Needs(single_room=True), counted(2, counts=Counts(shared_room=2)), Fit.NO_FIT),
        (Needs(single_room=True), counted(2, counts=Counts(shared_room=1)), Fit.TO_CONFIRM),
        (Needs(single_room=True), with_lines(PlaceLine(count=1, room=LineRoom.SINGLE)), Fit.FITS),
        (Needs(age=17), counted(min_age_days=6574), Fit.NO_FIT),
        (Needs(age=18), counted(min_age_days=6574), Fit.FITS),
        (Needs(age=0), counted(min_age_days=182), Fit.TO_CONFIRM),
        (Needs(age=30), with_lines(PlaceLine(count=1, min_age=40)), Fit.NO_FIT),
        (Needs(age=10), counted(counts=Counts(children=0)), Fit.NO_FIT),
        (WOMAN, offered(worth=Worth.DOUBTFUL, free=3, counts=Counts(women=3), doubt="chiffre périmé"), Fit.TO_CONFIRM),
        (Needs(), offered(worth=Worth.DOUBTFUL, free=None, doubt="places jamais saisies"), Fit.TO_CONFIRM),
        (Needs(), offered(worth=Worth.CLOSED, free=3, doubt="travaux"), Fit.FULL),
    ],
)
def test_a_need_is_classed(needs, supply, expected):
    judgement = judge(needs, supply)
    assert judgement.fit is expected, judgement
    assert judgement.fit is not Fit.TO_CONFIRM or judgement.questions
    assert judgement.fit in (Fit.FITS, Fit.TO_CONFIRM) or any(r.answer is Answer.NO for r in judgement.reasons)


def test_a_full_unit_may_suit_on_the_day_a_place_is_awaited_or_a_reservation_ends():
    in_a_week = TODAY + datetime.timedelta(days=7)
    awaiting = counted(0, awaited=((in_a_week, 2),))
    reserved = counted(0, lines=(PlaceLine(count=1, state=LineState.RESERVED, until=in_a_week),))
    tomorrow = TODAY + datetime.timedelta(days=1)
    for supply in (awaiting, reserved):
        assert fit_of(Needs(), supply) is fit_of(Needs(on=tomorrow), supply) is Fit.FULL
        assert fit_of(Needs(on=in_a_week), supply) is Fit.TO_CONFIRM
    assert fit_of(Needs(on=tomorrow), counted(0, awaited=((tomorrow, 2),))) is Fit.TO_CONFIRM
    assert texts_of(Needs(on=TODAY), counted(0, awaited=((TODAY, 1),)))[1:] == ["1 place attendue aujourd’hui"]
    assert texts_of(Needs(on=in_a_week), awaiting)[1:] == ["2 places attendues le 29/11/2026"]
    asked = judge(Needs(on=in_a_week), awaiting).questions
    assert "Les places attendues sont-elles maintenues" in asked
    asked = judge(Needs(on=TODAY), counted(0, awaited=((TODAY, 1),))).questions
    assert "La place attendue est-elle maintenue" in asked
    assert texts_of(Needs(on=in_a_week), reserved)[1:] == ["une réservation prend fin le 29/11/2026"]
    assert len(texts_of(Needs(on=in_a_week - datetime.timedelta(days=1)), awaiting)) == 1


def test_no_figure_is_certain_beyond_tomorrow():
    at = TODAY + datetime.timedelta(days=9)
    for free, words in ((2, "2 places libres"), (1, "1 place libre"), (0, "aucune place libre")):
        judgement = judge(Needs(on=at), counted(free))
        assert judgement.fit is Fit.TO_CONFIRM
        assert [reason.text for reason in judgement.reasons] == [f"{words} aujourd’hui, à confirmer pour le 01/12/2026"]
        assert judgement.questions == ["Y aura-t-il une place le 01/12/2026"]
    freed = counted(2, awaited=((TODAY + datetime.timedelta(days=4), 1), (at, 2), (at + datetime.timedelta(days=1), 5)))
    assert texts_of(Needs(on=at), freed)[1:] == ["1 place attendue le 26/11/2026, 2 places attendues le 01/12/2026"]
    doubtful = offered(worth=Worth.DOUBTFUL, free=None, doubt="places jamais saisies")
    assert judge(Needs(on=at), doubtful).questions == ["Y aura-t-il une place le 01/12/2026"]
    reopened = offered(worth=Worth.CLOSED, free=1, reopens_on=at)
    assert judge(Needs(on=at), reopened).questions == ["Y aura-t-il une place le 01/12/2026"]


def test_what_today_s_places_refuse_is_open_beyond_tomorrow_but_not_what_the_record_refuses():
    at = TODAY + datetime.timedelta(days=9)
    no_access = counted(2, counts=Counts(accessible=0))
    assert fit_of(Needs(accessible=True), no_access) is Fit.NO_FIT
    assert fit_of(Needs(accessible=True, on=at), no_access) is Fit.TO_CONFIRM
    assert texts_of(Needs(accessible=True, on=at), no_access)[1] == "pas de place PMR aujourd’hui"
    full = judge(Needs(accessible=True, on=at), counted(0, counts=Counts(accessible=0)))
    assert [reason.text for reason in full.reasons][1:] == ["PMR\u00a0: non précisé"]
    assert full.questions[1] == "La place libre est-elle accessible en fauteuil (PMR)"
    assert fit_of(Needs(who=Who.WOMAN, on=at), counted(0, sex="m")) is Fit.NO_FIT
    for free in (0, 2):
        assert fit_of(Needs(animal=True, on=at), counted(free, pets="Animaux non admis.")) is Fit.NO_FIT
    accepted = with_lines(PlaceLine(count=1, animal=LineAnimal.YES), pets="Animaux non admis.")
    assert fit_of(Needs(animal=True, on=at), accepted) is Fit.TO_CONFIRM


def test_today_and_tomorrow_are_answered_by_the_figure_which_is_told():
    tomorrow = TODAY + datetime.timedelta(days=1)
    assert texts_of(Needs(), counted(2)) == []
    for on, words in ((TODAY, "aujourd’hui"), (tomorrow, "aujourd’hui, la veille du 23/11/2026")):
        assert fit_of(Needs(on=on), counted(2)) is Fit.FITS
        assert texts_of(Needs(on=on), counted(2)) == [f"2 places libres {words}"]
        assert fit_of(Needs(on=on), counted(0)) is Fit.FULL
        assert texts_of(Needs(on=on), counted(0)) == [f"aucune place libre {words}"]


def test_a_late_figure_is_to_be_confirmed():
    late = "chiffre en retard\u00a0: donné il y a 9\u00a0jours"
    judgement = judge(Needs(), counted(2, late=late))
    assert (judgement.fit, judgement.questions) == (Fit.TO_CONFIRM, ["Confirmez-vous 2 places libres"])
    assert [(reason.text, reason.short) for reason in judgement.reasons] == [(late, "chiffre en retard")]
    assert judgement.is_stated  # every criterion is answered
    assert fit_of(WOMAN, counted(late=late, counts=Counts(women=0, any_sex=0))) is Fit.NO_FIT
    assert fit_of(Needs(), counted(0, late=late)) is Fit.FULL
    ahead = judge(Needs(on=TODAY + datetime.timedelta(days=9)), counted(2, late=late))
    assert [reason.text for reason in ahead.reasons][1] == late
    assert ahead.questions == ["Y aura-t-il une place le 01/12/2026"]


def test_a_closure_ends_or_begins_before_the_day_asked():
    in_a_week = TODAY + datetime.timedelta(days=7)
    assert fit_of(Needs(on=in_a_week), offered(worth=Worth.CLOSED, free=1, reopens_on=in_a_week)) is Fit.TO_CONFIRM
    assert fit_of(Needs(on=TODAY), offered(worth=Worth.CLOSED, free=1, reopens_on=in_a_week)) is Fit.FULL
    assert fit_of(Needs(on=in_a_week), counted(2, closes=((in_a_week, None),))) is Fit.TO_CONFIRM
    assert fit_of(Needs(on=TODAY), counted(2, closes=((in_a_week, None),))) is Fit.FITS


def texts_of(needs, supply):
    return [reason.text for reason in judge(needs, supply).reasons]


def test_a_planned_closure_is_said_of_doubtful_and_full_units_too():
    asked = Needs(on=TODAY + datetime.timedelta(days=7))
    closes = ((TODAY + datetime.timedelta(days=5), TODAY + datetime.timedelta(days=9)),)
    told = f"fermeture prévue le {closes[0][0]:%d/%m/%Y}"
    doubtful = offered(worth=Worth.DOUBTFUL, free=2, doubt="chiffre contesté", closes=closes)
    assert texts_of(asked, doubtful)[:2] == ["chiffre contesté", told]
    assert told in texts_of(asked, counted(0, closes=closes))
    assert told not in texts_of(Needs(on=TODAY), doubtful)


@pytest.mark.parametrize(("starts", "expected"), [(5, Fit.FULL), (7, Fit.TO_CONFIRM)])
@pytest.mark.parametrize("is_awaited", [True, False])
def test_a_place_freed_within_a_closure_raises_nothing(starts, expected, is_awaited):
    at = TODAY + datetime.timedelta(days=6)
    reserved = (PlaceLine(count=1, state=LineState.RESERVED, until=at),)
    freed = {"awaited": ((at, 2),)} if is_awaited else {"lines": reserved}
    supply = counted(
        0, closes=((TODAY + datetime.timedelta(days=starts), TODAY + datetime.timedelta(days=9)),), **freed
    )
    assert fit_of(Needs(on=TODAY + datetime.timedelta(days=8)), supply) is expected
    assert fit_of(Needs(on=TODAY + datetime.timedelta(days=9)), supply) is Fit.TO_CONFIRM


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (Counts(men=4, any_sex=1), "4 places homme, 1 indifférent"),
        (Counts(men=1, any_sex=2), "1 place homme, 2 indifférents"),
        (Counts(men=4), "4 places homme"),
        (Counts(any_sex=2), "2 indifférents"),
    ],
)
def test_places_for_anybody_are_not_told_as_a_mans(counts, words):
    assert texts_of(Needs(who=Who.MAN), counted(5, counts=counts)) == [words]


def test_a_line_for_anybody_is_told_in_the_plural():
    assert texts_of(Needs(who=Who.MAN), with_lines(PlaceLine(count=2, sex=LineSex.ANY))) == ["2 indifférents"]


def test_why_is_said_in_plain_words():
    judgement = judge(Needs(who=Who.WOMAN, accessible=True, age=34), counted(counts=Counts(women=2, accessible=1)))
    assert [reason.text for reason in judgement.reasons] == [
        "accueille à 34\u00a0ans",
        "2 places femme",
        "1 place PMR",
        "rien ne dit que c’est une seule et même place",
    ]
    assert judgement.is_stated
    assert judgement.questions == ["Une même place répond-elle à tous ces besoins"]


small = st.none() | st.integers(0, 4)
lines = st.builds(
    PlaceLine,
    count=st.integers(1, 3),
    state=st.sampled_from(LineState),
    sex=st.sampled_from(LineSex),
    access=st.sampled_from(LineAccess),
    room=st.sampled_from(LineRoom),
    animal=st.sampled_from(LineAnimal),
    min_age=st.none() | st.integers(0, 60),
    max_age=st.none() | st.integers(20, 90),
)
needs = st.builds(
    Needs,
    who=st.sampled_from(Who),
    age=st.none() | st.integers(0, 100),
    accessible=st.booleans(),
    single_room=st.booleans(),
    animal=st.booleans(),
)
counts = st.builds(Counts, men=small, women=small, any_sex=small, accessible=small, single_room=small)


@st.composite
def supplies(draw):
    drawn = tuple(draw(st.lists(lines, max_size=4)))
    free = sum(line.count for line in drawn if line.state is LineState.FREE) + draw(st.integers(0, 3))
    return offered(
        worth=draw(st.sampled_from(Worth)),
        free=free,
        sex=draw(st.sampled_from(["", "f", "m"])),
        min_age_days=draw(st.sampled_from([0, 6574])),
        counts=draw(counts),
        lines=drawn,
        doubt="doute",
    )


def answers_all(need, line, supply):
    """Whether a line says yes to everything asked, written apart from the code."""
    by_unit = {"f": Who.WOMAN, "m": Who.MAN}.get(supply.sex)
    sexes = {
        Who.ANYBODY: True,
        Who.MAN: line.sex in (LineSex.MEN, LineSex.ANY) or (line.sex == LineSex.UNKNOWN and by_unit is Who.MAN),
        Who.WOMAN: line.sex in (LineSex.WOMEN, LineSex.ANY) or (line.sex == LineSex.UNKNOWN and by_unit is Who.WOMAN),
        Who.COUPLE: line.sex == LineSex.COUPLE,
    }
    return (
        line.state is LineState.FREE
        and sexes[need.who]
        and (not need.accessible or line.access == LineAccess.YES)
        and (not need.single_room or line.room == LineRoom.SINGLE)
        and (not need.animal or line.animal == LineAnimal.YES)
        and (need.age is None or line.min_age is None or line.min_age <= need.age)
        and (need.age is None or line.max_age is None or line.max_age >= need.age)
    )


@given(needs, supplies())
def test_never_convient_when_something_is_unknown_or_refused(need, supply):
    judgement = judge(need, supply)
    if judgement.fit is not Fit.FITS:
        return
    assert supply.worth is Worth.COUNTED
    assert supply.free
    assert all(reason.answer is Answer.YES for reason in judgement.reasons)
    if need.age is not None and supply.min_age_days:
        assert need.age >= 18
    if supply.sex and need.who:
        assert need.who is {"f": Who.WOMAN, "m": Who.MAN}[supply.sex]
    if supply.lines and not need.is_empty:
        undescribed = PlaceLine(count=1)
        rest = supply.free - sum(line.count for line in supply.lines if line.state is LineState.FREE)
        offered = [*supply.lines, undescribed] if rest else supply.lines
        assert any(answers_all(need, line, supply) for line in offered)
    elif not supply.lines:
        asked = [need.accessible, need.single_room, need.animal, bool(need.who and not supply.sex)]
        assert sum(asked) <= 1
        assert not need.animal


def test_what_the_record_says_of_animals_is_quoted():
    reason = judge(Needs(animal=True), counted(pets="Un chien,\n vaccins à jour.")).reasons[0]
    assert (reason.answer, reason.ask) == (Answer.MAYBE, "Un animal est-il accepté")
    assert reason.text == "animal\u00a0: la fiche dit «\u00a0Un chien, vaccins à jour.\u00a0»"
    refused = judge(Needs(animal=True), counted(pets="Animaux non admis.")).reasons[0]
    assert (refused.answer, refused.ask) == (Answer.NO, "")
    assert "Animaux non admis." in refused.text
    assert len(judge(Needs(animal=True), counted(pets="x" * 5000)).reasons[0].text) < 160


@given(needs, supplies())
def test_a_line_that_answers_everything_is_found(need, supply):
    if supply.worth is not Worth.COUNTED or supply.sex or supply.min_age_days:
        return
    if any(answers_all(need, line, supply) for line in supply.lines):
        assert judge(need, supply).fit is Fit.FITS


entries = st.builds(
    dict,
    fit=st.sampled_from(Fit),
    distance_km=st.none() | st.floats(0, 90),
    places=st.none() | st.integers(0, 9),
    confirmed_at=st.none() | st.datetimes(timezones=st.just(datetime.UTC), min_value=EARLIEST),
    name=st.sampled_from(["a", "b"]),
)


@given(st.lists(entries, max_size=8), st.booleans(), st.randoms())
def test_the_order_is_total_and_stable(drawn, is_near, random):
    keys = [rank_key(is_near=is_near, pk=number, **entry) for number, entry in enumerate(drawn)]
    assert len(set(keys)) == len(keys)
    shuffled = list(keys)
    random.shuffle(shuffled)
    assert sorted(shuffled) == sorted(keys)
    ranks = [key[0] for key in sorted(keys)]
    assert ranks == sorted(ranks)
