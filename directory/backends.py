"""Sign-in by password; the person of each request is read with their rights, in one query."""

import json

from django.contrib.auth.backends import ModelBackend
from django.utils import timezone

from accounts.models import User

from .scopes import RIGHTS_READ

# Written once: Django takes longer to compose it, for every page, than PostgreSQL to answer. The dates say what
# ``Assignment.objects.valid_on`` says, the columns are GRANT_FIELDS.
_WITH_RIGHTS = """
    SELECT person.*, coalesce(rights.rows, '[]') AS rights_read
    FROM accounts_user AS person
    CROSS JOIN LATERAL (
        SELECT jsonb_agg(
            jsonb_build_array(role, scope_kind, legal_entity_id, geographic_entity_id, unit_id) ORDER BY role, id
        ) AS rows
        FROM directory_assignment
        WHERE user_id = person.id AND valid_from <= %(day)s AND (valid_until IS NULL OR valid_until >= %(day)s)
    ) AS rights
    WHERE person.id = %(id)s
"""


class RightsBackend(ModelBackend):
    """Django's, but that the person of a request comes with their assignments, for ``scopes.scope_of_request``."""

    def get_user(self, user_id):
        """The active person of this id with their assignments valid today; ``None`` without any. One query."""
        found = User.objects.raw(_WITH_RIGHTS, {"id": user_id, "day": timezone.localdate()})
        user = next(iter(found), None)
        if user is None or not self.user_can_authenticate(user):
            return None
        setattr(user, RIGHTS_READ, json.loads(getattr(user, RIGHTS_READ)))
        return user
