"""What proves that a person could once see a fiche that he may no more know of: his text is then given back to him.

Nothing of the fiche is told by it but its kind, which his own page said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.signing import BadSignature, Signer
from django.db.models import Exists, OuterRef, Q

from ..models import Comment, Draft, Fiche, Step

if TYPE_CHECKING:
    from accounts.models import User

STAMP = "preuve"  # hidden field of the form of a fiche
_SIGNER = Signer(salt="collaborative.fiche")


def stamp_of(fiche: Fiche, user: User) -> str:
    """Proof that the form of ``fiche`` was shown to ``user``: it goes out with the form and comes back with it."""
    return _SIGNER.sign(f"{user.pk}-{fiche.pk}-{fiche.kind}")


def kind_once_seen(*, dossier_id: int, fiche_id: int, stamp: str, user: User) -> str:
    """Kind of a fiche that ``user`` once could see; empty without a proof.

    A proof is the stamp of its form, a draft of his on it, or a line of his in the history or the thread of its dossier
    (one query).
    """
    try:
        owner, shown, kind = _SIGNER.unsign(stamp).split("-")
    except BadSignature:
        pass
    else:
        if (owner, shown) == (str(user.pk), str(fiche_id)):
            return kind
    own = {"dossier": OuterRef("dossier"), "by": user}
    traces = Q(Exists(Draft.objects.filter(fiche=OuterRef("pk"), by=user)))
    traces |= Q(Exists(Step.objects.filter(**own))) | Q(Exists(Comment.objects.filter(**own)))
    found = Fiche.objects.filter(traces, pk=fiche_id, dossier=dossier_id)
    return found.values_list("kind", flat=True).first() or ""
