"""What higher apps listen to. Sent inside the writer's transaction."""

from django.dispatch import Signal

# figures_changed: ``unit_ids``, a non-empty list of the units whose current figure or opening changed.
figures_changed = Signal()
