"""Accounts from an Excel workbook (spec 10, Imports; spec 50): one line a role of a person.

A mail that an account has already keeps it and gives it the role it lacks. A new account gets a mail with a link to
choose a password, once its batch is committed; a dry run sends none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO, ClassVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Permission
from accounts.services import create_account
from common import french

from ..delegation.rights import give_role
from ..delegation.services import tell_given
from ..models import Assignment, ImportRun
from .account_columns import COLUMNS, SHEET
from .account_rows import AccountRow, Judged, judge
from .contract import WORDS, Importer, Line, LineVerdict, Verdict
from .workbook import MAX_BYTES, read_rows

WITH_MAIL = "Un mail lui donne le lien pour choisir son mot de passe."
WITHOUT_MAIL = "Sans mail\u00a0: envoyez-lui le lien depuis le back-office."
TOLD = "Un mail le lui dit."
NOT_TOLD = "Sans mail\u00a0: prévenez cette personne."
CLOSED = "Cette adresse est celle d’un compte fermé\u00a0: rouvrez-le au back-office."


def held_in_words(row: AccountRow) -> str:
    """« Rôle déjà tenu », with its end when the file gives another one, which is not taken."""
    held = [
        assignment.valid_until
        for assignment in Assignment.objects.filter(user__email__iexact=row.email, role=row.role)
        .not_ended(timezone.localdate())
        .order_by("valid_from")
        if assignment.scope_record == row.record
    ]
    if row.until in held or not held:
        return "Rôle déjà tenu."
    end, wanted = (f"jusqu’au {french.day(day)}" if day else "sans fin" for day in (held[0], row.until))
    return f"Rôle déjà tenu, {end}, laissé tel quel\u00a0: le fichier demande «\u00a0{wanted}\u00a0»."


class AccountsImporter(Importer):
    """See the module."""

    kind = ImportRun.Kind.ACCOUNTS
    title = "Comptes (Excel)"
    help_text = (
        "Un classeur Excel, une ligne par rôle d’une personne, à partir du modèle. Les comptes nouveaux reçoivent un "
        "mail pour choisir leur mot de passe\u00a0; les autres, le rôle qui leur manque."
    )
    extensions = (".xlsx",)
    template_url_name = "directory:import_accounts_template"
    permissions: ClassVar[tuple[Permission, ...]] = (Permission.IMPORT_RUN, Permission.ACCOUNT_MANAGE)
    words: ClassVar[dict[str, tuple[str, str]]] = {
        **WORDS,
        Verdict.CREATED: ("Compte créé", "Comptes créés"),
        Verdict.UPDATED: ("Rôle ajouté", "Rôles ajoutés"),
    }
    sends_mails = True
    personal = True
    batch_size = 50

    lines: list[Judged]

    @classmethod
    def max_bytes(cls) -> int:
        """10 MB: the workbook is read whole."""
        return MAX_BYTES

    def check(self, file: IO[bytes]) -> int:
        """Read the workbook and understand every cell; see ``Importer``."""
        self.lines = judge(read_rows(file, SHEET, COLUMNS, self.context.say_alive))
        return len(self.lines)

    def rows(self, file: IO[bytes], start: int) -> Iterator[Line]:
        """Give the lines; see ``Importer``."""
        for line in self.lines[start:]:
            yield Line(line.number, line.row, key=line.key, label=line.label, refusal=line.refusal)

    def apply(self, lines: Sequence[Line]) -> list[LineVerdict]:
        """Create the accounts that are missing and give the roles that are not held."""
        return [self._judge(line) for line in lines]

    def _judge(self, line: Line) -> LineVerdict:
        try:
            with transaction.atomic():
                return self._write(line)
        except ValidationError as error:
            if getattr(error, "code", "") == "duplicate":
                return line.judged(Verdict.UNCHANGED, held_in_words(line.data))
            return line.refused(" ".join(error.messages))

    def _write(self, line: Line) -> LineVerdict:
        row: AccountRow = line.data
        user = User.objects.filter(email__iexact=row.email).first()
        if user is not None and not user.is_active:
            return line.refused(CLOSED)
        created = user is None
        user = user or self._create(row)
        given = give_role(user=user, role=row.role, record=row.record, valid_until=row.until, by=self.context.by)
        if created and row.first:
            mail = WITH_MAIL if self.context.options.get("base_url") else WITHOUT_MAIL
            return line.judged(Verdict.CREATED, f"Compte créé, identifiant {user.username}. {mail}")
        said = f"Rôle ajouté au compte {user.username}."
        if row.username:  # an account that this file creates: its first mail is enough
            return line.judged(Verdict.UPDATED, said)
        base_url = self.context.options.get("base_url")
        if base_url and not self.context.dry_run:
            tell_given(assignment=given, by=self.context.by, base_url=base_url)
        return line.judged(Verdict.UPDATED, f"{said} {TOLD if base_url else NOT_TOLD}")

    def _create(self, row: AccountRow) -> User:
        user = User(
            username=row.username,
            first_name=row.first_name,
            last_name=row.last_name,
            email=row.email,
            phone=row.phone,
            job_title=row.job_title,
            organisation=row.organisation,
        )
        base_url = "" if self.context.dry_run else self.context.options.get("base_url", "")
        return create_account(user=user, by=self.context.by, base_url=base_url)
