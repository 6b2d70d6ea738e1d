"""The file of results: the screen's lines, all of them, in typed cells; who may not know a place does not read it."""

import csv
import datetime
import io
import random

import pytest
from django.core.cache import cache
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import AuditEntry
from accounts.roles import Role
from availability.models import ExpectedPlace, UnitClosure
from common.french import NBSP
from common.geo import Point
from common.pages import PAGE_SIZE
from directory.enums import Confidentiality, Nomenclature
from search.exports import files
from search.routing.estimate import estimated_minutes
from search.routing.services import _key, _rounded
from tests.factories.accounts import UserFactory
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import (
    GeographicEntityFactory,
    PracticePlaceFactory,
    PractitionerFactory,
    UnitFactory,
    commune,
    term,
)

pytestmark = pytest.mark.django_db
XLSX, CSV = "/recherche/export.xlsx", "/recherche/export.csv"
HIDDEN = "non communiqué"


@pytest.fixture
def reader(client):
    client.force_login(UserFactory(roles=[Role.CONSULTATION], first_name="Anne", last_name="Roux"))
    return client


def book_of(client, query):
    response = client.get(f"{XLSX}?{query}")
    assert response.status_code == 200, response
    return load_workbook(io.BytesIO(response.getvalue()))


def lines_of(book):
    titles, *rows = book["Résultats"].iter_rows(values_only=True)
    return [dict(zip(titles, row, strict=True)) for row in rows]


def criteria_of(book):
    _, *rows = book["Critères"].iter_rows(values_only=True)
    return dict(rows)


def csv_of(client, query):
    text = client.get(f"{CSV}?{query}").getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def a_region(draw):
    """Establishments with one to seven units in every state, some told to few, and practitioners."""
    body = GeographicEntityFactory().legal_entity
    states = ("fresh", "late", "full", "expired", "never", "closed_entry")
    start = commune("75110")
    for number in range(PAGE_SIZE + 6):
        eg = GeographicEntityFactory(
            legal_entity=body,
            name=f"Maison {draw.randrange(1000)} {number}",
            lat=start.lat + draw.uniform(-0.05, 0.05),
            lon=start.lon + draw.uniform(-0.05, 0.05),
        )
        for rank in range(draw.choice((1, 1, 2, 7))):
            unit = UnitFactory(geographic_entity=eg, name=f"ACT {rank} {number}", sensitive=draw.random() < 0.1)
            CurrentFigureFactory(unit=unit, **{draw.choice(states): True})
    for number in range(3):
        PracticePlaceFactory(practitioner=PractitionerFactory(last_name=f"Maison {number}"))


@pytest.mark.parametrize("query", ["quoi=maison", "ou=75010&quoi=ACT", "ou=75010&quoi=ACT&tri=pertinence", "ou=75"])
def test_the_file_is_the_screen(reader, rebuilt, query):
    a_region(random.Random(len(query)))
    rebuilt()
    book = book_of(reader, query)
    lines = lines_of(book)
    screen, page = [], 1
    while True:
        context = reader.get(f"/recherche/?{query}&page={page}").context
        screen += context["lines"]
        if not context["page"].has_next():
            break
        page += 1
    outcome = context["outcome"]
    assert not outcome.is_cut
    shown = iter(lines)
    for line in screen:
        mine = [next(shown) for _ in range(max(len(line.units) + line.others, 1))]
        assert {row["Établissement"] or row["UO ou professionnel"] for row in mine} == {line.name}
        if line.distance_km is not None:
            assert {row["Distance (km)"] for row in mine} == {round(line.distance_km, 1)}
        others = iter(mine)
        for unit in line.units:  # in the same order; a long establishment shows some of them
            row = next(row for row in others if row["UO ou professionnel"] == unit.name)
            assert row["Places libres"] == (unit.count.figure if unit.count.kind == "known" else None)
            assert row["Fiche"].endswith(unit.url)
    assert next(shown, None) is None
    counts = criteria_of(book)
    assert counts["Établissements"] == outcome.establishments
    assert counts["UO"] == outcome.units
    assert counts.get("Professionnels", 0) == outcome.practitioners
    assert counts["Lignes de la feuille Résultats"] == len(lines)
    told = csv_of(reader, query)
    assert [row["UO ou professionnel"] for row in told] == [row["UO ou professionnel"] for row in lines]


