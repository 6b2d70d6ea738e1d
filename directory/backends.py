"""Sign-in by password; the person of each request is read with their rights, in one query."""

from django.contrib.auth.backends import ModelBackend
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.utils import timezone

from accounts.models import User

from .models import Assignment
from .scopes import GRANT_FIELDS, RIGHTS_READ


class RightsBackend(ModelBackend):
    """Django's, but that the person of a request comes with their assignments, for ``scopes.scope_of_request``."""

    def get_user(self, user_id):
        """The active person of this id with their assignments valid today; ``None`` without any. One query."""
        rights = Assignment.objects.valid_on(timezone.localdate()).filter(user=OuterRef("pk")).order_by("role", "pk")
        read = ArraySubquery(rights.values(row=JSONObject(**{name: name for name in GRANT_FIELDS})))
        user = User.objects.annotate(**{RIGHTS_READ: read}).filter(pk=user_id).order_by().first()
        return user if user and self.user_can_authenticate(user) else None
