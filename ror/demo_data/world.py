"""What the parts of the generator share: the draw, the moment, terms, communes, and the rows to write."""

import datetime
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import models

from common.french import french_spaces
from common.geo import Point
from common.identifiers import luhn_key
from directory.enums import PositionSource
from directory.models import (
    GeographicEntity,
    InterventionArea,
    LegalEntity,
    OperationalUnit,
    PracticePlace,
    Practitioner,
    RecordChange,
    RorReferent,
    Structure,
    Term,
    UnitTerm,
    WeeklyHours,
)
from directory.reference.files import CommuneRow

from . import words
from .geography import Geography
from .plan import Size
from .writer import copy_instances, copy_rows, next_key, reset_sequences

UTC = datetime.UTC
# In the order of their foreign keys.
INSTANCES: tuple[type[models.Model], ...] = (
    LegalEntity,
    GeographicEntity,
    RorReferent,
    Structure,
    OperationalUnit,
    Practitioner,
    PracticePlace,
)
LINES: dict[type[models.Model], tuple[str, ...]] = {
    GeographicEntity.terms.through: ("geographicentity_id", "term_id"),
    UnitTerm: ("unit_id", "term_id"),
    InterventionArea: ("unit_id", "commune_id"),
    WeeklyHours: ("unit_id", "weekday", "opens_at", "closes_at", "kind_id"),
    RecordChange: (
        "record_kind",
        "record_id",
        "version",
        "action",
        "block",
        "changes",
        "reason",
        "at",
        "by_id",
        "role",
    ),
}
# Numbers that the regulator keeps for works of fiction: a prefix and the digits left to draw.
FICTION_FIXED = ("019900", "026191", "035301", "046571", "053649")
FICTION_MOBILE = "063998"


