"""The lists of orphans: what is asked of them, their lines and numbers. Few queries, no HTTP, no write."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Greatest, JSONObject, NullIf
from django.urls import reverse

from accounts.roles import ROLE_LABELS, Permission, Role
from common.text import fold

from ..enums import RecordKind
from ..models import Assignment, Department, OperationalUnit, RorReferent
from ..records import record_url, without_outlines
from . import queries, registries
from .kinds import LABELS, OrphanKind

if TYPE_CHECKING:
    from ..scopes import Scope

PER_PAGE = 25
TEXT_LENGTH = 80
PEOPLE_SHOWN = 5
SUBJECT = "Votre établissement dans le ROR"


@dataclass(frozen=True)
class Asked:
    """What the list is asked for; what cannot be read is left out."""

    kind: OrphanKind = OrphanKind.UNIT_ALONE
    department: str = ""
    text: str = ""

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> Asked:
        """Read « liste », « departement », « texte »."""
        kind = parameters.get("liste", "")
        return cls(
            kind=OrphanKind(kind) if kind in LABELS else cls.kind,
            department=parameters.get("departement", "")[:3],
            text=parameters.get("texte", "").strip()[:TEXT_LENGTH],
        )

    @property
    def is_filtered(self) -> bool:
        """Tell whether something else than the list is asked."""
        return bool(self.department or self.text)

    def apply(self, kind: OrphanKind, found: QuerySet) -> QuerySet:
        """Records of a list of that kind that answer the filters."""
        above = "geographic_entity__" if kind == OrphanKind.UNIT_ALONE else ""
        if self.department:
            found = found.filter(**{f"{above}commune__department": self.department})
        for word in fold(self.text).split():
            named = Q(sort_name__contains=word)
            found = found.filter(named | Q(geographic_entity__sort_name__contains=word) if above else named)
        return found


@dataclass(frozen=True)
class Contact:
    """Somebody to write to. ``role`` in French."""

    name: str
    email: str
    role: str


@dataclass(frozen=True)
class OrphanLine:
    """One orphan. The department stands for the commune: an address may be masked."""

    kind: OrphanKind
    code: str
    entity_id: int
    name: str
    url: str
    type_label: str
    entity_name: str
    department: Department
    created_at: datetime.datetime
    contacts: list[Contact] = field(default_factory=list)
    signs: list[tuple[str, datetime.datetime | None]] = field(default_factory=list)

    @property
    def is_unit(self) -> bool:
        return self.kind == OrphanKind.UNIT_ALONE

    @property
    def name_url(self) -> str:
        """Where a Responsable is named."""
        return reverse("directory:delegation_add", args=[self.entity_id])

    @property
    def remedies(self) -> list[tuple[str, str]]:
        """Labels and addresses of what higher apps offer to mend it."""
        return [(remedy.label, remedy.url(self.entity_id)) for remedy in registries.remedies(self.kind)]

    @property
    def mail_url(self) -> str:
        """« mailto: » to those who have an address; empty without one."""
        addresses = list(dict.fromkeys(contact.email for contact in self.contacts if contact.email))
        if not addresses:
            return ""
        subject = urlencode({"subject": f"{SUBJECT}\u00a0: {self.entity_name or self.name}"}, quote_via=quote)
        return f"mailto:{','.join(quote(address, safe='@') for address in addresses)}?{subject}"


def counts(asked: Asked, scope: Scope, now: datetime.datetime) -> dict[OrphanKind, int]:
    """How many orphans each list holds, the filters applied: one query."""
    rows = []
    for kind in OrphanKind:
        found = asked.apply(kind, queries.orphans(kind, scope, now)).order_by()
        rows.append(found.annotate(which=Value(kind.value)).values("which").annotate(total=Count("pk")))
    told = {row["which"]: row["total"] for row in rows[0].union(*rows[1:], all=True).order_by()}
    return {kind: told.get(kind.value, 0) for kind in OrphanKind}


def departments(scope: Scope) -> QuerySet[Department]:
    """Departments to choose from: those where this person edits something."""
    found = Department.objects.only("code", "name", "order").order_by("order", "code")
    coverage = scope.coverage(Permission.DIRECTORY_EDIT)
    if coverage.region:
        return found
    units = OperationalUnit.objects.filter(coverage.units_q()).order_by()
    own = queries.own_entities(scope).order_by().values("commune__department")
    return found.filter(Q(code__in=own) | Q(code__in=units.values("geographic_entity__commune__department")))


def records_asked(asked: Asked, scope: Scope, now: datetime.datetime) -> QuerySet:
    """Orphans of the list in its order, each with what its line shows: one query when it is read."""
    found = asked.apply(asked.kind, queries.orphans(asked.kind, scope, now))
    if asked.kind == OrphanKind.UNIT_ALONE:
        found = found.select_related("unit_type", "geographic_entity__commune__department")
        found = found.defer(*without_outlines("geographic_entity__commune__"))
        found = found.annotate(people=_people(queries.directors(now)))
        return found.order_by("has_director", "geographic_entity__sort_name", "sort_name", "pk")
    found = found.select_related("category", "commune__department").defer(*without_outlines("commune__"))
    found = found.annotate(people=_people(queries.people_of_entity(now)), named=_referents())
    if asked.kind == OrphanKind.SILENT:
        found = found.annotate(**_last_signs())
    return found.order_by("sort_name", "pk")


def _people(assignments: QuerySet[Assignment]) -> ArraySubquery:
    """Who holds these roles, PEOPLE_SHOWN at most, the names and addresses of one after the other."""
    facts = JSONObject(
        first="user__first_name", last="user__last_name", email="user__email", role="role", user="user_id"
    )
    ordered = assignments.order_by("role", "user__last_name", "user_id", "pk")
    return ArraySubquery(ordered.values(facts=facts)[:PEOPLE_SHOWN])


def _referents() -> ArraySubquery:
    """Référents ROR of an EG."""
    facts = JSONObject(name="name", email=Coalesce(NullIf("email", Value("")), "user__email", Value("")))
    rows = RorReferent.objects.filter(geographic_entity=OuterRef("pk")).order_by("position")
    return ArraySubquery(rows.values(facts=facts))


def _last_signs() -> dict[str, Subquery]:
    """When the EG last gave each sign of life: « sign_0 » the changes by people, then those that are registered."""
    changes = queries.changes_by_people().order_by("-at").values("at")
    units = OperationalUnit.objects.filter(geographic_entity=OuterRef(OuterRef("pk"))).order_by().values("pk")
    own = changes.filter(record_kind=RecordKind.GEOGRAPHIC_ENTITY, record_id=OuterRef("pk"))[:1]
    below = changes.filter(record_kind=RecordKind.UNIT, record_id__in=units)[:1]
    found: dict[str, Any] = {"sign_0": Greatest(Subquery(own), Subquery(below))}
    for number, sign in enumerate(registries.signs(), start=1):
        rows = sign.rows().filter(entity=OuterRef("pk"), at__isnull=False).order_by("-at").values("at")
        found[f"sign_{number}"] = Subquery(rows[:1])
    return found


def lines_of(kind: OrphanKind, records: Iterable[Any], reader: int | None = None) -> Iterator[OrphanLine]:
    """Lines of records of ``records_asked``; no query. ``reader``: who reads them, and does not write to himself."""
    for record in records:
        entity = record.geographic_entity if kind == OrphanKind.UNIT_ALONE else record
        term = record.unit_type if kind == OrphanKind.UNIT_ALONE else record.category
        yield OrphanLine(
            kind=kind,
            code="UO" if kind == OrphanKind.UNIT_ALONE else "EG",
            entity_id=entity.pk,
            name=record.name,
            url=record_url(record),
            type_label=term.label if term else "",
            entity_name=entity.name if kind == OrphanKind.UNIT_ALONE else "",
            department=entity.commune.department,
            created_at=record.created_at,
            contacts=_contacts(record, reader),
            signs=_signs(record) if kind == OrphanKind.SILENT else [],
        )


def _contacts(record: Any, reader: int | None) -> list[Contact]:
    """Référents, then people who hold a role, each once."""
    found = [Contact(one["name"], one["email"], "référent ROR") for one in getattr(record, "named", ())]
    known = set()
    for one in record.people:
        if one["user"] not in known:
            known.add(one["user"])
            name = f"{one['first']} {one['last']}".strip()
            email = one["email"] if one["user"] != reader else ""
            found.append(Contact(name, email, ROLE_LABELS[Role(one["role"])].lower()))
    return found


def _signs(record: Any) -> list[tuple[str, datetime.datetime | None]]:
    return [(label, getattr(record, f"sign_{number}")) for number, label in enumerate(sign_labels())]


def sign_labels() -> list[str]:
    """Signs of life that a line shows, in the order of its dates."""
    return ["Dernière modification", *(sign.label for sign in registries.signs())]
