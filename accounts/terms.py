"""Which terms of use are in force and who has accepted them (spec 50: a new version must be accepted again)."""

from django.db.models import Exists, OuterRef

from .models import LegalText, TermsAcceptance, User


def current_text(kind: str = LegalText.Kind.TERMS) -> LegalText | None:
    """Return the version in force of a text, ``None`` when none was ever published. One query."""
    return LegalText.objects.filter(kind=kind).order_by("-version").first()


def terms_to_accept(user: User) -> LegalText | None:
    """Return the terms in force when ``user`` has not accepted them, else ``None``. One query."""
    accepted = TermsAcceptance.objects.filter(text=OuterRef("pk"), user=user)
    newest = (
        LegalText.objects.filter(kind=LegalText.Kind.TERMS)
        .annotate(is_accepted=Exists(accepted))
        .order_by("-version")
        .first()
    )
    return None if newest is None or newest.is_accepted else newest


def newest_acceptance(user: User) -> TermsAcceptance | None:
    """Return the last version ``user`` accepted, with its text; ``None`` before the first sign-in."""
    return user.terms_acceptances.select_related("text").order_by("-text__version").first()
