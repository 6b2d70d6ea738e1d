"""Publication of a dossier: its fiches become records of the directory, all of them or none (spec 30, Validating)."""

from .refusals import PublicationRefused, RefusedLine
from .service import Published, becomes_director, publish
from .values import Conflict, conflicts_of, fiches_to_publish, final_values

__all__ = [
    "Conflict",
    "PublicationRefused",
    "Published",
    "RefusedLine",
    "becomes_director",
    "conflicts_of",
    "fiches_to_publish",
    "final_values",
    "publish",
]
