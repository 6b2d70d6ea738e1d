"""Whether a unit answers what a person needs, and why: pure, ``now`` already judged (spec 20, Guichet unique).

With place lines, one line that answers everything asked at once is « convient ». With counts alone, one count that
answers is « convient », two are « à confirmer »: nobody knows that it is one and the same place (01-settled,
Availability). What is not said is to be asked on the phone. A figure older than its rhythm is to be confirmed; so is
any figure for a day beyond tomorrow, and what it describes: nobody knows what will be free then.
"""

import datetime
from collections.abc import Sequence
from dataclasses import replace

from common.french import NBSP, day, number

from ..breakdown import NOTHING_GIVEN
from ..lines import LineAnimal, LineState
from .needs import Answer, Fit, Judgement, Needs, Reason, Supply, Worth
from .reasons import animal_reason, place_reasons, unit_reasons

AWAITED_TOLD = 3  # days of places awaited
_ASK_SAME = "Une même place répond-elle à tous ces besoins"


def judge(needs: Needs, supply: Supply) -> Judgement:
    """Class a unit for these needs, with the reasons in the order they are asked."""
    unit = unit_reasons(needs, supply)
    if any(reason.answer is Answer.NO for reason in unit):
        return Judgement(Fit.NO_FIT, tuple(unit))
    if supply.worth is Worth.CLOSED:
        return _judge_closed(needs, supply, unit)
    if supply.worth is Worth.DOUBTFUL:
        doubt = Reason(Answer.MAYBE, supply.doubt, _ask_free(needs, supply))
        places = place_reasons(needs, supply)
        return Judgement(Fit.TO_CONFIRM, (doubt, *_coming(needs, supply), *_closing(needs, supply), *unit, *places))
    if needs.is_ahead(supply.today):
        return _judge_ahead(needs, supply, unit)
    return _judge_free(needs, supply, unit) if supply.free else _judge_full(needs, supply, unit)


def _ask_free(needs: Needs, supply: Supply) -> str:
    """The question of the day for which a place is needed."""
    if needs.on is None or needs.on <= supply.today:
        return "Y a-t-il une place libre aujourd’hui"
    return f"Y aura-t-il une place le {day(needs.on)}"


def _judge_free(needs: Needs, supply: Supply, unit: list[Reason]) -> Judgement:
    """A unit with free places on a figure that counts."""
    reasons = [*_closing(needs, supply), *unit, *place_reasons(needs, supply)]
    answers = {reason.answer for reason in reasons}
    is_stated = answers <= {Answer.YES}
    if Answer.NO in answers:
        return Judgement(Fit.NO_FIT, tuple(reasons))
    told = [Reason(Answer.YES, _today(needs, supply), short="")] if needs.on else []
    if supply.late:
        told.append(_late(supply, f"Confirmez-vous {_free(supply)}"))
    reasons = [*told, *reasons, *_joined(supply, reasons)]
    is_sure = all(reason.answer is Answer.YES for reason in reasons)
    return Judgement(Fit.FITS if is_sure else Fit.TO_CONFIRM, tuple(reasons), is_stated)


def _joined(supply: Supply, reasons: Sequence[Reason]) -> list[Reason]:
    """Counts that answer two criteria may not be of one and the same place."""
    joined = [reason for reason in reasons if reason.answer is Answer.YES and not reason.is_of_unit]
    if supply.lines or len(joined) <= 1:
        return []
    return [Reason(Answer.MAYBE, "rien ne dit que c’est une seule et même place", _ASK_SAME)]


def _late(supply: Supply, ask: str = "") -> Reason:
    """« chiffre en retard : donné il y a 9 jours », in short « chiffre en retard »."""
    return Reason(Answer.MAYBE, supply.late, ask, short=supply.late.partition(NBSP)[0])


def _free(supply: Supply) -> str:
    """« 2 places libres », « aucune place libre »."""
    if not supply.free:
        return "aucune place libre"
    return f"{number(supply.free)} {'places libres' if supply.free >= 2 else 'place libre'}"


def _today(needs: Needs, supply: Supply) -> str:
    """« 2 places libres aujourd’hui, la veille du 01/12/2026 »; the day asked is tomorrow at most."""
    eve = f", la veille du {day(needs.on)}" if needs.on and needs.on > supply.today else ""
    return f"{_free(supply)} aujourd’hui{eve}"


def _judge_full(needs: Needs, supply: Supply, unit: list[Reason]) -> Judgement:
    """A full unit may suit on the day asked: places freed by then count."""
    full = Reason(Answer.NO, _today(needs, supply) if needs.on else _free(supply))
    coming, closing = _coming(needs, supply), _closing(needs, supply)
    if coming:
        return Judgement(Fit.TO_CONFIRM, (full, *coming, *closing, *unit))
    return Judgement(Fit.FULL, (full, *_refused(closing), *unit))


