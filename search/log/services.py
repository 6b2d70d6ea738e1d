"""What support does of a text that finds nothing: a synonym of a term, or nothing more."""

import datetime
from typing import NamedTuple

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Permission
from common.text import fold
from directory.models import Term
from directory.scopes import Scope
from directory.services import update_record

from ..indexing.words_sql import GROUPS
from ..models import SearchedText, SettledText
from ..words.spelling import telling_form

TERMS_SHOWN = 30
BEGINNING = 4  # letters; a shorter word is told whole
SYNONYM_LENGTH = 120


class TextRefused(Exception):
    """The act is refused; ``words`` say why, in French."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class FoundTerms(NamedTuple):
    """Terms that may be meant, ``TERMS_SHOWN`` at most, and whether there are more."""

    terms: list[Term]
    are_cut: bool


def may_mend(scope: Scope | None) -> bool:
    """Whether the list is this person's: whoever manages the nomenclatures."""
    return scope is not None and scope.may(Permission.NOMENCLATURE_MANAGE)


def text_of_key(key: str) -> str:
    """The text behind a key, empty when it may not be told or was never asked."""
    told = SearchedText.objects.filter(key=key).exclude(words="").order_by("-day").first()
    return told.words if told else ""


def find_terms(text: str) -> FoundTerms:
    """Active terms whose label or synonyms hold every word of ``text``, in the lists that are proposed while typing.

    Those that the text spells first, then those that hold its words whole: « ACT » is not « activité ». When there are
    none, long words may be beginnings: « coordin ».
    """
    words = telling_form(fold(text)).split()
    rows = Term.objects.filter(nomenclature__in=list(GROUPS)).active_on(timezone.localdate())
    terms = list(rows.order_by("nomenclature", "label")) if words else []
    held = [(term, telling_form(fold(" ".join([term.label, *term.synonyms]))).split()) for term in terms]
    found = [term for term, spelled in held if all(word in spelled for word in words)]
    found = found or [term for term, spelled in held if all(_is_told(word, spelled) for word in words)]
    found.sort(key=lambda term: not _spells(term, words))  # the others stay in their order
    return FoundTerms(found[:TERMS_SHOWN], len(found) > TERMS_SHOWN)


def _spells(term: Term, words: list[str]) -> bool:
    return any(telling_form(fold(spelling)).split() == words for spelling in (term.label, *term.synonyms))


def _is_told(word: str, spelled: list[str]) -> bool:
    """Whether a word is one of a term, or begins one of them when it is long enough."""
    return word in spelled or (len(word) >= BEGINNING and any(other.startswith(word) for other in spelled))


@transaction.atomic
def add_synonym(*, key: str, term_id: int, by: User, scope: Scope, now: datetime.datetime) -> Term:
    """Make the text of ``key`` a synonym of a term: history and index follow (``directory.services``).

    Raises ``PermissionDenied``, ``TextRefused``.
    """
    words = _text_to_mend(key, scope)
    if "#" in words or len(words) > SYNONYM_LENGTH:
        raise TextRefused("Un texte avec des chiffres, ou trop long, ne devient pas un synonyme.")
    term = Term.objects.select_for_update().filter(pk=term_id, nomenclature__in=list(GROUPS)).first()
    if term is None:
        raise TextRefused("Choisissez un terme dans la liste.")
    if fold(words) not in {fold(spelling) for spelling in (term.label, *term.synonyms)}:
        changes = {"synonyms": [*term.synonyms, words]}
        update_record(record=term, changes=changes, expected_version=term.version, by=by, scope=scope)
    _settle(key, words, term, now)
    return term


def leave_text(*, key: str, scope: Scope, now: datetime.datetime) -> str:
    """Leave a text alone: the lists show it no more. Returns it. Raises ``PermissionDenied``, ``TextRefused``."""
    words = _text_to_mend(key, scope)
    _settle(key, words, None, now)
    return words


@transaction.atomic
def list_again(*, key: str, by: User, scope: Scope) -> bool:
    """List a text again; the synonym that it was made is taken off its term. ``False`` when it was not settled.

    Raises ``PermissionDenied``.
    """
    if not may_mend(scope):
        raise PermissionDenied
    settled = SettledText.objects.select_for_update().filter(key=key).first()
    if settled is None:
        return False
    if settled.term_id:
        term = Term.objects.select_for_update().get(pk=settled.term_id)
        kept = [synonym for synonym in term.synonyms if fold(synonym) != fold(settled.words)]
        if kept != term.synonyms:
            changes = {"synonyms": kept}
            update_record(record=term, changes=changes, expected_version=term.version, by=by, scope=scope)
    settled.delete()
    return True


def _text_to_mend(key: str, scope: Scope) -> str:
    if not may_mend(scope):
        raise PermissionDenied
    words = text_of_key(key)
    if not words:
        raise TextRefused("Cette recherche n’est plus dans le journal.")
    return words


def _settle(key: str, words: str, term: Term | None, now: datetime.datetime) -> None:
    values = {"words": words, "term": term, "settled_on": timezone.localdate(now)}
    SettledText.objects.update_or_create(key=key, defaults=values)
