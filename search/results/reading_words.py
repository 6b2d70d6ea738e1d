"""How a text was understood, in words. Pure."""

from common.french import NBSP
from directory.territory.wording import around_place

from ..words.lexicon import Correction
from ..words.reading import Reading
from ..words.spelling import words_of


def understood(reading: Reading) -> str:
    """« « csapa », en Seine-Saint-Denis »."""
    text = f"«{NBSP}{reading.text}{NBSP}»"
    return f"{text}, {around_place(reading.place)}" if reading.place else text


def advice(reading: Reading | None) -> str:
    """What to try when nothing is found: a word that is rightly spelt is not doubted."""
    words = words_of(reading.text) if reading else ()
    is_known = reading is not None and bool(words) and reading.known.words.issuperset(words)
    if len(words) > 1:
        return "Essayez un seul mot" if is_known else "Vérifiez l’orthographe, essayez un seul mot"
    return "Essayez un mot plus courant" if is_known else "Vérifiez l’orthographe, ou essayez un mot plus courant"


def dropped_words(reading: Reading) -> str:
    """« « discale » », « « discale » ni « battue » »."""
    return " ni ".join(f"«{NBSP}{word}{NBSP}»" for word in reading.dropped)


def aside_words(reading: Reading) -> str:
    """« « monsieur », « ce soir », « 2 places » »."""
    return ", ".join(f"«{NBSP}{word}{NBSP}»" for word in (*reading.aside, *reading.counted))


def changed_words(correction: Correction) -> str:
    """« ephad lu comme ehpad »."""
    return ", ".join(f"{change.typed} lu comme {change.meant}" for change in correction.changes)
