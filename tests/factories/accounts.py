import datetime

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import AuditEntry, LegalText, TermsAcceptance, User

PASSWORD = "mot-de-passe-de-test"


class UserFactory(DjangoModelFactory):
    """``UserFactory(roles=["consultation"])`` gives roles on the whole region; other scopes by ``AssignmentFactory``.

    The user has accepted the newest terms of use there are, unless ``accepted_terms=False``. Password: ``PASSWORD``.
    """

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"personne{n}")
    email = factory.LazyAttribute(lambda o: f"{o.username}@ror.example")
    first_name = "Claire"
    last_name = factory.Sequence(lambda n: f"Moreau {n}")
    password = factory.django.Password(PASSWORD)

    class Params:
        inactive = factory.Trait(is_active=False)

    @factory.post_generation
    def roles(self, create, extracted, **kwargs):
        from .directory import AssignmentFactory

        for role in extracted or ():
            AssignmentFactory(user=self, role=role)

    @factory.post_generation
    def accepted_terms(self, create, extracted, **kwargs):
        newest = LegalText.objects.filter(kind=LegalText.Kind.TERMS).order_by("-version").first()
        if create and extracted is not False and newest:
            TermsAcceptance.objects.create(user=self, text=newest, accepted_at=timezone.now())


class LegalTextFactory(DjangoModelFactory):
    class Meta:
        model = LegalText
        django_get_or_create = ("kind", "version")

    kind = LegalText.Kind.TERMS
    version = 1
    body = "## Objet\n\nLe ROR décrit l’offre de santé de la région."
    published_at = factory.LazyFunction(timezone.now)

    class Params:
        notice = factory.Trait(kind=LegalText.Kind.NOTICE)
        accessibility = factory.Trait(kind=LegalText.Kind.ACCESSIBILITY)


class TermsAcceptanceFactory(DjangoModelFactory):
    class Meta:
        model = TermsAcceptance

    user = factory.SubFactory(UserFactory, accepted_terms=False)
    text = factory.SubFactory(LegalTextFactory)
    accepted_at = factory.LazyFunction(timezone.now)


class AuditEntryFactory(DjangoModelFactory):
    class Meta:
        model = AuditEntry

    action = AuditEntry.Action.SIGNED_IN
    at = factory.LazyFunction(lambda: timezone.now() - datetime.timedelta(minutes=5))
    actor = factory.SubFactory(UserFactory)
    target = factory.LazyAttribute(lambda o: o.actor.username if o.actor else "")
