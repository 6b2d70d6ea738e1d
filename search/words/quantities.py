"""What filters serve, told beside a need: « LHSS 1 place », « ACT à moins de 5 km », « SSR à jour » (spec 40). Pure.

No record answers to it: a date, a distance, an age, people, a free place, a single room or a figure « à jour » is asked
for by a filter. A degree (« gir 4 », « stade 2 ») is no number of a unit nor of an arrondissement.
"""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from common.text import fold
from directory.territory.department_names import NAMES

from .dates import date_runs
from .gazette import LOTS
from .spelling import is_linking, trimmed
from .who import asked_until

_LOTS = frozenset("lit lits personne personnes pers place places".split())
_COUNTED = _LOTS | frozenset(
    "an ans annee annees heure heures jour jours km kms kilometre kilometres m metre metres min mn minute minutes mois"
    " semaine semaines".split()
)
_PEOPLE = frozenset(
    "ado adolescent adolescente adulte animal animaux bebe chat chien couple enfant femme fille fils frere garcon homme"
    " jeune jumeaux jumelle majeur mineur nourrisson parent patient resident soeur usager".split()
)  # in the singular
_FEW = re.compile(r"[1-9]")  # people of a family; « act 92 femmes » is in a department
_NUMBERED = frozenset("arrondissement arrdt degre grade niveau numero paris secteur stade type".split())
_SMALL_ONES = frozenset("bebe enfant fille fils garcon jumeaux jumelle nourrisson".split())
_FIGURES = frozenset(
    "bien chiffre chiffres dispo dispos disponibilite disponibilites disponible disponibles donnee donnees info infos"
    " information informations libre libres lit lits mis mise mises place places tres".split()
)  # before « à jour », with it
_FREE = frozenset("dispo dispos disponible disponibles libre libres".split())
_PLACES = frozenset("lit lits place places dispo dispos disponible disponibles".split())
_ONE_LOT = frozenset("lit place".split())  # « un lit », « une place »; « une personne âgée » is somebody
_ONE_PERSON = frozenset("isole isolee seul seule".split())  # « une personne seule »
_WRITTEN = frozenset("deux trois quatre cinq six sept huit neuf dix".split())  # numbers of beds, places or people
_LOT_STEMS = frozenset(word.removesuffix("s") for word in _LOTS) | _PEOPLE
_NUMBER = re.compile(r"\d{1,4}(?: \d{1,3})?")  # « 18-25 » folded
_GLUED = re.compile(r"\d{1,4}(?:ans?|kms?|lits?|m|mn|places?)")
_KILOMETRES = re.compile(r"\b(\d{1,4}) ?(?:kms?|kilometres?)\b")
_COMPARED = frozenset("environ max maxi maximum mini minimum moins plus".split())
_LEADING = frozenset(
    "a age agee agees ages au aux avec d dans de entre et jusqu l peu pour pres rayon sous un une".split()
)  # before a number, with it
_FOLLOWING = frozenset("autour disponible disponibles environ libre libres max maxi maximum mini minimum".split())
_OR_MORE = (("ou", "plus"), ("et", "plus"), ("ou", "moins"), ("au", "moins"), ("au", "plus"), ("a", "la", "ronde"))


_AROUND = ",;:.!?() "
_DEGREES = re.compile(r"(?:gir|stade) ?\d(?: \d)*")  # « gir 4 », « GIR 1-2 » folded


class Uncounted(NamedTuple):
    """A text without what filters serve, and this as it is shown: « moins de 20 km », « chambre individuelle »."""

    text: str
    counted: tuple[str, ...]


def without_quantities(text: str, spellings: Collection[str] = ()) -> Uncounted | None:
    """Take away what a text counts; ``None`` when it counts nothing, or tells nothing else.

    « 12 place de la République » is an address. ``spellings`` of terms met in the text: of « 1 lit halte soins santé »,
    the number alone is counted.
    """
    tokens = text.split()
    words = [fold(token) for token in tokens]
    dates = date_runs(tokens)
    kept: list[str] = []
    counted: list[str] = []
    at = done = 0
    while at < len(tokens):
        if at in dates:
            counted.append(" ".join(tokens[at : dates[at]]).strip(_AROUND))
            at = done = dates[at]
            continue
        end = _counted_until(words, at)
        if end and _spells_on(words[at + 1 :], spellings):
            end = at + 1
        elif not end or _is_address(tokens, words, end):
            kept.append(tokens[at])
            at += 1
            continue
        start = max(_said_from(words, at), done)
        counted.append(" ".join(tokens[start:end]).strip(_AROUND))
        del kept[len(kept) - (at - start) :]
        while kept and _leads(kept[-1]):
            kept.pop()
        at = done = end
    if not counted or all(is_linking(token) or not fold(token) for token in kept):
        return None
    return Uncounted(trimmed(" ".join(kept)), tuple(counted))


def asks_for_a_place(text: str) -> bool:
    """Tell whether a text names beds or places, as « 2 places », « lit disponible » do, not « places à jour »."""
    words = fold(text).split()
    return not (_FREE if asks_for_fresh(text) else _PLACES).isdisjoint(words)


