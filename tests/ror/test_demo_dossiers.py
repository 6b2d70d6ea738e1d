"""Dossiers of the demonstration: every state, none on the CPTS of the guide."""

from io import StringIO

import pytest
from django.core.management import call_command

from accounts.models import User
from collaborative.delays import median_delay
from collaborative.models import Dossier
from collaborative.permissions import why_not_open
from directory.models import GeographicEntity
from directory.scopes import scope_of
from tests.ror.test_demo_data import COMMAND, NOW

pytestmark = pytest.mark.django_db


def test_every_state_and_none_on_the_cpts_of_the_guide():
    call_command("load_demo", fresh=True, stdout=StringIO(), **COMMAND)
    states = list(Dossier.objects.order_by("state").values_list("state", flat=True))
    assert states == ["draft", "returned", "sent", "sent", "sent", "validated"]
    returned = Dossier.objects.get(state="returned")
    assert returned.comments.filter(is_return=True, field="admission_conditions").exists()
    assert median_delay(NOW) is not None
    cpts = GeographicEntity.objects.get(name="CPTS GRAND VERSAILLES")
    assert not Dossier.objects.about(cpts).exists()
    assert why_not_open(scope_of(User.objects.get(username="directeur")), cpts) == ""
