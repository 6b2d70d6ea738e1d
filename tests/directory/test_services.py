import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.roles import Role
from directory.enums import ClosureKind, PublicationStatus
from directory.history import KINDS
from directory.models import GeographicEntity, LegalEntity, OperationalUnit, Practitioner, RecordChange
from directory.scopes import scope_of
from directory.services import StaleRecord, update_record
from directory.signals import practitioners_changed, units_changed
from tests.factories.directory import (
    GeographicEntityFactory,
    PracticePlaceFactory,
    PractitionerFactory,
    StructureFactory,
    UnitFactory,
    term,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard():
    """What the signals said, in order."""
    said = []

    def on_units(sender, unit_ids, **kwargs):
        said.append(("units", sorted(unit_ids)))

    def on_practitioners(sender, practitioner_ids, **kwargs):
        said.append(("practitioners", sorted(practitioner_ids)))

    units_changed.connect(on_units)
    practitioners_changed.connect(on_practitioners)
    yield said
    units_changed.disconnect(on_units)
    practitioners_changed.disconnect(on_practitioners)


def change(user, record, expected_version=None, **changes):
    return update_record(
        record=record,
        changes=changes,
        expected_version=record.version if expected_version is None else expected_version,
        by=user,
        scope=scope_of(user),
    )


def test_change_writes_version_author_history_and_signal(cast, world, heard):
    line = change(cast.directeur, world.act, admission_conditions="Sur dossier.", installed_places=36)
    act = OperationalUnit.objects.get(pk=world.act.pk)
    assert (act.version, act.updated_by, act.updated_role) == (2, cast.directeur, Role.DIRECTOR)
    assert (line.record_kind, line.record_id, line.version, line.action) == ("uo", act.pk, 2, "changed")
    assert line.changes == {"admission_conditions": ["", "Sur dossier."], "installed_places": [35, 36]}
    assert (line.by, line.role, line.block) == (cast.directeur, Role.DIRECTOR, "")
    assert heard == [("units", [act.pk])]


def test_change_within_one_block_names_it(cast, world):
    assert change(cast.directeur, world.act, pets="Un chat.").block == "conditions"


def test_coded_value_keeps_its_label(cast, world):
    line = change(cast.sesan, world.act, unit_type=None)
    assert set(line.changes["unit_type"][0]) == {"id", "label"}
    assert line.changes["unit_type"][1] is None


def test_nothing_changed_writes_nothing(cast, world, heard):
    assert change(cast.directeur, world.act, installed_places=35) is None
    assert RecordChange.objects.count() == 0
    assert heard == []
    assert OperationalUnit.objects.get(pk=world.act.pk).version == 1


def test_second_save_of_the_same_version_is_refused(cast, world):
    change(cast.directeur, world.act, pets="Un chat.")
    with pytest.raises(StaleRecord) as refused:
        change(cast.sesan, world.act, expected_version=1, pets="Aucun.")
    assert refused.value.current.pets == "Un chat."
    assert OperationalUnit.objects.get(pk=world.act.pk).pets == "Un chat."


@pytest.mark.parametrize("who", ["consultation", "responsable", "stranger", "pdses", "ars", "newcomer"])
def test_others_change_nothing(cast, world, who):
    with pytest.raises(PermissionDenied):
        change(getattr(cast, who), world.act, pets="Aucun.")
    assert RecordChange.objects.count() == 0


@pytest.mark.parametrize("field", ["discipline", "unit_type", "care_mode"])
def test_sensitive_fields_are_for_support(cast, world, field):
    type(world.act).objects.filter(pk=world.act.pk).update(**{field: None})
    world.act.refresh_from_db()
    given = term(field, {"discipline": "MSS", "unit_type": "94.46", "care_mode": "46"}[field])
    with pytest.raises(PermissionDenied):
        change(cast.directeur, world.act, **{field: given})
    assert change(cast.sesan, world.act, **{field: given}) is not None


def test_practitioners_are_for_support(cast, world, heard):
    practitioner = PractitionerFactory()
    with pytest.raises(PermissionDenied):
        change(cast.directeur, practitioner, phone="0199000055")
    change(cast.sesan, practitioner, phone="0199000055")
    assert heard == [("practitioners", [practitioner.pk])]


def test_change_of_an_establishment_tells_its_units(cast, world, heard):
    member = PractitionerFactory(cpts=world.eg)
    change(cast.directeur, world.eg, name="ACT Nouveau")
    units = sorted(unit.pk for unit in (world.act, world.act_mobile, world.lam))
    assert heard == [("units", units), ("practitioners", [member.pk])]
    assert GeographicEntity.objects.get(pk=world.eg.pk).sort_name == "act nouveau"


def test_bad_values_are_refused(cast, world):
    with pytest.raises(ValidationError):
        change(cast.sesan, world.eg, finess="123456789")
    with pytest.raises(ValidationError):
        change(cast.directeur, world.act, min_age_value=160)


def test_moved_unit_keeps_its_identifiers(cast, world):
    OperationalUnit.objects.filter(pk=world.act.pk).update(national_id="11/4242")
    line = change(cast.sesan, world.act, geographic_entity=world.other_eg)
    moved = OperationalUnit.objects.get(pk=world.act.pk)
    assert (line.action, moved.national_id, moved.geographic_entity) == ("moved", "11/4242", world.other_eg)


def test_structure_of_another_establishment_is_refused(cast, world):
    elsewhere = StructureFactory(geographic_entity=world.other_eg, level="S1")
    with pytest.raises(ValidationError):
        change(cast.directeur, world.act, structure=elsewhere)


CLOSURE = {
    "status": PublicationStatus.CLOSED,
    "closure_kind": ClosureKind.FINAL,
    "closed_on": datetime.date(2026, 1, 31),
}


def close(user, record, **more):
    return change(user, record, **{**CLOSURE, **more})


def test_closure_goes_down_the_tree(cast, world, heard):
    pole = StructureFactory(geographic_entity=world.eg, level="S1")
    earlier = UnitFactory(geographic_entity=world.eg, closed=True)
    line = close(cast.sesan, world.ej)
    assert line.action == "closed"
    for record in (world.eg, pole, world.act, world.act_mobile, world.lam):
        record.refresh_from_db()
        assert (record.status, record.closure_kind, record.closed_on) == tuple(CLOSURE.values())
        assert record.version == 2
        below = RecordChange.objects.get(record_id=record.pk, record_kind=KINDS[type(record)], version=2)
        assert below.changes["status"] == ["published", "closed"]
        assert "Association Altair Vesta" in below.reason
    earlier.refresh_from_db()
    assert (earlier.closed_on, earlier.version) == (datetime.date(2025, 6, 30), 1)
    world.lhss.refresh_from_db()
    assert world.lhss.is_published
    assert len(heard) == 1
    assert set(heard[0][1]) >= {world.act.pk, world.lam.pk}


def test_structure_closes_what_it_holds_and_no_more(cast, world):
    pole = StructureFactory(geographic_entity=world.eg, level="S1")
    service = StructureFactory(geographic_entity=world.eg, level="S2", parent=pole)
    inside = UnitFactory(geographic_entity=world.eg, structure=service)
    close(cast.directeur, pole)
    for record in (service, inside):
        record.refresh_from_db()
        assert record.is_closed
    world.act.refresh_from_db()
    assert world.act.is_published


def test_reopening_resets_dates_and_brings_back_what_it_had_closed(cast, world):
    hidden = UnitFactory(geographic_entity=world.eg, hidden=True)
    earlier = UnitFactory(geographic_entity=world.eg, closed=True)
    close(cast.sesan, world.eg, closure_kind=ClosureKind.TEMPORARY, reopens_on=datetime.date(2030, 1, 1))
    world.eg.refresh_from_db()
    line = change(cast.sesan, world.eg, status=PublicationStatus.PUBLISHED)
    assert line.action == "reopened"
    for record, status in ((world.eg, "published"), (world.act, "published"), (hidden, "hidden"), (earlier, "closed")):
        record.refresh_from_db()
        assert record.status == status
        assert (record.closed_on is None) == (status != "closed")
        assert record.reopens_on is None


def test_what_was_closed_the_same_day_for_its_own_reason_stays_closed(cast, world):
    close(cast.sesan, world.act, closure_kind=ClosureKind.TEMPORARY)
    close(cast.sesan, world.eg, closure_kind=ClosureKind.TEMPORARY)
    world.eg.refresh_from_db()
    change(cast.sesan, world.eg, status=PublicationStatus.PUBLISHED)
    for record, status in ((world.eg, "published"), (world.lam, "published"), (world.act, "closed")):
        record.refresh_from_db()
        assert record.status == status


def test_unit_does_not_reopen_below_a_closed_establishment(cast, world):
    close(cast.sesan, world.eg)
    world.act.refresh_from_db()
    with pytest.raises(ValidationError, match="rouvrez-le"):
        change(cast.sesan, world.act, status=PublicationStatus.PUBLISHED)


@pytest.mark.parametrize(
    "wrong",
    [
        {"closed_on": None},
        {"closure_kind": ""},
        {"reopens_on": datetime.date(2030, 1, 1)},
        {"closure_kind": ClosureKind.TEMPORARY, "reopens_on": datetime.date(2020, 1, 1)},
    ],
)
def test_closure_has_a_type_and_a_date_and_reopens_after_a_temporary_one(cast, world, wrong):
    with pytest.raises(ValidationError):
        close(cast.sesan, world.act, **wrong)


def raw_update(rows):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE directory_recordchange SET reason = 'x' WHERE id = %s", [rows.get().pk])


@pytest.mark.parametrize("write", [lambda rows: rows.update(reason="autre"), lambda rows: rows.delete(), raw_update])
def test_history_is_only_added_to(cast, world, write):
    line = change(cast.directeur, world.act, pets="Un chat.")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        write(RecordChange.objects.filter(pk=line.pk))


@pytest.mark.parametrize(
    ("model", "record", "values"),
    [
        (LegalEntity, "ej", {"finess": "920012346"}),
        (LegalEntity, "ej", {"siren": "881239439"}),
        (LegalEntity, "ej", {"finess": "", "siren": ""}),
        (GeographicEntity, "eg", {"finess": "92001234"}),
        (GeographicEntity, "eg", {"finess": "9200A2345"}),
        (GeographicEntity, "eg", {"siret": "88123943800017"}),
        (GeographicEntity, "eg", {"siret": "8812394380001X"}),
        (GeographicEntity, "eg", {"postal_code": "9200"}),
        (GeographicEntity, "eg", {"lat": None}),
        (OperationalUnit, "act", {"min_age_days": 60000}),
        (OperationalUnit, "act", {"sex": "x"}),
        (OperationalUnit, "act", {"status": "closed"}),
        (OperationalUnit, "act", {"closed_on": datetime.date(2026, 1, 1)}),
    ],
)
def test_the_database_itself_refuses_wrong_values(world, model, record, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.filter(pk=getattr(world, record).pk).update(**values)


def test_the_database_itself_refuses_a_wrong_rpps(db):
    practitioner = PractitionerFactory()
    wrong = practitioner.rpps[:-1] + str((int(practitioner.rpps[-1]) + 1) % 10)
    with pytest.raises(IntegrityError), transaction.atomic():
        Practitioner.objects.filter(pk=practitioner.pk).update(rpps=wrong)


def test_finess_is_unique_and_siret_only_without_finess(world):
    with pytest.raises(IntegrityError), transaction.atomic():
        GeographicEntity.objects.filter(pk=world.other_eg.pk).update(finess=world.eg.finess)
    GeographicEntity.objects.filter(pk__in=[world.eg.pk, world.other_eg.pk]).update(siret="88123943800016")
    with pytest.raises(IntegrityError), transaction.atomic():
        GeographicEntity.objects.filter(pk__in=[world.eg.pk, world.other_eg.pk]).update(finess="")


@pytest.mark.parametrize("link", ["place", "cpts"])
@pytest.mark.parametrize("level", ["eg", "ej"])
def test_practitioners_of_an_establishment_without_units_follow_it(cast, heard, level, link):
    eg = GeographicEntityFactory()
    person = PractitionerFactory(cpts=eg if link == "cpts" else None)
    if link == "place":
        PracticePlaceFactory(practitioner=person, geographic_entity=eg, commune=None)
    PractitionerFactory()
    change(cast.sesan, eg if level == "eg" else eg.legal_entity, status=PublicationStatus.HIDDEN)
    assert heard == [("practitioners", [person.pk])]


@pytest.mark.parametrize("field", ["finess", "siret"])
def test_a_number_that_was_another_establishment_s_is_refused_before_writing(cast, world, field):
    """The first one keeps its national identifier when its number changes; it cannot be given twice."""
    first = GeographicEntityFactory(only_siret=True) if field == "siret" else world.eg
    number = getattr(first, field)
    GeographicEntity.objects.filter(pk=first.pk).update(**{field: ""})
    second = GeographicEntityFactory(finess="", siret="", national_id="")
    with pytest.raises(ValidationError) as refused:
        change(cast.sesan, second, **{field: number})
    assert number in refused.value.messages[0]
    assert "autre établissement" in refused.value.messages[0]
    GeographicEntity.objects.filter(pk=first.pk).update(national_id="")
    change(cast.sesan, second, **{field: number})
    assert GeographicEntity.objects.get(pk=second.pk).national_id == ("3" if field == "siret" else "1") + number
