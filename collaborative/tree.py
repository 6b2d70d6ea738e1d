"""The tree of a dossier: its fiches with pictogram and action menu (spec 30, Working in a dossier; seed 002, step 3).

Two queries whatever the number of fiches: the fiches with the level of their structures and the closure of their EGs,
and who may edit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from django.db.models import CharField, F
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce
from django.urls import reverse

from accounts.roles import Permission
from directory.enums import RecordKind, StructureLevel

from .enums import FicheAct, FicheAction, FicheState, Pictogram
from .permissions import why_not_edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from directory.scopes import Scope

    from .models import Dossier, Fiche

ICONS = {
    Pictogram.STANDARD: ("fiche-standard", "wait"),
    Pictogram.PENDING: ("fiche-attente", "wait"),
    Pictogram.FINALISED_NEW: ("fiche-nouvelle", "ok"),
    Pictogram.FINALISED_KNOWN: ("fiche-existe", "ok"),
    Pictogram.CONFIRMED: ("fiche-confirmee", "ok"),
    Pictogram.REMOVED_KNOWN: ("fiche-supprimee-existe", "del"),
    Pictogram.REMOVED_NEW: ("fiche-supprimee", "del"),
    Pictogram.SELECTED: ("fiche-selection", "sel"),
    Pictogram.MOVED: ("fiche-deplacee", "sel"),
    Pictogram.LEFT_ASIDE: ("fiche-laissee", "wait"),
}
LEVELS = tuple(StructureLevel.values)  # the highest first
RESTORE_BELOW = "Rétablir ce qui est dessous"
LONG = 30  # fiches: beyond, the tree folds and scrolls by itself


@dataclass(frozen=True)
class NodeAction:
    """An entry of the action menu: ``url`` of its small page; ``posts``: the button acts at once."""

    label: str
    url: str
    posts: bool = False


@dataclass
class Node:
    """A fiche of the tree and what is right below it."""

    fiche: Fiche
    code: str
    url: str
    selected: bool = False
    children: list[Node] = field(default_factory=list)
    actions: list[NodeAction] = field(default_factory=list)
    folds: bool = False  # what is below it is in a fold
    is_open: bool = True  # that fold is open
    is_shown: bool = True

    @property
    def icon(self) -> str:
        """Id of its pictogram in the sprite."""
        return ICONS[self.fiche.pictogram][0]

    @property
    def css(self) -> str:
        """Class of the pictogram's colour."""
        return ICONS[self.fiche.pictogram][1]

    @property
    def words(self) -> str:
        """What the pictogram says, in words."""
        return self.fiche.pictogram.label

    def walk(self) -> Iterator[Node]:
        """The node and all below it, in the order of the page."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def count(self) -> int:
        """How many fiches are below it."""
        return sum(1 for _ in self.walk()) - 1

    @property
    def pending_count(self) -> int:
        """How many of them are en attente."""
        return sum(node.fiche.state == FicheState.PENDING for node in self.walk() if node is not self)


@dataclass(frozen=True)
class Tree:
    """Fiches of a dossier, those of the EGs at the top. ``editable``: this person may change them now."""

    dossier: Dossier
    roots: list[Node]
    editable: bool
    selected: Node | None
    is_long: bool = False
    only_pending: bool = False

    def __iter__(self) -> Iterator[Node]:
        for root in self.roots:
            yield from root.walk()

    def find(self, fiche_id: int) -> Node | None:
        """Node of a fiche."""
        return next((node for node in self if node.fiche.pk == fiche_id), None)

    @property
    def pending(self) -> list[Node]:
        """Fiches that stand against sending."""
        return [node for node in self if node.fiche.state == FicheState.PENDING]

    @property
    def closed(self) -> list[Node]:
        """EGs closed in the directory since ``fiche.closed_on``, but those that the dossier itself would close."""
        return [node for node in self.roots if getattr(node.fiche, "closed_on", None) and not node.fiche.is_removed]

    @cached_property
    def confirmed(self) -> list[Node]:
        """Fiches whose author changed nothing, but those that were left aside."""
        return [node for node in self if node.fiche.is_confirmed and not node.fiche.is_left_aside]

    @cached_property
    def left_aside(self) -> list[Node]:
        """Fiches of which the publication wrote nothing."""
        return [node for node in self if node.fiche.is_left_aside]


def fiche_url(fiche: Fiche) -> str:
    """Address of the page of a fiche."""
    return f"{reverse('collaborative:dossier_detail', args=[fiche.dossier_id])}fiches/{fiche.pk}/"


def tree_of(
    dossier: Dossier,
    scope: Scope,
    selected: Fiche | int | None = None,
    *,
    editable: bool | None = None,
    section: str = "fiches",
    only_pending: bool = False,
) -> Tree:
    """Tree of a dossier as this person sees it. ``selected``: the fiche (or its id) whose page is shown.

    ``editable`` spares a query to who has worked it out already (``not why_not_edit(scope, dossier)``). ``section``:
    what the links lead to, « fiches » or « validation » (the review of each fiche, without action menus).
    ``only_pending``: a long tree shows the fiches en attente, the one selected and those above them alone.
    """
    if section != "fiches":
        editable = False
    elif editable is None:
        editable = not why_not_edit(scope, dossier)
    fiches = _fiches_of(dossier)
    chosen = selected if isinstance(selected, int) else getattr(selected, "pk", None)
    base = reverse("collaborative:dossier_detail", args=[dossier.pk]) + f"{section}/"
    nodes = {
        fiche.pk: Node(fiche, code_of(fiche), f"{base}{fiche.pk}/", selected=fiche.pk == chosen) for fiche in fiches
    }
    roots = []
    for fiche in fiches:
        above = nodes.get(fiche.parent_id or 0)
        (roots if above is None else above.children).append(nodes[fiche.pk])
    if editable:
        joins = joins_other_entities(scope)
        for node in nodes.values():
            node.actions = actions_of(node, nodes.values(), joins=joins)
    is_long = len(fiches) > LONG
    tree = Tree(dossier, roots, editable, nodes.get(chosen or 0), is_long, only_pending and is_long)
    if is_long:
        _fold(tree)
    return tree


def _fiches_of(dossier: Dossier) -> list[Fiche]:
    """Fiches of a dossier, with the level of the structures and the closure of the EGs: one query."""
    level = Coalesce(KT("values__level"), F("structure__level"), output_field=CharField())
    rows = dossier.fiches.with_confirmation().annotate(level=level, closed_on=F("geographic_entity__closed_on"))
    return list(rows.defer("values", "base").order_by("position", "pk"))


def _fold(tree: Tree) -> None:
    """Fold each structure of a long tree, each EG when there are several; open are those above the selected fiche.

    With ``only_pending`` everything is open, and what has nothing en attente is not shown.
    """
    for node in tree:
        is_root = node.fiche.parent_id is None
        node.folds = bool(node.children) and (not is_root or len(tree.roots) > 1)
        node.is_open = tree.only_pending or any(one.selected for one in node.walk())
        if tree.only_pending:
            node.is_shown = any(one.selected or one.fiche.state == FicheState.PENDING for one in node.walk())


def code_of(fiche: Fiche) -> str:
    """Code of the legend: EG, S1, S2, UF or UO. A structure needs the annotation ``level``."""
    if fiche.kind == RecordKind.GEOGRAPHIC_ENTITY:
        return "EG"
    return "UO" if fiche.kind == RecordKind.UNIT else (getattr(fiche, "level", "") or LEVELS[0])


def joins_other_entities(scope: Scope) -> bool:
    """Tell whether the person may bring another EG of his into a dossier: he edits more than one."""
    coverage = scope.coverage(Permission.DIRECTORY_EDIT)
    return coverage.region or bool(coverage.legal_entities) or len(coverage.geographic_entities) > 1


def places_for(node: Node, nodes: Iterable[Node]) -> list[Node]:
    """Nodes of the dossier below which ``node`` may be moved, but the one where it stands."""
    if node.fiche.kind == RecordKind.GEOGRAPHIC_ENTITY or node.fiche.is_removed:
        return []
    by_id = {one.fiche.pk: one for one in nodes}
    below = {one.fiche.pk for one in node.walk()}
    return [
        place
        for place in by_id.values()
        if place.fiche.kind != RecordKind.UNIT
        and not place.fiche.is_removed
        and place.fiche.pk not in below
        and place.fiche.pk != node.fiche.parent_id
        and _may_hold(place, node, by_id)
    ]


def _may_hold(place: Node, node: Node, by_id: dict[int, Node]) -> bool:
    if node.fiche.kind == RecordKind.UNIT:
        return True
    if top_of(place, by_id) is not top_of(node, by_id):
        return False
    return place.code == "EG" or LEVELS.index(place.code) < LEVELS.index(node.code)


def top_of(node: Node, by_id: dict[int, Node]) -> Node:
    """Node of the EG above."""
    while node.fiche.parent_id in by_id:
        node = by_id[node.fiche.parent_id]
    return node


def levels_below(code: str) -> Sequence[str]:
    """Levels of the structures that may be added below an EG or a structure of this code."""
    if code == "EG":
        return LEVELS
    return LEVELS[LEVELS.index(code) + 1 :] if code in LEVELS else ()


def actions_of(node: Node, nodes: Iterable[Node], *, joins: bool) -> list[NodeAction]:
    """Entries of the menu of a node, those only that the service accepts. Pure."""
    fiche, url = node.fiche, node.url
    if fiche.is_removed:
        return [NodeAction(FicheAct.RESTORE.label, f"{url}retablir/", posts=True)]
    is_unit = fiche.kind == RecordKind.UNIT
    found = []
    if not is_unit:
        found.append(NodeAction("Créer des unités opérationnelles", f"{url}creer-des-unites/"))
        if levels_below(node.code):
            found.append(NodeAction("Ajouter une structure", f"{url}ajouter-une-structure/"))
    else:
        found.append(NodeAction("Dupliquer", f"{url}dupliquer/", posts=True))
    if (is_unit and joins) or (fiche.kind != RecordKind.GEOGRAPHIC_ENTITY and places_for(node, nodes)):
        found.append(NodeAction(FicheAct.MOVE.label, f"{url}deplacer/"))
    if fiche.action == FicheAction.MOVE:
        found.append(NodeAction(FicheAct.RESTORE.label, f"{url}retablir/", posts=True))
    elif sum(one.fiche.is_removed for one in node.walk()) > 1:
        found.append(NodeAction(RESTORE_BELOW, f"{url}retablir/", posts=True))
    if not fiche.is_creation and fiche.state != FicheState.STANDARD:
        found.append(NodeAction(FicheAct.RESET.label, f"{url}revenir/"))
    found.append(NodeAction(FicheAct.REMOVE.label, f"{url}supprimer/"))
    return found
