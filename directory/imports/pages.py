"""What the pages of imports show, and their entry in the Menu."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Case, IntegerField, When
from django.utils import timezone

from common import french, navigation

from ..models import ImportLine, ImportRun
from . import engine, registry, runs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from ..scopes import Scope

BY_INTEREST = (
    ImportLine.Verdict.REFUSED,
    ImportLine.Verdict.CREATED,
    ImportLine.Verdict.UPDATED,
    ImportLine.Verdict.CLOSED,
)
LINES_SHOWN = 50
SILENT_SECONDS = int(engine.SILENT_AFTER.total_seconds())
SLOW_AFTER = 20  # seconds without a sign of life before the page tells of it
Verdict = ImportLine.Verdict
State = ImportRun.State


@dataclass(frozen=True)
class Count:
    """Number of lines of one verdict, and what the address calls it."""

    key: str
    label: str
    number: int


@dataclass(frozen=True)
class Progress:
    """How far a run is. ``percent`` is ``None`` while the file is being checked."""

    is_active: bool
    is_silent: bool
    percent: int | None
    may_resume: bool
    may_stop: bool
    wait: int  # seconds before « Reprendre » is offered

    @property
    def is_slow(self) -> bool:
        """Tell whether the last sign of life is old enough to be told."""
        return self.wait < SILENT_SECONDS - SLOW_AFTER


def register() -> None:
    """Add the entry of the Menu."""
    navigation.register(
        navigation.NavItem(
            "Imports",
            "directory:import_list",
            section="menu",
            order=60,
            visible=sees_imports,
            prefix="/repertoire/imports/",
        )
    )


def sees_imports(request: HttpRequest) -> bool:
    """Tell whether the pages of imports are this person's."""
    scope = getattr(request, "scope", None)
    return scope is not None and runs.may_see(scope)


def visible_runs(scope: Scope) -> QuerySet[ImportRun]:
    """Runs of the kinds that a person may import, the latest first."""
    kinds = [importer.kind for importer in registry.importers() if runs.may_run(scope, importer.kind)]
    return ImportRun.objects.filter(kind__in=kinds if runs.may_see(scope) else []).select_related("started_by")


def counts_of(run: ImportRun) -> list[Count]:
    """Verdicts that some line got, in the order of the list."""
    words = registry.importer_of(run.kind).words
    return [
        Count(verdict.value, words[verdict][1], run.counts[verdict]) for verdict in Verdict if run.counts.get(verdict)
    ]


def in_order(run: ImportRun, lines: QuerySet[ImportLine]) -> QuerySet[ImportLine]:
    """Lines in the order of the file; what changes before the rest when the importer says so."""
    if not registry.importer_of(run.kind).changes_first:
        return lines.order_by("number", "pk")
    ranks = [When(verdict=verdict, then=rank) for rank, verdict in enumerate(BY_INTEREST)]
    return lines.order_by(Case(*ranks, default=len(BY_INTEREST), output_field=IntegerField()), "number", "pk")


def with_words(run: ImportRun, lines: Iterable[ImportLine]) -> list[ImportLine]:
    """Lines of a run, each with ``word``: its verdict as this kind of file calls it."""
    words = registry.importer_of(run.kind).words
    named = list(lines)
    for line in named:
        line.word = words[line.verdict][0]
    return named


def title_of_end(run: ImportRun) -> str:
    """« Import terminé, 3 lignes laissées de côté »: how a run that is over is announced."""
    title = "Essai à blanc terminé" if run.dry_run else "Import terminé"
    refused = engine.lines_refused(run)
    return f"{title}, {french.counted(refused, 'ligne laissée', 'lignes laissées')} de côté" if refused else title


def progress_of(run: ImportRun) -> Progress:
    """Progress of a run as of now."""
    now = timezone.now()
    silent = engine.is_silent(run, now)
    active = run.state in {State.WAITING, State.RUNNING} and not silent
    return Progress(
        is_active=active,
        is_silent=silent,
        percent=run.position * 100 // run.total if run.total else None,
        may_resume=silent or run.state == State.STOPPED,
        may_stop=active,
        wait=engine.silent_in(run, now) if active and run.state == State.RUNNING else SILENT_SECONDS,
    )
