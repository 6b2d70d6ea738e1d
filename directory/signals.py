"""What higher apps listen to. Sent inside the writer's transaction (DESIGN: going up is by a signal)."""

from django.dispatch import Signal

# units_changed: ``unit_ids``, a non-empty list of the units whose record, or whose EG's or EJ's record, changed.
units_changed = Signal()
# units_reopened: ``unit_ids``, a non-empty list of the units that were closed and are published again; ``now``. Sent
# before the ``units_changed`` of the same act.
units_reopened = Signal()
# entities_changed: ``entity_ids``, a non-empty list of the EGs whose record changed.
entities_changed = Signal()
# practitioners_changed: ``practitioner_ids``, a non-empty list.
practitioners_changed = Signal()
