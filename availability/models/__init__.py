from .figures import AvailabilityEntry, CurrentFigure
from .groupings import Grouping, UnitTypeRhythm

__all__ = ["AvailabilityEntry", "CurrentFigure", "Grouping", "UnitTypeRhythm"]
