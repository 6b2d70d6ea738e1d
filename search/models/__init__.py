"""Search has its own tables: documents, words, and what each person keeps."""

from .continuity import ContinuityKit
from .documents import MOBILE_MODES, TERM_TIERS, SearchDocument
from .kept import AlertMail, KeptUnit, PlaceAlert, SavedSearch
from .log import SearchedText, SettledText
from .words import COMMON, SMALL_WORDS, LexiconWord, Suggestion, TermKey

__all__ = [
    "COMMON",
    "MOBILE_MODES",
    "SMALL_WORDS",
    "TERM_TIERS",
    "AlertMail",
    "ContinuityKit",
    "KeptUnit",
    "LexiconWord",
    "PlaceAlert",
    "SavedSearch",
    "SearchDocument",
    "SearchedText",
    "SettledText",
    "Suggestion",
    "TermKey",
]
