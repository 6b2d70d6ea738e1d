"""The engine: batches, dry run, stop, resume, what a killed process leaves."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError
from django.test import TestCase
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AuditEntry
from directory.imports import engine, purge, registry, runs, tasks
from directory.imports.contract import Importer, Line, UnreadableFile, Verdict
from directory.models import ImportLine, ImportRun
from tests.factories.accounts import UserFactory
from tests.factories.directory import LegalEntityFactory

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """What a process that dies sees: nothing catches it."""


@dataclass
class NameImporter(Importer):
    """An EJ a line, three lines a batch; « ! » is refused at reading, « ? » by the database."""

    kind = ImportRun.Kind.UNITS
    title = "Essai"
    help_text = "Essai."
    extensions = (".txt",)
    batch_size = 3

    applied = []
    dies_at = None

    def check(self, file):
        lines = file.read().split()
        if lines == [b"illisible"]:
            raise UnreadableFile("Ce fichier ne se lit pas.")
        return len(lines)

    def rows(self, file, start):
        for number, name in enumerate(file.read().decode().split(), start=1):
            if number > start:
                yield Line(number, name, key=name, refusal="Interdit." if name == "!" else "")

    def apply(self, lines):
        names = [line.data for line in lines]
        if type(self).dies_at in names:
            raise Killed
        if "?" in names:
            raise IntegrityError("?")
        for name in names:
            LegalEntityFactory(name=name)
        type(self).applied.append(names)
        return [line.judged(Verdict.CREATED) for line in lines]


@pytest.fixture(autouse=True)
def importer(monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setitem(registry._importers, NameImporter.kind, NameImporter)
    monkeypatch.setattr(NameImporter, "applied", [])
    monkeypatch.setattr(NameImporter, "dies_at", None)
    return NameImporter


def new_run(content="a b c d e f g", **values):
    defaults = {"kind": NameImporter.kind, "file_name": "essai.txt", "dry_run": False, "options": {}, "by": None}
    return runs.create_run(file=ContentFile(content.encode()), **(defaults | values))


def names():
    from directory.models import LegalEntity

    return sorted(LegalEntity.objects.filter(name__regex="^.$").values_list("name", flat=True))


def read(run):
    run.refresh_from_db()
    return run.state, run.position, run.counts


def test_a_file_is_read_by_batches(importer):
    run = engine.execute(new_run().pk)
    assert read(run) == ("done", 7, {"created": 7})
    assert importer.applied == [["a", "b", "c"], ["d", "e", "f"], ["g"]]
    assert [line.number for line in run.lines.all()] == list(range(1, 8))
    assert (run.total, run.finished_at is None) == (7, False)


def test_a_dry_run_gives_the_same_verdicts_and_writes_nothing():
    dry = engine.execute(new_run("a ! b ? c", dry_run=True).pk)
    assert names() == []
    wet = engine.execute(new_run("a ! b ? c").pk)
    verdicts = [list(run.lines.values_list("number", "verdict", "key", "reason")) for run in (dry, wet)]
    assert verdicts[0] == verdicts[1]
    assert names() == ["a", "b", "c"]
    assert wet.counts == {"created": 3, "refused": 2}


def test_the_line_that_the_database_refuses_is_refused_alone():
    run = engine.execute(new_run("a b ? c").pk)
    assert names() == ["a", "b", "c"]
    assert list(run.lines.filter(verdict="refused").values_list("number", flat=True)) == [3]


def test_an_unreadable_file_is_refused_whole():
    run = engine.execute(new_run("illisible").pk)
    assert (run.state, run.error) == ("refused", "Ce fichier ne se lit pas.")
    assert not run.lines.exists()


@pytest.mark.parametrize(("content", "error"), [("", "Le fichier est vide."), ("   ", "aucune ligne à importer")])
def test_an_empty_file_is_refused(content, error):
    run = engine.execute(new_run(content).pk)
    assert run.state == "refused"
    assert error in run.error


def test_a_file_over_the_limit_is_refused(settings):
    settings.IMPORT_MAX_BYTES = 5
    run = engine.execute(new_run("a b c d").pk)
    assert (run.state, run.total) == ("refused", None)


def test_a_file_that_is_gone_is_refused():
    run = new_run()
    run.file.delete(save=False)
    assert "n’existe plus" in engine.execute(run.pk).error


def test_what_a_killed_process_left_is_gone_on_with(importer):
    run = new_run()
    importer.dies_at = "e"
    with pytest.raises(Killed):
        engine.execute(run.pk)
    assert read(run) == ("running", 3, {"created": 3})
    assert names() == ["a", "b", "c"]
    importer.dies_at = None
    with pytest.raises(engine.RunTaken):
        engine.execute(run.pk)
    ImportRun.objects.filter(pk=run.pk).update(alive_at=timezone.now() - timedelta(minutes=5))
    engine.execute(run.pk)
    assert read(run) == ("done", 7, {"created": 7})
    assert names() == list("abcdefg")
    assert importer.applied == [["a", "b", "c"], ["d", "e", "f"], ["g"]]


def test_an_unexpected_error_leaves_a_run_to_go_on_with(importer, monkeypatch):
    run = new_run()
    monkeypatch.setattr(importer, "apply", lambda self, lines: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        engine.execute(run.pk)
    assert read(run) == ("stopped", 0, {})
    monkeypatch.undo()


def test_a_run_that_is_stopped_ends_with_its_batch_and_goes_on():
    run = new_run()

    def stop(run):
        if run.position == 3:
            assert runs.stop_run(run=run)

    assert engine.execute(run.pk, stop).state == "stopped"
    assert read(run) == ("stopped", 3, {"created": 3})
    with pytest.raises(engine.RunTaken):
        engine.execute(run.pk)
    assert runs.resume_run(run=run)
    assert not runs.resume_run(run=run)
    assert engine.execute(run.pk).counts == {"created": 7}
    assert not runs.stop_run(run=run)


def test_a_waiting_run_that_is_stopped_is_not_read(importer):
    run = new_run()
    assert runs.stop_run(run=run)
    tasks.read_file.call(run_id=run.pk)
    assert read(run) == ("stopped", 0, {})
    assert importer.applied == []


def test_a_run_whose_file_or_right_is_lost_on_the_way_is_stopped_and_says_why(cast):
    run = new_run(by=cast.sesan)
    engine.execute(run.pk, lambda run: run.position == 3 and runs.stop_run(run=run))
    runs.resume_run(run=run)
    name = run.file.name
    run.file.storage.delete(name)
    run = engine.execute(run.pk)
    assert (run.state, run.position, "n’existe plus" in run.error) == ("stopped", 3, True)
    run.file.storage.save(name, ContentFile(b"a b c d e f g"))
    cast.sesan.assignments.update(valid_until=timezone.localdate() - timedelta(days=1))
    runs.resume_run(run=run)
    run = engine.execute(run.pk)
    assert (run.state, run.error) == ("stopped", engine.NO_LONGER_ALLOWED)


def test_launches_are_in_the_audit_log(cast):
    run = engine.execute(new_run(dry_run=True, by=cast.sesan).pk)
    follower = runs.confirm_run(run=run, options={}, by=cast.sesan, request_ip="192.0.2.1")
    launches = AuditEntry.objects.filter(action=AuditEntry.Action.IMPORT_LAUNCHED, actor=cast.sesan).order_by("pk")
    assert [entry.details["run"] for entry in launches] == [run.pk, follower.pk]
    assert [entry.details["dry_run"] for entry in launches] == [True, False]
    assert launches[1].ip_address == "192.0.2.1"


def test_a_run_that_another_process_carried_further_is_left_to_it():
    run = new_run()

    def overtaken(run):
        ImportRun.objects.filter(pk=run.pk).update(position=6)

    engine.execute(run.pk, overtaken)
    assert read(run) == ("running", 6, {"created": 3})
    assert names() == ["a", "b", "c"]


def test_files_go_after_a_while_and_reports_stay():
    run = engine.execute(new_run(dry_run=True).pk)
    name, storage = run.file.name, run.file.storage
    assert purge.purge(now=timezone.now()) == 0
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert purge.purge(now=timezone.now() + timedelta(days=31)) == 1
    run.refresh_from_db()
    assert (run.file.name, storage.exists(name), run.lines.count()) == ("", False, 7)


def test_a_file_that_tells_of_people_goes_once_it_is_imported(importer, monkeypatch):
    monkeypatch.setattr(importer, "personal", True)
    tried = engine.execute(new_run(dry_run=True).pk)
    assert tried.file
    with TestCase.captureOnCommitCallbacks(execute=True):
        run = engine.execute(new_run().pk)
    assert not ImportRun.objects.get(pk=run.pk).file
    assert not run.file.storage.exists(run.file.name)


def test_a_person_who_lost_the_right_imports_nothing():
    run = engine.execute(new_run(by=UserFactory()).pk)
    assert (run.state, run.error) == ("refused", engine.NO_LONGER_ALLOWED)


def test_a_dry_run_is_confirmed_once(cast):
    tried = engine.execute(new_run(dry_run=True, by=cast.sesan).pk)
    first = runs.confirm_run(run=tried, options={"close": True}, by=cast.sesan)
    again = runs.confirm_run(run=tried, options={}, by=cast.sesan)
    assert first == again
    assert first.options == {"close": True, "after": tried.pk}
    with pytest.raises(engine.RunTaken):
        runs.confirm_run(run=first, options={}, by=cast.sesan)
    assert engine.execute(first.pk).counts == {"created": 7}


def test_the_report_is_safe_in_a_spreadsheet():
    run = new_run()
    reasons = ["=1+1", "+33", "-2", "@x", "\tx", "un; deux", 'dit "oui"', "été"]
    ImportLine.objects.bulk_create(
        ImportLine(run=run, number=number, verdict="refused", reason=reason) for number, reason in enumerate(reasons)
    )
    text = b"".join(runs.report_csv(run)).decode()
    assert text.startswith(
        "\N{ZERO WIDTH NO-BREAK SPACE}Ligne;Verdict;Identifiant;Libellé;Précision\r\n;Refusée;;;'=1+1\r\n"
    )
    lines = text.split("\r\n")
    assert [line.rpartition(";")[2] for line in lines[2:6]] == ["'+33", "'-2", "'@x", "'\tx"]
    assert lines[6:9] == ['5;Refusée;;;"un; deux"', '6;Refusée;;;"dit ""oui"""', "7;Refusée;;;été"]


