"""Duration by car when no routing service answers: an estimate, always said to be one. Pure.

Assumptions (docs/operations.md, « Durations »): roads are 1.3 times as long as the great circle; the first 3 km of road
are driven at 20 km/h, up to 10 km at 30 km/h, up to 30 km at 50 km/h, the rest at 80 km/h. No traffic, no hour.
"""

import math

DETOUR = 1.3
# Kilometres of road at which each speed ends, and the speed, in km/h.
SPEEDS: tuple[tuple[float, float], ...] = ((3, 20), (10, 30), (30, 50), (math.inf, 80))


def estimated_minutes(distance_km: float) -> int:
    """Minutes for a great-circle distance in kilometres, rounded up; 0 on the spot."""
    road, start, hours = distance_km * DETOUR, 0.0, 0.0
    for end, speed in SPEEDS:
        hours += max(0.0, min(road, end) - start) / speed
        start = end
    return math.ceil(round(hours * 60, 6))
