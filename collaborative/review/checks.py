"""Checks that help a validator: what a fiche says against what the directory knows (spec 30, Validating). Pure.

``collaborative.review.facts`` gathers what they are asked of, in a fixed number of queries.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from common import french
from common.geo import Point, distance_km
from common.identifiers import validate_finess, validate_siret
from common.phones import validate_phone
from common.text import fold
from directory.enums import RecordKind
from directory.versions.wording import field_label

from ..enums import FicheAction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .above import Above

NEAR_KM = 0.5
SAME_PLACE_KM = 0.05
LIKENESS = 0.72  # of two names, from which they may be one establishment
PLACES_SHARE = 0.2  # change of installed places beyond which it is shown (spec 30)
NAMED = 3  # records or communes named in a line


class Verdict(StrEnum):
    """``ERROR``: publishing would refuse it, or it is certainly wrong. ``WARN``: to be looked at."""

    OK = "ok"
    WARN = "warn"
    ERROR = "err"


@dataclass(frozen=True)
class Check:
    """One line: what was looked at, in words. ``url`` and ``link`` lead to what it speaks of.

    ``blocker``: what stands against publishing, shortly (« « ACT Vesta » est fermé »), when it is outside the fiche.
    """

    verdict: Verdict
    text: str
    url: str = ""
    link: str = ""
    blocker: str = ""

    @property
    def is_ok(self) -> bool:
        return self.verdict == Verdict.OK


@dataclass(frozen=True)
class Neighbour:
    """Another EG that may be the same establishment: of the directory, or proposed by a dossier (its name and page)."""

    name: str
    url: str
    point: Point | None = None
    finess: str = ""
    siret: str = ""


@dataclass(frozen=True)
class Overlap:
    """Another CPTS that serves communes of the proposed territory."""

    name: str
    url: str
    communes: tuple[str, ...]


@dataclass(frozen=True)
class FicheFacts:
    """What the checks ask of one fiche. ``said`` is what the record will say, ``proposed`` only what changes."""

    kind: str
    action: str
    name: str
    said: dict[str, Any] = field(default_factory=dict)
    proposed: dict[str, Any] = field(default_factory=dict)
    current_places: int | None = None
    postal_codes: tuple[str, ...] = ()
    commune_name: str = ""
    legal_siren: str = ""
    legal_finess: str = ""
    neighbours: tuple[Neighbour, ...] = ()
    rivals: tuple[Neighbour, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    has_activity: bool = True
    open_below: tuple[str, ...] = ()
    above: Above | None = None
    refused_choices: tuple[str, ...] = ()

    @property
    def is_entity(self) -> bool:
        return self.kind == RecordKind.GEOGRAPHIC_ENTITY

    @property
    def is_removal(self) -> bool:
        return self.action == FicheAction.DELETE


def checks_of(facts: FicheFacts) -> list[Check]:
    """Lines of one fiche: what is wrong first, then what is to be looked at, then what is right."""
    rules = (closure_check,) if facts.is_removal else RULES
    found = [line for rule in rules for line in rule(facts)]
    order = list(Verdict)[::-1]
    return sorted(found, key=lambda line: order.index(line.verdict))


def identifier_checks(facts: FicheFacts) -> Iterator[Check]:
    """FINESS and SIRET of an EG: their key, who else has or proposes them, whether they are those of the EJ."""
    if not facts.is_entity:
        return
    if "finess" in facts.proposed and (finess := facts.proposed["finess"]):
        yield from _finess_checks(facts, finess)
    if "siret" in facts.proposed and (siret := facts.proposed["siret"]):
        yield from _siret_checks(facts, siret)
    for rival in facts.rivals:
        for name, number in (("finess", rival.finess), ("siret", rival.siret)):
            if number and number == facts.proposed.get(name):
                words = f"{name.upper()} {number}\u00a0: un autre dossier le propose."
                yield Check(Verdict.WARN, words, rival.url, rival.name)
    if facts.action == FicheAction.CREATE and not facts.said.get("finess") and not facts.said.get("siret"):
        yield Check(Verdict.WARN, "Ni FINESS ni SIRET\u00a0: l’établissement n’aura pas d’identifiant national.")


def _finess_checks(facts: FicheFacts, finess: str) -> Iterator[Check]:
    if not _is_valid(validate_finess, finess):
        yield Check(Verdict.ERROR, f"FINESS {finess}\u00a0: la clé est fausse.")
        return
    if same := next((other for other in facts.neighbours if other.finess == finess), None):
        yield Check(Verdict.ERROR, f"FINESS {finess}\u00a0: déjà celui d’un autre établissement.", same.url, same.name)
    elif finess == facts.legal_finess:
        yield Check(Verdict.WARN, f"FINESS {finess}\u00a0: c’est celui de l’entité juridique.")
    else:
        yield Check(Verdict.OK, "FINESS\u00a0: clé valide, porté par aucun autre établissement.")


def _siret_checks(facts: FicheFacts, siret: str) -> Iterator[Check]:
    if not _is_valid(validate_siret, siret):
        yield Check(Verdict.ERROR, f"SIRET {siret}\u00a0: la clé est fausse.")
        return
    shared = next((other for other in facts.neighbours if other.siret == siret), None)
    if shared is not None:
        alone = not shared.finess and not facts.said.get("finess")
        verdict = Verdict.ERROR if alone else Verdict.WARN
        yield Check(verdict, f"SIRET {siret}\u00a0: partagé avec un autre établissement.", shared.url, shared.name)
    if facts.legal_siren and siret[:9] != facts.legal_siren:
        siren = facts.legal_siren
        yield Check(
            Verdict.WARN, f"SIRET {siret}\u00a0: il ne commence pas par le SIREN de l’entité juridique, {siren}."
        )
    elif shared is None:
        yield Check(Verdict.OK, "SIRET\u00a0: clé valide, porté par aucun autre établissement.")


def twin_check(facts: FicheFacts) -> Iterator[Check]:
    """Another EG of the same name, or close by with a like name."""
    if not facts.is_entity or not {"name", "lat", "lon", "commune"} & facts.proposed.keys():
        return
    key, here = fold(facts.name), _point(facts.said)
    for other in facts.neighbours:
        away = distance_km(here, other.point) if here and other.point else None
        like = SequenceMatcher(None, key, fold(other.name)).ratio()
        if fold(other.name) == key:
            where = f", à {french.distance(away)}" if away is not None else ""
            yield Check(Verdict.WARN, f"Même nom qu’un autre établissement{where}\u00a0:", other.url, other.name)
        elif away is not None and away <= NEAR_KM and (like >= LIKENESS or away <= SAME_PLACE_KM):
            word = "Nom proche" if like >= LIKENESS else "Même endroit"
            yield Check(Verdict.WARN, f"{word}, à {french.distance(away)}\u00a0:", other.url, other.name)


def postal_check(facts: FicheFacts) -> Iterator[Check]:
    """The postal code is one of the commune's."""
    code = facts.said.get("postal_code")
    if not {"postal_code", "commune"} & facts.proposed.keys() or not code or not facts.postal_codes:
        return
    if code in facts.postal_codes:
        yield Check(Verdict.OK, "Commune et code postal concordent.")
        return
    codes = ", ".join(facts.postal_codes[:NAMED])
    text = f"Code postal {code}\u00a0: ce n’est pas celui de la commune, {facts.commune_name} ({codes})."
    yield Check(Verdict.WARN, text)


