"""Runs of imports in tests: what is read, and what the report says of each line."""

from typing import Any

from django.core.files.base import ContentFile

from accounts.models import User
from directory.imports import engine, runs
from directory.models import ImportLine, ImportRun


def import_file(
    kind: str,
    content: bytes,
    *,
    name: str = "fichier",
    dry_run: bool = False,
    by: User | None = None,
    **options: Any,
) -> ImportRun:
    """Read a file to its end, as the page or the command does, and return its run."""
    run = runs.create_run(
        kind=kind, file=ContentFile(content, name=name), file_name=name, dry_run=dry_run, options=options, by=by
    )
    return engine.execute(run.pk)


def verdicts(run: ImportRun) -> list[tuple[int, str, str]]:
    """(number, verdict, key) of each line, in the order of reading."""
    return list(ImportLine.objects.filter(run=run).order_by("pk").values_list("number", "verdict", "key"))


def reasons(run: ImportRun) -> dict[str, str]:
    """What is said of each line, by key."""
    return dict(ImportLine.objects.filter(run=run).order_by("pk").values_list("key", "reason"))


def whole_report(run: ImportRun) -> list[tuple[Any, ...]]:
    """Every line of the report, to compare two runs."""
    lines = ImportLine.objects.filter(run=run).order_by("pk")
    return list(lines.values_list("number", "verdict", "key", "label", "reason"))
