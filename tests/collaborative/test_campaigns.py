"""Campaigns: the list recognised, the dossiers opened, progress, reminders, the workbook."""

import datetime
from collections import Counter
from io import BytesIO

import pytest
from django.core import mail
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from collaborative.campaigns import services
from collaborative.campaigns.lists import number_in, read_list, split_lines
from collaborative.campaigns.progress import Progress, lines_of, progress_of, table_of, total_of
from collaborative.models import Campaign, CampaignTarget, Dossier
from directory.models import GeographicEntity
from directory.scopes import scope_of
from tests.factories.directory import GeographicEntityFactory, commune
from tests.test_query_budgets import queries_of

from .publishing import change, send_and_take, validate

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
MOST_QUERIES = 10
NOW = timezone.now()
TODAY = timezone.localdate(NOW)
CLOSED = {"status": "closed", "closure_kind": "DEF", "closed_on": TODAY}
SAID = {"name": "ACT, LAM, LHSS 2024", "message": "Merci de relire vos fiches.", "starts_on": TODAY}


def who(user, now=NOW):
    return {"by": user, "scope": scope_of(user), "now": now}


@pytest.fixture
def alone(world):
    """An EG without a director."""
    return GeographicEntityFactory(name="LHSS Seul", commune=world.eg.commune)


@pytest.fixture
def campaign(world, cast, alone):
    """A campaign on ``world.eg``, whose director is ``directeur``, and on ``alone``."""
    return services.create_campaign(
        **SAID, ends_on=TODAY + 30 * DAY, entity_ids=[world.eg.pk, alone.pk], **who(cast.sesan)
    )


def target(campaign, entity):
    return CampaignTarget.objects.select_related("campaign", "dossier").get(campaign=campaign, geographic_entity=entity)


def progress(campaign, entity, now=NOW):
    return next(line.progress for line in lines_of(campaign, now) if line.entity == entity)


def test_a_line_is_read_by_its_number_wherever_it_is():
    assert number_in("92 000 001 5") == "920000015"
    assert number_in("CPTS Neuve\t920000015\tNanterre") == "920000015"
    assert number_in("356 000 000 00048") == "35600000000048"
    assert number_in("ACT 92") == ""
    assert split_lines("a\n\n a \nb") == ["a", "b"]


def test_a_list_says_what_is_sure_doubtful_closed_and_unknown(world):
    twins = [GeographicEntityFactory(name="Maison Bleue") for _ in range(2)]
    closed = GeographicEntityFactory(
        name="Ancien LAM", finess="920000015", status="closed", closure_kind="DEF", closed_on=TODAY
    )
    text = f"{world.eg.finess}\n{world.eg.name.lower()}\nMaison Bleue\n{closed.finess}\nRien de tel\naltair vest"
    reading = read_list(text)
    assert reading.recognised == [world.eg]
    assert dict(reading.doubtful) == {"Maison Bleue": twins, "altair vest": [world.eg]}
    assert reading.closed == [(closed.finess, closed)]
    assert reading.unknown == ["Rien de tel"]


def test_opening_pre_creates_dossiers_and_joins_the_open_one(desk, world, cast):
    made = services.create_campaign(
        **SAID, ends_on=TODAY + DAY, entity_ids=[world.eg.pk, world.other_eg.pk], **who(cast.sesan)
    )
    assert target(made, world.eg).dossier == desk.dossier
    other = target(made, world.other_eg).dossier
    assert (other.campaign, other.started_at, other.state) == (made, None, "draft")
    desk.dossier.refresh_from_db()
    assert desk.dossier.campaign == made


def test_progress_follows_the_dossier_to_its_end(desk, world, cast):
    made = services.create_campaign(**SAID, ends_on=TODAY + DAY, entity_ids=[world.eg.pk], **who(cast.sesan))
    assert progress(made, world.eg) == Progress.NOT_OPENED
    change(desk, world.act, {"email": "neuf@example.org"})
    assert progress(made, world.eg) == Progress.UNDER_WAY
    change(desk, world.lam, {"email": "lam@example.org"})
    send_and_take(desk)
    assert progress(made, world.eg) == Progress.SENT
    validate(desk, fiche_ids={desk.fiche(world.act).pk}, remark="Le LAM plus tard.")
    assert progress(made, world.eg) == Progress.RETURNED
    assert progress_of(Dossier(state="validated")) == Progress.VALIDATED
    assert [row.words for row in table_of(lines_of(made, NOW), "kind")] == ["1 à corriger"]


def test_the_silent_are_reminded_once_a_day_in_one_mail_a_director(campaign, world, cast, alone):
    assert services.remind_silent(campaign=campaign, scope=scope_of(cast.sesan), now=NOW) == 1
    [message] = mail.outbox
    assert message.to == [cast.directeur.email]
    assert world.eg.name in message.body
    assert "Merci de relire vos fiches." in message.body
    assert f"/dossiers/{target(campaign, world.eg).dossier_id}/" in message.body
    assert services.remind_silent(campaign=campaign, scope=scope_of(cast.sesan), now=NOW) == 0
    assert services.remind_silent(campaign=campaign, scope=scope_of(cast.sesan), now=NOW + DAY) == 1
    assert target(campaign, world.eg).reminders == 2
    assert target(campaign, alone).reminders == 0


