"""UOs without anybody, EGs without UO, référents who are silent: which they are, who sees them."""

import datetime
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from accounts.roles import Role
from availability.models import CurrentFigure
from directory.models import GeographicEntity, OperationalUnit
from directory.orphans import listing, queries
from directory.orphans.kinds import OrphanKind, silent_since
from directory.scopes import scope_of
from tests.factories.accounts import UserFactory
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import (
    AssignmentFactory,
    GeographicEntityFactory,
    RecordChangeFactory,
    RorReferentFactory,
    UnitFactory,
)

NOW = datetime.datetime(2026, 11, 22, 9, tzinfo=datetime.UTC)
MONTH = datetime.timedelta(days=30)
MANAGER, DIRECTOR = Role.AVAILABILITY_MANAGER, Role.DIRECTOR


@pytest.fixture
def region(db):
    """What support sees."""
    return scope_of(UserFactory(username="support", roles=[Role.SUPPORT]))


def names(kind, scope, now=NOW):
    return sorted(queries.orphans(kind, scope, now).values_list("name", flat=True))


def old(**values):
    """An EG created two years ago."""
    entity = GeographicEntityFactory(**values)
    GeographicEntity.objects.filter(pk=entity.pk).update(created_at=NOW - 24 * MONTH)
    return entity


def entering(**values):
    """A unit whose entry of places is open."""
    unit = UnitFactory(**values)
    CurrentFigureFactory(unit=unit)
    return unit


# UOs without a Responsable.


@pytest.mark.django_db
@pytest.mark.parametrize("where", ["unit", "geographic_entity", "legal_entity"])
def test_a_responsable_of_the_unit_or_above_is_enough(region, where):
    unit, alone = entering(name="Suivie"), entering(name="Seule")
    above = {"unit": unit, "geographic_entity": unit.geographic_entity}
    above["legal_entity"] = unit.geographic_entity.legal_entity
    AssignmentFactory(role=MANAGER, **{where: above[where]})
    assert names(OrphanKind.UNIT_ALONE, region) == [alone.name]


@pytest.mark.django_db
def test_a_role_that_ended_or_of_a_closed_account_counts_for_nothing(region):
    unit = entering(name="Seule")
    AssignmentFactory(role=MANAGER, unit=unit, ended=True)
    AssignmentFactory(role=MANAGER, unit=unit, user=UserFactory(is_active=False))
    AssignmentFactory(role=MANAGER, unit=unit, valid_from=NOW.date() + datetime.timedelta(days=1))
    assert names(OrphanKind.UNIT_ALONE, region) == ["Seule"]


@pytest.mark.django_db
def test_a_unit_that_enters_no_places_needs_nobody(region):
    """A CPTS, a unit that support has not opened, one that no grouping takes in: nothing is asked of a Responsable."""
    UnitFactory(name="Jamais ouverte")
    shut = entering(name="Fermée à la saisie")
    CurrentFigure.objects.filter(unit=shut).update(is_open=False)
    entering(name="Ouverte")
    assert names(OrphanKind.UNIT_ALONE, region) == ["Ouverte"]


@pytest.mark.django_db
def test_units_without_a_director_either_come_first(region):
    headed = entering(name="A, dirigée")
    AssignmentFactory(role=DIRECTOR, geographic_entity=headed.geographic_entity)
    entering(name="Z, sans personne")
    asked = listing.Asked()
    lines = list(listing.lines_of(asked.kind, listing.records_asked(asked, region, NOW)))
    assert [(line.name, len(line.contacts)) for line in lines] == [("Z, sans personne", 0), ("A, dirigée", 1)]
    assert lines[1].contacts[0].role == "directeur"


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["closed", "hidden", "closed_for_now"])
def test_records_that_are_not_published_are_no_orphans(region, status):
    below = entering(geographic_entity=GeographicEntityFactory(**{status: True}))
    entering(geographic_entity=below.geographic_entity, **{status: True})
    RorReferentFactory(geographic_entity=old(**{status: True}))
    for kind in OrphanKind:
        assert names(kind, region) == []


# EGs without UO.


