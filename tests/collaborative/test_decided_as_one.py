"""A decision on fields that make sense together only holds as long as the whole that was in sight does."""

import pytest
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
    assert [review.reason for review in FieldReview.objects.filter(decision=FieldDecision.RETURN)] == ["À revoir."]


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