def asks_for_fresh(text: str) -> bool:
    """Tell whether a text asks for a figure « à jour »."""
    return f" {fold(text)} ".endswith(" a jour ")


def kilometres_in(text: str) -> int:
    """Kilometres told in a quantity: « moins de 5 km »; 0 for another."""
    found = _KILOMETRES.search(fold(text))
    return int(found[1]) if found else 0


def _counted_until(words: Sequence[str], at: int) -> int:
    """Where what is counted from ``at`` ends; 0 when nothing is."""
    end = asked_until(words, at)
    following = words[at + 1] if at + 1 < len(words) else ""
    if end:
        return end
    if degree := _degree_until(words, at):
        return degree
    if _GLUED.fullmatch(words[at]):
        end = at + 1
    elif words[at] in {"1", "une"} and following == "personne" and _ONE_PERSON.intersection(words[at + 2 : at + 3]):
        end = at + 3
    elif _counts_people(words, at, following):
        end = asked_until(words, at + 1) or at + 2  # « 2 chiens acceptés »
    elif (
        (words[at] == "a" and following == "jour")
        or (_NUMBER.fullmatch(words[at]) and following in _COUNTED and not (words[at] in NAMES and following in LOTS))
        or (words[at] in _WRITTEN and following in _LOTS)
        or (words[at] in {"un", "une"} and following in _ONE_LOT)
        or (words[at] == "une" and following == "personne" and at + 2 == len(words))
    ):
        end = at + 2
    elif words[at].isdigit() and following in {"a", "et", "ou"} and at + 3 < len(words):  # « 3 à 6 ans »
        is_range = words[at + 2].isdigit() and words[at + 3] in _COUNTED
        end = at + 4 if is_range else 0
    while end and end < len(words):
        more = next((len(run) for run in _OR_MORE if tuple(words[end : end + len(run)]) == run), 0)
        more = more or int(words[end] in _FOLLOWING)
        if not more:
            break
        end += more
    return end


def _degree_until(words: Sequence[str], at: int) -> int:
    """Where « gir 4 », « GIR 1 à 3 », « stade 4 », « 3 fois par semaine » ends; 0 elsewhere."""
    if words[at].isdigit() and words[at + 1 : at + 2] == ["fois"]:
        return at + 4 if words[at + 2 : at + 3] == ["par"] and at + 3 < len(words) else at + 2
    if words[at] in {"gir", "stade"} and at + 1 < len(words) and words[at + 1].replace(" ", "").isdigit():
        end = at + 2
    elif _DEGREES.fullmatch(words[at]) and words[at][-1].isdigit():
        end = at + 1
    else:
        return 0
    while end + 1 < len(words) and words[end] in {"a", "et", "ou", "gir"} and words[end + 1].isdigit():
        end += 2
    return end


def _counts_people(words: Sequence[str], at: int, following: str) -> bool:
    """Whether people are counted: « 2 enfants », « avec un bébé », not « niveau 3 adultes », « Paris 9 femmes »."""
    one = following if following in _PEOPLE else following.removesuffix("s")
    before = words[at - 1] if at else ""
    if words[at] in {"un", "une"}:
        return before == "avec" and one in _SMALL_ONES
    is_few = words[at] in _WRITTEN or bool(_FEW.fullmatch(words[at]))
    return is_few and one in _PEOPLE and before not in _NUMBERED


def _spells_on(following: Sequence[str], spellings: Collection[str]) -> bool:
    """Whether what is counted begins the name of something: « lit halte soins santé », « lit d’accueil médicalisé »."""
    said = _telling(" ".join(following))
    return any(len(key) > 1 and key[0] in _LOT_STEMS and said[:2] == key[:2] for key in map(_telling, spellings))


def _telling(folded: str) -> list[str]:
    return [word.removesuffix("s") for word in folded.split() if not is_linking(word)]


def _said_from(words: Sequence[str], at: int) -> int:
    """Where the words shown with a quantity start: « moins de 20 km », « avec 2 enfants », not « pour »."""
    start = at
    if words[at] == "a":
        while start and words[start - 1] in _FIGURES:
            start -= 1
        return start
    if start and words[start - 1] == "avec" and _counts_people(words, at, words[at + 1] if at + 1 < len(words) else ""):
        return start - 1
    if start > 1 and words[start - 1] in {"de", "d"} and words[start - 2] in _COMPARED:
        start -= 1
    while start and words[start - 1] in _COMPARED:
        start -= 1
    if words[start] in {"moins", "plus"} and start and words[start - 1] == "au":
        start -= 1
    return start


def _leads(token: str) -> bool:
    parts = fold(token).split()
    return bool(parts) and all(part in _LEADING or part in _COMPARED for part in parts)


def _is_address(tokens: Sequence[str], words: Sequence[str], end: int) -> bool:
    """Whether « place » is that of a street: « 12 place de la République », « 3 place Vauban »."""
    if words[end - 1] != "place" or end == len(words):
        return False
    after = words[end]
    if after in {"du", "des"} or tuple(words[end : end + 2]) == ("de", "la"):
        return True
    return words[end - 2] != "1" and tokens[end].istitle()
