"""Terms of a fiche are looked at again when it is finalised, reviewed and published (spec 10, Nomenclatures)."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from collaborative.enums import FieldDecision
from collaborative.fiches.term_rules import Asked, refused_choices
from collaborative.models import Fiche
from collaborative.publication import PublicationRefused
from collaborative.review.services import decide_field
from directory.models import Term
from tests.collaborative.publishing import (
    activity,
    add_unit,
    change,
    coded,
    send_and_take,
    unit_values,
    validate,
)
from tests.factories.directory import TermAllowanceFactory, unit_type

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 11, 20)


def narrow(type_code="94.46", *allowed):
    """The type allows these activities alone."""
    for term in allowed or [activity("Seule permise")]:
        TermAllowanceFactory(unit_type=unit_type(type_code), term=term)


def reasons(values, before=None, type_code="94.46"):
    asked = Asked("uo", values, before or {}, unit_type(type_code).pk)
    return [reason for _, reason in refused_choices([asked], TODAY)[0]]


def test_each_reason_names_the_term_and_the_type(world):
    chosen = activity("Soins palliatifs")
    values = {"operational_activity": [coded(chosen)]}
    assert reasons(values) == []
    narrow()
    [reason] = reasons(values)
    assert reason.startswith("«\u00a0Soins palliatifs\u00a0» n’est plus permis pour le type «\u00a0")
    assert reasons(values, before=values) == []
    Term.objects.filter(pk=chosen.pk).update(active_until=TODAY)
    [reason] = reasons(values)
    assert "retiré de la nomenclature" in reason
    gone = {"operational_activity": [{"id": 987654321, "label": "Rien"}]}
    assert reasons(gone) == ["«\u00a0Rien\u00a0» n’existe plus."]
    assert reasons({"intervention_communes": [{"id": "99999", "label": "Nulle part"}]}) == [
        "«\u00a0Nulle part\u00a0» n’existe plus."
    ]


def test_the_mode_that_the_type_presets_is_always_allowed(world):
    preset = unit_type("94.46").preset_mode
    TermAllowanceFactory(unit_type=unit_type("94.46"), term=unit_type("95.46"))
    assert reasons({"care_mode": coded(preset)}) == []


def test_many_fiches_cost_as_many_queries_as_one(world, django_assert_max_num_queries):
    values = {"operational_activity": [coded(activity())], "intervention_communes": [{"id": "92050", "label": "N"}]}
    asked = [Asked("uo", values, {}, unit_type(code).pk) for code in ("94.46", "95.46") for _ in range(20)]
    with django_assert_max_num_queries(3):
        refused_choices(asked, TODAY)


def test_a_term_no_more_allowed_is_told_in_review_and_stops_the_publication_until_it_is_corrected(desk, client):
    add_unit(desk, unit_values())
    send_and_take(desk)
    fiche = Fiche.objects.get(dossier=desk.dossier, action="create")
    chosen = next(row for row in fiche.values["operational_activity"] if row["label"] == "Soins palliatifs")
    TermAllowanceFactory(unit_type=unit_type("94.46"), term_id=chosen["id"])
    client.force_login(desk.cast.sesan)
    page = client.get(reverse("collaborative:fiche_review", args=[desk.dossier.pk, fiche.pk]))
    assert "Activités opérationnelles\u00a0: «\u00a0Coordination de parcours\u00a0» n’est plus permis" in page.text
    with pytest.raises(PublicationRefused) as refused:
        validate(desk)
    [line] = refused.value.lines
    assert (line.fiche, line.name) == (fiche, "operational_activity")
    decide_field(
        fiche=fiche,
        part="operational_activity",
        decision=FieldDecision.AMEND,
        values={"operational_activity": [chosen]},
        **desk.who(desk.cast.sesan),
    )
    assert validate(desk).dossier.state == "validated"


def test_a_held_term_is_left_alone(desk):
    held = activity("Hébergement")
    desk.world.act.unit_terms.create(term=held)
    narrow()
    change(desk, desk.world.act, {"operational_activity": [coded(held)], "email": "act@altair.example"})
    send_and_take(desk)
    assert validate(desk).dossier.state == "validated"


def test_a_fiche_is_not_finalised_with_a_term_that_its_type_does_not_allow(desk, client):
    fiche = add_unit(desk, unit_values())
    narrow()
    with pytest.raises(ValidationError) as refused:
        desk.save(fiche, {"name": "ACT Vénus"}, finalise=True)
    assert set(refused.value.message_dict) == {"operational_activity"}
    desk.save(fiche, {"name": "ACT Vénus"})  # it may wait
    fiche.refresh_from_db()
    client.force_login(desk.cast.directeur)
    response = client.post(
        reverse("collaborative:fiche_detail", args=[desk.dossier.pk, fiche.pk]),
        {
            "acte": "finaliser",
            "version": fiche.version,
            "secretariat-secretary_phone": "0199000003",
        },
    )
    assert response.status_code == 422
    assert "n’est plus permis pour le type" in response.text
