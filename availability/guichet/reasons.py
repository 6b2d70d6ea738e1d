"""What is known of each criterion of a need, in words: the unit's own rules, its place lines or its counts. Pure."""

import re
from collections.abc import Sequence

from common.french import NBSP, number
from common.text import fold
from directory.ages import ADULT_DAYS, Age, first_day, last_day
from directory.enums import AgeUnit, Sex

from ..breakdown import Counts
from ..lines import LineAccess, LineAnimal, LineRoom, LineSex, LineState, PlaceLine, free_places
from .needs import Answer, Needs, Reason, Supply, Who

_LINE_SEX: dict[Who, dict[LineSex, Answer]] = {
    Who.MAN: {LineSex.MEN: Answer.YES, LineSex.ANY: Answer.YES, LineSex.WOMEN: Answer.NO},
    Who.WOMAN: {LineSex.WOMEN: Answer.YES, LineSex.ANY: Answer.YES, LineSex.MEN: Answer.NO},
    Who.COUPLE: {LineSex.COUPLE: Answer.YES, LineSex.MEN: Answer.NO, LineSex.WOMEN: Answer.NO},
}
_WHO_WORDS: dict[Who, str] = {Who.MAN: "un homme", Who.WOMAN: "une femme", Who.COUPLE: "un couple ou une famille"}
_ONLY: dict[str, str] = {Sex.WOMEN: "femmes seulement", Sex.MEN: "hommes seulement"}
_ASK_WHO: dict[Who, str] = {who: f"La place libre est-elle pour {words}" for who, words in _WHO_WORDS.items()}
_ASK_ACCESS = "La place libre est-elle accessible en fauteuil (PMR)"
_ASK_ROOM = "Y a-t-il une chambre individuelle libre"
_ASK_ANIMAL = "Un animal est-il accepté"
LONGEST_QUOTE = 120  # characters of the record's text
PETS_REFUSED = re.compile(
    r"\b(non admis|non accepte|interdit|refuse|pas admis|pas accepte|pas d.?animaux|aucun animal)"
)
PETS_EXCEPT = re.compile(  # said of some animals, of some places, under conditions, or the contrary
    r"\b(sauf|hors|excepte|hormis|selon|mais|possible|uniquement|seulement|dans|chiens?|chats?|grands?|petits?|gros"
    r"|categorie|certains?|(non|pas) (interdit|refuse))"
)


def unit_reasons(needs: Needs, supply: Supply) -> list[Reason]:
    """What the unit's own rules say: sex and ages hold for every place of it."""
    reasons = []
    only = _ONLY.get(supply.sex or "")
    if needs.who and only:
        answer = _unit_sex(needs.who, supply.sex)
        ask = f"Un couple ou une famille peut-il être accueilli ({only})" if answer is Answer.MAYBE else ""
        reasons.append(Reason(answer, only, ask, is_of_unit=True))
    if needs.age is not None:
        reasons.append(_unit_age(needs.age, supply))
    return reasons


def _unit_sex(who: Who, sex: str) -> Answer:
    if who is Who.COUPLE:
        return Answer.MAYBE
    return Answer.YES if (who is Who.WOMAN) == (sex == Sex.WOMEN) else Answer.NO


def _unit_age(age: int, supply: Supply) -> Reason:
    """A person of ``age`` years is any age in days from the birthday to the day before the next."""
    youngest, oldest = first_day(Age(age, AgeUnit.YEAR)), last_day(Age(age, AgeUnit.YEAR))
    words = f"{number(age)}{NBSP}an{'s' if age >= 2 else ''}"
    if oldest < supply.min_age_days or youngest > supply.max_age_days:
        return Reason(Answer.NO, f"n’accueille pas à {words}", is_of_unit=True)
    if youngest >= supply.min_age_days and oldest <= supply.max_age_days:
        return Reason(Answer.YES, f"accueille à {words}", is_of_unit=True)
    return Reason(
        Answer.MAYBE,
        f"{words}{NBSP}: à la limite des âges accueillis",
        "L’âge de la personne convient-il",
        is_of_unit=True,
    )


def place_reasons(needs: Needs, supply: Supply) -> list[Reason]:
    """What lines or counts say of the places: those of the best line, or one reason a criterion."""
    if supply.lines and supply.free:
        return _line_reasons(needs, supply)
    return _count_reasons(needs, supply)


def _line_reasons(needs: Needs, supply: Supply) -> list[Reason]:
    """Reasons of the free line that answers best; places of the total that no line describes are one more line."""
    free = [line for line in supply.lines if line.state is LineState.FREE and line.count]
    rest = (supply.free or 0) - free_places(supply.lines)
    if rest > 0:
        free.append(PlaceLine(count=rest))
    judged = [_reasons_of_line(needs, supply, line) for line in free]
    return min(judged, key=_badness, default=[Reason(Answer.NO, "aucune place libre")])


def _badness(reasons: Sequence[Reason]) -> tuple[int, int]:
    answers = [reason.answer for reason in reasons]
    return answers.count(Answer.NO), answers.count(Answer.MAYBE)


