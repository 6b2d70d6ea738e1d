"""Whether a unit answers what a person needs, and why: pure, ``now`` already judged (spec 20, Guichet unique).

Nothing about the person is kept. Needs explain and class, they never exclude (01-settled, Search). With place lines,
one line that answers everything asked at once is « convient ». With counts alone, one count that answers is
« convient », two are « à confirmer »: nobody knows that it is one and the same place (01-settled, Availability). What
is not said is to be asked on the phone.
"""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from common.french import NBSP, day, number
from common.text import fold
from directory.ages import ADULT_DAYS, Age, first_day, last_day
from directory.enums import AgeUnit, Sex

from ..breakdown import NOTHING_GIVEN, Counts
from ..lines import LineAccess, LineAnimal, LineRoom, LineSex, LineState, PlaceLine, free_places


class Who(StrEnum):
    """Who is looking for a place; empty is « peu importe »."""

    ANYBODY = ""
    MAN = "homme"
    WOMAN = "femme"
    COUPLE = "couple"  # couple or family


class Fit(StrEnum):
    """What a unit is worth for a need, best first."""

    FITS = "convient"
    TO_CONFIRM = "a-confirmer"
    FULL = "complet"
    NO_FIT = "non"

    @property
    def label(self) -> str:
        return FIT_LABELS[self]

    @property
    def rank(self) -> int:
        """0 is the best."""
        return FIT_RANKS[self]


FIT_RANKS: dict[Fit, int] = {fit: rank for rank, fit in enumerate(Fit)}
FIT_LABELS: dict[Fit, str] = {
    Fit.FITS: "Convient",
    Fit.TO_CONFIRM: "À confirmer",
    Fit.FULL: "Complet",
    Fit.NO_FIT: "Ne convient pas",
}


class Answer(StrEnum):
    """What is known of one criterion. The value is the class of its line on the page."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


class Worth(StrEnum):
    """Whether the unit's figure can be relied on now."""

    COUNTED = "counted"
    CLOSED = "closed"
    DOUBTFUL = "doubtful"  # never stated, expired, too old, to be confirmed, contested, entry not opened


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What is asked. ``age`` in years; ``on``: the day from which a place is needed, empty for now."""

    who: Who = Who.ANYBODY
    age: int | None = None
    accessible: bool = False
    single_room: bool = False
    animal: bool = False
    on: datetime.date | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is asked of the place itself."""
        return not (self.who or self.accessible or self.single_room or self.animal or self.age is not None)


@dataclass(frozen=True, kw_only=True)
class Supply:
    """What a unit offers. ``free`` is the stated total, ``None`` when never stated; ages in days, maximum inclusive.

    ``doubt`` says in words why the figure cannot be relied on. ``awaited``: places expected, by day, the soonest first.
    ``reopens_on``: the day a closure that holds now ends; ``closes``: first days of the planned ones, the soonest
    first, each with the day it ends (``None``: nobody knows).
    """

    worth: Worth
    free: int | None
    sex: str = ""
    min_age_days: int = 0
    max_age_days: int = 55152
    pets: str = ""
    counts: Counts = NOTHING_GIVEN
    lines: tuple[PlaceLine, ...] = ()
    doubt: str = ""
    awaited: tuple[tuple[datetime.date, int], ...] = ()
    reopens_on: datetime.date | None = None
    closes: tuple[tuple[datetime.date, datetime.date | None], ...] = ()


@dataclass(frozen=True)
class Reason:
    """One line of « pourquoi »: what is known of a criterion, in words; ``ask`` is the question for the phone."""

    answer: Answer
    text: str
    ask: str = ""
    is_of_unit: bool = False  # true of every place of the unit, hence never joined


@dataclass(frozen=True)
class Judgement:
    """The class of a unit, why, and what to ask on the phone. ``is_stated``: every criterion is answered yes."""

    fit: Fit
    reasons: tuple[Reason, ...] = ()
    is_stated: bool = False

    @property
    def questions(self) -> list[str]:
        """What to ask on the phone, without doubles, in order."""
        return list(dict.fromkeys(reason.ask for reason in self.reasons if reason.ask))


_LINE_SEX: dict[Who, dict[LineSex, Answer]] = {
    Who.MAN: {LineSex.MEN: Answer.YES, LineSex.ANY: Answer.YES, LineSex.WOMEN: Answer.NO},
    Who.WOMAN: {LineSex.WOMEN: Answer.YES, LineSex.ANY: Answer.YES, LineSex.MEN: Answer.NO},
    Who.COUPLE: {LineSex.COUPLE: Answer.YES, LineSex.MEN: Answer.NO, LineSex.WOMEN: Answer.NO},
}
_WHO_WORDS: dict[Who, str] = {Who.MAN: "un homme", Who.WOMAN: "une femme", Who.COUPLE: "un couple ou une famille"}
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
_ASK_SAME = "Une même place répond-elle à tous ces besoins"
_ASK_FREE = "Y a-t-il une place libre aujourd’hui"


