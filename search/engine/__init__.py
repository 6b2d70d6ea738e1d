"""From criteria to what they find: conditions, statements, the query, needs, other readings of what was asked."""