class World:
    """One region under construction. Everything drawn comes from ``rng``; ``now`` is an aware datetime."""

    def __init__(self, *, size: Size, seed: int, now: datetime.datetime) -> None:
        """Read terms and communes, and find the first free key of each table."""
        self.size = size
        self.now = now.astimezone(UTC).replace(second=0, microsecond=0)
        self.rng = random.Random(f"{seed}-{size.name}")  # noqa: S311 - fictitious data
        self.geography = Geography()
        self.terms = {(row.nomenclature, row.code): row for row in Term.objects.select_related("parent__parent")}
        self._terms_by_id: dict[int | None, Term] = {row.pk: row for row in self.terms.values()}
        self.instances: dict[type[models.Model], list[Any]] = {model: [] for model in INSTANCES}
        self.lines: dict[type[models.Model], list[tuple]] = {model: [] for model in LINES}
        self._keys = {model: next_key(model) for model in INSTANCES}
        self._numbers: dict[str, int] = defaultdict(int)
        self._names: set[str] = set()

    def term_id(self, nomenclature: str, code: str) -> int:
        """Id of a term. Raises ``KeyError`` when the reference data lack it."""
        return self.terms[nomenclature, code].pk

    def term(self, pk: int | None) -> Term:
        """The term of that id. Raises ``KeyError`` on ``None`` and unknown ids."""
        return self._terms_by_id[pk]

    def discipline_id(self, unit_type: Term) -> int | None:
        """Id of the discipline two levels above a type d'UO."""
        return unit_type.parent.parent_id

    def add(self, instance: Any) -> Any:
        """Give the instance its key and derived values, and keep it to be written."""
        model = type(instance)
        instance.pk = self._keys[model]
        self._keys[model] += 1
        if hasattr(instance, "derive"):
            instance.derive()
        self.instances[model].append(instance)
        return instance

    def add_line(self, model: type[models.Model], *values: Any) -> None:
        """Keep a row of ``LINES`` to be written."""
        self.lines[model].append(values)

    def write(self) -> Iterator[tuple[type[models.Model], int]]:
        """Write everything kept; yield each model with its number of rows."""
        for model, instances in self.instances.items():
            yield model, copy_instances(instances)
        for model, rows in self.lines.items():
            yield model, copy_rows(model, LINES[model], rows)
        reset_sequences(INSTANCES)

    # Draws.

    def chance(self, share: float) -> bool:
        """True ``share`` of the times (0 to 1)."""
        return self.rng.random() < share

    def some(self, values: Sequence[str], most: int, fewest: int = 1) -> list[str]:
        """Between ``fewest`` and ``most`` different values, in their order."""
        count = min(len(values), self.rng.randint(min(fewest, most), most))
        chosen = set(self.rng.sample(range(len(values)), count))
        return [value for index, value in enumerate(values) if index in chosen]

    def text(self, values: Sequence[str]) -> str:
        """One of the texts, with French spaces; empty when there is none."""
        return french_spaces(self.rng.choice(values)) if values else ""

    def past(self, *, most_days: int, fewest_days: int = 1) -> datetime.datetime:
        """A moment in the past, in working hours or so."""
        days = self.rng.randint(fewest_days, most_days)
        return (self.now - datetime.timedelta(days=days)).replace(
            hour=self.rng.randint(6, 17), minute=self.rng.randint(0, 59)
        )

    def person(self) -> tuple[str, str]:
        """First and last name."""
        return self.rng.choice(words.FIRST_NAMES), self.rng.choice(words.LAST_NAMES).replace("Da-Silva", "Da Silva")

    def civility_id(self, first_name: str) -> int:
        """Id of the civility that goes with a first name; drawn when the name is borne by both."""
        man = self.chance(0.5) if first_name in words.SHARED_NAMES else first_name in words.MEN_NAMES
        return self.term_id("civility", "M" if man else "MME")

    def phone(self, *, mobile: bool = False) -> str:
        """A number that belongs to nobody."""
        prefix = FICTION_MOBILE if mobile else self.rng.choice(FICTION_FIXED[:1] * 8 + FICTION_FIXED[1:])
        return f"{prefix}{self.rng.randint(0, 9999):04}"

    # Identifiers, right by construction and outside the ranges in use.

    def number(self, kind: str) -> int:
        """Next number of a series, from 1."""
        self._numbers[kind] += 1
        return self._numbers[kind]

    def finess(self, department: str, kind: str) -> str:
        """A FINESS of the department; series 8 for establishments, 9 for legal bodies."""
        digits = f"{department}{kind}{self.number(f'finess{department}{kind}'):05}"
        return digits + luhn_key(digits)

    def siren(self) -> str:
        """A SIREN that INSEE has not given."""
        digits = f"99{self.number('siren'):06}"
        return digits + luhn_key(digits)

    def siret(self, siren: str) -> str:
        """A SIRET of that SIREN."""
        digits = f"{siren}{self.number(f'siret{siren}'):04}"
        return digits + luhn_key(digits)

    def rpps(self) -> str:
        """An RPPS outside the national range."""
        digits = f"19{self.number('rpps'):08}"
        return digits + luhn_key(digits)

    # Places and names.

    def address(self, commune: CommuneRow) -> dict[str, Any]:
        """Fields of an address in the commune, with its point."""
        point, source = self.geography.point(commune, self.rng), PositionSource.ADDRESS
        if point is None or self.chance(0.04):
            point, source = Point(commune.lat, commune.lon), PositionSource.COMMUNE
        return {
            "street_number": str(self.rng.randint(1, 180)),
            "street_extension": "bis" if self.chance(0.04) else "",
            "street_name": f"{self.rng.choice(words.STREET_KINDS)} {self.rng.choice(words.STREET_NAMES)}",
            "postal_code": self.rng.choice(commune.postal_codes) if commune.postal_codes else "",
            "commune_id": commune.insee,
            "lat": point.lat,
            "lon": point.lon,
            "position_source": source,
        }

    def unique_name(self, name: str, commune: CommuneRow) -> str:
        """``name``, then with the commune, then with a number: no two establishments share one."""
        candidates = [name, f"{name} – {commune.list_name}"]
        chosen = next((one for one in candidates if one not in self._names), None)
        while chosen is None or chosen in self._names:
            chosen = f"{candidates[1]} {self.number(candidates[1]) + 1}"
        self._names.add(chosen)
        return chosen
