"""Official nomenclatures of the ANS (FHIR JSON): a preview of what a list gains, renames and loses, then the change.

A term is shown exactly as stored (01-settled): what a person has written in the back office is left alone and said,
and the labels of the seeds are kept, the national ones joining their synonyms. Terms are retired, never deleted.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, ClassVar

from django import forms
from django.db.models import Max
from django.utils import timezone
from django.utils.text import capfirst

from accounts.roles import Permission
from common import french
from common.text import fold

from ..enums import Nomenclature, RecordKind
from ..models import ImportRun, RecordChange, Term
from ..reference.national_lists import BY_NOMENCLATURE, CODED_LISTS, CodedList, list_of, national_number
from ..services import RecordEdit, update_record
from .contract import WORDS, Importer, Line, LineVerdict, UnreadableFile, Verdict
from .fhir import Concept, NationalFile, read_national_file

MAX_BYTES = 20 * 1024 * 1024
MAX_CODE, MAX_LABEL, MAX_SYNONYM = 24, 255, 120  # columns of Term
REASON = "Import de la nomenclature "  # begins the reason in the history: what tells an import from a person
SEED_LABELS = frozenset(
    {
        (Nomenclature.UNIT_TYPE, "94.59b"),
        (Nomenclature.CARE_MODE, "58"),
        (Nomenclature.OPERATIONAL_ACTIVITY, "231"),
    }
)
OLDER = "Fichier plus ancien que la liste"
CONFIRM_OLDER = "cochez «\u00a0Accepter un fichier plus ancien\u00a0», ou ajoutez --older à la commande."
GONE = "Ce terme n’est plus dans la liste."
REGIONAL = ("regional", "named in the seed")  # beginnings of the source of regional terms


class NomenclatureOptions(forms.Form):
    """For which list the file is, when its name does not tell, and what becomes of absent terms."""

    list = forms.ChoiceField(
        label="Liste",
        required=False,
        choices=[
            ("", "D’après le fichier"),
            *((coded.slug, capfirst(coded.plural)) for coded in CODED_LISTS if not coded.not_imported),
        ],
        help_text="Le nom du fichier ou son contenu donne le numéro de la liste nationale (JDV_J35…).",
    )
    retire = forms.BooleanField(
        label="Retirer les termes absents du fichier",
        required=False,
        help_text="Un terme retiré n’est plus proposé\u00a0; les fiches qui le portent le gardent.",
    )
    older = forms.BooleanField(
        label="Accepter un fichier plus ancien que la liste",
        required=False,
        help_text="Sans cette case, un fichier daté d’avant celui que la liste a déjà reçu n’est pas importé.",
    )


class OlderFileForm(forms.Form):
    """Asked after the dry run of a file that is older than its list."""

    older = forms.BooleanField(
        label="Importer ce fichier bien qu’il soit plus ancien que la liste",
        error_messages={"required": "Le fichier est plus ancien que la liste\u00a0: cochez la case pour l’importer."},
    )


@dataclass(frozen=True)
class Absent:
    """A term of the list that the file does not hold."""

    term_id: int


@dataclass(frozen=True)
class Older:
    """The file, of ``date``, precedes the ``newest`` read into the list: said on a line of its own, the first."""

    date: datetime.date
    newest: datetime.date

    @property
    def words(self) -> str:
        """Both dates."""
        mine, known = french.day(self.date), french.day(self.newest)
        return f"Ce fichier est du {mine}, la liste a déjà reçu celui du {known}"


@dataclass
class Lineage:
    """What the history says of some terms: which were added, labelled or retired by a person, not by an import."""

    added: set[int]
    labelled: set[int]
    dated: set[int]


class NomenclatureImporter(Importer):
    """A JDV (ValueSet) or a TRE (CodeSystem) into the list that follows it."""

    kind = ImportRun.Kind.NOMENCLATURE
    title = "Nomenclature nationale (ANS)"
    help_text = (
        "Fichier JSON officiel de l’ANS (FHIR ValueSet ou CodeSystem). L’essai à blanc montre les termes ajoutés, "
        "renommés, retirés et inchangés."
    )
    extensions = (".json",)
    options_form = NomenclatureOptions
    changes_first = True
    words: ClassVar[dict[str, tuple[str, str]]] = {
        **WORDS,
        Verdict.CREATED: ("Ajouté", "Ajoutés"),
        Verdict.UPDATED: ("Modifié", "Renommés ou modifiés"),
        Verdict.UNCHANGED: ("Inchangé", "Inchangés"),
        Verdict.CLOSED: ("Retiré", "Retirés"),
        Verdict.REFUSED: ("Refusé", "Refusés"),
    }
    permissions: ClassVar[tuple[Permission, ...]] = (Permission.IMPORT_RUN, Permission.NOMENCLATURE_MANAGE)

    coded: CodedList
    content: NationalFile

    @classmethod
    def max_bytes(cls) -> int:
        """20 MB: the file is read whole."""
        return MAX_BYTES

    @classmethod
    def warnings_of(cls, run: ImportRun) -> list[str]:
        """What is said of the age of the file."""
        older = run.lines.filter(number=0, label=OLDER, key="")
        return list(older.values_list("reason", flat=True)[:1])

    @classmethod
    def confirm_form_for(cls, run: ImportRun) -> type[forms.Form] | None:
        """Ask about the age of the file only when it is older and nobody has accepted that."""
        return OlderFileForm if not run.options.get("older") and cls.warnings_of(run) else None

    def check(self, file: IO[bytes]) -> int:
        """Read the file and find its list. Raises ``UnreadableFile`` when no list of the same codes follows it."""
        self.content = read_national_file(file.read())
        self.coded = self._list()
        if self.coded.not_imported:
            raise UnreadableFile(self.coded.not_imported)
        self.first_ranks: dict[str, int] = {}
        for concept in self.content.concepts:
            self.first_ranks.setdefault(self._code(concept), concept.rank)
        date, newest = _day(self.content.date), newest_import(self.coded.nomenclature)
        self.warnings = [Older(date, newest)] if date and newest and date < newest else []
        if self.warnings and not self.context.dry_run and not self.context.options.get("older"):
            raise UnreadableFile(f"{self.warnings[0].words}\u00a0: {CONFIRM_OLDER}")
        return len(self.warnings) + len(self.content.concepts) + self._absent().count()

    def rows(self, file: IO[bytes], start: int) -> Iterator[Line]:
        """Give the warning on its age, the concepts of the file, then the terms of the list that it does not hold."""
        concepts = self.content.concepts
        for warning in self.warnings[start:]:
            yield Line(0, warning, label=OLDER)
        start = max(start - len(self.warnings), 0)
        for concept in concepts[start:]:
            yield self._line(concept)
        absent = self._absent().order_by("pk").values_list("pk", "code", "label")
        for pk, code, label in absent[max(start - len(concepts), 0) :]:
            yield Line(0, Absent(pk), key=code, label=label)

    def apply(self, lines: Sequence[Line]) -> list[LineVerdict]:
        """Add, rename or retire each term, with its history; the search follows the terms saved."""
        codes = [line.key for line in lines]
        terms = Term.objects.of(self.coded.nomenclature)
        locked = terms.filter(code__in=codes).select_for_update(of=("self",)).order_by("pk")
        known = {term.code: term for term in locked}
        lineage = lineage_of([term.pk for term in known.values()])
        self.last_order = terms.aggregate(last=Max("order"))["last"] or 0
        return [self._judge(line, known.get(line.key), lineage) for line in lines]

    def _list(self) -> CodedList:
        chosen = self.context.options.get("list") or ""
        names = (*self.content.names, self.context.run.file_name)
        asked = next((coded for coded in CODED_LISTS if coded.slug == chosen), None)
        told, number = list_of(*self.content.names), next(filter(None, map(national_number, names)), "")
        if asked and any(map(national_number, self.content.names)) and told != asked:
            raise UnreadableFile(
                f"Le contenu du fichier dit la liste nationale {number}"
                f"{f' ({told.plural})' if told else ''}, pas celle des {asked.plural}."
            )
        found = asked or list_of(*names)
        if found is None:
            if any(map(national_number, self.content.names)):
                raise UnreadableFile(f"La liste nationale {number} n’est pas suivie ici.")
            which = (
                f"La liste nationale {number} n’est pas suivie ici" if number else "Aucun numéro de liste n’est lisible"
            )
            raise UnreadableFile(f"{which}\u00a0: choisissez la liste à laquelle le fichier est destiné.")
        return found

    def _code(self, concept: Concept) -> str:
        if self.coded.code_carries_system and (system := national_number(concept.system)):
            return f"{system}-{concept.code}"
        return concept.code

    def _line(self, concept: Concept) -> Line:
        code = self._code(concept)
        return Line(concept.rank, concept, key=code, label=concept.label, refusal=self._problem(concept, code))

    def _problem(self, concept: Concept, code: str) -> str:
        if concept.problem:
            return concept.problem
        if len(code) > MAX_CODE:
            return f"Le code dépasse {MAX_CODE} caractères."
        if len(concept.label) > MAX_LABEL:
            return f"Le libellé dépasse {MAX_LABEL} caractères."
        if (first := self.first_ranks[code]) != concept.rank:
            return f"Code déjà donné par le terme {french.number(first)} du fichier."
        return ""

    def _absent(self):
        """Terms of the list that the file does not hold; of the file's own TRE alone when codes carry theirs."""
        terms = Term.objects.of(self.coded.nomenclature).exclude(code__in=list(self.first_ranks))
        if not self.coded.code_carries_system:
            return terms
        systems = {national_number(concept.system) for concept in self.content.concepts}
        return terms.filter(code__regex=rf"^({'|'.join(sorted(filter(None, systems))) or 'aucun'})-")

    def _judge(self, line: Line, term: Term | None, lineage: Lineage) -> LineVerdict:
        if isinstance(line.data, Older):
            return line.judged(Verdict.UNCHANGED, f"{line.data.words}\u00a0: il peut défaire ce que celui-ci a changé.")
        if term is None:
            return line.refused(GONE) if isinstance(line.data, Absent) else self._add(line)
        if isinstance(line.data, Absent):
            return self._judge_absent(line, term, lineage)
        changes, said = self._changes(line.data, term, lineage)
        if not changes:
            return line.judged(Verdict.UNCHANGED, " ".join(said))
        self._update(term, changes)
        retired = "active_until" in changes and changes["active_until"] is not None
        return line.judged(Verdict.CLOSED if retired else Verdict.UPDATED, " ".join(said))

    def _add(self, line: Line) -> LineVerdict:
        concept = line.data
        if (end := self._end_of(concept)) and end <= self.today:
            return line.judged(Verdict.UNCHANGED, "Terme national déjà retiré\u00a0: non ajouté.")
        self.last_order += 1
        term = Term(
            nomenclature=self.coded.nomenclature,
            code=line.key,
            label=concept.label,
            parent=self._parent(concept),
            order=self.last_order,
            active_from=self.today,
            active_until=end,
            source=self.source,
        )
        edit = RecordEdit(term, self.context.by, self.context.scope, self.reason, now=self.context.now)
        edit.check()
        edit.create()
        edit.finish()
        return line.judged(Verdict.CREATED)

    def _parent(self, concept: Concept) -> Term | None:
        """Term above, when the file has a tree and it is there already: parents come first in the file."""
        return Term.objects.of(self.coded.nomenclature).filter(code=concept.parent).first() if concept.parent else None

    def _changes(self, concept: Concept, term: Term, lineage: Lineage) -> tuple[dict[str, Any], list[str]]:
        """Fields to change and what is said of the line, changed or left."""
        changes: dict[str, Any] = {}
        said: list[str] = []
        if concept.label != term.label:
            changed, words = self._relabelled(concept, term, lineage)
            changes |= changed
            said.append(words)
        changed, words = self._dated(concept, term, lineage)
        return {**changes, **changed}, [sentence for sentence in (*said, words) if sentence]

    def _relabelled(self, concept: Concept, term: Term, lineage: Lineage) -> tuple[dict[str, Any], str]:
        if (term.nomenclature, term.code) in SEED_LABELS:
            spellings = {fold(spelling) for spelling in (term.label, *term.synonyms)}
            if fold(concept.label) in spellings or len(concept.label) > MAX_SYNONYM:
                return {}, ""
            return {
                "synonyms": [*term.synonyms, concept.label]
            }, "Libellé des fiches gardé, libellé national en synonyme."
        if term.pk in lineage.labelled:
            words = f"Libellé donné par le support, laissé tel quel ({_quoted(term.label)})."
            return {}, words
        words = f"Renommé\u00a0: {_quoted(term.label)} devient {_quoted(concept.label)}."
        return {"label": concept.label, "source": self.source}, words

    def _dated(self, concept: Concept, term: Term, lineage: Lineage) -> tuple[dict[str, Any], str]:
        """Retire a term whose end the file gives; bring back one that an import had retired and the file holds."""
        end = self._end_of(concept)
        until = term.active_until
        if end is not None and until is None:
            until = max(end, term.active_from or end)
            return {"active_until": until}, f"Retiré le {french.day(until)}, date donnée par le fichier."
        if until is None or end is not None:
            return {}, ""
        if term.pk in lineage.dated:
            return {}, f"Retiré le {french.day(until)} par le support, laissé tel quel."
        return {"active_until": None}, "De nouveau en vigueur."

    def _judge_absent(self, line: Line, term: Term, lineage: Lineage) -> LineVerdict:
        if term.active_until is not None:
            return line.judged(Verdict.UNCHANGED, f"Absent du fichier, déjà retiré le {french.day(term.active_until)}.")
        if term.source.startswith(REGIONAL) or term.pk in lineage.added:
            return line.judged(Verdict.UNCHANGED, "Absent du fichier\u00a0: terme régional, gardé.")
        if not self.context.options.get("retire"):
            return line.judged(Verdict.UNCHANGED, "Absent du fichier\u00a0: laissé en vigueur.")
        self._update(term, {"active_until": max(self.today, term.active_from or self.today)})
        return line.judged(Verdict.CLOSED, "Absent du fichier\u00a0: retiré.")

    def _update(self, term: Term, changes: dict[str, Any]) -> None:
        update_record(
            record=term,
            changes=changes,
            expected_version=term.version,
            by=self.context.by,
            scope=self.context.scope,
            reason=self.reason,
        )

    def _end_of(self, concept: Concept) -> datetime.date | None:
        return (concept.ended_on or self.today) if concept.ended else None

    @property
    def today(self) -> datetime.date:
        """Day of the run in Paris."""
        return timezone.localdate(self.context.now)

    @property
    def source(self) -> str:
        """« JDV_J35 (2022-06-24) »: what the terms keep of where they come from."""
        number = next(filter(None, map(national_number, self.content.names)), "") or self.coded.national
        family = "TRE" if number in self.coded.systems else "JDV"
        return f"{family}_{number} ({self.content.date})" if self.content.date else f"{family}_{number}"

    @property
    def reason(self) -> str:
        """Reason kept in the history."""
        return f"{REASON}{self.source}"


