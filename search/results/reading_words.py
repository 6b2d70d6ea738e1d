"""How a text was understood, in words. Pure."""

from common.french import NBSP
from directory.territory.wording import at_place

from ..words.lexicon import Correction
from ..words.reading import Reading


def understood(reading: Reading) -> str:
    """« « csapa », en Seine-Saint-Denis »."""
    text = f"«{NBSP}{reading.text}{NBSP}»"
    return f"{text}, {at_place(reading.place)}" if reading.place else text


def dropped_words(reading: Reading) -> str:
    """« « discale » », « « discale » ni « battue » »."""
    return " ni ".join(f"«{NBSP}{word}{NBSP}»" for word in reading.dropped)


def aside_words(reading: Reading) -> str:
    """« « monsieur 54 ans », « ce soir » »."""
    return ", ".join(f"«{NBSP}{word}{NBSP}»" for word in reading.aside)


def changed_words(correction: Correction) -> str:
    """« ephad lu comme ehpad »."""
    return ", ".join(f"{change.typed} lu comme {change.meant}" for change in correction.changes)
