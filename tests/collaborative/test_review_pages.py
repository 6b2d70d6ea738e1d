"""Pages of the review: what they show, what each button does, what a page out of date keeps; their queries."""

import pytest
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from collaborative.fiches import services as fiche_services
from collaborative.models import Dossier, FieldReview, ReturnReason
from collaborative.review.reasons import REASONS, load_reasons
from collaborative.review.standing import standing_of
from collaborative.services import open_dossier
from directory.delegation.rights import give_role
from directory.models import OperationalUnit
from directory.scopes import scope_of
from directory.services import update_record
from tests.collaborative.publishing import (
    add_unit,
    change,
    coded,
    entity_values,
    finalise,
    hours,
    send_and_take,
    unit_values,
)
from tests.factories.accounts import UserFactory
from tests.factories.directory import GeographicEntityFactory, UnitFactory, commune
from tests.test_query_budgets import queries_of

pytestmark = pytest.mark.django_db


def page(name, *args):
    return reverse(f"collaborative:{name}", args=args)


@pytest.fixture
def reviewed(desk, world, cast, client):
    """``desk`` with a dossier taken by ``cast.sesan``, who is signed in: one unit changed, one removed."""
    change(desk, world.act, {"name": "ACT Vesta", "email": "act@vesta.example", "min_age_value": 18})
    fiche_services.remove_fiche(fiche=desk.fiche(world.lam), expected_version=1, **desk.who(None))
    send_and_take(desk)
    client.force_login(cast.sesan)
    desk.url = page("fiche_review", desk.dossier.pk, desk.fiche(world.act).pk)
    return desk


def send(client, desk, url=None, **fields):
    version = Dossier.objects.get(pk=desk.dossier.pk).version
    return client.post(url or desk.url, {"dossier_version": version, "record_version": 1, **fields})


def text(response):
    return response.content.decode().replace("\xa0", " ").replace("&nbsp;", " ").replace("\u202f", " ")


def test_the_queue_says_who_waits_and_why(reviewed, client, cast):
    shown = text(client.get(page("review_queue")))
    assert "Peuplement de ACT ALTAIR VESTA" in shown
    assert "Pris en charge par vous" in shown
    assert "1 suppression" in shown
    assert "Aucun dossier ne correspond" in text(client.get(page("review_queue") + "?prise=libres"))
    assert "1 dossier en validation" in text(
        client.get(page("review_queue") + "?prise=moi&texte=altaïr&departement=92")
    )
    odd = "?prise=x&risque=y&tri=z&departement=999&texte=" + "a" * 500 + "&page=99999999999999999999"
    assert client.get(page("review_queue") + odd).status_code == 200


def test_a_fiche_shows_both_values_and_its_buttons(reviewed, client):
    shown = text(client.get(reviewed.url))
    assert "<del>ACT ALTAIR VESTA</del>" in shown
    assert "<ins>ACT Vesta</ins>" in shown
    assert "Accepter toute la fiche" in shown
    assert "Valider" in shown


def test_accepting_goes_on_to_the_next_field(reviewed, client):
    answer = send(client, reviewed, acte="accepter", champ="name")
    assert answer["Location"].startswith(f"{reviewed.url}#champ-")
    assert FieldReview.objects.get().decision == "accept"
    send(client, reviewed, acte="annuler", champ="name")
    assert not FieldReview.objects.exists()


def test_accepting_all_goes_on_to_the_next_fiche(reviewed, client, world):
    answer = send(client, reviewed, acte="tout")
    following = page("fiche_review", reviewed.dossier.pk, reviewed.fiche(world.lam).pk)
    assert answer["Location"] == following
    shown = text(client.get(following))
    assert "Suppression de la fiche" in shown
    assert "points acceptés" in shown


