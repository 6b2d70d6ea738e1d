"""A decision on fields that make sense together only holds as long as the whole that was in sight does."""

import importlib
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse

from collaborative.enums import FieldDecision
from collaborative.models import Comment, Dossier, FieldReview
from collaborative.review import services
from collaborative.review.standing import standing_of
from collaborative.review.validation import validate_dossier
from directory.models import OperationalUnit
from tests.collaborative.publishing import change, send_and_take
from tests.collaborative.test_corrections import edit
from tests.collaborative.test_publication_told import publishing, read

pytestmark = pytest.mark.django_db

ROY = {"manager_last_name": "Roy", "manager_first_name": "Alice", "manager_phone": "0140000001"}
MARTIN = {"manager_last_name": "Martin"}


@pytest.fixture
def managed(desk, world):
    """The dossier of a unit that has a manager."""
    edit(desk, world.act, **ROY)
    return desk


def decide(desk, part, decision, **more):
    fiche = desk.fiche(desk.world.act)
    services.decide_field(
        fiche=fiche,
        part=part,
        decision=decision,
        record_version=fiche.record.version,
        **desk.who(desk.cast.sesan),
        **more,
    )


def give_back(desk):
    """Return the dossier for its mail."""
    decide(desk, "email", FieldDecision.RETURN, reason="Boîte fermée.")
    services.return_dossier(dossier=Dossier.objects.get(pk=desk.dossier.pk), remark="", **desk.who(desk.cast.sesan))
    desk.dossier.refresh_from_db()


def come_again(desk, **proposed):
    """The director saves the fiche with another mail and these values, and sends the dossier."""
    values = desk.fiche(desk.world.act).values
    change(desk, desk.world.act, values | {"email": "autre@example.org"} | proposed)
    send_and_take(desk)


def waiting(desk):
    standing = standing_of(Dossier.objects.get(pk=desk.dossier.pk))
    return [part.key for one in standing.fiches for part in one.undecided]


@pytest.mark.parametrize(
    ("decision", "values"), [(FieldDecision.ACCEPT, None), (FieldDecision.AMEND, {"manager_last_name": "Marthin"})]
)
def test_a_person_of_whom_the_rest_changed_is_looked_at_again(managed, decision, values):
    change(managed, managed.world.act, MARTIN | {"email": "une@example.org"})
    send_and_take(managed)
    decide(managed, "responsable", decision, values=values)
    give_back(managed)
    edit(managed, managed.world.act, manager_first_name="Bob")
    come_again(managed, manager_first_name="Bob", manager_phone="0140000001")
    assert "responsable" in waiting(managed)


@pytest.mark.parametrize(
    ("decision", "values"),
    [(FieldDecision.ACCEPT, None), (FieldDecision.AMEND, MARTIN | {"manager_phone": "0140000003"})],
)
def test_what_is_no_more_proposed_takes_the_decision_with_it(managed, client, decision, values):
    proposed = MARTIN | {"manager_phone": "0140000002", "email": "une@example.org"}
    change(managed, managed.world.act, proposed)
    send_and_take(managed)
    decide(managed, "responsable", decision, values=values)
    give_back(managed)
    come_again(managed, manager_phone="0140000001")
    assert "responsable" in waiting(managed)
    validate_dossier(**publishing(managed))
    unit = OperationalUnit.objects.get(pk=managed.world.act.pk)
    assert (unit.manager_last_name, str(unit.manager_phone)) == ("Martin", "0140000001")


@pytest.mark.parametrize("decision", [FieldDecision.ACCEPT, FieldDecision.KEEP])
def test_a_decision_on_the_whole_holds_when_nothing_of_it_changed(managed, decision):
    change(managed, managed.world.act, MARTIN | {"manager_first_name": "Zoé", "email": "une@example.org"})
    send_and_take(managed)
    decide(managed, "responsable", decision)
    give_back(managed)
    edit(managed, managed.world.act, phone="0140000099")
    come_again(managed)
    assert "email" in waiting(managed)
    assert "responsable" not in waiting(managed)


