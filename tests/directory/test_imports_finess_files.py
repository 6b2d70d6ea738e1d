"""FINESS: whole files: how they are encoded, what is no FINESS file, what a complete one closes, the command."""

import contextlib
import datetime
import io

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from directory.imports import engine, runs
from directory.imports.finess import FinessImporter
from directory.models import GeographicEntity, ImportRun, RecordChange

from .finess_files import HEADER, entity, establishment, file_of, finess, read

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252"])
def test_both_encodings_are_read(world, encoding):
    read(content=file_of(establishment(1, name="MAISON DE L'ÉTÉ"), encoding=encoding))
    assert entity().name == "MAISON DE L'ÉTÉ"


def test_lines_may_end_as_on_windows_and_lack_the_header(world):
    content = file_of(establishment(1).rstrip(";") + ";;;;", header="").replace(b"\n", b"\r\n")
    with_end = file_of(establishment(1), header="").replace(b"\n", b"\r\n")
    assert read(content=with_end).counts == {"created": 1}
    assert read(content=content).state == "refused"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "vide"),
        (b"\n\n", "pas les champs d’un extrait FINESS"),
        (b"nom;adresse\nx;y\n", "pas les champs d’un extrait FINESS"),
        ((HEADER + "\n").encode(), "pas les champs d’un extrait FINESS"),
        (file_of("structureet;920000015;x", "structureet;920000023;y"), "pas les champs d’un extrait FINESS"),
        (file_of(establishment(1), header="finess;etalab;1;hier"), "En-tête illisible"),
        (b"\xff\xfe" + HEADER.encode("utf-16-le"), "UTF-8 ou en Latin-1"),
        (file_of(establishment(1)) + b"\0", "UTF-8 ou en Latin-1"),
        (file_of(establishment(1)) + b"\x81", "UTF-8 ou en Latin-1"),
        (b"x" * 300_000, "pas fait de lignes"),
        (b"PK\x03\x04" + b"\x07" * 50, "UTF-8 ou en Latin-1"),
    ],
)
def test_an_unreadable_file_is_refused_whole(world, content, reason):
    run = read(content=content)
    assert run.state == "refused"
    assert reason in run.error
    assert not run.lines.exists()


def test_a_long_check_gives_signs_of_life_and_may_be_stopped(world, monkeypatch):
    monkeypatch.setattr("directory.imports.finess.ALIVE_EVERY", 2)
    assert read(establishment(1), establishment(2)).counts == {"created": 2}
    monkeypatch.setattr(FinessImporter, "_note", lambda self, number, fields: runs.stop_run(run=self.context.run))
    run = read(establishment(3), establishment(4), establishment(5))
    assert (run.state, run.position, run.total) == ("stopped", 0, None)


def test_a_file_of_another_kind_is_not_read_to_its_end(world, monkeypatch):
    monkeypatch.setattr("directory.imports.finess.MISFITS_AT_MOST", 2)
    assert read(*["autre;chose"] * 5, *(establishment(number) for number in range(9))).state == "refused"


def test_a_complete_file_closes_what_it_does_not_name(world, monkeypatch):
    monkeypatch.setattr("directory.imports.finess.CLOSURES_AT_MOST", 1)
    monkeypatch.setattr(FinessImporter, "batch_size", 1)
    read(establishment(1), establishment(2))
    lines = [establishment(1), "structureet;" + finess(2) + ";illisible"]
    dry = read(*lines, dry_run=True, full=True)
    assert dry.counts == {"unchanged": 1, "refused": 1, "closed": 2}
    listed = read(*lines, full=True)
    assert listed.counts == {"unchanged": 3, "refused": 1}
    assert listed.lines.filter(number=0, reason__startswith="Absent du fichier").count() == 2
    assert read(*lines, full=True, close=True).counts == dry.counts
    world.eg.refresh_from_db()
    world.act.refresh_from_db()
    assert (world.eg.is_closed, world.eg.closed_on) == (True, datetime.date(2026, 5, 12))
    assert world.act.is_closed
    assert not entity(2).is_closed
    change = RecordChange.objects.get(record_kind="eg", record_id=world.eg.pk)
    assert (change.action, change.reason) == (
        "closed",
        "Import FINESS du 12/05/2026\N{NO-BREAK SPACE}: absent du fichier",
    )


def test_more_than_one_closure_in_twenty_must_be_forced(world):
    run = read(establishment(1), full=True, close=True)
    assert run.counts == {"created": 1, "refused": 1, "unchanged": 2}
    refused = run.lines.get(verdict="refused")
    assert (refused.number, "plus de 5\N{NO-BREAK SPACE}%" in refused.reason) == (0, True)
    assert not GeographicEntity.objects.filter(status="closed").exists()
    assert read(establishment(1), full=True, close=True, force=True).counts == {"unchanged": 1, "closed": 2}


