"""A dossier on ``world.eg``, and short ways to act on it."""

import datetime
from types import SimpleNamespace

import pytest
from django.utils import timezone

from accounts.roles import Role
from collaborative import services
from collaborative.enums import DossierAct
from collaborative.fiches import services as fiche_services
from collaborative.models import Dossier, Fiche
from directory.delegation.rights import give_role
from directory.scopes import scope_of
from tests.collaborative.publishing import activity, first_audience
from tests.factories.directory import GeographicEntityFactory, commune, term


@pytest.fixture
def desk(world, cast):
    """``desk.dossier``: opened by ``cast.directeur`` on ``world.eg``; its acts take who makes them."""
    return Desk(world, cast)


class Desk(SimpleNamespace):
    def __init__(self, world, cast):
        super().__init__(world=world, cast=cast, now=timezone.now())
        self.dossier = services.open_dossier(
            entity=world.eg, by=cast.directeur, scope=scope_of(cast.directeur), now=self.now
        )

    def tick(self):
        self.now += datetime.timedelta(seconds=1)
        return self.now

    def who(self, by):
        by = by or self.cast.directeur
        return {"by": by, "scope": scope_of(by), "now": self.tick()}

    def fiche(self, record):
        name = {"geographicentity": "geographic_entity", "structure": "structure", "operationalunit": "unit"}
        return Fiche.objects.with_records().get(**{"dossier": self.dossier, name[record._meta.model_name]: record})

    def save(self, fiche, values, *, finalise=False, by=None):
        fiche.refresh_from_db()
        record = fiche.record
        return fiche_services.save_fiche(
            fiche=fiche,
            values=values,
            record_version=record.version if record else 0,
            finalise=finalise,
            expected_version=fiche.version,
            **self.who(by),
        )

    def apply(self, act, by=None, remark="", dossier=None):
        dossier = Dossier.objects.get(pk=(dossier or self.dossier).pk)
        done = services.apply(dossier=dossier, act=DossierAct(act), remark=remark, **self.who(by))
        self.dossier = done if dossier.pk == self.dossier.pk else self.dossier
        return done


@pytest.fixture
def there(world, cast, desk):
    """Another EG of the director, in another commune; the LAM is moved to it."""
    place = commune("92004")
    entity = GeographicEntityFactory(
        legal_entity=world.ej,
        name="Maison Vénus",
        commune=place,
        street_number="3",
        street_name="rue du Pont",
        postal_code="92600",
    )
    give_role(user=cast.directeur, role=Role.DIRECTOR, record=entity, by=cast.sesan)
    world.eg.street_number, world.eg.street_name = "12", "rue Vesta"
    world.eg.save()
    for chosen in (activity(), term("audience", first_audience())):
        world.lam.unit_terms.get_or_create(term=chosen)
    lam = desk.fiche(world.lam)
    fiche_services.move_to_entity(entity=entity, fiche=lam, expected_version=lam.version, **desk.who(None))
    return entity