def test_a_return_that_nobody_was_told_of_holds_after_a_withdrawal(managed):
    change(managed, managed.world.act, MARTIN | {"manager_first_name": "Zoé"})
    send_and_take(managed)
    decide(managed, "responsable", FieldDecision.RETURN, reason="À revoir.")
    managed.apply("withdraw")
    managed.apply("send")
    assert {review.reason for review in FieldReview.objects.filter(decision=FieldDecision.RETURN)} == {"À revoir."}


def test_the_remark_is_about_the_whole_and_leads_to_its_first_field(managed, client, cast, mailoutbox):
    proposed = MARTIN | {"manager_first_name": "Zoé", "installed_places": 40, "capacity_kind": "bed"}
    change(managed, managed.world.act, proposed | {"min_age_value": 20, "min_age_unit": "m", "email": "a@example.org"})
    send_and_take(managed)
    for part in ("responsable", "installed_places", "ages"):
        decide(managed, part, FieldDecision.RETURN, reason=f"Non {part}.")
    mailoutbox.clear()
    give_back(managed)
    asked = {comment.text: comment.field for comment in Comment.objects.filter(is_return=True)}
    fields = ("manager_last_name", "installed_places", "min_age_value")
    assert [asked[f"Non {part}."] for part in ("responsable", "installed_places", "ages")] == list(fields)
    said = mailoutbox[0].body
    client.force_login(cast.directeur)
    fiche = managed.fiche(managed.world.act)
    pages = [
        read(client.get(reverse(f"collaborative:{name}", args=args)).content.decode())
        for name, args in (("dossier_detail", [fiche.dossier_id]), ("fiche_detail", [fiche.dossier_id, fiche.pk]))
    ]
    for shown in (said, *pages):
        assert [one for one in ("Responsable", "Places installées", "Âge") if one not in shown] == []
        assert "Unité de l’âge" not in shown.partition("Non ages.")[0][-200:]


def test_decisions_on_a_half_from_before_are_taken_back(managed):
    change(managed, managed.world.act, MARTIN | {"manager_first_name": "Zoé", "fax": "0140000007"})
    send_and_take(managed)
    fiche = managed.fiche(managed.world.act)
    decided = {"manager_last_name": "keep", "fax": "accept"}
    for field, decision in decided.items():
        FieldReview.objects.create(
            fiche=fiche,
            field=field,
            decision=decision,
            proposed=fiche.values[field],
            at=managed.tick(),
            by=managed.cast.sesan,
        )
    migration = importlib.import_module("collaborative.migrations.0007_decided_as_one")
    migration.drop_halves(apps, SimpleNamespace(connection=connection))
    assert set(FieldReview.objects.values_list("field", "decision")) == {("fax", "accept")}


@pytest.mark.parametrize("first", [FieldDecision.ACCEPT, FieldDecision.KEEP])
def test_of_two_decisions_the_one_that_returns_is_shown(managed, first):
    change(managed, managed.world.act, MARTIN | {"manager_first_name": "Zoé"})
    send_and_take(managed)
    decide(managed, "responsable", first)
    FieldReview.objects.filter(field="manager_first_name").update(decision="return", reason="Ce n’est pas elle.")
    standing = standing_of(Dossier.objects.get(pk=managed.dossier.pk))
    assert [part.key for _, part in standing.returned] == ["responsable"]


PHONE, OTHER = "0140000001", "0140000009"


@pytest.fixture
def corrected(desk, world):
    """An extension is proposed, the directory changes its phone meanwhile, the support says the new phone with it."""
    edit(desk, world.act, medical_phone=PHONE, medical_extension="12")
    change(desk, world.act, {"medical_extension": "13"})
    send_and_take(desk)
    edit(desk, world.act, medical_phone=OTHER)
    decide(desk, "medical_phone", FieldDecision.AMEND, values={"medical_phone": OTHER, "medical_extension": "13"})
    return desk


def conflicts(desk):
    standing = standing_of(Dossier.objects.get(pk=desk.dossier.pk))
    return [part.key for _, part in standing.open_conflicts]


def review_page(desk, client):
    client.force_login(desk.cast.sesan)
    args = [desk.dossier.pk, desk.fiche(desk.world.act).pk]
    return read(client.get(reverse("collaborative:fiche_review", args=args)).content.decode())


