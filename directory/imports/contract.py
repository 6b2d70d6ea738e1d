"""What an importer is: how one kind of file is read, judged line by line and written (spec 10, Imports).

An importer is a subclass of ``Importer``, registered in ``directory.imports.registry``. The engine makes one instance
a reading (``Importer(context)``) and calls, in this order, ``check`` once, then ``rows`` once, then ``apply`` for each
batch. A run that was cut is read again by a new instance, from ``check``: what an instance remembers of the file is
rebuilt there and never carried over.

The same code runs for a dry run, whose writes are rolled back batch after batch. Verdicts must not differ for all that:
what one line of the file does to a later line (a duplicate, say) is found from the file itself in ``check``, never by
looking in the database for what an earlier batch wrote.
"""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.utils import timezone

from accounts.roles import Permission

from ..models import ImportLine, ImportRun

if TYPE_CHECKING:
    from django import forms

    from accounts.models import User

    from ..scopes import Scope

Verdict = ImportLine.Verdict


# What the pages call the lines of a verdict: one of them, several of them.
WORDS: dict[str, tuple[str, str]] = {
    Verdict.CREATED: (Verdict.CREATED.label, "Créées"),
    Verdict.UPDATED: (Verdict.UPDATED.label, "Mises à jour"),
    Verdict.UNCHANGED: (Verdict.UNCHANGED.label, "Sans changement"),
    Verdict.CLOSED: (Verdict.CLOSED.label, "Fermées"),
    Verdict.OUT_OF_REGION: (Verdict.OUT_OF_REGION.label, "Hors région"),
    Verdict.REFUSED: (Verdict.REFUSED.label, "Refusées"),
}


class UnreadableFile(Exception):
    """The file is refused whole; the text is the reason, in French, shown to the person. Nothing was written."""


class RunTaken(Exception):
    """The run is read by another process, was stopped, or is over."""


@dataclass(frozen=True)
class Context:
    """For whom and how a file is read. ``by`` is ``None`` for a command, whose ``scope`` is that of support."""

    run: ImportRun
    by: User | None
    scope: Scope
    now: datetime.datetime

    @property
    def options(self) -> dict[str, Any]:
        """Options of the run: the cleaned fields of ``options_form`` and ``confirm_form``."""
        return self.run.options

    @property
    def dry_run(self) -> bool:
        """Tell whether writes are rolled back. Only what leaves the database (a mail) needs to ask."""
        return self.run.dry_run

    def say_alive(self) -> None:
        """Give a sign of life: to be called now and then by a long ``check``. Raises ``RunTaken`` when stopped."""
        running = ImportRun.objects.filter(pk=self.run.pk, state=ImportRun.State.RUNNING)
        if not running.update(alive_at=timezone.now()):
            raise RunTaken


@dataclass(frozen=True)
class Line:
    """One line as read. ``refusal`` is the reason (French) why it is refused alone; ``apply`` then never sees it.

    ``number`` is what the person sees in the file, from 1; 0 for what no line of the file says (an absence). A line
    ``joined`` to the one before it is never in another batch.
    """

    number: int
    data: Any = None
    key: str = ""
    label: str = ""
    refusal: str = ""
    joined: bool = False

    def judged(self, verdict: str, reason: str = "") -> LineVerdict:
        """Verdict on this line. ``reason`` may add something to any verdict."""
        return LineVerdict(self, verdict, reason)

    def refused(self, reason: str) -> LineVerdict:
        """Refuse this line alone."""
        return LineVerdict(self, Verdict.REFUSED, reason)


@dataclass(frozen=True)
class LineVerdict:
    """What became of a line."""

    line: Line
    verdict: str
    reason: str = ""


@dataclass
class Importer(ABC):
    """How one kind of file is imported. Class attributes describe it to the pages and to the command."""

    do_not_call_in_templates: ClassVar[bool] = True  # templates describe the class, and must not make an instance

    kind: ClassVar[ImportRun.Kind]
    title: ClassVar[str]  # « Établissements FINESS », on the page
    help_text: ClassVar[str]  # one or two sentences, plain text
    extensions: ClassVar[tuple[str, ...]]  # « .csv », lower case: a hint for the file picker, not a check
    template_url_name: ClassVar[str] = ""  # address of the Excel template to fill, when there is one
    options_form: ClassVar[type[forms.Form] | None] = None  # more boxes of the new-run page; JSON values only
    confirm_form: ClassVar[type[forms.Form] | None] = None  # asked after a dry run; its fields join the options
    permissions: ClassVar[tuple[Permission, ...]] = (Permission.IMPORT_RUN,)  # all of them are needed
    batch_size: ClassVar[int] = 500  # lines a transaction
    words: ClassVar[dict[str, tuple[str, str]]] = WORDS  # what the pages call a verdict: one line, several lines
    personal: ClassVar[bool] = False  # the file tells of people: it is deleted once imported for good
    changes_first: ClassVar[bool] = False  # the page shows what changes before the rest
    sends_mails: ClassVar[bool] = False  # the site's absolute address joins the options, as « base_url »

    context: Context
    notes: dict[str, Any] = field(default_factory=dict, init=False)

    @classmethod
    def max_bytes(cls) -> int:
        """Greatest size of a file, in bytes; beyond, it is refused whole."""
        return settings.IMPORT_MAX_BYTES

    @classmethod
    def confirm_form_for(cls, run: ImportRun) -> type[forms.Form] | None:
        """Return the form asked after this dry run, ``confirm_form`` unless there is nothing to ask."""
        return cls.confirm_form

    @classmethod
    def warnings_of(cls, run: ImportRun) -> list[str]:
        """Sentences said at the head of the page of a run; none by default."""
        return []

    @abstractmethod
    def check(self, file: IO[bytes]) -> int:
        """Read the whole file once, in memory that does not grow with it, and return how many lines ``rows`` gives.

        Raises ``UnreadableFile`` (encoding, columns, empty, …).
        """

    @abstractmethod
    def rows(self, file: IO[bytes], start: int) -> Iterator[Line]:
        """Give the lines of the file without the first ``start`` ones, always in the same order.

        ``start`` counts what ``rows`` gives, not lines of the file. ``file`` is open at its beginning.
        """

    @abstractmethod
    def apply(self, lines: Sequence[Line]) -> list[LineVerdict]:
        """Write a batch, in bulk, and return one verdict a line, in the order of ``lines``.

        Runs in a transaction of the engine. An ``IntegrityError`` or a ``DataError`` makes the engine try the batch
        again by halves, down to the line that the database refuses. History (``RecordChange``) and signals are the
        importer's; mails wait for ``transaction.on_commit`` and are not sent when ``context.dry_run``.
        """

    def close(self) -> None:  # noqa: B027 - nothing to free, for most
        """Free what ``check`` opened (temporary files). Always called at the end of a reading."""