def test_closures_are_gone_on_with_after_a_cut(world, monkeypatch):
    monkeypatch.setattr(FinessImporter, "batch_size", 1)
    monkeypatch.setattr("directory.imports.finess.CLOSURES_AT_MOST", 1)
    file = ContentFile(file_of(establishment(1)))
    run = runs.create_run(
        kind="finess", file=file, file_name="x", dry_run=False, options={"full": True, "close": True}, by=None
    )
    engine.execute(run.pk, lambda run: run.position == 2 and runs.stop_run(run=run))
    assert runs.resume_run(run=run)
    assert engine.execute(run.pk).counts == {"created": 1, "closed": 2}
    assert GeographicEntity.objects.filter(status="closed").count() == 2
    run.refresh_from_db()
    assert (run.position, run.total) == (3, 3)


@pytest.mark.parametrize(
    ("lines", "code"),
    [([establishment(1)], 0), ([establishment(1), establishment(2, siret="1")], 2), (["illisible"], 1)],
)
def test_the_command_says_by_its_code_what_became_of_the_file(world, tmp_path, lines, code):
    path, report = tmp_path / "finess.csv", tmp_path / "rapport.csv"
    path.write_bytes(file_of(*lines))
    out = io.StringIO()
    with pytest.raises((CommandError, SystemExit)) if code else contextlib.nullcontext() as end:
        call_command("import_finess", str(path), "--report", str(report), stdout=out)
    if code:
        assert getattr(end.value, "returncode", None) == code or getattr(end.value, "code", None) == code
    assert report.exists()
    if code != 1:
        assert "Créées\N{NO-BREAK SPACE}: 1" in out.getvalue()
        assert finess(1) in report.read_text(encoding="utf-8-sig")


def test_the_command_closes_only_when_it_is_asked_to(world, tmp_path, monkeypatch):
    monkeypatch.setattr("directory.imports.finess.CLOSURES_AT_MOST", 1)
    path = tmp_path / "finess.csv"
    path.write_bytes(file_of(establishment(1)))
    for arguments in (["--close"], ["--full", "--force"]):
        with pytest.raises(CommandError, match="--close va avec --full") as error:
            call_command("import_finess", str(path), *arguments)
        assert error.value.returncode == 1
    call_command("import_finess", str(path), "--full", stdout=io.StringIO())
    assert not GeographicEntity.objects.filter(status="closed").exists()
    call_command("import_finess", str(path), "--full", "--close", stdout=io.StringIO())
    assert GeographicEntity.objects.filter(status="closed").count() == 2


def test_the_command_waits_for_one_that_may_be_alive(world, tmp_path):
    path = tmp_path / "finess.csv"
    path.write_bytes(file_of(establishment(1)))
    call_command("import_finess", str(path), stdout=io.StringIO())
    ImportRun.objects.update(state="running", alive_at=timezone.now() - datetime.timedelta(seconds=20))
    with pytest.raises(CommandError, match=r"attendez (39|40) secondes") as error:
        call_command("import_finess", str(path))
    assert error.value.returncode == 1
    assert ImportRun.objects.count() == 1
    ImportRun.objects.update(alive_at=timezone.now() - datetime.timedelta(seconds=61))
    call_command("import_finess", str(path), stdout=io.StringIO())
    assert ImportRun.objects.get().state == "done"


def test_a_report_that_cannot_be_written_is_told_before_reading(world, tmp_path):
    path = tmp_path / "finess.csv"
    path.write_bytes(file_of(establishment(1)))
    for report, said in (
        (tmp_path / "absent" / "r.csv", "il n’existe pas"),
        (tmp_path, "c’est un dossier"),
        (path, "prendre la place"),
    ):
        with pytest.raises(CommandError, match=said) as error:
            call_command("import_finess", str(path), "--report", str(report))
        assert error.value.returncode == 1
    assert not ImportRun.objects.exists()
    assert path.read_bytes() == file_of(establishment(1))


def test_the_command_refuses_a_file_that_is_too_big_or_absent(world, tmp_path, settings):
    path = tmp_path / "gros.csv"
    path.write_bytes(b"x" * 200)
    settings.IMPORT_MAX_BYTES = 100
    for wanted in (path, tmp_path / "absent.csv"):
        with pytest.raises(CommandError) as error:
            call_command("import_finess", str(wanted))
        assert error.value.returncode == 1
    assert not ImportRun.objects.exists()


def test_the_command_goes_on_with_what_was_cut(world, tmp_path, monkeypatch):
    monkeypatch.setattr(FinessImporter, "batch_size", 1)
    path = tmp_path / "finess.csv"
    path.write_bytes(file_of(establishment(1), establishment(2)))
    with monkeypatch.context() as cut:
        cut.setattr("directory.imports.command.ImportCommand._progress", lambda self, run: runs.stop_run(run=run))
        with pytest.raises(CommandError, match="arrêté avant la fin"):
            call_command("import_finess", str(path), stdout=io.StringIO())
    out = io.StringIO()
    call_command("import_finess", str(path), stdout=out)
    assert "Reprise après 1 ligne." in out.getvalue()
    assert ImportRun.objects.get().counts == {"created": 2}