@pytest.mark.django_db
def test_an_establishment_needs_a_unit_that_is_not_closed(region):
    GeographicEntityFactory(name="Vide")
    UnitFactory(geographic_entity=GeographicEntityFactory(name="Fermée"), closed=True)
    UnitFactory(geographic_entity=GeographicEntityFactory(name="En préparation"), hidden=True)
    UnitFactory(geographic_entity=GeographicEntityFactory(name="Ouverte"))
    assert names(OrphanKind.ENTITY_EMPTY, region) == ["Fermée", "Vide"]


# Référents who are silent.


@pytest.mark.django_db
def test_somebody_is_silent_only_where_somebody_is(region):
    RorReferentFactory(geographic_entity=old(name="Référent"))
    AssignmentFactory(role=DIRECTOR, legal_entity=old(name="Directeur de l’EJ").legal_entity)
    AssignmentFactory(role=MANAGER, unit=UnitFactory(geographic_entity=old(name="Responsable d’une unité")))
    RorReferentFactory(geographic_entity=GeographicEntityFactory(name="Toute nouvelle"))
    old(name="Personne")
    assert names(OrphanKind.SILENT, region) == ["Directeur de l’EJ", "Responsable d’une unité", "Référent"]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["eg", "uo"])
@pytest.mark.parametrize(
    ("values", "silent"),
    [
        ({"at": NOW - MONTH}, False),
        ({"at": silent_since(NOW)}, False),
        ({"at": silent_since(NOW) - datetime.timedelta(seconds=1)}, True),
        ({"at": NOW - MONTH, "reason": "Import FINESS du 01/11/2026"}, True),
        ({"at": NOW - MONTH, "by": None}, True),
    ],
    ids=["a month ago", "six months ago", "before", "an import", "the system"],
)
def test_a_change_by_a_person_breaks_the_silence(region, kind, values, silent):
    entity = old(name="Suivi")
    RorReferentFactory(geographic_entity=entity)
    unit = UnitFactory(geographic_entity=entity)
    record = entity if kind == "eg" else unit
    RecordChangeFactory(record_kind=kind, record_id=record.pk, **values)
    assert names(OrphanKind.SILENT, region) == (["Suivi"] if silent else [])


@pytest.mark.django_db
def test_stating_places_breaks_the_silence_and_shows(region):
    entity = old(name="Suivi")
    RorReferentFactory(geographic_entity=entity)
    figure = CurrentFigureFactory(unit=UnitFactory(geographic_entity=entity))
    CurrentFigure.objects.filter(pk=figure.pk).update(stated_at=NOW - MONTH)
    assert names(OrphanKind.SILENT, region) == []
    CurrentFigure.objects.filter(pk=figure.pk).update(stated_at=NOW - 8 * MONTH)
    RecordChangeFactory(record_kind="eg", record_id=entity.pk, at=NOW - 9 * MONTH)
    asked = listing.Asked(kind=OrphanKind.SILENT)
    line = next(listing.lines_of(asked.kind, listing.records_asked(asked, region, NOW)))
    assert line.signs == [
        ("Dernière modification", NOW - 9 * MONTH),
        ("Dernière saisie de places", NOW - 8 * MONTH),
    ]
    assert line.contacts == [listing.Contact("Claire Moreau", "claire.moreau@etablissement.example", "référent ROR")]
    assert line.mail_url.startswith("mailto:claire.moreau@etablissement.example?subject=Votre%20")


# Numbers, filters, rights, pages.


@pytest.mark.django_db
def test_numbers_are_those_of_the_lists(region):
    RorReferentFactory(geographic_entity=old(name="Foyer du Lac"))
    entering(name="Unité du Lac")
    entering(geographic_entity=GeographicEntityFactory(nanterre=True))
    for asked in (listing.Asked(), listing.Asked(text="lac"), listing.Asked(department="92")):
        counts = listing.counts(asked, region, NOW)
        for kind in OrphanKind:
            one = listing.Asked(kind=kind, text=asked.text, department=asked.department)
            assert counts[kind] == len(listing.records_asked(one, region, NOW))
    assert listing.counts(listing.Asked(text="lac"), region, NOW) == {
        OrphanKind.UNIT_ALONE: 1,
        OrphanKind.ENTITY_EMPTY: 1,
        OrphanKind.SILENT: 1,
    }


