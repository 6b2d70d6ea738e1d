"""FINESS: which lines are read, refused, created, updated, left alone."""

import datetime

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common import french
from directory.enums import PositionSource
from directory.imports.finess import FinessImporter
from directory.imports.lambert93 import to_wgs84
from directory.models import GeographicEntity, LegalEntity, RecordChange
from directory.scopes import scope_of
from directory.services import update_record
from directory.signals import units_changed
from tests.factories.directory import GeographicEntityFactory, LegalEntityFactory, UnitFactory, commune

from .finess_files import entity, establishment, file_of, finess, legal, point, read, siret

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def verdicts(run):
    return list(run.lines.order_by("number", "pk").values_list("number", "verdict", "key", "label", "reason"))


def test_a_known_point_is_converted():
    """The zero mark of Paris and the origin of the projection (IGN)."""
    lat, lon = to_wgs84(652_469.02, 6_862_035.26)
    assert (round(lat, 4), round(lon, 4)) == (48.8566, 2.3522)
    assert to_wgs84(700_000, 6_600_000) == (46.5, 3.0)
    assert to_wgs84(0, 0) is None


def test_an_establishment_is_created_with_its_legal_entity(world):
    run = read(establishment(1, extension="B", distribution="CS 1", place="ZAC"), legal(1), point(1))
    assert run.counts == {"created": 3}
    found = entity()
    assert (found.name, found.official_name) == (
        "EHPAD EXEMPLE 1",
        "ETABLISSEMENT POUR PERSONNES AGEES EXEMPLE 1",
    )
    assert found.street_line == "12 bis rue DES LILAS"
    assert found.address_complement == "CS 1, ZAC"
    assert (found.postal_code, found.commune_id) == ("92000", "92050")
    assert (found.phone, found.siret, found.national_id) == ("0147000000", siret(1), f"1{finess(1)}")
    assert (found.opened_on, found.position_source) == (datetime.date(1999, 4, 1), PositionSource.ADDRESS)
    assert found.sort_name == "ehpad exemple 1"
    assert (found.legal_entity.name, found.legal_entity.siren) == ("ASSOCIATION GESTIONNAIRE 1", siret(1)[:9])
    change = RecordChange.objects.get(record_kind="eg", record_id=found.pk)
    assert (change.action, change.version, change.role) == ("created", 1, "support")
    assert change.reason == "Import FINESS du 12/05/2026"
    assert change.changes["name"] == [None, "EHPAD EXEMPLE 1"]


def test_a_missing_legal_entity_is_created_to_be_completed(world):
    run = read(establishment(1), establishment(2, legal=finess(900_001)))
    owner = entity().legal_entity
    assert (owner.name, owner.siren) == (f"EJ {finess(900_001)} (à compléter)", siret(1)[:9])
    assert entity(2).legal_entity == owner
    assert all(f"Entité juridique {owner.finess} à compléter." in line[4] for line in verdicts(run))
    read(legal(1), establishment(1))
    owner.refresh_from_db()
    assert owner.name == "ASSOCIATION GESTIONNAIRE 1"
    assert owner.version == 2


def test_a_legal_entity_known_by_its_siren_gets_its_finess(world):
    owner = LegalEntityFactory(finess="", siren=siret(1)[:9])
    read(establishment(1))
    owner.refresh_from_db()
    assert owner.finess == finess(900_001)
    assert entity().legal_entity == owner


def test_an_establishment_known_by_its_siret_gets_its_finess(world):
    known = GeographicEntityFactory(only_siret=True, siret=siret(1), national_id=f"3{siret(1)}")
    assert read(establishment(1)).counts == {"updated": 1}
    assert entity().pk == known.pk
    assert entity().national_id == f"3{siret(1)}"


def test_a_second_run_changes_nothing(world):
    lines = [establishment(1), establishment(2, siret=""), legal(1), point(1), establishment(3, department="13")]
    read(*lines)
    before = list(GeographicEntity.objects.order_by("pk").values())
    history = RecordChange.objects.count()
    run = read(*lines)
    assert run.counts == {"unchanged": 4, "out_of_region": 1}
    assert list(GeographicEntity.objects.order_by("pk").values()) == before
    assert RecordChange.objects.count() == history


