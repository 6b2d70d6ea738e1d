"""Half an address over half of another, a page left open, a version to come: nothing is published that nobody saw."""

import pytest
from django.urls import reverse

from collaborative.enums import FieldDecision
from collaborative.models import Dossier, FieldReview, Step
from collaborative.publication import PublicationRefused
from collaborative.review import services
from collaborative.review.standing import standing_of
from collaborative.review.validation import validate_dossier
from directory.models import OperationalUnit
from tests.collaborative.publishing import add_unit, change, remove, send_and_take, unit_values
from tests.collaborative.test_corrections import AGES, edit
from tests.collaborative.test_publication_told import publishing, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def aged(desk, world, cast, client):
    """A dossier that proposes the greatest age of a unit, whose least age the directory changes since."""
    edit(desk, world.act, min_age_value=18, min_age_unit="y", max_age_value=60, max_age_unit="y")
    change(desk, world.act, {"max_age_value": 30})
    send_and_take(desk)
    edit(desk, world.act, min_age_value=25)
    client.force_login(cast.sesan)
    desk.url = reverse("collaborative:fiche_review", args=[desk.dossier.pk, desk.fiche(world.act).pk])
    desk.publishing = reverse("collaborative:dossier_validate", args=[desk.dossier.pk])
    return desk


def _sent(desk):
    version = OperationalUnit.objects.get(pk=desk.world.act.pk).version
    return {
        "dossier_version": Dossier.objects.get(pk=desk.dossier.pk).version,
        "record_version": version,
        "version": version,
        "champ": "ages",
    }


def post(client, desk, url="", **fields):
    return client.post(url or desk.url, _sent(desk) | fields)


def ages(desk):
    unit = OperationalUnit.objects.get(pk=desk.world.act.pk)
    return unit.min_age_value, unit.max_age_value


def waiting(desk):
    return [part.key for _, part in standing_of(Dossier.objects.get(pk=desk.dossier.pk)).open_conflicts]


def test_a_range_whose_other_bound_changed_is_told_whole_and_not_taken_as_it_is(aged, client):
    shown = read(client.get(aged.url).content.decode())
    assert "18 ans – 60 ans" in shown
    assert "25 ans – 60 ans" in shown
    assert "18 ans – 30 ans" in shown
    assert "Prendre le proposé : Âge" not in shown
    assert "prendre ce qui est proposé mélangerait les deux" in shown
    assert post(client, aged, acte="accepter").status_code == 409
    assert waiting(aged) == ["ages"]
    with pytest.raises(PublicationRefused):
        validate_dossier(**publishing(aged))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"acte": "garder"}, (25, 60)),
        ({"acte": "corriger", **AGES, "min_age_value": "25", "max_age_value": "30", "sex": ""}, (25, 30)),
        ({"acte": "corriger", **AGES, "min_age_value": "18", "max_age_value": "30", "sex": ""}, (18, 30)),
    ],
)
def test_it_is_settled_by_keeping_the_directory_or_saying_all_of_it(aged, client, fields, expected):
    assert post(client, aged, **fields).status_code == 302
    assert waiting(aged) == []
    validate_dossier(**publishing(aged))
    assert ages(aged) == expected


def test_the_whole_range_that_is_saved_is_said_and_published(aged, client, mailoutbox):
    as_shown = {"acte": "corriger", **AGES, "min_age_value": "25", "max_age_value": "30", "sex": ""}
    page = read(client.post(aged.url, _sent(aged) | as_shown, follow=True).content.decode())
    assert "« Âge » est corrigé." in page
    assert "rien ne diffère" not in page
    validate_dossier(**publishing(aged))
    assert ages(aged) == (25, 30)
    told = " ".join(mail.body for mail in mailoutbox).replace("\xa0", " ")
    assert "25 ans – 30 ans" in told


