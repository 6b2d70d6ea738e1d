"""The continuity kit tells what a search shows, never a protected place; it is whole or not at all."""

import datetime
import io
import re
import threading
from html import unescape

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from pypdf import PdfReader

from common.french import moment
from directory.records import schedule_of
from directory.scopes import Grant, Scope, ScopeKind
from search.continuity import html, services
from search.continuity.hours import week_words
from search.continuity.reading import read_kit
from search.continuity.services import last_kit, write_kit
from search.criteria import SearchCriteria
from search.engine.query import iter_rows, matching_units
from search.models import ContinuityKit
from search.results.figures import notes_of, unit_count
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import (
    GeographicEntityFactory,
    HoursExceptionFactory,
    UnitFactory,
    WeeklyHoursFactory,
    unit_type,
)

HOUR = datetime.timedelta(hours=1)
READER = Scope(grants=(Grant("consultation", ScopeKind.REGION, None),))


@pytest.fixture
def storage(settings, tmp_path):
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
    settings.MEDIA_ROOT = tmp_path / "media"
    return default_storage


@pytest.fixture
def hauts_de_seine(world, storage):
    return world.nanterre.department


def read(name):
    with default_storage.open(name) as file:
        return file.read()


def pdf_text(kit):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(read(kit.pdf_name))).pages)


def plain(markup):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", markup)))


def both(kit):
    """The texts of both files, spaces made plain."""
    return [re.sub(r"\s+", " ", pdf_text(kit)), plain(read(kit.html_name).decode())]


@pytest.mark.django_db
def test_it_lists_what_a_search_of_the_department_finds_with_the_same_figures(hauts_de_seine, world, rebuilt):
    UnitFactory(geographic_entity=world.eg, hidden=True)
    UnitFactory(geographic_entity=world.eg, closed=True)
    rebuilt()
    now = timezone.now()
    kit = read_kit(hauts_de_seine, now)
    criteria = SearchCriteria.from_query({"departement": "92"})
    _, found = iter_rows(criteria, READER, now)
    rows = {row.unit_id: row for row in found if row.unit_id}
    assert {row.unit_id for section in kit.sections for row in section.rows} == set(rows) != set()
    assert kit.units == len(matching_units(criteria, READER, now)) == len(rows)
    notes = notes_of(list(rows), now)
    for section in kit.sections:
        for row in section.rows:
            shown = rows[row.unit_id]
            assert row.count == unit_count(shown, now, notes[row.unit_id]) if row.unit_id in notes else True
            assert (row.row.name, row.commune, row.row.phone) == (shown.name, shown.commune, shown.phone)


@pytest.mark.django_db
def test_both_files_tell_figures_freshness_contacts_and_hours(hauts_de_seine, world, rebuilt):
    UnitFactory(geographic_entity=world.eg, name="Réfuge d’été « Cœur »")
    for weekday in range(1, 6):
        WeeklyHoursFactory(unit=world.act, weekday=weekday, opens_at="09:00", closes_at="17:30")
    rebuilt()
    now = timezone.now()
    kit = write_kit(department=hauts_de_seine, now=now)
    for text in both(kit):
        assert f"Données du {moment(now)}" in text
        assert "ACT ALTAIR VESTA" in text
        assert "Nanterre" in text
        assert re.search(r"8 +libres / 35", text)
        assert re.search(r"● J +À jour", text)
        assert moment(world.act_figure.confirmed_at) in text
        assert re.search(r"○ N +Jamais saisi", text)
        assert "Lu–Ve 09:00 – 17:30" in text
        assert "01 99 00 00 02" in text
        assert "Réfuge d’été « Cœur »" in text
        assert "Index par commune" in text
    assert kit.pages == len(PdfReader(io.BytesIO(read(kit.pdf_name))).pages)
    assert (kit.pdf_size, kit.html_size) == (len(read(kit.pdf_name)), len(read(kit.html_name)))


@pytest.mark.django_db
def test_an_expired_figure_is_told_with_its_date_and_never_as_places(world, storage, rebuilt):
    rebuilt()
    kit = write_kit(department=world.paris10.department, now=timezone.now())
    for text in both(kit):
        assert re.search(r"\? +✕ P +Périmée", text)
        assert f"3 places / 24 le {moment(world.lhss_figure.confirmed_at)}" in text
        assert "libres / 24" not in text


@pytest.mark.django_db
def test_a_type_is_full_only_when_each_of_its_units_says_so(hauts_de_seine, world, rebuilt):
    """Both files say the same of a type, in their contents and above its units: a question mark is no zero."""
    palliative = unit_type("32.49")
    full = UnitFactory(geographic_entity=world.eg, unit_type=palliative)
    CurrentFigureFactory(unit=full, figure=0)
    rebuilt()
    for text in both(write_kit(department=hauts_de_seine, now=timezone.now())):
        assert text.count("1 fiche, complet") == 1
    unknown = UnitFactory(geographic_entity=world.eg, unit_type=palliative)
    CurrentFigureFactory(unit=unknown, figure=None, confirmed_at=None)
    UnitFactory(geographic_entity=world.eg, unit_type=palliative)
    rebuilt()
    for text in both(write_kit(department=hauts_de_seine, now=timezone.now() + 2 * HOUR)):
        assert "3 fiches, aucune place libre connue, 1 unité comptée sur 2" in text
        assert re.search(r"aucune place libre connue.{0,40}\(1 unité comptée sur 2\)", text)
        assert "fiches, complet" not in text


