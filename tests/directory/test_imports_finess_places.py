"""FINESS: where a line says that it is, and what contradicts it."""

import io

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command

from directory.enums import PositionSource
from directory.imports import engine, runs
from directory.imports.finess import FinessImporter
from directory.models import GeographicEntity, ImportRun

from .finess_files import ET, establishment, file_of, finess, legal, point

pytestmark = pytest.mark.django_db
MARSEILLE = ("892390", "6247035")  # Lambert-93


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def read(*lines, dry_run=False, end="\n", **options):
    file = ContentFile(file_of(*lines).replace(b"\n", end.encode()))
    run = runs.create_run(
        kind=ImportRun.Kind.FINESS, file=file, file_name="finess.csv", dry_run=dry_run, options=options, by=None
    )
    return engine.execute(run.pk)


def told(run):
    return list(run.lines.order_by("number", "pk").values_list("number", "verdict", "reason"))


@pytest.mark.parametrize("department", ["", "ZZ", "9", "00", "99", "20", "970"])
def test_a_department_that_is_none_is_refused(world, department):
    run = read(establishment(1, department=department), legal(2, department=department), establishment(3))
    words = f"Département inconnu\u00a0: «\u00a0{department}\u00a0»." if department else "Département absent."
    assert [line[::2] for line in told(run) if line[1] == "refused"] == [(2, words), (3, words)]
    assert run.counts == {"refused": 2, "created": 1}


@pytest.mark.parametrize("department", ["01", "2A", "2B", "971", "976", "9A", "13"])
def test_a_line_of_another_department_is_out_of_the_region(world, department):
    run = read(establishment(1, department=department))
    assert run.counts == {"out_of_region": 1}


def test_a_file_of_empty_lines_does_not_end_well(world, tmp_path):
    path = tmp_path / "finess.csv"
    empty = dict.fromkeys(ET, "")
    lines = [establishment(n, **(empty | {"kind": "structureet", "finess": finess(n)})) for n in (1, 2)]
    path.write_bytes(file_of(*lines))
    with pytest.raises(SystemExit) as end:
        call_command("import_finess", str(path), stdout=io.StringIO())
    assert end.value.code == 2


@pytest.mark.parametrize("size", [1, 500])
def test_what_the_region_holds_is_never_elsewhere(world, monkeypatch, size):
    monkeypatch.setattr(FinessImporter, "batch_size", size)
    lines = [establishment(1), establishment(1, department="13"), establishment(2, department="13"), point(2)]
    dry, first, again = read(*lines, dry_run=True), read(*lines), read(*lines)
    assert told(dry) == told(first)
    assert first.counts == {"created": 1, "refused": 1, "out_of_region": 2}
    assert "établissement de la région, et cette ligne le dit du département 13" in told(first)[1][2]
    assert told(again)[1:] == told(first)[1:]
    alone = read(establishment(1, department="13"), point(1))
    assert alone.counts == {"refused": 1, "unchanged": 1}


def test_a_point_far_from_its_commune_is_refused_alone(world):
    lines = [establishment(1), point(1, *MARSEILLE)]
    dry, run = read(*lines, dry_run=True), read(*lines)
    assert told(dry) == told(run)
    assert told(run)[1] == (
        3,
        "refused",
        "Ce point est à plus de 30\u00a0km de la commune\u00a0: il n’a pas été repris.",
    )
    found = GeographicEntity.objects.get(finess=finess(1))
    assert (found.lat, found.lon) == (found.commune.lat, found.commune.lon)
    assert found.position_source == PositionSource.COMMUNE
    assert read(*lines).counts == {"unchanged": 1, "refused": 1}


def test_a_postal_code_of_another_department_gives_no_commune(world):
    run = read(establishment(1, department="75", insee="999"), legal(2, department="75", insee="999"))
    assert run.counts == {"refused": 2}
    assert (
        "Commune inconnue\u00a0: code INSEE 75999, et le code postal 92000 est d’un autre département"
        in told(run)[0][2]
    )


def test_a_commune_found_by_its_postal_code_is_told(world):
    said = "Code INSEE 92999 inconnu\u00a0: commune déduite du code postal 92000 (Nanterre)."
    run = read(establishment(1, insee="999"), legal(1, insee="999"))
    assert all(said in reason for _, _, reason in told(run))
    assert run.counts == {"created": 2}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([establishment(1, finess="")], "FINESS absent."),
        ([establishment(1, insee="999", post="")], "Commune inconnue\u00a0: code INSEE 92999, code postal absent."),
        ([establishment(1), point(1, "", "")], "Coordonnées absentes."),
    ],
)
def test_what_is_missing_is_said_to_be(world, lines, words):
    assert told(read(*lines))[-1][1:] == ("refused", words)


def test_closures_that_are_too_many_are_listed_as_not_done(world):
    run = read(establishment(1), dry_run=True, full=True)
    listed = run.lines.filter(number=0, verdict="unchanged")
    assert set(listed.values_list("key", flat=True)) >= {world.eg.finess}
    assert set(listed.values_list("reason", flat=True)) == {
        "Absent du fichier\u00a0: non fermé, le fichier en fermerait plus de 5\u00a0%."
    }
    assert run.counts["refused"] == 1
    assert not GeographicEntity.objects.filter(status="closed").exists()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_machine(world, monkeypatch, end):
    monkeypatch.setattr("directory.imports.files.BLOCK", 700)
    run = read(*(establishment(number) for number in range(1, 6)), end=end)
    assert [line[:2] for line in told(run)] == [(number, "created") for number in range(2, 7)]
