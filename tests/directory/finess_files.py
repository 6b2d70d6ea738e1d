"""FINESS files made for tests, each line right unless a field is given otherwise, and reading them."""

from django.core.files.base import ContentFile

from common.identifiers import luhn_key
from directory.imports import engine, runs
from directory.imports.finess_lines import ESTABLISHMENT, LEGAL, POINT
from directory.models import GeographicEntity, ImportRun

HEADER = "finess;etalab;111;2026-05-12"
ET = (
    "kind finess legal name long complement distribution number street_kind street extension place insee department"
    " department_name post phone fax category category_name group group_name siret ape mft mft_name psph psph_name"
    " opened authorised updated"
).split()
EJ = (
    "kind finess name long complement number street_kind street extension distribution place insee post department"
    " department_name phone status status_name category category_name siren ape created"
).split()


def keyed(digits: str) -> str:
    """Digits with their Luhn key appended."""
    return digits + luhn_key(digits)


def finess(number: int, department: str = "92") -> str:
    """FINESS number ``number`` of a department, made up, with its key."""
    return keyed(f"{department}{number:06}")


def siret(number: int) -> str:
    """SIRET made up: its SIREN has its key too."""
    return keyed(keyed(f"88{number:06}") + "0001")


def establishment(number: int, /, **fields: str) -> str:
    """« structureet » line of a made-up establishment of Nanterre."""
    values = {
        "kind": ESTABLISHMENT,
        "finess": finess(number),
        "legal": finess(900_000 + number),
        "name": f"EHPAD EXEMPLE {number}",
        "long": f"ETABLISSEMENT POUR PERSONNES AGEES EXEMPLE {number}",
        "number": "12",
        "street_kind": "R",
        "street": "DES LILAS",
        "insee": "050",
        "department": "92",
        "department_name": "HAUTS-DE-SEINE",
        "post": "92000 NANTERRE",
        "phone": "0147000000",
        "category": "500",
        "siret": siret(number),
        "opened": "1999-04-01",
    }
    return ";".join((values | fields).get(name, "") for name in ET) + ";"


def legal(number: int, /, **fields: str) -> str:
    """« structureej » line of the EJ that ``establishment(number)`` names."""
    values = {
        "kind": LEGAL,
        "finess": finess(900_000 + number),
        "name": f"ASSOCIATION {number}",
        "long": f"ASSOCIATION GESTIONNAIRE {number}",
        "insee": "050",
        "department": "92",
        "post": "92000 NANTERRE",
        "siren": siret(number)[:9],
    }
    return ";".join((values | fields).get(name, "") for name in EJ) + ";"


def point(number: int, /, x: str = "642000.5", y: str = "6865000.5", **fields: str) -> str:
    """« geolocalisation » line of ``establishment(number)``, in Nanterre unless said otherwise."""
    return f"{POINT};{fields.get('finess', finess(number))};{x};{y};1,IGN,BD_ADRESSE,LAMBERT_93;2026-05-12;"


def file_of(*lines: str, header: str = HEADER, encoding: str = "utf-8") -> bytes:
    """Whole file."""
    return ("\n".join(filter(None, [header, *lines])) + "\n").encode(encoding)


def read(*lines, dry_run=False, content=None, **options):
    """Run of an import of these lines, or of ``content`` as it is."""
    file = ContentFile(file_of(*lines) if content is None else content)
    run = runs.create_run(
        kind=ImportRun.Kind.FINESS, file=file, file_name="finess.csv", dry_run=dry_run, options=options, by=None
    )
    return engine.execute(run.pk)


def entity(number=1):
    """EG that ``establishment(number)`` made or updated, with its EJ."""
    return GeographicEntity.objects.select_related("legal_entity").get(finess=finess(number))