def test_the_command_reminds_at_the_start_then_each_week_until_the_end(campaign):
    for days, mails in ((-1, 0), (0, 1), (0, 1), (3, 1), (7, 2), (31, 2)):
        call_command("remind_campaigns", now=(NOW + days * DAY).isoformat(), verbosity=0)
        assert len(mail.outbox) == mails, days


def test_the_command_opens_the_dossiers_that_a_stopped_run_left(campaign, alone):
    gone = target(campaign, alone)
    CampaignTarget.objects.filter(pk=gone.pk).update(dossier=None)
    call_command("remind_campaigns", now=NOW.isoformat(), verbosity=0)
    assert target(campaign, alone).dossier == gone.dossier


def test_a_removed_entity_leaves_its_untouched_dossier_abandoned(campaign, world, cast, alone):
    left = target(campaign, world.eg)
    assert services.remove_entity(target=left, **who(cast.sesan))
    left.dossier.refresh_from_db()
    assert left.dossier.state == "abandoned"
    assert mail.outbox == []


def test_closing_leaves_begun_dossiers_open(campaign, world, cast, alone):
    begun, untouched = target(campaign, world.eg).dossier, target(campaign, alone).dossier
    Dossier.objects.filter(pk=begun.pk).update(started_at=NOW)
    services.close_campaign(campaign=campaign, **who(cast.sesan))
    states = dict(Dossier.objects.values_list("pk", "state"))
    assert (states[begun.pk], states[untouched.pk]) == ("draft", "abandoned")


def test_a_closed_campaign_is_shown_rather_than_its_forms(campaign, cast, client):
    services.close_campaign(campaign=campaign, **who(cast.sesan))
    client.force_login(cast.sesan)
    for name in ("campaign_edit", "campaign_add"):
        answer = client.get(reverse(f"collaborative:{name}", args=[campaign.pk]), follow=True)
        assert answer.redirect_chain == [(reverse("collaborative:campaign_detail", args=[campaign.pk]), 302)]
        assert [str(message) for message in answer.context["messages"]] == [services.CLOSED]


@pytest.mark.parametrize("how", ["close", "remove"])
def test_a_dossier_that_another_campaign_follows_goes_to_it(campaign, world, cast, alone, client, how):
    said = {**SAID, "name": "LHSS 2025"}
    other = services.create_campaign(**said, ends_on=TODAY + DAY, entity_ids=[world.eg.pk], **who(cast.sesan))
    dossier = target(campaign, world.eg).dossier
    assert target(other, world.eg).dossier == dossier
    if how == "close":
        client.force_login(cast.sesan)
        page = client.get(reverse("collaborative:campaign_close", args=[campaign.pk])).text
        assert "1 dossier que personne" in page, "the other campaign keeps the second one"
        services.close_campaign(campaign=campaign, **who(cast.sesan))
    else:
        assert not services.remove_entity(target=target(campaign, world.eg), **who(cast.sesan))
    dossier.refresh_from_db()
    assert (dossier.state, dossier.campaign) == ("draft", other)
    services.close_campaign(campaign=other, **who(cast.sesan))
    dossier.refresh_from_db()
    assert dossier.state == "abandoned"


def test_the_page_and_the_workbook_agree(client, campaign, world, cast, alone):
    client.force_login(cast.sesan)
    page = client.get(reverse("collaborative:campaign_detail", args=[campaign.pk])).content.decode()
    assert "2 non commencés" in page
    assert "Établissements sans directeur" in page
    answer = client.get(reverse("collaborative:campaign_report", args=[campaign.pk]))
    book = load_workbook(BytesIO(b"".join(answer.streaming_content)))
    rows = list(book["Établissements"].iter_rows(values_only=True))
    assert {row[1] for row in rows[1:]} == {world.eg.name, alone.name}
    total = total_of(lines_of(campaign, NOW))
    sums = [sum(row[1:]) for row in book["Par département"].iter_rows(min_row=2, values_only=True)]
    assert sum(sums) == 2 * total.total
    about = dict(book["Bilan"].iter_rows(min_row=2, values_only=True))
    assert about["Non commencé"] == 2
    assert about["Fin"].date() == campaign.ends_on


