"""SQL of a ``Match`` over documents ``d``: what they must hold, and how well they do."""

from typing import Any

from .matching import Match, text_query

WEIGHTS = "'{0.05, 0.2, 0.5, 1.0}'"  # free text, names, coded offer, type d'UO


def match_conditions(match: Match, parameters: dict[str, Any]) -> list[str]:
    """Conditions that hold together; identifiers apart, whose rule needs to know who asks. Adds to ``parameters``."""
    parts = []
    if match.by_terms:
        parts.append(
            "(d.term_ids && %(terms)s::bigint[] OR d.kind = 'pro' AND d.term_ids && %(person_terms)s::bigint[])"
            if match.person_term_ids
            else "d.term_ids && %(terms)s::bigint[]"
        )
        parameters |= {"terms": list(match.term_ids), "person_terms": list(match.person_term_ids)}
    if match.entity_ids:
        parts.append("d.group_id = ANY(%(entity_ids)s::bigint[])")
        parameters["entity_ids"] = list(match.entity_ids)
    if match.words:
        parts.append("d.text @@ " + text_query(match.words, parameters))
    if match.type_ids:
        parts.append("(d.kind = 'pro' OR d.term_ids && %(type_ids)s::bigint[])")
        parameters["type_ids"] = list(match.type_ids)
    if match.kind:
        parts.append("d.kind = %(kind)s")
        parameters["kind"] = match.kind
    return parts


def match_rank(match: Match, parameters: dict[str, Any]) -> str:
    """Relevance of one document, by the weight of what holds the words; all the terms weigh the same."""
    if not match.words:
        return "0"
    return f"ts_rank({WEIGHTS}, d.text, {text_query(match.words, parameters)})"
