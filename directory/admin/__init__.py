from . import changes, nomenclatures, records, reports, rights

__all__ = ["changes", "nomenclatures", "records", "reports", "rights"]
