"""Acts on a campaign while its dossiers are being opened, over real transactions: neither stops the other."""

import datetime
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.utils import timezone

from collaborative import services as dossiers
from collaborative.campaigns import services
from collaborative.models import Campaign, CampaignTarget, Dossier
from directory.scopes import scope_of

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()
TODAY = timezone.localdate(NOW)
PATIENCE = 20  # seconds


@pytest.fixture
def target(world, cast):
    """An EG of a campaign whose dossier is still to be opened."""
    days = {"starts_on": TODAY, "ends_on": TODAY + datetime.timedelta(days=30)}
    campaign = Campaign.objects.create(name="ACT", created_at=NOW, created_by=cast.sesan, **days)
    return CampaignTarget.objects.create(campaign=campaign, geographic_entity=world.eg)


def someone_waits():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE NOT granted AND datname = current_database()"
        )
        return cursor.fetchone()[0] > 0


def open_during(act, target, cast, monkeypatch):
    """Open the dossier; ``act`` begins once the target is locked, and ends or waits before the dossier is made."""
    found = []
    pool = ThreadPoolExecutor(1)

    def acting():
        try:
            return act()
        finally:
            connections.close_all()

    def interrupted(**values):
        found.append(pool.submit(acting))
        end = time.monotonic() + PATIENCE
        while not found[0].done() and not someone_waits() and time.monotonic() < end:
            pass
        return dossiers.open_dossier(**values)

    monkeypatch.setattr(services, "open_dossier", interrupted)
    services.open_one(target_id=target.pk, by=cast.sesan, scope=scope_of(cast.sesan), now=NOW)
    with pool:
        return found[0].result(PATIENCE)


def test_a_reminder_leaves_out_the_entity_whose_dossier_is_being_opened(target, cast, monkeypatch):
    def remind():
        return services.remind_silent(campaign=target.campaign, scope=scope_of(cast.sesan), now=NOW)

    assert open_during(remind, target, cast, monkeypatch) == 0
    target.refresh_from_db()
    assert target.dossier is not None
    assert remind() == 1


def test_an_entity_removed_while_its_dossier_is_opened_leaves_it_abandoned(target, cast, monkeypatch):
    who = {"by": cast.sesan, "scope": scope_of(cast.sesan), "now": NOW}
    assert open_during(lambda: services.remove_entity(target=target, **who), target, cast, monkeypatch)
    assert not CampaignTarget.objects.exists()
    assert Dossier.objects.get().state == "abandoned"
