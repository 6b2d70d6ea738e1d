"""Places attendues: announced, shown as « bientôt », a reminder on the day."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from availability.exceptions import StatementRefused
from availability.expected import services as expected
from availability.expected.services import AlreadyAnnounced, ExpectedRefused, ExpectedSettled
from availability.models import CurrentFigure, ExpectedPlace, Pool, UnitClosure
from directory.scopes import scope_of

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)
NOW = datetime.datetime(2026, 11, 21, 14, 30, tzinfo=datetime.UTC)
TODAY = NOW.date()


def announce(person, unit, *, on=TODAY, count=2, comment=""):
    return expected.announce_places(
        unit_id=unit.pk,
        count=count,
        expected_on=on,
        comment=comment,
        by=person,
        scope=scope_of(person),
        now=NOW,
        today=TODAY,
    )


def settle(person, place):
    return expected.settle_places(expected_id=place.pk, scope=scope_of(person), now=NOW)


def test_what_is_awaited_is_listed_the_soonest_first(cast, world):
    later = announce(cast.responsable, world.act, on=TODAY + 3 * DAY)
    sooner = announce(cast.responsable, world.act, on=TODAY)
    assert expected.expected_of([world.act.pk, world.lam.pk], TODAY) == {world.act.pk: [sooner, later]}
    assert expected.expected_of([world.act.pk], TODAY + DAY) == {world.act.pk: [later]}
    assert expected.awaited_of([world.act.pk]) == {world.act.pk: [sooner, later]}
    settle(cast.responsable, sooner)
    assert expected.awaited_of([world.act.pk]) == {world.act.pk: [later]}


def test_the_same_announcement_twice_is_one(cast, world):
    first = announce(cast.responsable, world.act)
    with pytest.raises(AlreadyAnnounced) as again:
        announce(cast.responsable, world.act)
    assert again.value.place == first
    assert ExpectedPlace.objects.count() == 1


@pytest.mark.parametrize(
    ("on", "count", "why"),
    [
        (TODAY - DAY, 1, ExpectedRefused.Why.PAST),
        (TODAY + 367 * DAY, 1, ExpectedRefused.Why.TOO_FAR),
        (TODAY, 0, ExpectedRefused.Why.COUNT),
        (TODAY, 1000, ExpectedRefused.Why.COUNT),
    ],
)
def test_what_cannot_be_announced(cast, world, on, count, why):
    with pytest.raises(ExpectedRefused) as refused:
        announce(cast.responsable, world.act, on=on, count=count)
    assert refused.value.why is why


@pytest.mark.parametrize(
    ("who", "unit"), [("responsable", "lhss"), ("consultation", "act"), ("directeur", "act_mobile")]
)
def test_only_units_one_states_and_open_to_entry(cast, world, who, unit):
    with pytest.raises(StatementRefused):
        announce(getattr(cast, who), getattr(world, unit))


def test_settling_once_and_by_those_who_state(cast, world):
    place = announce(cast.responsable, world.act)
    with pytest.raises(StatementRefused):
        settle(cast.stranger, place)
    settle(cast.directeur, place)
    with pytest.raises(ExpectedSettled):
        settle(cast.responsable, place)


def test_putting_off_closes_one_and_opens_another(cast, world):
    place = announce(cast.responsable, world.act, comment="départ prévu")
    put_off = expected.postpone_places(
        expected_id=place.pk,
        expected_on=TODAY + 2 * DAY,
        by=cast.directeur,
        scope=scope_of(cast.directeur),
        now=NOW,
        today=TODAY,
    )
    place.refresh_from_db()
    assert place.settled_at == NOW
    assert (put_off.count, put_off.comment, put_off.expected_on) == (2, "départ prévu", TODAY + 2 * DAY)


def test_places_put_off_stand_beside_those_of_that_day(cast, world):
    there = announce(cast.responsable, world.act, on=TODAY + DAY)
    place = announce(cast.responsable, world.act)
    put_off = expected.postpone_places(
        expected_id=place.pk,
        expected_on=TODAY + DAY,
        by=cast.responsable,
        scope=scope_of(cast.responsable),
        now=NOW,
        today=TODAY,
    )
    assert expected.awaited_of([world.act.pk]) == {world.act.pk: [there, put_off]}
    assert [line.count for line in (there, put_off)] == [2, 2]


def test_putting_off_to_a_past_day_changes_nothing(cast, world):
    place = announce(cast.responsable, world.act)
    with pytest.raises(ExpectedRefused):
        expected.postpone_places(
            expected_id=place.pk,
            expected_on=TODAY - DAY,
            by=cast.responsable,
            scope=scope_of(cast.responsable),
            now=NOW,
            today=TODAY,
        )
    place.refresh_from_db()
    assert place.settled_at is None


def test_due_places_are_those_of_my_units_whose_day_has_come(cast, world):
    due = announce(cast.responsable, world.act)
    announce(cast.responsable, world.lam, on=TODAY + DAY)
    announce(cast.stranger, world.lhss)
    assert list(expected.due_for(scope_of(cast.responsable), NOW)) == [due]


@pytest.mark.parametrize(
    ("count", "days", "kind", "words"),
    [
        (2, 0, "place", "2 places attendues aujourd’hui"),
        (1, 4, "place", "1 place attendue le 25/11/2026"),
        (1, 4, "bed", "1 lit attendu le 25/11/2026"),
        (2, -1, "bed", "2 lits étaient attendus le 20/11/2026"),
        (1, -1, "place", "1 place était attendue le 20/11/2026"),
    ],
)
def test_words(count, days, kind, words):
    place = ExpectedPlace(count=count, expected_on=TODAY + days * DAY)
    assert expected.expected_words(place, TODAY, kind) == words


@pytest.mark.parametrize(
    ("count", "kind", "words"),
    [(1, "place", "est-elle libre"), (2, "place", "sont-elles libres"), (1, "bed", "est-il libre")],
)
def test_the_question_of_the_day(world, count, kind, words):
    world.act.capacity_kind = kind
    place = ExpectedPlace(unit=world.act, count=count, expected_on=TODAY)
    assert expected.reminder_words(place, TODAY).endswith(f"aujourd’hui\u00a0: {words}\u202f?")


# Pages.


@pytest.fixture
def responsable(client, cast):
    client.force_login(cast.responsable)
    return client


def announced(world, *, days=0, count=2):
    today = timezone.localdate()
    return ExpectedPlace.objects.create(
        unit=world.act, count=count, expected_on=today + days * DAY, recorded_at=timezone.now()
    )


def test_the_home_page_reminds_on_the_day(responsable, world):
    announced(world, days=1, count=7)
    place = announced(world)
    page = responsable.get(reverse("home")).text
    assert "2 places attendues aujourd’hui\u00a0: sont-elles libres\u202f?" in page
    assert page.count("attendues aujourd’hui") == 1
    assert reverse("availability:expected_detail", args=[place.pk]) in page
    assert "7 places" not in page


def closed_entry(world):
    CurrentFigure.objects.filter(unit=world.act).update(is_allowed=False, is_open=False)


def unavailable(world):
    UnitClosure.objects.create(
        unit=world.act, starts_at=timezone.now() - DAY, ends_at=timezone.now() + DAY, recorded_at=timezone.now()
    )


@pytest.mark.parametrize("block", [closed_entry, unavailable])
def test_the_home_page_is_silent_as_the_mails_are(responsable, world, block):
    announced(world)
    block(world)
    assert "attendues aujourd’hui" not in responsable.get(reverse("home")).text


@pytest.mark.parametrize(
    ("block", "asked", "why"),
    [
        (closed_entry, "arrivees", "Saisie non activée."),
        (closed_entry, "reporter", "Saisie non activée."),
        (unavailable, "arrivees", "UO en indisponibilité totale, saisie bloquée."),
    ],
)
def test_an_announcement_of_a_blocked_unit_is_kept(responsable, world, block, asked, why):
    place = announced(world)
    block(world)
    url = reverse("availability:expected_detail", args=[place.pk])
    day = timezone.localdate() + DAY
    answer = responsable.post(url, {"suite": asked, "expected_on": day.isoformat()}, follow=True)
    assert answer.status_code == 200
    assert f"{why} L’annonce est gardée telle quelle" in answer.text
    assert ExpectedPlace.objects.get() == place
    place.refresh_from_db()
    assert place.settled_at is None


def test_announcing_the_same_again_says_so(responsable, world):
    url = reverse("availability:expected_add", args=[world.act.pk])
    day = timezone.localdate() + DAY
    sent = {"count": 2, "expected_on": day.isoformat(), "comment": "départ"}
    responsable.post(url, sent)
    again = responsable.post(url, sent, follow=True).text
    assert "déjà annoncées, rien n’a été ajouté (2 places attendues le" in again
    assert "Un rappel viendra" not in again.split("déjà annoncées")[1]
    assert ExpectedPlace.objects.count() == 1


def test_the_entry_page_shows_what_is_awaited(responsable, world):
    announced(world, days=1)
    page = responsable.get(reverse("availability:entry")).text
    day = (timezone.localdate() + DAY).strftime("%d/%m/%Y")
    assert f"2 places attendues le {day}" in page
    assert "Bientôt" in page


def test_announcing_from_the_page(responsable, world):
    url = reverse("availability:expected_add", args=[world.act.pk])
    assert responsable.get(url).status_code == 200
    wrong = responsable.post(url, {"count": "deux", "expected_on": "31/02/2027"})
    assert wrong.status_code == 422
    assert "Écrivez un nombre entier" in wrong.text
    assert 'value="deux"' in wrong.text
    assert "Cette date n’existe pas" in wrong.text
    day = timezone.localdate() + DAY
    done = responsable.post(url, {"count": 1, "expected_on": f"{day:%d/%m/%Y}", "comment": "départ"}, follow=True)
    assert "1 place attendue le" in done.text
    assert "départ" in responsable.get(url).text


def test_more_than_is_installed_is_advised_about_not_refused(responsable, world):
    type(world.act).objects.filter(pk=world.act.pk).update(installed_places=6)
    url = reverse("availability:expected_add", args=[world.act.pk])
    day = timezone.localdate() + DAY
    advice = "C’est plus que la capacité installée (6 places installées)\u00a0: vérifiez le nombre annoncé."
    assert advice not in responsable.post(url, {"count": 6, "expected_on": day.isoformat()}, follow=True).text
    assert advice in responsable.post(url, {"count": 7, "expected_on": day.isoformat()}, follow=True).text
    assert ExpectedPlace.objects.count() == 2


def test_places_that_came_are_still_to_be_saved(responsable, world):
    place = announced(world, count=1)
    url = reverse("availability:expected_detail", args=[place.pk])
    page = responsable.post(url, {"suite": "arrivees"}, follow=True).text
    assert "l’annonce est close, mais le chiffre n’est pas encore enregistré. Ajoutez la place arrivée au total" in page
    link = page.split("puis enregistrez.")[1].split("</a>")[0]
    assert f"#ligne-{world.act.pk}" in link
    assert "Aller à sa ligne" in link


@pytest.mark.parametrize("asked", ["arrivees", "abandonner"])
def test_closing_an_announcement_leads_to_the_figure(responsable, world, asked):
    place = announced(world)
    url = reverse("availability:expected_detail", args=[place.pk])
    answer = responsable.post(url, {"suite": asked})
    assert answer.url.endswith(f"#ligne-{world.act.pk}")
    place.refresh_from_db()
    assert place.settled_at is not None
    assert responsable.post(url, {"suite": asked}).status_code == 302


def test_putting_off_from_the_page(responsable, world):
    place = announced(world)
    url = reverse("availability:expected_detail", args=[place.pk])
    assert responsable.post(url, {"suite": "reporter", "expected_on": "2001-01-01"}).status_code == 422
    assert responsable.post(url, {"suite": "reporter", "expected_on": "demain"}).status_code == 422
    day = timezone.localdate() + 5 * DAY
    assert responsable.post(url, {"suite": "reporter", "expected_on": day.isoformat()}).status_code == 302
    assert ExpectedPlace.objects.get(settled_at=None).expected_on == day


@pytest.mark.parametrize("data", [{}, {"suite": "autre"}])
def test_a_button_that_is_none_is_a_bad_request(responsable, world, data):
    assert (
        responsable.post(reverse("availability:expected_detail", args=[announced(world).pk]), data).status_code == 400
    )


def test_absurd_ids_are_not_found(responsable):
    assert responsable.get("/disponibilites/places-attendues/99999999999999999999999/").status_code == 404
    assert responsable.get("/disponibilites/unites/99999999999999999999999/place-attendue/").status_code == 404


# The list.

LIST = "/disponibilites/places-attendues/"


@pytest.mark.parametrize(
    ("asked", "outcome", "state"),
    [("arrivees", "arrivees", "Arrivées"), ("annulees", "abandonner", "Annulées")],
)
def test_the_list_keeps_what_became_of_an_announcement(responsable, world, asked, outcome, state):
    place = announced(world, days=1)
    page = responsable.get(LIST).text
    assert "Annoncées</span>" in page
    detail = reverse("availability:expected_detail", args=[place.pk])
    assert detail in page
    responsable.post(detail, {"suite": outcome})
    assert "Aucune place annoncée" in responsable.get(LIST).text
    closed = responsable.get(LIST + f"?voir={asked}").text
    assert f"{state}</span>" in closed
    assert f'href="{detail}"' not in closed


def test_the_list_tells_the_days_that_passed(responsable, world):
    announced(world, days=-2)
    announced(world, days=3, count=7)
    page = responsable.get(LIST + "?voir=passees").text
    assert "Jour passé</span>" in page
    assert "2 places étaient attendues" in page
    assert "7 places" not in page


def test_one_put_off_is_followed_by_the_other(responsable, world):
    place = announced(world)
    day = timezone.localdate() + 5 * DAY
    url = reverse("availability:expected_detail", args=[place.pk])
    responsable.post(url, {"suite": "reporter", "expected_on": day.isoformat()})
    page = responsable.get(LIST + "?voir=toutes").text
    assert page.index("Annoncées</span>") < page.index("Reportées</span>")


@pytest.mark.parametrize(
    ("who", "query", "found"),
    [
        ("responsable", "", True),
        ("sesan", "", True),
        ("stranger", "", False),
        ("sesan", "q=altair", True),
        ("sesan", "q=nulle+part", False),
        ("sesan", "departement=92", True),
        ("sesan", "departement=75", False),
        ("sesan", "departement=zz", True),
        ("sesan", "page=9999999999999999999&voir=x", True),
    ],
)
def test_the_list_is_of_my_units_and_filtered(client, cast, world, who, query, found):
    announced(world, days=1, count=7)
    client.force_login(getattr(cast, who))
    assert ("7 places attendues" in client.get(f"{LIST}?{query}").text) is found


def test_the_printed_list_says_what_it_shows_and_when(client, cast, world):
    announced(world, days=1)
    client.force_login(cast.sesan)
    page = client.get(f"{LIST}?departement=92&q=altair").text
    printed = page.split('class="print-only">Liste établie')[1].split("</p>")[0]
    assert f"le {timezone.localdate():%d/%m/%Y} à" in printed
    for words in ("Annonces\u00a0: Annoncées", "(92)", "Recherche\u00a0: altair"):
        assert words in printed


@pytest.mark.parametrize(
    ("days", "told"), [(0, "Un rappel est sur la page d’accueil."), (3, "Un rappel viendra ce jour-là.")]
)
def test_the_reminder_of_an_announcement_is_told(responsable, world, days, told):
    day = timezone.localdate() + days * DAY
    url = reverse("availability:expected_add", args=[world.act.pk])
    page = responsable.post(url, {"count": 2, "expected_on": day.isoformat()}, follow=True)
    assert told in page.text
    assert page.text.count("Un rappel ") == 1


@pytest.mark.parametrize("count", ["٣", "1_0", "2,5", "deux"])
def test_a_count_is_written_in_plain_digits(responsable, world, count):
    url = reverse("availability:expected_add", args=[world.act.pk])
    page = responsable.post(url, {"count": count, "expected_on": timezone.localdate().isoformat()})
    assert page.status_code == 422
    assert "Écrivez un nombre entier, par exemple 2." in page.text
    assert not ExpectedPlace.objects.exists()


def test_the_list_is_reached_from_the_entry_page(responsable):
    assert f'href="{LIST}"' in responsable.get(reverse("availability:entry")).text


def put_off(client, place, on):
    url = reverse("availability:expected_detail", args=[place.pk])
    return client.post(url, {"suite": "reporter", "expected_on": on.isoformat()}, follow=True)


def test_putting_off_to_the_same_day_changes_nothing(responsable, world):
    place = announced(world, days=1)
    answer = put_off(responsable, place, place.expected_on)
    assert answer.status_code == 422
    assert "C’est déjà le jour annoncé" in answer.text
    assert ExpectedPlace.objects.get().settled_at is None


def test_putting_off_twice_says_to_which_day(responsable, world):
    place, on = announced(world), timezone.localdate() + 5 * DAY
    put_off(responsable, place, on)
    assert f"Cette annonce était déjà reportée au {on:%d/%m/%Y}." in put_off(responsable, place, on).text
    assert ExpectedPlace.objects.count() == 2
    assert "Reportées</span>" in responsable.get(LIST + "?voir=reportees").text


def test_a_day_in_a_declared_closure_is_warned_about(responsable, world):
    now, on = timezone.now(), timezone.localdate() + 5 * DAY
    UnitClosure.objects.create(
        unit=world.act, starts_at=now + 3 * DAY, ends_at=now + 8 * DAY, reason="works", recorded_at=now
    )
    url = reverse("availability:expected_add", args=[world.act.pk])
    page = responsable.post(url, {"count": 2, "expected_on": on.isoformat()}, follow=True).text
    assert "Attention\u00a0: une indisponibilité totale est déclarée ce jour-là (du " in page
    assert "Un rappel viendra ce jour-là" not in page
    place = ExpectedPlace.objects.get()
    assert "Un rappel viendra ce jour-là" in put_off(responsable, place, on + 5 * DAY).text
    assert "Le rappel viendra une fois" in put_off(responsable, ExpectedPlace.objects.latest("pk"), on).text


def test_beds_of_a_pool_are_announced_as_the_pool_tells_them(responsable, world):
    pool = Pool.objects.create(geographic_entity=world.eg, name="Lits", rhythm=7 * DAY, capacity_kind="bed")
    CurrentFigure.objects.filter(unit=world.act).update(pool=pool)
    place = announced(world, days=1)
    for url in (LIST, reverse("availability:expected_detail", args=[place.pk]), reverse("availability:entry")):
        page = responsable.get(url).text.lower()
        assert "2 lits attendus le" in page
        assert "2 places attendues" not in page


def test_the_synthesis_tells_the_closure_beside_the_announcement(responsable, world):
    announced(world, days=2)
    url = "/disponibilites/consultation/sante-precarite/92/"
    before = responsable.get(url).text
    assert "2 places attendues le" in before
    assert "indisponibilité totale du" not in before
    now = timezone.now()
    UnitClosure.objects.create(
        unit=world.act, starts_at=now + DAY, ends_at=now + 8 * DAY, reason="works", recorded_at=now
    )
    page = responsable.get(url).text
    assert "indisponibilité totale du" in page.split("2 places attendues le")[1].split("</p>")[0]
