"""What is told around a need: who asks, for which relative, what is refused (spec 40). Pure.

« infirmière à Bichat, je cherche un LHSS pour mon père, pas à l’hôpital ».
"""

import re
from collections.abc import Collection

from common.text import fold

from .sentence import tells_nothing
from .spelling import bare, is_generic, is_linking, spelled_runs, words_of

_RELATIVE = re.compile(
    r"(?<!\w)(?:(?:pour|de|chez) )?(?:ma|mon|sa|son|notre|votre|leur) (?:grand[- ]?)?"
    r"(?:m[èe]re|maman|p[èe]re|papa|fille|fils|fr[èe]re|s(?:œ|oe)ur|mari|femme|conjointe?)"
    r"(?:(?: a| avait)? (?:besoin|envie) d(?:e |['’])(?:(?:une?|la|le|l['’]) ?)?| (?:est|a|vit|habite)(?!\w))?(?!\w)",
    re.IGNORECASE,
)
_ASKS = frozenset(
    "aimerais aimerions besoin cherche cherchent cherchons demande demandons recherche recherchent recherchons"
    " souhaite souhaitons voudrais voudrions".split()
)
_SAYS_WHO = frozenset(("sommes", "suis"))
_BEFORE = frozenset(
    "bjr bonjour bonsoir cher chere chers collegues hello ici je l la le les moi nous salut un une".split()
)
# Who orients: words that begin how one names oneself.
_ORIENTS = frozenset(
    "aidant aidante as aes ass assistant assistante cadre cesf conseiller conseillere coordinateur coordinatrice"
    " curateur curatrice directeur directrice docteur dr educ educateur educatrice equipe ergo ergotherapeute"
    " generaliste gestionnaire ide idec idel infirmier infirmiere interne kine mandataire medecin medecins pharmacien"
    " pharmacienne psy psychiatre psychologue referent referente regulateur regulatrice samu secretaire tuteur tutrice"
    " travailleur travailleuse urgentiste".split()
)
# What follows is not looked for; « sans » and « non » tell as often how a person is: « sans papiers », « non voyant ».
_REFUSES = frozenset("excepte hormis hors pas sauf".split())
_SAVE = _REFUSES - {"pas"}  # they say nothing else
_LACKS = frozenset(("non", "sans"))
_STATES = frozenset(  # after « non »: how a person or a care is
    "accompagne accompagnee accompagnes autonome autonomes communicant communicante consolide conventionne"
    " conventionnes consentant consentante francophone francophones lucratif lucratifs medicalise medicalisee"
    " programme programmee programmes programmees scolarise scolarisee scolarises sedentaire sedentaires stabilise"
    " stabilisee verbal verbale valide valides voyant voyante voyants".split()
)
REFUSING = _REFUSES | _LACKS
_REGULATES = frozenset("ars astreinte crra regulateur regulation regulatrice samu".split())


def without_speaker(text: str) -> tuple[str, str] | None:
    """A text without who asks, and the words that tell it: « médecin au SAMU 93, je cherche un lit de réa ».

    Where one works is not where one looks for a place. ``None`` when nobody names himself before a verb that asks, or
    when nothing is asked for after it.
    """
    tokens = text.split()
    if found := _signed(tokens):
        return found
    verbs = (at for at, token in enumerate(tokens) if at and bare(token).rpartition(" ")[2] in _ASKS)
    verb = next(verbs, None)
    if verb is None:
        return None
    before = [word for token in tokens[:verb] for word in fold(token).split()]
    while before and before[0] in _BEFORE:
        before.pop(0)
    start = verb + 1
    while start < len(tokens) and all(map(is_linking, fold(tokens[start]).split())):
        start += 1
    rest = " ".join(tokens[start:])
    is_named = bool(before) and (before[0] in _ORIENTS or not _SAYS_WHO.isdisjoint(before))
    asks = [word for word in words_of(rest) if word not in tells_nothing(rest) and word not in _BEFORE]
    return (rest, " ".join(tokens[:start])) if is_named and asks else None


def _signed(tokens: list[str]) -> tuple[str, str] | None:
    """« régulation SAMU 95 : lit de réa »: what follows who regulates and a colon."""
    end = next((at for at, token in enumerate(tokens) if token.endswith(":")), None)
    before = [bare(token) for token in tokens[: (end or 0) + 1]] if end is not None else []
    rest = " ".join(tokens[len(before) :])
    is_signed = bool(before) and before[0] in _REGULATES and bool(words_of(rest))
    return (rest, " ".join(tokens[: len(before)]).rstrip(" :")) if is_signed else None


def without_refused(text: str, spellings: Collection[str]) -> tuple[str, str] | None:
    """A text without what it does not want, and these words: « cmp sauf enfant », « ehpad sans alzheimer ».

    Nothing leaves them out of the results, but they are not looked for: the page says so. ``spellings``: those of the
    text; « sans consentement » stays in the spelling that holds it. ``None`` when nothing else is asked for.
    """
    tokens = text.split()
    runs = list(spelled_runs(tokens, spellings))
    within = {place for start, end, _ in runs for place in range(start, end)}
    ends = {start: end for start, end, _ in runs}
    silent = tells_nothing(text)
    for at, token in enumerate(tokens):
        word = bare(token)
        if not at or at in within or word not in _REFUSES - silent | _LACKS:
            continue
        start = at + 1
        while start < len(tokens) and is_linking(tokens[start]):
            start += 1
        if start == len(tokens) or _tells_how(word, tokens[start:], is_known=start in ends):
            continue
        end = ends.get(start, start + 1)
        rest = [*tokens[:at], *tokens[end:]]
        said = {one for one in words_of(" ".join(rest)) if word in _SAVE or not is_generic(one)} - silent
        if any(last <= at or first >= end for first, last, _ in runs) or (said and word != "pas"):
            return " ".join(rest), " ".join(tokens[at:end])
    return None


def _tells_how(word: str, after: list[str], *, is_known: bool) -> bool:
    """Tell whether « sans » or « non » says how a person or a care is, rather than what is refused."""
    return bare(after[0]) in _STATES if word == "non" else word in _LACKS and not is_known


def without_relative(text: str) -> tuple[str, str] | None:
    """A text without the relative that something is asked for: « ehpad pour ma mère », not « unité mère enfant »."""
    found = _RELATIVE.search(text)
    rest = f"{text[: found.start()]} {text[found.end() :]}".strip() if found else ""
    return (" ".join(rest.split()), found[0].strip()) if found and words_of(rest) else None
