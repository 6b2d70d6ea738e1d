"""How many of what: the proportions published for Île-de-France, and the same in small."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

REGION_ESTABLISHMENTS = 5100

# What an EG holds, and how many such EGs the region has. In all: 269 with MCO, 232 with SSR, 653 with PSY or SMA,
# 2,453 with PA, 1,486 with PH, 210 PDS, 105 CPTS.
REGION: dict[tuple[str, ...], int] = {
    ("MCO",): 84,
    ("MCO", "PA"): 30,
    ("MCO", "SSR"): 40,
    ("MCO", "SSR", "SLD"): 20,
    ("MCO", "SSR", "PSY"): 50,
    ("MCO", "PSY"): 45,
    ("SSR",): 70,
    ("SSR", "PA"): 40,
    ("SSR", "PSY"): 12,
    ("PSY",): 380,
    ("SMA",): 166,
    ("PA",): 2293,
    ("PA", "PH"): 90,
    ("PH",): 1396,
    ("PDS",): 210,
    ("CPTS",): 105,
    ("DAC",): 8,
    ("VIL",): 61,
}
# A small directory needs enough of what the first users look for.
AT_LEAST: dict[tuple[str, ...], int] = {("PDS",): 30, ("CPTS",): 7, ("VIL",): 4}

# Units an EG has of each part: fewest, most.
UNITS: dict[str, tuple[int, int]] = {
    "MCO": (8, 22),
    "SSR": (2, 5),
    "PSY": (2, 6),
    "SMA": (1, 3),
    "SLD": (1, 2),
    "PA": (1, 4),
    "PH": (2, 5),
    "PDS": (1, 3),
    "CPTS": (1, 1),
    "DAC": (1, 1),
    "VIL": (2, 5),
}


@dataclass(frozen=True)
class Size:
    """Numbers of published EGs, published units, practitioners and fictitious colleagues who hold a role."""

    name: str
    establishments: int
    units: int
    practitioners: int
    colleagues: int

    def share(self, count: int) -> int:
        """``count`` of the whole region, at this size (at least one)."""
        return max(1, round(count * self.establishments / REGION_ESTABLISHMENTS))


SIZES: dict[str, Size] = {
    "small": Size("small", 300, 1180, 2400, 24),
    "idf": Size("idf", REGION_ESTABLISHMENTS, 20_000, 41_000, 240),
}


def establishments(size: Size) -> dict[tuple[str, ...], int]:
    """Number of EGs of each kind; their sum is ``size.establishments`` exactly."""
    counts = {parts: max(size.share(count), AT_LEAST.get(parts, 0)) for parts, count in REGION.items()}
    counts["PA",] += size.establishments - sum(counts.values())
    return counts


def unit_counts(kinds: list[tuple[str, ...]], total: int, rng: random.Random) -> list[dict[str, int]]:
    """Number of units of each part of each EG; their sum is ``total`` exactly."""
    counts = [{part: rng.randint(*UNITS[part]) for part in parts} for parts in kinds]
    places = [(index, part) for index, parts in enumerate(kinds) for part in parts if UNITS[part][1] > 1]
    missing = total - sum(sum(one.values()) for one in counts)
    for index, part in _endlessly(places, rng):
        if not missing:
            return counts
        step = 1 if missing > 0 else -1
        if counts[index][part] + step >= 1:
            counts[index][part] += step
            missing -= step
    return counts


def _endlessly(places: list[tuple[int, str]], rng: random.Random) -> Iterator[tuple[int, str]]:
    while places:
        yield rng.choice(places)