def _judge_ahead(needs: Needs, supply: Supply, unit: list[Reason]) -> Judgement:
    """For a day beyond tomorrow: to be confirmed, full today or not, unless the record or a closure settles it."""
    if _refuses_animals(needs, supply):
        return Judgement(Fit.NO_FIT, (*unit, animal_reason(Answer.MAYBE, supply.pets)))
    coming, closing = _coming(needs, supply), _closing(needs, supply)
    if not (supply.free or coming) and _held(needs, supply):
        full = Reason(Answer.NO, f"{_free(supply)} aujourd’hui")
        return Judgement(Fit.FULL, (full, *_refused(closing), *unit))
    later = f"à confirmer pour le {day(needs.on or supply.today)}"
    figure = Reason(
        Answer.MAYBE,
        f"{_free(supply)} aujourd’hui, {later}",
        _ask_free(needs, supply),
        is_of_unit=True,
        short=later,
    )
    late = [_late(supply)] if supply.late else []
    told = supply if supply.free else replace(supply, counts=NOTHING_GIVEN, lines=())
    places = [_of_today(reason) for reason in place_reasons(needs, told)]
    places += _joined(supply, places)
    return Judgement(Fit.TO_CONFIRM, (figure, *late, *coming, *closing, *unit, *places))


def _of_today(reason: Reason) -> Reason:
    """What today's free places refuse may be offered on a later day."""
    if reason.answer is not Answer.NO:
        return reason
    return replace(reason, answer=Answer.MAYBE, text=f"{reason.text} aujourd’hui")


def _refused(closing: Sequence[Reason]) -> list[Reason]:
    """The same, with nothing to ask of a unit without a place."""
    return [Reason(Answer.NO, reason.text) for reason in closing]


def _refuses_animals(needs: Needs, supply: Supply) -> bool:
    """Whether the record plainly refuses the animal, and no line takes it."""
    is_taken = any(line.animal is LineAnimal.YES for line in supply.lines)
    return needs.animal and not is_taken and animal_reason(Answer.MAYBE, supply.pets).answer is Answer.NO


def _coming(needs: Needs, supply: Supply) -> list[Reason]:
    """Places freed by the day asked, but within a closure that holds that day."""
    awaited = [(at, count) for at, count in supply.awaited if _is_by_then(at, needs, supply)]
    freed = [
        line.until
        for line in supply.lines
        if line.state is LineState.RESERVED and line.until and _is_by_then(line.until, needs, supply)
    ]
    reasons = []
    if awaited:
        words = ", ".join(
            f"{number(count)} {'places attendues' if count >= 2 else 'place attendue'}"
            f" {'aujourd’hui' if at == supply.today else f'le {day(at)}'}"
            for at, count in awaited[:AWAITED_TOLD]
        )
        is_one = sum(count for _, count in awaited[:AWAITED_TOLD]) == 1
        ask = "La place attendue est-elle maintenue" if is_one else "Les places attendues sont-elles maintenues"
        reasons.append(Reason(Answer.MAYBE, words, ask))
    if freed:
        words = f"une réservation prend fin le {day(min(freed))}"
        reasons.append(Reason(Answer.MAYBE, words, "La place réservée sera-t-elle libre"))
    return reasons


def _is_by_then(at: datetime.date, needs: Needs, supply: Supply) -> bool:
    """Whether a place freed on the day ``at`` may be taken on the day asked."""
    if needs.on is None or at > needs.on:
        return False
    held = _held(needs, supply)
    return not held or at < min(held)


def _held(needs: Needs, supply: Supply) -> list[datetime.date]:
    """First days of the planned closures that hold on the day asked."""
    on = needs.on
    return [start for start, end in supply.closes if on and start <= on and (end is None or end > on)]


def _judge_closed(needs: Needs, supply: Supply, unit: list[Reason]) -> Judgement:
    """A closed unit has no place now; it may have one again on the day asked."""
    if supply.reopens_on is not None and needs.on is not None and supply.reopens_on <= needs.on:
        words = f"fermée pour l’instant, rouvre le {day(supply.reopens_on)}"
        reopens = Reason(Answer.MAYBE, words, _ask_free(needs, supply))
        return Judgement(Fit.TO_CONFIRM, (reopens, *_coming(needs, supply), *unit))
    return Judgement(Fit.FULL, (Reason(Answer.NO, supply.doubt or "unité indisponible"), *unit))


def _closing(needs: Needs, supply: Supply) -> list[Reason]:
    """The last closure planned to begin by the day asked."""
    begun = [start for start, _ in supply.closes if needs.on is not None and start <= needs.on]
    if not begun:
        return []
    return [Reason(Answer.MAYBE, f"fermeture prévue le {day(begun[-1])}", "Sera-t-il possible d’entrer ce jour-là")]
