"""What a correction of the support changed, in words: against what the fiche proposes, or what the directory said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from directory.versions.past import FieldDiff, field_diff
from directory.versions.wording import in_words

from ..enums import FieldDecision
from ..fiches.groups import TOGETHER
from ..fiches.states import same
from .together import IN_WORDS, POINT, kept_commune, kept_value, none_words

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping

    from ..models import FieldReview
    from .parts import Part
    from .standing import FicheStanding

WORDS = 1200  # characters of a corrected value: the hours of a week are told whole
MOVED_POINT = "Point sur la carte"
EMPTIED = "non renseigné"


def corrected_names(one: FicheStanding, part: Part) -> list[str]:
    """Fields of a part to which its correction gives another value than the one it was made over."""
    reviews = [one.reviews[name] for name in part.names if name in one.reviews]
    return [
        review.field
        for review in reviews
        if review.decision == FieldDecision.AMEND and not same(review.value, _before(one, review))
    ]


def correction_diffs(one: FicheStanding, part: Part) -> list[FieldDiff]:
    """Both values of each field that the correction of a part changes; fields of one sense are shown whole."""
    names, kind = corrected_names(one, part), one.fiche.kind
    if not names:
        return []
    if part.key in TOGETHER:
        town = kept_commune(one.fiche) if part.key == "adresse" else {}
        before, after = (_together(one, part, corrected=corrected, kept=town) for corrected in (False, True))
        none = none_words(one.fiche, part.key) or "–"
        diffs = [FieldDiff(part.label, before or none, after or none)] if before != after else []
        moved = any(name in POINT for name in names)
        return [*diffs, *([FieldDiff(MOVED_POINT, after="déplacé")] if moved else [])]
    return [field_diff(kind, name, _before(one, one.reviews[name]), one.reviews[name].value) for name in names]


def corrected_value(one: FicheStanding, part: Part) -> str:
    """« « Femmes seulement » »: value that the support gave; empty when the correction changes nothing of the part."""
    names = corrected_names(one, part)
    if not names:
        return ""
    if part.key not in TOGETHER:
        value = ", ".join(in_words(one.fiche.kind, name, one.reviews[name].value) for name in names)
    elif all(name in POINT for name in names):
        return "un autre point sur la carte"
    else:
        town = kept_commune(one.fiche) if part.key == "adresse" else {}
        value = _together(one, part, corrected=True, kept=town)
    value = (none_words(one.fiche, part.key) or EMPTIED) if value in {"", "–"} else value
    return f"«\u00a0{value if len(value) <= WORDS else f'{value[: WORDS - 1]}…'}\u00a0»"


def saved_words(one: FicheStanding, part: Part, at: datetime.datetime) -> list[str]:
    """What saving the form of a part at ``at`` did, in sentences: what it corrects, what differs in nothing."""
    reviews = [(other, one.review_of(other)) for other in one.parts]
    corrected = [other for other, review in reviews if review and review.at == at and corrected_names(one, other)]
    said = [f"«\u00a0{other.label}\u00a0» est corrigé." for other in corrected]
    if part.key in {other.key for other in corrected}:
        return said
    left = one.part(part.key)
    same_words = "rien ne diffère de ce qui est proposé, le point est accepté."
    words = "la correction est retirée." if left is None or left.is_beside else same_words
    return [f"«\u00a0{part.label}\u00a0»\u00a0: {words}", *said]


def why_words(review: FieldReview) -> str:
    """« (Nom d’usage) » after what was decided, without the stop that the sentence gives; empty without a reason."""
    reason = review.reason.strip().removesuffix(".")
    return f" ({reason})" if reason else ""


def _before(one: FicheStanding, review: FieldReview) -> Any:
    """What a correction was made over: what is proposed; of a field that nobody proposed, what its author had in sight.

    That is what the directory said of it when the correction was made, unless the fiche keeps it beside its proposal.
    """
    return (one.fiche.base | one.fiche.values).get(review.field, review.base)


def _together(one: FicheStanding, part: Part, *, corrected: bool, kept: Mapping[str, Any] | None = None) -> str:
    """Fields that make sense together only, in words, as proposed or as corrected, over those ``kept``.

    The others are those that were in sight when they were proposed, whatever the directory says of them since.
    """
    values, in_sight = dict(kept or {}), one.fiche.base | one.fiche.values
    for name in TOGETHER[part.key][1]:
        review = one.reviews.get(name)
        if review is not None and review.decision == FieldDecision.AMEND:
            values[name] = review.value if corrected else _before(one, review)
        elif (value := kept_value(one.fiche, in_sight, name)) is not None:
            values[name] = value
    return IN_WORDS[part.key](values)