def places_check(facts: FicheFacts) -> Iterator[Check]:
    """Installed places that change by more than 20 %."""
    before, after = facts.current_places, facts.proposed.get("installed_places")
    if before is None or "installed_places" not in facts.proposed:
        return
    if after is None:
        yield Check(
            Verdict.WARN, f"Places installées\u00a0: {french.number(before)} aujourd’hui, plus rien n’est indiqué."
        )
    elif abs(after - before) > PLACES_SHARE * before:
        share = f", soit {'+' if after > before else '−'}{abs(after - before) * 100 // before}\u00a0%" if before else ""
        told = f"Places installées\u00a0: de {french.number(before)} à {french.number(after)}{share}."
        yield Check(Verdict.WARN, told)


def phone_checks(facts: FicheFacts) -> Iterator[Check]:
    """Numbers that are not in the form that the directory keeps."""
    for name, value in facts.proposed.items():
        is_phone = name == "phone" or name.endswith("_phone") or name == "fax"
        if is_phone and value and not _is_valid(validate_phone, value):
            yield Check(
                Verdict.ERROR, f"{field_label(facts.kind, name)}\u00a0: «\u00a0{value}\u00a0» n’est pas un numéro."
            )


def offer_check(facts: FicheFacts) -> Iterator[Check]:
    """A type d'UO without any operational activity."""
    if facts.kind != RecordKind.UNIT or not {"unit_type", "operational_activity"} & facts.proposed.keys():
        return
    if facts.said.get("unit_type") and not facts.has_activity:
        yield Check(
            Verdict.WARN, "Le type d’UO est choisi, mais aucune activité opérationnelle\u00a0: rien ne la fera trouver."
        )


