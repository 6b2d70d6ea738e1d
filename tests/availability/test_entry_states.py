"""What a row of the entry page says and does besides saving: undoing, closures, pools, contested, offered counts."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from availability.membership import write_rows
from availability.models import AvailabilityEntry, CrisisMode, CurrentFigure, Grouping, Pool, UnitClosure
from availability.openings.services import apply_unit_rhythms
from availability.services import contest_key, record_statement
from availability.statement import Statement
from directory.scopes import scope_of
from tests.availability.entry_fields import URL, fields, form_of, row_of, text_of
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import UnitFactory

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)
MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def signed_in(client, cast):
    client.force_login(cast.responsable)
    return client


@pytest.fixture
def pool(world, cast):
    """Ten beds that ``world.act`` and a second unit share, three of them free."""
    now = timezone.now()
    state = {"figure": 3, "stated_at": now - HOUR, "confirmed_at": now - HOUR, "expires_at": now + HOUR, "version": 1}
    pool = Pool.objects.create(
        geographic_entity=world.eg,
        name="Lits partagés",
        installed_places=10,
        rhythm=world.act_figure.rhythm,
        source="web",
        **state,
    )
    second = UnitFactory(geographic_entity=world.eg, name="ACT Seconde", act=True)
    CurrentFigureFactory(unit=second)
    AvailabilityEntry.objects.create(
        unit=second,
        pool=pool,
        version=1,
        figure=3,
        stated_at=now - HOUR,
        confirmed_at=now - HOUR,
        recorded_at=now - HOUR,
    )
    CurrentFigure.objects.filter(unit__in=[world.act, second]).update(pool=pool, **state)
    write_rows(unit_ids=None)
    pool.second = second
    return pool


def close(unit, now, **dates):
    values = {"starts_at": now - HOUR, "ends_at": now + HOUR, "reason": "works", "recorded_at": now - HOUR}
    return UnitClosure.objects.create(unit=unit, **values | dates)


def save(client, unit, figure, version, **button):
    button = button or {"save": unit.pk}
    return client.post(URL, form_of(fields(unit, figure, version=version), **button))


def pooled(pool, unit, figure, **values):
    """What is sent for the row of a unit of ``pool``."""
    return fields(unit, figure, pool=pool.pk, **values)


def stored(unit):
    return CurrentFigure.objects.get(unit=unit)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_save_is_taken_back(signed_in, world, headers):
    confirmed_at = world.act_figure.confirmed_at
    response = save(signed_in, world.act, 5, 1)
    assert f'name="undo" value="{world.act.pk}"' in response.content.decode()
    assert "ma saisie, possible jusqu’à" in text_of(response)
    data = form_of(fields(world.act, "5x", version=2), undo=world.act.pk)
    for _ in range(2):  # sent twice, it is one statement
        response = signed_in.post(URL, data, headers=headers)
        assert response.status_code == 200
        assert "Saisie annulée\u00a0: retour à 8 places, le " in response.content.decode()
        assert 'name="undo"' not in response.content.decode()
    row = stored(world.act)
    assert (row.figure, row.version, row.confirmed_at) == (8, 3, confirmed_at)


def test_a_first_save_taken_back_leaves_the_unit_never_stated(signed_in, world):
    save(signed_in, world.lam, 5, 0)
    response = save(signed_in, world.lam, 5, 1, undo=world.lam.pk)
    assert "Saisie annulée\u00a0: cette unité n’a plus de saisie." in response.content.decode()
    assert "jamais" in text_of(response)
    assert stored(world.lam).figure is None


def test_a_pool_never_stated_waits_from_the_day_its_units_shared(signed_in, pool, world):
    empty = {"version": 0, "figure": None, "stated_at": None, "confirmed_at": None, "expires_at": None}
    CurrentFigure.objects.filter(pool=pool).update(**empty, opened_at=timezone.now() - 120 * 24 * HOUR)
    words = f"Aucune saisie depuis la mutualisation, le {timezone.localdate():%d/%m/%Y}"
    entry = text_of(signed_in.get(URL))
    assert words in entry
    record = signed_in.get(reverse("directory:unit_detail", args=[world.act.pk])).text
    assert words in record


def test_undoing_is_offered_on_a_later_page_until_ten_minutes(signed_in, cast, world):
    for age, offered in ((9 * MINUTE, True), (11 * MINUTE, False)):
        record_statement(
            unit_id=world.lam.pk if offered else world.act.pk,
            said=Statement(figure=5),
            expected_version=0 if offered else 1,
            request_id="b9b5aa8e-0000-4000-8000-00000000000" + str(age // MINUTE % 10),
            source="web",
            by=cast.responsable,
            scope=scope_of(cast.responsable),
            now=timezone.now() - age,
        )
    response = signed_in.get(URL)
    assert row_of(response, world.lam).undo_until is not None
    assert row_of(response, world.act).undo_until is None
    client_of_another = response.client
    client_of_another.force_login(cast.directeur)
    assert row_of(client_of_another.get(URL), world.lam).undo_until is None


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("late", "Le délai de dix minutes pour annuler est passé"),
        ("another", "Vous ne pouvez annuler que votre propre saisie, une seule fois."),
        ("since", "une autre a été enregistrée depuis"),
    ],
)
def test_why_a_save_cannot_be_taken_back(signed_in, cast, world, case, words):
    by = cast.directeur if case == "another" else cast.responsable
    for version in (1, 2) if case == "since" else (1,):
        record_statement(
            unit_id=world.act.pk,
            said=Statement(figure=5 + version),
            expected_version=version,
            request_id=f"b9b5aa8e-0000-4000-8000-00000000000{version}",
            source="web",
            by=by,
            scope=scope_of(by),
            now=timezone.now() - (11 * MINUTE if case == "late" else MINUTE),
        )
    response = save(signed_in, world.act, 5, 2, undo=world.act.pk)
    assert response.status_code == 422
    assert words in text_of(response)
    assert stored(world.act).version == (3 if case == "since" else 2)


@pytest.mark.parametrize("version", ["x", ""])
def test_undoing_what_was_never_shown_is_refused(signed_in, world, version):
    assert save(signed_in, world.act, 5, version, undo=world.act.pk).status_code == 422


def test_a_unit_unavailable_says_until_when_and_why_and_comes_last(signed_in, world):
    now = timezone.now()
    ends_at = datetime.datetime(now.year + 1, 8, 31, 22, tzinfo=datetime.UTC)
    close(world.act, now, ends_at=ends_at, comment="Toiture")
    response = signed_in.get(URL)
    text = text_of(response)
    assert [row.unit for row in response.context["rows"]] == [world.lam, world.act]
    assert "UO en indisponibilité totale, saisie bloquée." in text
    assert f"au 31/08/{now.year + 1} inclus (Toiture)." in text
    assert f"La saisie se rouvre d’elle-même le 01/09/{now.year + 1} à 00:00" in text
    assert "0 sur 35 installées, bloquée" in text
    assert f"u{world.act.pk}-figure" not in response.content.decode()
    refused = save(signed_in, world.act, 5, 1)
    assert refused.status_code == 422
    assert stored(world.act).version == 1


def test_an_open_end_is_said_so(signed_in, world):
    close(world.act, timezone.now(), ends_at=None)
    assert "Aucune date de fin n’est donnée." in text_of(signed_in.get(URL))


def test_after_a_closure_the_figure_is_to_be_confirmed(signed_in, world):
    now = timezone.now()
    close(world.act, now, starts_at=now - 30 * MINUTE, ends_at=now - MINUTE)
    response = signed_in.get(URL)
    row = row_of(response, world.act)
    assert (row.kind, row.state_words) == ("to_confirm", "À confirmer")
    assert "data-state-fixed" in response.content.decode()
    assert "L’unité a rouvert" in text_of(response)
    response = save(signed_in, world.act, 8, 1, confirm=world.act.pk)
    assert row_of(response, world.act).kind == "known"
    assert row_of(signed_in.get(URL), world.act).state_words == "À jour"


def test_a_reopened_unit_of_a_pool_says_why_its_neighbour_is_up_to_date(client, cast, world, pool):
    now = timezone.now()
    close(world.act, now, starts_at=now - 30 * MINUTE, ends_at=now - MINUTE)
    CurrentFigure.objects.filter(pool=pool).update(confirmed_at=now - 10 * MINUTE)
    client.force_login(cast.directeur)
    response = client.get(URL)
    assert [row_of(response, unit).kind for unit in (world.act, pool.second)] == ["to_confirm", "known"]
    text = text_of(response)
    assert "le chiffre partagé n’a pas été confirmé depuis." in text
    assert "ne compte plus" not in text


def test_a_contested_figure_says_so_until_it_is_confirmed(signed_in, world):
    at = datetime.datetime(2026, 11, 3, 9, 12, tzinfo=datetime.UTC)
    CurrentFigure.objects.filter(unit=world.act).update(contested_at=at)
    text = text_of(signed_in.get(URL))
    assert "Contesté le 03/11/2026 à 10:12" in text
    assert "Quelqu’un a appelé et il n’y avait plus de place" in text
    seen = fields(world.act, 8, version=1, contest=contest_key(at))
    assert "Contesté le" not in text_of(signed_in.post(URL, form_of(seen, confirm=world.act.pk)))


def test_pooled_units_say_with_whom_and_their_own_installed_number(client, cast, world, pool):
    client.force_login(cast.directeur)
    response = client.get(URL)
    text = text_of(response)
    assert "Lits mutualisés sur plusieurs UO" in text
    assert "Saisis une seule fois, avec ACT Seconde." in text
    assert "sur 10 installées, mutualisées" in text
    assert row_of(response, pool.second).sharing == ["ACT ALTAIR VESTA"]


def test_a_pool_is_edited_from_any_unit_and_both_rows_follow(client, cast, world, pool):
    client.force_login(cast.directeur)
    data = form_of(
        pooled(pool, world.act, 3, version=1),
        pooled(pool, pool.second, 4, version=1),
        save=pool.second.pk,
    )
    response = client.post(URL, data)
    assert {row_of(response, unit).figure.figure for unit in (world.act, pool.second)} == {4}
    assert row_of(response, world.act).outcome == "shown"
    data = form_of(
        pooled(pool, world.act, 5, version=2),
        pooled(pool, pool.second, 4, version=2),
        save=world.act.pk,
    )
    content = client.post(URL, data, headers={"HX-Request": "true"}).content.decode()
    assert content.count("<li ") == 2
    assert content.count("hx-swap-oob") == 1
    assert f'name="u{pool.second.pk}-version" value="3"' in content


def test_everything_saved_states_a_pool_once(client, cast, world, pool):
    client.force_login(cast.directeur)
    for second, figure in ((3, 3), (2, 2)):
        version = stored(world.act).version
        shown = {"version": version, "pool": pool.pk}
        data = form_of(fields(world.act, 3, **shown), fields(pool.second, second, **shown), save="all")
        assert client.post(URL, data).status_code == 200
        assert (stored(world.act).figure, stored(pool.second).version) == (figure, version + 1)


def test_two_different_figures_for_one_pool_are_told(client, cast, world, pool):
    client.force_login(cast.directeur)
    data = form_of(pooled(pool, world.act, 5, version=1), pooled(pool, pool.second, 2, version=1), save="all")
    response = client.post(URL, data)
    assert response.status_code == 422
    assert "Vous venez d’enregistrer 5 places depuis ACT ALTAIR VESTA" in text_of(response)
    assert "Entre-temps" not in text_of(response)
    assert AvailabilityEntry.objects.filter(pool=pool).count() == 2


def test_the_pool_installed_number_is_the_limit(client, cast, world, pool):
    client.force_login(cast.directeur)
    response = client.post(URL, form_of(pooled(pool, world.act, 11, version=1), save=world.act.pk))
    assert "11 dépasse les 10\u00a0places installées." in response.content.decode()


def test_the_groupings_say_which_counts_are_offered(signed_in, world):
    names = [part.name for part in row_of(signed_in.get(URL), world.act).count_fields]
    assert names == ["men", "women", "any_sex", "accessible", "single_room", "shared_room"]
    Grouping.objects.filter(pk=world.grouping.pk).update(offered_counts=["children", "adults"])
    names = [part.name for part in row_of(signed_in.get(URL), world.act).count_fields]
    assert names == ["adults", "children"]
    CurrentFigure.objects.filter(unit=world.act).update(men=2)  # filled in before: shown, and kept
    assert next(part.name for part in row_of(signed_in.get(URL), world.act).count_fields) == "men"


def test_crisis_counts_are_offered_in_crisis_mode_only(signed_in, cast, world):
    Grouping.objects.filter(pk=world.grouping.pk).update(is_crisis=True, offered_counts=["covid_positive"])
    assert "Covid+" not in text_of(signed_in.get(URL))
    CrisisMode.objects.create(is_on=True, at=timezone.now(), by=cast.sesan)
    assert "Covid+" in text_of(signed_in.get(URL))
    response = signed_in.post(URL, form_of(fields(world.act, 4, version=1, covid_positive=3), save=world.act.pk))
    assert "3 places Covid+" in text_of(response)


def test_the_definition_is_what_the_fields_refer_to(signed_in, world):
    content = signed_in.get(URL).content.decode()
    assert "libre, dotée en personnel, utilisable maintenant pour le public décrit." in content
    assert content.count('aria-describedby="definition-place"') == 2


def test_support_is_led_to_the_openings_and_is_not_shown_what_nobody_states(client, cast, world):
    CurrentFigure.objects.filter(unit=world.lam).update(is_allowed=False, is_open=False)
    client.force_login(cast.sesan)
    response = client.get(URL)
    assert "3 unités, de la saisie" in text_of(response)
    assert world.act_mobile not in [row.unit for row in response.context["rows"]]
    content = response.content.decode()
    assert "Le support l’active" not in content
    assert 'href="/disponibilites/ouvertures/?q=LAM%20Altair"' in content
    client.force_login(cast.directeur)
    content = client.get(URL).content.decode()
    assert "Le support l’active" in content
    assert "ACT hors les murs" in content


@pytest.mark.parametrize(("kinds", "word"), [(("bed", "bed"), "3 lits"), (("bed", "place"), "3 places")])
def test_a_pool_has_one_word_for_its_places(client, cast, world, pool, kinds, word):
    for unit, kind in zip((world.act, pool.second), kinds, strict=True):
        type(unit).objects.filter(pk=unit.pk).update(capacity_kind=kind)
    apply_unit_rhythms(unit_ids=[world.act.pk])
    client.force_login(cast.directeur)
    response = client.get(URL)
    assert {row_of(response, unit).figure_words for unit in (world.act, pool.second)} == {word}
    installed = "sur 10 installés, mutualisés" if word == "3 lits" else "sur 10 installées, mutualisées"
    assert text_of(response).count(installed) == 2
