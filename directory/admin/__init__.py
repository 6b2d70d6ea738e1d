from . import nomenclatures, records, rights

__all__ = ["nomenclatures", "records", "rights"]
