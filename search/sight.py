"""Whose place a person may be told: the rule of ``directory.querysets.address_shown``, over the tables of search."""

from typing import Any

from directory.scopes import Coverage

_OWN_SENSITIVE = (
    "SELECT own.geographic_entity_id FROM directory_operationalunit own"
    " WHERE own.sensitive_unit AND own.id = ANY(%(own_units)s::bigint[])"
)


def place_visible(coverage: Coverage, parameters: dict[str, Any], row: str = "d") -> str:
    """Condition under which the place of a row may be told, for the ``coverage`` of ``sensitive:read``.

    The alias ``row`` has ``hides_place``, ``geographic_entity_id`` and ``legal_entity_id``. It holds for all the
    documents of an EG, or for none (spec 01-settled, Directory). Adds what it names to ``parameters``.
    """
    if coverage.region:
        return "true"
    parts = [f"NOT {row}.hides_place"]
    if coverage.units:
        parts.append(f"{row}.geographic_entity_id IN ({_OWN_SENSITIVE})")
        parameters["own_units"] = sorted(coverage.units)
    for column, ids in (
        ("geographic_entity_id", coverage.geographic_entities),
        ("legal_entity_id", coverage.legal_entities),
    ):
        if ids:
            parts.append(f"{row}.{column} = ANY(%(own_{column})s::bigint[])")
            parameters[f"own_{column}"] = sorted(ids)
    return f"({' OR '.join(parts)})"
