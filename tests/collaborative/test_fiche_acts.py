"""The action menu: what it offers, its small pages, what they refuse."""

import pytest
from django.urls import reverse

from collaborative.fiches import services as fiche_services
from collaborative.fiches.proof import STAMP, stamp_of
from collaborative.models import Dossier, Fiche
from collaborative.tree import fiche_url, tree_of
from collaborative.views.fiche_acts import ADD_STRUCTURE, ADD_UNITS, DUPLICATE, NEVER_OFFERED
from directory.scopes import scope_of
from tests.collaborative.publishing import change, send_and_take, validate
from tests.factories.directory import AssignmentFactory, StructureFactory

pytestmark = pytest.mark.django_db


def labels(desk, record, by=None):
    scope = scope_of(by or desk.cast.directeur)
    tree = tree_of(Dossier.objects.get(pk=desk.dossier.pk), scope)
    return [action.label for action in tree.find(desk.fiche(record).pk).actions]


def at(desk, name, record):
    return reverse(f"collaborative:{name}", args=[desk.dossier.pk, desk.fiche(record).pk])


@pytest.fixture
def director(client, cast):
    client.force_login(cast.directeur)
    return client


def test_the_menu_offers_what_the_service_accepts(desk, world, cast):
    assert labels(desk, world.eg) == ["Créer des unités opérationnelles", "Ajouter une structure", "Supprimer"]
    assert labels(desk, world.lam) == ["Dupliquer", "Supprimer"]
    assert labels(desk, world.lam, by=cast.sesan) == ["Dupliquer", "Déplacer", "Supprimer"]
    desk.save(desk.fiche(world.lam), {"name": "LAM"})
    assert labels(desk, world.lam) == ["Dupliquer", "Revenir au répertoire", "Supprimer"]
    fiche_services.remove_fiche(
        fiche=desk.fiche(world.lam), expected_version=desk.fiche(world.lam).version, **desk.who(None)
    )
    assert labels(desk, world.lam) == ["Rétablir"]
    fiche_services.add_structure(parent=desk.fiche(world.eg), level="S1", **desk.who(None))
    assert labels(desk, world.act) == ["Dupliquer", "Déplacer", "Supprimer"]


def test_a_dossier_en_validation_offers_nothing(desk, world, director):
    fiche_services.remove_fiche(fiche=desk.fiche(world.lam), expected_version=1, **desk.who(None))
    desk.apply("send")
    assert labels(desk, world.eg) == []
    for send in (director.get, director.post):
        told = send(at(desk, "fiche_remove", world.act), follow=True)
        assert told.redirect_chain == [(at(desk, "fiche_detail", world.act), 302)]
        assert "retirez-le de la validation pour le modifier" in told.content.decode()
        assert "Rien n’a été changé" in told.content.decode()


def test_creating_units_asks_how_many(desk, world, director):
    url = at(desk, "units_add", world.eg)
    page = director.get(url).content.decode()
    assert 'value="1"' in page
    assert "Copie de" in page
    for count in ("", "0", "51", "x", "9" * 30):
        refused = director.post(url, {"count": count})
        assert refused.status_code == 422
        assert "Écrivez un nombre de 1 à 50." in refused.content.decode()
    assert director.post(url, {"count": "1", "copy_of": "999999"}).status_code == 422
    made = director.post(url, {"count": "3", "copy_of": str(desk.fiche(world.lam).pk)})
    names = [str(one) for one in Fiche.objects.filter(action="create").order_by("position")]
    assert names == ["LAM Altair (copie 1)", "LAM Altair (copie 2)", "LAM Altair (copie 3)"]
    assert made["Location"].endswith(f"/fiches/{Fiche.objects.filter(action='create').first().pk}/")


def test_a_structure_of_a_level_that_the_place_allows(desk, world, director):
    url = at(desk, "structure_add", world.eg)
    assert director.post(url, {}).status_code == 422
    director.post(url, {"level": "S2"})
    made = Fiche.objects.get(kind="structure")
    below = reverse("collaborative:structure_add", args=[desk.dossier.pk, made.pk])
    page = director.get(below).content.decode()
    assert "Unité fonctionnelle" in page
    assert "S1 – " not in page
    assert director.post(below, {"level": "S1"}).status_code == 422


