"""The action menu: what it offers, its small pages, what they refuse."""

import pytest
from django.urls import reverse

from collaborative.fiches import services as fiche_services
from collaborative.models import Dossier, Fiche
from collaborative.tree import tree_of
from directory.scopes import scope_of
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
    refused = director.get(at(desk, "fiche_remove", world.act))
    assert refused.status_code == 403
    assert "en validation" in refused.content.decode()


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
