from .audit import AuditEntry
from .legal import LegalText, TermsAcceptance
from .user import User

__all__ = ["AuditEntry", "LegalText", "TermsAcceptance", "User"]
