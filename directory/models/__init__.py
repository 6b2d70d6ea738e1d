from .account_requests import AccountRequest
from .attachments import Attachment
from .duplicates import DuplicatePair, DuplicateSearch, Merge
from .entities import GeographicEntity, LegalEntity, RorReferent, Structure
from .history import RecordChange
from .hours import HoursException, WeeklyHours
from .imports import ImportLine, ImportRun
from .nomenclature import Term, TermAllowance
from .practitioners import PracticePlace, Practitioner
from .quality import RecordQuality
from .reference import Commune, Department
from .reports import ErrorReport, ErrorReportStep, ReportSettings
from .rights import Assignment
from .units import InterventionArea, OperationalUnit, UnitTerm

__all__ = [
    "AccountRequest",
    "Assignment",
    "Attachment",
    "Commune",
    "Department",
    "DuplicatePair",
    "DuplicateSearch",
    "ErrorReport",
    "ErrorReportStep",
    "GeographicEntity",
    "HoursException",
    "ImportLine",
    "ImportRun",
    "InterventionArea",
    "LegalEntity",
    "Merge",
    "OperationalUnit",
    "PracticePlace",
    "Practitioner",
    "RecordChange",
    "RecordQuality",
    "ReportSettings",
    "RorReferent",
    "Structure",
    "Term",
    "TermAllowance",
    "UnitTerm",
    "WeeklyHours",
]
