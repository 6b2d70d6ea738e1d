"""What the page of a reviewed fiche shows of each part: both values in words, the conflict, the week, the maps."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse

from common import french
from common.geo import Point, distance_km
from directory.enums import RecordKind
from directory.models import WeeklyHours
from directory.records import outlines_url
from directory.snapshots import state_of
from directory.territory.territories import RegionMembers, region_members, territory_parameters
from directory.versions.past import FieldDiff, field_diff
from directory.versions.wording import field_label, in_words

from ..enums import FicheAction, FieldDecision, FileKind
from ..fiches.addresses import is_inherited
from ..fiches.groups import TOGETHER
from ..fiches.services import home_of
from ..fiches.states import kept_address_of
from .corrections import correction_diffs
from .parts import ACT, ATTACHMENTS, MEANWHILE, PHOTO, Part
from .together import IN_WORDS, POINT, address_words, kept_commune, kept_value, none_words

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..models import Fiche, FicheFile, FieldReview
    from .meanwhile import Conflict
    from .standing import FicheStanding

TERRITORY, WEEK = "intervention_communes", "weekly_hours"
WEEKDAYS = dict(WeeklyHours._meta.get_field("weekday").flatchoices)  # noqa: SLF001 - the documented model API
DECISION_TAGS = {
    FieldDecision.ACCEPT: "tag-ok",
    FieldDecision.AMEND: "tag-sent",
    FieldDecision.KEEP: "tag-sent",
    FieldDecision.RETURN: "tag-warn",
}


class ConflictWords(NamedTuple):
    """A conflict in words; ``is_settled`` says whether a decision was taken with it in sight.

    ``is_beside``: ``proposed`` is a correction of the support on a field that the fiche does not propose.
    """

    label: str
    base: str
    current: str
    proposed: str
    by: str
    at: datetime.datetime
    is_settled: bool
    is_beside: bool = False


class DayHours(NamedTuple):
    """Hours of a weekday, published and proposed, in words."""

    day: str
    before: list[str]
    after: list[str]

    @property
    def changes(self) -> bool:
        return self.before != self.after


class TerritoryMap(NamedTuple):
    """Addresses of the outlines: all that is proposed, what it adds, what it leaves; empty when there is none."""

    outlines: str
    proposed: str
    added: str
    removed: str


@dataclass
class ShownPart:
    """One part ready to be shown. ``amended``: what the support wrote instead, against what was proposed."""

    part: Part
    review: FieldReview | None
    is_open_conflict: bool
    diffs: list[FieldDiff] = field(default_factory=list)
    conflicts: list[ConflictWords] = field(default_factory=list)
    amended: list[FieldDiff] = field(default_factory=list)
    text: str = ""
    week: list[DayHours] = field(default_factory=list)
    territory: TerritoryMap | None = None
    point: Point | None = None
    outlines: str = ""
    files: list[FicheFile] = field(default_factory=list)
    joined: frozenset[str] = frozenset()  # digests of the files that the directory has already
    may_amend: bool = False
    is_torn: bool = False
    mixes: bool = False
    holds_correction: bool = False

    @property
    def decision(self) -> str:
        """Decision taken, unless a conflict came after it."""
        return "" if self.review is None or self.is_open_conflict else self.review.decision

    @property
    def tag(self) -> str:
        """Class of the tag of the decision."""
        return DECISION_TAGS.get(FieldDecision(self.decision), "") if self.decision else ""

    @property
    def before_title(self) -> str:
        """What a correction was made over: what the directory publishes, or what is proposed."""
        return "Publié" if self.part.is_beside else "Proposé"

    @property
    def after_title(self) -> str:
        """What a correction becomes: nothing is published before its conflict is settled."""
        return "Correction" if self.is_open_conflict else "Publié à la validation"

    @property
    def anchor(self) -> str:
        """Id of its line on the page."""
        return f"champ-{self.part.key}"


def shown_parts(one: FicheStanding, amendable: frozenset[str]) -> list[ShownPart]:
    """Parts of a fiche, in order. ``amendable``: keys of the blocks that have a form.

    A query when there is a territory, one for attachments, one for the commune of an address; two for a move.
    """
    region = region_members() if TERRITORY in one.fiche.values else None
    return [_shown(one, part, amendable, region) for part in one.parts]


def _shown(one: FicheStanding, part: Part, amendable: frozenset[str], region: RegionMembers | None) -> ShownPart:
    review = one.review_of(part)
    shown = ShownPart(part, review, one.is_open_conflict(part), holds_correction=one.holds_correction(part))
    if part.is_whole:
        shown.text = act_words(one) if part.key == ACT else ""
        shown.files = [file for file in one.files if _is_of(file, part.key)]
        shown.joined = _joined(one) if part.key == ATTACHMENTS else frozenset()
        shown.conflicts = [_conflict_words(one, part, conflict) for conflict in one.conflicts_of(part)]
        return shown
    shown.may_amend = part.block in amendable
    conflicts = {conflict.name: conflict for conflict in one.conflicts_of(part)}
    shown.is_torn, shown.mixes = one.is_torn(part), one.mixes(part)
    if conflicts and part.key in TOGETHER and (shown.is_torn or not part.beside):
        last = max(conflicts.values(), key=lambda conflict: (len(conflict.others), conflict.version))
        beside = () if part.is_beside else part.beside
        of_corrections = [conflict for name, conflict in conflicts.items() if name in beside]
        shown.conflicts = [_whole_words(one, part, last)]
        shown.conflicts += [_conflict_words(one, part, conflict) for conflict in of_corrections]
    else:
        shown.conflicts = [_conflict_words(one, part, conflict) for conflict in conflicts.values()]
        shown.diffs = _diffs(one, part, conflicts.keys())
    if review is not None and review.decision == FieldDecision.AMEND and not (part.is_beside and conflicts):
        shown.amended = correction_diffs(one, part)
    _add_pictures(shown, one, region)
    return shown


def act_words(one: FicheStanding) -> str:
    """What the fiche does to the directory, in a sentence."""
    fiche = one.fiche
    above = f"«\u00a0{fiche.parent}\u00a0»" if fiche.parent_id else ""
    if one.left:
        return f"Rien à écrire\u00a0: la fiche est laissée de côté, {one.left}."
    if fiche.action == FicheAction.DELETE and fiche.record is not None and fiche.record.is_closed:
        return "La fiche est déjà fermée pour un temps\u00a0: sa fermeture devient définitive à la publication."
    if fiche.action == FicheAction.DELETE:
        words = "La fiche est fermée définitivement, à la date de la publication. Rien n’est effacé."
        return f"{words} {_changed_words(one)}".strip()
    if fiche.action == FicheAction.MOVE:
        home = home_of(fiche)
        words = f"De «\u00a0{home}\u00a0» vers {above}." if home is not None else f"Vers {above}."
        return f"{words} {moved_words(fiche)}".strip()
    return f"Nouvelle fiche, sous {above}." if above else "Nouvel établissement dans le répertoire."


def _changed_words(one: FicheStanding) -> str:
    """What the directory changed of a record that the dossier closes, since it is in it; empty when nothing."""
    names = [field_label(one.fiche.kind, name) for line in one.changes for name in line.changes]
    if not names:
        return ""
    last = one.changes[-1]
    by = f" par {last.by.short_name}" if last.by else ""
    shown = ", ".join(dict.fromkeys(names))
    return f"Le répertoire l’a modifiée depuis, en dernier{by} {french.on_moment(last.at)}\u00a0: {shown}."


def moved_words(fiche: Fiche) -> str:
    """What a move makes of the address of a unit; empty when it changes nothing of it."""
    if is_inherited(fiche.values):
        return "Elle prend l’adresse de son nouvel établissement."
    kept = None if "commune" in fiche.values else kept_address_of(fiche)
    if kept is None:
        return ""
    return f"Elle garde son adresse\u00a0: {address_words(kept.state) or 'celle de son nouvel établissement'}."


def week_of(before: list[dict[str, Any]] | None, after: list[dict[str, Any]] | None) -> list[DayHours]:
    """Two weeks of hours side by side, the days without any hours on both sides too."""
    kept, proposed = (_by_day(rows or []) for rows in (before, after))
    return [DayHours(name.capitalize(), kept.get(day, []), proposed.get(day, [])) for day, name in WEEKDAYS.items()]


def _by_day(rows: list[dict[str, Any]]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for row in rows:
        words = in_words(RecordKind.UNIT, WEEK, row).partition(" ")[2]
        found.setdefault(row["weekday"], []).append(words)
    return found


def _is_of(file: FicheFile, key: str) -> bool:
    photos = {FileKind.PHOTO, FileKind.PHOTO_REMOVAL}
    return (file.kind in photos) == (key == PHOTO) and key in {PHOTO, ATTACHMENTS}


def _joined(one: FicheStanding) -> frozenset[str]:
    """Digests of the attachments that the record has now, those that the fiche takes off left out: one query."""
    record = one.fiche.record
    if record is None:
        return frozenset()
    removed = [file.removes_id for file in one.files if file.kind == FileKind.ATTACHMENT_REMOVAL]
    return frozenset(record.attachments.present().exclude(pk__in=removed).values_list("sha256", flat=True))


def _diffs(one: FicheStanding, part: Part, conflicting: Collection[str]) -> list[FieldDiff]:
    """Both values of each field; those that make sense together only and a week are shown whole."""
    fiche = one.fiche
    if part.is_beside:
        return []
    if part.key in TOGETHER and not conflicting:
        words = IN_WORDS[part.key]
        names = TOGETHER[part.key][1]
        # The commune that both addresses stand in, when the fiche leaves it: the town would be missing.
        town = kept_commune(fiche) if part.key == "adresse" and "commune" not in fiche.values else {}
        in_sight = fiche.base | fiche.values  # of what the directory changed since, as the author meant it
        before = {name: kept_value(fiche, fiche.base if name in fiche.values else {}, name) for name in names} | town
        after = town | {name: value for name in names if (value := kept_value(fiche, in_sight, name)) is not None}
        old, new = "" if fiche.is_creation else words(before), words(after)
        none = none_words(fiche, part.key) or "–"
        return [FieldDiff(part.label, old or none, new or none)] if old != new else []
    left = [name for name in part.proposed if name not in conflicting and name not in POINT and name != WEEK]
    return [field_diff(fiche.kind, name, fiche.base.get(name), fiche.values[name]) for name in left]


def _conflict_words(one: FicheStanding, part: Part, conflict: Conflict) -> ConflictWords:
    kind, name = one.fiche.kind, conflict.name
    base, current, proposed = (
        value if part.is_whole else in_words(kind, name, value)
        for value in (conflict.base, conflict.current, conflict.proposed)
    )
    by = conflict.by.short_name if conflict.by else "le système"
    settled = conflict.is_settled(one.reviews.get(name))
    label = MEANWHILE.get(name) or field_label(kind, name)
    return ConflictWords(label, base, current, proposed, by, conflict.at, settled, name in part.beside)


def _whole_words(one: FicheStanding, part: Part, conflict: Conflict) -> ConflictWords:
    """Fields that make sense together only, whole: as it was, as the directory has it since, as its author meant it.

    Its author is the support when the fiche proposes nothing of it. ``conflict``: that of the part, or the last of
    those of its fields.
    """
    fiche = one.fiche
    held = state_of(fiche.record, ()) if fiche.record is not None else {}
    now = {name: held[name] for name in TOGETHER[part.key][1] if name in held}
    before = now | {name: pair[0] for name, pair in conflict.others.items()}
    reviews = {name: one.reviews[name] for name in part.beside} if part.is_beside else {}
    base, said = fiche.base, fiche.values
    if reviews:
        base, said = ({name: getattr(review, end) for name, review in reviews.items()} for end in ("base", "value"))
    before |= {name: value for name, value in base.items() if name in now}
    meant = before | {name: value for name, value in said.items() if name in now}
    tell, none = IN_WORDS[part.key], none_words(fiche, part.key) or "–"
    words = _conflict_words(one, part, conflict)
    was, current, proposed = (tell(state) or none for state in (before, now, meant))
    if was == current and not conflict.others.keys().isdisjoint(POINT):
        current = f"{current} (point déplacé sur la carte)"
    settled = not one.is_open_conflict(part)
    return words._replace(label=part.label, base=was, current=current, proposed=proposed, is_settled=settled)


def _add_pictures(shown: ShownPart, one: FicheStanding, region: RegionMembers | None) -> None:
    """Add the week, the map of the territory, the point."""
    values, base, names = one.fiche.values, one.fiche.base, shown.part.proposed
    if WEEK in names and not shown.conflicts:
        shown.week = week_of(base.get(WEEK), values[WEEK])
    if TERRITORY in names and region is not None:
        shown.territory = _territory(base.get(TERRITORY) or [], values[TERRITORY] or [], region)
    if values.get("lat") is not None and {"lat", "lon"} & set(names):
        shown.point = Point(values["lat"], values.get("lon", base.get("lon")))
        shown.text = _point_words(values, _point_now(one.fiche) if shown.conflicts else base)
        commune = (values.get("commune") or {}).get("id") or getattr(one.fiche.record, "commune_id", None)
        shown.outlines = outlines_url([department_code(commune)] if commune else [])


def _point_now(fiche: Fiche) -> dict[str, Any]:
    return {name: getattr(fiche.record, name, None) for name in ("lat", "lon")}


def _point_words(values: dict[str, Any], base: dict[str, Any]) -> str:
    lat, lon = base.get("lat"), base.get("lon", values.get("lon"))
    if lat is None or lon is None:
        return "Point sur la carte\u00a0: nouveau."
    away = distance_km(Point(lat, lon), Point(values["lat"], values.get("lon", lon)))
    metres = round(away * 1000)
    words = f"{french.number(metres)}\u00a0m" if away < 1 else french.distance(away)
    return f"Point sur la carte\u00a0: déplacé de {words}."


def _territory(before: list[Any], after: list[Any], region: RegionMembers) -> TerritoryMap:
    old, new = ({row["id"] for row in rows} for rows in (before, after))
    departments = sorted({code for code, members in region.members.items() if (old | new) & set(members)})
    added, removed = (new - old, old - new) if old and new else (set(), set())
    return TerritoryMap(outlines_url(departments), *(_area(codes, region) for codes in (new or old, added, removed)))


def department_code(insee: str) -> str:
    """Department of an INSEE code: « 78 », « 2A », « 971 »."""
    return insee[:3] if insee.startswith("97") else insee[:2]


def _area(codes: set[str], region: RegionMembers) -> str:
    parts = territory_parameters(codes, region)
    return f"{reverse('directory:territory_preview')}?{urlencode([('t', part) for part in parts])}" if parts else ""
