"""Corrections of the support beside the proposed fields: against the directory, and in words to the author."""

import pytest
from django.urls import reverse

from collaborative.models import Dossier, FieldReview
from collaborative.publication import PublicationRefused
from collaborative.review.standing import standing_of
from collaborative.review.validation import validate_dossier
from directory.models import OperationalUnit
from directory.scopes import scope_of
from directory.services import update_block, update_record
from tests.collaborative.publishing import change, coded, send_and_take
from tests.collaborative.test_publication_told import publishing, read
from tests.factories.directory import commune

pytestmark = pytest.mark.django_db
AGES = {"min_age_value": "18", "min_age_unit": "y", "max_age_value": "60", "max_age_unit": "y", "sex": "f"}


def edit(desk, record, by=None, **changes):
    """An act in the directory, published at once."""
    record.refresh_from_db()
    by = by or desk.cast.directeur
    update_record(record=record, changes=changes, expected_version=record.version, by=by, scope=scope_of(by))
    record.refresh_from_db()


@pytest.fixture
def reviewed(desk, world, cast, client):
    """A dossier that proposes the sex alone of a unit whose ages are published, taken by support, signed in."""
    edit(desk, world.act, min_age_value=18, max_age_value=60)
    change(desk, world.act, {"sex": "m"})
    send_and_take(desk)
    client.force_login(cast.sesan)
    desk.url = reverse("collaborative:fiche_review", args=[desk.dossier.pk, desk.fiche(world.act).pk])
    return desk


def post(client, desk, seen=None, **fields):
    version = OperationalUnit.objects.get(pk=desk.world.act.pk).version
    sent = {
        "dossier_version": Dossier.objects.get(pk=desk.dossier.pk).version,
        "record_version": version if seen is None else seen,
        "version": version,
    }
    return client.post(desk.url, sent | fields)


def correct(client, desk, champ="sex", seen=None, **fields):
    answer = post(client, desk, seen=seen, acte="corriger", champ=champ, **(AGES | fields))
    assert answer.status_code == 302


def conflicts(desk):
    [one] = standing_of(Dossier.objects.get(pk=desk.dossier.pk)).fiches
    return {conflict.name: conflict for part in one.open_conflicts for conflict in one.conflicts_of(part)}


def published(desk):
    validate_dossier(**publishing(desk))
    unit = OperationalUnit.objects.get(pk=desk.world.act.pk)
    return unit.sex, unit.min_age_value, unit.max_age_value


def test_only_what_was_changed_is_corrected_over_what_the_directory_said(reviewed, client):
    correct(client, reviewed, max_age_value="65")
    kept = {row.field: (row.value, row.base) for row in FieldReview.objects.all()}
    assert kept == {"sex": ("f", None), "max_age_value": (65, 60)}
    assert conflicts(reviewed) == {}
    shown = read(client.get(reviewed.url).content.decode())
    assert "Ajouté par le support" in shown
    assert "18 ans – 60 ans" in shown
    assert "18 ans – 65 ans" in shown
    assert published(reviewed) == ("f", 18, 65)


def test_what_the_directory_changed_since_is_a_conflict(reviewed, client, world):
    correct(client, reviewed, max_age_value="65")
    edit(reviewed, world.act, max_age_value=99)
    [conflict] = conflicts(reviewed).values()
    assert (conflict.name, conflict.base, conflict.current, conflict.proposed) == ("max_age_value", 60, 99, 65)
    shown = read(client.get(reviewed.url).content.decode())
    assert "Publié depuis 99" in shown
    assert "Corrigé par le support 65" in shown
    assert "Prendre la correction" in shown
    with pytest.raises(PublicationRefused) as refused:
        validate_dossier(**publishing(reviewed))
    assert [(line.name, line.reason[:34]) for line in refused.value.lines] == [
        ("max_age_value", "Le répertoire a changé ce champ de")
    ]


