"""Opening, saving fiches, sending: the acts and what they refuse."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from collaborative import services
from collaborative.enums import DossierAct
from collaborative.fiches import services as fiche_services
from collaborative.models import Dossier, Fiche, HeldEntity, Step
from directory.scopes import scope_of
from directory.services import update_record
from tests.collaborative.publishing import another_validator
from tests.factories.directory import term

pytestmark = pytest.mark.django_db


def pairs(dossier):
    return {str(fiche): f"{fiche.action}:{fiche.state}" for fiche in dossier.fiches.all()}


def test_opening_takes_the_records_as_standard_fiches_once(desk, world, cast):
    assert desk.dossier.name == "Peuplement de ACT ALTAIR VESTA"
    assert desk.dossier.fiches.count() == 4
    assert set(pairs(desk.dossier).values()) == {"modify:standard"}
    with pytest.raises(services.AlreadyOpen) as refused:
        services.open_dossier(entity=world.eg, **desk.who(cast.sesan))
    assert refused.value.dossier == desk.dossier
    with pytest.raises(PermissionDenied):
        services.open_dossier(entity=world.other_eg, **desk.who(None))


def test_only_what_differs_is_proposed_and_the_directory_is_untouched(desk, world):
    fiche = desk.fiche(world.act)
    saved = desk.save(fiche, {"name": "ACT Vesta", "email": world.act.email})
    assert (saved.values, saved.base) == ({"name": "ACT Vesta"}, {"name": "ACT ALTAIR VESTA"})
    assert (saved.action, saved.state, saved.name) == ("modify", "pending", "ACT Vesta")
    world.act.refresh_from_db()
    assert world.act.name == "ACT ALTAIR VESTA"
    back = desk.save(fiche, {"name": "ACT ALTAIR VESTA"})
    assert (back.values, back.base) == ({}, {})


def test_what_the_directory_changed_meanwhile_is_left_to_it_unless_touched(desk, world, cast):
    fiche, sesan = desk.fiche(world.act), cast.sesan
    typed_over = fiche.record.version
    update_record(
        record=world.act,
        changes={"email": "neuf@example.org"},
        expected_version=typed_over,
        by=sesan,
        scope=scope_of(sesan),
    )
    saved = fiche_services.save_fiche(
        fiche=fiche,
        values={"name": "ACT Vesta", "email": ""},
        record_version=typed_over,
        finalise=False,
        expected_version=fiche.version,
        **desk.who(None),
    )
    assert saved.values == {"name": "ACT Vesta"}


def test_a_fiche_saved_by_somebody_else_is_refused(desk, world, cast):
    fiche = desk.fiche(world.act)
    desk.save(desk.fiche(world.act), {"name": "A"}, by=cast.sesan)
    with pytest.raises(fiche_services.StaleFiche) as refused:
        fiche_services.save_fiche(
            fiche=fiche, values={"name": "B"}, record_version=1, finalise=False, expected_version=1, **desk.who(None)
        )
    assert refused.value.current.name == "A"


def test_finalising_needs_a_complete_fiche(desk, world):
    [made] = fiche_services.add_units(parent=desk.fiche(world.eg), count=1, **desk.who(None))
    with pytest.raises(ValidationError, match="À compléter"):
        desk.save(made, {"name": "UO"}, finalise=True)
    assert Fiche.objects.get(pk=made.pk).values == {}


def test_the_discipline_and_the_mode_of_a_published_unit_stay(desk, world):
    for name, other in (("discipline", term("discipline", "MCO")), ("care_mode", term("care_mode", "29"))):
        assert other.pk != getattr(world.act, f"{name}_id")
        with pytest.raises(ValidationError, match="Ne change plus une fois l’unité publiée"):
            desk.save(desk.fiche(world.act), {name: {"id": other.pk, "label": other.label}})
    assert desk.fiche(world.act).values == {}


def test_sending_asks_for_two_people(desk, world, cast):
    with pytest.raises(services.StaleDossier):
        desk.apply("send")
    fiche_services.remove_fiche(fiche=desk.fiche(world.lam), expected_version=1, **desk.who(None))
    desk.dossier.refresh_from_db()
    assert (desk.dossier.state, desk.dossier.fiche_count, desk.dossier.done_count) == ("finalised", 1, 1)
    desk.apply("send", by=cast.sesan)
    with pytest.raises(PermissionDenied):
        desk.apply("take", by=cast.sesan)
    with pytest.raises(PermissionDenied):
        desk.apply("take")
    assert desk.apply("withdraw").state == "finalised"
    desk.apply("send")
    with pytest.raises(PermissionDenied):
        desk.apply("take", by=cast.sesan)
    other = another_validator()
    assert desk.apply("take", by=other).taken_by == other
    with pytest.raises(ValidationError):
        desk.apply("return", by=other)
    assert desk.apply("return", by=other, remark="Le téléphone manque.").state == "returned"
    acts = list(Step.objects.filter(dossier=desk.dossier, fiche=None).values_list("act", flat=True))
    assert acts == ["open", "settle", "send", "withdraw", "send", "take", "return"]


def test_removing_and_restoring_a_structure_of_the_tree(desk, world):
    top = desk.fiche(world.eg)
    removed = fiche_services.remove_fiche(fiche=top, expected_version=1, **desk.who(None))
    assert len(removed) == 4
    assert set(pairs(desk.dossier).values()) == {"delete:removed"}
    lam = desk.fiche(world.lam)
    fiche_services.restore_fiche(fiche=lam, expected_version=lam.version, **desk.who(None))
    assert pairs(desk.dossier)["LAM Altair"] == "modify:standard"
    assert [fiche.state for fiche in (desk.fiche(world.eg), desk.fiche(world.act))] == ["standard", "removed"]


def test_a_unit_moves_to_another_entity_of_ones_scope_and_back(desk, world, cast):
    lam = desk.fiche(world.lam)
    with pytest.raises(PermissionDenied):
        fiche_services.join_entity(dossier=desk.dossier, entity=world.other_eg, **desk.who(None))
    there = fiche_services.join_entity(dossier=desk.dossier, entity=world.other_eg, **desk.who(cast.sesan))
    moved = fiche_services.move_fiche(fiche=lam, parent=there, expected_version=1, **desk.who(cast.sesan))
    assert (moved.action, moved.state) == ("move", "finalised")
    with pytest.raises(PermissionDenied):  # the other EG is not his
        desk.save(desk.fiche(world.act), {"name": "A"})
    back = fiche_services.restore_fiche(fiche=moved, expected_version=moved.version, **desk.who(cast.sesan))[0]
    assert (back.parent, back.state) == (desk.fiche(world.eg), "standard")
    # Nothing is proposed in the other EG any more: it is free.
    assert HeldEntity.objects.get().geographic_entity == world.eg
    assert not desk.dossier.fiches.filter(geographic_entity=world.other_eg).exists()
    assert set(pairs(desk.dossier).values()) == {"modify:standard"}


def test_another_entity_stays_held_while_something_is_proposed_there(desk, world, cast):
    who = desk.who(cast.sesan)
    there = fiche_services.join_entity(dossier=desk.dossier, entity=world.other_eg, **who)
    for fiche in (desk.fiche(world.lam), desk.fiche(world.act)):
        fiche_services.move_fiche(fiche=fiche, parent=there, expected_version=1, **who)
    for fiche, held in ((desk.fiche(world.lam), 2), (desk.fiche(world.act), 1)):
        fiche_services.reset_fiche(fiche=fiche, expected_version=fiche.version, **who)
        assert HeldEntity.objects.count() == held


def test_a_moved_unit_that_was_removed_comes_back_where_it_was_moved(desk, world, cast):
    who = desk.who(cast.sesan)
    lam = desk.fiche(world.lam)
    there = fiche_services.join_entity(dossier=desk.dossier, entity=world.other_eg, **who)
    moved = fiche_services.move_fiche(fiche=lam, parent=there, expected_version=1, **who)
    fiche_services.remove_fiche(fiche=moved, expected_version=moved.version, **who)
    lam = desk.fiche(world.lam)
    [back] = fiche_services.restore_fiche(fiche=lam, expected_version=lam.version, **who)
    assert (back.parent, back.action, back.state) == (there, "move", "finalised")
    home = fiche_services.move_fiche(fiche=back, parent=desk.fiche(world.eg), expected_version=back.version, **who)
    assert (home.action, home.state) == ("modify", "standard")


def test_moving_a_unit_where_it_stands_moves_nothing(desk, world):
    lam = desk.fiche(world.lam)
    same = fiche_services.move_fiche(fiche=lam, parent=desk.fiche(world.eg), expected_version=1, **desk.who(None))
    assert (same.action, same.state) == ("modify", "standard")
    desk.dossier.refresh_from_db()
    assert (desk.dossier.state, desk.dossier.fiche_count) == ("draft", 0)


def test_others_do_not_know_of_the_dossier(desk, cast):
    def known(user):
        return Dossier.objects.visible_to(scope_of(user)).exists()

    assert [known(user) for user in (cast.directeur, cast.sesan)] == [True, True]
    assert not any(known(user) for user in (cast.stranger, cast.consultation, cast.responsable, cast.ars, cast.pdses))


def test_abandoning_frees_the_entity(desk, world):
    desk.apply(DossierAct.ABANDON)
    assert services.open_dossier(entity=world.eg, **desk.who(None)).pk != desk.dossier.pk


@pytest.fixture
def new_entity(desk, world):
    """A new EG proposed by ``cast.directeur`` under ``world.ej``."""
    return services.propose_entity(legal_entity=world.ej, entity_name="Halte Altair", **desk.who(None))


def coded(record):
    return {"id": record.pk, "label": str(record)}


def test_a_new_establishment_stays_under_an_ej_of_ones_scope(desk, world, cast, new_entity):
    fiche = new_entity.fiches.get()
    with pytest.raises(ValidationError, match="pas dans votre périmètre"):
        desk.save(fiche, {"legal_entity": coded(world.other_ej)})
    desk.save(fiche, {"legal_entity": coded(world.other_ej)}, by=cast.sesan)
    new_entity.refresh_from_db()
    assert new_entity.legal_entity == world.other_ej


def test_a_number_of_another_establishment_is_refused_when_finalising(desk, world, new_entity):
    fiche = new_entity.fiches.get()
    taken = world.other_eg.finess
    assert taken
    desk.save(fiche, {"finess": taken})
    with pytest.raises(ValidationError, match=f"FINESS {taken}.*déjà celui d’un autre établissement"):
        desk.save(fiche, {"finess": taken}, finalise=True)
