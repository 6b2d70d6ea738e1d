"""What stands against sending a dossier, and what sending it would publish. Pure, over its tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from common import french

from .enums import FicheAction, FicheState
from .fiches.anchors import field_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .tree import Node, Tree


@dataclass(frozen=True)
class MissingField:
    """A required field that is empty, and the address that leads to it."""

    label: str
    url: str


@dataclass(frozen=True)
class Unfinished:
    """A fiche en attente: what it lacks; nothing when it only has to be finalised."""

    node: Node
    fields: list[MissingField]


@dataclass(frozen=True)
class Published:
    """Fiches by what publishing them does, or did: « 2 nouvelles fiches »."""

    words: str
    nodes: list[Node]


# Noun and adjective of a kind of change: singular, plural.
_NOUNS = {
    FicheAction.CREATE: ("nouvelle fiche", "nouvelles fiches"),
    FicheAction.MODIFY: ("fiche modifiée", "fiches modifiées"),
    FicheAction.DELETE: ("fiche supprimée", "fiches supprimées"),
    FicheAction.MOVE: ("fiche déplacée", "fiches déplacées"),
}


def unfinished_of(tree: Tree) -> list[Unfinished]:
    """Fiches en attente, in the order of the tree, each with the fields to fill in."""
    return [
        Unfinished(node, [MissingField(row["label"], _missing_url(node, row)) for row in node.fiche.missing])
        for node in tree.pending
    ]


def _missing_url(node: Node, row: Mapping[str, str]) -> str:
    return field_url(node.url, row["block"], row["name"], {other["name"] for other in node.fiche.missing})


def published_by(tree: Tree) -> list[Published]:
    """What the dossier proposes, or published, by kind of change, the kinds without a fiche left out.

    Fiches that change nothing are ``confirmed_by``, those that were left aside ``left_aside_by``.
    """
    found = []
    for action, (one, many) in _NOUNS.items():
        nodes = [node for node in tree if node.fiche.action == action and _is_proposed(node)]
        if nodes:
            found.append(Published(french.counted(len(nodes), one, many), nodes))
    return found


def confirmed_by(tree: Tree) -> list[Published]:
    """Fiches finalised without a change, in one line; none without any."""
    nodes = tree.confirmed
    words = french.counted(len(nodes), "fiche confirmée sans changement", "fiches confirmées sans changement")
    return [Published(words, nodes)] if nodes else []


def is_unchanged(tree: Tree) -> bool:
    """Tell whether each finalised fiche says what the directory says already: such a dossier is not sent.

    A campaign asks for an answer: there, « all is right » is one, and is sent.
    """
    return bool(tree.confirmed) and not published_by(tree) and tree.dossier.campaign_id is None


def left_aside_by(tree: Tree) -> list[Published]:
    """Fiches of which the publication wrote nothing, in one line; none when it wrote them all."""
    nodes = tree.left_aside
    words = french.counted(len(nodes), "fiche laissée de côté", "fiches laissées de côté")
    return [Published(words, nodes)] if nodes else []


def _is_proposed(node: Node) -> bool:
    fiche = node.fiche
    if fiche.is_left_aside or fiche.is_confirmed:
        return False
    if fiche.is_creation:
        return not fiche.is_removed
    return fiche.state != FicheState.STANDARD