def test_only_administrative_fields_are_updated(world):
    read(establishment(1), point(1))
    GeographicEntity.objects.filter(finess=finess(1)).update(
        name="Les Lilas", sort_name="les lilas", phone="0199000009", comment="Ouvert l’été", street_name="Rue des lilas"
    )
    unit = UnitFactory(geographic_entity=entity())
    told = []

    def listen(unit_ids, **kwargs):
        told.extend(unit_ids)

    units_changed.connect(listen)
    run = read(establishment(1, name="NOUVEAU", long="NOUVEAU NOM", phone="0147999999", opened="2001-01-01"), point(1))
    units_changed.disconnect(listen)
    found = entity()
    assert run.counts == {"updated": 1, "unchanged": 1}
    assert (found.name, found.phone, found.comment) == ("Les Lilas", "0199000009", "Ouvert l’été")
    assert (found.official_name, found.opened_on) == ("NOUVEAU NOM", datetime.date(2001, 1, 1))
    assert found.street_name == "Rue des lilas"
    assert (found.version, found.updated_role) == (2, "support")
    change = RecordChange.objects.get(record_kind="eg", record_id=found.pk, version=2)
    assert set(change.changes) == {"official_name", "opened_on"}
    assert told == [unit.pk]


def written_by(record, by, **changes):
    """A person edits the record on its page."""
    update_record(record=record, changes=changes, expected_version=record.version, by=by, scope=scope_of(by))
    record.refresh_from_db()


def test_an_address_that_a_person_wrote_is_kept_and_the_line_says_so(world, cast):
    read(establishment(1), point(1))
    written_by(entity(), cast.sesan, street_name="avenue du Parc", opened_on=datetime.date(2010, 1, 1))
    kept = entity()
    run = read(establishment(1, street="DES ROSES", post="92400 COURBEVOIE"), point(1, x="642100"))
    assert run.counts == {"unchanged": 2}
    found = entity()
    assert (found.street_name, found.postal_code, found.lat, found.opened_on, found.version) == (
        "avenue du Parc",
        kept.postal_code,
        kept.lat,
        kept.opened_on,
        kept.version,
    )
    today = french.day(timezone.localdate())
    line, _ = verdicts(run)
    assert f"Adresse gardée\u00a0: modifiée par «\u00a0Valideur SESAN\u00a0» le {today}." in line[4]
    assert f"Date d’ouverture gardée\u00a0: modifiée par «\u00a0Valideur SESAN\u00a0» le {today}." in line[4]


def test_what_a_person_left_alone_still_follows_finess(world, cast):
    read(establishment(1), point(1))
    written_by(entity(), cast.sesan, comment="Ouvert l’été")
    run = read(establishment(1, street="DES ROSES", siret=siret(2)), point(1, x="642100"))
    assert run.counts == {"updated": 2}
    assert entity().street_name == "rue DES ROSES"
    line, _ = verdicts(run)
    assert f"SIRET\u00a0: {siret(1)} → {siret(2)}." in line[4]
    assert "Libellé de voie\u00a0: rue DES LILAS → rue DES ROSES." in line[4]
    assert "Point déplacé." in line[4]


def test_a_bad_line_does_not_take_the_number_of_a_good_one(world):
    lines = [
        establishment(1, siret="1"),
        establishment(1),
        establishment(2, insee="999", post=""),
        establishment(2),
        legal(1, siren="1"),
        legal(1),
        establishment(1),
    ]
    dry, wet = read(*lines, dry_run=True), read(*lines)
    assert verdicts(dry) == verdicts(wet)
    assert [(line[0], line[1]) for line in verdicts(wet)] == [
        (2, "refused"),
        (3, "created"),
        (4, "refused"),
        (5, "created"),
        (6, "refused"),
        (7, "created"),
        (8, "refused"),
    ]
    assert verdicts(wet)[-1][4] == "Déjà lue à la ligne 3."
    assert entity().siret == siret(1)


@pytest.mark.parametrize("opened", ["1799-12-31", "0001-01-01", "9999-12-31"])
def test_an_opening_date_of_another_age_is_refused_alone(world, opened):
    run = read(establishment(1, opened=opened), establishment(2))
    assert run.counts == {"refused": 1, "created": 1}
    assert "Date d’ouverture impossible" in verdicts(run)[0][4]


