"""Lines of the FINESS open-data extract (« etalab »), read one by one. Pure functions.

Fields are separated by « ; », and one ends the line (so that the last field is empty; its absence is accepted). Three
kinds of lines: « structureet » (an EG, 31 fields), « geolocalisation » (its point, 6 fields) and, in some files,
« structureej » (an EJ, 23 fields). The file may begin with « finess;etalab;<n>;<date> ». Source: national model, 3.7.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Container
from dataclasses import dataclass
from typing import NamedTuple

from django.core.exceptions import ValidationError

from common.identifiers import finess_valid, siren_valid, siret_valid
from common.phones import normalise_phone
from common.text import visible

HEADER, ESTABLISHMENT, LEGAL, POINT = "finess", "structureet", "structureej", "geolocalisation"
FIELD_COUNTS = {ESTABLISHMENT: 31, LEGAL: 23, POINT: 6}
EXTENSIONS = {"B": "bis", "T": "ter", "Q": "quater"}
# Kinds of street as FINESS shortens them (same list as the national directory of streets).
STREETS = {
    "ALL": "allée", "AV": "avenue", "BD": "boulevard", "BLD": "boulevard", "CAR": "carrefour", "CHE": "chemin",
    "CHS": "chaussée", "CITE": "cité", "COR": "corniche", "CRS": "cours", "DOM": "domaine", "DSC": "descente",
    "ECA": "écart", "ESP": "esplanade", "FG": "faubourg", "GR": "grande rue", "HAM": "hameau", "HLE": "halle",
    "IMP": "impasse", "LD": "lieu-dit", "LOT": "lotissement", "MAR": "marché", "MTE": "montée", "PAS": "passage",
    "PL": "place", "PLN": "plaine", "PLT": "plateau", "PRO": "promenade", "PRV": "parvis", "QU": "quai",
    "QUA": "quartier", "R": "rue", "RES": "résidence", "RLE": "ruelle", "ROC": "rocade", "RPT": "rond-point",
    "RTE": "route", "SEN": "sentier", "SQ": "square", "TPL": "terre-plein", "TRA": "traverse", "VLA": "villa",
    "VLGE": "village",
}  # fmt: skip
UNREADABLE = "\N{REPLACEMENT CHARACTER}"
# Codes of departments as FINESS writes them: overseas as INSEE does (« 971 ») or by a letter (« 9A »).
_DEPARTMENT = re.compile(r"0[1-9]|1[0-9]|2[1-9AB]|[3-8][0-9]|9[0-5A-Z]|97[1-8]|98[4-8]")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class BadLine(Exception):
    """The line is refused alone; the text is the reason, in French."""


class Address(NamedTuple):
    """Fields of ``AddressModel`` but the point, and where the commune is to be looked for."""

    street_number: str
    street_extension: str
    street_name: str
    address_complement: str
    postal_code: str
    insee: str


@dataclass(frozen=True, slots=True)
class LegalLine:
    """A « structureej » line. ``legal_status`` is a code, empty when not given."""

    finess: str
    name: str
    siren: str
    legal_status: str
    address: Address


@dataclass(frozen=True, slots=True)
class EstablishmentLine:
    """A « structureet » line. ``category`` is a code; empty texts are not given."""

    finess: str
    legal_finess: str
    name: str
    official_name: str
    address: Address
    phone: str
    fax: str
    category: str
    siret: str
    opened_on: datetime.date | None


@dataclass(frozen=True, slots=True)
class PointLine:
    """A « geolocalisation » line: metres, Lambert-93 in metropolitan France."""

    finess: str
    x: float
    y: float


def fields_of(text: str) -> list[str]:
    """Fields of a line, stripped, without the empty one after the last « ; »."""
    fields = [" ".join(field.split()) for field in visible(text).split(";")]
    if len(fields) > 1 and not fields[-1] and len(fields) == FIELD_COUNTS.get(fields[0], 0) + 1:
        fields.pop()
    return fields


def fits(fields: list[str]) -> bool:
    """Tell whether a line is of a known kind and has the fields of its kind."""
    return FIELD_COUNTS.get(fields[0]) == len(fields)


def number_of(fields: list[str]) -> str:
    """FINESS that a line is about, as written, even when the line does not fit."""
    return fields[1] if len(fields) > 1 and fields[0] in FIELD_COUNTS else ""


def department_of(fields: list[str]) -> str:
    """Department of a « structureet » or « structureej » line that fits."""
    return fields[13]


def is_elsewhere(fields: list[str], here: Container[str]) -> bool:
    """Tell whether a line is of a French department that is not one of those of the loaded region."""
    department = department_of(fields)
    return department not in here and _DEPARTMENT.fullmatch(department) is not None


def refuse_department(fields: list[str]) -> None:
    """Raise ``BadLine`` for a line of no department."""
    department = department_of(fields)
    if not department:
        raise BadLine("Département absent.")
    if not _DEPARTMENT.fullmatch(department):
        raise BadLine(f"Département inconnu\u00a0: «\u00a0{department[:20]}\u00a0».")


def refuse_unreadable(fields: list[str]) -> None:
    """Raise ``BadLine`` for a line with bytes that are not in the encoding of the file."""
    if any(UNREADABLE in field for field in fields):
        raise BadLine("La ligne n’est pas en UTF-8 comme le reste du fichier.")


def misfit(fields: list[str]) -> str:
    """Say why a line does not fit."""
    if fields[0] not in FIELD_COUNTS:
        return f"Type de ligne inconnu\u00a0: «\u00a0{fields[0][:40]}\u00a0»."
    return f"{len(fields)} champs au lieu de {FIELD_COUNTS[fields[0]]}."


def read_establishment(fields: list[str]) -> EstablishmentLine:
    """Read a « structureet » line that fits. Raises ``BadLine``."""
    return EstablishmentLine(
        finess=right_finess(fields[1], "FINESS"),
        legal_finess=right_finess(fields[2], "FINESS de l’entité juridique"),
        name=within(fields[3], 255, "raison sociale", needed=True),
        official_name=within(fields[4] or fields[3], 255, "raison sociale longue"),
        address=read_address(
            number=fields[7], kind=fields[8], street=fields[9], extension=fields[10],
            complements=(fields[6], fields[11]), insee=fields[13] + fields[12], post=fields[15],
        ),
        phone=phone_or_nothing(fields[16]),
        fax=phone_or_nothing(fields[17]),
        category=within(fields[18], 24, "catégorie"),
        siret=right_siret(fields[22]),
        opened_on=read_date(fields[28], "date d’ouverture"),
    )  # fmt: skip


def read_legal(fields: list[str]) -> LegalLine:
    """Read a « structureej » line that fits. Raises ``BadLine``."""
    if fields[20] and not siren_valid(fields[20]):
        raise BadLine(f"SIREN {fields[20][:20]} non valable\u00a0: neuf chiffres, clé de contrôle comprise.")
    return LegalLine(
        finess=right_finess(fields[1], "FINESS"),
        name=within(fields[3] or fields[2], 255, "raison sociale", needed=True),
        siren=fields[20],
        legal_status=fields[16],
        address=read_address(
            number=fields[5], kind=fields[6], street=fields[7], extension=fields[8],
            complements=(fields[9], fields[10]), insee=fields[13] + fields[11], post=fields[12],
        ),
    )  # fmt: skip


def read_point(fields: list[str]) -> PointLine:
    """Read a « geolocalisation » line that fits. Raises ``BadLine``."""
    try:
        x, y = (float(field.replace(",", ".")) for field in fields[2:4])
    except ValueError:
        x = y = float("nan")
    if not (fields[2] and fields[3]):
        raise BadLine("Coordonnées absentes.")
    if not (abs(x) < 1e8 and abs(y) < 1e8):
        raise BadLine(f"Coordonnées illisibles\u00a0: {fields[2][:20]}, {fields[3][:20]}.")
    return PointLine(right_finess(fields[1], "FINESS"), x, y)


def read_address(
    *, number: str, kind: str, street: str, extension: str, complements: tuple[str, ...], insee: str, post: str
) -> Address:
    """Address as the ROR keeps it: « R » is written « rue », « B » is written « bis ». Raises ``BadLine``."""
    code = post[:5]
    return Address(
        street_number=within(number, 10, "numéro de voie"),
        street_extension=within(EXTENSIONS.get(extension, extension), 10, "extension"),
        street_name=within(" ".join(filter(None, (STREETS.get(kind, kind), street))), 160, "libellé de voie"),
        address_complement=within(", ".join(filter(None, complements)), 160, "complément d’adresse"),
        postal_code=code if re.fullmatch(r"[0-9]{5}", code) else "",
        insee=insee,
    )


def right_finess(text: str, what: str) -> str:
    """FINESS with its right key. Raises ``BadLine``."""
    if not text:
        raise BadLine(f"{what} absent.")
    if not finess_valid(text):
        raise BadLine(f"{what} {text[:20]} non valable\u00a0: neuf caractères, clé de contrôle comprise.")
    return text


def right_siret(text: str) -> str:
    """SIRET with its right key, or nothing. Raises ``BadLine``."""
    if text and not siret_valid(text):
        raise BadLine(f"SIRET {text[:20]} non valable\u00a0: quatorze chiffres, clé de contrôle comprise.")
    return text


def read_date(text: str, what: str) -> datetime.date | None:
    """Date « 2026-05-12 », or nothing. Raises ``BadLine``."""
    if not text:
        return None
    try:
        if _DATE.fullmatch(text):
            return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    raise BadLine(f"{what.capitalize()} illisible\u00a0: {text[:20]} (attendu\u00a0: AAAA-MM-JJ).")


def phone_or_nothing(text: str) -> str:
    """Phone number in its stored form; one that cannot be read is left out."""
    try:
        return normalise_phone(text)
    except ValidationError:
        return ""


def within(text: str, length: int, what: str, *, needed: bool = False) -> str:
    """Text that fits its column. Raises ``BadLine``."""
    if needed and not text:
        raise BadLine(f"{what.capitalize()} absente.")
    if len(text) > length:
        raise BadLine(f"{what.capitalize()} trop longue\u00a0: {length} caractères au plus.")
    return text
