"""Which dossiers and fiches a person may know of: 404 for the others (spec 01-settled, Rights; spec 50)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL

from accounts.roles import Permission
from directory.duplicates.replaced import taken_into
from directory.models import GeographicEntity

from .enums import OPEN_STATES, DossierState, FicheAction, FicheState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from directory.scopes import Scope


def known_q(scope: Scope, path: str = "") -> Q:
    """Condition on dossiers: all for whoever validates; else those of EGs that the person edits, and his own new EGs.

    Those of an EG that was merged are known to whoever edits the one that stays: links to them are in his mails.

    ``path`` leads to the dossier (« dossier__ »).
    """
    if scope.may(Permission.DOSSIER_VALIDATE):
        return Q(**{f"{path}pk__isnull": False})
    coverage = scope.coverage(Permission.DIRECTORY_EDIT)
    if coverage.region:
        return Q(**{f"{path}pk__isnull": False})
    mine = Q(**{f"{path}geographic_entity__in": coverage.geographic_entities})
    mine |= Q(**{f"{path}geographic_entity__legal_entity__in": coverage.legal_entities})
    mine |= Q(**{f"{path}legal_entity__in": coverage.legal_entities})
    if coverage.geographic_entities or coverage.legal_entities:
        mine |= Q(**{f"{path}geographic_entity__in": taken_into(coverage)})
        mine |= Q(**{f"{path}geographic_entity__isnull": True, f"{path}opened_by": scope.user_id})
    return mine


class DossierQuerySet(models.QuerySet):
    def visible_to(self, scope: Scope):
        """Dossiers that the person may open; the others do not exist for him."""
        return self.filter(known_q(scope))

    def open(self):
        """Neither validated nor abandoned."""
        return self.filter(state__in=OPEN_STATES)

    def waiting(self):
        """En validation, the oldest first."""
        return self.filter(state=DossierState.SENT).order_by("sent_at", "pk")

    def with_people(self):
        """With the EG, the EJ and the people that a line names."""
        return self.select_related(
            "geographic_entity", "legal_entity", "opened_by", "sent_by", "taken_by", "decided_by", "campaign"
        )

    def about(self, entity: GeographicEntity):
        """Open dossier that holds an EG, if any."""
        return self.open().filter(held__geographic_entity=entity)


class FicheQuerySet(models.QuerySet):
    def visible_to(self, scope: Scope):
        """Fiches of the dossiers that the person may open."""
        return self.filter(known_q(scope, "dossier__"))

    def with_records(self):
        """With the record of the directory, without the outlines of communes (big)."""
        return self.select_related("geographic_entity", "structure", "unit")

    def with_confirmation(self):
        """With ``is_confirmed``: finalised without proposing anything, the directory being right. No query more."""
        from .models import FicheFile

        said = Q(action=FicheAction.MODIFY, state=FicheState.FINALISED, values={})
        return self.annotate(is_confirmed=said & ~Q(Exists(FicheFile.objects.filter(fiche=OuterRef("pk")))))

    def proposing(self):
        """Those that change the directory once published, as far as their own proposal tells."""
        idle = Q(action=FicheAction.MODIFY, state=FicheState.STANDARD)
        idle |= Q(action=FicheAction.CREATE, state=FicheState.REMOVED)
        return self.with_confirmation().filter(is_confirmed=False).exclude(idle)

    def whole(self):
        """With all that the form and the preview of a fiche name: its dossier, its record, its parent's: one query.

        Above a parent that is a structure, ``above`` reads the rest.
        """
        return self.select_related(*_WHOLE).defer(*_outlines(_WHOLE))

    def above(self, fiche_id: int | None):
        """A fiche and those above it in the tree, with their records and what they name: one query, at any depth."""
        chain = self.filter(pk__in=RawSQL(_CHAIN, [fiche_id]))  # noqa: S611 - a constant, its parameter apart
        return chain.select_related(*_ABOVE).defer(*_outlines(_ABOVE))


def _outlines(paths: Iterable[str]) -> list[str]:
    """Outlines of the communes and departments of ``paths`` (big)."""
    return [f"{path}__outline" for path in paths if path.endswith(_OUTLINED)]


_CHAIN = """
    WITH RECURSIVE above AS (
        SELECT id, parent_id FROM collaborative_fiche WHERE id = %s
        UNION SELECT one.id, one.parent_id FROM collaborative_fiche one JOIN above ON one.id = above.parent_id
    )
    SELECT id FROM above
"""
_OUTLINED = ("commune", "department")
_ABOVE = (
    *("structure", "geographic_entity__legal_entity", "geographic_entity__category"),
    *("geographic_entity__commune", "geographic_entity__commune__department"),
)
_WHOLE = (
    *(f"dossier__{name}" for name in ("geographic_entity", "legal_entity", "campaign")),
    *(f"dossier__{name}" for name in ("opened_by", "sent_by", "taken_by", "decided_by")),
    *(f"geographic_entity__{name}" for name in ("legal_entity", "category", "director_civility", "director_title")),
    *("geographic_entity__commune", "geographic_entity__commune__department"),
    *("structure__geographic_entity", "structure__parent"),
    *(f"unit__{name}" for name in ("discipline", "unit_type", "activity_family", "care_mode", "manager_civility")),
    *("unit__structure", "unit__commune", "unit__commune__department"),
    *("unit__geographic_entity__legal_entity", "unit__geographic_entity__category"),
    *("unit__geographic_entity__commune", "unit__geographic_entity__commune__department"),
    *("parent__geographic_entity__legal_entity", "parent__geographic_entity__category"),
    *("parent__geographic_entity__commune", "parent__geographic_entity__commune__department"),
    *("parent__structure", "updated_by", "text_by"),
)