def test_a_bad_byte_refuses_its_line_alone_and_garbles_nothing(world):
    lines = [establishment(1, name="Hôpital Été"), establishment(2, name="Résidence"), establishment(3, name="Foyer")]
    content = file_of(*lines).replace("Résidence".encode(), "Résidence".encode("latin-1"))
    run = read(content=content)
    assert run.counts == {"created": 2, "refused": 1}
    assert [line[4] for line in verdicts(run) if line[1] == "refused"] == [
        "La ligne n’est pas en UTF-8 comme le reste du fichier."
    ]
    assert entity().name == "Hôpital Été"
    assert not GeographicEntity.objects.filter(name__contains="Ã").exists()


def test_an_old_file_is_still_read(world):
    read(content=file_of(establishment(1, name="Hôpital d’Été œuvré"), encoding="cp1252"))
    assert entity().name == "Hôpital d’Été œuvré"


def test_characters_that_show_nothing_are_left_out(world):
    read(establishment(1, name="EHPAD\u200b \u202eEXEMPLE\u202c"))
    assert entity().name == "EHPAD EXEMPLE"


def test_what_finess_leaves_empty_erases_nothing(world):
    read(establishment(1), point(1))
    before = GeographicEntity.objects.filter(finess=finess(1)).values().get()
    empty = dict.fromkeys(["number", "street_kind", "street", "siret", "category", "opened"], "")
    assert read(establishment(1, **empty)).counts == {"unchanged": 1}
    assert GeographicEntity.objects.filter(finess=finess(1)).values().get() == before


def test_a_point_set_by_hand_is_never_moved(world):
    read(establishment(1))
    assert entity().position_source == PositionSource.COMMUNE
    GeographicEntity.objects.update(lat=48.9, lon=2.2, position_source=PositionSource.MANUAL)
    assert read(establishment(1), point(1)).counts == {"unchanged": 2}
    assert (entity().lat, entity().lon) == (48.9, 2.2)


def test_each_point_has_a_line_of_its_own_in_the_report(world, monkeypatch):
    monkeypatch.setattr(FinessImporter, "batch_size", 1)
    LegalEntityFactory(finess=finess(900_003), closed=True)
    read(establishment(1), establishment(2), point(2))
    GeographicEntity.objects.filter(finess=finess(1)).update(position_source=PositionSource.MANUAL)
    lines = [
        *(establishment(1), establishment(2), establishment(3, legal=finess(900_003)), establishment(4, siret="1")),
        *(establishment(5), *(point(number) for number in (1, 2, 3, 4, 5))),
    ]
    dry = read(*lines, dry_run=True)
    wet = read(*lines)
    assert verdicts(dry) == verdicts(wet)
    points = [line for line in verdicts(wet) if line[3] == "Géolocalisation"]
    assert [(key, verdict, reason) for _, verdict, key, _, reason in points] == [
        (finess(1), "unchanged", "Le point de la fiche, placé par une personne, est gardé."),
        (finess(2), "unchanged", ""),
        (finess(3), "unchanged", "Son établissement est refusé\u00a0: cette géolocalisation n’a pas été reprise."),
        (finess(4), "unchanged", "Son établissement est refusé\u00a0: cette géolocalisation n’a pas été reprise."),
        (finess(5), "created", ""),
    ]
    moved = read(establishment(2), point(2, "650000", "6865000"))
    assert verdicts(moved)[1][1::3] == ("updated", "Point déplacé.")


def test_an_establishment_that_moves_leaves_its_point(world):
    there = commune("92026")
    read(establishment(1), point(1))
    assert read(establishment(1, insee="026", post="92400 COURBEVOIE")).counts == {"updated": 1}
    moved = entity()
    assert (moved.commune_id, moved.position_source) == ("92026", PositionSource.COMMUNE)
    assert moved.lat == there.lat


def test_a_commune_is_found_by_its_postal_code(world):
    read(establishment(1, insee="999"))
    assert entity().commune_id == "92050"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"siret": "12345"}, "SIRET 12345 non valable"),
        ({"finess": "920000016"}, "FINESS 920000016 non valable"),
        ({"legal": ""}, "FINESS de l’entité juridique absent."),
        ({"name": ""}, "Raison sociale absente."),
        ({"name": "X" * 256}, "Raison sociale trop longue"),
        ({"opened": "2001-02-30"}, "Date d’ouverture illisible"),
        ({"number": "1234567890123"}, "Numéro de voie trop longue"),
        ({"insee": "999", "post": ""}, "Commune inconnue"),
        ({"kind": "structure"}, "Type de ligne inconnu"),
        ({"updated": "2001-01-01;trop"}, "champs au lieu de 31"),
    ],
)
def test_a_bad_line_is_refused_alone(world, fields, reason):
    run = read(establishment(1), establishment(2, **fields), establishment(3))
    assert run.state == "done"
    refused = run.lines.get(verdict="refused")
    assert refused.number == 3
    assert reason in refused.reason
    assert run.counts["created"] == 2


