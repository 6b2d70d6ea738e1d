"""Where the rest of a partial publication has the records that the directory moved meanwhile; returns out of date."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from collaborative.enums import FicheState, FieldDecision
from collaborative.models import Dossier, FieldReview
from collaborative.review.meanwhile import changes_since
from collaborative.review.services import decide_field
from collaborative.review.standing import standing_of
from collaborative.review.validation import publish_part
from collaborative.services import open_dossier
from directory.enums import ClosureKind
from directory.models import OperationalUnit, RecordChange
from tests.collaborative import conftest
from tests.collaborative.publishing import add_unit, change, remove, send_and_take, unit_values, validate
from tests.collaborative.test_corrections import edit
from tests.collaborative.test_publication_told import publishing
from tests.factories.directory import GeographicEntityFactory, StructureFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Acts of a dossier and of the directory follow each other in the same time."""
    monkeypatch.setattr(conftest.Desk, "tick", lambda self: timezone.now())


@pytest.fixture
def poles(desk, world):
    """A dossier of two poles, with the LAM in the first, that proposes a mail of the ACT and a new unit."""
    first, second = (StructureFactory(geographic_entity=world.eg, name=f"Pôle {rank}") for rank in (1, 2))
    edit(desk, world.lam, by=desk.cast.sesan, structure=first)
    desk.apply("abandon")
    desk.dossier = open_dossier(entity=world.eg, **desk.who(None))
    change(desk, world.act, {"email": "faux@example.org"})
    add_unit(desk, unit_values("Neuve"))
    return first, second


def returned(desk, record, part):
    fiche = desk.fiche(record)
    decide_field(
        fiche=fiche,
        part=part,
        decision=FieldDecision.RETURN,
        reason="À revoir.",
        record_version=fiche.record.version,
        **desk.who(desk.cast.sesan),
    )


def left(desk):
    """Publish all but the ACT; the rest is the dossier from now on."""
    returned(desk, desk.world.act, "email")
    desk.dossier = Dossier.objects.get(pk=publish_part(**publishing(desk), remark="Le reste.").remainder.pk)


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_rest_has_a_unit_where_the_directory_moved_it(desk, world, cast, poles, when):
    first, second = poles
    if when == "before":
        edit(desk, world.lam, by=cast.sesan, structure=second)
    send_and_take(desk)
    if when == "after":
        edit(desk, world.lam, by=cast.sesan, structure=second)
    left(desk)
    assert desk.fiche(world.lam).parent == desk.fiche(second)
    change(desk, world.act, {"email": "juste@example.org"})
    remove(desk, first)
    assert desk.fiche(world.lam).state == FicheState.STANDARD
    send_and_take(desk)
    validate(desk)
    assert not OperationalUnit.objects.get(pk=world.lam.pk).is_closed


def test_the_rest_has_no_fiche_of_a_unit_that_left_the_establishment(desk, world, cast, poles):
    there = GeographicEntityFactory(legal_entity=world.ej)
    send_and_take(desk)
    edit(desk, world.lam, by=cast.sesan, geographic_entity=there, structure=None)
    left(desk)
    named = set(desk.dossier.fiches.values_list("name", flat=True))
    assert named > {world.eg.name, world.act.name, "Pôle 1", "Pôle 2", "Neuve"}
    assert world.lam.name not in named


def test_a_new_unit_and_a_published_move_keep_their_places(desk, world, poles):
    send_and_take(desk)
    left(desk)
    parents = {fiche.name: fiche.parent for fiche in desk.dossier.fiches.select_related("parent")}
    assert parents["Neuve"] == desk.fiche(world.eg)
    assert parents[world.lam.name] == desk.fiche(poles[0])
    assert parents[world.act.name] == desk.fiche(world.eg)


def test_the_return_of_a_place_falls_with_its_conflict(desk, world, cast, client):
    there = GeographicEntityFactory(legal_entity=world.ej)
    change(desk, world.act, {"email": "neuf@example.org"})
    send_and_take(desk)
    edit(desk, world.act, by=cast.sesan, geographic_entity=there)
    returned(desk, world.act, "place")
    assert standing_of(Dossier.objects.get(pk=desk.dossier.pk)).returned_count == 1
    edit(desk, world.act, by=cast.sesan, geographic_entity=world.eg)
    assert standing_of(Dossier.objects.get(pk=desk.dossier.pk)).returned_count == 0
    assert FieldReview.objects.filter(field="place").exists()
    client.force_login(cast.sesan)
    url = reverse("collaborative:dossier_validate", args=[desk.dossier.pk])
    form = client.get(url).context["form"]
    standing = standing_of(Dossier.objects.get(pk=desk.dossier.pk))
    sent = {"acte": "tout", "dossier_version": form["dossier_version"].value(), "sceau": standing.seal}
    assert client.post(url, sent).status_code == 302
    assert Dossier.objects.get(pk=desk.dossier.pk).state == "validated"


def test_nothing_is_published_in_part_when_only_confirmed_fiches_are_left(desk, world, cast):
    change(desk, world.act, {"email": "faux@example.org"})
    send_and_take(desk)
    returned(desk, world.act, "email")
    with pytest.raises(ValidationError, match="Rien d’autre n’est à publier"):
        publish_part(**publishing(desk), remark="Le reste.")


def test_a_change_dated_just_before_the_rest_and_written_after_it_is_known(desk, world, cast, poles):
    send_and_take(desk)
    left(desk)
    fiche = desk.fiche(world.lam)
    edit(desk, world.lam, by=cast.sesan, email="direct@example.org")
    line = RecordChange.objects.get(record_kind="uo", record_id=world.lam.pk, version=fiche.base_version + 1)
    desk.dossier.fiches.update(created_at=line.at + datetime.timedelta(seconds=1))
    fiche.refresh_from_db()
    assert [change.pk for change in changes_since([fiche])[fiche.pk]] == [line.pk]


@pytest.mark.parametrize("kind", [ClosureKind.TEMPORARY, ClosureKind.FINAL])
def test_the_rest_keeps_what_was_closed_above_its_fiches(desk, world, cast, client, kind):
    above = StructureFactory(geographic_entity=world.eg)
    desk.apply("abandon")
    desk.dossier = open_dossier(entity=world.eg, **desk.who(None))
    made = add_unit(desk, unit_values("Neuve"), parent=desk.fiche(above))
    change(desk, world.lam, {"email": "juste@example.org"})
    send_and_take(desk)
    today = timezone.localdate()
    edit(desk, above, by=cast.sesan, status="closed", closure_kind=kind, closed_on=today)
    decide_field(fiche=made, part="name", decision=FieldDecision.RETURN, reason="Lequel ?", **desk.who(cast.sesan))
    desk.dossier = Dossier.objects.get(pk=publish_part(**publishing(desk), remark="Le reste.").remainder.pk)
    made.refresh_from_db()
    assert made.parent == desk.fiche(above)
    client.force_login(cast.directeur)
    for page in ("fiche_detail", "fiche_preview", "fiche_move"):
        assert client.get(reverse(f"collaborative:{page}", args=[desk.dossier.pk, made.pk])).status_code == 200
