"""Establishments and units from a workbook: created once, never modified, refused line by line."""

import io
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from directory.enums import Nomenclature
from directory.imports.unit_columns import COLUMNS, SHEET, TITLES
from directory.imports.units import ALREADY_THERE, UnitsImporter
from directory.models import GeographicEntity, ImportLine, ImportRun, LegalEntity, OperationalUnit, RecordChange
from directory.snapshots import differences, state_of
from search.models import SearchDocument
from tests.factories.directory import (
    ACT,
    GeographicEntityFactory,
    LegalEntityFactory,
    TermAllowanceFactory,
    UnitFactory,
    commune,
    keyed,
    term,
    unit_type,
)
from tests.importing import import_file, reasons, verdicts, whole_report
from tests.workbooks import workbook

KIND = ImportRun.Kind.UNITS
FINESS, OTHER_FINESS, LEGAL = keyed("92990001"), keyed("92990002"), keyed("92990003")
SIREN = keyed("99123456")
SIRET = keyed(f"{SIREN}0001")


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    """Files of the runs go to a folder of the test."""
    settings.MEDIA_ROOT = tmp_path / "media"


def row(**values):
    """A line that creates an establishment and its ACT unit, less what is set to an empty text."""
    return {
        "finess": FINESS,
        "entity_name": "ACT Exemple",
        "postal_code": "92000",
        "commune": "Nanterre",
        "legal_finess": LEGAL,
        "name": "ACT Exemple – hébergement",
        "unit_type": ACT,
        **values,
    }


def load(*rows, **options):
    return import_file(KIND, workbook(COLUMNS, rows, sheet=SHEET), name="uo.xlsx", **options)


def only_reason(run):
    return ImportLine.objects.get(run=run).reason


@pytest.fixture(autouse=True)
def lists(db):
    """The terms and communes that the lines name."""
    for insee in ("92050", "75110", "92024"):
        commune(insee)
    unit_type(ACT)
    term(Nomenclature.AUDIENCE, "07")
    term(Nomenclature.AUDIENCE, "06")
    for code in ("340", "404"):
        term(Nomenclature.OPERATIONAL_ACTIVITY, code)
    term(Nomenclature.CARE_MODE, "47")


def test_a_line_creates_the_establishment_its_entity_and_the_unit(cast):
    run = load(
        row(
            siret=SIRET,
            street_number=12,
            street_name="rue des Lilas",
            entity_phone="01 99 00 00 01",
            operational_activity="340; Addictologie avec substance(s)",
            min_age="18 ans",
            installed_places=35,
            medical_phone=199000002,
            email="act@exemple.example",
            area="Nanterre; 92110",
        ),
        by=cast.sesan,
    )
    assert run.state == ImportRun.State.DONE
    assert verdicts(run) == [(2, "created", FINESS)]
    assert only_reason(run) == "Établissement créé\u00a0: «\u00a0ACT Exemple\u00a0»."
    entity = GeographicEntity.objects.get(finess=FINESS)
    assert (entity.legal_entity.finess, entity.legal_entity.name) == (LEGAL, f"EJ {LEGAL} (à compléter)")
    assert (entity.national_id, entity.siret, entity.phone) == (f"1{FINESS}", SIRET, "0199000001")
    assert (entity.street_line, entity.postal_code, entity.commune_id) == ("12 rue des Lilas", "92000", "92050")
    assert (entity.position_source, entity.updated_by, entity.updated_role) == ("commune", cast.sesan, "support")
    unit = OperationalUnit.objects.get(geographic_entity=entity)
    assert (unit.unit_type.code, unit.discipline.code, unit.care_mode.code) == (ACT, "MSS", "46")
    assert unit.national_id == f"11/{unit.pk}"
    assert (unit.min_age_value, unit.max_age_value, unit.min_age_days) == (18, 150, 6574)
    assert (unit.installed_places, unit.medical_phone, unit.email) == (35, "0199000002", "act@exemple.example")
    assert set(unit.terms.values_list("code", flat=True)) == {"340", "404", "07"}
    assert set(unit.intervention_communes.values_list("insee", flat=True)) == {"92050", "92024"}
    assert SearchDocument.objects.filter(unit=unit).exists()