@pytest.mark.parametrize(("act", "expected"), [("garder", 99), ("accepter", 65), ("annuler", 99)])
def test_it_is_settled_as_others_are(reviewed, client, world, act, expected):
    correct(client, reviewed, max_age_value="65")
    edit(reviewed, world.act, max_age_value=99)
    post(client, reviewed, acte=act, champ="ages")
    assert conflicts(reviewed) == {}
    assert published(reviewed) == ("f", 18, expected)


def test_settled_then_changed_again_it_is_a_conflict_anew(reviewed, client, world):
    correct(client, reviewed, max_age_value="65")
    edit(reviewed, world.act, max_age_value=99)
    post(client, reviewed, acte="accepter", champ="ages")
    edit(reviewed, world.act, max_age_value=70)
    assert conflicts(reviewed).keys() == {"max_age_value"}
    edit(reviewed, world.act, max_age_value=60)
    assert conflicts(reviewed) == {}, "as it was when it was corrected"


def test_what_changed_while_the_form_was_open_is_left_to_the_directory(reviewed, client, world):
    seen = world.act.version
    edit(reviewed, world.act, max_age_value=99)
    correct(client, reviewed, seen=seen)  # the form still says 60
    assert list(FieldReview.objects.values_list("field", flat=True)) == ["sex"]
    assert published(reviewed) == ("f", 18, 99)


def test_a_field_changed_on_both_sides_while_the_form_was_open(reviewed, client, world):
    seen = world.act.version
    edit(reviewed, world.act, max_age_value=99)
    correct(client, reviewed, seen=seen, max_age_value="65")
    assert conflicts(reviewed).keys() == {"max_age_value"}
    # Correcting the field beside it again, the page of that one not seen, settles nothing.
    correct(client, reviewed, sex="", max_age_value="65")
    assert conflicts(reviewed).keys() == {"max_age_value"}
    correct(client, reviewed, champ="ages", sex="", max_age_value="65")
    assert conflicts(reviewed) == {}


def test_the_form_shown_again_keeps_the_version_that_was_in_sight(reviewed, client, world):
    seen = world.act.version
    edit(reviewed, world.act, max_age_value=99)
    wrong = post(client, reviewed, seen=seen, acte="corriger", champ="sex", **(AGES | {"min_age_value": "abc"}))
    assert wrong.status_code == 422
    assert f'name="record_version" value="{seen}"' in wrong.content.decode()


def test_a_correction_goes_whole(reviewed, client):
    correct(client, reviewed, max_age_value="65")
    post(client, reviewed, acte="annuler", champ="sex")
    assert not FieldReview.objects.exists()
    correct(client, reviewed, max_age_value="65")
    correct(client, reviewed, max_age_value="60")
    assert list(FieldReview.objects.values_list("field", flat=True)) == ["sex"]


def test_a_field_that_nobody_proposed_is_not_returned(reviewed, client):
    correct(client, reviewed, max_age_value="65")
    answer = post(client, reviewed, acte="renvoyer", champ="ages", remarque="Non.")
    assert answer.status_code == 409
    assert FieldReview.objects.count() == 2


def test_the_author_is_told_each_field_that_was_changed_and_only_those(reviewed, client, mailoutbox, world):
    correct(client, reviewed, max_age_value="65", sex="m", motif="Agrément de 2024.")
    before = read(client.get(reverse("collaborative:dossier_validate", args=[reviewed.dossier.pk])).content.decode())
    mailoutbox.clear()
    assert published(reviewed) == ("m", 18, 65)
    client.force_login(reviewed.cast.directeur)
    dossier = client.get(reverse("collaborative:dossier_detail", args=[reviewed.dossier.pk])).content.decode()
    for said in (before, read(mailoutbox[0].body), read(dossier)):
        assert "Âge : corrigé en « 18 ans – 65 ans » (Agrément de 2024)." in said
        assert "Sexe accueilli : corrigé" not in said


def test_the_fiche_that_goes_back_tells_what_the_support_proposes_beside(reviewed, client, world):
    correct(client, reviewed, max_age_value="65")
    reviewed.apply("withdraw")
    client.force_login(reviewed.cast.directeur)
    fiche = reviewed.fiche(world.act)
    page = reverse("collaborative:fiche_detail", args=[fiche.dossier_id, fiche.pk])
    assert "Le support propose « 18 ans – 65 ans »" in read(client.get(page).content.decode())


