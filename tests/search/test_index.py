"""The documents follow every write: what a few refreshes leave is what a rebuild gives."""

import datetime
import random

import pytest
from django.core.management import call_command
from django.utils import timezone

from availability.models import CurrentFigure
from availability.signals import figures_changed
from directory.enums import ClosureKind, Nomenclature, PublicationStatus
from directory.models import InterventionArea, OperationalUnit, PracticePlace, Practitioner, UnitTerm
from directory.signals import practitioners_changed, units_changed
from search.indexing import index
from search.models import SearchDocument, TermKey
from tests.factories.availability import CurrentFigureFactory, GroupingFactory
from tests.factories.directory import (
    ACT,
    GeographicEntityFactory,
    PracticePlaceFactory,
    PractitionerFactory,
    TermFactory,
    UnitFactory,
    commune,
    term,
    unit_type,
)

pytestmark = pytest.mark.django_db
FIELDS = [field.attname for field in SearchDocument._meta.fields if field.attname != "id"]


def documents() -> list[tuple]:
    rows = SearchDocument.objects.order_by("kind", "unit_id", "practitioner_id").values_list(*FIELDS)
    return [tuple(tuple(value) if isinstance(value, list) else value for value in row) for row in rows]


def send_units(*units):
    units_changed.send(sender=OperationalUnit, unit_ids=[unit.pk for unit in units])


def document_of(unit) -> SearchDocument:
    return SearchDocument.objects.get(unit=unit)


def test_a_unit_has_a_document_with_its_place_names_terms_and_figure():
    eg = GeographicEntityFactory(name="Les Quais", nanterre=True)
    activity = TermFactory(label="Addictologie", synonyms=["addicto"])
    unit = UnitFactory(geographic_entity=eg, terms=[activity], area=["75110"])
    figure = CurrentFigureFactory(unit=unit)
    GroupingFactory(rhythm=figure.rhythm).unit_types.add(unit.unit_type)
    send_units(unit)
    found = document_of(unit)
    assert (found.group_id, found.department_code, found.commune_insee) == (eg.pk, "92", "92050")
    assert (found.lat, found.lon) == (eg.lat, eg.lon)
    assert (found.name, found.entity_name, found.type_label) == (unit.name, "Les Quais", unit.unit_type.label)
    assert {activity.pk, unit.unit_type_id, unit.unit_type.parent_id, unit.unit_type.parent.parent_id} <= set(
        found.term_ids
    )
    assert (found.figure, found.stated_at, found.is_open) == (8, figure.stated_at, True)
    assert eg.finess in found.identifiers
    assert found.territory == ["75056", "75110"]
    assert not found.hides_place
    assert not found.goes_to_person


def test_paris_as_territory_serves_every_arrondissement():
    commune("75110")
    commune("75119")
    unit = UnitFactory(area=["75056"], act_mobile=True)
    send_units(unit)
    assert document_of(unit).territory == ["75056", "75110", "75119"]
    assert document_of(unit).goes_to_person


@pytest.mark.parametrize("trait", ["hidden", "closed", "closed_for_now"])
@pytest.mark.parametrize("level", ["unit", "eg", "ej"])
def test_hidden_and_closed_records_have_no_document(trait, level):
    unit = UnitFactory()
    send_units(unit)
    assert SearchDocument.objects.filter(unit=unit).exists()
    record = {
        "unit": unit,
        "eg": unit.geographic_entity,
        "ej": unit.geographic_entity.legal_entity,
    }[level]
    values = {
        "hidden": {"status": PublicationStatus.HIDDEN},
        "closed": {"status": "closed", "closure_kind": ClosureKind.FINAL, "closed_on": "2025-06-30"},
        "closed_for_now": {"status": "closed", "closure_kind": ClosureKind.TEMPORARY, "closed_on": "2025-06-30"},
    }[trait]
    type(record).objects.filter(pk=record.pk).update(**values)
    send_units(unit)
    assert not SearchDocument.objects.filter(unit=unit).exists()


def test_one_sensitive_unit_hides_the_place_of_all_those_of_its_establishment():
    eg = GeographicEntityFactory()
    first, second = UnitFactory(geographic_entity=eg), UnitFactory(geographic_entity=eg)
    person = PractitionerFactory()
    PracticePlaceFactory(practitioner=person, geographic_entity=eg, commune=None)
    elsewhere = UnitFactory()
    index.rebuild_all()
    OperationalUnit.objects.filter(pk=second.pk).update(sensitive_unit=True)
    send_units(second)
    assert document_of(first).hides_place
    assert document_of(second).hides_place
    assert SearchDocument.objects.get(practitioner=person).hides_place
    assert not document_of(elsewhere).hides_place
    OperationalUnit.objects.filter(pk=second.pk).update(geographic_entity=elsewhere.geographic_entity)
    send_units(second)
    assert not document_of(first).hides_place
    assert document_of(elsewhere).hides_place


