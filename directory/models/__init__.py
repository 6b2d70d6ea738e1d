from .attachments import Attachment
from .entities import GeographicEntity, LegalEntity, RorReferent, Structure
from .history import RecordChange
from .hours import HoursException, WeeklyHours
from .nomenclature import Term, TermAllowance
from .practitioners import PracticePlace, Practitioner
from .reference import Commune, Department
from .rights import Assignment
from .units import InterventionArea, OperationalUnit, UnitTerm

__all__ = [
    "Assignment",
    "Attachment",
    "Commune",
    "Department",
    "GeographicEntity",
    "HoursException",
    "InterventionArea",
    "LegalEntity",
    "OperationalUnit",
    "PracticePlace",
    "Practitioner",
    "RecordChange",
    "RorReferent",
    "Structure",
    "Term",
    "TermAllowance",
    "UnitTerm",
    "WeeklyHours",
]
