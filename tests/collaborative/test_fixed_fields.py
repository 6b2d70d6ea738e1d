"""A fiche shows discipline and mode locked once its unit is in the directory; a new unit chooses them freely."""

import pytest
from django.urls import reverse

from collaborative.fiches import services as fiche_services
from collaborative.fiches.form import FicheForm
from directory.fixed import WHY_IN_DOSSIER
from directory.scopes import scope_of
from tests.collaborative.publishing import coded, finalise, unit_values
from tests.factories.directory import term

pytestmark = pytest.mark.django_db


def blocks(desk, fiche, data=None):
    form = FicheForm(fiche, scope_of(desk.cast.directeur), data)
    return form.block("identification"), form.block("offre")


def test_an_existing_unit_shows_them_locked_with_what_to_do(desk, client):
    identification, offer = blocks(desk, desk.fiche(desk.world.act))
    assert (set(identification.locked), set(offer.locked)) == ({"discipline"}, {"care_mode"})
    client.force_login(desk.cast.directeur)
    fiche = desk.fiche(desk.world.act)
    page = client.get(reverse("collaborative:fiche_detail", args=[desk.dossier.pk, fiche.pk]))
    assert page.text.count(WHY_IN_DOSSIER) == 2


def test_a_save_without_the_locked_lists_keeps_them(desk, client):
    client.force_login(desk.cast.directeur)
    fiche = desk.fiche(desk.world.act)
    url = reverse("collaborative:fiche_detail", args=[desk.dossier.pk, fiche.pk])
    response = client.post(
        url,
        {
            "acte": "attente",
            "version": fiche.version,
            "version_repertoire": fiche.record.version,
            "identification-name": "ACT renommée",
            "identification-unit_type": desk.world.act.unit_type_id,
            "offre-activity_family": "",
        },
    )
    assert response.status_code == 302
    assert set(desk.fiche(desk.world.act).values) == {"name"}


def test_a_new_unit_changes_them_until_it_is_published(desk):
    [made] = fiche_services.add_units(parent=desk.fiche(desk.world.eg), count=1, **desk.who(None))
    identification, _ = blocks(desk, made)
    assert identification.locked == {}
    finalise(desk, made, unit_values())
    made.refresh_from_db()
    mode = term("care_mode", "01")
    desk.save(made, {"care_mode": coded(mode)})
    made.refresh_from_db()
    assert made.values["care_mode"]["id"] == mode.pk
    assert all(block.locked == {} for block in blocks(desk, made))


def test_a_value_that_the_directory_lacked_stays_to_be_chosen_in_the_dossier(desk):
    act = desk.world.act
    type(act).objects.filter(pk=act.pk).update(care_mode=None)
    desk.save(desk.fiche(act), {"care_mode": coded(term("care_mode", "01"))})
    _, offer = blocks(desk, desk.fiche(act))
    assert offer.locked == {}
