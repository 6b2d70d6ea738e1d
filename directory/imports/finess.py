"""FINESS: EJs and EGs of the loaded region from the national open-data extract (spec 10, Imports; 01-settled).

The file is read twice. The first time says whether it can be read at all, and notes what lines must know of each other
(``FileIndex``). The second gives the lines in this order: EJs, then establishments, each with its point, then, when the
file was declared complete, the establishments that it does not name and which are to be closed.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from types import NoneType
from typing import IO

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone

from common import french

from .. import services
from ..enums import ClosureKind, Nomenclature, PublicationStatus
from ..models import GeographicEntity, ImportLine, ImportRun, LegalEntity, Term
from ..territory.geocoding import FARTHEST_KM
from . import finess_lines as lines_of
from .bulk import Signature
from .contract import Importer, Line, LineVerdict, UnreadableFile, Verdict
from .files import text_encoding, text_lines
from .finess_establishments import Establishment, Establishments, Point
from .finess_index import FileIndex
from .finess_legal import TO_COMPLETE, apply_legal, legal_statuses
from .finess_lines import ESTABLISHMENT, HEADER, LEGAL, POINT, BadLine, EstablishmentLine, LegalLine
from .finess_places import Places
from .lambert93 import to_wgs84

CLOSURES_AT_MOST = 0.05  # of the establishments known, unless forced (spec 10)
ALIVE_EVERY = 20_000  # lines between two signs of life
MISFITS_AT_MOST = 1000  # lines that do not fit, at the head of a file, before it is refused without reading on
FIRST_DAY = datetime.date(1800, 1, 1)  # of an establishment
OPENS_WITHIN = datetime.timedelta(days=731)
CHUNK = 2000  # establishments compared with the file at a time
NOT_FINESS = (
    "Le fichier n’a pas les champs d’un extrait FINESS\u00a0: des lignes «\u00a0structureet\u00a0» de 31\u00a0champs "
    "séparés par des points-virgules sont attendues."
)
ORPHAN = "Géolocalisation d’un établissement absent du fichier\u00a0: elle n’a pas été reprise."
LEFT_OPEN = "Absent du fichier\u00a0: laissé ouvert, la fermeture n’a pas été demandée."
WITHOUT_ITS_OWN = "Son établissement est refusé\u00a0: cette géolocalisation n’a pas été reprise."
POINT_LABEL = "Géolocalisation"
HELD_HERE = (
    "Ce FINESS est celui d’un établissement de la région, et cette ligne le dit du département {}\u00a0: elle n’a pas "
    "été reprise."
)
TOO_FAR = f"Ce point est à plus de {FARTHEST_KM}\u00a0km de la commune\u00a0: il n’a pas été repris."
NOT_CLOSED = "Absent du fichier\u00a0: non fermé, le fichier en fermerait plus de 5\u00a0%."
ALREADY_SEEN = "Déjà lue à la ligne {}."


class FinessOptionsForm(forms.Form):
    """What the new-run page asks besides the file."""

    full = forms.BooleanField(
        label="Le fichier est complet",
        required=False,
        help_text="Les établissements qu’il ne nomme pas seraient fermés\u00a0: l’essai à blanc en donne la liste, "
        "à confirmer ensuite.",
    )
    force = forms.BooleanField(
        label="Fichier complet\u00a0: accepter plus de 5\u00a0% de fermetures",
        required=False,
        help_text="Va avec la case précédente. Sans celle-ci, rien n’est fermé quand plus d’un établissement connu sur "
        "vingt devrait l’être.",
    )

    def clean(self):
        """Ask for a dry run first: it gives the list of closures."""
        if self.cleaned_data.get("full") and not self.data.get("dry_run"):
            self.add_error("full", "Un fichier complet passe d’abord par un essai à blanc\u00a0: cochez-le aussi.")
        return self.cleaned_data


class FinessConfirmForm(forms.Form):
    """What is asked after a dry run of a complete file."""

    close = forms.BooleanField(
        label="Fermer aussi les établissements absents du fichier",
        required=False,
        help_text="Fermeture définitive, avec leurs structures et leurs unités.",
    )


@dataclass(frozen=True)
class Orphan:
    """A point without its establishment: the file does not name it, or its line is refused. ``reason`` says which."""

    reason: str


@dataclass(frozen=True)
class Elsewhere:
    """An establishment of another region, of ``department``, or the point of one (``is_point``)."""

    department: str = ""
    is_point: bool = False


@dataclass(frozen=True)
class Absent:
    """An establishment that a complete file does not name; ``too_many``: nothing is closed."""

    pk: int
    too_many: bool = False


@dataclass
class FinessImporter(Importer):
    """See the module."""

    kind = ImportRun.Kind.FINESS
    title = "Établissements FINESS"
    help_text = (
        "Extrait «\u00a0structureet\u00a0» de FINESS, avec ou sans géolocalisation. Les établissements et entités "
        "juridiques qui manquent sont créés\u00a0; pour les autres, seuls les champs administratifs sont mis à jour."
    )
    extensions = (".csv", ".txt")
    options_form = FinessOptionsForm
    confirm_form = FinessConfirmForm

    encoding: str = field(default="", init=False)
    dated: datetime.date = field(default_factory=timezone.localdate, init=False)
    index: FileIndex = field(default_factory=FileIndex, init=False)
    has_legal: bool = field(default=False, init=False)  # the file has lines of EJs, right or wrong
    placed: dict[str, tuple[str, str]] = field(default_factory=dict, init=False)  # verdicts on the batch's points

    def __post_init__(self) -> None:
        self.places = Places()
        self.categories = {term.code: term for term in Term.objects.of(Nomenclature.EG_CATEGORY)}
        self.statuses = legal_statuses()
        self.last_day = timezone.localdate() + OPENS_WITHIN

    @property
    def signature(self) -> Signature:
        """Who writes, and why."""
        reason = f"Import FINESS du {self.dated:%d/%m/%Y}"
        return Signature(self.context.by, self.context.now, reason)

    @classmethod
    def confirm_form_for(cls, run: ImportRun) -> type[forms.Form] | None:
        """Ask about closures only when the dry run found some."""
        return cls.confirm_form if run.counts.get(Verdict.CLOSED) else None

    def close(self) -> None:
        """Throw the index away."""
        self.index.close()

    def check(self, file: IO[bytes]) -> int:
        """Read the whole file, twice; see ``Importer``."""
        self.encoding = text_encoding(file)
        right = wrong = 0
        for number, fields in self._lines(file):
            self._note(number, fields)
            if lines_of.fits(fields):
                right += 1
            else:
                wrong += 1
            if wrong > MISFITS_AT_MOST and not right:
                break
        if wrong > right or not right:
            raise UnreadableFile(NOT_FINESS)
        return sum(1 for _ in self.rows(file, 0))

    def rows(self, file: IO[bytes], start: int) -> Iterator[Line]:
        """Give EJs, then establishments, then closures; see ``Importer``."""
        return islice(chain(self._legal_rows(file), self._other_rows(file), self._absent_rows()), start, None)

    def _lines(self, file: IO[bytes]) -> Iterator[tuple[int, list[str]]]:
        for number, text in text_lines(file, self.encoding):
            if number % ALIVE_EVERY == 0:
                self.context.say_alive()
            fields = lines_of.fields_of(text)
            if number == 1 and fields[0] == HEADER:
                self._read_header(fields)
            else:
                yield number, fields

    def _read_header(self, fields: list[str]) -> None:
        try:
            dated = lines_of.read_date(fields[3] if len(fields) > 3 else "", "date")
        except BadLine as error:
            raise UnreadableFile(f"En-tête illisible. {error}") from error
        self.dated = min(dated or self.dated, timezone.localdate())

    def _note(self, number: int, fields: list[str]) -> None:
        """Note in the index what other lines must know of this one."""
        if not lines_of.fits(fields):
            self.index.add("mentioned", lines_of.number_of(fields), number)
        elif fields[0] == POINT:
            self._note_point(number, fields)
        elif fields[0] == LEGAL:
            self._note_legal(number, fields)
        else:
            self._note_establishment(number, fields)

    def _note_legal(self, number: int, fields: list[str]) -> None:
        """Note an EJ, unless its line is bad: a number is taken by a good line alone."""
        self.has_legal = True
        with contextlib.suppress(BadLine):
            row = self._read_legal(fields)
            self.index.add("legal", row.finess, number)
            self.index.add("siret", row.siren, number)

    def _note_establishment(self, number: int, fields: list[str]) -> None:
        """Note an EG; a bad line names it, so that it is not closed, but does not take its number."""
        self.index.add("establishment", fields[1], number)
        if lines_of.is_elsewhere(fields, self.places.departments):
            return
        try:
            row = self._read_establishment(fields)
        except BadLine:
            self.index.add("refused", fields[1], number)
            return
        self.index.add("local", row.finess, number)
        self.index.add("wanted", row.legal_finess, number)
        self.index.add("siret", row.siret, number)

    def _read_legal(self, fields: list[str]) -> LegalLine:
        lines_of.refuse_unreadable(fields)
        lines_of.refuse_department(fields)
        row = lines_of.read_legal(fields)
        self.places.commune_of(row.address)
        return row

    def _read_establishment(self, fields: list[str]) -> EstablishmentLine:
        """Read a line of the loaded region. Raises ``BadLine`` for what only its own fields and the region tell."""
        lines_of.refuse_unreadable(fields)
        lines_of.refuse_department(fields)
        row = lines_of.read_establishment(fields)
        if row.opened_on and not FIRST_DAY <= row.opened_on <= self.last_day:
            day = french.day(row.opened_on)
            raise BadLine(f"Date d’ouverture impossible\u00a0: {day} (de 1800 à deux ans après aujourd’hui).")
        self.places.require_commune(row.address)
        return row

    def _note_point(self, number: int, fields: list[str]) -> None:
        try:
            point = lines_of.read_point(fields)
        except BadLine:
            return
        if to_wgs84(point.x, point.y):
            self.index.add("point", point.finess, number, point.x, point.y)

    def _legal_rows(self, file: IO[bytes]) -> Iterator[Line]:
        if not self.has_legal:
            return
        for number, fields in self._lines(file):
            if lines_of.fits(fields) and fields[0] == LEGAL:
                yield self._legal_row(number, fields)

    def _legal_row(self, number: int, fields: list[str]) -> Line:
        line = Line(number, key=fields[1], label=fields[3] or fields[2])
        elsewhere = lines_of.is_elsewhere(fields, self.places.departments)
        if elsewhere and self.index.first_line("wanted", fields[1]) is None:
            return line
        try:
            row = self._read_legal(fields)
        except BadLine as refusal:
            return replace(line, refusal=str(refusal))
        if (first := self.index.first_line("legal", fields[1])) != number:
            return replace(line, refusal=ALREADY_SEEN.format(first))
        if self.index.first_line("siret", row.siren) != number:
            row = replace(row, siren="")
        return replace(line, data=row)

    def _other_rows(self, file: IO[bytes]) -> Iterator[Line]:
        for number, fields in self._lines(file):
            if not lines_of.fits(fields):
                yield Line(number, key=lines_of.number_of(fields), refusal=lines_of.misfit(fields))
            elif fields[0] == ESTABLISHMENT:
                yield from self._establishment_rows(number, fields)
            elif fields[0] == POINT and (line := self._point_row(number, fields)):
                yield line

    def _establishment_rows(self, number: int, fields: list[str]) -> Iterator[Line]:
        """Give an establishment, and joined to it the line of its point: they are judged together."""
        line = self._establishment_row(number, fields)
        yield line
        if isinstance(line.data, Establishment) and (found := self.index.point_of(line.key)):
            refusal = "" if line.data.point else TOO_FAR
            yield Line(found[0], Point(line.key), key=line.key, label=POINT_LABEL, refusal=refusal, joined=True)

    def _establishment_row(self, number: int, fields: list[str]) -> Line:
        line = Line(number, key=fields[1], label=fields[3])
        if lines_of.is_elsewhere(fields, self.places.departments):
            return replace(line, data=Elsewhere(lines_of.department_of(fields)))
        try:
            row = self._read_establishment(fields)
        except BadLine as refusal:
            return replace(line, refusal=str(refusal))
        if (first := self.index.first_line("local", fields[1])) != number:
            return replace(line, refusal=ALREADY_SEEN.format(first))
        alone = self.index.first_line("siret", row.siret) == number
        legal_is_given = self.index.first_line("legal", row.legal_finess) is not None
        _, point = self.index.point_of(row.finess) or (0, None)
        if point and self.places.far_from(row.address, point):
            point = None
        return replace(line, data=Establishment(row, point, alone, legal_is_given))

    def _point_row(self, number: int, fields: list[str]) -> Line | None:
        """Give the line of a point that is not taken; the others go with their establishment."""
        finess = fields[1]
        line = Line(number, key=finess, label=POINT_LABEL)
        if self.index.first_line("local", finess) is None:
            if self.index.first_line("refused", finess) is not None:
                return replace(line, data=Orphan(WITHOUT_ITS_OWN))
            known = self.index.first_line("establishment", finess) is not None
            return replace(line, data=Elsewhere(is_point=True) if known else Orphan(ORPHAN))
        try:
            point = lines_of.read_point(fields)
        except BadLine as refusal:
            return replace(line, refusal=str(refusal))
        if not to_wgs84(point.x, point.y):
            return replace(line, refusal="Ces coordonnées Lambert-93 ne sont pas en France métropolitaine.")
        first = self.index.first_line("point", finess)
        return None if first == number else replace(line, refusal=ALREADY_SEEN.format(first))

    def _absent_rows(self) -> Iterator[Line]:
        """Give the establishments that the file does not name, of those open, or closed by this very run."""
        if not self.context.options.get("full"):
            return
        count = sum(1 for _ in self._absent())
        known = self._known().count()
        forced = self.context.options.get("force")
        too_many = self._closes and count > known * CLOSURES_AT_MOST and not forced
        if too_many:
            yield Line(
                0,
                label="Fermetures",
                refusal=f"{french.counted(count, 'établissement')} sur {french.number(known)} ne sont pas dans le "
                f"fichier\u00a0: plus de 5\u00a0%, rien n’est fermé.",
            )
        for pk, finess, name in self._absent():
            yield Line(0, key=finess, label=name, data=Absent(pk, too_many))

    @property
    def _closes(self) -> bool:
        """Tell whether absent establishments are closed, or would be; else they are only listed."""
        return self.context.dry_run or bool(self.context.options.get("close"))

    def _known(self) -> QuerySet[GeographicEntity]:
        done = ImportLine.objects.filter(run=self.context.run, verdict=Verdict.CLOSED).values("key")
        return GeographicEntity.objects.exclude(finess="").filter(
            ~Q(status=PublicationStatus.CLOSED) | Q(finess__in=done)
        )

    def _absent(self) -> Iterator[tuple[int, str, str]]:
        last = 0
        known = self._known().order_by("pk")
        while rows := list(known.filter(pk__gt=last).values_list("pk", "finess", "name")[:CHUNK]):
            absent = set(self.index.absent(finess for _, finess, _ in rows))
            yield from (row for row in rows if row[1] in absent)
            last = rows[-1][0]

    def apply(self, lines: Sequence[Line]) -> list[LineVerdict]:
        """Write a batch; see ``Importer``."""
        judged: dict[int, LineVerdict] = {}
        for kind, write in self._writers().items():
            chosen = [place for place, line in enumerate(lines) if isinstance(line.data, kind)]
            if chosen:
                judged |= zip(chosen, write([lines[place] for place in chosen]), strict=True)
        return [judged[place] for place in range(len(lines))]

    def _writers(self) -> dict[type, Callable[[list[Line]], list[LineVerdict]]]:
        signature = self.signature
        return {
            NoneType: lambda lines: [line.judged(Verdict.OUT_OF_REGION) for line in lines],
            Elsewhere: self._judge_elsewhere,
            Orphan: lambda lines: [line.judged(Verdict.UNCHANGED, line.data.reason) for line in lines],
            LegalLine: lambda lines: apply_legal(lines, self.places, self.statuses, signature),
            Establishment: lambda lines: self._apply_establishments(lines, signature),
            Point: lambda lines: [self._judge_point(line) for line in lines],
            Absent: self._close,
        }

    def _judge_elsewhere(self, lines: list[Line]) -> list[LineVerdict]:
        """Leave lines of other regions, and refuse those whose number the file or the directory has in this one."""
        numbers = [line.key for line in lines]
        held = set(GeographicEntity.objects.filter(finess__in=numbers).values_list("finess", flat=True))
        held |= {number for number in numbers if self.index.first_line("local", number) is not None}
        return [self._judge_one_elsewhere(line, is_held=line.key in held - {""}) for line in lines]

    def _judge_one_elsewhere(self, line: Line, *, is_held: bool) -> LineVerdict:
        if not is_held:
            return line.judged(Verdict.OUT_OF_REGION)
        if line.data.is_point:
            return line.judged(Verdict.UNCHANGED, WITHOUT_ITS_OWN)
        return line.refused(HELD_HERE.format(line.data.department))

    def _apply_establishments(self, lines: list[Line], signature: Signature) -> list[LineVerdict]:
        batch = Establishments(lines, self.places, self.categories, signature)
        verdicts = batch.apply()
        self.placed = batch.placed
        return verdicts

    def _judge_point(self, line: Line) -> LineVerdict:
        """Judge the line of a point from what became of its establishment, in the same batch."""
        return line.judged(*self.placed.get(line.data.finess, (Verdict.UNCHANGED, WITHOUT_ITS_OWN)))

    def _close(self, lines: list[Line]) -> list[LineVerdict]:
        if not self._closes or lines[0].data.too_many:
            reason = NOT_CLOSED if self._closes else LEFT_OPEN
            return [line.judged(Verdict.UNCHANGED, reason) for line in lines]
        return [line.judged(Verdict.CLOSED if self._close_one(line.data) else Verdict.UNCHANGED) for line in lines]

    def _close_one(self, absent: Absent) -> bool:
        """Close an establishment and all below it; ``False`` when somebody has closed it meanwhile."""
        record = GeographicEntity.objects.get(pk=absent.pk)
        if record.is_closed:
            return False
        edit = services.start_edit(
            record=record,
            expected_version=record.version,
            by=self.context.by,
            scope=self.context.scope,
            reason=f"{self.signature.reason}\u00a0: absent du fichier",
        )
        edit.record.status = PublicationStatus.CLOSED
        edit.record.closure_kind, edit.record.closed_on = ClosureKind.FINAL, self.dated
        edit.check()
        edit.finish()
        return True


def entities_to_complete() -> QuerySet[LegalEntity]:
    """EJs created from their numbers alone, for support to complete."""
    return LegalEntity.objects.exclude(status=PublicationStatus.CLOSED).filter(name__endswith=TO_COMPLETE)
