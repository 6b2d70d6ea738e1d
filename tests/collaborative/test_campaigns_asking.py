"""What campaigns ask of a director: the home card, the page it leads to and the campaign count the same EGs."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from collaborative.campaigns import services, tasks
from collaborative.campaigns.asking import asked_of, asking_campaigns
from collaborative.campaigns.progress import Progress, lines_of
from collaborative.enums import DossierState
from collaborative.fiches import services as fiche_services
from collaborative.models import CampaignTarget, Dossier, HeldEntity
from collaborative.services import apply, open_dossier, propose_entity
from directory.models import GeographicEntity
from directory.scopes import scope_of
from directory.services import update_record
from tests.factories.accounts import UserFactory
from tests.factories.directory import AssignmentFactory, GeographicEntityFactory
from tests.test_query_budgets import queries_of

from .publishing import change, send_and_take, validate

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
NOW = timezone.now()
TODAY = timezone.localdate(NOW)
DAYS = (TODAY - DAY, TODAY + 30 * DAY)


def who(user, now=NOW):
    return {"by": user, "scope": scope_of(user), "now": now}


def ask(cast, *entities, name="Camp A", days=DAYS):
    return services.create_campaign(
        name=name,
        message="",
        starts_on=days[0],
        ends_on=days[1],
        entity_ids=[entity.pk for entity in entities],
        **who(cast.sesan),
    )


def close(entity, cast):
    record = GeographicEntity.objects.get(pk=entity.pk)
    changes = {"status": "closed", "closure_kind": "PRO", "closed_on": TODAY}
    update_record(
        record=record,
        changes=changes,
        expected_version=record.version,
        by=cast.sesan,
        scope=scope_of(cast.sesan),
        reason="x",
    )


def words(response):
    return response.content.decode().replace("\xa0", " ").replace("&nbsp;", " ").replace("\u202f", " ")


def mine(campaign):
    return reverse("collaborative:campaign_mine", args=[campaign.pk])


def line_of(campaign, entity, now=NOW):
    return next(line for line in lines_of(campaign, now) if line.entity == entity)


@pytest.fixture
def houses(world, cast):
    """Three EGs of ``cast.directeur``."""
    made = [GeographicEntityFactory(legal_entity=world.other_ej, name=f"Maison {rank}") for rank in range(3)]
    for entity in made:
        AssignmentFactory(user=cast.directeur, role="director", geographic_entity=entity)
    return made


def dossier_on(entity):
    return HeldEntity.objects.get(geographic_entity=entity).dossier


def test_the_card_and_its_page_count_the_same_in_two_campaigns(houses, cast, client):
    first, second = ask(cast, *houses, name="Camp A"), ask(cast, *houses, name="Camp B")
    sent, left, kept = (dossier_on(entity) for entity in houses)
    Dossier.objects.filter(pk=sent.pk).update(state="sent", sent_at=NOW, sent_by=cast.directeur)
    apply(dossier=left, act="abandon", remark="", **who(cast.directeur))
    client.force_login(cast.directeur)
    home = words(client.get(reverse("home")))
    for campaign in (first, second):
        assert mine(campaign) in home
        page = words(client.get(mine(campaign)))
        assert "3 établissements, dont 2 à décrire" in page
        assert page.count("Ouvrir un dossier<") == 1
        assert f"{reverse('collaborative:dossier_open')}?eg={houses[1].pk}" in page
        assert reverse("collaborative:dossier_detail", args=[kept.pk]) in page
        listed = words(client.get(reverse("collaborative:dossiers") + f"?campagne={campaign.pk}"))
        assert "2 dossiers" in listed
    assert home.count("Campagne : 2 établissements à décrire") == 2
    services.close_campaign(campaign=first, **who(cast.sesan))
    home = words(client.get(reverse("home")))
    assert mine(first) not in home
    assert "Campagne : 2 établissements à décrire" in home
    assert "close" in words(client.get(mine(first)))
    assert "dont 2 à décrire" in words(client.get(mine(second)))


def test_the_page_is_of_who_heads_an_entity_of_it(houses, cast, client, world):
    campaign = ask(cast, houses[0], world.other_eg)
    client.force_login(cast.sesan)
    assert client.get(mine(campaign)).status_code == 404
    client.force_login(cast.directeur)
    page = words(client.get(mine(campaign)))
    assert "1 établissement, dont 1 à décrire" in page
    assert world.other_eg.name not in page
    assert client.get(reverse("collaborative:campaign_mine", args=[2**70])).status_code == 404
    assert len(queries_of(client, mine(campaign))) <= 8


def test_a_director_is_offered_the_campaigns_that_ask_him(houses, cast, client, world):
    ask(cast, houses[0], name="Pour Maison")
    ask(cast, world.other_eg, name="Pour un autre")
    for user, told in ((cast.directeur, {"Pour Maison"}), (cast.sesan, {"Pour Maison", "Pour un autre"})):
        client.force_login(user)
        offered = {campaign.name for campaign in client.get(reverse("collaborative:dossiers")).context["campaigns"]}
        assert offered == told


def test_a_director_reads_on_his_home_page_how_many_wait_for_him(houses, cast, client):
    client.force_login(cast.directeur)
    for house in houses:
        open_dossier(entity=house, **who(cast.directeur))
    sent = {"started_at": NOW, "sent_at": NOW, "sent_by": cast.directeur}
    back = {"decided_at": NOW, "decided_by": cast.sesan}
    Dossier.objects.filter(geographic_entity=houses[0]).update(state="returned", **sent, **back)
    Dossier.objects.filter(geographic_entity=houses[1]).update(state="sent", **sent)
    home = words(client.get(reverse("home")))
    assert f"<strong>1 à corriger</strong>, {len(houses) - 2} à terminer ou à envoyer, 1 en validation" in home
    assert houses[2].name in home, "opened a minute ago, nothing typed yet"


def test_who_is_support_and_director_sees_both_works(houses, cast, client):
    campaign = ask(cast, *houses)
    both = UserFactory(username="deux", roles=["support"])
    AssignmentFactory(user=both, role="director", geographic_entity=houses[0])
    elsewhere = dossier_on(houses[1])
    Dossier.objects.filter(pk=elsewhere.pk).update(
        state="sent", started_at=NOW, sent_at=NOW - DAY, sent_by=cast.directeur
    )
    Dossier.objects.filter(pk=dossier_on(houses[2]).pk).update(started_at=NOW)
    client.force_login(both)
    home = words(client.get(reverse("home")))
    assert "1 dossier à valider" in home
    assert "Campagne : 1 établissement à décrire" in home
    assert houses[2].name not in home, "what others begin is not his"
    assert "1 établissement, dont 1 à décrire" in words(client.get(mine(campaign)))
    client.force_login(cast.sesan)
    assert "Dossiers collaboratifs</h3>" not in words(client.get(reverse("home")))


STATES = {
    **dict.fromkeys(("draft", "finalised", "returned"), True),
    **dict.fromkeys(("sent", "validated"), False),
    "abandoned": True,
}


@pytest.mark.parametrize("state", DossierState.values)
@pytest.mark.parametrize("later", [None, "draft", "sent"])
def test_the_query_and_the_lines_say_the_same(houses, cast, state, later):
    campaign = ask(cast, *houses[:2])
    own = CampaignTarget.objects.get(geographic_entity=houses[0]).dossier
    done = {"decided_by": cast.sesan, "decided_at": NOW, "sent_by": cast.directeur, "sent_at": NOW}
    Dossier.objects.filter(pk=own.pk).update(state=state, **done)
    if later and state == "abandoned":
        HeldEntity.objects.filter(dossier=own).delete()
        made = open_dossier(entity=houses[0], **who(cast.directeur))
        Dossier.objects.filter(pk=made.pk).update(state=later, sent_by=cast.directeur, sent_at=NOW)
        CampaignTarget.objects.filter(geographic_entity=houses[0]).update(dossier=own)
    wanted = STATES[state] and not (state == "abandoned" and later == "sent")
    assert line_of(campaign, houses[0]).is_left is wanted
    lines = lines_of(campaign, NOW, asked_of(scope_of(cast.directeur)))
    [asking] = asking_campaigns(scope_of(cast.directeur), TODAY)
    assert asking.left == sum(line.is_left for line in lines) == 1 + wanted
    close(houses[0], cast)
    [asking] = asking_campaigns(scope_of(cast.directeur), TODAY)
    assert asking.left == sum(line.is_left for line in lines_of(campaign, NOW)) == 1


def test_a_part_published_whose_rest_is_abandoned_is_validated(desk, world, cast, client):
    campaign = ask(cast, world.eg)
    change(desk, world.act, {"email": "neuf@example.org"})
    change(desk, world.lam, {"email": "lam@example.org"})
    send_and_take(desk)
    done = validate(desk, fiche_ids={desk.fiche(world.act).pk}, remark="Le LAM plus tard.")
    desk.apply("abandon", dossier=done.remainder)
    line = line_of(campaign, world.eg, NOW + 60 * DAY)
    assert (line.progress, line.is_silent) == (Progress.VALIDATED, False)
    assert line.note == "en partie, le reste est abandonné"
    assert asking_campaigns(scope_of(cast.directeur), TODAY) == []
    later = open_dossier(entity=world.eg, **who(cast.directeur))
    assert line_of(campaign, world.eg).progress == Progress.VALIDATED
    apply(dossier=later, act="abandon", remark="", **who(cast.directeur))
    assert line_of(campaign, world.eg).progress == Progress.VALIDATED


def occupy(desk, world, cast):
    """Move a unit of the desk's EG to ``world.other_eg``, which its dossier then occupies."""
    AssignmentFactory(user=cast.directeur, role="director", geographic_entity=world.other_eg)
    change(desk, world.lam, {"email": "lam@example.org"})
    fiche = desk.fiche(world.lam)
    fiche_services.move_to_entity(
        fiche=fiche, entity=world.other_eg, expected_version=fiche.version, **desk.who(cast.directeur)
    )