def ask_many(campaign, world, cast, count):
    """Ask ``count`` more EGs, in two departments; their dossiers take the five progresses in turn."""
    places = [world.eg.commune, commune("75110")]
    entities = GeographicEntity.objects.bulk_create(
        GeographicEntity(
            name=f"Maison {number:03}",
            sort_name=f"maison {number:03}",
            legal_entity=world.ej,
            commune=places[number % 2],
        )
        for number in range(count)
    )
    sent = {"sent_by": cast.directeur, "sent_at": NOW}
    decided = {**sent, "decided_by": cast.sesan, "decided_at": NOW}
    kinds = (
        {"state": "draft", "started_at": None},
        {"state": "draft", "started_at": NOW},
        {"state": "sent", "started_at": NOW, **sent},
        {"state": "returned", "started_at": NOW, **decided},
        {"state": "validated", "started_at": NOW, **decided},
    )
    shared = {"campaign": campaign, "opened_by": cast.sesan, "opened_at": NOW, "changed_by": cast.sesan}
    dossiers = Dossier.objects.bulk_create(
        Dossier(name=str(entity), geographic_entity=entity, changed_at=NOW, **shared, **kinds[number % len(kinds)])
        for number, entity in enumerate(entities)
    )
    CampaignTarget.objects.bulk_create(
        CampaignTarget(campaign=campaign, geographic_entity=entity, dossier=dossier)
        for entity, dossier in zip(entities, dossiers, strict=True)
    )


def test_pages_cost_the_same_for_500_entities_and_the_workbook_counts_them(client, campaign, cast, world):
    client.force_login(cast.sesan)
    pages = {"campaigns": (), **dict.fromkeys(("campaign_detail", "campaign_add", "campaign_edit"), (campaign.pk,))}
    client.get(reverse("collaborative:campaigns"))
    counts = []
    for more in (30, 470):
        ask_many(campaign, world, cast, more)
        urls = [reverse(f"collaborative:{name}", args=args) for name, args in pages.items()]
        counts.append([len(queries_of(client, url)) for url in urls])
    assert counts[0] == counts[1]
    assert max(counts[0]) <= MOST_QUERIES
    answer = client.get(reverse("collaborative:campaign_report", args=[campaign.pk]))
    book = load_workbook(BytesIO(b"".join(answer.streaming_content)))
    about = dict(book["Bilan"].iter_rows(min_row=2, values_only=True))
    assert [about[label] for label in Progress.labels] == [102, 100, 100, 100, 100, 0]
    assert about["Établissements"] == 502
    for sheet in ("Par département", "Par type"):
        rows = list(book[sheet].iter_rows(min_row=2, values_only=True))
        assert [sum(column) for column in zip(*(row[1:] for row in rows), strict=True)] == [
            102,
            100,
            100,
            100,
            100,
            0,
            502,
        ]
    listed = list(book["Établissements"].iter_rows(min_row=2, values_only=True))
    assert Counter(row[5] for row in listed) == dict(zip(Progress.labels, [102, 100, 100, 100, 100], strict=False))
    assert Counter(row[4] for row in listed) == {"Hauts-de-Seine (92)": 252, "Paris (75)": 250}


def test_a_campaign_is_opened_step_by_step_without_losing_what_was_typed(client, world, cast):
    client.force_login(cast.sesan)
    address = reverse("collaborative:campaign_create")
    said = {"name": "LAM 2024", "starts_on": "2024-01-01", "ends_on": "2024-06-30", "message": ""}
    page = client.post(address, {**said, "etape": "reconnaitre", "liste": f"{world.eg.finess}\nInconnue"})
    text = page.content.decode()
    assert 'value="LAM 2024"' in text
    assert f'name="etablissements" value="{world.eg.pk}"' in text
    assert "Lignes inconnues" in text
    refused = client.post(address, {**said, "etablissements": world.eg.pk, "liste": "Inconnue"})
    assert refused.status_code == 422
    assert "Des lignes ne sont pas reconnues" in refused.text
    assert ">Inconnue</textarea>" in refused.text.replace("\n", "")
    unread = client.post(address, {**said, "etablissements": world.eg.pk, "liste": world.other_eg.name})
    assert "Liste pas encore lue" in unread.text
    assert client.post(address, said).status_code == 422
    assert client.post(address, {**said, "ends_on": "2023-01-01", "etablissements": world.eg.pk}).status_code == 422
    client.post(address, {**said, "etablissements": world.eg.pk})
    assert Campaign.objects.get().targets.count() == 1
    again = client.post(address, {**said, "etablissements": world.eg.pk})
    assert again.status_code == 422
    assert Campaign.objects.count() == 1


def test_criteria_choose_entities(client, world, cast):
    client.force_login(cast.sesan)
    typed = {"etape": "criteres", "departement": world.eg.commune.department_id, "type_uo": world.act.unit_type_id}
    text = client.post(reverse("collaborative:campaign_create"), typed).content.decode()
    assert world.eg.name in text
    assert "1 établissement ajouté" in text


def test_home_tells_the_director_what_is_en_validation(client, desk, world, cast):
    change(desk, world.act, {"email": "a@example.org"})
    client.force_login(cast.directeur)
    assert "En validation, envoyé" not in client.get("/").content.decode()
    desk.apply("send")
    assert "En validation, envoyé" in client.get("/").content.decode()


def test_home_tells_the_director_and_support(client, campaign, cast):
    client.force_login(cast.directeur)
    page = client.get(reverse("home")).content.decode()
    assert campaign.name in page
    assert "1 établissement" in page
    client.force_login(cast.sesan)
    assert "à valider" not in client.get(reverse("home")).content.decode().split("Ce qui vous attend")[-1]
