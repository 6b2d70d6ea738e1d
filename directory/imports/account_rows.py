"""Lines of « comptes » as read: each cell understood, and what the lines of one file say together."""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models import User
from accounts.roles import ROLE_LABELS, Role
from common import french
from common.identifiers import compact
from common.text import fold

from ..delegation.rights import Record, why_not_scope
from ..enums import ClosureKind
from ..models import GeographicEntity, LegalEntity, OperationalUnit
from . import cells
from .account_columns import TITLES
from .cells import BadCell
from .workbook import RowRead

ROLES = {fold(label): role for role, label in ROLE_LABELS.items()}
REGION = "region"
_DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_UNIT = re.compile(r"[0-9]{2,3}/[0-9]{1,18}")
_PREFIX = re.compile(r"(EJ|EG|UO)[\s:]*(.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class AccountRow:
    """One line: a person and one role. ``username`` is the identifier kept for a new account of this mail."""

    email: str
    last_name: str
    first_name: str
    phone: str
    job_title: str
    organisation: str
    role: Role
    record: Record | None
    until: datetime.date | None
    username: str = ""
    first: bool = False

    @property
    def key(self) -> tuple[str, Role, str]:
        """What two lines of a file may not share: the person, the role and where."""
        where = f"{type(self.record).__name__} {self.record.pk}" if self.record else REGION
        return self.email.lower(), self.role, where


class Scopes:
    """Records that the lines name as scopes, read once: by FINESS, SIRET and national identifier."""

    def __init__(self, texts: Collection[str]) -> None:
        numbers = {number for text in texts for number in _spellings(text)}
        self._legal = {row.finess: row for row in LegalEntity.objects.filter(finess__in=numbers)}
        self._entities: dict[str, list[GeographicEntity]] = {}
        for name in ("finess", "siret"):
            for row in GeographicEntity.objects.filter(**{f"{name}__in": numbers}).order_by("pk"):
                self._entities.setdefault(getattr(row, name), []).append(row)
        units = OperationalUnit.objects.filter(national_id__in=numbers)
        self._units = {row.national_id: row for row in units}

    def find(self, text: str, title: str) -> Record | None:
        """Record that a cell names, ``None`` for the region. Raises ``BadCell``."""
        if fold(text) == REGION:
            return None
        kind, number = _split(text)
        found: list[Record] = []
        for spelling in _spellings(text):
            found += [self._legal[spelling]] if kind in {"", "EJ"} and spelling in self._legal else []
            found += self._entities.get(spelling, []) if kind in {"", "EG"} else []
            found += [self._units[spelling]] if kind in {"", "UO"} and spelling in self._units else []
        if not found:
            raise BadCell(title, f"«\u00a0{text[:80]}\u00a0» ne désigne ni la région ni une fiche du répertoire.")
        if len(found) > 1:
            kinds = {type(record) for record in found}
            advice = "mettez «\u00a0EJ\u00a0» ou «\u00a0EG\u00a0» devant" if len(kinds) > 1 else "donnez le FINESS"
            raise BadCell(title, f"«\u00a0{number[:80]}\u00a0» désigne plusieurs fiches, {advice}.")
        return found[0]


def _split(text: str) -> tuple[str, str]:
    match = _PREFIX.fullmatch(text.strip())
    return (match[1].upper(), match[2].strip()) if match else ("", text.strip())


def _spellings(text: str) -> set[str]:
    """Numbers that a cell may mean: as typed, and with the zeros that Excel drops."""
    number = _split(text)[1]
    if _UNIT.fullmatch(number):
        return {number}
    digits = compact(number)
    lost = digits.isascii() and digits.isdigit()
    return {digits, *(digits.zfill(length) for length in (9, 14) if lost and length - 3 <= len(digits) < length)} - {""}


def read_day(text: str, title: str, today: datetime.date) -> datetime.date | None:
    """« 31/12/2030 » or « 2030-12-31 », not past. Raises ``BadCell``."""
    if not text:
        return None
    match = _DAY.fullmatch(text)
    try:
        day = datetime.date(int(match[3]), int(match[2]), int(match[1])) if match else datetime.date.fromisoformat(text)
    except ValueError as error:
        raise BadCell(title, "une date est attendue\u00a0: 31/12/2030.") from error
    if day < today:
        raise BadCell(title, "cette date est passée.")
    return day


def read_row(row: RowRead, scopes: Scopes, today: datetime.date) -> AccountRow:
    """Understand a line. Raises ``BadCell``."""
    if row.problem:
        raise BadCell("Ligne", row.problem)
    for key in ("last_name", "first_name", "email", "role", "scope"):
        if not row.get(key):
            raise BadCell(TITLES[key], "cette colonne est obligatoire.")
    role = ROLES.get(fold(row.get("role")))
    if role is None:
        raise BadCell(TITLES["role"], f"«\u00a0{row.get('role')[:80]}\u00a0» n’est pas un rôle de la liste.")
    record = scopes.find(row.get("scope"), TITLES["scope"])
    if said := why_not_scope(role, record):
        raise BadCell(TITLES["scope"], said)
    if record is not None and record.is_closed and record.closure_kind == ClosureKind.FINAL:
        raise BadCell(TITLES["scope"], f"«\u00a0{record}\u00a0» est fermée définitivement.")
    return AccountRow(
        email=cells.email(row.get("email"), TITLES["email"]),
        last_name=cells.one_line(row.get("last_name"), TITLES["last_name"], 150),
        first_name=cells.one_line(row.get("first_name"), TITLES["first_name"], 150),
        phone=cells.phone(row.get("phone"), TITLES["phone"]),
        job_title=cells.one_line(row.get("job_title"), TITLES["job_title"], 120),
        organisation=cells.one_line(row.get("organisation"), TITLES["organisation"], 160),
        role=role,
        record=record,
        until=read_day(row.get("until"), TITLES["until"], today),
    )


class Usernames:
    """Identifiers for new accounts, each free in the directory and in the file: « karim.diallo », « karim.diallo2 »."""

    def __init__(self) -> None:
        self._taken = {name.lower() for name in User.objects.values_list("username", flat=True)}

    def give(self, first_name: str, last_name: str) -> str:
        """Free identifier, then taken."""
        names = (fold(name).replace(" ", "-") for name in (first_name, last_name))
        base = ".".join(name for name in names if name)[:140] or "compte"
        candidates: Iterator[str] = itertools.chain([base], (f"{base}{number}" for number in itertools.count(2)))
        given = next(name for name in candidates if name not in self._taken)
        self._taken.add(given)
        return given


@dataclass(frozen=True)
class Judged:
    """A line of the file after the whole file was read: understood, or refused alone."""

    number: int
    row: AccountRow | None
    key: str
    label: str
    refusal: str = ""


def judge(rows: Sequence[RowRead]) -> list[Judged]:
    """Every line of a file, in the light of those before it: one role once, one mail one person, one identifier."""
    scopes = Scopes({row.get("scope") for row in rows})
    today = timezone.localdate()
    known = known_names({row.get("email").lower() for row in rows})
    usernames = Usernames()
    people: dict[str, tuple[int, AccountRow]] = {}
    roles: dict[tuple[str, Role, str], int] = {}
    lines = []
    for row in rows:
        email, label = row.get("email"), f"{row.get('first_name')} {row.get('last_name')}".strip()
        try:
            read = read_row(row, scopes, today)
            earlier = people.get(read.email.lower())
            _require_owner(read, known.get(read.email.lower()))
            _require_same_person(read, earlier)
            if number := roles.get(read.key):
                raise BadCell(TITLES["role"], f"même personne, même rôle, même périmètre que la ligne {number}.")
        except BadCell as refusal:
            lines.append(Judged(row.number, None, email, label, str(refusal)))
            continue
        roles[read.key] = row.number
        if earlier is None:
            new = "" if read.email.lower() in known else usernames.give(read.first_name, read.last_name)
            read = _with(read, username=new, first=True)
            people[read.email.lower()] = row.number, read
        else:
            read = _with(read, username=earlier[1].username, first=False)
        lines.append(Judged(row.number, read, email, label))
    return lines


def known_names(emails: Collection[str]) -> dict[str, tuple[str, str]]:
    """(Last name, first name), folded, of the accounts of these mails, given in lower case. One query."""
    users = User.objects.annotate(mail=Lower("email")).filter(mail__in=emails)
    return {
        mail: (fold(last), fold(first)) for mail, last, first in users.values_list("mail", "last_name", "first_name")
    }


def _require_owner(read: AccountRow, owner: tuple[str, str] | None) -> None:
    """Raise ``BadCell`` when the mail is an account's of another last name; names the other way round are the same."""
    names = fold(read.last_name), fold(read.first_name)
    if owner is None or not owner[0] or names[0] == owner[0] or names == owner[::-1]:
        return
    raise BadCell(TITLES["email"], "cette adresse est celle d’un compte d’un autre nom\u00a0: vérifiez-la.")


def _require_same_person(read: AccountRow, earlier: tuple[int, AccountRow] | None) -> None:
    if earlier is None:
        return
    number, other = earlier
    if (fold(read.last_name), fold(read.first_name)) != (fold(other.last_name), fold(other.first_name)):
        raise BadCell(
            TITLES["email"], f"cette adresse est celle d’une autre personne à la ligne {french.number(number)}."
        )


def _with(row: AccountRow, *, username: str, first: bool) -> AccountRow:
    return AccountRow(**{**vars(row), "username": username, "first": first})