def test_a_return_joins_the_ready_made_reason_and_the_remark(reviewed, client):
    ready = ReturnReason.objects.create(label="Boîte", text="Cette boîte ne répond pas.")
    send(client, reviewed, acte="renvoyer", champ="email", motif=ready.pk, remarque="Donnez celle du secrétariat.")
    kept = FieldReview.objects.get(field="email")
    assert kept.reason == "Cette boîte ne répond pas. Donnez celle du secrétariat."
    shown = text(client.get(page("dossier_validate", reviewed.dossier.pk)))
    assert "Publier le reste et renvoyer" in shown


def test_a_conflict_in_what_goes_back_bars_nothing(reviewed, client, world, cast):
    update_record(
        record=OperationalUnit.objects.get(pk=world.act.pk),
        changes={"name": "ACT Orion"},
        expected_version=1,
        by=cast.sesan,
        scope=scope_of(cast.sesan),
    )
    validation = page("dossier_validate", reviewed.dossier.pk)
    assert "conflits sont à trancher" in text(client.get(validation))
    send(client, reviewed, acte="renvoyer", champ="email", remarque="Boîte fermée.")
    told = text(client.get(reviewed.url))
    assert "Publier le reste et renvoyer" in told
    assert "conflit à trancher" not in told
    shown, dossier = client.get(validation), Dossier.objects.get(pk=reviewed.dossier.pk)
    assert "conflits sont à trancher" not in text(shown)
    asked = {"dossier_version": shown.context["form"]["dossier_version"].value(), "sceau": standing_of(dossier).seal}
    answer = client.post(validation, {**asked, "acte": "partie", "remarque": "Voyez la boîte."})
    assert answer.status_code == 302
    world.act.refresh_from_db()
    world.lam.refresh_from_db()
    assert (world.act.name, world.lam.status) == ("ACT Orion", "closed")


def test_a_return_without_a_reason_is_shown_again(reviewed, client):
    answer = send(client, reviewed, acte="renvoyer", champ="email")
    assert answer.status_code == 422
    assert "l’auteur doit savoir quoi corriger" in text(answer)


def test_a_field_is_corrected_in_its_own_form(reviewed, client):
    form = client.get(reviewed.url + "?corriger=email")
    assert "Enregistrer la correction" in text(form)
    assert 'name="secretary_phone"' not in text(form)
    wrong = send(client, reviewed, acte="corriger", champ="email", version=1, email="rien")
    assert wrong.status_code == 422
    right = {"email": "bureau@vesta.example", "motif": "Vérifiée au téléphone."}
    assert send(client, reviewed, acte="corriger", champ="email", version=1, **right).status_code == 302
    kept = FieldReview.objects.get()
    assert (kept.field, kept.decision, kept.value, kept.reason) == (
        *("email", "amend", "bureau@vesta.example", "Vérifiée au téléphone."),
    )
    assert "bureau@vesta.example" in text(client.get(reviewed.url))


def test_a_correction_sent_without_its_field_empties_nothing(reviewed, client):
    cut = send(client, reviewed, acte="corriger", champ="email", version=1, motif="Vérifiée.")
    assert cut.status_code == 422
    assert "Donnez-la ci-dessous" in text(cut)
    assert 'value="Vérifiée."' in text(cut)
    assert not FieldReview.objects.exists()
    assert send(client, reviewed, acte="corriger", champ="email", version=1, email="").status_code == 302
    assert FieldReview.objects.get().value in ("", None)


def test_a_block_is_corrected_whole_and_a_step_saves_nothing(reviewed, client):
    ages = {"min_age_value": "16", "min_age_unit": "y", "max_age_value": "60", "max_age_unit": "y", "sex": ""}
    send(client, reviewed, acte="corriger", champ="ages", version=1, **ages)
    kept = dict(FieldReview.objects.values_list("field", "value"))
    assert kept == {"min_age_value": 16, "max_age_value": 60}
    send(client, reviewed, acte="accepter", champ="ages")
    assert list(FieldReview.objects.values_list("field", "decision")) == [("min_age_value", "accept")]


