"""Account requests, and CPTS headed by somebody of the cast."""

import datetime

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import User
from accounts.roles import Role
from directory.enums import Nomenclature
from directory.models import AccountRequest, GeographicEntity

from .accounts import UserFactory
from .directory import AssignmentFactory, GeographicEntityFactory, term


class AccountRequestFactory(DjangoModelFactory):
    """A request that waits, for ``units=[…]``; ``by="directeur"`` is of the cast. Traits ``approved``, ``refused``."""

    class Meta:
        model = AccountRequest
        skip_postgeneration_save = True
        exclude = ("by",)

    by = ""
    first_name = "Karim"
    last_name = "Diallo"
    email = factory.Sequence(lambda n: f"karim.diallo{n}@etablissement.example")
    requested_by = factory.LazyAttribute(lambda o: User.objects.get(username=o.by) if o.by else UserFactory())
    requested_at = factory.LazyFunction(lambda: timezone.now() - datetime.timedelta(days=2))

    class Params:
        decided = factory.Trait(
            decided_by=factory.SubFactory(UserFactory),
            decided_at=factory.LazyFunction(lambda: timezone.now() - datetime.timedelta(days=1)),
        )
        approved = factory.Trait(decided=True, state="approved", user=factory.SubFactory(UserFactory))
        refused = factory.Trait(decided=True, state="refused", answer="Adresse non professionnelle.")

    @factory.post_generation
    def units(self, create, extracted, **kwargs):
        self.units.set(extracted or ())


def cpts_with_director(username: str) -> GeographicEntity:
    """A CPTS, headed by the person of the cast whose identifier is given."""
    entity = GeographicEntityFactory(name="CPTS Exemple", category=term(Nomenclature.EG_CATEGORY, "604"))
    AssignmentFactory(user=User.objects.get(username=username), role=Role.DIRECTOR, geographic_entity=entity)
    return entity
