"""Rows of later updates and of campaigns: support alone, but the proposal of a sensitive field by its director."""

import datetime

from django.utils import timezone

from accounts.models import User
from collaborative.campaigns import services
from collaborative.models import Campaign
from directory.scopes import scope_of
from directory.services import update_block

from . import Row


def support():
    by = User.objects.get(username="sesan")
    return {"by": by, "scope": scope_of(by), "now": timezone.now()}


def changed(world):
    """A line of history of the director, on a unit."""
    by = User.objects.get(username="directeur")
    world.act.refresh_from_db()
    line = update_block(
        record=world.act,
        values={"email": f"n{world.act.version}@example.org"},
        expected_version=world.act.version,
        by=by,
        scope=scope_of(by),
    )
    return {"change_id": line.pk}


def version(world):
    world.act.refresh_from_db()
    return {"version": str(world.act.version)}


def campaign(world):
    found = Campaign.objects.filter(name="LAM").first()
    if found is None:
        day = datetime.date(2026, 11, 22)
        found = services.create_campaign(
            name="LAM", message="", starts_on=day, ends_on=day, entity_ids=[world.eg.pk], **support()
        )
    return {"campaign_id": found.pk}


def target(world):
    kwargs = campaign(world)
    return {**kwargs, "target_id": Campaign.objects.get(pk=kwargs["campaign_id"]).targets.get().pk}


def block(world):
    return {"kind": "eg", "record_id": world.eg.pk, "block": "identification"}


def saying(world):
    return {"name": "ACT 2027", "starts_on": "2027-01-01", "ends_on": "2027-02-01", "etablissements": str(world.eg.pk)}


def edited(world):
    return {**saying(world), "name": "LAM", "version": "1"}


def more(world):
    return {"etablissements": str(world.other_eg.pk)}


SEEN = "login 403 403 403 200 403 403"
ACTED = "login 403 403 403 away 403 403"
ROWS = [
    Row("collaborative:direct_changes", get=SEEN),
    Row("collaborative:changes_read", get=ACTED, post=ACTED),
    Row("collaborative:change_restore", get=SEEN, post=ACTED, kwargs=changed, data=version),
    Row("collaborative:change_ask", get=SEEN, post=ACTED, kwargs=changed, data=lambda world: {"text": "Pourquoi ?"}),
    Row(
        "collaborative:sensitive_propose",
        get="login 403 403 away away 403 403",
        post="login 403 403 away away 403 403",
        kwargs=block,
        data=lambda world: {"champ": "siret"},
    ),
    Row("collaborative:campaigns", get=SEEN),
    Row("collaborative:campaign_create", get=SEEN, post=ACTED, data=saying),
    Row("collaborative:campaign_detail", get=SEEN, kwargs=campaign),
    Row("collaborative:campaign_mine", get="login 403 403 200 404 403 403", kwargs=campaign),
    Row("collaborative:campaign_edit", get=SEEN, post=ACTED, kwargs=campaign, data=edited),
    Row("collaborative:campaign_add", get=SEEN, post=ACTED, kwargs=campaign, data=more),
    Row("collaborative:campaign_remove", get=SEEN, post=ACTED, kwargs=target),
    Row("collaborative:campaign_remind", get=ACTED, post=ACTED, kwargs=campaign),
    Row("collaborative:campaign_close", get=SEEN, post=ACTED, kwargs=campaign),
    Row("collaborative:campaign_report", get=SEEN, kwargs=campaign),
]