def test_a_correction_of_the_whole_is_shown_over_what_each_had_in_sight(corrected, client):
    shown = review_page(corrected, client)
    told = (
        "Publié 01 40 00 00 09 poste 12",
        "Proposé 01 40 00 00 01 poste 13",
        "Publié à la validation 01 40 00 00 09 poste 13",
    )
    assert [words for words in told if words not in shown] == []


def test_what_the_directory_says_again_after_the_correction_is_a_conflict(corrected):
    assert conflicts(corrected) == []
    edit(corrected, corrected.world.act, medical_phone=PHONE)
    assert conflicts(corrected) == ["medical_phone"]
    decide(corrected, "medical_phone", FieldDecision.ACCEPT)
    assert conflicts(corrected) == []
    validate_dossier(**publishing(corrected))
    unit = OperationalUnit.objects.get(pk=corrected.world.act.pk)
    assert (str(unit.medical_phone), unit.medical_extension) == (OTHER, "13")


def test_a_part_corrected_beside_then_torn_tells_what_the_directory_changed(managed, client):
    change(managed, managed.world.act, MARTIN)
    send_and_take(managed)
    decide(managed, "responsable", FieldDecision.AMEND, values=MARTIN | {"manager_phone": "0140000003"})
    edit(managed, managed.world.act, manager_first_name="Bob")
    assert conflicts(managed) == ["responsable"]
    shown = review_page(managed, client)
    told = ("Alice Roy, 01 40 00 00 01", "Bob Roy, 01 40 00 00 01", "Alice Martin, 01 40 00 00 01")
    assert [words for words in told if words not in shown] == []
    assert "Correction Alice Martin, 01 40 00 00 03" in shown
    assert "Bob Martin" not in shown


def test_an_address_given_up_by_the_support_is_that_of_the_establishment(desk, world, client):
    there = {"street_number": "4", "street_name": "rue des Lilas", "postal_code": "92000", "commune": world.nanterre}
    edit(desk, world.act, **there)
    change(desk, world.act, {"street_number": "5"})
    send_and_take(desk)
    decide(desk, "adresse", FieldDecision.AMEND, values=dict.fromkeys(there))
    assert "Publié à la validation Celle de l’établissement" in review_page(desk, client)


@pytest.mark.parametrize(
    ("meanwhile", "told"),
    [({"min_age_value": 40}, "40 ans – 60 ans"), ({"max_age_unit": "m"}, "3 ans – 60 mois")],
)
def test_a_range_that_the_support_alone_corrects_is_torn_too(desk, world, client, meanwhile, told):
    edit(desk, world.act, min_age_value=3, min_age_unit="y", max_age_value=60, max_age_unit="y")
    change(desk, world.act, {"email": "neuf@example.org"})
    send_and_take(desk)
    decide(desk, "email", FieldDecision.AMEND, values={"email": "autre@example.org", "max_age_value": 65})
    edit(desk, world.act, phone="0140000055")
    assert conflicts(desk) == []
    edit(desk, world.act, **meanwhile)
    assert conflicts(desk) == ["ages"]
    shown = review_page(desk, client)
    assert [words for words in ("3 ans – 60 ans", told, "3 ans – 65 ans") if words not in shown] == []
    with pytest.raises(ValidationError):
        decide(desk, "ages", FieldDecision.ACCEPT)
    unit = OperationalUnit.objects.get(pk=world.act.pk)
    whole = {
        f"{end}_age_{what}": getattr(unit, f"{end}_age_{what}") for end in ("min", "max") for what in ("value", "unit")
    }
    decide(desk, "ages", FieldDecision.AMEND, values=whole | {"max_age_value": 50, "max_age_unit": "y"})
    assert conflicts(desk) == []
    validate_dossier(**publishing(desk))
    unit.refresh_from_db()
    assert (unit.min_age_value, unit.max_age_value, unit.max_age_unit) == (whole["min_age_value"], 50, "y")


def test_a_point_that_the_directory_moved_is_said(desk, world, client):
    change(desk, world.eg, {"address_complement": "Bâtiment C"})
    send_and_take(desk)
    edit(desk, world.eg, by=desk.cast.sesan, lat=48.9, lon=2.21)
    client.force_login(desk.cast.sesan)
    url = reverse("collaborative:fiche_review", args=[desk.dossier.pk, desk.fiche(world.eg).pk])
    assert "(point déplacé sur la carte)" in read(client.get(url).content.decode())
