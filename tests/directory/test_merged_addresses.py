"""Old addresses of a merged record lead to the one that stays, to the end of the chain; pages of merges."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from collaborative.models import Dossier
from collaborative.services import open_dossier
from directory.duplicates.pairing import pair_of
from directory.duplicates.replaced import kept_of
from directory.enums import PublicationStatus
from directory.models import DuplicatePair, ErrorReport, GeographicEntity, Merge, OperationalUnit
from directory.scopes import scope_of
from directory.services import MergedRecord, update_block, update_record
from tests.directory.merges import NOW, merge, twin_of
from tests.factories.directory import (
    AttachmentFactory,
    GeographicEntityFactory,
    RorReferentFactory,
    UnitFactory,
    UnitTermFactory,
    keyed,
)
from tests.test_query_budgets import ENVELOPE

pytestmark = pytest.mark.django_db
BUDGET = 10


def page(name, **kwargs):
    return reverse(f"directory:{name}", kwargs=kwargs)


def merge_url(pair):
    return reverse("directory:duplicate_merge", args=[pair.pk])


def posted(pair, **more):
    """What the page sends for a pair whose first record stays, everything else as preset."""
    data = {"versions": f"{pair.first.version}-{pair.second.version}", "confirmed": "on", "addresses": "gardent"}
    return data | more


def fields_of(response):
    """Presets of the form of a page."""
    form = response.context["form"]
    return {name: field.initial for name, field in form.fields.items() if name.startswith("choix-")}


@pytest.fixture
def twin(world):
    return twin_of(world)


def test_every_page_of_a_merged_establishment_leads_to_the_same_page(client, cast, world, twin):
    file = AttachmentFactory(unit=None, geographic_entity=twin, added_by=cast.sesan)
    merge(world.eg, twin, cast.sesan)
    client.force_login(cast.sesan)
    for end in (
        *("", "?a=1", "photo/", "pieces-jointes/", f"pieces-jointes/{file.pk}/"),
        *("modifier/contact/", "signaler/?encadre=contact", "fermeture/"),
    ):
        answer = client.get(f"/repertoire/eg/{twin.pk}/{end}")
        assert (answer.status_code, answer.headers["Location"]) == (301, f"/repertoire/eg/{world.eg.pk}/{end}")
        assert answer.headers["Cache-Control"] == "no-store"
    answer = client.get(reverse("directory:merge_start") + f"?nature=eg&premier={twin.pk}")
    assert answer.headers["Location"] == page("geographic_entity_detail", entity_id=world.eg.pk)
    answer = client.get(page("tree_entity", entity_id=twin.pk))
    assert answer.headers["Location"] == page("tree_entity", entity_id=world.eg.pk)


def test_places_of_a_merged_unit_lead_to_the_other(client, cast, world):
    twin = UnitFactory(geographic_entity=world.eg, name="ACT Altair", act=True)
    merge(world.act, twin, cast.sesan)
    client.force_login(cast.consultation)
    for name in ("availability:history", "availability:call", "availability:map_spot", "directory:unit_territory"):
        answer = client.get(reverse(name, kwargs={"unit_id": twin.pk}))
        assert (answer.status_code, answer.headers["Location"]) == (
            301,
            reverse(name, kwargs={"unit_id": world.act.pk}),
        )
    own = client.get(reverse("availability:history", args=[twin.pk]) + "?fusion=non")
    assert own.status_code == 200


def test_the_record_that_stays_says_what_it_replaced(client, cast, world, twin):
    merge(world.eg, twin, cast.sesan)
    client.force_login(cast.consultation)
    text = client.get(page("geographic_entity_detail", entity_id=twin.pk), follow=True).content.decode()
    assert "Cette fiche a remplacé «\u00a0A.C.T. Altair Vesta\u00a0», fusionnée le 22/11/2026." in text.replace(
        "&nbsp;", "\u00a0"
    )
    assert "défaire la fusion" not in text
    client.force_login(cast.sesan)
    assert "défaire la fusion" in client.get(page("geographic_entity_detail", entity_id=world.eg.pk)).content.decode()


def test_support_reads_the_merged_record_and_its_history(client, cast, world, twin):
    merge(world.eg, twin, cast.sesan)
    client.force_login(cast.sesan)
    text = client.get(page("geographic_entity_detail", entity_id=twin.pk) + "?fusion=non").content.decode()
    assert "elle a été fusionnée dans" in text
    assert "Rouvrir" not in text
    assert client.get(page("record_history", kind="eg", record_id=twin.pk)).status_code == 200


def test_a_chain_is_followed_to_its_end_and_has_no_loop(client, cast, world, twin):
    merge(twin, world.eg, cast.sesan)
    merge(world.other_eg, twin, cast.sesan)
    client.force_login(cast.consultation)
    answer = client.get(page("geographic_entity_detail", entity_id=world.eg.pk))
    assert answer.headers["Location"] == page("geographic_entity_detail", entity_id=world.other_eg.pk)
    # A loop cannot be made (a merged record is closed); were there one, nobody would wait for ever.
    Merge.objects.create(merged_entity=world.other_eg, kept_entity=world.eg, at=NOW, by=cast.sesan)
    assert kept_of(scope_of(cast.consultation), GeographicEntity.objects.get(pk=world.eg.pk)) is not None


def test_nobody_is_led_to_a_record_that_he_may_not_see(client, cast, world, twin):
    merge(world.eg, twin, cast.sesan)
    kept = GeographicEntity.objects.get(pk=world.eg.pk)
    update_record(
        record=kept,
        changes={"status": PublicationStatus.HIDDEN},
        expected_version=kept.version,
        by=cast.sesan,
        scope=scope_of(cast.sesan),
    )
    client.force_login(cast.consultation)
    assert client.get(page("geographic_entity_detail", entity_id=twin.pk)).status_code == 200
    assert client.get(page("geographic_entity_detail", entity_id=kept.pk)).status_code == 404


def test_an_open_record_costs_nothing_more(client, cast, world):
    client.force_login(cast.consultation)
    address = page("unit_detail", unit_id=world.act.pk)
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    assert not [query for query in captured if query["sql"].startswith('SELECT "directory_merge"')]


def test_the_page_merges_what_it_shows(client, cast, world, twin):
    pair = pair_of(world.eg, twin, now=NOW)
    client.force_login(cast.sesan)
    shown = client.get(merge_url(pair) + "?garder=premier")
    assert shown.status_code == 200
    answer = client.post(merge_url(pair) + "?garder=premier", posted(pair, **fields_of(shown)))
    assert answer.headers["Location"] == page("geographic_entity_detail", entity_id=world.eg.pk)
    assert Merge.objects.get().merged == twin
    again = client.get(merge_url(pair))
    assert again.headers["Location"] == page("geographic_entity_detail", entity_id=world.eg.pk)


def test_a_stale_page_tells_both_versions_and_keeps_the_choices(client, cast, world, twin):
    pair = pair_of(world.eg, twin, now=NOW)
    client.force_login(cast.sesan)
    shown = client.get(merge_url(pair) + "?garder=premier")
    data = posted(pair, **{**fields_of(shown), "choix-name": "second"})
    update_record(
        record=twin,
        changes={"phone": "0147250001"},
        expected_version=1,
        by=cast.stranger,
        scope=scope_of(cast.sesan),
    )
    answer = client.post(merge_url(pair) + "?garder=premier", data)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Une fiche a été modifiée pendant que vous lisiez cette page" in text
    assert "Luc Ferrand" in text
    assert "01 47 25 00 01" in text.replace("\u00a0", " ")
    assert answer.context["form"]["choix-name"].value() == "second"
    assert not Merge.objects.exists()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({}, 409),
        ({"versions": "1-1"}, 422),
        ({"versions": "x", "confirmed": "on"}, 409),
        ({"versions": "1-1", "confirmed": "on", "choix-name": "autre"}, 422),
        ({"versions": "1-1", "confirmed": "on", "roles": "99999999999999999999"}, 422),
    ],
)
def test_what_cannot_be_read_is_said(client, cast, world, twin, data, status):
    pair = pair_of(world.eg, twin, now=NOW)
    client.force_login(cast.sesan)
    assert client.post(merge_url(pair), data).status_code == status
    assert not Merge.objects.exists()


def test_values_that_the_rules_refuse_are_said_at_their_choice(client, cast, world, twin):
    third = GeographicEntityFactory(legal_entity=world.ej)
    siret = keyed("8521234560001")
    GeographicEntity.objects.filter(pk=world.eg.pk).update(finess="", siret="", national_id="")
    GeographicEntity.objects.filter(pk=third.pk).update(finess="", siret=siret, national_id=f"3{siret}")
    GeographicEntity.objects.filter(pk=twin.pk).update(siret=siret)
    pair = pair_of(GeographicEntity.objects.get(pk=world.eg.pk), twin, now=NOW)
    client.force_login(cast.sesan)
    shown = client.get(merge_url(pair) + "?garder=premier")
    data = posted(pair, **{**fields_of(shown), "choix-finess": "premier", "choix-siret": "second"})
    answer = client.post(merge_url(pair) + "?garder=premier", data)
    assert answer.status_code == 422
    assert "SIRET" in answer.content.decode()
    assert not Merge.objects.exists()


def test_a_dossier_under_way_is_named(client, cast, world, twin):
    dossier = open_dossier(entity=twin, by=cast.sesan, scope=scope_of(cast.sesan), now=NOW)
    pair = pair_of(world.eg, twin, now=NOW)
    client.force_login(cast.sesan)
    shown = client.get(merge_url(pair))
    text = shown.content.decode().replace("&nbsp;", "\u00a0")
    assert f"fait partie du dossier n°\u00a0{dossier.pk}\u00a0: terminez-le d’abord." in text
    assert reverse("collaborative:dossier_detail", args=[dossier.pk]) in text
    assert "Fusionner les deux fiches</button>" not in text
    answer = client.post(merge_url(pair), posted(pair, **fields_of(shown)))
    assert answer.status_code == 409
    assert Dossier.objects.get().is_open


def test_a_merge_is_undone_from_its_page(client, cast, world, twin):
    done = merge(world.eg, twin, cast.sesan)
    client.force_login(cast.sesan)
    address = reverse("directory:merge_undo", args=[done.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {}).status_code == 422
    answer = client.post(address, {"confirmed": "on"})
    assert answer.headers["Location"] == page("geographic_entity_detail", entity_id=twin.pk)
    assert client.get(answer.headers["Location"]).status_code == 200
    again = client.get(address, follow=True)
    assert again.redirect_chain[0][0] == reverse("directory:duplicate_list")
    assert "déjà défaite" in again.content.decode()


def test_the_number_of_a_merged_establishment_finds_the_one_that_stays(client, cast, world, twin):
    number = twin.finess
    merge(world.eg, twin, cast.sesan)
    merge(world.other_eg, world.eg, cast.sesan)
    client.force_login(cast.consultation)
    text = client.get(reverse("directory:tree"), {"q": number}).content.decode().replace("&nbsp;", "\u00a0")
    assert page("geographic_entity_detail", entity_id=world.other_eg.pk) in text
    assert "fusionnée avec «\u00a0A.C.T. Altair Vesta\u00a0»" in text


def test_a_pair_that_is_gone_leads_back_to_the_list(client, cast, world, twin):
    pair = pair_of(world.eg, twin, now=NOW)
    data = posted(pair)
    DuplicatePair.objects.filter(pk=pair.pk).delete()
    client.force_login(cast.sesan)
    assert "n’est plus à traiter" in client.get(merge_url(pair), follow=True).content.decode()
    assert "vos choix ne sont pas gardés" in client.post(merge_url(pair), data, follow=True).content.decode()


@pytest.mark.parametrize(
    "typed", ["{finess}", " {spaced} ", "https://ror.exemple.fr/repertoire/eg/{pk}/", "{national}"]
)
def test_a_pair_is_made_by_hand(client, cast, world, twin, typed):
    client.force_login(cast.sesan)
    address = reverse("directory:merge_start") + f"?nature=eg&premier={world.eg.pk}"
    assert client.get(address).status_code == 200
    spaced = f"{twin.finess[:3]} {twin.finess[3:]}"
    second = typed.format(finess=twin.finess, spaced=spaced, pk=twin.pk, national=twin.national_id)
    answer = client.post(address, {"second": second})
    pair = DuplicatePair.objects.get()
    assert (pair.first, pair.second) == tuple(sorted((world.eg, twin), key=lambda record: record.pk))
    assert answer.headers["Location"] == merge_url(pair)


@pytest.mark.parametrize("typed", ["", "0", "n°", "https://ailleurs.fr/", "9" * 400, "{own}"])
def test_a_record_that_is_not_found_is_said(client, cast, world, typed):
    client.force_login(cast.sesan)
    address = reverse("directory:merge_start") + f"?nature=eg&premier={world.eg.pk}"
    answer = client.post(address, {"second": typed.format(own=world.eg.finess)})
    assert answer.status_code == 422
    assert not DuplicatePair.objects.exists()


@pytest.mark.parametrize("query", ["", "?nature=eg", "?nature=ej&premier=1", "?nature=eg&premier=" + "9" * 30])
def test_an_address_that_names_no_record(client, cast, query):
    client.force_login(cast.sesan)
    assert client.get(reverse("directory:merge_start") + query).status_code == 404


def queries_of(client, address):
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in captured if not ENVELOPE.match(query["sql"])]


def test_the_page_keeps_to_its_budget(client, cast, world, twin):
    other = UnitFactory(geographic_entity=world.eg, name="ACT Altair", act=True)
    pairs = [pair_of(world.eg, twin, now=NOW), pair_of(world.act, other, now=NOW)]
    client.force_login(cast.sesan)
    client.get(merge_url(pairs[0]))  # the first page of a session marks it as used
    few = [queries_of(client, merge_url(pair)) for pair in pairs]
    for _ in range(3):
        unit = UnitFactory(geographic_entity=twin, act=True)
        AttachmentFactory(unit=other, added_by=cast.sesan)
        UnitTermFactory(unit=other)
        assert OperationalUnit.objects.filter(pk=unit.pk).exists()
    RorReferentFactory(geographic_entity=twin)
    for pair, before in zip(pairs, few, strict=True):
        many = queries_of(client, merge_url(pair))
        assert len(many) == len(before), "\n".join(many)
        assert len(many) <= BUDGET, "\n".join(many)


@pytest.mark.parametrize("who", ["sesan", "directeur"])
def test_what_is_typed_in_a_record_merged_meanwhile_is_kept(client, cast, world, twin, who):
    unit = UnitFactory(geographic_entity=world.eg, name="ACT Altair", act=True)
    merge(world.act, unit, cast.sesan)
    client.force_login(getattr(cast, who))
    before = OperationalUnit.objects.get(pk=unit.pk)
    address = page("block_edit", kind="uo", record_id=unit.pk, block="identification")
    answer = client.post(address, {"version": before.version - 1, "name": "Nom tapé"})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Nom tapé" in text
    assert page("block_edit", kind="uo", record_id=world.act.pk, block="identification") in text
    assert OperationalUnit.objects.get(pk=unit.pk).version == before.version


def test_a_merged_record_takes_neither_a_save_nor_a_file_nor_a_report(client, cast, world, twin):
    merge(world.eg, twin, cast.sesan)
    gone = GeographicEntity.objects.get(pk=twin.pk)
    with pytest.raises(MergedRecord):
        update_block(
            record=gone, values={"phone": "0147250001"}, expected_version=1, by=cast.sesan, scope=scope_of(cast.sesan)
        )
    client.force_login(cast.sesan)
    answer = client.post(page("photo", kind="eg", record_id=twin.pk), {"supprimer": "1"}, follow=True)
    assert answer.redirect_chain[0][0] == page("photo", kind="eg", record_id=world.eg.pk)
    assert "recommencez ici" in answer.content.decode()
    client.post(page("report_error", kind="eg", record_id=twin.pk), {"block": "", "text": "Le numéro est faux."})
    assert ErrorReport.objects.get().geographic_entity == world.eg
    assert GeographicEntity.objects.get(pk=twin.pk).version == gone.version