def judge(needs: Needs, supply: Supply) -> Judgement:
    """Class a unit for these needs, with the reasons in the order they are asked."""
    unit = _unit_reasons(needs, supply)
    if any(reason.answer is Answer.NO for reason in unit):
        return Judgement(Fit.NO_FIT, tuple(unit))
    if supply.worth is Worth.CLOSED:
        return _judge_closed(needs, supply, unit)
    if supply.worth is Worth.DOUBTFUL:
        doubt = Reason(Answer.MAYBE, supply.doubt, _ASK_FREE)
        return Judgement(Fit.TO_CONFIRM, (doubt, *_closing(needs, supply), *unit, *_place_reasons(needs, supply, unit)))
    if not supply.free:
        return _judge_full(needs, supply, unit)
    return _judge_free(needs, supply, unit)


def _judge_free(needs: Needs, supply: Supply, unit: list[Reason]) -> Judgement:
    """A unit with free places on a figure that counts."""
    reasons = [*_closing(needs, supply), *unit, *_place_reasons(needs, supply, unit)]
    answers = {reason.answer for reason in reasons}
    joined = [reason for reason in reasons if reason.answer is Answer.YES and not reason.is_of_unit]
    is_stated = answers <= {Answer.YES}
    if Answer.NO in answers:
        return Judgement(Fit.NO_FIT, tuple(reasons))
    if not supply.lines and len(joined) > 1:
        same = Reason(Answer.MAYBE, "rien ne dit que c’est une seule et même place", _ASK_SAME)
        return Judgement(Fit.TO_CONFIRM, (*reasons, same), is_stated)
    return Judgement(Fit.FITS if is_stated else Fit.TO_CONFIRM, tuple(reasons), is_stated)


def _judge_full(needs: Needs, supply: Supply, unit: list[Reason]) -> Judgement:
    """A full unit may suit on the day asked: places freed by then count, but within a closure that holds that day."""
    closing = _closing(needs, supply)
    full = Reason(Answer.NO, "aucune place libre")
    awaited = [pair for pair in supply.awaited if _is_by_then(pair[0], needs, supply)]
    freed = [
        line.until
        for line in supply.lines
        if line.state is LineState.RESERVED and line.until and _is_by_then(line.until, needs, supply)
    ]
    if awaited:
        at, count = awaited[0]
        words = f"{number(count)} {'places attendues' if count >= 2 else 'place attendue'} le {day(at)}"
        maybe = Reason(Answer.MAYBE, words, "La place attendue est-elle maintenue")
    elif freed:
        words = f"une réservation prend fin le {day(min(freed))}"
        maybe = Reason(Answer.MAYBE, words, "La place réservée sera-t-elle libre")
    else:
        told = [Reason(Answer.NO, reason.text) for reason in closing]  # nothing to ask of a unit without a place
        return Judgement(Fit.FULL, (full, *told, *unit))
    return Judgement(Fit.TO_CONFIRM, (full, maybe, *closing, *unit))


def _is_by_then(at: datetime.date, needs: Needs, supply: Supply) -> bool:
    """Whether a place freed on the day ``at`` may be taken on the day asked."""
    if needs.on is None or at > needs.on:
        return False
    held = [start for start, end in supply.closes if start <= needs.on and (end is None or end > needs.on)]
    return not held or at < min(held)


def _judge_closed(needs: Needs, supply: Supply, unit: list[Reason]) -> Judgement:
    """A closed unit has no place now; it may have one again on the day asked."""
    if supply.reopens_on is not None and needs.on is not None and supply.reopens_on <= needs.on:
        words = f"fermée pour l’instant, rouvre le {day(supply.reopens_on)}"
        return Judgement(Fit.TO_CONFIRM, (Reason(Answer.MAYBE, words, "Y aura-t-il une place à la réouverture"), *unit))
    return Judgement(Fit.FULL, (Reason(Answer.NO, supply.doubt or "unité indisponible"), *unit))


def _closing(needs: Needs, supply: Supply) -> list[Reason]:
    """The last closure planned to begin by the day asked."""
    begun = [start for start, _ in supply.closes if needs.on is not None and start <= needs.on]
    if not begun:
        return []
    return [Reason(Answer.MAYBE, f"fermeture prévue le {day(begun[-1])}", "Sera-t-il possible d’entrer ce jour-là")]


def _unit_reasons(needs: Needs, supply: Supply) -> list[Reason]:
    """What the unit's own rules say: sex and ages hold for every place of it."""
    reasons = []
    only = {Sex.WOMEN: "femmes seulement", Sex.MEN: "hommes seulement"}.get(supply.sex or "")  # type: ignore[call-overload]
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


def _place_reasons(needs: Needs, supply: Supply, unit: Sequence[Reason]) -> list[Reason]:
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
        reasons.append(_animal(_ANIMAL_OF_LINE[line.animal], supply.pets))
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


def _animal(answer: Answer, pets: str) -> Reason:
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
        reasons.append(_animal(Answer.MAYBE, supply.pets))
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


def rank_key(
    fit: Fit,
    *,
    distance_km: float | None,
    is_near: bool,
    places: int | None,
    confirmed_at: datetime.datetime | None,
    name: str,
    pk: int,
) -> tuple:
    """Key that sorts units best first; no two units are equal.

    Class of the need, distance when there is a starting point (``is_near``), else most places, then the freshest
    figure, the name and ``pk``.
    """
    age = -confirmed_at.timestamp() if confirmed_at else float("inf")
    far = float("inf") if distance_km is None else distance_km
    where = (far,) if is_near else ()
    return (fit.rank, *where, 1 if places is None else -places, age, name, pk)