@pytest.mark.django_db
def test_the_pdf_is_tagged_in_french_with_bookmarks(hauts_de_seine, rebuilt):
    rebuilt()
    kit = write_kit(department=hauts_de_seine, now=timezone.now())
    reader = PdfReader(io.BytesIO(read(kit.pdf_name)))
    catalogue = reader.trailer["/Root"]
    assert catalogue["/Lang"] == "fr-FR"
    assert catalogue["/MarkInfo"]["/Marked"]
    roles = [kid.get_object()["/S"] for kid in catalogue["/StructTreeRoot"]["/K"][0].get_object()["/K"]]
    assert roles[0] == "/H1"
    assert roles.count("/H2") >= 4
    titles = [entry["/Title"] for entry in reader.outline]
    assert (titles[0], titles[-1]) == ("Sommaire", "Index par commune")
    assert "Page 1 / " in reader.pages[0].extract_text()


@pytest.mark.django_db
def test_a_protected_place_is_in_no_file(hauts_de_seine, world, rebuilt):
    entity = GeographicEntityFactory(
        legal_entity=world.ej,
        name="Maison Discrète",
        nanterre=True,
        street_name="impasse du Secret",
        street_number="17",
        postal_code="92001",
    )
    refuge = UnitFactory(
        geographic_entity=entity, name="Refuge Alizé", sensitive=True, secretary_phone="0199000077", children=True
    )
    UnitFactory(geographic_entity=entity, name="Voisine du refuge")
    CurrentFigureFactory(unit=refuge, figure=4)
    WeeklyHoursFactory(unit=refuge)
    rebuilt()
    kit = write_kit(department=hauts_de_seine, now=timezone.now())
    assert read_kit(hauts_de_seine, timezone.now()).hidden == 2
    for text in both(kit):
        assert "Refuge Alizé" in text
        assert "01 99 00 00 77" in text
        assert "Lieu et adresse non communiqués" in text
        assert "impasse du Secret" not in text
        assert "92001" not in text
        assert "Maison Discrète" not in text
    for name in (kit.pdf_name, kit.html_name):
        assert f"{entity.lat}".encode() not in read(name)


@pytest.mark.django_db
def test_very_restricted_contacts_are_left_out(hauts_de_seine, world, rebuilt):
    UnitFactory(
        geographic_entity=world.eg,
        name="Unité discrète",
        medical_phone="",
        secretary_phone="0199000088",
        contact_confidentiality="very_restricted",
    )
    rebuilt()
    kit = write_kit(department=hauts_de_seine, now=timezone.now())
    for text in both(kit):
        assert "Unité discrète" in text
        assert "01 99 00 00 88" not in text


@pytest.mark.django_db
def test_the_file_asks_for_nothing_and_holds_its_styles(hauts_de_seine, rebuilt):
    rebuilt()
    text = read(write_kit(department=hauts_de_seine, now=timezone.now()).html_name).decode()
    assert "<style>" in text
    assert not re.search(r"<script|src=|url\(|@import|<link", text)
    assert all(address.startswith(("#", "tel:")) for address in re.findall(r'href="([^"]*)"', text))
    anchors = re.findall(r'href="#([^"]*)"', text)
    assert set(anchors) <= set(re.findall(r'id="([^"]*)"', text))
    assert len(set(re.findall(r'id="([^"]*)"', text))) == len(re.findall(r'id="([^"]*)"', text))


@pytest.mark.django_db
def test_what_was_typed_is_escaped(hauts_de_seine, world, rebuilt):
    UnitFactory(geographic_entity=world.eg, name="<b>Gras</b> & <!-- /kit -->")
    rebuilt()
    text = read(write_kit(department=hauts_de_seine, now=timezone.now()).html_name).decode()
    assert "<b>Gras</b>" not in text
    assert "&lt;b&gt;Gras" in html.body_of(text)
    assert "Index par commune</h2>" in html.body_of(text)


@pytest.mark.django_db
def test_a_department_without_units_has_a_kit(world, storage, rebuilt):
    rebuilt()
    department = world.paris10.department
    ContinuityKit.objects.all().delete()
    type(world.lhss).objects.filter(pk=world.lhss.pk).update(status="hidden")
    rebuilt()
    kit = write_kit(department=department, now=timezone.now())
    assert (kit.units, kit.pages) == (0, 1)
    assert all("Aucune unité n’est publiée" in text for text in both(kit))


