from .maps import commune_outlines, department_outlines, unit_territory
from .records import geographic_entity_detail, legal_entity_detail, practitioner_detail, unit_detail
from .tree import tree, tree_department, tree_entity, tree_structure

__all__ = [
    "commune_outlines",
    "department_outlines",
    "geographic_entity_detail",
    "legal_entity_detail",
    "practitioner_detail",
    "tree",
    "tree_department",
    "tree_entity",
    "tree_structure",
    "unit_detail",
    "unit_territory",
]
