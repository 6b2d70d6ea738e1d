import datetime

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from availability.freshness import expires_at
from availability.models import AvailabilityEntry, CurrentFigure, Grouping, PoolMembership, UnitTypeRhythm

from .directory import ACT, LAM, LHSS, UnitFactory, unit_type

WEEK = datetime.timedelta(days=7)


class GroupingFactory(DjangoModelFactory):
    """« Santé Précarité », with the ACT, LAM and LHSS housing types unless ``unit_types`` are given."""

    class Meta:
        model = Grouping
        django_get_or_create = ("code",)
        skip_postgeneration_save = True

    code = "sante-precarite"
    name = "Santé Précarité"
    rhythm = WEEK

    @factory.post_generation
    def unit_types(self, create, extracted, **kwargs):
        self.unit_types.add(*(extracted or [unit_type(code) for code in (ACT, LAM, LHSS)]))


class UnitTypeRhythmFactory(DjangoModelFactory):
    """A type d'UO with a rhythm of its own: LAM, every day."""

    class Meta:
        model = UnitTypeRhythm
        django_get_or_create = ("unit_type",)

    unit_type = factory.LazyFunction(lambda: unit_type(LAM))
    rhythm = datetime.timedelta(days=1)


class EntryFactory(DjangoModelFactory):
    """One statement, an hour old. Versions are the test's business."""

    class Meta:
        model = AvailabilityEntry

    unit = factory.SubFactory(UnitFactory)
    version = 1
    figure = 8
    stated_at = factory.LazyFunction(lambda: timezone.now() - datetime.timedelta(hours=1))
    confirmed_at = factory.SelfAttribute("stated_at")
    recorded_at = factory.SelfAttribute("stated_at")


def share(pool, units, since, until=None):
    """Units that share the places of ``pool`` from ``since``; their figures follow while ``until`` is empty."""
    PoolMembership.objects.bulk_create(PoolMembership(pool=pool, unit=unit, since=since, until=until) for unit in units)
    if until is None:
        CurrentFigure.objects.filter(unit__in=units).update(pool=pool)


class CurrentFigureFactory(DjangoModelFactory):
    """A unit opened to entry, stated an hour ago: 8 places, weekly rhythm, with the statements that lead there.

    Ages by trait, measured in rhythms: ``fresh`` (0.1), ``due_soon`` (0.9), ``late`` (2), ``expired`` (4), ``never``;
    or by ``age=timedelta``. ``closed_entry`` is « Saisie non activée ». ``now`` may be fixed.
    """

    class Meta:
        model = CurrentFigure
        skip_postgeneration_save = True
        exclude = ("now", "age")

    now = factory.LazyFunction(timezone.now)
    age = datetime.timedelta(hours=1)

    unit = factory.SubFactory(UnitFactory)
    rhythm = WEEK
    figure = 8
    version = factory.LazyAttribute(lambda o: 0 if o.figure is None else 1)
    stated_at = factory.LazyAttribute(lambda o: None if o.figure is None else o.now - o.age)
    confirmed_at = factory.SelfAttribute("stated_at")
    changed_at = factory.SelfAttribute("stated_at")
    expires_at = factory.LazyAttribute(lambda o: o.confirmed_at and expires_at(o.confirmed_at, o.rhythm))
    opened_at = factory.LazyAttribute(lambda o: o.now - datetime.timedelta(days=90))
    source = factory.LazyAttribute(lambda o: "" if o.figure is None else AvailabilityEntry.Source.WEB)

    class Params:
        fresh = factory.Trait(age=factory.LazyAttribute(lambda o: o.rhythm * 0.1))
        due_soon = factory.Trait(age=factory.LazyAttribute(lambda o: o.rhythm * 0.9))
        late = factory.Trait(age=factory.LazyAttribute(lambda o: o.rhythm * 2))
        expired = factory.Trait(age=factory.LazyAttribute(lambda o: o.rhythm * 4))
        never = factory.Trait(figure=None)
        full = factory.Trait(figure=0)
        over_capacity = factory.Trait(figure=40, is_over_capacity=True)
        closed_entry = factory.Trait(is_allowed=False, is_open=False)

    @factory.post_generation
    def statements(self, create, extracted, **kwargs):
        for version in range(1, self.version + 1):
            EntryFactory(
                unit=self.unit,
                version=version,
                figure=self.figure,
                stated_at=self.stated_at,
                by=self.by,
                comment=self.comment,
                is_over_capacity=self.is_over_capacity,
            )