def test_a_unit_with_an_address_of_its_own_is_placed_there():
    unit = UnitFactory()
    index.rebuild_all()
    assert not document_of(unit).has_own_place
    town = commune("78646")
    OperationalUnit.objects.filter(pk=unit.pk).update(commune=town)
    send_units(unit)
    document = document_of(unit)
    assert (document.has_own_place, document.commune_insee, document.department_code) == (True, "78646", "78")
    assert (document.lat, document.lon) == (town.lat, town.lon), "without a point, the centre of its commune"
    OperationalUnit.objects.filter(pk=unit.pk).update(lat=48.81, lon=2.14, position_source="manual")
    send_units(unit)
    assert (document_of(unit).lat, document_of(unit).lon) == (48.81, 2.14)


@pytest.mark.parametrize("trait", ["hidden", "closed"])
def test_a_hidden_or_closed_sensitive_unit_still_hides_the_place(trait):
    eg = GeographicEntityFactory()
    unit = UnitFactory(geographic_entity=eg)
    UnitFactory(geographic_entity=eg, sensitive=True, **{trait: True})
    person = PractitionerFactory()
    PracticePlaceFactory(practitioner=person, geographic_entity=eg, commune=None)
    index.rebuild_all()
    assert document_of(unit).hides_place
    assert SearchDocument.objects.get(practitioner=person).hides_place


@pytest.mark.parametrize("trait", ["hidden", "closed"])
@pytest.mark.parametrize("level", ["eg", "ej"])
def test_a_practitioner_is_not_placed_in_a_hidden_or_closed_establishment(trait, level):
    person = PractitionerFactory()
    place = PracticePlaceFactory(
        practitioner=person, geographic_entity=GeographicEntityFactory(), commune=None, phone="0199000055"
    )
    record = place.geographic_entity if level == "eg" else place.geographic_entity.legal_entity
    closure = {"closure_kind": ClosureKind.FINAL, "closed_on": "2025-06-30"} if trait == "closed" else {}
    type(record).objects.filter(pk=record.pk).update(status=trait, **closure)
    practitioners_changed.send(sender=Practitioner, practitioner_ids=[person.pk])
    found = SearchDocument.objects.get(practitioner=person)
    assert (found.department_code, found.commune_insee, found.lat, found.lon) == ("", "", None, None)
    assert found.geographic_entity_id is None
    assert "0199000055" not in found.identifiers


def test_very_restricted_contacts_stay_out_of_the_index():
    unit = UnitFactory(contact_confidentiality="very_restricted", medical_phone="0199000077")
    send_units(unit)
    found = document_of(unit)
    assert found.phone == unit.geographic_entity.phone
    assert "0199000077" not in found.identifiers


def test_a_figure_updates_its_document_alone():
    figure = CurrentFigureFactory()
    index.rebuild_all()
    CurrentFigure.objects.filter(pk=figure.pk).update(figure=3, version=2)
    figures_changed.send(sender=CurrentFigure, unit_ids=[figure.pk])
    assert document_of(figure.unit).figure == 3


def test_a_term_saved_changes_its_spellings_and_its_documents():
    activity = TermFactory(label="Ancien libellé", synonyms=["AL"])
    unit = UnitFactory(terms=[activity])
    index.rebuild_all()
    activity.label, activity.synonyms = "Nouveau libellé", ["NL", "neuf"]
    activity.save()
    assert set(TermKey.objects.filter(term=activity).values_list("key", "is_acronym")) == {
        ("nouveau libelle", False),
        ("nl", True),
        ("neuf", False),
    }
    assert "nouveau" in document_of(unit).text
    incremental = documents()
    index.rebuild_all()
    assert documents() == incremental


def test_acronyms_come_from_synonyms_and_from_parentheses():
    unit_type(ACT)
    index.rebuild_all()
    keys = dict(TermKey.objects.filter(term__code=ACT).values_list("key", "is_acronym"))
    assert keys["act"] is True
    assert keys["appartement de coordination therapeutique hebergement"] is False


