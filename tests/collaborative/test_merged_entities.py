"""Two EGs become one: their campaign dossiers that nobody began are left, and the campaign opens another."""

import datetime

import pytest
from django.urls import reverse

from collaborative.campaigns import services
from collaborative.enums import DossierAct
from collaborative.models import CampaignTarget, Dossier, HeldEntity
from collaborative.services import apply
from directory.duplicates.merging import MergeRefused
from directory.duplicates.pairing import pair_of
from directory.scopes import scope_of
from tests.directory.merges import NOW, merge, twin_of, undo

from .publishing import change

pytestmark = pytest.mark.django_db


def ask(cast, *entities, name="ACT 2026"):
    """A campaign on EGs, its dossiers opened."""
    day = NOW.date()
    return services.create_campaign(
        name=name,
        message="",
        starts_on=day,
        ends_on=day,
        entity_ids=[entity.pk for entity in entities],
        by=cast.sesan,
        scope=scope_of(cast.sesan),
        now=NOW,
    )


def targets():
    return {
        (target.campaign.name, target.geographic_entity_id): target.dossier
        for target in CampaignTarget.objects.select_related("campaign", "dossier")
    }


def test_the_campaign_opens_another_dossier_on_the_record_that_stays(world, cast):
    twin = twin_of(world)
    ask(cast, twin)
    [first] = targets().values()
    done = merge(world.eg, twin, cast.sesan)
    first.refresh_from_db()
    assert first.state == "abandoned"
    opened = targets()["ACT 2026", world.eg.pk]
    assert (len(targets()), opened.state, opened.geographic_entity) == (1, "draft", world.eg)
    assert set(opened.fiches.exclude(unit=None).values_list("unit", flat=True)) >= {unit.pk for unit in twin.own}
    undo(done, cast.sesan)
    opened.refresh_from_db()
    assert opened.state == "abandoned"
    assert set(targets()) == {("ACT 2026", twin.pk)}
    assert not HeldEntity.objects.filter(geographic_entity=world.eg).exists()


def test_an_abandoned_dossier_follows_too_and_each_campaign_asks_once(world, cast):
    twin = twin_of(world)
    ask(cast, twin)
    ask(cast, twin, world.eg, name="LAM 2026")
    left = targets()["ACT 2026", twin.pk]
    who = {"by": cast.sesan, "scope": scope_of(cast.sesan), "now": NOW}
    apply(dossier=left, act=DossierAct.ABANDON, **who)
    done = merge(world.eg, twin, cast.sesan)
    assert set(targets()) == {("ACT 2026", world.eg.pk), ("LAM 2026", world.eg.pk)}
    assert {dossier.state for dossier in targets().values()} == {"draft"}
    undo(done, cast.sesan)
    assert set(targets()) == {("ACT 2026", twin.pk), ("LAM 2026", twin.pk), ("LAM 2026", world.eg.pk)}


def test_a_dossier_that_somebody_began_or_wrote_in_forbids_it(desk, world, cast):
    twin = twin_of(world)
    ask(cast, world.eg)
    change(desk, world.act, {"email": "act@altair.example"})
    with pytest.raises(MergeRefused, match="fait partie du dossier"):
        merge(world.eg, twin, cast.sesan)
    assert Dossier.objects.get(pk=desk.dossier.pk).is_open


def test_a_dossier_of_no_campaign_forbids_it(desk, world, cast):
    with pytest.raises(MergeRefused, match="fait partie du dossier"):
        merge(world.eg, twin_of(world), cast.sesan)


def test_the_page_says_what_becomes_of_the_dossier(client, world, cast):
    twin = twin_of(world)
    ask(cast, twin)
    pair = pair_of(world.eg, twin, now=NOW)
    client.force_login(cast.sesan)
    page = client.get(reverse("directory:duplicate_merge", args=[pair.pk])).text
    assert "que personne n’a commencé, est abandonné" in page
    assert "terminez-le d’abord" not in page


def test_the_dossiers_of_a_merged_record_are_known_to_who_heads_the_one_that_stays(client, world, cast):
    twin = twin_of(world)
    ask(cast, twin)
    [left] = targets().values()
    page, opening = reverse("collaborative:dossier_detail", args=[left.pk]), reverse("collaborative:dossier_open")
    client.force_login(cast.directeur)
    assert client.get(page).status_code == 404
    third = twin_of(world)
    merge(third, twin, cast.sesan)
    done = merge(world.eg, third, cast.sesan, now=NOW + datetime.timedelta(minutes=1))
    assert client.get(page).status_code == 200
    client.force_login(cast.stranger)
    assert client.get(page).status_code == 404
    client.force_login(cast.directeur)
    undo(done, cast.sesan)
    assert client.get(page).status_code == 404
    assert client.get(opening, {"eg": twin.pk}).status_code == 403


def test_the_dossier_that_was_left_leads_to_the_one_that_the_campaign_opened(client, world, cast):
    twin = twin_of(world)
    ask(cast, twin)
    [left] = targets().values()
    merge(world.eg, twin, cast.sesan)
    opened = targets()["ACT 2026", world.eg.pk]
    client.force_login(cast.directeur)
    page = client.get(reverse("collaborative:dossier_detail", args=[left.pk])).text
    assert f'<a href="{reverse("collaborative:dossier_detail", args=[opened.pk])}">{opened.name}' in page
    apply(dossier=opened, act=DossierAct.ABANDON, by=cast.sesan, scope=scope_of(cast.sesan), now=NOW)
    page = client.get(reverse("collaborative:dossier_detail", args=[left.pk])).text
    assert "Un autre dossier est ouvert" not in page


def test_a_link_to_open_a_dossier_on_a_merged_record_opens_that_of_the_one_that_stays(client, world, cast):
    twin = twin_of(world)
    merge(world.eg, twin, cast.sesan)
    client.force_login(cast.directeur)
    page = client.get(reverse("collaborative:dossier_open"), {"eg": twin.pk}).text
    assert f"a été fusionné dans «\xa0{world.eg.name}" in page.replace("&nbsp;", "\xa0")
    assert f"Peuplement de {world.eg.name}" in page
    answer = client.post(reverse("collaborative:dossier_open"), {"eg": twin.pk, "name": "Le nôtre"})
    opened = Dossier.objects.get(name="Le nôtre")
    assert (answer.status_code, opened.geographic_entity) == (302, world.eg)
