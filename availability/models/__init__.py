from .closures import CallOutcome, ExpectedPlace, UnitClosure
from .figures import AvailabilityEntry, CurrentFigure, CurrentState, Pool, PoolMembership, Source
from .groupings import CrisisMode, GroupedUnit, Grouping, UnitTypeRhythm
from .reminders import Digest, ReminderPreference, UnitUse
from .summary import CellDelta

__all__ = [
    "AvailabilityEntry",
    "CallOutcome",
    "CellDelta",
    "CrisisMode",
    "CurrentFigure",
    "CurrentState",
    "Digest",
    "ExpectedPlace",
    "GroupedUnit",
    "Grouping",
    "Pool",
    "PoolMembership",
    "ReminderPreference",
    "Source",
    "UnitClosure",
    "UnitTypeRhythm",
    "UnitUse",
]