def test_a_unit_fills_typed_cells(reader, rebuilt):
    eg = GeographicEntityFactory(name="ACT ALTAIR VESTA", nanterre=True, phone="0140970102")
    unit = UnitFactory(geographic_entity=eg, name="ACT Hébergement", secretary_phone="0140970103", email="a@b.fr")
    figure = CurrentFigureFactory(unit=unit, figure=8, fresh=True)
    commune("75110")
    rebuilt()
    book = book_of(reader, "ou=75010&quoi=ACT")
    (line,) = lines_of(book)
    distance = line["Distance (km)"]
    assert (type(distance), round(distance, 1)) == (float, distance)
    assert line["Durée (min)"] == pytest.approx(estimated_minutes(distance), abs=1)
    assert line["Durée estimée"] == "oui"
    stated = line.pop("Saisie le")
    moment = timezone.make_naive(figure.confirmed_at)
    assert abs(stated - moment) < datetime.timedelta(seconds=1)
    for title, expected in {
        "Établissement": "ACT ALTAIR VESTA",
        "Département": "92",
        "Commune": "Nanterre",
        "Téléphone de l’établissement": NBSP.join(("01", "40", "97", "01", "02")),
        "UO trouvées dans l’établissement": 1,
        "Nature": "UO",
        "UO ou professionnel": "ACT Hébergement",
        "Places libres": 8,
        "Places installées": 35,
        "État des places": "places libres",
        "Fraîcheur": "À jour",
        "Téléphone à appeler": NBSP.join(("01", "40", "97", "01", "03")),
        "Adresse mail de l’unité": "a@b.fr",
        "Adresse postale": f"{eg.street_line}, {eg.postal_code} {eg.commune.name}",
        "FINESS de l’établissement": eg.finess,
        "Fiche": f"http://testserver{reverse('directory:unit_detail', args=[unit.pk])}",
    }.items():
        assert line[title] == expected, title
    page = book["Résultats"]
    (table,) = page.tables.values()
    assert (page.freeze_panes, table.ref) == ("A2", page.dimensions)
    assert [column.name for column in table.tableColumns] == [cell.value for cell in page[1]]
    assert len({column.name.casefold() for column in table.tableColumns}) == len(table.tableColumns)


def test_a_duration_that_the_service_gave_is_told_as_such(reader, rebuilt, settings):
    settings.ROUTING_PROVIDER, settings.ROUTING_URL = "osrm", "http://127.0.0.1:1"
    eg = GeographicEntityFactory(name="ACT ALTAIR VESTA", nanterre=True)
    UnitFactory(geographic_entity=eg, name="ACT Hébergement")
    start = commune("75110")
    rebuilt()
    cache.set(_key(_rounded(Point(start.lat, start.lon)), _rounded(Point(eg.lat, eg.lon))), 1501.0)
    try:
        (line,) = lines_of(book_of(reader, "ou=75010&quoi=ACT"))
    finally:
        cache.clear()
    assert (line["Durée (min)"], line["Durée estimée"]) == (26, "non")
    (line,) = lines_of(book_of(reader, "ou=75010&quoi=ACT"))
    assert (line["Durée (min)"], line["Durée estimée"]) == (estimated_minutes(line["Distance (km)"]), "oui")


