"""Accounts from an Excel workbook (spec 10, Imports; spec 50): one line a role of a person.

A mail that an account has already keeps it and gives it the role it lacks. A new account gets a mail with a link to
choose a password, once its batch is committed; a dry run sends none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO, ClassVar

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from accounts.roles import Permission
from accounts.services import create_account

from ..models import ImportRun
from ..rights import give_role
from .account_columns import COLUMNS, SHEET
from .account_rows import AccountRow, Judged, judge
from .contract import WORDS, Importer, Line, LineVerdict, Verdict
from .workbook import MAX_BYTES, read_rows

WITH_MAIL = "Un mail lui donne le lien pour choisir son mot de passe."
WITHOUT_MAIL = "Sans mail\u00a0: envoyez-lui le lien depuis le back-office."
CLOSED = "Cette adresse est celle d’un compte fermé\u00a0: rouvrez-le au back-office."


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
    batch_size = 50

    lines: list[Judged]

    @classmethod
    def max_bytes(cls) -> int:
        """10 MB: the workbook is read whole."""
        return MAX_BYTES

    def check(self, file: IO[bytes]) -> int:
        """Read the workbook and understand every cell; see ``Importer``."""
        self.lines = judge(read_rows(file, SHEET, COLUMNS))
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
                return line.judged(Verdict.UNCHANGED, "Rôle déjà tenu.")
            return line.refused(" ".join(error.messages))

    def _write(self, line: Line) -> LineVerdict:
        row: AccountRow = line.data
        user = User.objects.filter(email__iexact=row.email).first()
        if user is not None and not user.is_active:
            return line.refused(CLOSED)
        created = user is None
        user = user or self._create(row)
        give_role(user=user, role=row.role, record=row.record, valid_until=row.until, by=self.context.by)
        if created and row.first:
            mail = WITH_MAIL if self.context.options.get("base_url") else WITHOUT_MAIL
            return line.judged(Verdict.CREATED, f"Compte créé, identifiant {user.username}. {mail}")
        return line.judged(Verdict.UPDATED, f"Rôle ajouté au compte {user.username}.")

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
