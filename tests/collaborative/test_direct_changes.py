"""Later updates: a sensitive field goes through a dossier, the rest is published at once and read by support."""

import datetime

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from collaborative import services
from collaborative.direct.changes import to_read
from collaborative.direct.services import ask_author
from collaborative.fiches import services as fiche_services
from collaborative.models import DirectChangeReview, Dossier
from directory.delegation.rights import give_role
from directory.models import OperationalUnit, RecordChange
from directory.scopes import scope_of
from directory.services import update_block, update_record
from tests.factories.accounts import UserFactory
from tests.factories.directory import GeographicEntityFactory, StructureFactory, UnitFactory
from tests.test_query_budgets import queries_of

from .publishing import change, coded, send_and_take, validate

pytestmark = pytest.mark.django_db
MOST_QUERIES = 10
LIST = reverse("collaborative:direct_changes")


@pytest.fixture
def edited(world, cast):
    """The line of a change that ``directeur`` made of the mail of ``world.act``."""
    return edit(world.act, {"email": "neuf@example.org"}, cast.directeur)


def edit(record, values, by):
    record.refresh_from_db()
    return update_block(record=record, values=values, expected_version=record.version, by=by, scope=scope_of(by))


def block_page(record, block, kind):
    return reverse("directory:block_edit", args=[kind, record.pk, block])


def propose(record, block, kind):
    return reverse("collaborative:sensitive_propose", args=[kind, record.pk, block])


def shown(client, address, **data):
    return client.get(address, data).content.decode()


def test_what_a_director_publishes_waits_for_support_and_nothing_else(desk, world, cast, edited):
    edit(world.lam, {"email": "support@example.org"}, cast.sesan)
    assert list(to_read()) == [edited]
    change(desk, world.lam, {"email": "dossier@example.org"})
    send_and_take(desk)
    validate(desk)
    assert list(to_read()) == [edited]


def close(record, by, reason):
    closing = {"status": "closed", "closure_kind": "DEF", "closed_on": timezone.localdate()}
    update_record(
        record=record, changes=closing, expected_version=record.version, by=by, scope=scope_of(by), reason=reason
    )
    return RecordChange.objects.get(record_id=record.pk, action="closed")


@pytest.mark.parametrize("reason", ["Dossier n°\u00a012 «\u00a0Peuplement\u00a0»", "Suit « l’avis de l’ARS »"])
def test_a_typed_reason_hides_nothing_from_support(world, cast, reason):
    line = close(world.act, cast.directeur, reason)
    assert list(to_read()) == [line]


def test_a_closure_is_read_once_with_what_it_closed_below(world, cast):
    structure = StructureFactory(geographic_entity=world.eg)
    UnitFactory(geographic_entity=world.eg, structure=structure, act=True)
    line = close(structure, cast.directeur, "Fin de bail")
    assert RecordChange.objects.filter(action="closed").count() == 2
    assert list(to_read()) == [line]


def test_what_a_dossier_closes_below_waits_for_nobody(desk, world):
    structure = StructureFactory(geographic_entity=world.eg)
    UnitFactory(geographic_entity=world.eg, structure=structure, act=True)
    desk.apply("abandon")
    desk.dossier = services.open_dossier(entity=world.eg, **desk.who(None))
    fiche_services.remove_fiche(fiche=desk.fiche(structure), expected_version=1, **desk.who(None))
    send_and_take(desk)
    validate(desk)
    assert RecordChange.objects.filter(action="closed").count() == 2
    assert not to_read().exists()


def test_support_reads_filters_and_marks(client, world, cast, edited):
    client.force_login(cast.sesan)
    page = shown(client, LIST)
    assert "neuf@example.org" in page
    assert cast.directeur.last_name in page
    assert "Aucune modification ne correspond" in shown(client, LIST, nature="eg")
    assert "neuf@example.org" in shown(client, LIST, encadre=edited.block, departement=world.eg.commune.department_id)
    assert "Aucune modification ne correspond" in shown(client, LIST, departement="9")
    answer = client.post(
        reverse("collaborative:changes_read"), {"modification": [edited.pk, "x", "9" * 30]}, follow=True
    )
    assert "1 modification relue" in answer.content.decode()
    assert "Rien à relire" in shown(client, LIST)
    assert "neuf@example.org" in shown(client, LIST, suite="relues")
    client.post(reverse("collaborative:changes_read"), {"modification": edited.pk})
    assert DirectChangeReview.objects.count() == 1


