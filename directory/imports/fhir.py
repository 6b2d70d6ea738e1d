"""Official nomenclatures of the ANS: FHIR ValueSet and CodeSystem in JSON, read into plain concepts. No database.

A ValueSet lists its concepts in ``expansion.contains`` or ``compose.include[].concept``; a CodeSystem in ``concept``,
as a tree. The end of a concept is told by ``inactive`` or by the properties of the ANS (``dateFin``, ``status``…).
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from common.text import visible

from .contract import UnreadableFile

Json = dict[str, Any]
NOT_JSON = "Le fichier n’est pas du JSON lisible."
NOT_FHIR = "Le fichier n’est ni un ValueSet ni un CodeSystem FHIR en JSON."
NO_CONCEPT = (
    "Le fichier ne liste pas ses termes. Prenez le jeu de valeurs complet, ou sa version développée "
    "(«\u00a0expansion\u00a0»)."
)
END_DATES = {"datefin", "enddate", "retirementdate", "deprecationdate", "deprecated"}
END_FLAGS = {"inactive", "deprecated"}
ENDED = {"deprecated", "retired", "inactive", "withdrawn"}
DEEPEST = 50  # levels of a tree of concepts


@dataclass(frozen=True)
class Concept:
    """One concept of a file. ``rank`` is its place in the file, from 1; ``parent`` a code of the same file, or empty.

    ``ended`` tells that the file itself says so, on ``ended_on`` when it gives the day. ``problem`` is why the concept
    cannot be read, in French.
    """

    rank: int
    code: str
    label: str
    system: str = ""
    parent: str = ""
    ended: bool = False
    ended_on: datetime.date | None = None
    problem: str = ""


@dataclass(frozen=True)
class NationalFile:
    """What a file holds. ``names`` may tell its number: address, name, id, title. ``date`` may be empty."""

    names: tuple[str, ...]
    date: str
    concepts: tuple[Concept, ...]


def read_national_file(raw: bytes) -> NationalFile:
    """Read a file whole. Raises ``UnreadableFile`` when it is not JSON, not FHIR, or lists no concept."""
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(NOT_JSON) from error
    if not isinstance(content, dict) or content.get("resourceType") not in {"ValueSet", "CodeSystem"}:
        raise UnreadableFile(NOT_FHIR)
    found = _of_code_system(content) if content["resourceType"] == "CodeSystem" else _of_value_set(content)
    concepts = tuple(
        _concept(rank, concept, system, parent) for rank, (concept, system, parent) in enumerate(found, start=1)
    )
    if not concepts:
        raise UnreadableFile(NO_CONCEPT)
    names = tuple(_text(content.get(name)) for name in ("url", "name", "id", "title"))
    return NationalFile(names, _text(content.get("date"))[:10], concepts)


Found = Iterator[tuple[Any, str, str]]


def _of_value_set(content: Json) -> Found:
    expansion = _object(content.get("expansion")).get("contains")
    if _objects(expansion):
        yield from _tree(expansion, "contains", "")
        return
    for include in _objects(_object(content.get("compose")).get("include")):
        for concept in _list(include.get("concept")):
            yield concept, _text(include.get("system")), ""


def _of_code_system(content: Json) -> Found:
    yield from _tree(content.get("concept"), "concept", _text(content.get("url")))


def _tree(concepts: Any, below: str, system: str, parent: str = "", depth: int = 1) -> Found:
    """Concepts of a tree, parents first. An entry of an expansion that only groups others has no code."""
    if depth > DEEPEST:
        raise UnreadableFile(NOT_FHIR)
    for concept in _list(concepts):
        own = _object(concept)
        only_groups = own.get("abstract") is True and not own.get("code")
        if not only_groups:
            yield concept, _text(own.get("system")) or system, parent
        yield from _tree(own.get(below), below, system, parent if only_groups else _text(own.get("code")), depth + 1)


def _concept(rank: int, found: Any, system: str, parent: str) -> Concept:
    concept = _object(found)
    code, label = _text(concept.get("code")), _text(concept.get("display"))
    problem = ""
    if not code:
        problem = "Terme sans code."
    elif not label:
        problem = "Terme sans libellé."
    elif "\0" in code + label:
        problem = "Le code ou le libellé contient un caractère interdit."
    ended_on, ended = _end_of(concept)
    properties = {_text(one.get("code")).lower(): one for one in _objects(concept.get("property"))}
    parent = parent or _text(_value(properties.get("parent", {})))
    clean = {"code": code.replace("\0", ""), "label": label.replace("\0", "")}
    return Concept(rank, system=system, parent=parent, ended=ended, ended_on=ended_on, problem=problem, **clean)


def _end_of(concept: Json) -> tuple[datetime.date | None, bool]:
    """Day on which a concept ends, if told, and whether it has ended."""
    ended = concept.get("inactive") is True
    day = None
    for one in _objects(concept.get("property")):
        name, value = _text(one.get("code")).lower(), _value(one)
        if name in END_DATES and (found := _day(value)):
            day = min(day or found, found)
        if (name in END_FLAGS and value is True) or (name == "status" and str(value).lower() in ENDED):
            ended = True
    return day, ended or day is not None


def _value(property_: Json) -> Any:
    return next((value for name, value in property_.items() if name.startswith("value")), None)


def _day(value: Any) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _text(value: Any) -> str:
    return visible(value).strip() if isinstance(value, str) else ""


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: Any) -> list[Json]:
    return [item for item in _list(value) if isinstance(item, dict)]