def test_a_territory_beside_words(desk, world, client, cast):
    """What is proposed is the territory; its details, corrected beside it, were written anew by the director."""
    before = commune("92050")
    update_block(
        record=world.act,
        values={"intervention_communes": [coded(before)], "intervention_details": "Sur rendez-vous"},
        expected_version=world.act.version,
        by=cast.directeur,
        scope=scope_of(cast.directeur),
    )
    change(desk, world.act, {"intervention_communes": [coded(before), coded(commune("92002"))]})
    send_and_take(desk)
    client.force_login(cast.sesan)
    desk.url = reverse("collaborative:fiche_review", args=[desk.dossier.pk, desk.fiche(world.act).pk])
    sent = {"intervention_communes": "92050 92002", "intervention_details": "Le matin"}
    answer = post(client, desk, acte="corriger", champ="intervention_communes", **sent)
    assert answer.status_code == 302
    edit(desk, world.act, intervention_details="L’après-midi")
    assert conflicts(desk).keys() == {"intervention_details"}
    post(client, desk, acte="garder", champ="intervention_details")
    validate_dossier(**publishing(desk))
    unit = OperationalUnit.objects.get(pk=world.act.pk)
    assert unit.intervention_details == "L’après-midi"
    assert unit.intervention_communes.count() == 2


@pytest.fixture
def bounded(desk, world, cast, client):
    """A dossier that proposes the sex and one of the two ages of a unit, taken by support, signed in."""
    edit(desk, world.act, min_age_value=18, max_age_value=60)
    change(desk, world.act, {"sex": "m", "min_age_value": 21})
    send_and_take(desk)
    client.force_login(cast.sesan)
    desk.url = reverse("collaborative:fiche_review", args=[desk.dossier.pk, desk.fiche(world.act).pk])
    return desk


def decisions():
    return {row.field: (row.decision, row.value) for row in FieldReview.objects.all()}


@pytest.mark.parametrize("sex", ["m", "f"])
@pytest.mark.parametrize("before", ["accepter", ""])
def test_a_bound_corrected_from_another_field_is_a_correction_of_its_range(bounded, client, mailoutbox, sex, before):
    if before:
        post(client, bounded, acte=before, champ="ages")
    correct(client, bounded, min_age_value="21", max_age_value="65", sex=sex)
    assert decisions()["max_age_value"] == ("amend", 65)
    assert decisions()["min_age_value"] == ("amend", 21)
    assert decisions()["sex"][0] == ("amend" if sex == "f" else "accept")
    shown = read(client.get(bounded.url).content.decode())
    assert "Publié à la validation 21 ans – 65 ans" in shown
    validating = reverse("collaborative:dossier_validate", args=[bounded.dossier.pk])
    confirmed = read(client.get(validating).content.decode())
    mailoutbox.clear()
    assert published(bounded) == (sex, 21, 65)
    client.force_login(bounded.cast.directeur)
    dossier = client.get(reverse("collaborative:dossier_detail", args=[bounded.dossier.pk])).content.decode()
    for said in (confirmed, read(mailoutbox[0].body), read(dossier)):
        assert "Âge : corrigé en « 21 ans – 65 ans »." in said
        assert ("Sexe accueilli : corrigé" in said) == (sex == "f")


def test_a_decision_stored_before_that_shows_the_correction_too(bounded, client):
    correct(client, bounded, min_age_value="21", max_age_value="65")
    FieldReview.objects.filter(field="min_age_value").update(decision="accept", value=None)
    standing = standing_of(Dossier.objects.get(pk=bounded.dossier.pk))
    assert standing.amended_count == 2
    assert "Publié à la validation 21 ans – 65 ans" in read(client.get(bounded.url).content.decode())


