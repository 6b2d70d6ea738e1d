import datetime
import functools

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.roles import Role
from common.identifiers import luhn_key
from common.text import place_key
from directory.enums import ClosureKind, Nomenclature, PositionSource, PublicationStatus, ScopeKind, StructureLevel
from directory.models import (
    Assignment,
    Attachment,
    Commune,
    Department,
    GeographicEntity,
    HoursException,
    InterventionArea,
    LegalEntity,
    OperationalUnit,
    PracticePlace,
    Practitioner,
    RecordChange,
    RorReferent,
    Structure,
    Term,
    TermAllowance,
    UnitTerm,
    WeeklyHours,
)
from directory.reference.files import read_communes, read_terms

from .accounts import UserFactory

LONG_AGO = datetime.date(2024, 1, 1)
ACT, ACT_MOBILE, LAM, LHSS, LHSS_DAY, EMSP, CPTS = "94.46", "94.59", "95.46", "93.46", "93.47", "142.59", "255.58"
RESUSCITATION, PSYCHIATRY, SMR, EHPAD, MAS = "121.28", "174.28", "100.28", "21.46", "40.46"


def keyed(digits: str) -> str:
    """``digits`` with their Luhn key."""
    return digits + luhn_key(digits)


@functools.cache
def _term_rows():
    return {(row.nomenclature, row.code): row for row in read_terms()}


_TERMS = Term.objects.select_related("parent__parent", "preset_mode")  # what a unit takes from its type


def term(nomenclature: str, code: str) -> Term:
    """The term of the starter nomenclature, got or made with its parents: ``term("unit_type", "94.46")``."""
    found = _TERMS.filter(nomenclature=nomenclature, code=code).first()
    if found:
        return found
    row = _term_rows()[nomenclature, code]
    parent = None
    if row.parent:
        same_list = (nomenclature, row.parent) in _term_rows()
        parent = term(nomenclature if same_list else Nomenclature.DISCIPLINE, row.parent)
    mode = code.partition(".")[2][:2] if nomenclature == Nomenclature.UNIT_TYPE else ""
    return Term.objects.create(
        nomenclature=nomenclature,
        code=code,
        label=row.label,
        parent=parent,
        synonyms=list(row.synonyms),
        preset_mode=term(Nomenclature.CARE_MODE, mode) if mode else None,
    )


def unit_type(code: str) -> Term:
    """A type d'UO of the starter nomenclature: ``unit_type("94.46")``."""
    return term(Nomenclature.UNIT_TYPE, code)


def discipline_of(type_term: Term | None) -> Term | None:
    """The grand groupe de disciplines above a type d'UO."""
    while type_term is not None and type_term.nomenclature != Nomenclature.DISCIPLINE:
        type_term = type_term.parent
    return type_term


def commune(insee: str) -> Commune:
    """The commune of the INSEE list, got or made with its department: ``commune("75110")`` is Paris 10."""
    found = Commune.objects.filter(insee=insee).first()
    if found:
        return found
    row = next(row for row in read_communes() if row.insee == insee)
    return Commune.objects.create(
        insee=row.insee,
        name=row.name,
        list_name=row.list_name,
        key=place_key(row.list_name),
        department=department(row.department),
        parent=commune(row.parent) if row.parent else None,
        postal_codes=list(row.postal_codes),
        population=row.population,
        lat=row.lat,
        lon=row.lon,
    )


def department(code: str) -> Department:
    """A department of Île-de-France, got or made, without its outline."""
    names = {
        "75": "Paris",
        "77": "Seine-et-Marne",
        "78": "Yvelines",
        "91": "Essonne",
        "92": "Hauts-de-Seine",
        "93": "Seine-Saint-Denis",
        "94": "Val-de-Marne",
        "95": "Val-d'Oise",
    }
    defaults = {
        "name": names[code],
        "region_code": "11",
        "region_name": "Île-de-France",
        "order": sorted(names).index(code) + 1,
    }
    return Department.objects.get_or_create(code=code, defaults=defaults)[0]


class TermFactory(DjangoModelFactory):
    """A term made up for the test; for those of the starter nomenclature use ``term(list, code)``."""

    class Meta:
        model = Term
        django_get_or_create = ("nomenclature", "code")

    nomenclature = Nomenclature.OPERATIONAL_ACTIVITY
    code = factory.Sequence(lambda n: f"T{n:04}")
    label = factory.LazyAttribute(lambda o: f"Terme {o.code}")

    class Params:
        retired = factory.Trait(active_until=LONG_AGO)


class TermAllowanceFactory(DjangoModelFactory):
    class Meta:
        model = TermAllowance

    unit_type = factory.LazyFunction(lambda: unit_type(ACT))
    term = factory.SubFactory(TermFactory)