@pytest.mark.parametrize("key", ["acte", "phone", "x" * 200])
def test_what_has_no_form_is_not_found(reviewed, client, key):
    assert client.get(reviewed.url + f"?corriger={key}").status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"acte": "accepter", "champ": "name", "dossier_version": "x"},
        {"acte": "accepter", "champ": "name", "record_version": 10**30},
        {"acte": "accepter", "champ": "rien"},
        {"acte": "renvoyer", "champ": "name", "motif": "10000000000000000000000", "remarque": "a"},
        {"acte": "garder", "champ": "acte"},
    ],
)
def test_bad_input_is_said_and_nothing_is_kept(reviewed, client, fields):
    assert send(client, reviewed, **fields).status_code in {409, 422}
    assert not FieldReview.objects.exists()


def test_an_old_page_keeps_what_was_typed(reviewed, client, cast):
    other = UserFactory(username="autre-sesan", roles=["support"], first_name="Ada", last_name="Lune")
    reviewed.apply("take_over", by=other)
    answer = send(client, reviewed, acte="renvoyer", champ="email", remarque="Boîte fermée.")
    assert answer.status_code == 409
    assert "A. Lune a pris ce dossier en charge" in text(answer)
    assert "readonly>Boîte fermée.</textarea>" in text(answer)
    form = client.get(reviewed.url)
    assert "Reprendre ce dossier" in text(form)
    reviewed.apply("take_over", by=cast.sesan)
    reviewed.apply("withdraw")
    gone = send(client, reviewed, acte="renvoyer", champ="email", remarque="Boîte fermée.")
    assert gone.status_code == 409
    assert "retiré" in text(gone)
    assert client.get(reviewed.url)["Location"] == page("dossier_detail", reviewed.dossier.pk)


def test_taking_over_asks_first(reviewed, client):
    other = UserFactory(username="autre-sesan", roles=["support"])
    client.force_login(other)
    take = page("dossier_take", reviewed.dossier.pk)
    assert "en sera prévenu" in text(client.get(take))
    assert send(client, reviewed, take, acte="prendre")["Location"] == take
    assert send(client, reviewed, take, acte="reprendre").status_code == 302
    assert Dossier.objects.get(pk=reviewed.dossier.pk).taken_by == other


def test_a_conflict_stands_against_validating_until_it_is_settled(reviewed, client, world, cast):
    world.act.refresh_from_db()
    scope = scope_of(cast.sesan)
    update_record(
        record=world.act, changes={"email": "neuf@vesta.example"}, expected_version=1, by=cast.sesan, scope=scope
    )
    shown = text(client.get(reviewed.url))
    assert "Garder le répertoire" in shown
    assert "neuf@vesta.example" in shown
    validate = page("dossier_validate", reviewed.dossier.pk)
    refused = send(client, reviewed, validate, acte="tout")
    assert refused.status_code == 409
    assert "Rien n’est publié" in text(refused)
    send(client, reviewed, acte="garder", champ="email", record_version=2)
    assert send(client, reviewed, validate, acte="tout").status_code == 302
    world.act.refresh_from_db()
    assert (world.act.name, world.act.email) == ("ACT Vesta", "neuf@vesta.example")


def test_returning_from_the_page(reviewed, client):
    url = page("dossier_return", reviewed.dossier.pk)
    assert send(client, reviewed, url, remarque="  ").status_code == 422
    assert send(client, reviewed, url, remarque="Le nom manque.").status_code == 302
    assert Dossier.objects.get(pk=reviewed.dossier.pk).state == "returned"
    assert send(client, reviewed, url, remarque="Le nom manque.").status_code == 409


def test_who_sent_it_only_reads(desk, world, cast, client):
    fiche_services.remove_fiche(fiche=desk.fiche(world.lam), expected_version=1, **desk.who(None))
    desk.apply("send", by=cast.sesan)
    client.force_login(cast.sesan)
    shown = text(client.get(page("dossier_review", desk.dossier.pk)))
    assert "Vous avez envoyé ce dossier" in shown
    assert "Prendre en charge</button>" not in shown