def test_what_was_in_sight_when_it_was_proposed_is_no_conflict(desk, world, cast):
    edit(desk, world.act, min_age_value=18, min_age_unit="y", max_age_value=60, max_age_unit="y")
    fiche = change(desk, world.act, {"email": "a@example.org"})
    edit(desk, world.act, min_age_value=25)
    change(desk, world.act, {**fiche.values, "min_age_value": 25, "max_age_value": 30})
    assert desk.fiche(world.act).base["min_age_value"] == 25
    send_and_take(desk)
    assert waiting(desk) == []
    edit(desk, world.act, min_age_value=26)
    assert waiting(desk) == ["ages"]
    edit(desk, world.act, min_age_value=25)
    assert waiting(desk) == []


def test_an_address_of_which_another_part_changed_is_a_conflict(desk, world, cast, client):
    change(desk, world.eg, {"address_complement": "Bâtiment C"})
    send_and_take(desk)
    client.force_login(cast.sesan)
    url = reverse("collaborative:fiche_review", args=[desk.dossier.pk, desk.fiche(world.eg).pk])
    assert client.post(url, {"acte": "accepter", "champ": "adresse", "dossier_version": 3, "record_version": 1})
    edit(desk, world.eg, by=cast.sesan, street_name="quai Aulagnier")
    assert waiting(desk) == ["adresse"]
    shown = read(client.get(url).content.decode())
    assert "quai Aulagnier" in shown
    assert "Bâtiment C" in shown


@pytest.mark.parametrize("act", ["tout", "partie"])
def test_a_page_left_open_publishes_nothing_that_it_did_not_say(desk, world, cast, client, act):
    fiche = change(desk, world.act, {"email": "a@example.org"})
    add_unit(desk, unit_values("Neuve"))
    send_and_take(desk)
    client.force_login(cast.sesan)
    who = desk.who(cast.sesan)
    if act == "partie":
        services.decide_field(fiche=fiche, part="email", decision=FieldDecision.RETURN, reason="Fausse.", **who)
    url = reverse("collaborative:dossier_validate", args=[desk.dossier.pk])
    page = client.get(url)
    seal = page.context["standing"].seal
    assert f'name="sceau" value="{seal}"' in page.content.decode()
    if act == "partie":
        services.undecide(fiche=fiche, part="email", **who)
    else:
        services.decide_field(fiche=fiche, part="email", decision=FieldDecision.KEEP, **who)
    form = {"acte": act, "dossier_version": Dossier.objects.get(pk=desk.dossier.pk).version, "remarque": "Merci."}
    answer = client.post(url, form | {"sceau": seal})
    assert answer.status_code == 409
    assert "rien n’est publié" in read(answer.content.decode())
    assert "Merci." in answer.content.decode()
    assert Dossier.objects.get(pk=desk.dossier.pk).state == "sent"
    if act == "partie":
        assert client.post(url, form).status_code == 409  # nothing goes back: it is no part
    assert Dossier.objects.get(pk=desk.dossier.pk).state == "sent"


def test_a_second_click_is_not_told_that_nothing_is_published(desk, cast, client):
    add_unit(desk, unit_values("Neuve"))
    send_and_take(desk)
    client.force_login(cast.sesan)
    url = reverse("collaborative:dossier_validate", args=[desk.dossier.pk])
    form = {"acte": "tout", "dossier_version": desk.dossier.version, "remarque": "Merci."}
    assert client.post(url, form).status_code == 302
    again = client.post(url, form, follow=True)
    assert again.redirect_chain
    assert "Ce second envoi n’y change rien." in read(again.content.decode())
    other = client.post(url, form | {"remarque": "Autre chose."})
    assert other.status_code == 409
    assert "Autre chose." in other.content.decode()


def test_a_version_to_come_settles_nothing(desk, world, cast):
    fiche = change(desk, world.act, {"email": "a@example.org"})
    send_and_take(desk)
    who = desk.who(cast.sesan)
    services.decide_field(fiche=fiche, part="email", decision=FieldDecision.ACCEPT, record_version=2_000_000, **who)
    edit(desk, world.act, by=cast.sesan, email="b@example.org")
    assert waiting(desk) == ["email"]
    FieldReview.objects.all().delete()
    services.decide_field(fiche=fiche, part="email", decision=FieldDecision.KEEP, record_version=99, **who)
    assert FieldReview.objects.get().record_version == OperationalUnit.objects.get(pk=world.act.pk).version