@pytest.mark.django_db
def test_directors_see_their_own(client, cast, world):
    GeographicEntityFactory(legal_entity=world.other_ej, name="Vide, à un autre")
    other = entering(geographic_entity=world.other_eg, name="Seule, à un autre")
    CurrentFigureFactory(unit=world.act_mobile)
    scope = scope_of(cast.directeur)
    assert names(OrphanKind.UNIT_ALONE, scope) == [world.act_mobile.name]
    assert names(OrphanKind.ENTITY_EMPTY, scope) == []
    client.force_login(cast.directeur)
    text = client.get(reverse("directory:orphan_list")).content.decode()
    assert world.act_mobile.name in text
    assert reverse("directory:delegation_add", args=[world.eg.pk]) in text
    assert other.name not in text
    assert reverse("directory:duplicate_list") not in text
    assert "Hauts-de-Seine (92)" in text
    assert "Paris (75)" not in text


@pytest.mark.django_db
def test_a_director_of_one_unit_sees_that_one(world):
    person = UserFactory()
    AssignmentFactory(user=person, role=DIRECTOR, unit=world.act_mobile)
    CurrentFigureFactory(unit=world.act_mobile)
    scope = scope_of(person)
    assert names(OrphanKind.UNIT_ALONE, scope) == [world.act_mobile.name]
    assert names(OrphanKind.ENTITY_EMPTY, scope) == names(OrphanKind.SILENT, scope) == []


@pytest.mark.django_db
def test_the_place_of_a_sensitive_unit_is_not_told(client, cast, world):
    CurrentFigureFactory(unit=world.act_mobile)
    OperationalUnit.objects.filter(pk=world.act_mobile.pk).update(sensitive_unit=True)
    client.force_login(cast.sesan)
    text = client.get(reverse("directory:orphan_list")).content.decode()
    assert world.act_mobile.name in text
    assert "Nanterre" not in text


@pytest.mark.django_db
def test_an_empty_establishment_leads_to_a_dossier(client, cast, world):
    entity = GeographicEntityFactory(legal_entity=world.ej, name="Foyer du Lac")
    client.force_login(cast.sesan)
    text = client.get(reverse("directory:orphan_list") + "?liste=eg-sans-uo").content.decode()
    assert f"{reverse('collaborative:dossier_open')}?eg={entity.pk}" in text


@pytest.mark.django_db
def test_the_file_holds_the_list_and_is_logged(client, cast, world):
    RorReferentFactory(geographic_entity=world.eg)
    GeographicEntity.objects.filter(pk=world.eg.pk).update(created_at=NOW - 24 * MONTH)
    CurrentFigure.objects.filter(stated_at__isnull=False).update(stated_at=NOW - 12 * MONTH)
    client.force_login(cast.sesan)
    response = client.post(reverse("directory:orphan_workbook") + "?liste=referents-silencieux")
    assert "referents-silencieux-" in response["Content-Disposition"]
    with ZipFile(BytesIO(b"".join(response.streaming_content))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert world.eg.name in sheet
    assert "claire.moreau@etablissement.example" in sheet
    assert AuditEntry.objects.filter(action=AuditEntry.Action.EXPORTED, target="Fiches orphelines").exists()


@pytest.mark.django_db
def test_the_home_page_tells_what_waits(client, cast, world):
    for person, shown in (("sesan", True), ("directeur", True), ("responsable", False)):
        client.force_login(getattr(cast, person))
        assert ("orpheline" in client.get("/").content.decode()) is shown


@pytest.mark.django_db
def test_nobody_is_asked_to_write_to_himself(client, cast, world):
    CurrentFigureFactory(unit=world.act_mobile)
    client.force_login(cast.directeur)
    assert cast.directeur.email not in client.get(reverse("directory:orphan_list")).content.decode()
    client.force_login(cast.sesan)
    assert f"mailto:{cast.directeur.email}" in client.get(reverse("directory:orphan_list")).content.decode()
