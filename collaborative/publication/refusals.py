"""Why a dossier is not published: one line a fiche and a field, in French; and the words of the database's refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import NON_FIELD_ERRORS

from directory.versions.wording import field_label

if TYPE_CHECKING:
    from django.core.exceptions import ValidationError
    from django.db import IntegrityError

    from ..models import Fiche

CHANGED = "Le répertoire a changé pendant la publication. Rechargez la page, puis validez à nouveau."
# Unique keys whose own message names a constraint only.
TAKEN = {
    "geographicentity_finess_unique": ("finess", "Ce FINESS est déjà celui d’un autre établissement."),
    "geographicentity_siret_unique_alone": ("siret", "Ce SIRET est déjà celui d’un autre établissement sans FINESS."),
    "geographicentity_national_id_unique": (
        "finess",
        "L’identifiant national qui en vient est déjà celui d’un autre établissement.",
    ),
}


@dataclass(frozen=True)
class RefusedLine:
    """Why ``fiche`` is not published; ``name`` and ``label`` tell the field, empty for the fiche as a whole."""

    fiche: Fiche
    reason: str
    name: str = ""

    @property
    def label(self) -> str:
        """Label of the field."""
        return field_label(self.fiche.kind, self.name) if self.name else ""


class PublicationRefused(Exception):
    """Nothing was published: ``lines`` say why, fiche by fiche."""

    def __init__(self, lines: list[RefusedLine]) -> None:
        super().__init__("\n".join(f"{line.fiche}: {line.label or '–'}: {line.reason}" for line in lines))
        self.lines = lines


def lines_of(fiche: Fiche, refused: ValidationError) -> list[RefusedLine]:
    """Lines of what the model refused."""
    if not hasattr(refused, "error_dict"):
        return [RefusedLine(fiche, message) for message in refused.messages]
    return [
        _line(fiche, message, "" if name == NON_FIELD_ERRORS else name)
        for name, errors in refused.error_dict.items()
        for error in errors
        for message in error.messages
    ]


def _line(fiche: Fiche, message: str, name: str) -> RefusedLine:
    """Line of a message; one that only names a unique key takes our words."""
    taken = next((own for key, own in TAKEN.items() if key in message), None)
    return RefusedLine(fiche, message, name) if taken is None else RefusedLine(fiche, taken[1], taken[0])


def line_of_database(fiche: Fiche, record: Any, error: IntegrityError) -> RefusedLine:
    """Line of what the database refused while the record of ``fiche`` was written, in the words of the constraint."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
    if name in TAKEN:
        field, reason = TAKEN[name]
        return RefusedLine(fiche, reason, field)
    found = next((rule for rule in type(record)._meta.constraints if rule.name == name), None)  # noqa: SLF001
    own = found is not None and found.violation_error_message != found.default_violation_error_message
    return RefusedLine(fiche, str(found.get_violation_error_message()) if found and own else CHANGED)