def test_a_finess_and_a_siret_of_two_establishments_are_refused():
    first = GeographicEntityFactory(finess=FINESS, name="Premier")
    other = GeographicEntityFactory(finess=OTHER_FINESS, siret=SIRET, name="Second")
    run = load(row(siret=SIRET))
    assert run.counts == {"refused": 1}
    assert only_reason(run) == f"Le FINESS est celui de «\u00a0{first}\u00a0», le SIRET celui de «\u00a0{other}\u00a0»."


def test_a_type_typed_as_a_figure_is_found():
    assert load(row(unit_type=float(ACT))).counts == {"created": 1}


def test_creations_are_in_the_history(cast):
    load(row(), by=cast.sesan)
    lines = RecordChange.objects.filter(action="created", record_kind__in=["ej", "eg", "uo"])
    reason = f"Import Excel du {timezone.localdate():%d/%m/%Y}"
    assert {(line.record_kind, line.by, line.role, line.reason) for line in lines} == {
        (kind, cast.sesan, "support", reason) for kind in ("ej", "eg", "uo")
    }
    assert lines.get(record_kind="uo").changes["name"] == [None, "ACT Exemple – hébergement"]


def test_the_history_of_a_unit_is_what_its_record_holds():
    load(row(operational_activity="404; 340", audience="07; 06", area="Paris 10; 92110; Nanterre", installed_places=3))
    unit = OperationalUnit.objects.get()
    kept = RecordChange.objects.get(record_kind="uo", record_id=unit.pk).changes
    assert kept == differences({}, state_of(unit))
    assert len(kept["intervention_communes"][1]) == 3


def test_a_batch_costs_the_same_with_three_times_the_lines():
    counts = []
    for first, size in ((0, 4), (100, 12)):
        numbers = range(first, first + size)
        rows = [row(finess=keyed(f"9298{n:04}"), name=f"U{n}", area="Nanterre") for n in numbers]
        with CaptureQueriesContext(connection) as captured:
            assert load(*rows).counts == {"created": size}
        counts.append(len([query for query in captured if "SAVEPOINT" not in query["sql"]]))
    assert counts[1] - counts[0] <= 2, counts


def test_a_second_run_changes_nothing():
    rows = [row(), row(name="Deuxième"), row(finess=OTHER_FINESS, entity_name="Autre")]
    assert load(*rows).counts == {"created": 3}
    before = state()
    run = load(*rows)
    assert run.counts == {"unchanged": 3}
    assert set(reasons(run).values()) == {ALREADY_THERE}
    assert state() == before


def state():
    return [
        list(model.objects.order_by("pk").values())
        for model in (LegalEntity, GeographicEntity, OperationalUnit, RecordChange)
    ]


def test_a_dry_run_says_the_same_and_writes_nothing(monkeypatch):
    monkeypatch.setattr(UnitsImporter, "batch_size", 1)
    rows = [
        row(),
        row(name="Deuxième", entity_name="", commune="", legal_finess=""),
        row(name="Troisième", unit_type="inconnu"),
        row(name="Deuxième"),
        row(finess="", siret=SIRET, legal_finess="", entity_name="Par SIRET", name="Quatrième"),
    ]
    before = state()
    tried = load(*rows, dry_run=True)
    assert state() == before
    done = load(*rows)
    assert whole_report(tried) == whole_report(done)
    assert done.counts == {"created": 3, "refused": 2}
    assert GeographicEntity.objects.count() == 2


def test_what_exists_is_never_modified(world):
    world.eg.siret = SIRET
    world.eg.save()
    known = row(finess=world.eg.finess, entity_name="Autre nom", commune="Paris 10", postal_code="")
    run = load(
        {**known, "name": "ACT ALTAIR VESTA", "installed_places": 99},
        {**known, "name": "Nouvelle unité"},
        {**known, "finess": "", "siret": SIRET, "name": "Par le SIRET"},
        {**known, "finess": "", "siret": SIRET, "name": "act altair vesta"},
    )
    assert [verdict for _, verdict, _ in verdicts(run)] == ["unchanged", "created", "created", "refused"]
    world.eg.refresh_from_db()
    world.act.refresh_from_db()
    assert (world.eg.name, world.eg.version, world.act.installed_places) == ("ACT ALTAIR VESTA", 1, 35)
    assert world.eg.units.filter(name="Par le SIRET").exists()
    assert "Même unité que la ligne 2" in ImportLine.objects.filter(run=run).last().reason