@pytest.mark.parametrize("path", [XLSX, CSV])
def test_head_tells_the_file_without_making_it(reader, path):
    response = reader.head(f"{path}?quoi=ACT")
    assert (response.status_code, response.content) == (200, b"")
    assert response["Content-Disposition"].startswith('attachment; filename="recherche-ror-')
    assert not AuditEntry.objects.filter(action=AuditEntry.Action.EXPORTED).exists()


@pytest.mark.parametrize(
    ("trait", "free", "state"),
    [
        ("full", 0, "complet"),
        ("never", None, "jamais saisi"),
        ("expired", None, "périmé (8 places)"),
        ("closed_entry", None, "saisie non activée"),
    ],
)
def test_unknown_is_not_zero(reader, rebuilt, trait, free, state):
    CurrentFigureFactory(**{trait: True})
    rebuilt()
    (line,) = lines_of(book_of(reader, "quoi=ACT"))
    assert (line["Places libres"], line["État des places"]) == (free, state)
    (told,) = csv_of(reader, "quoi=ACT")
    assert told["Places libres"] == ("" if free is None else str(free))


def test_a_masked_place_is_told_to_entitled_people_only(reader, client, rebuilt):
    eg = GeographicEntityFactory(name="Refuge", street_name="rue Secrète")
    UnitFactory(geographic_entity=eg, sensitive=True)
    rebuilt()
    (line,) = lines_of(book_of(reader, "ou=75010&quoi=ACT"))
    for title in ("Commune", "Distance (km)", "Durée (min)", "Adresse postale", "FINESS de l’établissement"):
        assert line[title] == HIDDEN
    (told,) = csv_of(reader, "ou=75010&quoi=ACT")
    assert "Secrète" not in str(told)
    assert eg.finess not in str(told)
    client.force_login(UserFactory(roles=[Role.SUPPORT]))
    (line,) = lines_of(book_of(client, "ou=75010&quoi=ACT"))
    assert "rue Secrète" in line["Adresse postale"]
    assert (line["Commune"], line["FINESS de l’établissement"]) == ("Paris 10", eg.finess)
    assert isinstance(line["Distance (km)"], int | float)


def test_very_restricted_contacts_are_left_out(reader, client, rebuilt):
    UnitFactory(secretary_phone="0140970103", email="a@b.fr", contact_confidentiality=Confidentiality.VERY_RESTRICTED)
    rebuilt()
    (line,) = lines_of(book_of(reader, "quoi=ACT"))
    assert (line["Téléphone secrétariat"], line["Adresse mail de l’unité"]) == (None, None)
    client.force_login(UserFactory(roles=[Role.SUPPORT]))
    (line,) = lines_of(book_of(client, "quoi=ACT"))
    assert line["Adresse mail de l’unité"] == "a@b.fr"


def test_a_practitioner_is_one_line(reader, rebuilt):
    person = PractitionerFactory(
        last_name="Lefèvre", profession=term(Nomenclature.RESOURCE_PROFESSION, "G15-70"), phone="0199000042"
    )
    PracticePlaceFactory(practitioner=person)
    rebuilt()
    (line,) = lines_of(book_of(reader, "quoi=lefevre"))
    assert (line["Nature"], line["UO ou professionnel"], line["Établissement"]) == (
        "Professionnel",
        "Paul Lefèvre",
        None,
    )
    assert (line["Commune"], line["Places libres"], line["État des places"]) == ("Paris 10", None, None)
    assert line["Fiche"].endswith(reverse("directory:practitioner_detail", args=[person.pk]))


def test_no_text_becomes_a_formula(reader, rebuilt):
    UnitFactory(name="=1+1 piège", geographic_entity__name="@SUM(A1)\t-1")
    rebuilt()
    page = book_of(reader, "quoi=piège")["Résultats"]
    assert {cell.data_type for row in page.iter_rows() for cell in row if cell.value is not None} <= {"s", "n", "d"}
    (told,) = csv_of(reader, "quoi=piège")
    assert told["UO ou professionnel"] == "'=1+1 piège"
    assert told["Établissement"].startswith("'@SUM")