def test_duplicate_remove_restore_and_reset(desk, world, director):
    director.post(at(desk, "fiche_duplicate", world.lam))
    assert Fiche.objects.get(action="create").name == "LAM Altair (copie)"
    page = director.get(at(desk, "fiche_remove", world.lam)).content.decode()
    assert "fermé définitivement" in page
    lam = desk.fiche(world.lam)
    assert director.post(at(desk, "fiche_remove", world.lam), {"version": "99"}).status_code == 302
    assert not desk.fiche(world.lam).is_removed
    director.post(at(desk, "fiche_remove", world.lam), {"version": lam.version})
    assert desk.fiche(world.lam).is_removed
    director.post(at(desk, "fiche_restore", world.lam), {"version": desk.fiche(world.lam).version})
    assert desk.fiche(world.lam).state == "standard"
    desk.save(desk.fiche(world.lam), {"name": "LAM"})
    director.post(at(desk, "fiche_reset", world.lam), {"version": desk.fiche(world.lam).version})
    assert desk.fiche(world.lam).values == {}


def test_what_went_with_an_establishment_comes_back_below_it(desk, world, director):
    made = fiche_services.add_units(parent=desk.fiche(world.eg), count=3, **desk.who(None))
    top, restore = desk.fiche(world.eg), at(desk, "fiche_restore", world.eg)
    director.post(at(desk, "fiche_remove", world.eg), {"version": top.version})
    count = desk.dossier.fiches.filter(state="removed").count()
    one = desk.fiche(world.lam)
    page = director.post(at(desk, "fiche_restore", world.lam), {"version": one.version}, follow=True).text
    assert f"{count - 2} fiches restent supprimées dans le dossier." in page.replace("\xa0", " ")
    assert "Rétablir ce qui est dessous" in page
    assert "reviennent dans le dossier" in director.get(restore).text
    answer = director.post(restore, {"version": desk.fiche(world.eg).version}, follow=True).text.replace("\xa0", " ")
    assert f"{count - 2} fiches rétablies sous" in answer
    assert "Rétablir ce qui est dessous" not in answer
    assert not desk.dossier.fiches.filter(state="removed").exists()
    assert {fiche.state for fiche in desk.dossier.fiches.filter(pk__in=[one.pk for one in made])} == {"pending"}


def test_moving_within_the_dossier(desk, world, director):
    made = fiche_services.add_structure(parent=desk.fiche(world.eg), level="S1", **desk.who(None))
    url = at(desk, "fiche_move", world.lam)
    assert f'value="fiche:{made.pk}"' in director.get(url).content.decode()
    for place in ("", "fiche:0", "fiche:x", f"eg:{world.other_eg.pk}", "eg:²"):
        assert director.post(url, {"place": place, "version": "1"}).status_code == 422
    assert director.post(url, {"place": f"fiche:{made.pk}", "version": ""}).status_code == 422
    director.post(url, {"place": f"fiche:{made.pk}", "version": desk.fiche(world.lam).version})
    assert (desk.fiche(world.lam).parent, desk.fiche(world.lam).action) == (made, "move")
    director.post(at(desk, "fiche_restore", world.lam), {"version": desk.fiche(world.lam).version})
    assert desk.fiche(world.lam).parent == desk.fiche(world.eg)


def test_moving_to_another_of_my_entities(desk, world, cast, director):
    AssignmentFactory(user=cast.directeur, role="director", geographic_entity=world.other_eg)
    url = at(desk, "fiche_move", world.lam)
    assert "LHSS Bellatrix" in director.get(url).content.decode()
    assert "Aucun autre établissement" in director.get(url, {"q": "zzz"}).content.decode()
    version = desk.fiche(world.lam).version
    director.post(url, {"place": f"eg:{world.other_eg.pk}", "version": version})
    moved = desk.fiche(world.lam)
    assert moved.parent.geographic_entity == world.other_eg
    assert Dossier.objects.about(world.other_eg).get() == desk.dossier


