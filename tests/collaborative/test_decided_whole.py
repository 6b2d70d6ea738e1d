"""A decision on fields that make sense together only falls whole: with a part taken back, or changed, or torn."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from collaborative.enums import FieldDecision
from collaborative.models import Dossier, FieldReview
from collaborative.publication.refusals import PublicationRefused
from collaborative.review.validation import validate_dossier
from directory.models import OperationalUnit
from tests.collaborative.publishing import change, send_and_take
from tests.collaborative.test_corrections import edit
from tests.collaborative.test_decided_as_one import (
    MARTIN,
    ROY,
    come_again,
    conflicts,
    decide,
    give_back,
    review_page,
    waiting,
)
from tests.collaborative.test_publication_told import publishing

pytestmark = pytest.mark.django_db
AGES = {"min_age_value": 3, "min_age_unit": "y", "max_age_value": 60, "max_age_unit": "y"}


@pytest.fixture
def managed(desk, world):
    """The dossier of a unit that has a manager."""
    edit(desk, world.act, **ROY)
    return desk


def propose_again(desk, values):
    """The director withdraws the dossier, proposes these values and no others, and sends it."""
    desk.apply("withdraw")
    change(desk, desk.world.act, values)
    send_and_take(desk)


def decided(desk):
    return set(FieldReview.objects.filter(fiche__dossier=desk.dossier).values_list("field", "decision"))


@pytest.mark.parametrize("decision", [FieldDecision.ACCEPT, FieldDecision.KEEP])
def test_a_clearing_taken_back_leaves_no_decision(managed, decision):
    cleared = MARTIN | {"manager_phone": "", "email": "une@example.org"}
    change(managed, managed.world.act, cleared)
    send_and_take(managed)
    decide(managed, "responsable", decision)
    assert ("manager_phone", decision) in decided(managed)
    propose_again(managed, MARTIN | {"manager_phone": ROY["manager_phone"], "email": "une@example.org"})
    assert decided(managed) == set()


@pytest.mark.parametrize("values", [{"manager_first_name": "Chloé"}, {"manager_phone": "0140000007"}])
def test_an_untold_return_falls_when_any_of_its_fields_is_another(managed, values):
    proposed = MARTIN | {"manager_first_name": "Zoé", "email": "une@example.org"}
    change(managed, managed.world.act, proposed)
    send_and_take(managed)
    decide(managed, "responsable", FieldDecision.RETURN, reason="Qui est-ce ?")
    propose_again(managed, proposed | values)
    assert "responsable" in waiting(managed)


def test_a_correction_beside_stays_torn_when_the_fiche_is_saved_again(desk, world):
    edit(desk, world.act, **AGES)
    change(desk, world.act, {"sex": "f"})
    send_and_take(desk)
    decide(desk, "sex", FieldDecision.AMEND, values={"sex": "m", "max_age_value": 65})
    edit(desk, world.act, min_age_value=18)
    assert conflicts(desk) == ["ages"]
    propose_again(desk, {"sex": "f", "phone": "0140000042"})
    assert conflicts(desk) == ["ages"]


def test_a_return_told_of_many_fields_is_one_remark(managed, client):
    change(managed, managed.world.act, MARTIN | {"manager_first_name": "Zoé", "email": "une@example.org"})
    send_and_take(managed)
    decide(managed, "responsable", FieldDecision.RETURN, reason="Qui est-ce au juste ?")
    give_back(managed)
    client.force_login(managed.cast.directeur)
    fiche = managed.fiche(managed.world.act)
    remarks = client.get(reverse("collaborative:fiche_detail", args=[fiche.dossier_id, fiche.pk])).context["remarks"]
    told = [(remark.label, remark.text) for remark in remarks if "Qui est-ce" in remark.text]
    assert told == [("Responsable", "Qui est-ce au juste\u202f?")]
    come_again(managed, manager_first_name="Chloé")
    assert "responsable" in waiting(managed)
    assert not Dossier.objects.get(pk=managed.dossier.pk).fiches.filter(reviews__decision="return").exists()


@pytest.fixture
def torn(managed):
    """Another role is proposed for a manager whom the directory replaces meanwhile; the support says who it is."""
    change(managed, managed.world.act, {"manager_role": "Directrice"})
    send_and_take(managed)
    edit(managed, managed.world.act, manager_last_name="Durand", manager_first_name="Bob")
    correct(managed, manager_role="Directeur")
    return managed


def correct(desk, **values):
    whole = {"manager_last_name": "Durand", "manager_first_name": "Bob", "manager_role": "Directrice"}
    decide(desk, "responsable", FieldDecision.AMEND, values=whole | values)


def published(desk):
    validate_dossier(**publishing(desk))
    unit = OperationalUnit.objects.get(pk=desk.world.act.pk)
    return unit.manager_last_name, unit.manager_first_name, unit.manager_role


def test_what_is_proposed_of_a_torn_point_is_not_accepted_once_it_was_corrected(torn, client):
    with pytest.raises(ValidationError, match="Le répertoire a changé le reste de ce point"):
        decide(torn, "responsable", FieldDecision.ACCEPT)
    shown = review_page(torn, client)
    assert "Accepter : Responsable" not in shown
    assert [
        words for words in ("Garder le répertoire : Responsable", "Corriger : Responsable") if words not in shown
    ] == []
    assert published(torn) == ("Durand", "Bob", "Directeur")


def test_a_torn_point_corrected_again_is_said_whole(torn):
    correct(torn)
    assert conflicts(torn) == []
    assert published(torn) == ("Durand", "Bob", "Directrice")


def test_the_directory_is_kept_of_a_torn_point_that_was_corrected(torn):
    decide(torn, "responsable", FieldDecision.KEEP)
    assert published(torn) == ("Durand", "Bob", "")


def test_a_decision_from_before_that_takes_half_of_a_torn_point_settles_nothing(torn):
    rows = FieldReview.objects.filter(fiche__dossier=torn.dossier)
    rows.exclude(field="manager_role").delete()
    rows.update(decision="accept")
    assert conflicts(torn) == ["responsable"]
    with pytest.raises(PublicationRefused):
        validate_dossier(**publishing(torn))


@pytest.mark.parametrize("decision", [FieldDecision.ACCEPT, FieldDecision.KEEP])
@pytest.mark.parametrize(("part", "values"), [("responsable", MARTIN), ("email", {"email": "une@example.org"})])
def test_the_same_proposed_anew_over_what_the_directory_says_since_is_looked_at(managed, decision, part, values):
    proposed = {"phone": "0140000042"} | values
    change(managed, managed.world.act, proposed)
    send_and_take(managed)
    decide(managed, part, decision)
    managed.apply("withdraw")
    [name] = values
    change(managed, managed.world.act, proposed | {name: getattr(managed.world.act, name)})
    edit(managed, managed.world.act, **{name: "dupont@example.org"})
    change(managed, managed.world.act, proposed)
    send_and_take(managed)
    assert conflicts(managed) == []
    assert part in waiting(managed)


@pytest.mark.parametrize("cleared", [{"max_age_value": None}, {"secretary_phone": ""}])
def test_the_correction_of_a_clearing_falls_when_it_is_taken_back(desk, world, cleared):
    [name] = cleared
    edit(desk, world.act, **AGES, secretary_phone="0140000005")
    value = getattr(world.act, name)
    change(desk, world.act, {"sex": "f", "email": "une@example.org"} | cleared)
    send_and_take(desk)
    decide(desk, "sex", FieldDecision.AMEND, values={"sex": "m"})
    decide(desk, "email", FieldDecision.AMEND, values={"email": "autre@example.org"})
    other = 70 if name == "max_age_value" else "0140000006"
    decide(desk, "ages" if name in AGES else name, FieldDecision.AMEND, values={name: other})
    propose_again(desk, {"sex": "f", "email": "une@example.org", name: value})
    assert decided(desk) == {("sex", "amend"), ("email", "amend")}


@pytest.mark.parametrize("decision", [FieldDecision.ACCEPT, FieldDecision.KEEP])
@pytest.mark.parametrize("name", ["manager_first_name", "manager_last_name"])
def test_what_the_directory_put_back_drops_no_decision(managed, decision, name):
    change(managed, managed.world.act, MARTIN)
    send_and_take(managed)
    decide(managed, "responsable", decision)
    before = ROY[name]
    for value in ("Dupont", before):
        edit(managed, managed.world.act, **{name: value})
    managed.apply("withdraw")
    send_and_take(managed)
    assert decided(managed) == {("manager_last_name", decision)}