def test_the_sheet_of_criteria_says_what_was_asked(reader, rebuilt):
    UnitFactory()
    rebuilt()
    told = criteria_of(book_of(reader, "ou=75010&quoi=ACT&page=2&vue=carte&distance=abc"))
    assert told["Par"] == "Anne Roux"
    assert isinstance(told["Recherche faite le"], datetime.datetime)
    assert told["Où"] == "75010"
    assert told["Recherche"] == f"«{NBSP}ACT{NBSP}»"
    assert told["Point de départ"] == "Paris 10"
    assert told["Tri"] == "Par distance"
    assert {
        "Places libres",
        "Lits mutualisés",
        "Distance (km)",
        "Durée (min)",
        "Durée estimée",
        "Non communiqué",
    } <= set(told)
    assert "La distance doit être un nombre" in told["À savoir"]
    assert told["Revoir cette recherche"].startswith("http://testserver/recherche/?ou=75010&quoi=ACT")


def test_needs_add_their_class_and_why(reader, rebuilt):
    CurrentFigureFactory(unit=UnitFactory(sex="m"), fresh=True)
    rebuilt()
    (line,) = lines_of(book_of(reader, "quoi=ACT&pour=femme"))
    assert (line["Pour ce besoin"], line["Pourquoi"]) == ("Ne convient pas", "hommes seulement")
    assert "Pour ce besoin" not in lines_of(book_of(reader, "quoi=ACT"))[0]


@pytest.mark.parametrize("path", [CSV, "/recherche/carte.geojson"])
def test_a_day_of_need_that_is_past_asks_nothing_of_files_and_maps_either(reader, rebuilt, path):
    CurrentFigureFactory(unit=UnitFactory(), fresh=True)
    rebuilt()

    def told(query):
        response = reader.get(f"{path}?{query}")
        return (response.getvalue() if response.streaming else response.content).decode().splitlines()[:2]

    assert told("quoi=ACT&des=2026-01-01") == told("quoi=ACT")
    (line,) = lines_of(book_of(reader, "quoi=ACT&des=2026-01-01"))
    assert "Pour ce besoin" not in line


def test_closures_and_contested_figures_are_told(reader, rebuilt):
    eg, now = GeographicEntityFactory(), timezone.now()
    CurrentFigureFactory(unit=UnitFactory(geographic_entity=eg, name="A"), fresh=True, contested_at=now)
    closed = UnitFactory(geographic_entity=eg, name="B")
    CurrentFigureFactory(unit=closed, fresh=True)
    UnitClosure.objects.create(
        unit=closed, starts_at=now - datetime.timedelta(days=1), ends_at=None, reason="works", recorded_at=now
    )
    rebuilt()
    contested, away = lines_of(book_of(reader, "quoi=ACT"))
    assert (contested["Places libres"], contested["À savoir"][:12]) == (8, "contesté le ")
    assert (away["Places libres"], away["État des places"]) == (None, "indisponible")
    assert away["À savoir"].startswith("travaux, depuis le ")


def test_what_was_typed_with_a_full_stop_is_listed_without(reader, rebuilt):
    unit = UnitFactory(pets="Chiens guides seulement.")
    CurrentFigureFactory(unit=unit, fresh=True, contested_at=timezone.now())
    for days, comment in ((1, "Sortie prévue."), (2, "")):
        ExpectedPlace.objects.create(
            unit=unit,
            count=1,
            expected_on=timezone.localdate() + datetime.timedelta(days=days),
            comment=comment,
            recorded_at=timezone.now(),
        )
    rebuilt()
    (line,) = lines_of(book_of(reader, "quoi=ACT&animal=1&pour=femme"))
    assert "– Sortie prévue, 1 place attendue" in line["À savoir"]
    assert "., " not in line["À savoir"] + line["Pourquoi"]