class RecordFactory(DjangoModelFactory):
    """What records with a publication status share: traits ``closed``, ``closed_for_now`` and ``hidden``."""

    class Meta:
        abstract = True

    class Params:
        hidden = factory.Trait(status=PublicationStatus.HIDDEN)
        closed = factory.Trait(
            status=PublicationStatus.CLOSED, closure_kind=ClosureKind.FINAL, closed_on=datetime.date(2025, 6, 30)
        )
        closed_for_now = factory.Trait(
            status=PublicationStatus.CLOSED,
            closure_kind=ClosureKind.TEMPORARY,
            closed_on=datetime.date(2026, 6, 30),
            reopens_on=datetime.date(2099, 1, 1),
        )


class LegalEntityFactory(RecordFactory):
    class Meta:
        model = LegalEntity

    name = factory.Sequence(lambda n: f"Association Exemple {n}")
    finess = factory.Sequence(lambda n: keyed(f"7599{n:04}"))
    siren = factory.Sequence(lambda n: keyed(f"9900{n:04}"))


class GeographicEntityFactory(RecordFactory):
    """An establishment in Paris 10 unless ``commune`` or the trait ``nanterre`` says otherwise."""

    class Meta:
        model = GeographicEntity

    legal_entity = factory.SubFactory(LegalEntityFactory)
    name = factory.Sequence(lambda n: f"Établissement Exemple n{n}")
    finess = factory.Sequence(lambda n: keyed(f"7598{n:04}"))
    national_id = factory.LazyAttribute(lambda o: f"1{o.finess}" if o.finess else "")
    commune = factory.LazyFunction(lambda: commune("75110"))
    street_number = "10"
    street_name = "rue des Lilas"
    postal_code = factory.LazyAttribute(lambda o: o.commune.first_postal_code)
    lat = factory.LazyAttribute(lambda o: o.commune.lat)
    lon = factory.LazyAttribute(lambda o: o.commune.lon)
    position_source = PositionSource.ADDRESS
    phone = "0199000001"

    class Params:
        nanterre = factory.Trait(commune=factory.LazyFunction(lambda: commune("92050")))
        nowhere = factory.Trait(lat=None, lon=None, position_source="")
        only_siret = factory.Trait(
            finess="",
            siret=factory.Sequence(lambda n: keyed(f"99000000{n:05}")),
            national_id=factory.LazyAttribute(lambda o: f"3{o.siret}"),
        )


class RorReferentFactory(DjangoModelFactory):
    class Meta:
        model = RorReferent

    geographic_entity = factory.SubFactory(GeographicEntityFactory)
    position = 1
    name = "Claire Moreau"
    email = "claire.moreau@etablissement.example"


class StructureFactory(RecordFactory):
    class Meta:
        model = Structure

    geographic_entity = factory.SubFactory(GeographicEntityFactory)
    level = StructureLevel.S1
    name = factory.Sequence(lambda n: f"Pôle {n}")

    class Params:
        second_level = factory.Trait(level=StructureLevel.S2)
        functional = factory.Trait(level=StructureLevel.UF)


def _of_type(code: str, **values):
    return factory.Trait(unit_type=factory.LazyFunction(lambda: unit_type(code)), **values)


class UnitFactory(RecordFactory):
    """An ACT unit of 35 places unless a trait says otherwise. Coded offer: ``terms=[term(...)]``; territory:
    ``area=["92050"]``. ``mobile`` is an EMSP that serves Paris 10 and Nanterre.
    """

    class Meta:
        model = OperationalUnit
        skip_postgeneration_save = True

    geographic_entity = factory.SubFactory(GeographicEntityFactory)
    name = factory.Sequence(lambda n: f"Unité Exemple n{n}")
    unit_type = factory.LazyFunction(lambda: unit_type(ACT))
    discipline = factory.LazyAttribute(lambda o: discipline_of(o.unit_type))
    care_mode = factory.LazyAttribute(lambda o: o.unit_type.preset_mode if o.unit_type else None)
    installed_places = 35
    medical_phone = "0199000002"

    class Params:
        act = _of_type(ACT)
        act_mobile = _of_type(ACT_MOBILE, installed_places=12)
        lam = _of_type(LAM, installed_places=20)
        lhss = _of_type(LHSS, installed_places=24)
        lhss_day = _of_type(LHSS_DAY, installed_places=15)
        mobile = _of_type(EMSP, installed_places=None)
        cpts = _of_type(CPTS, installed_places=None)
        resuscitation = _of_type(RESUSCITATION, installed_places=14, capacity_kind="bed")
        psychiatry = _of_type(PSYCHIATRY, installed_places=25, capacity_kind="bed")
        smr = _of_type(SMR, installed_places=40, capacity_kind="bed")
        ehpad = _of_type(EHPAD, installed_places=80, min_age_value=60)
        mas = _of_type(MAS, installed_places=40, min_age_value=18)
        children = factory.Trait(max_age_value=17)
        adults = factory.Trait(min_age_value=18)
        sensitive = factory.Trait(sensitive_unit=True)

    @factory.post_generation
    def terms(self, create, extracted, **kwargs):
        for chosen in extracted or ():
            UnitTermFactory(unit=self, term=chosen)

    @factory.post_generation
    def area(self, create, extracted, **kwargs):
        mobile = self.unit_type_id and self.unit_type.code == EMSP
        for insee in extracted if extracted is not None else (["75110", "92050"] if mobile else []):
            InterventionAreaFactory(unit=self, commune=commune(insee))