def test_the_entity_above_is_known_by_either_number():
    known = LegalEntityFactory(finess="", siren=SIREN)
    load(row(legal_finess="", legal_siren=SIREN), row(finess=OTHER_FINESS, legal_finess="", siret=SIRET, name="B"))
    assert list(LegalEntity.objects.all()) == [known]
    assert known.geographic_entities.count() == 2


def test_an_entity_is_created_once_with_its_name():
    load(
        row(legal_siren=SIREN),
        row(finess=OTHER_FINESS, name="B", legal_finess="", legal_siren=SIREN, legal_name="Association Exemple"),
    )
    entity = LegalEntity.objects.get()
    assert (entity.name, entity.finess, entity.siren) == ("Association Exemple", LEGAL, SIREN)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "Nom de l’unité\u00a0: cette colonne est obligatoire."),
        ({"unit_type": ""}, "Type d’UO\u00a0: cette colonne est obligatoire."),
        ({"unit_type": "Type imaginaire"}, "Type d’UO\u00a0: «\u00a0Type imaginaire\u00a0» n’est ni"),
        ({"unit_type": "MSS-PDS"}, "Type d’UO\u00a0: "),
        ({"finess": "", "siret": ""}, "donnez le FINESS ou le SIRET"),
        ({"finess": "123456789"}, "FINESS de l’établissement\u00a0: ce numéro FINESS n’est pas valable."),
        ({"siret": "123"}, "SIRET de l’établissement\u00a0: "),
        ({"commune": "Marseille"}, "Commune\u00a0: «\u00a0Marseille\u00a0», précisez"),
        ({"postal_code": "9200"}, "Ce n’est pas un code postal de cette commune."),
        ({"postal_code": "abc"}, "Code postal\u00a0: "),
        (
            {"postal_code": "75010"},
            "Code postal\u00a0: Ce n’est pas un code postal de cette commune. Nanterre\u00a0: 92000.",
        ),
        ({"category": "inconnue"}, "Type d’EG\u00a0: "),
        ({"care_mode": "inconnu"}, "Mode de prise en charge\u00a0: "),
        ({"audience": "07; inconnu"}, "Public pris en charge\u00a0: «\u00a0inconnu\u00a0»"),
        ({"operational_activity": "000"}, "Activités opérationnelles\u00a0: "),
        ({"min_age": "vieux"}, "Âge minimum\u00a0: "),
        ({"min_age": "20", "max_age": "10"}, "Âge maximum\u00a0: l’âge minimum dépasse"),
        ({"installed_places": "beaucoup"}, "Places installées\u00a0: "),
        ({"capacity_kind": "fauteuils"}, "Lits ou places\u00a0: "),
        ({"medical_phone": "abc"}, "Téléphone de l’unité\u00a0: "),
        ({"email": "abc"}, "Adresse mail de l’unité\u00a0: "),
        ({"area": "Nanterre; Atlantide"}, "Territoire d’intervention\u00a0: «\u00a0Atlantide\u00a0»"),
        ({"name": "x" * 256}, "Nom de l’unité\u00a0: 255 caractères au plus."),
        (
            {"entity_name": "", "commune": ""},
            "remplissez «\u00a0Nom de l’établissement\u00a0» et «\u00a0Commune\u00a0».",
        ),
        ({"legal_finess": ""}, "remplissez «\u00a0FINESS de l’entité juridique\u00a0»."),
    ],
)
def test_a_bad_line_is_refused_alone_and_names_its_column(changes, said):
    good = row(finess=OTHER_FINESS, name="La bonne")
    run = load(row(**changes), good)
    expected = "refused" if said else "created"
    assert [verdict for _, verdict, _ in verdicts(run)] == [expected, "created"]
    assert said in ImportLine.objects.filter(run=run).first().reason
    if said:
        assert list(OperationalUnit.objects.values_list("name", flat=True)) == ["La bonne"]
        assert not GeographicEntity.objects.filter(finess=FINESS).exists()