def test_the_report_is_read_a_few_lines_at_a_time(monkeypatch, django_assert_num_queries):
    run = new_run()
    monkeypatch.setattr(runs, "REPORT_BATCH", 2)
    ImportLine.objects.bulk_create(ImportLine(run=run, number=n, verdict="created") for n in range(5))
    with django_assert_num_queries(4):
        assert [line.number for line in runs.report_lines(run)] == [0, 1, 2, 3, 4]


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 7))
def test_joined_lines_are_never_parted(joined, size):
    lines = [Line(number, joined=bool(number) and follows) for number, follows in enumerate(joined)]
    found = list(engine.batches(iter(lines), size))
    assert [line for batch in found for line in batch] == lines
    assert not any(batch[0].joined for batch in found)
    cut = engine.middle(lines)
    assert not lines or not lines[cut].joined
    assert cut or all(line.joined for line in lines[1:])


def test_the_database_refuses_joined_lines_together(importer):
    class Paired(importer):
        def rows(self, file, start):
            for line in super().rows(file, start):
                yield replace(line, joined=line.data == "b")

    registry._importers[importer.kind] = Paired
    run = engine.execute(new_run("a b ? b c").pk)
    assert list(run.lines.order_by("number").values_list("verdict", flat=True)) == [
        *("created", "created", "refused", "refused", "created"),
    ]


def test_one_file_of_a_kind_is_read_at_a_time(importer):
    first, second, other = new_run("a b"), new_run("c d"), new_run("e", kind=ImportRun.Kind.FINESS)
    engine.take(first.pk)
    stopped = engine.execute(second.pk)
    assert (stopped.state, stopped.position) == ("stopped", 0)
    assert stopped.error == (
        "Un autre import «\u00a0Essai\u00a0» est en cours de lecture (essai.txt)\u00a0: "
        "reprenez celui-ci quand il sera terminé."
    )
    assert engine.take(other.pk).state == "running", "another kind"
    engine.finish(first, "done")
    assert runs.resume_run(run=stopped)
    assert engine.execute(second.pk).state == "done"
    assert names() == ["c", "d"]


def test_a_dead_run_holds_nobody_back(importer):
    first, second = new_run("a b"), new_run("c d")
    engine.take(first.pk)
    ImportRun.objects.filter(pk=first.pk).update(alive_at=timezone.now() - engine.SILENT_AFTER)
    assert engine.execute(second.pk).state == "done"