class UnitTermFactory(DjangoModelFactory):
    class Meta:
        model = UnitTerm

    unit = factory.SubFactory(UnitFactory)
    term = factory.SubFactory(TermFactory)


class InterventionAreaFactory(DjangoModelFactory):
    class Meta:
        model = InterventionArea

    unit = factory.SubFactory(UnitFactory, area=[])
    commune = factory.LazyFunction(lambda: commune("75110"))


class WeeklyHoursFactory(DjangoModelFactory):
    class Meta:
        model = WeeklyHours

    unit = factory.SubFactory(UnitFactory)
    weekday = 1
    opens_at = datetime.time(8, 0)
    closes_at = datetime.time(19, 30)

    class Params:
        all_day = factory.Trait(opens_at=datetime.time(0, 0), closes_at=datetime.time(0, 0))
        night = factory.Trait(opens_at=datetime.time(20, 0), closes_at=datetime.time(8, 0))


class HoursExceptionFactory(DjangoModelFactory):
    class Meta:
        model = HoursException

    unit = factory.SubFactory(UnitFactory)
    starts_on = datetime.date(2024, 8, 15)
    ends_on = datetime.date(2024, 8, 15)
    label = "Assomption"

    class Params:
        other_hours = factory.Trait(
            is_closed=False, opens_at=datetime.time(10, 0), closes_at=datetime.time(12, 0), label="Journée courte"
        )


class AttachmentFactory(DjangoModelFactory):
    """Attached to a unit; ``AttachmentFactory(unit=None, geographic_entity=eg)`` for an establishment."""

    class Meta:
        model = Attachment

    unit = factory.SubFactory(UnitFactory)
    file = factory.django.FileField(filename="livret.pdf", data=b"%PDF-1.4 exemple")
    name = "livret.pdf"
    content_type = "application/pdf"
    size = 16
    sha256 = "0" * 64
    added_by = factory.SubFactory(UserFactory)


class PractitionerFactory(RecordFactory):
    class Meta:
        model = Practitioner

    rpps = factory.Sequence(lambda n: keyed(f"10199{n:05}"))
    last_name = factory.Sequence(lambda n: f"Durand {n}")
    first_name = "Paul"
    profession = factory.LazyFunction(lambda: term(Nomenclature.RESOURCE_PROFESSION, "G15-10"))


class PracticePlaceFactory(DjangoModelFactory):
    class Meta:
        model = PracticePlace

    practitioner = factory.SubFactory(PractitionerFactory)
    commune = factory.LazyFunction(lambda: commune("75110"))
    order = 1


class AssignmentFactory(DjangoModelFactory):
    """On the region, or on the ``legal_entity``, ``geographic_entity`` or ``unit`` that is given. Trait ``ended``."""

    class Meta:
        model = Assignment

    user = factory.SubFactory(UserFactory)
    role = Role.CONSULTATION
    legal_entity = None
    geographic_entity = None
    unit = None
    valid_from = LONG_AGO

    class Params:
        ended = factory.Trait(valid_until=datetime.date(2024, 12, 31))

    @factory.lazy_attribute
    def scope_kind(self):
        if self.legal_entity:
            return ScopeKind.LEGAL_ENTITY
        if self.geographic_entity:
            return ScopeKind.GEOGRAPHIC_ENTITY
        return ScopeKind.UNIT if self.unit else ScopeKind.REGION


class RecordChangeFactory(DjangoModelFactory):
    class Meta:
        model = RecordChange

    record_kind = "uo"
    record_id = factory.Sequence(lambda n: n + 1)
    version = 2
    action = RecordChange.Action.CHANGED
    changes = factory.LazyFunction(lambda: {"installed_places": [30, 35]})
    at = factory.LazyFunction(timezone.now)
    by = factory.SubFactory(UserFactory)
