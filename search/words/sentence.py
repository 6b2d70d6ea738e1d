"""A need told in a sentence: « dame 82 ans, chute à domicile, bilan gériatrique » (spec 40, « Explained tolerance »).

When no record answers to all its words, fewer of them are asked for together: those that spell terms first, the first
told before the others. Pure.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

from common.text import fold
from directory.enums import Nomenclature

from .spelling import NAMING, TYPES, KeyRow, bare, is_generic, is_linking, spelled_runs, trimmed, types_in
from .who import tells_who

UNITS_LIMIT = 8  # asked for together; the least telling ones of a longer sentence are left aside
TRIED = 24  # sets of them, then each spelling alone
ENOUGH_WORDS = 4  # telling words from which a text may be a sentence
_ANYBODY = frozenset("adulte enfant jeune lit malade niveau personne place".split())
_SAYS_NOTHING = _ANYBODY - {"adulte", "enfant"}  # beside a type d'UO: units of any type are for somebody
_MOTHERS = frozenset("mere meres pere peres parent parents".split())
_FOR_WHOM = frozenset("ado ados bebe bebes enfant enfants nourrisson nourrissons".split())  # beside who treats them
_BABIES = ("bebe", "enfant", "nourrisson")  # « unité mère bébé » is a kind of unit, not a mother
# What a sentence says beside the need, and that is not told as left aside.
FILLERS = frozenset(
    "adresse adresses ai aimerais apres avant avoir ayant besoin bjr bonjour car cas cause cela cherche cherchons"
    " comment contact contacts coordonnees cote demande demi depuis doit environ etre existe faire faut je liste"
    " mais max maxi maximum merci mini minimum moins necessitant necessite nous ok on orientation orienter ou pb"
    " peu peut plus possibilite possible post pour pourrait pres problematique quel quelle quelles quelqu quels"
    " question recherche rechercher recherchons sans si sortant sorti sortie souhaite sous stp suite sur svp"
    " tombe tombee trouve trouver type urgemment veut voudrais".split()
)
# When, how soon, at what price: told as left aside, filters serve them.
_MANNERS = tuple(
    manner.split()
    for manner in (
        "ce soir",
        "cette nuit",
        "ce jour",
        "ce week end",
        "cette semaine",
        "tout de suite",
        "aujourd hui",
        "des que possible",
        "au plus vite",
        "au plus tot",
        "au plus pres",
        "pres de chez lui",
        "pres de chez elle",
        "pres de chez moi",
        "le plus proche",
        "la plus proche",
        "a proximite",
        "en urgence",
        "en soiree",
        "de nuit",
        "la nuit",
        "jour et nuit",
        "jours feries",
        "jour ferie",
        "le week end",
        "week end",
        "le dimanche",
        "le samedi",
        "24 24",
        "24h 24",
        "7 7",
        "7j 7",
        "pas cher",
        "sans avance de frais",
        "sans attente",
        "sans rendez vous",
        "sans rdv",
        "sur rendez vous",
        "sur rdv",
        "rendez vous rapide",
        "rdv rapide",
        "sans delai",
        "sans liste d attente",
        "habilite aide sociale",
        "habilite a l aide sociale",
        "habilitee a l aide sociale",
        "tiers payant",
        "place libre",
        "places libres",
        "place disponible",
        "places disponibles",
        "lit disponible",
        "lits disponibles",
        "lit libre",
        *"demain dimanche samedi maintenant nuit soir rapidement rapide urgent urgente immediat immediate gratuit"
        " gratuite gratuitement disponible disponibles dispo dispos proche ouvert ouverte ouvertes ouverts".split(),
    )
)
_LONGEST_MANNER = max(len(manner) for manner in _MANNERS)
# « SSR pour patient diabétique », « convalescence après une fracture »: what is asked for comes first.
_ABOUT_A_PERSON, _COMPLEMENT = 2.0, 1.5
_BEFORE_COMPLEMENT = frozenset("apres atteint atteinte avec chez pour post souffrant suite".split())
_ARTICLES = frozenset("un une le la les des de du d l".split())


class Unit(NamedTuple):
    """Tokens of a sentence that go together: a spelling of terms, or one word. ``worth``: how much they tell.

    ``start`` and ``end`` are places of tokens, the end excluded.
    """

    start: int
    end: int
    worth: float
    is_spelled: bool = False
    is_generic: bool = False


class Sentence(NamedTuple):
    """What a text says: its ``tokens``, the ``units`` of its need, the places of the tokens that say nothing.

    ``unheld``: how many of the others nothing published holds.
    """

    tokens: tuple[str, ...]
    units: tuple[Unit, ...]
    silent: frozenset[int]
    unheld: int


class Part(NamedTuple):
    """Words kept together; ``aside``: the others, those that go together joined; ``others``: needs among them."""

    text: str
    aside: tuple[str, ...]
    others: tuple[str, ...]


def may_be_sentence(text: str, words: Sequence[str], rows: Iterable[KeyRow]) -> bool:
    """Tell whether a text says more than one thing, so that all its words together may find nothing."""
    tokens = text.split()
    is_either = "ou" in {fold(token) for token in tokens[1:-1]}
    if len(words) >= ENOUGH_WORDS or is_either or _manners(tokens) or tells_who(tokens, set()):
        return True
    runs = spelled_runs(tokens, {row.key for row in rows if row.nomenclature in NAMING})
    return len(words) > 1 and any((start, end) != (0, len(tokens)) for start, end, _ in runs)


def tells_nothing(text: str) -> set[str]:
    """Folded words of a text that name no need, whatever else is near them: who, when, what links the sentence."""
    tokens = text.split()
    places = _manners(tokens) | tells_who(tokens, set())
    said = {word for place in places for word in fold(tokens[place]).split()}
    return said | {word for token in tokens for word in fold(token).split() if word in FILLERS}


def without_persons(text: str, rows: Sequence[KeyRow], gapped: Sequence[KeyRow]) -> tuple[str, tuple[str, ...]] | None:
    """A text without who and when, then without « personne », « lit », beside a type d'UO; and these words.

    ``gapped``: spellings met once words are left out: « appartement de coordination » in « appartement homme de
    coordination ». ``None`` for a text that tells no type, or nothing else.
    """
    spellings = {row.key for row in (*rows, *gapped) if row.nomenclature in NAMING}
    left = list(enumerate(text.split()))
    said: set[int] = set()
    for told in (_persons_told, _anybody_told):
        tokens = [token for _, token in left]
        runs = list(spelled_runs(tokens, spellings))
        places = told(tokens, runs)
        said |= {left[place][0] for place in places}
        left = [one for place, one in enumerate(left) if place not in _with_links(tokens, places)]
    while left and is_linking(left[0][1]):
        left.pop(0)
    rest = trimmed(" ".join(token for _, token in left))
    joined = {row.key for row in gapped} - {row.key for row in rows}
    named = types_in(rest, (*rows, *gapped))
    is_joined = any(key in joined for _, _, key in spelled_runs(rest.split(), spellings))
    if not said or not (is_joined or (named and named.is_structure)):
        return None
    return rest, _together(text.split(), said)


def _persons_told(tokens: Sequence[str], runs: Sequence[tuple[int, int, str]]) -> set[int]:
    words = [fold(token) for token in tokens]
    kinds = {place for place in range(len(words) - 1) if _is_pair(words[place : place + 2])}
    manners = _manners(tokens)
    taken = {
        place
        for start, end, _ in runs
        if end - start > 1 and not manners.issuperset(range(start - 1, end))  # « habilité aide sociale »
        for place in range(start, end)
    }
    return (tells_who(tokens, set()) | manners) - taken - kinds


def _anybody_told(tokens: Sequence[str], runs: Sequence[tuple[int, int, str]]) -> set[int]:
    """Words that mean anybody, but for those that another word completes: « personnes âgées »."""
    taken = {place for start, end, _ in runs for place in range(start, end)}
    found = set()
    for place, token in enumerate(tokens):
        is_completed = place + 1 < len(tokens) and place + 1 not in taken and not is_linking(tokens[place + 1])
        if bare(token).removesuffix("s") in _SAYS_NOTHING and place not in taken and not is_completed:
            found.add(place)
    return found


def _with_links(tokens: Sequence[str], places: Iterable[int]) -> set[int]:
    """These places and those of the small words that lead to them: « pour un patient »."""
    found = set(places)
    for place in sorted(found):
        while place and is_linking(tokens[place - 1]):
            place -= 1
            found.add(place)
    return found


def _together(tokens: Sequence[str], places: Iterable[int]) -> tuple[str, ...]:
    """The tokens of these places, those that follow each other joined."""
    found: list[str] = []
    last = None
    for place in sorted(places):
        if last is not None and last == place - 1:
            found[-1] += f" {tokens[place]}"
        else:
            found.append(tokens[place])
        last = place
    return tuple(trimmed(word) for word in found)


def read_sentence(tokens: Sequence[str], rows: Iterable[KeyRow], unheld: Collection[str]) -> Sentence:
    """Cut a sentence, its place taken away, into what it asks for. ``unheld``: folded words that nothing holds."""
    by_key: dict[str, list[KeyRow]] = {}
    for row in rows:
        by_key.setdefault(row.key, []).append(row)
    runs = [run for run in spelled_runs(tokens, by_key) if {row.nomenclature for row in by_key[run[2]]} & NAMING]
    pairs = _mothers_and_babies(tokens, runs)
    runs = [run for run in runs if not any(start < run[1] and run[0] < end for start, end in pairs)]
    taken = {place for start, end, _ in runs for place in range(start, end)}
    kept_whole = {word for start, end, key in runs if end - start > 1 for word in key.split()}
    manners = {place for place in _manners(tokens) if place not in taken}
    persons = tells_who(tokens, kept_whole) - {place for place in taken if _is_whole(place, runs)}
    denied = {at for place, token in enumerate(tokens) if bare(token) == "non" for at in (place, place + 1)}
    silent, units, strange = set(), [], 0
    for place, token in enumerate(tokens):
        word = bare(token)
        if place in taken | manners | persons | denied or any(start <= place < end for start, end in pairs):
            continue
        if (len(word) < 2 and not word.isdigit()) or is_linking(token) or word in FILLERS:
            silent.add(place)
        elif set(fold(token).split()) <= set(unheld):
            strange += 1
        else:
            units.append(Unit(place, place + 1, 0.4 if is_generic(word) else 1.0, is_generic=is_generic(word)))
    for start, end, key in runs:
        if not set(range(start, end)) & persons:
            unit = _spelled_unit(start, end, key, by_key[key])
            units.append(unit._replace(worth=max(unit.worth - _less(tokens, start, persons, first=not units), 0.5)))
    units += [Unit(start, end, 4.0, is_spelled=True) for start, end in pairs]
    best = sorted(sorted(units, key=lambda unit: (-unit.worth, unit.start))[:UNITS_LIMIT])
    return Sentence(tuple(tokens), tuple(best), frozenset(silent), strange)


def _mothers_and_babies(tokens: Sequence[str], runs: Sequence[tuple[int, int, str]]) -> list[tuple[int, int]]:
    """Places of « mère enfant », « mère-bébé »: a kind of home or unit, of which neither word is looked for alone."""
    spelled = {place for start, end, _ in runs if end - start > 1 for place in range(start, end)}
    pairs = [(place, place + 1) for place, token in enumerate(tokens) if _is_pair(fold(token).split())]
    pairs += [
        (place, place + 2) for place in range(len(tokens) - 1) if _is_pair([*map(fold, tokens[place : place + 2])])
    ]
    return [(start, end) for start, end in pairs if spelled.isdisjoint(range(start, end))]


def _is_pair(words: Sequence[str]) -> bool:
    return len(words) > 1 and words[0] in _MOTHERS and words[1].startswith(_BABIES)


def parts_of(sentence: Sentence) -> Iterator[Part]:
    """The needs that a sentence may come down to, those that say most first, the first told before the others.

    A part holds a spelling of terms if any is told; else it is at least half of the sentence and names a need;
    more than half beside a word that nothing holds: half of a name is another name (« Henri Mondor »).
    """
    telling = [unit for unit in sentence.units if not unit.is_generic or unit.is_spelled]
    generic = [unit for unit in sentence.units if unit not in telling]
    sets = [chosen for size in range(len(telling), 0, -1) for chosen in combinations(telling, size)]
    sets += [tuple(sorted((*chosen, *generic))) for chosen in sets if generic]
    allowed = [chosen for chosen in sets if _is_enough(chosen, sentence)]
    allowed.sort(key=lambda chosen: (-sum(unit.worth for unit in chosen), [unit.start for unit in chosen]))
    alone = [chosen for chosen in allowed[TRIED:] if len(chosen) == 1]
    for chosen in (*allowed[:TRIED], *alone):
        yield _part(sentence, chosen)


def is_anybody(word: str) -> bool:
    """Tell whether a folded word says that somebody or a place is meant, or counts: « enfant », « lits », « 2 »."""
    return word.replace(" ", "").isdigit() or word.removesuffix("s") in _ANYBODY


def _is_enough(chosen: Sequence[Unit], sentence: Sentence) -> bool:
    if any(unit.is_spelled and not unit.is_generic for unit in sentence.units):
        return any(unit.is_spelled for unit in chosen)
    names = any(unit.is_spelled or not unit.is_generic for unit in chosen)
    said = len(sentence.units) + sentence.unheld
    return names and (2 * len(chosen) > said if sentence.unheld else 2 * len(chosen) >= said)


def _part(sentence: Sentence, chosen: Sequence[Unit]) -> Part:
    """The tokens of these units, and small words between two that follow each other."""
    kept = {place for unit in chosen for place in range(unit.start, unit.end)}
    for one, other in pairwise(chosen):
        between = range(one.end, other.start)
        if all(is_linking(sentence.tokens[place]) for place in between):
            kept |= set(between)
    left = [place for place in range(len(sentence.tokens)) if place not in kept and place not in sentence.silent]
    text = " ".join(sentence.tokens[place] for place in sorted(kept))
    others = [
        " ".join(sentence.tokens[unit.start : unit.end])
        for unit in sorted(sentence.units, key=lambda unit: -unit.worth)
        if unit not in chosen and not unit.is_generic and (unit.is_spelled or _is_alternative(unit, sentence.tokens))
    ]
    return Part(trimmed(text), _together(sentence.tokens, left), tuple(others))


def _is_alternative(unit: Unit, tokens: Sequence[str]) -> bool:
    """Whether another need may do: « cardio ou pneumo »."""
    return "ou" in {fold(token) for token in (*tokens[max(unit.start - 1, 0) : unit.start], *tokens[unit.end :][:1])}


def _is_whole(place: int, runs: Iterable[tuple[int, int, str]]) -> bool:
    """Whether the token stands in a spelling of several, which it is a part of."""
    return any(start <= place < end and end - start > 1 for start, end, _ in runs)


def _less(tokens: Sequence[str], start: int, persons: Collection[int], *, first: bool) -> float:
    """What a unit loses when it says how a person is, or completes what is asked for before it."""
    while start and fold(tokens[start - 1]) in _ARTICLES:
        start -= 1
    if not start:
        return 0.0
    if start - 1 in persons:
        return _ABOUT_A_PERSON
    return _COMPLEMENT if not first and fold(tokens[start - 1]) in _BEFORE_COMPLEMENT else 0.0


def _spelled_unit(start: int, end: int, key: str, rows: Sequence[KeyRow]) -> Unit:
    """A type d'UO tells more than another term, its acronym still more; a profession less, and for whom still less."""
    lists = {row.nomenclature for row in rows}
    names_type = bool(lists & TYPES)
    if is_generic(key):
        is_somebody = Nomenclature.RESOURCE_PROFESSION in lists  # « médecin ouvert maintenant »
        return Unit(start, end, 1.4, is_spelled=names_type or is_somebody, is_generic=True)
    worth = 4.0 if names_type else 3.0
    worth += 1.0 if any(row.is_acronym and row.nomenclature in TYPES for row in rows) else 0.0
    worth -= 0.5 if Nomenclature.RESOURCE_PROFESSION in lists else 0.0
    worth += 0.5 if names_type and " " in key else 0.0  # « bébé bronchiolite urgences pédiatriques »
    is_whom = lists == {Nomenclature.AUDIENCE} or key in _FOR_WHOM
    worth -= (
        1.0 if is_whom else 0.0
    )  # « dentiste enfant handicapé », « kiné bébé » look for a dentist, a physiotherapist
    return Unit(start, end, worth, is_spelled=True)


def _manners(tokens: Sequence[str]) -> set[int]:
    """Places of the tokens that say when, how soon or at what price."""
    folded = [fold(token).split() for token in tokens]
    found: set[int] = set()
    for start in range(len(tokens)):
        for end in range(min(len(tokens), start + _LONGEST_MANNER), start, -1):
            if [word for words in folded[start:end] for word in words] in _MANNERS:
                found |= set(range(start, end))
                break
    return found
