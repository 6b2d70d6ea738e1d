"""Accounts of the demonstration, their roles, and fictitious colleagues who sign the statements."""

import datetime
from collections.abc import Iterable

from django.contrib.auth.hashers import make_password

from accounts.demo_accounts import DEMO_ACCOUNTS, DEMO_DOMAIN, DEMO_PASSWORD
from accounts.models import LegalText, TermsAcceptance, User
from accounts.roles import Role
from directory.enums import ScopeKind
from directory.models import Assignment

from .establishments import Site
from .world import World

SINCE = 400  # days
ALONE_EVERY = 50  # one EG in so many has a director and no Responsable


def add_accounts(world: World) -> dict[str, User]:
    """Create the demonstration's accounts that are missing, terms of use accepted; return all by identifier."""
    known = {user.username: user for user in User.objects.filter(username__in=[one.username for one in DEMO_ACCOUNTS])}
    for account in DEMO_ACCOUNTS:
        if account.username not in known:
            known[account.username] = User.objects.create(
                username=account.username,
                email=account.email,
                first_name=account.first_name,
                last_name=account.last_name,
                job_title=account.job_title,
                organisation=account.organisation,
                password=make_password(DEMO_PASSWORD),
            )
    accept_terms(world, known.values())
    return known


def accept_terms(world: World, users: Iterable[User]) -> None:
    """Record that these users accepted the newest terms of use, when there are some."""
    newest = LegalText.objects.filter(kind=LegalText.Kind.TERMS).order_by("-version").first()
    if newest:
        TermsAcceptance.objects.bulk_create(
            [TermsAcceptance(user=user, text=newest, accepted_at=world.now) for user in users], ignore_conflicts=True
        )


def add_colleagues(world: World, sites: list[Site]) -> dict[int, int]:
    """Create fictitious directors and managers who cannot sign in, with their EGs; return a manager by EG."""
    users = []
    for number in range(1, world.size.colleagues + 1):
        first_name, last_name = world.person()
        users.append(
            User(
                username=f"fictif{number:03}",
                email=f"fictif{number:03}@{DEMO_DOMAIN}",
                first_name=first_name,
                last_name=last_name,
                job_title=world.rng.choice(("Cadre de santé", "Coordinateur", "Directeur", "Assistant social")),
                organisation="Personne fictive",
                password=make_password(None),
            )
        )
    users = User.objects.bulk_create(users)
    managers: dict[int, int] = {}
    assignments = []
    for index, site in enumerate(sites):
        user = users[index % len(users)]
        managers[site.entity.pk] = user.pk
        role = Role.DIRECTOR if index % 5 == 0 else Role.AVAILABILITY_MANAGER
        assignments.append(assignment(world, user, role, geographic_entity_id=site.entity.pk))
        if role == Role.DIRECTOR and index % ALONE_EVERY:
            colleague = users[(index + 1) % len(users)]
            assignments.append(
                assignment(world, colleague, Role.AVAILABILITY_MANAGER, geographic_entity_id=site.entity.pk)
            )
    Assignment.objects.bulk_create(assignments, batch_size=2000)
    return managers


def assignment(world: World, user: User, role: Role, **scope: int) -> Assignment:
    """An assignment on ``unit_id``, ``geographic_entity_id`` or ``legal_entity_id``, else on the region."""
    kinds = {
        "unit_id": ScopeKind.UNIT,
        "geographic_entity_id": ScopeKind.GEOGRAPHIC_ENTITY,
        "legal_entity_id": ScopeKind.LEGAL_ENTITY,
    }
    kind = kinds[next(iter(scope))] if scope else ScopeKind.REGION
    since = (world.now - datetime.timedelta(days=SINCE)).date()
    return Assignment(user_id=user.pk, role=role, scope_kind=kind, valid_from=since, **scope)