def test_what_the_type_does_not_allow_is_refused():
    TermAllowanceFactory(unit_type=unit_type(ACT), term=term(Nomenclature.OPERATIONAL_ACTIVITY, "340"))
    TermAllowanceFactory(unit_type=unit_type(ACT), term=term(Nomenclature.CARE_MODE, "46"))
    assert "n’est pas permis" in only_reason(load(row(operational_activity="404")))
    assert "n’est pas permis" in only_reason(load(row(care_mode="47")))
    assert load(row(operational_activity="340", care_mode="46")).counts == {"created": 1}


def test_retired_terms_cannot_be_chosen():
    retired = term(Nomenclature.AUDIENCE, "06")
    retired.active_until = timezone.localdate() - timedelta(days=1)
    retired.save()
    assert "Public pris en charge" in only_reason(load(row(audience="06")))


def test_a_shared_siret_asks_for_the_finess():
    for finess in (FINESS, OTHER_FINESS):
        GeographicEntityFactory(finess=finess, siret=SIRET)
    assert "donnez le FINESS" in only_reason(load(row(finess="", siret=SIRET)))


def test_an_establishment_without_finess_is_known_by_its_siret():
    known = GeographicEntityFactory(only_siret=True, siret=SIRET)
    assert load(row(siret=SIRET)).counts == {"created": 1}
    known.refresh_from_db()
    assert (known.finess, known.units.count()) == ("", 1)


@pytest.mark.parametrize("above", ["entity", "legal"])
def test_nothing_is_added_below_what_is_closed(above):
    if above == "entity":
        GeographicEntityFactory(finess=FINESS, closed=True)
    else:
        LegalEntityFactory(finess=LEGAL, closed=True)
    assert "est fermé" in only_reason(load(row()))


def test_numbers_of_one_entity_that_disagree_are_refused():
    run = load(
        row(legal_siren=SIREN),
        row(finess=OTHER_FINESS, name="B", legal_siren=keyed("99123457")),
    )
    assert [verdict for _, verdict, _ in verdicts(run)] == ["created", "refused"]
    LegalEntityFactory(finess=keyed("92990009"), siren=keyed("99123458"))
    run = load(row(finess=OTHER_FINESS, legal_finess=keyed("92990010"), legal_siren=keyed("99123458")))
    assert "est celui de l’EJ" in only_reason(run)


@pytest.mark.parametrize("other", [{"entity_name": "Autre nom"}, {"commune": "Paris 10", "postal_code": ""}])
def test_a_line_that_contradicts_another_about_an_establishment_is_refused(other):
    rows = [row(), row(name="B", **other), row(name="C", entity_name="ACT EXEMPLE")]
    run, again = load(*rows), load(*rows)
    assert [verdict for _, verdict, _ in verdicts(run)] == ["created", "refused", "created"]
    assert [verdict for _, verdict, _ in verdicts(again)] == ["unchanged", "refused", "unchanged"]
    assert "la ligne 2 en donne un autre" in ImportLine.objects.get(run=run, number=3).reason


def test_a_postal_code_is_that_of_the_commune_of_another_line():
    run = load(row(postal_code=""), row(name="B", commune="", postal_code="75010"))
    assert [verdict for _, verdict, _ in verdicts(run)] == ["created", "refused"]
    assert "Ce n’est pas un code postal de cette commune" in ImportLine.objects.get(run=run, number=3).reason


def test_a_known_establishment_named_otherwise_is_told(world):
    known = row(finess=world.eg.finess, name="Nouvelle unité")
    said = only_reason(load(row(**known | {"entity_name": "Autre"})))
    assert "Le nom de l’établissement diffère\u00a0: «\u00a0Autre\u00a0»" in said
    assert "diffère" not in only_reason(load(row(**known | {"entity_name": "Act Altaïr"})))