@pytest.mark.parametrize("asked", ["before", "after"])
def test_a_dossier_that_moves_a_unit_in_describes_nothing(desk, world, cast, client, asked):
    if asked == "before":
        campaign = ask(cast, world.other_eg)
        apply(dossier=dossier_on(world.other_eg), act="abandon", remark="", **who(cast.sesan))
    occupy(desk, world, cast)
    if asked == "after":
        campaign = ask(cast, world.other_eg)
    client.force_login(cast.directeur)

    def check():
        line = line_of(campaign, world.other_eg, NOW + 20 * DAY)
        assert (line.progress, line.is_silent) == (Progress.NOT_OPENED, False)
        assert line.note == f"occupé par le dossier «\u00a0{desk.dossier.name}\u00a0»"
        [asking] = asking_campaigns(scope_of(cast.directeur), TODAY)
        assert asking.left == 1
        assert "Voir le dossier qui l’occupe" in words(client.get(mine(campaign)))

    check()
    fiche = desk.fiche(world.lam)
    fiche_services.save_fiche(
        fiche=fiche,
        values=fiche.values,
        record_version=fiche.record.version,
        finalise=True,
        expected_version=fiche.version,
        **desk.who(cast.directeur),
    )
    send_and_take(desk)
    check()
    validate(desk)
    line = line_of(campaign, world.other_eg)
    assert (line.progress, line.occupied_by) == (Progress.NOT_OPENED, None)