def test_rebuild_if_needed_does_nothing_when_the_index_is_complete(capsys):
    unit = UnitFactory()
    call_command("rebuild_search", "--if-needed")
    assert "1 unités, 0 professionnels" in capsys.readouterr().out
    call_command("rebuild_search", "--if-needed")
    assert capsys.readouterr().out == ""
    assert document_of(unit)


class Writer:
    """Random writes of every kind, each followed by the signal that its service would send."""

    def __init__(self, seed: int):
        self.draw = random.Random(seed)
        self.terms = [TermFactory() for _ in range(4)]
        self.units = [UnitFactory(area=["75110"]) for _ in range(3)]
        self.people = [PractitionerFactory() for _ in range(2)]
        for person in self.people:
            PracticePlaceFactory(practitioner=person, geographic_entity=self.units[0].geographic_entity, commune=None)
        index.rebuild_all()

    def step(self) -> None:
        self.draw.choice(
            [
                *(self.add, self.rename, self.move, self.retype, self.serve, self.hide, self.state, self.person),
                *(self.mark, self.stand_apart),
            ]
        )()

    def unit(self) -> OperationalUnit:
        return self.draw.choice(self.units)

    def change(self, record, units, **values) -> None:
        type(record).objects.filter(pk=record.pk).update(**values)
        record.refresh_from_db()
        send_units(*units)

    def add(self) -> None:
        unit = UnitFactory(geographic_entity=self.unit().geographic_entity, lhss=self.draw.random() < 0.5)
        self.units.append(unit)
        send_units(unit)

    def rename(self) -> None:
        eg = self.unit().geographic_entity
        self.change(eg, eg.units.all(), name=f"Maison {self.draw.randint(0, 99)}", phone="0199000099")

    def move(self) -> None:
        unit = self.unit()
        self.change(unit, [unit], geographic_entity=self.unit().geographic_entity)

    def retype(self) -> None:
        unit = self.unit()
        UnitTerm.objects.get_or_create(unit=unit, term=self.draw.choice(self.terms))
        self.change(unit, [unit], care_mode=term(Nomenclature.CARE_MODE, self.draw.choice(["46", "59"])))

    def serve(self) -> None:
        unit = self.unit()
        InterventionArea.objects.get_or_create(
            unit=unit, commune=commune(self.draw.choice(["75056", "92050", "75119"]))
        )
        send_units(unit)

    def hide(self) -> None:
        record = self.draw.choice([self.unit(), self.unit().geographic_entity])
        units = record.units.all() if hasattr(record, "units") else [record]
        hidden = record.status == PublicationStatus.HIDDEN
        self.change(record, units, status=PublicationStatus.PUBLISHED if hidden else PublicationStatus.HIDDEN)

    def stand_apart(self) -> None:
        unit = self.unit()
        town = self.draw.choice([None, "92050", "75119"])
        point = None if town is None else 48.5 + self.draw.random()
        source = "" if town is None else "manual"
        town = town and commune(town)
        self.change(unit, [unit], commune=town, lat=point, lon=point and 2.3, position_source=source)

    def mark(self) -> None:
        unit = self.unit()
        self.change(unit, [unit], sensitive_unit=not unit.sensitive_unit)

    def state(self) -> None:
        unit = self.unit()
        stated = timezone.now() - datetime.timedelta(hours=self.draw.randint(0, 900))
        values = {
            "rhythm": datetime.timedelta(days=7),
            "figure": self.draw.randint(0, 9),
            "version": 1,
            "stated_at": stated,
            "confirmed_at": stated,
            "expires_at": stated + datetime.timedelta(days=21),
            "is_open": self.draw.random() < 0.8,
        }
        CurrentFigure.objects.update_or_create(unit=unit, defaults=values)
        figures_changed.send(sender=CurrentFigure, unit_ids=[unit.pk])

    def person(self) -> None:
        person = self.draw.choice(self.people)
        Practitioner.objects.filter(pk=person.pk).update(last_name=f"Martin {self.draw.randint(0, 99)}")
        PracticePlace.objects.filter(practitioner=person).update(geographic_entity=self.unit().geographic_entity)
        practitioners_changed.send(sender=Practitioner, practitioner_ids=[person.pk])


@pytest.mark.parametrize("seed", range(6))
def test_incremental_is_the_same_as_rebuilt(seed):
    writer = Writer(seed)
    for _ in range(25):
        writer.step()
    incremental = documents()
    SearchDocument.objects.all().delete()
    index.rebuild_all()
    assert incremental == documents()
    assert len(incremental) >= 2