@pytest.mark.django_db
def test_it_is_prepared_once_an_hour_unless_forced(hauts_de_seine, rebuilt):
    now = timezone.now()
    assert write_kit(department=hauts_de_seine, now=now)
    assert write_kit(department=hauts_de_seine, now=now + 50 * HOUR / 60) is None
    assert write_kit(department=hauts_de_seine, now=now + 50 * HOUR / 60, force=True)
    assert write_kit(department=hauts_de_seine, now=now + 2 * HOUR)
    default_storage.delete(last_kit("92").pdf_name)
    assert write_kit(department=hauts_de_seine, now=now + 2 * HOUR + HOUR / 60)


@pytest.mark.django_db
def test_a_day_of_kits_is_kept_and_the_last_one_whatever_its_age(hauts_de_seine, storage):
    now = timezone.now()
    for hours in range(0, 30, 3):
        write_kit(department=hauts_de_seine, now=now + hours * HOUR)
    assert ContinuityKit.objects.count() == 9
    _, names = storage.listdir("continuite")
    assert len(names) == 18
    write_kit(department=hauts_de_seine, now=now + 300 * HOUR)
    assert ContinuityKit.objects.count() == 1
    assert len(storage.listdir("continuite")[1]) == 2


@pytest.mark.django_db
def test_a_failure_leaves_the_last_kit_and_no_file(hauts_de_seine, storage, monkeypatch):
    now = timezone.now()
    first = write_kit(department=hauts_de_seine, now=now)

    def fail(*args):
        raise OSError("disque plein")

    monkeypatch.setattr(services.HtmlFile, "finish", fail)
    with pytest.raises(OSError, match="disque plein"):
        write_kit(department=hauts_de_seine, now=now + 2 * HOUR)
    assert last_kit("92") == first
    assert len(storage.listdir("continuite")[1]) == 2
    with pytest.raises(CommandError, match="Sans nouveau kit : 92"):
        call_command("write_continuity_kit", "--department", "92", "--force", "-v", "0")


@pytest.mark.django_db
def test_files_left_behind_go_a_day_later(hauts_de_seine, storage):
    now = timezone.now()
    write_kit(department=hauts_de_seine, now=now)
    storage.save("continuite/orphelin.pdf", ContentFile(b"x"))
    assert services.purge_left_behind(now=now) == 0
    assert services.purge_left_behind(now=now + 26 * HOUR) == 1
    assert len(storage.listdir("continuite")[1]) == 2


@pytest.mark.django_db(transaction=True)
def test_two_at_once_prepare_one(world, storage, rebuilt):
    rebuilt()
    department, now = world.nanterre.department, timezone.now()
    held, done, results = threading.Event(), threading.Event(), []

    def hold():
        try:
            with transaction.atomic():
                results.append(services._lock(department))
                held.set()
                done.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    results.append(write_kit(department=department, now=now, force=True))
    done.set()
    thread.join()
    assert results == [True, None]
    assert write_kit(department=department, now=now)
    assert ContinuityKit.objects.count() == 1


@pytest.mark.django_db
def test_the_command_tells_what_it_did(world, storage, capsys):
    call_command("write_continuity_kit", "--now", "2026-11-22T14:00+01:00")
    call_command("write_continuity_kit", "--now", "2026-11-22T14:01+01:00")
    said = capsys.readouterr().out
    assert "Hauts-de-Seine (92)" in said
    assert said.endswith("0 kit préparé.\n")
    with pytest.raises(CommandError, match="Département inconnu"):
        call_command("write_continuity_kit", "--department", "999")


WEEKDAYS, ALL_DAYS = range(1, 6), range(1, 8)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ranges", "closed_on", "expected"),
    [
        ([], None, ""),
        ([(day, "00:00", "00:00") for day in ALL_DAYS], None, "tous les jours 24 h/24"),
        (
            [(1, "09:00", "12:00"), (2, "09:00", "12:00"), (4, "20:00", "06:00")],
            None,
            "Lu–Ma 09:00 – 12:00, Je 20:00 – 06:00 (le lendemain)",
        ),
        ([(1, "09:00", "12:00"), (1, "14:00", "17:00")], None, "Lu 09:00 – 12:00 et 14:00 – 17:00"),
        (
            [(day, "09:00", "17:00") for day in WEEKDAYS],
            "2026-11-25",
            "Lu–Ma 09:00 – 17:00, Me fermé (Fête), Je–Ve 09:00 – 17:00",
        ),
    ],
)
def test_hours_fit_on_a_line(world, ranges, closed_on, expected):
    for weekday, opens_at, closes_at in ranges:
        WeeklyHoursFactory(unit=world.act, weekday=weekday, opens_at=opens_at, closes_at=closes_at)
    if closed_on:
        HoursExceptionFactory(unit=world.act, starts_on=closed_on, ends_on=closed_on, label="Fête")
    unit = type(world.act).objects.prefetch_related("weekly_hours__kind", "hours_exceptions").get(pk=world.act.pk)
    words = week_words(schedule_of(unit), datetime.datetime(2026, 11, 22, 14, tzinfo=datetime.UTC))
    assert words.replace("\u00a0", " ") == expected
