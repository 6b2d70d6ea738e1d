"""Two schedulers, or two workers, at once: one line and one mail a person; two lists changed at once stay whole."""

import pytest
from django.core import mail
from django.utils import timezone

from directory.scopes import scope_of
from search.alerts.queue import send_alert
from search.criteria import SearchCriteria
from search.indexing import index
from search.kept.saved import LIMIT as SEARCHES
from search.kept.saved import TooManySaved, save_search
from search.kept.shortlist import LIMIT, ShortlistFull, keep_unit
from search.models import AlertMail, KeptUnit, SavedSearch
from tests.factories.directory import UnitFactory
from tests.hands import HANDS

from .kept import BASE, look, watch

pytestmark = pytest.mark.django_db(transaction=True)


def test_runs_at_once_make_one_mail(cast, world, at_once):
    index.rebuild_all()
    watch(cast.consultation)
    at_once(lambda number: look())
    assert AlertMail.objects.count() == 1
    assert len(mail.outbox) == 1


def test_workers_at_once_send_one_mail(cast, world, at_once):
    index.rebuild_all()
    watch(cast.consultation)
    look()
    AlertMail.objects.update(sent_at=None)
    mail.outbox.clear()
    line = AlertMail.objects.get()
    assert sum(at_once(lambda number: send_alert(line.pk, BASE))) == 1
    assert len(mail.outbox) == 1


def test_lists_filled_at_once_keep_to_their_limits(cast, world, at_once):
    user = cast.consultation
    units = [UnitFactory(geographic_entity=world.eg) for _ in range(LIMIT + HANDS)]
    scope, now = scope_of(user), timezone.now()

    def fill(number):
        for place in range(number, len(units), HANDS):
            try:
                keep_unit(unit_id=units[place].pk, by=user, scope=scope, now=now)
            except ShortlistFull:
                return

    def save(number):
        for place in range(number, SEARCHES + HANDS, HANDS):
            try:
                save_search(name=f"Recherche {place}", criteria=SearchCriteria(what="ACT"), by=user, now=now)
            except TooManySaved:
                return

    at_once(fill)
    at_once(save)
    assert sorted(KeptUnit.objects.values_list("position", flat=True)) == list(range(1, LIMIT + 1))
    assert SavedSearch.objects.count() == SEARCHES