def test_the_value_before_is_put_back_and_the_line_is_read(client, world, cast, edited):
    client.force_login(cast.sesan)
    address = reverse("collaborative:change_restore", args=[edited.pk])
    assert "neuf@example.org" in shown(client, address)
    stale = client.post(address, {"version": "1"})
    assert stale.status_code == 409
    world.act.refresh_from_db()
    client.post(address, {"version": world.act.version})
    assert OperationalUnit.objects.get(pk=world.act.pk).email == edited.changes["email"][0]
    assert edited.direct_review.verdict == "reverted"
    assert not to_read().exists()


def test_what_changed_the_same_field_since_is_said_before_it_is_undone(desk, client, world, cast):
    line = edit(world.act, {"email": "neuf@example.org"}, cast.directeur)
    client.force_login(cast.sesan)
    address = reverse("collaborative:change_restore", args=[line.pk])
    assert "Modifié depuis" not in shown(client, address)
    change(desk, world.act, {"phone": "0147250001"})
    send_and_take(desk)
    validate(desk)
    assert "Modifié depuis" not in shown(client, address), "another field"
    edit(world.act, {"email": "autre@example.org"}, cast.sesan)
    page = shown(client, address)
    assert "Modifié depuis" in page
    assert f"{cast.sesan} a changé ce que vous rétablissez" in page


def test_only_the_fields_of_the_line_are_put_back(desk, client, world, cast):
    """A dossier validated since wrote the territory, in the same block: it stays."""
    line = edit(world.act, {"intervention_details": "Sur rendez-vous"}, cast.directeur)
    change(desk, world.act, {"intervention_communes": [coded(world.nanterre)]})
    send_and_take(desk)
    validate(desk)
    client.force_login(cast.sesan)
    address = reverse("collaborative:change_restore", args=[line.pk])
    page = shown(client, address)
    assert "Sur rendez-vous" in page
    assert "Nanterre" not in page.partition("Ce qui changera")[2].partition("<form")[0]
    world.act.refresh_from_db()
    client.post(address, {"version": world.act.version})
    world.act.refresh_from_db()
    assert world.act.intervention_details == ""
    assert [one.insee for one in world.act.intervention_communes.all()] == ["92050"]


def test_a_question_is_mailed_to_the_author_once_written(client, cast, edited):
    client.force_login(cast.sesan)
    address = reverse("collaborative:change_ask", args=[edited.pk])
    assert client.post(address, {"text": " "}).status_code == 422
    for _ in range(2):  # a double click
        client.post(address, {"text": "Est-ce la bonne adresse ?"})
    [message] = mail.outbox
    assert message.to == [cast.directeur.email]
    assert "Est-ce la bonne adresse" in message.body
    assert message.reply_to
    assert "Précision demandée" in shown(client, LIST, suite="precision")
    assert not to_read().exists()


def test_a_question_asked_anew_is_mailed_again(cast, edited):
    by, now = cast.sesan, timezone.now()
    for text, minutes in (("Est-ce sûr ?", 0), ("Et le fax ?", 0), ("Et le fax ?", 2)):
        at = now + datetime.timedelta(minutes=minutes)
        ask_author(change=edited, text=text, by=by, scope=scope_of(by), now=at)
    assert len(mail.outbox) == 3


def test_lines_of_support_are_not_to_be_acted_upon(client, world, cast):
    line = edit(world.lam, {"email": "support@example.org"}, cast.sesan)
    client.force_login(cast.sesan)
    for name in ("change_restore", "change_ask"):
        assert client.get(reverse(f"collaborative:{name}", args=[line.pk])).status_code == 404
    assert client.get(reverse("collaborative:change_ask", args=[2**70])).status_code == 404


def test_the_list_is_bounded(client, world, cast, edited):
    for rank in range(20):
        edit(world.act, {"email": f"n{rank}@example.org"}, cast.directeur)
        edit(world.eg, {"email": f"n{rank}@example.org"}, cast.directeur)
    client.force_login(cast.sesan)
    client.get(LIST)
    assert len(queries_of(client, LIST)) <= MOST_QUERIES