@pytest.mark.parametrize(("act", "expected"), [("accepter", (21, 65)), ("garder", (18, 70)), ("annuler", (18, 70))])
def test_a_bound_corrected_that_the_directory_changes_is_settled(bounded, client, world, act, expected):
    correct(client, bounded, min_age_value="21", max_age_value="65")
    edit(bounded, world.act, max_age_value=70)
    assert conflicts(bounded).keys() == {"max_age_value"}
    shown = read(client.get(bounded.url).content.decode())
    assert "Prendre la correction : Âge" in shown
    assert "Prendre le proposé : Âge" not in shown
    post(client, bounded, acte=act, champ="ages")
    if act == "annuler":  # the range that is proposed has another end now
        assert conflicts(bounded)["min_age_value"].others == {"max_age_value": (60, 70)}
        post(client, bounded, acte="garder", champ="ages")
    assert conflicts(bounded) == {}
    assert published(bounded) == ("f", *expected)


def test_what_falls_with_another_decision_is_said(reviewed, client):
    correct(client, reviewed, sex="f", max_age_value="65")
    assert decisions().keys() == {"sex", "max_age_value"}
    shown = client.get(post(client, reviewed, acte="accepter", champ="sex").url)
    assert decisions().keys() == {"sex"}
    assert "« Âge » : la correction faite en même temps est retirée." in read(shown.content.decode())


def test_a_bound_corrected_falls_with_its_range(bounded, client, world):
    correct(client, bounded, min_age_value="21", max_age_value="65")
    post(client, bounded, acte="annuler", champ="sex")
    assert decisions().keys() == {"min_age_value", "max_age_value"}
    bounded.apply("withdraw")
    change(bounded, world.act, {"sex": "m", "min_age_value": 25})
    bounded.apply("send")
    assert decisions() == {}


def test_a_range_corrected_falls_whole_when_its_proposed_end_is_taken_back(bounded, client, world):
    correct(client, bounded, min_age_value="30", max_age_value="65")
    bounded.apply("withdraw")
    change(bounded, world.act, {"sex": "m", "min_age_value": 18})
    bounded.apply("send")
    assert decisions() == {"sex": ("amend", "f")}


@pytest.mark.parametrize("before", ["", "corriger"])
def test_a_form_saved_with_what_is_proposed_accepts_it(bounded, client, before):
    same = {"min_age_value": "21", "max_age_value": "60", "sex": "m"}
    if before:
        correct(client, bounded, champ="ages", **(same | {"max_age_value": "65"}))
    correct(client, bounded, champ="ages", **same)
    assert decisions() == {"min_age_value": ("accept", None)}
    shown = read(client.get(bounded.url).content.decode())
    assert "« Âge » : rien ne diffère de ce qui est proposé, le point est accepté." in shown
    assert "« Âge » est corrigé." not in shown or before
    assert "Corrigé par le support" not in shown


def test_what_is_said_names_what_was_corrected(bounded, client):
    sent = {"min_age_value": "21", "max_age_value": "65", "sex": "m"}
    correct(client, bounded, champ="sex", **sent)
    shown = read(client.get(bounded.url).content.decode())
    assert "« Sexe accueilli » : rien ne diffère de ce qui est proposé, le point est accepté." in shown
    assert "« Âge » est corrigé." in shown
    # Back to what the directory says, from the form of the sex: nothing is left of that correction.
    correct(client, bounded, champ="sex", **(sent | {"max_age_value": "60"}))
    assert decisions() == {"sex": ("accept", None)}


def test_a_correction_made_from_a_field_left_as_proposed_holds_with_it(reviewed, client):
    correct(client, reviewed, max_age_value="65", sex="m")
    assert decisions() == {"sex": ("accept", None), "max_age_value": ("amend", 65)}
    reviewed.apply("withdraw")
    reviewed.apply("send")
    assert decisions() == {"sex": ("accept", None), "max_age_value": ("amend", 65)}


def test_a_correction_beside_taken_back_in_its_form_is_said_so(reviewed, client):
    correct(client, reviewed, max_age_value="65")
    correct(client, reviewed, champ="ages", max_age_value="60")
    assert decisions() == {"sex": ("amend", "f")}
    assert "« Âge » : la correction est retirée." in read(client.get(reviewed.url).content.decode())
