"""« Exporter mes données »: what the ROR holds about a person, as plain values for JSON (GDPR, article 20)."""

from typing import Any

from django.db.models import Q

from . import account_sections
from .models import AuditEntry, User


def export_account(user: User) -> dict[str, Any]:
    """Return the account, the acceptances of the terms, the person's own audit log, then what other apps export.

    Dates are ISO 8601 with their offset. Keys are in French: the file is for the person.
    """
    exported: dict[str, Any] = {
        "compte": {
            "identifiant": user.username,
            "nom": user.last_name,
            "prenom": user.first_name,
            "adresse_mail": user.email,
            "telephone": user.phone,
            "fonction": user.job_title,
            "organisme": user.organisation,
            "cree_le": user.date_joined.isoformat(),
            "derniere_connexion": user.last_login.isoformat() if user.last_login else None,
        },
        "conditions_generales": [
            {"version": acceptance.text.version, "acceptees_le": acceptance.accepted_at.isoformat()}
            for acceptance in user.terms_acceptances.select_related("text")
        ],
        "journal": [_entry(entry, user) for entry in _entries_about(user).iterator()],
    }
    for section in account_sections.registry.all():
        if section.export is not None:
            exported[section.key] = section.export(user)
    return exported


def _entries_about(user: User):
    """What the person did, and failed sign-ins and account changes that name the identifier."""
    return AuditEntry.objects.filter(Q(actor=user) | Q(target__iexact=user.username))


def _entry(entry: AuditEntry, user: User) -> dict[str, Any]:
    """One line; the address of somebody else (support) is that person's data and is left out."""
    own = entry.actor_id in {None, user.pk}
    return {
        "date": entry.at.isoformat(),
        "action": entry.get_action_display(),
        "objet": entry.target,
        "adresse_ip": entry.ip_address if own else None,
        "details": entry.details,
    }