def lineage_of(term_ids: Sequence[int]) -> Lineage:
    """What persons did to these terms: the last act on a field decides whose it is. One query."""
    lines = RecordChange.objects.filter(record_kind=RecordKind.TERM, record_id__in=term_ids).order_by("version")
    lineage = Lineage(set(), set(), set())
    for pk, action, changes, reason in lines.values_list("record_id", "action", "changes", "reason"):
        by_person = not reason.startswith(REASON)
        touched = {"label": lineage.labelled, "active_until": lineage.dated}
        if action == RecordChange.Action.CREATED:
            _mark(lineage.added, pk, held=by_person)
        for name, held in touched.items():
            if name in changes:
                _mark(held, pk, held=by_person)
    return lineage


def newest_import(nomenclature: str) -> datetime.date | None:
    """Date of the newest dated file that changed the list; ``None`` when there was none. One query."""
    lines = RecordChange.objects.filter(
        record_kind=RecordKind.TERM,
        record_id__in=Term.objects.of(nomenclature).values("pk"),
        reason__startswith=REASON,
    )
    reasons = lines.order_by().values_list("reason", flat=True).distinct()
    days = (_day(reason.removesuffix(")").rpartition("(")[2]) for reason in reasons)
    return max(filter(None, days), default=None)


def _day(text: str) -> datetime.date | None:
    """Date of « 2026-03-30 »; ``None`` for anything else."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def _quoted(text: str) -> str:
    return f"«\u00a0{text}\u00a0»"


def _mark(ids: set[int], pk: int, *, held: bool) -> None:
    (ids.add if held else ids.discard)(pk)


def coded_list(name: str) -> CodedList | None:
    """List named on a command line: its file's name (« specialisations »), its key or its JDV (« J35 »)."""
    wanted = name.strip().lower()
    for coded in CODED_LISTS:
        if wanted in {coded.slug, coded.nomenclature.value, coded.national.lower(), coded.national_name.lower()}:
            return coded
    return None


def choices_of_lists() -> str:
    """Names that ``coded_list`` knows, for the help of the command."""
    return ", ".join(coded.slug for coded in BY_NOMENCLATURE.values() if not coded.not_imported)
