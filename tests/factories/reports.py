import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from directory.models import ErrorReport, ErrorReportStep

from .accounts import UserFactory
from .directory import UnitFactory


class ErrorReportFactory(DjangoModelFactory):
    """A report on a unit, just filed, with its first step; ``unit=None, geographic_entity=eg`` for an establishment.

    Traits: ``in_progress``, ``corrected``, ``rejected``.
    """

    class Meta:
        model = ErrorReport
        skip_postgeneration_save = True

    unit = factory.SubFactory(UnitFactory)
    block = "contacts"
    text = factory.Sequence(lambda n: f"Le numéro {n} ne répond plus.")
    reported_by = factory.SubFactory(UserFactory)
    reported_at = factory.LazyFunction(timezone.now)

    class Params:
        in_progress = factory.Trait(state=ErrorReport.State.IN_PROGRESS, version=2)
        closed = factory.Trait(
            answer="Le numéro est à jour.",
            closed_at=factory.LazyFunction(timezone.now),
            closed_by=factory.SubFactory(UserFactory),
            version=2,
        )
        corrected = factory.Trait(closed=True, state=ErrorReport.State.CORRECTED)
        rejected = factory.Trait(closed=True, state=ErrorReport.State.REJECTED)

    @factory.post_generation
    def first_step(self, create, extracted, **kwargs):
        if create:
            ErrorReportStep.objects.create(
                report=self, to_state=ErrorReport.State.NEW, at=self.reported_at, by=self.reported_by
            )
