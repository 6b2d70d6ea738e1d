"""Pages of the suite of a call: the form, its errors, where one comes back to; the record page."""

import datetime
import uuid

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from availability.models import CallOutcome, CurrentFigure, UnitClosure
from tests.test_query_budgets import queries_of

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)


def address(unit):
    return reverse("availability:call", args=[unit.pk])


def sent(outcome="full", **values):
    return {"outcome": outcome, "version": 1, "request_id": uuid.uuid4(), **values}


@pytest.fixture
def reader(client, cast):
    client.force_login(cast.consultation)
    return client


def test_one_click_keeps_the_outcome_and_comes_back(reader, world):
    answer = reader.post(address(world.act), sent(retour="/recherche/?quoi=ACT"), follow=True)
    assert answer.redirect_chain == [("/recherche/?quoi=ACT", 302)]
    assert "ACT ALTAIR VESTA\u00a0: «\u00a0Plus de place\u00a0» est noté, merci." in answer.content.decode()
    assert "marqué contesté jusqu’à sa prochaine confirmation" in answer.content.decode()
    assert CurrentFigure.objects.get(pk=world.act.pk).contested_at is not None


@pytest.mark.parametrize("shared", [False, True])
def test_beds_are_called_beds_wherever_the_figure_is_told(
    client, cast, world, shared, django_capture_on_commit_callbacks
):
    units = type(world.act).objects.filter(pk__in=[world.act.pk, world.lam.pk])
    units.update(capacity_kind="bed")
    if shared:
        client.force_login(cast.sesan)
        asked = {"name": "Lits partagés", "units": [world.act.pk, world.lam.pk], "installed_places": "20", "figure": 7}
        client.post(f"/disponibilites/mutualisation/etablissement/{world.eg.pk}/", asked)
        units.update(capacity_kind="place")  # the pool's word holds
        assert "<b>7 lits</b>" in client.get("/disponibilites/mutualisation/").text
    client.force_login(cast.responsable)
    history = client.get(reverse("availability:history", args=[world.act.pk]) + "?periode=tout").text
    assert "Historique des lits" in history
    assert '<span class="meta">lits</span>' in history
    assert "Un lit de plus" in client.get(reverse("availability:entry")).text
    client.force_login(cast.consultation)
    assert "Commentaire sur les lits" in client.get(address(world.act)).text
    behind = client.get("/disponibilites/consultation/sante-precarite/92/?places=on").text
    assert "lits comptés" in behind
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address(world.act), sent())
    [message] = mail.outbox
    assert "plus de lit, alors que le ROR affiche" in message.body
    assert " lits." in message.body


@pytest.mark.parametrize("back", ["", "https://ailleurs.test/", "//ailleurs.test/", "javascript:alert(1)", "recherche"])
def test_one_never_leaves_the_site(reader, world, back):
    answer = reader.post(address(world.act), sent("admitted", retour=back))
    assert answer.url == f"/repertoire/uo/{world.act.pk}/"


def test_the_page_shows_the_figure_and_says_that_nothing_is_asked_of_the_person(reader, world):
    page = reader.get(address(world.act), {"retour": "/recherche/"}).content.decode()
    assert "Aucune donnée sur la personne orientée" in page
    assert 'name="version" value="1"' in page
    assert 'name="retour" value="/recherche/"' in page
    for label in ("Admis", "Plus de place", "Refus", "Pas de réponse"):
        assert f"{label}</button>" in page


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"outcome": "peut-être"}, "Choisissez ce qui vous a été répondu."),
        ({"outcome": ""}, "Choisissez ce qui vous a été répondu."),
        ({"reason": "Patient trop lourd"}, "Choisissez un motif de la liste."),
        ({"comment": "x" * 301}, "300\u00a0caractères au plus, 301 écrits."),
    ],
)
def test_what_was_typed_is_kept_with_its_error(reader, world, values, words):
    answer = reader.post(address(world.act), sent(**{"comment": "Rappeler lundi", **values}))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert values.get("comment", "Rappeler lundi") in answer.content.decode()
    assert not CallOutcome.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        {"version": "beaucoup"},
        {"version": "-1"},
        {"version": "9" * 30},
        {"version": ""},
        {"request_id": "1"},
        {"request_id": ""},
    ],
)
def test_a_form_that_nobody_typed_is_refused(reader, world, values):
    assert reader.post(address(world.act), sent(**values)).status_code == 400
    assert not CallOutcome.objects.exists()


def test_a_version_never_shown_shows_the_figure_again(reader, world):
    answer = reader.post(address(world.act), sent(version=7, comment="Rappeler"))
    assert answer.status_code == 409
    assert "Le chiffre a changé depuis que vous l’avez lu" in answer.content.decode()
    assert "Rappeler</textarea>" in answer.content.decode()