def test_a_director_sees_the_rule_and_proposes_a_sensitive_field(client, world, cast):
    client.force_login(cast.directeur)
    page = shown(client, block_page(world.eg, "identification", "eg"))
    assert "publié aussitôt" in page
    assert propose(world.eg, "identification", "eg") in page
    assert 'name="champ" value="siret"' in page
    help_of = {
        field.name: field.help_text for field in client.get(block_page(world.eg, "contact", "eg")).context["form"]
    }
    assert all(text.endswith("Publié aussitôt.") for name, text in help_of.items() if name != "version")
    answer = client.post(propose(world.eg, "identification", "eg"), {"champ": "siret"})
    dossier = Dossier.objects.get()
    fiche = dossier.fiches.get(geographic_entity=world.eg)
    assert answer.url == f"/dossiers/{dossier.pk}/fiches/{fiche.pk}/#id_identification-siret"
    assert dossier.name == f"Modification de {world.eg.name}"
    client.post(propose(world.act, "identification", "uo"), {"champ": "unit_type"})
    assert Dossier.objects.count() == 1


def test_support_changes_sensitive_fields_itself(client, world, cast):
    client.force_login(cast.sesan)
    page = shown(client, block_page(world.eg, "identification", "eg"))
    assert "publié aussitôt" not in page
    assert "Proposer un changement" not in page


def test_what_never_changes_once_published_is_not_proposed(client, world, cast):
    client.force_login(cast.directeur)
    page = shown(client, block_page(world.act, "identification", "uo"))
    assert 'name="champ" value="unit_type"' in page
    assert 'name="champ" value="discipline"' not in page


def test_a_unit_added_since_the_dossier_was_opened_gets_its_fiche(client, desk, world, cast):
    desk.dossier.fiches.filter(unit=world.act).delete()
    client.force_login(cast.directeur)
    client.post(propose(world.act, "identification", "uo"), {"champ": "unit_type"})
    assert desk.dossier.fiches.filter(unit=world.act).exists()


def test_a_dossier_en_validation_refuses_with_a_link(client, desk, world, cast):
    change(desk, world.act, {"email": "neuf@example.org"})
    desk.apply("send")
    client.force_login(cast.directeur)
    page = client.post(propose(world.eg, "identification", "eg"), {"champ": "siret"}, follow=True).content.decode()
    assert "en validation chez SESAN" in page
    assert f'href="/dossiers/{desk.dossier.pk}/"' in page


def test_bad_addresses_and_strangers_are_refused(client, world, cast):
    client.force_login(cast.directeur)
    for address in (propose(world.eg, "rien", "eg"), propose(world.eg, "identification", "ej")):
        assert client.post(address).status_code == 404
    assert client.get(propose(world.eg, "identification", "eg")).status_code == 302
    client.force_login(cast.stranger)
    assert client.post(propose(world.eg, "identification", "eg"), {"champ": "siret"}).status_code == 403


def test_what_is_closed_meanwhile_opens_no_dossier(client, world, cast):
    closing = {"status": "closed", "closure_kind": "DEF", "closed_on": datetime.date(2026, 11, 1)}
    update_record(
        record=world.act, changes=closing, expected_version=world.act.version, by=cast.sesan, scope=scope_of(cast.sesan)
    )
    client.force_login(cast.directeur)
    answer = client.post(propose(world.act, "identification", "uo"), {"champ": "unit_type"}, follow=True)
    assert answer.status_code == 200
    assert "maintenant fermée dans le répertoire" in answer.text
    assert "rétablissez-la" not in answer.text
    assert not Dossier.objects.exists()


def test_a_co_director_who_may_not_write_the_dossier_is_told_why(client, desk, world, cast):
    elsewhere = GeographicEntityFactory(legal_entity=world.ej, name="Maison Vénus")
    give_role(user=cast.directeur, role=Role.DIRECTOR, record=elsewhere, by=cast.sesan)
    second = UserFactory()
    give_role(user=second, role=Role.DIRECTOR, record=world.eg, by=cast.sesan)
    fiche = desk.fiche(world.lam)
    fiche_services.move_to_entity(
        entity=elsewhere,
        fiche=fiche,
        expected_version=fiche.version,
        **desk.who(User.objects.get(pk=cast.directeur.pk)),
    )
    client.force_login(second)
    answer = client.post(propose(world.act, "identification", "uo"), {"champ": "unit_type"}, follow=True)
    assert answer.redirect_chain == [(block_page(world.act, "identification", "uo"), 302)]
    assert "Maison Vénus" in answer.text
    assert "finalisez la fiche" not in answer.text
