"""What the checks and the risk are asked of, read for all the fiches of a dossier at once.

A fixed number of queries, each made only when a fiche needs it: establishments alike or near, EJs, communes, terms of
the offer, units below what is removed, other CPTS.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from common.geo import Point
from common.text import fold
from directory.enums import Nomenclature, PublicationStatus, RecordKind
from directory.models import (
    Commune,
    GeographicEntity,
    LegalEntity,
    OperationalUnit,
    UnitTerm,
)
from directory.records import record_url
from directory.territory.advice import overlaps
from directory.versions.wording import field_label

from ..enums import DossierAct, DossierState, FicheAction, FicheState
from ..fiches.term_rules import Asked, refused_choices
from ..models import Dossier, Fiche, Step
from .above import above_of
from .checks import Check, FicheFacts, Neighbour, Overlap, Verdict, checks_of
from .parts import field_parts
from .risk import RiskFacts

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable, Mapping, Sequence

    from .above import Key

NUMBERS = {"finess", "siret"}
# Plain fields that a check reads beside the proposed ones.
SAID = ("finess", "siret", "lat", "lon", "postal_code")
NEAR_DEGREES = (0.005, 0.008)  # a little more than the 500 m of NEAR_KM, in latitude and in longitude
OTHERS_SHOWN = 3
MOST_RIVALS = 10
Places = dict[int, list[Any]]


def facts_of(
    fiches: Sequence[Fiche], today: datetime.date, reopenings: Mapping[Key, bool] | None = None
) -> dict[int, FicheFacts]:
    """Facts of each fiche that proposes something (their records loaded), by id; ``reopenings`` as for ``above_of``."""
    found = {fiche.pk: _plain(fiche) for fiche in fiches}
    entities = [fiche for fiche in fiches if fiche.kind == RecordKind.GEOGRAPHIC_ENTITY]
    units = [fiche for fiche in fiches if fiche.kind == RecordKind.UNIT]
    changes: Places = defaultdict(list)
    for pk, above in above_of(fiches, reopenings).items():
        changes[pk].append({"above": above})
    _add_communes(fiches, changes)
    proposed = [fiche for fiche in entities if fiche.action != FicheAction.DELETE]
    _add_entities(proposed, found, changes)
    _add_rivals([fiche for fiche in proposed if NUMBERS & fiche.values.keys()], changes)
    _add_activities([fiche for fiche in units if "unit_type" in fiche.values or fiche.is_creation], changes)
    _add_open_below([fiche for fiche in fiches if fiche.action == FicheAction.DELETE], fiches, changes)
    _add_choices([fiche for fiche in fiches if fiche.action != FicheAction.DELETE], changes, today)
    _add_overlaps([fiche for fiche in units if fiche.values.get("intervention_communes")], changes)
    for pk, lines in changes.items():
        for line in lines:
            found[pk] = replace(found[pk], **line)
    return found


def checks_by_fiche(fiches: Sequence[Fiche], reopenings: Mapping[Key, bool] | None = None) -> dict[int, list[Check]]:
    """Checks of each fiche, by id; those without any are left out. ``reopenings``: ``Standing.reopenings``."""
    found = facts_of(fiches, timezone.localdate(), reopenings)
    checks = {pk: checks_of(facts) for pk, facts in found.items()}
    return {pk: lines for pk, lines in checks.items() if lines}


def dossier_checks(dossier: Dossier) -> list[Check]:
    """What concerns the dossier as a whole: others open under the same EJ. One query."""
    legal_id = dossier.legal_entity_id
    if dossier.geographic_entity is not None:
        legal_id = dossier.geographic_entity.legal_entity_id
    same = Q(geographic_entity__legal_entity=legal_id) | Q(geographic_entity__isnull=True, legal_entity=legal_id)
    others = Dossier.objects.open().filter(same).exclude(pk=dossier.pk).order_by("-changed_at", "-pk")
    return [
        Check(
            Verdict.WARN,
            f"Autre dossier de la même entité juridique, {other.get_state_display().lower()}\u00a0:",
            reverse("collaborative:dossier_detail", args=[other.pk]),
            other.name,
        )
        for other in others[:OTHERS_SHOWN]
    ]


def risk_facts(dossier: Dossier, fiches: Iterable[Fiche], checks: Iterable[Check]) -> RiskFacts:
    """Facts of the risk of a dossier that was just sent. Two queries."""
    at_work = list(fiches)
    acts = [fiche.action for fiche in at_work]
    verdicts = [check.verdict for check in checks]
    changed = [part for fiche in at_work if not fiche.is_creation for part in field_parts(fiche.kind, fiche.values)]
    known = dossier.geographic_entity_id is not None
    decided = Dossier.objects.filter(geographic_entity=dossier.geographic_entity_id, state="validated")
    return RiskFacts(
        is_new_entity=not known,
        is_first_dossier=known and not decided.exclude(pk=dossier.pk).exists(),
        creations=acts.count(FicheAction.CREATE),
        removals=acts.count(FicheAction.DELETE),
        moves=acts.count(FicheAction.MOVE),
        sensitive=tuple(part.label for part in changed if part.is_sensitive),
        errors=verdicts.count(Verdict.ERROR),
        warnings=verdicts.count(Verdict.WARN),
        returns=Step.objects.filter(dossier=dossier, fiche=None, act=DossierAct.RETURN).count(),
    )


def _plain(fiche: Fiche) -> FicheFacts:
    """What a fiche and its record say without a query."""
    record, said = fiche.record, {}
    for name in SAID:
        said[name] = fiche.values[name] if name in fiche.values else getattr(record, name, None)
    said["unit_type"] = fiche.values.get("unit_type") or getattr(record, "unit_type_id", None)
    return FicheFacts(
        kind=fiche.kind,
        action=fiche.action,
        name=fiche.name,
        said=said,
        proposed={} if fiche.action == FicheAction.DELETE else fiche.values,
        current_places=getattr(record, "installed_places", None),
        has_activity=bool(fiche.values.get("operational_activity")),
    )


def _add_communes(fiches: Iterable[Fiche], changes: Places) -> None:
    wanted: dict[int, str] = {}
    for fiche in fiches:
        if {"postal_code", "commune"} & fiche.values.keys() and (code := _id(fiche, "commune")):
            wanted[fiche.pk] = str(code)
    if not wanted:
        return
    known = Commune.objects.defer("outline").in_bulk(set(wanted.values()))
    for pk, code in wanted.items():
        if commune := known.get(code):
            line = {"postal_codes": tuple(commune.postal_codes), "commune_name": commune.place_name}
            changes[pk].append(line)


def _add_entities(entities: list[Fiche], found: dict[int, FicheFacts], changes: Places) -> None:
    """EJ of each EG, and the EGs that share its numbers, its name or its place: two queries."""
    watched = {"finess", "siret", "name", "lat", "lon", "commune"}
    entities = [fiche for fiche in entities if watched & fiche.values.keys()]
    if not entities:
        return
    legal_ids = {fiche.pk: _id(fiche, "legal_entity") or fiche.dossier.legal_entity_id for fiche in entities}
    legals = LegalEntity.objects.only("name", "siren", "finess").in_bulk({pk for pk in legal_ids.values() if pk})
    condition = Q()
    for fiche in entities:
        condition |= _alike(fiche, found[fiche.pk])
    own = {fiche.record_id for fiche in entities if fiche.record_id}
    rows = GeographicEntity.objects.filter(condition).exclude(status=PublicationStatus.CLOSED).exclude(pk__in=own)
    others = tuple(
        Neighbour(
            row.name,
            record_url(row),
            Point(row.lat, row.lon) if row.lat is not None and row.lon is not None else None,
            row.finess,
            row.siret,
        )
        for row in rows.only("name", "lat", "lon", "finess", "siret").order_by("pk")[:50]
    )
    for fiche in entities:
        legal = legals.get(legal_ids[fiche.pk])
        numbers = {"legal_siren": legal.siren, "legal_finess": legal.finess} if legal else {}
        changes[fiche.pk].append({"neighbours": others, **numbers})


def _add_rivals(entities: list[Fiche], changes: Places) -> None:
    """EGs of other dossiers en validation that would bear the same numbers: one query, none when no number changes."""
    wanted = Q()
    for fiche in entities:
        for name in NUMBERS:
            if number := fiche.values.get(name):
                wanted |= Q(**{f"values__{name}": number})
    if not wanted:
        return
    others = Fiche.objects.filter(wanted, kind=RecordKind.GEOGRAPHIC_ENTITY, dossier__state=DossierState.SENT)
    others = others.exclude(dossier__in={fiche.dossier_id for fiche in entities}).exclude(action=FicheAction.DELETE)
    rivals = tuple(
        Neighbour(
            row.dossier.name,
            reverse("collaborative:dossier_review", args=[row.dossier_id]),
            finess=row.values.get("finess") or "",
            siret=row.values.get("siret") or "",
        )
        for row in others.select_related("dossier").order_by("pk")[:MOST_RIVALS]
    )
    for fiche in entities:
        changes[fiche.pk].append({"rivals": rivals})


def _alike(fiche: Fiche, facts: FicheFacts) -> Q:
    condition = Q(sort_name=fold(fiche.name))
    for name in ("finess", "siret"):
        if number := facts.proposed.get(name):
            condition |= Q(**{name: number})
    lat, lon = facts.said.get("lat"), facts.said.get("lon")
    if lat is not None and lon is not None:
        north, east = NEAR_DEGREES
        condition |= Q(lat__range=(lat - north, lat + north), lon__range=(lon - east, lon + east))
    return condition


def _add_activities(units: list[Fiche], changes: Places) -> None:
    """Whether a unit whose list of activities is not proposed has some already."""
    known = {fiche.unit_id: fiche.pk for fiche in units if fiche.unit_id and "operational_activity" not in fiche.values}
    if not known:
        return
    links = UnitTerm.objects.filter(unit__in=known, term__nomenclature=Nomenclature.OPERATIONAL_ACTIVITY)
    for unit in set(links.values_list("unit", flat=True)):
        changes[known[unit]].append({"has_activity": True})


def _add_open_below(removed: list[Fiche], fiches: Iterable[Fiche], changes: Places) -> None:
    """Units open below what is removed, that the dossier itself neither removes nor moves away."""
    above = {fiche.geographic_entity_id: fiche.pk for fiche in removed if fiche.geographic_entity_id}
    structures = {fiche.structure_id: fiche.pk for fiche in removed if fiche.structure_id}
    if not above and not structures:
        return
    spoken = [
        fiche.unit_id
        for fiche in fiches
        if fiche.unit_id and (fiche.state == FicheState.REMOVED or fiche.action == FicheAction.MOVE)
    ]
    below = Q(geographic_entity__in=above) | Q(structure__in=structures)
    rows = OperationalUnit.objects.filter(below).exclude(status=PublicationStatus.CLOSED).exclude(pk__in=spoken)
    names: dict[int, list[str]] = defaultdict(list)
    for entity, structure, name in rows.order_by("sort_name").values_list("geographic_entity", "structure", "name"):
        pk = structures.get(structure) or above.get(entity)
        if pk is not None:
            names[pk].append(name)
    for pk, units in names.items():
        changes[pk].append({"open_below": tuple(units)})


def _add_choices(fiches: list[Fiche], changes: Places, today: datetime.date) -> None:
    """Terms that cannot be published any more: two queries."""
    asked = [Asked(fiche.kind, _terms_of(fiche), fiche.base, _id(fiche, "unit_type")) for fiche in fiches]
    for fiche, refused in zip(fiches, refused_choices(asked, today), strict=True):
        if refused:
            told = tuple(f"{field_label(fiche.kind, name)}\u00a0: {reason}" for name, reason in refused)
            changes[fiche.pk].append({"refused_choices": told})


def _terms_of(fiche: Fiche) -> dict[str, Any]:
    """What a fiche proposes, but communes: they are never withdrawn, and publishing looks at them again."""
    return {name: value for name, value in fiche.values.items() if name not in {"commune", "intervention_communes"}}


def _add_overlaps(units: list[Fiche], changes: Places) -> None:
    """Other CPTS that serve communes of a proposed territory of CPTS; units of the same EG are none."""
    if not units:
        return
    own = {entity for fiche in units for entity in (fiche.dossier.geographic_entity_id, _entity_of(fiche)) if entity}
    found = overlaps(
        {fiche.pk: [row["id"] for row in fiche.values["intervention_communes"]] for fiche in units},
        types={fiche.pk: _id(fiche, "unit_type") for fiche in units},
        own=own,
    )
    for pk, others in found.items():
        told = (Overlap(one.name, one.url, tuple(commune.name for commune in one.communes)) for one in others)
        changes[pk].append({"overlaps": tuple(told)})


def _entity_of(fiche: Fiche) -> int | None:
    """EG of the unit that a fiche changes."""
    return fiche.unit.geographic_entity_id if fiche.unit else None


def _id(fiche: Fiche, name: str) -> Any:
    """Key of the record that a coded field points to, as the fiche will say it."""
    if name in fiche.values:
        held = fiche.values[name]
        return held["id"] if held else None
    return getattr(fiche.record, f"{name}_id", None)