def _reasons_of_line(needs: Needs, supply: Supply, line: PlaceLine) -> list[Reason]:
    reasons = []
    places = f"{number(line.count)} place{'s' if line.count >= 2 else ''}"
    if needs.who:
        reasons.append(_line_sex(needs.who, supply, line, places))
    if needs.accessible:
        reasons.append(_told(_ACCESS_OF_LINE[line.access], places, "PMR", _ASK_ACCESS))
    if needs.single_room:
        reasons.append(_told(_ROOM_OF_LINE[line.room], places, "en chambre individuelle", _ASK_ROOM))
    if needs.animal:
        reasons.append(animal_reason(_ANIMAL_OF_LINE[line.animal], supply.pets))
    if needs.age is not None and (line.min_age is not None or line.max_age is not None):
        fits = (line.min_age or 0) <= needs.age <= (999 if line.max_age is None else line.max_age)
        words = "âge de la place" if fits else "place pour un autre âge"
        reasons.append(Reason(Answer.YES if fits else Answer.NO, words))
    return reasons


_ACCESS_OF_LINE = {
    LineAccess.YES: Answer.YES,
    LineAccess.NO: Answer.NO,
    LineAccess.POSSIBLE: Answer.MAYBE,
    LineAccess.UNKNOWN: Answer.MAYBE,
}
_ROOM_OF_LINE = {LineRoom.SINGLE: Answer.YES, LineRoom.SHARED: Answer.NO, LineRoom.UNKNOWN: Answer.MAYBE}
_ANIMAL_OF_LINE = {LineAnimal.YES: Answer.YES, LineAnimal.NO: Answer.NO, LineAnimal.UNKNOWN: Answer.MAYBE}


def _line_sex(who: Who, supply: Supply, line: PlaceLine, places: str) -> Reason:
    told = "homme" if who is Who.MAN else "femme" if who is Who.WOMAN else "couple ou famille"
    if line.sex is LineSex.UNKNOWN:
        answer = _unit_sex(who, supply.sex) if supply.sex else Answer.MAYBE
        return _told(answer, places, told, _ASK_WHO[who])
    answer = _LINE_SEX[who].get(line.sex, Answer.MAYBE)
    if answer is Answer.YES:
        return Reason(answer, _any_sex(line.count) if line.sex is LineSex.ANY else f"{places} {told}")
    return _told(answer, places, told, _ASK_WHO[who])


def _any_sex(count: int) -> str:
    """« 2 indifférents »: places for a man or a woman."""
    return f"{number(count)} indifférent{'s' if count >= 2 else ''}"


def _told(answer: Answer, places: str, criterion: str, ask: str) -> Reason:
    """« 2 places PMR », « pas de place PMR », « PMR non précisé »."""
    if answer is Answer.YES:
        return Reason(answer, f"{places} {criterion}")
    if answer is Answer.NO:
        return Reason(answer, f"pas de place {criterion}")
    return Reason(answer, f"{criterion}{NBSP}: non précisé", ask)


def animal_reason(answer: Answer, pets: str) -> Reason:
    """What the record says of animals is a text: quoted for the phone; a plain refusal alone settles it."""
    if answer is Answer.YES:
        return Reason(answer, "animal accepté")
    if answer is Answer.NO:
        return Reason(answer, "animal refusé")
    said = " ".join(pets.split())
    if not said:
        return Reason(answer, f"animal{NBSP}: non précisé", _ASK_ANIMAL)
    quoted = said if len(said) <= LONGEST_QUOTE else f"{said[: LONGEST_QUOTE - 1].rstrip()}…"
    words = f"animal{NBSP}: la fiche dit «{NBSP}{quoted}{NBSP}»"
    if PETS_REFUSED.search(fold(said)) and not PETS_EXCEPT.search(fold(said)):
        return Reason(Answer.NO, words)
    return Reason(answer, words, _ASK_ANIMAL)


def _count_reasons(needs: Needs, supply: Supply) -> list[Reason]:
    """One reason a criterion, from the counts of the total."""
    reasons = []
    counts, free = supply.counts, supply.free or 0
    if needs.who:
        told = _sex_count(needs.who, counts, free)
        if not supply.sex or told.answer is Answer.NO:
            reasons.append(told)
    if needs.accessible:
        reasons.append(_counted(counts.accessible, "PMR", _ASK_ACCESS))
    if needs.single_room:
        single = 0 if counts.single_room is None and free and counts.shared_room == free else counts.single_room
        reasons.append(_counted(single, "en chambre individuelle", _ASK_ROOM))
    if needs.animal:
        reasons.append(animal_reason(Answer.MAYBE, supply.pets))
    if needs.age is not None:
        is_adult = first_day(Age(needs.age, AgeUnit.YEAR)) >= ADULT_DAYS
        given = counts.adults if is_adult else counts.children
        if given is not None:
            reasons.append(_counted(given, "adulte" if is_adult else "enfant", ""))
    return reasons


def _counted(count: int | None, criterion: str, ask: str) -> Reason:
    if count is None:
        return _told(Answer.MAYBE, "", criterion, ask)
    places = f"{number(count)} place{'s' if count >= 2 else ''}"
    return _told(Answer.YES if count else Answer.NO, places, criterion, ask)


def _sex_count(who: Who, counts: Counts, free: int) -> Reason:
    """Counts by sex: own places and indifférent ones answer; all described and none of them is no."""
    if who is Who.COUPLE:
        return _told(Answer.MAYBE, "", "couple ou famille", _ASK_WHO[who])
    own, word = (counts.men, "homme") if who is Who.MAN else (counts.women, "femme")
    parts = [f"{number(own)} place{'s' if own >= 2 else ''} {word}"] if own else []
    if counts.any_sex:
        parts.append(_any_sex(counts.any_sex))
    if parts:
        return Reason(Answer.YES, ", ".join(parts))
    is_all_told = counts.by_sex >= free > 0
    if is_all_told or (own == 0 and counts.any_sex == 0):
        return _told(Answer.NO, "", word, "")
    return _told(Answer.MAYBE, "", word, _ASK_WHO[who])
