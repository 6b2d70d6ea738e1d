"""The reference data: what the files give, and that loading may be repeated."""

from io import StringIO

import pytest
from django.core.management import call_command

from availability.models import Grouping, UnitTypeRhythm
from directory.models import Commune, Department, Term, TermAllowance
from directory.reference.files import names_of, read_communes, read_terms
from tests.factories.accounts import UserFactory


def load() -> str:
    out = StringIO()
    call_command("load_reference", stdout=out)
    return out.getvalue().replace("\u202f", " ").replace("\u00a0", " ")


@pytest.fixture
def reference(db):
    return load()


@pytest.mark.parametrize(
    ("official", "postal", "listed"),
    [
        ("Nanterre", "Nanterre", "Nanterre"),
        ("Le Kremlin-Bicêtre", "Le Kremlin-Bicêtre", "Kremlin-Bicêtre (Le)"),
        ("La Celle-Saint-Cloud", "La Celle-Saint-Cloud", "Celle-Saint-Cloud (La)"),
        ("Les Lilas", "Les Lilas", "Lilas (Les)"),
        ("L'Haÿ-les-Roses", "L'Haÿ-les-Roses", "Haÿ-les-Roses (L')"),
        ("Levallois-Perret", "Levallois-Perret", "Levallois-Perret"),
        ("Paris 1er Arrondissement", "Paris", "Paris 1"),
        ("Paris 10e Arrondissement", "Paris", "Paris 10"),
    ],
)
def test_names_of_a_commune(official, postal, listed):
    assert names_of(official) == (postal, listed)


def test_files_hold_the_region():
    communes = read_communes()
    assert len(communes) == 1286
    assert all(48.0 < row.lat < 49.3 and 1.4 < row.lon < 3.6 for row in communes)
    assert {(row.nomenclature, row.code) for row in read_terms()} >= {("unit_type", "94.46"), ("care_mode", "46")}


def test_departments_are_in_the_order_of_the_tables(reference):
    assert [row.code for row in Department.objects.all()] == ["75", "77", "78", "91", "92", "93", "94", "95"]
    assert set(Department.objects.values_list("region_code", "region_name")) == {("11", "Île-de-France")}
    assert all(row.outline["type"] in {"Polygon", "MultiPolygon"} for row in Department.objects.all())


def test_communes_have_both_names_key_and_parent(reference):
    bicetre, paris10 = Commune.objects.get(insee="94043"), Commune.objects.get(insee="75110")
    assert (bicetre.name, bicetre.list_name, bicetre.key) == (
        "Le Kremlin-Bicêtre",
        "Kremlin-Bicêtre (Le)",
        "kremlin bicetre",
    )
    assert (paris10.name, paris10.list_name, paris10.postal_codes) == ("Paris", "Paris 10", ["75010"])
    assert paris10.parent_id == "75056"
    assert paris10.outline
    assert Commune.objects.filter(parent_id="75056").count() == 20


def test_types_have_three_levels_and_their_mode(reference):
    act = Term.objects.get(nomenclature="unit_type", code="94.46")
    assert act.label == "Appartement de Coordination Thérapeutique (ACT) Hébergement (accueil jour et nuit)"
    assert act.parent.label == "Personnes confrontées à des difficultés spécifiques"
    assert (act.parent.parent.nomenclature, act.parent.parent.code) == ("discipline", "MSS")
    assert act.preset_mode.label == "Hébergement (accueil jour et nuit)"
    types = Term.objects.of("unit_type").filter(code__contains=".")
    assert not types.filter(preset_mode=None).exists()
    assert not types.exclude(parent__parent__nomenclature="discipline").exists()


@pytest.mark.parametrize(
    ("nomenclature", "code", "label"),
    [
        (
            "unit_type",
            "94.59b",
            "Appartement de Coordination Thérapeutique (ACT) un chez soi d'abord (Equipe mobile)",
        ),
        ("care_mode", "58", "Coordination de parcours"),
        ("operational_activity", "231", "Evaluation et soins de réhabilitation psychosociale"),
    ],
)
def test_labels_of_the_seeds_win_and_national_ones_are_synonyms(reference, nomenclature, code, label):
    term = Term.objects.get(nomenclature=nomenclature, code=code)
    assert term.label == label
    assert term.synonyms


def test_types_of_the_seeds_allow_what_the_seeds_name(reference):
    act, cpts = (Term.objects.get(nomenclature="unit_type", code=code) for code in ("94.46", "255.58"))
    labels = set(act.allowed_terms.values_list("label", flat=True))
    assert labels >= {
        "Coordination plan de soins",
        "Evaluation et soins de réhabilitation psychosociale",
        "Acceptation d'animaux aidants ou de compagnie",
        "Prise en charge en Appartements de Coordination Thérapeutique (ACT) en hébergement collectif",
        "Conduites addictives",
    }
    assert set(cpts.allowed_terms.values_list("label", flat=True)) >= {
        "Coordination de soins non-programmés",
        "Orientation vers un médecin traitant acceptant de nouveaux patients",
    }
    assert TermAllowance.objects.filter(unit_type__code="94.46", term__nomenclature="care_mode").count() == 1


def test_groupings_hold_the_types_that_state_places(reference):
    grouping = Grouping.objects.get(code="sante-precarite")
    assert grouping.name == "Santé Précarité"
    assert set(grouping.unit_types.values_list("code", flat=True)) == {"94.46", "95.46", "93.46", "93.47"}
    assert grouping.rhythm.total_seconds() == 24 * 3600
    assert UnitTypeRhythm.objects.get(unit_type__code="94.46").rhythm.days == 7
    assert Grouping.objects.get(code="reanimation-adulte").rhythm.total_seconds() == 12 * 3600


def test_second_run_changes_nothing(reference):
    stamps = list(Term.objects.order_by("pk").values_list("pk", "updated_at"))
    assert "Communes : 1 266 (ajouts : 1 266, modifications : 0)" in reference
    again = load()
    assert "Communes : 1 266 (ajouts : 0, modifications : 0)" in again
    assert all(line.endswith("(ajouts : 0, modifications : 0)") for line in again.splitlines())
    assert list(Term.objects.order_by("pk").values_list("pk", "updated_at")) == stamps


def test_a_term_edited_by_a_person_is_left_alone_and_others_are_corrected(reference):
    Term.objects.filter(nomenclature="audience", code="07").update(label="Tous publics", updated_by=UserFactory())
    Term.objects.filter(nomenclature="audience", code="06").update(label="Autre chose")
    Grouping.objects.filter(code="ssr").update(name="SMR")
    load()
    assert Term.objects.get(nomenclature="audience", code="07").label == "Tous publics"
    assert Term.objects.get(nomenclature="audience", code="06").label == "Personnes en situation de précarité"
    assert Grouping.objects.get(code="ssr").name == "SMR"