def test_a_figure_confirmed_since_is_said_and_may_be_contested_knowingly(reader, world):
    now = timezone.now()
    CurrentFigure.objects.filter(pk=world.act.pk).update(version=2, confirmed_at=now)
    answer = reader.post(address(world.act), sent(comment="Rappeler", retour="/recherche/"))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert f"Le chiffre a été confirmé depuis, à {timezone.localtime(now):%H:%M}\u00a0: 8 places." in page
    assert 'name="version" value="2"' in page
    assert "Rappeler</textarea>" in page
    assert not CallOutcome.objects.exists()
    reader.post(address(world.act), sent(version=2))
    assert CurrentFigure.objects.get(pk=world.act.pk).contested_at is not None
    CurrentFigure.objects.filter(pk=world.act.pk).update(figure=5, version=3, confirmed_at=now - 48 * HOUR)
    page = reader.post(address(world.act), sent(version=1)).content.decode()
    assert f"mis à jour depuis, le {timezone.localtime(now - 48 * HOUR):%d/%m/%Y à %H:%M}\u00a0: 5 places." in page


def test_the_way_back_is_kept_by_the_address_after_an_error(reader, world):
    answer = reader.post(address(world.act), sent("refused", retour="/recherche/?quoi=ACT"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'action="{address(world.act)}?retour=/recherche/%3Fquoi%3DACT"' in page
    answer = reader.post(address(world.act) + "?retour=/recherche/%3Fquoi%3DACT", sent("refused"))
    assert 'href="/recherche/?quoi=ACT">Revenir sans rien noter' in answer.content.decode()


def test_a_unit_closed_to_entry_has_nothing_to_note(reader, world):
    assert "Aucun chiffre n’est affiché pour cette unité" in reader.get(address(world.act_mobile)).content.decode()
    assert reader.post(address(world.act_mobile), sent(version=0)).status_code == 409


@pytest.mark.parametrize("unit_id", ["999999999", "9" * 19, "9" * 40])
def test_an_unknown_unit(reader, unit_id):
    assert reader.get(f"/disponibilites/unites/{unit_id}/appel/").status_code == 404


def test_the_record_page_has_the_form_the_mark_and_the_history(reader, world):
    record = reverse("directory:unit_detail", args=[world.act.pk])
    page = reader.get(record).content.decode()
    assert f'action="{address(world.act)}?retour={record}"' in page
    assert f'name="retour" value="{record}"' in page
    assert reverse("availability:history", args=[world.act.pk]) in page
    assert "Contesté le" not in page
    reader.post(address(world.act), sent())
    page = reader.get(record).content.decode()
    assert "Contesté le" in page
    assert "sur 30\u202f; 0 appel sur 1 concordant." in page
    entity = reader.get(reverse("directory:geographic_entity_detail", args=[world.eg.pk])).content.decode()
    assert "Contesté le" in entity
    assert "0 appel sur 1 concordant" in entity


def test_the_record_pages_say_a_closure_with_its_reason(reader, world):
    now = timezone.now()
    UnitClosure.objects.create(
        unit=world.act, starts_at=now - HOUR, ends_at=now + HOUR, reason="works", comment="Toiture", recorded_at=now
    )
    page = reader.get(reverse("directory:unit_detail", args=[world.act.pk])).content.decode()
    assert "Indisponibilité totale</b>&nbsp;: travaux" in page
    assert "(Toiture)" in page
    UnitClosure.objects.update(ends_at=now - HOUR / 2)
    CurrentFigure.objects.filter(pk=world.act.pk).update(confirmed_at=now - 2 * HOUR)
    entity = reader.get(reverse("directory:geographic_entity_detail", args=[world.eg.pk])).content.decode()
    assert "À confirmer" in entity


def test_a_unit_closed_to_entry_has_no_form(reader, world):
    page = reader.get(reverse("directory:unit_detail", args=[world.act_mobile.pk])).content.decode()
    assert address(world.act_mobile) not in page


def test_the_page_keeps_to_its_budget(reader, world):
    reader.get("/recherche/")
    assert len(queries_of(reader, address(world.act))) <= 8


def test_a_refusal_says_why(reader, world):
    answer = reader.post(address(world.act), sent("refused", comment="Rappeler lundi"))
    assert answer.status_code == 422
    assert "Choisissez le motif du refus" in answer.content.decode()
    assert "Rappeler lundi" in answer.content.decode()
    assert not CallOutcome.objects.exists()
    assert reader.post(address(world.act), sent("refused", reason="Autre motif")).status_code == 302
