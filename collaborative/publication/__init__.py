"""Publication of a dossier: its fiches become records of the directory, all of them or none (spec 30, Validating)."""

from .attempts import BUSY, PublicationBusy, attempted
from .refusals import PublicationRefused, RefusedLine
from .service import Published, author_lost_right, becomes_director, publish
from .values import Conflict, conflicts_of, fiches_to_publish, final_values

__all__ = [
    "BUSY",
    "Conflict",
    "PublicationBusy",
    "PublicationRefused",
    "Published",
    "RefusedLine",
    "attempted",
    "author_lost_right",
    "becomes_director",
    "conflicts_of",
    "fiches_to_publish",
    "final_values",
    "publish",
]