def choice_checks(facts: FicheFacts) -> Iterator[Check]:
    """Terms withdrawn, or not allowed by the type any more, since they were chosen: publishing refuses them."""
    for reason in facts.refused_choices:
        yield Check(Verdict.ERROR, reason)


def overlap_checks(facts: FicheFacts) -> Iterator[Check]:
    """Communes of the territory that another CPTS serves."""
    for other in facts.overlaps:
        count = len(other.communes)
        names = ", ".join(other.communes[:NAMED]) + ("…" if count > NAMED else "")
        words = french.counted(count, "commune couverte", "communes couvertes")
        yield Check(Verdict.WARN, f"{words} aussi par une autre CPTS ({names})\u00a0:", other.url, other.name)


def above_check(facts: FicheFacts) -> Iterator[Check]:
    """What is closed above is opened first (RG_EXP_044); below what is hidden, nobody sees what is published."""
    above = facts.above
    if above is None:
        return
    if above.closed_on is None:
        text = "masqué dans le répertoire, au-dessus de cette fiche\u00a0: publiée, elle ne serait vue de personne."
        yield Check(Verdict.WARN, f"«\u00a0{above.name}\u00a0» est {text}", above.url, "Voir ce qui est masqué")
        return
    ways = ["Faites-le rouvrir", *(["prenez la réouverture proposée par ce dossier"] if above.is_offered else [])]
    yield Check(
        Verdict.ERROR,
        f"«\u00a0{above.name}\u00a0», au-dessus de cette fiche, est fermé dans le répertoire depuis le "
        f"{french.day(above.closed_on)}\u00a0: elle ne peut pas être publiée. {', '.join(ways)}, ou renvoyez la fiche.",
        above.url,
        "Voir ce qui est fermé",
        f"«\u00a0{above.name}\u00a0» est fermé",
    )


def closure_check(facts: FicheFacts) -> Iterator[Check]:
    """Units still open below a record to be closed for good: publishing refuses to close what nobody validated."""
    if not facts.open_below:
        yield Check(Verdict.OK, "Aucune autre unité ouverte ne serait fermée avec cette fiche.")
        return
    count = len(facts.open_below)
    names = ", ".join(facts.open_below[:NAMED]) + ("…" if count > NAMED else "")
    units = french.counted(count, "unité ouverte", "unités ouvertes")
    verb = french.plural(count, "serait fermée", "seraient fermées")
    yield Check(Verdict.ERROR, f"{units} hors du dossier {verb} avec cette fiche\u00a0: {names}.")


RULES: tuple[Callable[[FicheFacts], Iterator[Check]], ...] = (
    above_check,
    identifier_checks,
    twin_check,
    postal_check,
    places_check,
    phone_checks,
    offer_check,
    choice_checks,
    overlap_checks,
)


def _is_valid(validate: Callable[[str], None], value: Any) -> bool:
    try:
        validate(str(value))
    except ValidationError:
        return False
    return True


def _point(said: dict[str, Any]) -> Point | None:
    lat, lon = said.get("lat"), said.get("lon")
    return Point(lat, lon) if lat is not None and lon is not None else None
