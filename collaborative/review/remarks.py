"""What the form of a fiche says of its last review: fields to put right, and values that the support gave instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from common import french

from ..enums import FicheAction, FieldDecision
from ..fiches.anchors import anchor_of, url_about
from ..fiches.groups import GROUPED, first_of_each, label_of_point
from ..publication import final_values
from ..tree import fiche_url
from .corrections import corrected_value, why_words
from .meanwhile import changes_since
from .parts import ACT, ACT_LABELS, FILES, MEANWHILE, PHOTO, parts_of
from .receivers import fallen_names, is_told
from .standing import FicheStanding

if TYPE_CHECKING:
    from directory.snapshots import State

    from ..fiches.form import FicheForm
    from ..models import Fiche, FieldReview
    from .parts import Part


class FieldRemark(NamedTuple):
    """A remark on a field. ``url``: where it is put right, on the page or on that of the files; empty when nowhere."""

    label: str
    url: str
    text: str


def remarks_of(form: FicheForm) -> list[FieldRemark]:
    """Remarks on the fields of a fiche that is corrected: one query, one more for a photo, one for what changed.

    What the support amended or kept of the directory is told as long as sending the fiche again would publish it.
    """
    fiche = form.fiche
    reviews = {review.field: review for review in fiche.reviews.all()}
    told = first_of_each(name for name, review in reviews.items() if is_told(fiche, review))
    returned = [_placed(form, _label(fiche, name), name, reviews[name].reason) for name in told]
    one = _standing(fiche, reviews)
    fallen = set(fallen_names(one))
    held = [(part, one.review_of(part)) for part in one.parts if not fallen & set(part.stored)]
    return returned + [
        _placed(form, part.label, part.stored[0], words)
        for part, review in held
        if review is not None and (words := _instead(one, part, review))
    ]


def told_values(fiche: Fiche) -> State:
    """Proposed values of a fiche as publishing would write them if it were sent now: one to three queries.

    What the support amended stands in place of the proposal, what it keeps of the directory is left out, as long as
    ``remarks_of`` says so.
    """
    reviews = {review.field: review for review in fiche.reviews.all()}
    fallen = set(fallen_names(_standing(fiche, reviews)))
    return final_values(fiche, [review for name, review in reviews.items() if name not in fallen])


def _standing(fiche: Fiche, reviews: dict[str, FieldReview]) -> FicheStanding:
    files = list(fiche.files.all()) if PHOTO in reviews else []
    changes = changes_since([fiche]).get(fiche.pk, []) if reviews else []
    return FicheStanding(fiche, parts_of(fiche, files, reviews), reviews, {}, files, changes=changes)


def _instead(one: FicheStanding, part: Part, review: FieldReview) -> str:
    """What the support decided to publish in place of what is proposed; empty when it takes the proposal."""
    why = why_words(review)
    if review.decision == FieldDecision.AMEND and (value := corrected_value(one, part)):
        return f"Le support propose {value}{why}. C’est ce qui sera publié, sauf si vous changez ce champ."
    if review.decision == FieldDecision.KEEP:
        return f"Le support garde ce que dit le répertoire{why}, sauf si vous changez ce champ."
    return ""


def _label(fiche: Fiche, name: str) -> str:
    if name == ACT:
        return ACT_LABELS.get(FicheAction(fiche.action), "La fiche")
    if name in FILES:
        return FILES[name][0]
    return MEANWHILE.get(name) or label_of_point(fiche.kind, name)


def _placed(form: FicheForm, label: str, name: str, text: str) -> FieldRemark:
    said, fiche = french.french_spaces(text), form.fiche
    if name in FILES:
        return FieldRemark(label, url_about(fiche_url(fiche), fiche.kind, name), said)
    block = next((block for block in form.blocks if name in block.value_names), None)
    if block is None:
        return FieldRemark(label, "", said)
    field = block.fields.get(name)
    target = anchor_of(block.block, name, {row["name"] for row in fiche.missing})
    return FieldRemark(str(field.label) if field and name not in GROUPED else label, f"#{target}", said)