def test_a_number_that_was_the_identifier_of_another_is_refused():
    GeographicEntityFactory(finess=OTHER_FINESS, national_id=f"1{FINESS}")
    assert "identifiant national" in only_reason(load(row()))


def test_an_existing_closed_unit_is_left(world):
    UnitFactory(geographic_entity=world.eg, name="Fermée", unit_type=unit_type(ACT), closed=True)
    assert load(row(finess=world.eg.finess, name="Fermée")).counts == {"unchanged": 1}


def test_the_template_can_be_filled_in_and_imported(client, cast):
    client.force_login(cast.sesan)
    response = client.get(reverse("directory:import_units_template"))
    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    page = book[SHEET]
    titles = [str(cell.value).removesuffix("\u00a0*") for cell in page[1]]
    assert titles == list(TITLES.values())
    assert "Tout public" in [cell.value for column in book["Listes"].iter_cols() for cell in column]
    for title, value in {TITLES[key]: value for key, value in row(capacity_kind="lits").items()}.items():
        page.cell(row=2, column=titles.index(title) + 1, value=value)
    file = io.BytesIO()
    book.save(file)
    run = import_file(KIND, file.getvalue(), name="modele.xlsx")
    assert (run.error, run.counts) == ("", {"created": 1})


def test_the_example_of_the_template_is_taken():
    example = {column.key: column.example for column in COLUMNS if column.example}
    commune("92026")
    run = load({**example, "area": "Nanterre", "legal_siren": SIREN})
    assert run.counts == {"created": 1}, only_reason(run)


def test_an_unreadable_file_is_refused_whole():
    run = import_file(KIND, b"Nom;Type\n", name="uo.csv")
    assert run.state == ImportRun.State.REFUSED
    assert "classeur Excel" in run.error


def test_the_command_tells_by_its_exit_code(tmp_path):
    path = tmp_path / "uo.xlsx"
    path.write_bytes(workbook(COLUMNS, [row()], sheet=SHEET))
    call_command("import_units", str(path), "--dry-run", stdout=StringIO())
    assert not OperationalUnit.objects.exists()
    call_command("import_units", str(path), stdout=StringIO())
    assert OperationalUnit.objects.count() == 1
    path.write_bytes(workbook(COLUMNS, [row(), row(name="")], sheet=SHEET))
    with pytest.raises(SystemExit) as some:
        call_command("import_units", str(path), "--report", str(tmp_path / "r.csv"), stdout=StringIO())
    assert some.value.code == 2
    assert "cette colonne est obligatoire" in (tmp_path / "r.csv").read_text(encoding="utf-8-sig")
    path.write_bytes(b"rien")
    with pytest.raises(CommandError) as unread:
        call_command("import_units", str(path), stdout=StringIO())
    assert unread.value.returncode == 1


lines = st.lists(
    st.fixed_dictionaries(
        {
            "finess": st.sampled_from(["", FINESS, OTHER_FINESS, "faux"]),
            "siret": st.sampled_from(["", SIRET]),
            "entity_name": st.sampled_from(["", "Un", "Deux"]),
            "legal_finess": st.sampled_from(["", LEGAL]),
            "legal_siren": st.sampled_from(["", SIREN, keyed("99123457")]),
            "name": st.sampled_from(["", "A", "a ", "B"]),
        }
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40)
@given(changes=lines, batch=st.sampled_from([1, 2, 200]))
def test_whatever_the_lines_a_dry_run_tells_and_a_second_run_changes_nothing(changes, batch):
    rows = [row(**change) for change in changes]
    size = UnitsImporter.batch_size
    UnitsImporter.batch_size = batch
    try:
        with transaction.atomic():
            tried = load(*rows, dry_run=True)
            first = load(*rows)
            assert whole_report(tried) == whole_report(first)
            before = state()
            second = load(*rows)
            assert set(second.counts) <= {"unchanged", "refused"}
            assert second.counts.get("refused") == first.counts.get("refused")
            assert state() == before
            transaction.set_rollback(True)
    finally:
        UnitsImporter.batch_size = size