def test_a_refused_move_to_another_entity_keeps_nothing(desk, world, cast):
    who = desk.who(cast.sesan)
    with pytest.raises(fiche_services.StaleFiche):
        fiche_services.move_to_entity(fiche=desk.fiche(world.lam), entity=world.other_eg, expected_version=7, **who)
    assert not Dossier.objects.about(world.other_eg).exists()


def test_a_structure_stays_in_its_establishment_and_above_lower_levels(desk, world):
    StructureFactory(geographic_entity=world.eg)
    made = fiche_services.add_structure(parent=desk.fiche(world.eg), level="S1", **desk.who(None))
    inner = fiche_services.add_structure(parent=made, level="S2", **desk.who(None))
    tree = tree_of(desk.dossier, scope_of(desk.cast.directeur))
    assert "Déplacer" not in [action.label for action in tree.find(made.pk).actions]
    assert "Déplacer" in [action.label for action in tree.find(inner.pk).actions]


LABELS = {"units_add": ADD_UNITS, "structure_add": ADD_STRUCTURE, "fiche_duplicate": DUPLICATE}
ACTS = ("units_add", "structure_add", "fiche_remove", "fiche_move", "fiche_duplicate", "fiche_reset")


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_act_on_a_fiche_removed_meanwhile_leads_to_it_and_says_so(desk, world, director, method):
    structure = fiche_services.add_structure(parent=desk.fiche(world.eg), level="S1", **desk.who(None))
    for fiche in (structure, desk.fiche(world.lam)):
        fiche_services.remove_fiche(fiche=fiche, expected_version=fiche.version, **desk.who(None))
        never = NEVER_OFFERED[fiche.kind]
        for name in ACTS:
            url = reverse(f"collaborative:{name}", args=[desk.dossier.pk, fiche.pk])
            shown = getattr(director, method)(url, follow=True)
            if {"units_add": ADD_UNITS, "structure_add": ADD_STRUCTURE, "fiche_duplicate": DUPLICATE}.get(
                name
            ) in never:
                assert shown.status_code == 404
                continue
            assert shown.redirect_chain == [(fiche_url(fiche), 302)]
            assert "a été supprimée du dossier entre-temps\u00a0: rien n’a été changé." in shown.text
            assert f'href="{reverse("collaborative:dossier_detail", args=[desk.dossier.pk])}"' in shown.text
        fiche.refresh_from_db()
        assert fiche.is_removed


def test_an_act_done_already_says_so_and_a_stranger_learns_nothing(desk, world, director, cast, client):
    url = at(desk, "fiche_restore", world.lam)
    shown = director.post(url, {"version": 1}, follow=True)
    assert "«\u00a0Rétablir\u00a0» ne se fait pas, ou plus, sur la fiche" in shown.text
    client.force_login(cast.stranger)
    assert client.get(url).status_code == 404


def test_what_is_sent_to_a_fiche_that_a_publication_took_elsewhere_leads_there(desk, world, director, cast):
    for record in (world.act, world.lam):
        change(desk, record, {"email": "neuf@example.org"})
    send_and_take(desk)
    left = desk.fiche(world.lam)
    done = validate(desk, fiche_ids={desk.fiche(world.act).pk}, remark="Le LAM plus tard.")
    for name in ("fiche_remove", "fiche_files", "fiche_detail"):
        address = reverse(f"collaborative:{name}", args=[desk.dossier.pk, left.pk])
        data = {"version": left.version, STAMP: stamp_of(left, cast.directeur), "identification-name": "À garder"}
        shown = director.post(address, data, follow=True)
        if name == "fiche_detail":  # what was typed is given back
            assert (shown.status_code, "À garder" in shown.text) == (403, True)
            continue
        left.refresh_from_db()
        assert shown.redirect_chain == [(fiche_url(left), 302)]
        assert "est maintenant dans ce dossier-ci" in shown.text
    assert (left.dossier, left.is_removed) == (done.remainder, False)
