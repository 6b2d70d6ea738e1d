from .closures import CallOutcome, ExpectedPlace, UnitClosure
from .figures import AvailabilityEntry, CurrentFigure, CurrentState, Pool, Source
from .groupings import CrisisMode, GroupedUnit, Grouping, UnitTypeRhythm
from .reminders import Digest, ReminderPreference, UnitUse

__all__ = [
    "AvailabilityEntry",
    "CallOutcome",
    "CrisisMode",
    "CurrentFigure",
    "CurrentState",
    "Digest",
    "ExpectedPlace",
    "GroupedUnit",
    "Grouping",
    "Pool",
    "ReminderPreference",
    "Source",
    "UnitClosure",
    "UnitTypeRhythm",
    "UnitUse",
]
