"""Decisions of a validator on the fields of a dossier: who, when, what they keep, and what returning does."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from collaborative import services
from collaborative.fiches import services as fiche_services
from collaborative.models import Comment, Dossier, FieldReview, Step
from collaborative.review import services as review
from collaborative.review.standing import standing_of
from collaborative.review.validation import publish_part, validate_dossier, whole_remark
from directory.scopes import scope_of
from directory.services import update_record
from tests.factories.accounts import UserFactory
from tests.factories.directory import TermFactory, UnitTermFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(cast):
    return UserFactory(username="autre-sesan", roles=["support"], last_name="Autre")


@pytest.fixture
def sent(desk, world, cast):
    """``desk`` with a dossier en validation, taken by ``cast.sesan``: a unit changed in three ways, one removed."""
    for nomenclature, code in (("operational_activity", "T1"), ("audience", "T2")):
        UnitTermFactory(unit=world.act, term=TermFactory(nomenclature=nomenclature, code=code))
    ages = {"min_age_value": 18, "max_age_value": 60}
    desk.save(desk.fiche(world.act), {"name": "ACT Vesta", "email": "act@vesta.example", **ages}, finalise=True)
    fiche_services.remove_fiche(fiche=desk.fiche(world.lam), expected_version=1, **desk.who(None))
    desk.apply("send")
    desk.apply("take", by=cast.sesan)
    desk.decide = lambda part, decision, by=cast.sesan, record=None, **more: review.decide_field(
        fiche=desk.fiche(record or world.act), part=part, decision=decision, **desk.who(by), **more
    )
    return desk


def decisions(desk, record):
    rows = FieldReview.objects.filter(fiche=desk.fiche(record)).order_by("field")
    return {row.field: row.decision for row in rows}


def standing(desk):
    return standing_of(Dossier.objects.get(pk=desk.dossier.pk))


def test_what_is_to_be_decided(sent, world):
    found = standing(sent)
    assert [[part.key for part in one.parts] for one in found.fiches] == [["name", "ages", "email"], ["acte"]]
    assert (found.total, found.undecided_count, found.may_validate) == (4, 4, True)


def test_a_decision_is_kept_on_each_field_of_a_part_and_taken_back(sent, world, cast):
    sent.decide("ages", "accept")
    assert decisions(sent, world.act) == {"max_age_value": "accept", "min_age_value": "accept"}
    sent.decide("name", "amend", values={"name": "ACT Altaïr"}, reason="Nom d’usage")
    kept = FieldReview.objects.get(field="name")
    assert (kept.value, kept.proposed, kept.reason, kept.by) == ("ACT Altaïr", "ACT Vesta", "Nom d’usage", cast.sesan)
    assert (standing(sent).decided_count, standing(sent).amended_count) == (2, 1)
    review.undecide(fiche=sent.fiche(world.act), part="name", **sent.who(cast.sesan))
    assert decisions(sent, world.act) == {"max_age_value": "accept", "min_age_value": "accept"}


def test_a_return_says_why_and_stands_against_publishing(sent, world):
    with pytest.raises(ValidationError):
        sent.decide("email", "return")
    sent.decide("email", "return", reason="Boîte fermée.")
    found = standing(sent)
    assert (found.returned_count, found.may_validate, found.may_publish_part) == (1, False, True)
    sent.decide("email", "accept")
    assert standing(sent).may_validate


@pytest.mark.parametrize(
    ("part", "decision", "more"),
    [
        ("phone", "accept", {}),
        ("name", "amend", {}),
        ("acte", "amend", {"values": {"acte": 1}}),
    ],
)
def test_a_part_takes_the_decisions_that_have_a_meaning(sent, world, part, decision, more):
    with pytest.raises(ValidationError):
        sent.decide(part, decision, record=world.lam if part == "acte" else None, **more)


def test_accepting_the_whole_fiche_leaves_what_is_decided(sent, world, cast):
    sent.decide("email", "return", reason="Boîte fermée.")
    count = review.accept_fiche(fiche=sent.fiche(world.act), **sent.who(cast.sesan))
    assert count == 2
    assert decisions(sent, world.act) == {
        "email": "return",
        "max_age_value": "accept",
        "min_age_value": "accept",
        "name": "accept",
    }


def test_only_who_took_the_dossier_decides(sent, other, cast):
    for who in (cast.directeur, other):
        with pytest.raises(PermissionDenied):
            sent.decide("name", "accept", by=who)
    sent.apply("take_over", by=other)
    with pytest.raises(PermissionDenied):
        sent.decide("name", "accept")
    sent.decide("name", "accept", by=other)


def test_nobody_decides_once_it_was_withdrawn_or_on_an_old_page(sent, world):
    version = Dossier.objects.get(pk=sent.dossier.pk).version
    with pytest.raises(services.StaleDossier):
        sent.decide("name", "accept", expected_version=version - 1)
    sent.decide("name", "accept", expected_version=version)
    sent.apply("withdraw")
    with pytest.raises(services.StaleDossier):
        sent.decide("name", "accept")


def change(record, cast, **changes):
    record.refresh_from_db()
    update_record(
        record=record, changes=changes, expected_version=record.version, by=cast.sesan, scope=scope_of(cast.sesan)
    )
    record.refresh_from_db()
    return record.version


def test_a_field_that_the_directory_changed_must_be_settled(sent, world, cast):
    version = change(world.act, cast, email="accueil@vesta.example")
    found = standing(sent)
    assert [part.key for _, part in found.open_conflicts] == ["email"]
    assert not found.may_validate
    review.accept_fiche(fiche=sent.fiche(world.act), **sent.who(cast.sesan))
    assert standing(sent).conflict_count == 1
    sent.decide("email", "accept", record_version=version - 1)
    assert standing(sent).conflict_count == 1
    sent.decide("email", "keep", record_version=version)
    assert (standing(sent).conflict_count, standing(sent).kept_count) == (0, 1)
    change(world.act, cast, email="bureau@vesta.example")
    assert standing(sent).conflict_count == 1


def test_the_directory_saying_the_same_is_no_conflict(sent, world, cast):
    change(world.act, cast, email="act@vesta.example")
    change(world.act, cast, medical_phone="0199000099")
    assert standing(sent).conflict_count == 0


def test_returning_tells_each_field_in_one_message(sent, world, cast):
    sent.decide("email", "return", reason="Boîte fermée.")
    sent.decide("acte", "return", reason="Elle accueille encore.", record=world.lam)
    now = sent.tick()
    review.return_dossier(dossier=sent.dossier, remark="", by=cast.sesan, scope=scope_of(cast.sesan), now=now)
    step = Step.objects.filter(dossier=sent.dossier, fiche=None).last()
    assert (step.act, step.at) == ("return", now)
    assert step.remark.startswith("2 points à corriger\u00a0: ACT Vesta – Adresse mail")
    comments = Comment.objects.filter(dossier=sent.dossier, is_return=True, at=now)
    assert sorted(comments.values_list("fiche__name", "field", "text")) == [
        ("ACT Vesta", "email", "Boîte fermée."),
        ("LAM Altair", "", "Elle accueille encore."),
    ]
    assert (sent.fiche(world.act).state, sent.fiche(world.lam).state) == ("pending", "removed")
    dossier = Dossier.objects.get(pk=sent.dossier.pk)
    assert (dossier.state, dossier.taken_by, dossier.done_count, dossier.fiche_count) == ("returned", None, 1, 2)


def test_returning_needs_a_remark_or_a_field(sent, cast):
    who = {"dossier": sent.dossier, **sent.who(cast.sesan)}
    with pytest.raises(ValidationError):
        review.return_dossier(remark="  ", **who)
    assert review.return_dossier(remark="Le nom manque.", **who).state == "returned"


def test_sending_again_keeps_the_decisions_about_what_did_not_change(sent, world, cast):
    sent.decide("name", "amend", values={"name": "ACT Altaïr"})
    sent.decide("ages", "accept")
    sent.decide("email", "return", reason="Boîte fermée.")
    sent.decide("acte", "accept", record=world.lam)
    review.return_dossier(dossier=sent.dossier, remark="", **sent.who(cast.sesan))
    changed = {"min_age_value": 21, "max_age_value": 60, "email": "neuf@vesta.example"}
    sent.save(sent.fiche(world.act), changed, finalise=True)
    sent.apply("send")
    assert decisions(sent, world.act) == {"name": "amend"}
    assert decisions(sent, world.lam) == {"acte": "accept"}


def test_sending_counts_the_risk(sent):
    dossier = Dossier.objects.get(pk=sent.dossier.pk)
    assert dossier.risk == 20 + 10
    assert dossier.risk_reasons == ["1 suppression", "premier dossier de cet établissement"]


def publishing(desk, cast):
    dossier = Dossier.objects.get(pk=desk.dossier.pk)
    return {"dossier": dossier, "expected_version": dossier.version, **desk.who(cast.sesan)}


def test_validating_publishes_what_the_support_corrected_and_says_so(sent, world, cast):
    sent.decide("name", "amend", values={"name": "ACT Altaïr"}, reason="Nom d’usage.")
    validate_dossier(remark="Merci.", **publishing(sent, cast))
    world.act.refresh_from_db()
    world.lam.refresh_from_db()
    assert (world.act.name, world.act.email, world.lam.status) == ("ACT Altaïr", "act@vesta.example", "closed")
    remark = Step.objects.filter(dossier=sent.dossier, act="validate").get().remark
    assert remark.startswith("Merci.\n\nCorrigé par le support\u00a0:\nACT Vesta – ")
    assert "corrigé en «\u00a0ACT Altaïr\u00a0» (Nom d’usage)" in remark


def test_publishing_a_part_sends_the_rest_back(sent, world, cast):
    sent.decide("email", "return", reason="Boîte fermée.")
    published = publish_part(remark="", **publishing(sent, cast))
    world.act.refresh_from_db()
    assert [str(fiche) for fiche in published.fiches] == ["LAM Altair"]
    assert world.act.name == "ACT ALTAIR VESTA"
    assert published.remainder.state == "returned"
    rest = published.remainder.fiches.get(unit=world.act)
    assert (rest.state, rest.values["name"]) == ("pending", "ACT Vesta")


def test_a_remark_keeps_within_its_length():
    assert whole_remark("", "") == ""
    assert len(whole_remark("a" * 1990, "b" * 500)) == 2000