def test_a_second_line_with_the_same_number_is_refused_alone(world):
    run = read(establishment(1), point(1), point(1), establishment(1, name="AUTRE"), legal(1), legal(1))
    assert [(line[0], line[4]) for line in verdicts(run) if line[1] == "refused"] == [
        (4, "Déjà lue à la ligne 3."),
        (5, "Déjà lue à la ligne 2."),
        (7, "Déjà lue à la ligne 6."),
    ]
    assert entity().name == "EHPAD EXEMPLE 1"


@pytest.mark.parametrize(("x", "y"), [("abc", "1"), ("1e99", "1"), ("nan", "nan"), ("0", "0"), ("", "")])
def test_a_bad_point_is_refused_alone(world, x, y):
    run = read(establishment(1), point(1, x, y))
    assert run.counts == {"created": 1, "refused": 1}
    assert entity().position_source == PositionSource.COMMUNE


def test_a_point_without_its_establishment_is_left(world):
    assert read(establishment(1), point(2)).counts == {"created": 1, "unchanged": 1}


def test_what_is_outside_the_region_is_not_refused(world):
    run = read(establishment(1, department="9A", siret="1"), legal(2, department="13"), point(1, "0", "0"))
    assert run.counts == {"out_of_region": 3}


def test_a_phone_that_cannot_be_read_is_left_out(world):
    read(establishment(1, phone="0147", fax="01.47.00.00.01"))
    assert (entity().phone, entity().fax) == ("", "0147000001")


def test_nothing_opens_below_a_closed_legal_entity(world):
    LegalEntityFactory(finess=finess(900_001), closed=True)
    run = read(establishment(1))
    assert "est fermée dans le ROR" in run.lines.get().reason
    assert run.counts == {"refused": 1}


def test_a_national_identifier_that_is_taken_is_refused(world):
    GeographicEntityFactory(national_id=f"1{finess(1)}")
    assert "déjà celui d’un autre établissement" in read(establishment(1)).lines.get().reason


def test_a_dry_run_says_what_the_import_does_across_batches(world, monkeypatch):
    monkeypatch.setattr(FinessImporter, "batch_size", 2)
    owner = finess(900_001)
    lines = [
        *(establishment(number, legal=owner, siret=siret(1)) for number in range(1, 6)),
        establishment(2),
        establishment(6, siret="9"),
        *(legal(number, siren=siret(1)[:9]) for number in range(1, 4)),
        point(1),
        point(1),
    ]
    GeographicEntityFactory(only_siret=True, siret=siret(1), national_id=f"3{siret(1)}")
    dry = read(*lines, dry_run=True)
    assert not LegalEntity.objects.filter(finess=owner).exists()
    wet = read(*lines)
    assert verdicts(dry) == verdicts(wet)
    assert dry.counts == wet.counts


LINES = st.lists(
    st.builds(
        lambda kind, number, field, value: kind(number, **({field: value} if field else {})),
        st.sampled_from([establishment, legal]),
        st.integers(1, 4),
        st.sampled_from(["", "name", "siret", "siren", "insee", "department", "street", "legal", "opened"]),
        st.sampled_from(["", "RUE NEUVE", siret(1), siret(2)[:9], "050", "13", finess(900_002), "2001-01-01"]),
    )
    | st.builds(point, st.integers(1, 4), st.sampled_from(["642000", "643000", "x"])),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES)
def test_importing_twice_is_importing_once(world, monkeypatch, lines):
    monkeypatch.setattr(FinessImporter, "batch_size", 3)
    dry, first = read(*lines, dry_run=True), read(*lines)
    state = list(GeographicEntity.objects.order_by("pk").values()), list(LegalEntity.objects.order_by("pk").values())
    second = read(*lines)
    assert verdicts(dry) == verdicts(first)
    assert not {"created", "updated"} & set(second.counts)
    assert second.counts.get("refused") == first.counts.get("refused")
    assert state == (
        list(GeographicEntity.objects.order_by("pk").values()),
        list(LegalEntity.objects.order_by("pk").values()),
    )
