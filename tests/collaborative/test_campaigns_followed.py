"""A campaign and the dossiers of its EGs: what closing leaves alone, and the later dossier of an EG that it follows."""

import datetime
from io import BytesIO

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from collaborative.campaigns import services
from collaborative.campaigns.progress import Progress, lines_of
from collaborative.fiches.drafts import keep_draft
from collaborative.models import CampaignTarget, Dossier
from collaborative.services import add_comment, open_dossier
from directory.scopes import scope_of

from .publishing import change, send_and_take, validate

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
NOW = timezone.now()
TODAY = timezone.localdate(NOW)


def who(user, now=NOW):
    return {"by": user, "scope": scope_of(user), "now": now}


def ask(cast, *entities, name="ACT 2026"):
    return services.create_campaign(
        name=name,
        message="",
        starts_on=TODAY,
        ends_on=TODAY + 30 * DAY,
        entity_ids=[entity.pk for entity in entities],
        **who(cast.sesan),
    )


def target(campaign, entity):
    return CampaignTarget.objects.select_related("campaign", "dossier").get(campaign=campaign, geographic_entity=entity)


def work_in(dossier, how, director):
    if how == "draft":
        typed = QueryDict("description=Nous accueillons")
        keep_draft(fiche=dossier.fiches.filter(kind="uo").first(), data=typed, **who(director))
    else:
        add_comment(dossier=dossier, text="Nous commençons lundi.", **who(director))


@pytest.mark.parametrize("act", ["close", "remove"])
@pytest.mark.parametrize("how", ["draft", "message", "nothing"])
def test_only_a_dossier_that_nobody_touched_is_abandoned(world, cast, client, how, act):
    campaign = ask(cast, world.eg)
    asked = target(campaign, world.eg)
    if how != "nothing":
        work_in(asked.dossier, how, cast.directeur)
    client.force_login(cast.sesan)
    if act == "close":
        page = client.get(reverse("collaborative:campaign_close", args=[campaign.pk])).text
        assert ("1 dossier que personne" in page) is (how == "nothing")
        services.close_campaign(campaign=campaign, **who(cast.sesan))
    else:
        page = client.get(reverse("collaborative:campaign_remove", args=[campaign.pk, asked.pk])).text
        assert ("il est abandonné" in page) is (how == "nothing")
        services.remove_entity(target=asked, **who(cast.sesan))
    asked.dossier.refresh_from_db()
    assert asked.dossier.state == ("abandoned" if how == "nothing" else "draft")


def test_a_dossier_that_a_director_opened_stays_hers(desk, world, cast, client):
    campaign = ask(cast, world.eg)
    assert target(campaign, world.eg).dossier == desk.dossier
    client.force_login(cast.sesan)
    assert "1 dossier que personne" not in client.get(reverse("collaborative:campaign_close", args=[campaign.pk])).text
    services.close_campaign(campaign=campaign, **who(cast.sesan))
    desk.dossier.refresh_from_db()
    assert desk.dossier.state == "draft"


def test_a_closed_campaign_reminds_nobody_and_does_not_say_so(world, cast, client):
    campaign = ask(cast, world.eg)
    client.force_login(cast.sesan)
    url = reverse("collaborative:campaign_detail", args=[campaign.pk])
    assert "Ils sont relancés" in client.get(url).text
    services.close_campaign(campaign=campaign, **who(cast.sesan))
    page = client.get(url).text
    assert "Ils sont relancés" not in page
    assert "Silencieux seulement" not in page


@pytest.fixture
def described_again(desk, world, cast):
    """A campaign whose dossier the director abandoned, before she described the EG in another one."""
    campaign = ask(cast, world.eg)
    desk.apply("abandon")
    assert lines_of(campaign, NOW)[0].note == "dossier abandonné"
    desk.dossier = open_dossier(entity=world.eg, **desk.who(None))
    return campaign


def test_an_entity_counts_with_the_dossier_opened_after_the_abandoned_one(desk, world, described_again, client, cast):
    campaign = described_again
    assert target(campaign, world.eg).dossier == desk.dossier
    assert Dossier.objects.get(pk=desk.dossier.pk).campaign == campaign
    change(desk, world.act, {"email": "neuf@example.org"})
    [line] = lines_of(campaign, NOW)
    assert line.progress == Progress.UNDER_WAY
    send_and_take(desk)
    validate(desk)
    [line] = lines_of(campaign, NOW + 60 * DAY)
    assert (line.progress, line.note, line.is_silent) == (Progress.VALIDATED, "", False)
    client.force_login(cast.sesan)
    answer = client.get(reverse("collaborative:campaign_report", args=[campaign.pk]))
    book = load_workbook(BytesIO(b"".join(answer.streaming_content)))
    [row] = book["Établissements"].iter_rows(min_row=2, values_only=True)
    assert "Validé" in row
    assert "dossier abandonné" not in row


def test_a_part_published_is_followed_to_what_is_left(desk, world, described_again):
    change(desk, world.act, {"email": "neuf@example.org"})
    change(desk, world.lam, {"email": "lam@example.org"})
    send_and_take(desk)
    done = validate(desk, fiche_ids={desk.fiche(world.act).pk}, remark="Le LAM plus tard.")
    assert target(described_again, world.eg).dossier == done.remainder


def test_a_closed_campaign_follows_no_dossier_opened_after_it(desk, world, cast):
    campaign = ask(cast, world.eg)
    desk.apply("abandon")
    services.close_campaign(campaign=campaign, **who(cast.sesan))
    later = open_dossier(entity=world.eg, **who(cast.directeur, NOW + DAY))
    assert later.campaign is None
    campaign.refresh_from_db()
    [line] = lines_of(campaign, NOW + 2 * DAY)
    assert line.progress == Progress.NOT_OPENED
