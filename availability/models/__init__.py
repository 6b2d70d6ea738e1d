from .figures import AvailabilityEntry, CurrentFigure
from .groupings import Grouping

__all__ = ["AvailabilityEntry", "CurrentFigure", "Grouping"]