def test_the_reasons_are_made_once():
    assert len(REASONS) >= 12
    [loaded] = load_reasons()
    assert loaded.created == len(REASONS)
    ReturnReason.objects.exclude(pk=ReturnReason.objects.first().pk).delete()
    assert next(iter(load_reasons())).created == 0


def fill(desk, world, numbers):
    """Finalised changes: a new unit and a changed one for each number."""
    for number in numbers:
        add_unit(desk, unit_values(f"ACT {number}"))
        unit = UnitFactory(geographic_entity=world.eg, act=True)
        fiche_services_join(desk, unit)
        values = {
            "name": f"Unité {number}",
            "weekly_hours": [hours(1)],
            "intervention_communes": [coded(commune("92050"))],
        }
        change(desk, unit, values)


def fiche_services_join(desk, unit):
    """The standard fiche of a unit that was added to the EG after the opening."""
    now = desk.tick()
    desk.dossier.fiches.create(
        kind="uo",
        unit=unit,
        parent=desk.fiche(desk.world.eg),
        name=unit.name,
        base_version=unit.version,
        created_at=now,
        updated_at=now,
        updated_by=desk.cast.directeur,
    )


@pytest.mark.parametrize(
    ("name", "budget"), [("review_queue", 10), ("dossier_review", 15), ("fiche_review", 15), ("dossier_validate", 10)]
)
def test_a_page_keeps_to_its_budget_with_three_times_the_fiches(desk, world, cast, client, name, budget):
    client.force_login(cast.sesan)
    counts = []
    for numbers in (range(2), range(2, 6)):
        fill(desk, world, numbers)
        desk.apply("send")
        desk.apply("take", by=cast.sesan)
        args = [] if name == "review_queue" else [desk.dossier.pk]
        args += [desk.dossier.fiches.filter(name="ACT 1").get().pk] if name == "fiche_review" else []
        url = page(name, *args)
        client.get(url)
        counts.append(queries_of(client, url))
        desk.apply("withdraw")
    assert len(counts[0]) == len(counts[1]), "\n".join(counts[1])
    assert len(counts[1]) <= budget, "\n".join(counts[1])


def test_an_address_is_shown_with_its_commune_when_only_the_street_changes(desk, world, cast, client):
    world.act.commune, world.act.postal_code, world.act.street_name = commune("92050"), "92000", "rue Vesta"
    world.act.save()
    change(desk, world.act, {"street_number": "12"})
    send_and_take(desk)
    client.force_login(cast.sesan)
    shown = text(client.get(page("fiche_review", desk.dossier.pk, desk.fiche(world.act).pk)))
    assert "<del>rue Vesta, 92000 Nanterre" in shown
    assert "<ins>12 rue Vesta, 92000 Nanterre" in shown


def test_a_number_that_another_dossier_proposes_is_said(desk, world, cast, client):
    number = {"finess": "920000015"}
    change(desk, world.eg, number)
    send_and_take(desk)
    first, mine = desk.dossier, desk.fiche(world.eg)
    client.force_login(cast.sesan)
    assert "un autre dossier le propose" not in text(client.get(page("fiche_review", first.pk, mine.pk)))
    other = GeographicEntityFactory(legal_entity=world.ej, name="Maison Vénus")
    give_role(user=cast.directeur, role=Role.DIRECTOR, record=other, by=cast.sesan)
    desk.dossier = open_dossier(entity=other, **desk.who(User.objects.get(pk=cast.directeur.pk)))
    finalise(desk, desk.fiche(other), {**entity_values(), **number})
    desk.apply("send", by=User.objects.get(pk=cast.directeur.pk))
    shown = text(client.get(page("fiche_review", first.pk, mine.pk)))
    assert "un autre dossier le propose" in shown
    assert f'href="{page("dossier_review", desk.dossier.pk)}"' in shown
