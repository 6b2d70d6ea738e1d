from . import changes, nomenclatures, records, rights

__all__ = ["changes", "nomenclatures", "records", "rights"]
