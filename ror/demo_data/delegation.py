"""Account requests in each state, and rights that wait for their yearly review."""

import datetime

from django.contrib.auth.hashers import make_password
from django.db.models import F
from django.db.models.functions import Mod

from accounts.models import User
from accounts.roles import Role
from directory.models import AccountRequest, Assignment, OperationalUnit

from .people import accept_terms, assignment
from .world import World

State = AccountRequest.State
REVIEWED = 100  # days ago: the last yearly review
KEPT_DUE = 12  # one assignment of colleagues in so many was left out of it
REQUESTS = (
    # first name, last name, days since asked, state, message, answer
    ("Fatou", "Diop", 2, State.WAITING, "Elle remplace la coordinatrice des ACT à partir du mois prochain.", ""),
    ("Marc", "Vasseur", 5, State.WAITING, "", ""),
    ("Karim", "Ouali", 9, State.APPROVED, "Assistant social de l’équipe mobile.", ""),
    (
        "Paul",
        "Rey",
        20,
        State.REFUSED,
        "",
        "Cette adresse n’est pas professionnelle\u00a0: refaites la demande avec celle de l’association.",
    ),
)


def add_delegation(world: World) -> None:
    """Account requests, then the dates that the review of rights reads."""
    known = {user.username: user for user in User.objects.filter(username__in=["directeur", "sesan"])}
    add_account_requests(world, known["directeur"], known["sesan"])
    age_rights(world, known["sesan"])


def add_account_requests(world: World, director: User, support: User) -> None:
    """Requests of the demonstration's director; the account of the accepted one exists and cannot sign in."""
    units = list(OperationalUnit.objects.filter(geographic_entity__name="ACT ALTAIR VESTA").order_by("pk"))
    for first_name, last_name, days, state, message, answer in REQUESTS:
        asked_at = world.now - datetime.timedelta(days=days, hours=3)
        asked = AccountRequest(
            first_name=first_name,
            last_name=last_name,
            email=f"{first_name}.{last_name}@altair-vesta.example".lower(),
            phone="0199004050",
            message=message,
            requested_by=director,
            requested_at=asked_at,
            state=state,
            answer=answer,
        )
        if state != State.WAITING:
            asked.decided_by, asked.decided_at = support, asked_at + datetime.timedelta(days=1)
        if state == State.APPROVED:
            asked.user = _account_of(world, asked, units)
        asked.save()
        asked.units.set(units)


def _account_of(world: World, asked: AccountRequest, units: list[OperationalUnit]) -> User:
    """Account of an accepted request, without a password, Responsable of the units."""
    user = User.objects.create(
        username=asked.email.partition("@")[0],
        first_name=asked.first_name,
        last_name=asked.last_name,
        email=asked.email,
        phone=asked.phone,
        organisation="Personne fictive",
        password=make_password(None),
    )
    accept_terms(world, [user])
    roles = [assignment(world, user, Role.AVAILABILITY_MANAGER, unit_id=unit.pk) for unit in units]
    for role in roles:
        role.valid_from, role.given_by = (world.now - datetime.timedelta(days=8)).date(), asked.decided_by
    Assignment.objects.bulk_create(roles)
    return user


def age_rights(world: World, support: User) -> None:
    """Date assignments from their first day, most of those of colleagues confirmed since: the others wait."""
    Assignment.objects.update(given_at=F("valid_from"))
    since = (world.now - datetime.timedelta(days=REVIEWED)).date()
    colleagues = Assignment.objects.filter(user__username__startswith="fictif")
    numbered = colleagues.alias(rest=Mod("pk", KEPT_DUE))
    numbered.exclude(rest=0).update(reviewed_on=since, reviewed_by=support)