def test_taking_twice_tells_nobody_again(desk, cast, mailoutbox):
    add_unit(desk, unit_values("Neuve"))
    send_and_take(desk)
    taken, mails = Step.objects.filter(act="take").count(), len(mailoutbox)
    desk.apply("take", by=cast.sesan)
    assert (Step.objects.filter(act="take").count(), len(mailoutbox)) == (taken, mails)


def test_a_removal_says_what_the_directory_changed_meanwhile(desk, world, cast, client):
    remove(desk, world.act)
    send_and_take(desk)
    edit(desk, world.act, by=cast.sesan, installed_places=77)
    client.force_login(cast.sesan)
    fiche = desk.fiche(world.act)
    shown = read(client.get(reverse("collaborative:fiche_review", args=[desk.dossier.pk, fiche.pk])).content.decode())
    assert "Le répertoire l’a modifiée depuis" in shown


def test_a_published_fiche_shows_what_was_published(desk, world, cast, client):
    fiche = change(desk, world.act, {"email": "propose@example.org"})
    send_and_take(desk)
    services.decide_field(
        fiche=fiche,
        part="email",
        decision=FieldDecision.AMEND,
        values={"email": "publie@example.org"},
        record_version=1,
        **desk.who(cast.sesan),
    )
    validate_dossier(**publishing(desk))
    client.force_login(cast.directeur)
    shown = client.get(reverse("collaborative:fiche_detail", args=[desk.dossier.pk, fiche.pk])).content.decode()
    assert "publie@example.org" in shown
    assert "propose@example.org" not in shown


TORN = [
    (
        "responsable",
        {"manager_last_name": "Roy", "manager_first_name": "Alice", "manager_phone": "0140000001"},
        {"manager_last_name": "Martin"},
        {"manager_first_name": "Bob"},
        ("Alice Roy, 01 40 00 00 01", "Bob Roy, 01 40 00 00 01", "Alice Martin, 01 40 00 00 01"),
        {"manager_last_name": "Martin", "manager_first_name": "Zoé", "manager_phone": "01 40 00 00 02"},
    ),
    (
        "medical_phone",
        {"medical_phone": "0140000001", "medical_extension": "12"},
        {"medical_phone": "0140000009"},
        {"medical_extension": "34"},
        ("01 40 00 00 01 poste 12", "01 40 00 00 01 poste 34", "01 40 00 00 09 poste 12"),
        {"medical_phone": "01 40 00 00 09", "medical_extension": ""},
    ),
    (
        "installed_places",
        {"installed_places": 10, "capacity_kind": "place"},
        {"installed_places": 25},
        {"capacity_kind": "bed"},
        ("10 places", "10 lits", "25 places"),
        {"installed_places": "25", "capacity_kind": "place"},
    ),
]


@pytest.mark.parametrize(("part", "at_first", "proposed", "meanwhile", "words", "said"), TORN)
def test_a_person_a_phone_or_a_capacity_is_never_half_of_two(
    desk, world, cast, client, part, at_first, proposed, meanwhile, words, said
):
    edit(desk, world.act, **at_first)
    change(desk, world.act, proposed)
    send_and_take(desk)
    edit(desk, world.act, **meanwhile)
    assert waiting(desk) == [part]
    client.force_login(cast.sesan)
    url = reverse("collaborative:fiche_review", args=[desk.dossier.pk, desk.fiche(world.act).pk])
    shown = read(client.get(url).content.decode())
    assert [text for text in words if text not in shown] == []
    assert post(client, desk, url, acte="accepter", champ=part).status_code == 409
    form = client.get(f"{url}?corriger={part}").content.decode()
    assert [name for name in said if f'name="{name}"' not in form] == []
    assert post(client, desk, url, acte="corriger", champ=part, **said).status_code == 302
    desk.publishing = reverse("collaborative:dossier_validate", args=[desk.dossier.pk])
    validate_dossier(**publishing(desk))
    unit = OperationalUnit.objects.get(pk=world.act.pk)
    assert {name: str(getattr(unit, name)).replace(" ", "") for name in said} == {
        name: value.replace(" ", "") for name, value in said.items()
    }