def test_a_closed_entity_is_asked_nothing_more(desk, world, cast, client):
    campaign = ask(cast, world.eg, world.other_eg)
    AssignmentFactory(user=cast.directeur, role="director", geographic_entity=world.other_eg)
    client.force_login(cast.directeur)
    assert "Campagne : 2 établissements à décrire" in words(client.get(reverse("home")))
    close(world.eg, cast)
    assert "Campagne : 1 établissement à décrire" in words(client.get(reverse("home")))
    line = line_of(campaign, world.eg)
    assert (line.progress.label, line.is_silent, line.is_left) == ("Établissement fermé", False, False)
    client.force_login(cast.sesan)
    page = words(client.get(reverse("collaborative:campaign_detail", args=[campaign.pk])))
    assert "Relancer les silencieux (1)" in page
    assert "1 non commencé, 1 fermé" in page
    assert services.remind_silent(campaign=campaign, scope=scope_of(cast.sesan), now=NOW) == 1
    close(world.other_eg, cast)
    assert "Relancer" not in words(client.get(reverse("collaborative:campaign_detail", args=[campaign.pk])))
    client.force_login(cast.directeur)
    assert "Rien ne vous est plus demandé" in words(client.get(mine(campaign)))


def test_the_pages_of_a_dossier_say_that_its_entity_closed(desk, world, cast, client):
    change(desk, world.act, {"email": "neuf@example.org"})
    client.force_login(cast.directeur)
    fiche = reverse("collaborative:dossier_detail", args=[desk.dossier.pk]) + f"fiches/{desk.fiche(world.act).pk}/"
    pages = [reverse(f"collaborative:dossier_{name}", args=[desk.dossier.pk]) for name in ("detail", "send")]
    told = f"« {world.eg} » est fermé dans le répertoire depuis le {TODAY:%d/%m/%Y}"
    assert all(told not in words(client.get(page)) for page in (*pages, fiche))
    before = [len(queries_of(client, page)) for page in (*pages, fiche)]
    close(world.eg, cast)
    assert all(told in words(client.get(page)) for page in (*pages, fiche))
    assert [len(queries_of(client, page)) for page in (*pages, fiche)] == before
    desk.apply("abandon")
    assert told not in words(client.get(pages[0]))


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((TODAY - 9 * DAY, TODAY - DAY), f"est terminée depuis le {TODAY - DAY:%d/%m/%Y}"),
        ((TODAY + DAY, TODAY + 9 * DAY), f"commence le {TODAY + DAY:%d/%m/%Y}"),
    ],
)
def test_nobody_is_reminded_outside_the_dates(world, cast, client, mailoutbox, days, said):
    campaign = ask(cast, world.eg, days=days)
    client.force_login(cast.sesan)
    page = words(client.get(reverse("collaborative:campaign_detail", args=[campaign.pk])))
    assert "Relancer les silencieux" not in page
    assert said in page
    answer = client.post(reverse("collaborative:campaign_remind", args=[campaign.pk]), follow=True)
    assert said in words(answer).split('class="page-head"')[0]
    assert mailoutbox == []


def test_a_new_entity_says_that_its_ej_closed(world, cast, client):
    made = propose_entity(legal_entity=world.ej, entity_name="Neuve", **who(cast.sesan))
    page = reverse("collaborative:dossier_detail", args=[made.pk])
    client.force_login(cast.sesan)
    assert "Entité juridique fermée" not in words(client.get(page))
    type(world.ej).objects.filter(pk=world.ej.pk).update(status="closed", closure_kind="DEF", closed_on=TODAY)
    assert f"« {world.ej} » est fermée dans le répertoire depuis le {TODAY:%d/%m/%Y}" in words(client.get(page))


def test_a_long_reminder_leads_to_the_page_of_the_campaign(houses, cast, mailoutbox, monkeypatch):
    monkeypatch.setattr(tasks, "LINES_SHOWN", 1)
    campaign = ask(cast, *houses)
    assert services.remind_silent(campaign=campaign, scope=scope_of(cast.sesan), now=NOW) == 3
    [message] = mailoutbox
    assert "et 2 autres" in message.body
    assert mine(campaign) in message.body