@pytest.mark.parametrize("path", [XLSX, CSV])
@pytest.mark.parametrize("query", ["", "ou=nullepart&quoi=ACT"])
def test_what_the_page_must_explain_goes_back_to_the_page(reader, path, query):
    response = reader.get(f"{path}?{query}")
    assert (response.status_code, response["Location"]) == (302, f"/recherche/?{query}")
    assert not AuditEntry.objects.filter(action=AuditEntry.Action.EXPORTED).exists()


def test_nothing_found_is_an_empty_file(reader):
    book = book_of(reader, "quoi=introuvable")
    assert lines_of(book) == []
    assert criteria_of(book)["UO"] == 0


def test_an_export_is_logged_once_and_reads_only(reader, rebuilt, monkeypatch):
    UnitFactory()
    rebuilt()
    seen = []

    def spied(*arguments, **options):
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_read_only")
            seen.append(cursor.fetchone()[0])
        return original(*arguments, **options)

    original = files.unit_count
    monkeypatch.setattr(files, "unit_count", spied)
    book_of(reader, "quoi=ACT")
    assert seen == ["on"]
    entry = AuditEntry.objects.get(action=AuditEntry.Action.EXPORTED)
    assert (entry.actor.last_name, entry.target) == ("Roux", "Résultats de recherche")
    assert entry.details == {"what": "search", "format": "xlsx", "query": "quoi=ACT"}


def test_a_reader_who_leaves_stops_the_work(reader, rebuilt, monkeypatch):
    for _ in range(3):
        UnitFactory()
    rebuilt()
    monkeypatch.setattr("common.csv_stream.LINES_AT_ONCE", 1)
    monkeypatch.setattr(files, "_AT_ONCE", 1)
    written = []
    original = files.unit_count
    monkeypatch.setattr(files, "unit_count", lambda *given: written.append(1) or original(*given))
    response = reader.get(f"{CSV}?quoi=ACT")
    depth = len(connection.savepoint_ids)
    next(response.streaming_content)
    assert len(connection.savepoint_ids) == depth + 1
    response.close()
    assert len(connection.savepoint_ids) == depth
    assert len(written) < 3


@pytest.mark.django_db(transaction=True)
def test_the_end_of_an_export_frees_everything(reader, rebuilt, monkeypatch):
    UnitFactory()
    rebuilt()
    monkeypatch.setattr(files, "PER_PERSON", 1)
    user_id = int(reader.session["_auth_user_id"])
    stream = reader.get(f"{CSV}?quoi=ACT")
    assert next(stream.streaming_content)
    assert connection.in_atomic_block
    assert files.refusal(user_id).startswith("Vous avez déjà")
    assert not files.refusal(user_id + 1)
    stream.close()
    assert not connection.in_atomic_block
    assert not files.refusal(user_id)
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


@pytest.mark.parametrize(("limit", "words"), [("PER_PERSON", "Vous avez déjà"), ("IN_ALL", "Plusieurs exports")])
def test_too_many_exports_at_once_are_told(reader, rebuilt, monkeypatch, limit, words):
    UnitFactory()
    rebuilt()
    book_of(reader, "quoi=ACT")  # the locks of this test end with it
    monkeypatch.setattr(files, limit, 1)
    response = reader.get(f"{XLSX}?quoi=ACT")
    page = response.content.decode()
    assert response.status_code == 429
    assert words in page
    assert "/recherche/export.xlsx?quoi=ACT" in page
    assert "/recherche/?quoi=ACT" in page


def test_queries_do_not_follow_the_number_of_lines(reader, rebuilt, django_assert_max_num_queries):
    for _ in range(30):
        UnitFactory()
    rebuilt()
    with django_assert_max_num_queries(24) as few:
        book_of(reader, "ou=75010&quoi=ACT")
    for _ in range(60):
        UnitFactory()
    rebuilt()
    with django_assert_max_num_queries(len(few.captured_queries)):
        book_of(reader, "ou=75010&quoi=ACT")
