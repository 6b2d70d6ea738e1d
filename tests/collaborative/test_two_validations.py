"""Two validations, never of the same person: whoever has sent a dossier in an earlier round does not validate it."""

import importlib
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from accounts.roles import Role
from collaborative.fiches import services as fiche_services
from collaborative.models import Dossier
from tests.collaborative.publishing import change, validate
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(desk, world):
    """Support, who has sent the dossier of ``world.eg`` and taken it back; its director has sent it again."""
    user = UserFactory(username="sesan2", roles=[Role.SUPPORT])
    change(desk, world.act, {"email": "neuf@example.org"})
    desk.apply("send", by=user)
    desk.apply("withdraw", by=user)
    desk.apply("send")
    return user


@pytest.mark.parametrize("act", ["take", "take_over"])
def test_who_sent_it_first_takes_it_no_more_than_who_sent_it_last(desk, cast, both, act):
    if act == "take_over":
        desk.apply("take", by=cast.sesan)
    with pytest.raises(PermissionDenied, match="Vous avez envoyé ce dossier"):
        desk.apply(act, by=both)


def test_nor_does_he_publish_it_when_he_had_taken_it(desk, cast, both, client):
    taken = {"taken_by": both, "taken_at": desk.now}
    Dossier.objects.filter(pk=desk.dossier.pk).update(**taken)
    with pytest.raises(PermissionDenied):
        validate(desk, by=both)
    decided = {"taken_by": None, "taken_at": None, "decided_by": both, "decided_at": desk.now}
    with pytest.raises(IntegrityError, match="dossier_two_validations"), transaction.atomic():
        Dossier.objects.filter(pk=desk.dossier.pk).update(state="validated", **decided)
    client.force_login(both)
    shown = client.get(reverse("collaborative:dossier_review", args=[desk.dossier.pk])).text
    assert "Vous avez envoyé ce dossier" in shown
    queue = client.get(reverse("collaborative:review_queue")).text
    assert f"envoyé par {cast.directeur.short_name} " in queue
    assert "(vous)" not in queue


def test_a_return_and_a_rest_forget_nobody(desk, cast, both, world):
    desk.apply("withdraw")
    change(desk, world.lam, {"email": "lam@example.org"})
    desk.apply("send")
    desk.apply("take", by=cast.sesan)
    rest = validate(desk, fiche_ids={desk.fiche(world.act).pk}, remark="Le LAM plus tard.").remainder
    fiche = rest.fiches.with_records().get(unit=world.lam)
    fiche_services.save_fiche(
        fiche=fiche,
        values={"email": "corrige@example.org"},
        record_version=world.lam.version,
        finalise=True,
        expected_version=fiche.version,
        **desk.who(None),
    )
    desk.apply("send", dossier=rest)
    with pytest.raises(PermissionDenied, match="Vous avez envoyé ce dossier"):
        desk.apply("take", by=both, dossier=rest)
    assert desk.apply("take", by=cast.sesan, dossier=rest).taken_by == cast.sesan


def test_who_wrote_in_it_and_never_sent_it_validates_it(desk, world, cast):
    change(desk, world.act, {"email": "neuf@example.org"}, by=cast.sesan)
    desk.apply("send")
    desk.apply("take", by=cast.sesan)
    assert validate(desk).dossier.state == "validated"


def test_dossiers_sent_before_it_was_kept_are_read_from_their_history(desk, cast, both):
    Dossier.objects.update(senders=[])
    migration = importlib.import_module("collaborative.migrations.0006_dossier_senders")
    migration.kept_so_far(apps, SimpleNamespace(connection=connection))
    assert Dossier.objects.get(pk=desk.dossier.pk).senders == sorted([both.pk, cast.directeur.pk])
