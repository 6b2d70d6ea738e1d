"""Decisions under several hands at once, over real transactions: what is kept was allowed when it was written."""

import pytest

from collaborative.enums import DossierAct
from collaborative.fiches import services as fiche_services
from collaborative.models import Dossier, FieldReview
from collaborative.review import services as review
from directory.scopes import scope_of
from tests.collaborative.publishing import another_validator, send_and_take
from tests.collaborative.test_publication_concurrency import EXPECTED, acting, publishing, together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def taken(desk, world):
    fiche_services.remove_fiche(fiche=desk.fiche(world.lam), expected_version=1, **desk.who(None))
    send_and_take(desk)
    return desk


def deciding(desk, by, decision="accept", reason=""):
    dossier = Dossier.objects.get(pk=desk.dossier.pk)
    fiche, who = desk.fiche(desk.world.lam), desk.who(by)
    return lambda: review.decide_field(
        fiche=fiche, part="acte", decision=decision, reason=reason, expected_version=dossier.version, **who
    )


def test_one_person_in_two_tabs_keeps_one_decision(taken, cast):
    done = together(*(deciding(taken, cast.sesan, *say) for say in (("accept",), ("return", "Non."), ("accept",))))
    assert not [one for one in done if isinstance(one, EXPECTED)]
    assert FieldReview.objects.count() == 1


def test_a_decision_does_not_outlive_a_withdrawal(taken, cast):
    version = taken.dossier.version
    decided, withdrawn = together(
        deciding(taken, cast.sesan), acting(taken, DossierAct.WITHDRAW, cast.directeur, version)
    )
    assert not isinstance(withdrawn, EXPECTED)
    assert FieldReview.objects.count() == (0 if isinstance(decided, EXPECTED) else 1)


def test_who_is_taken_over_decides_before_or_not_at_all(taken, cast):
    other, version = another_validator(), taken.dossier.version
    decided, over = together(deciding(taken, cast.sesan), acting(taken, DossierAct.TAKE_OVER, other, version))
    assert not isinstance(over, EXPECTED)
    assert FieldReview.objects.filter(by=cast.sesan).count() == (0 if isinstance(decided, EXPECTED) else 1)


def test_a_return_and_a_publication_do_not_cross(taken, cast):
    dossier = Dossier.objects.get(pk=taken.dossier.pk)
    who = {"by": cast.sesan, "scope": scope_of(cast.sesan), "now": taken.tick()}

    def back():
        return review.return_dossier(dossier=dossier, remark="Non.", expected_version=dossier.version, **who)

    done = together(back, publishing(taken, cast.sesan))
    assert [isinstance(one, EXPECTED) for one in done].count(True) == 1
    state = Dossier.objects.get(pk=dossier.pk).state
    assert state == ("validated" if isinstance(done[0], EXPECTED) else "returned")
