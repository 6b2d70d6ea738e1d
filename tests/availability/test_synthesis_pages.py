"""Pages of the synthesis: cells told apart in words, filters and bad values, what is behind, workbook, the past."""

import datetime
import io
import uuid

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from availability import services
from availability.membership import write_rows
from availability.models import CurrentFigure, UnitClosure
from availability.statement import Statement
from directory.scopes import scope_of
from tests.factories.availability import GroupingFactory
from tests.factories.directory import UnitFactory, department, unit_type

pytestmark = pytest.mark.django_db

PATH = "/disponibilites/consultation/"
DAY = datetime.timedelta(days=1)


@pytest.fixture
def reader(client, cast):
    """A browser of ``consultation``."""
    client.force_login(cast.consultation)
    return client


def text_of(response):
    assert response.status_code == 200
    return " ".join(
        response.content.decode().replace("\xa0", " ").replace("\u202f", " ").replace("&nbsp;", " ").split()
    )


def cell_of(response, code):
    """Shown cell of Santé Précarité in a column."""
    row = next(row for row in response.context["table"].rows if row.grouping.code == "sante-precarite")
    return next(shown for shown in row.all_cells if shown.column == code)


def state(world, cast, figure, now):
    row = CurrentFigure.objects.get(unit=world.act)
    return services.record_statement(
        unit_id=world.act.pk,
        said=Statement(figure=figure, comment="Admission dès lundi"),
        expected_version=row.version,
        request_id=uuid.uuid4(),
        source="web",
        by=cast.responsable,
        scope=scope_of(cast.responsable),
        now=now,
        is_confirmed=True,
    )


def test_known_unknown_and_absent_are_told_in_words(reader, world):
    department("78")
    response = reader.get(PATH)
    text = text_of(response)
    known, unknown = cell_of(response, "92"), cell_of(response, "75")
    assert (known.kind, known.cell.free, known.cell.counted, known.cell.open) == ("known", 8, 1, 2)
    assert (unknown.kind, cell_of(response, "78").kind) == ("unknown", "absent")
    assert "<small>n’existe pas</small>" in text
    assert "<b>?</b><small>inconnu</small>" in text
    assert "< 3 h" in text.replace("&lt;", "<")
    assert "8 libres</b> pour cette sélection" in text_of(reader.get(f"{PATH}?departement=92"))


def test_zero_is_complete(reader, world, cast):
    state(world, cast, 0, timezone.now())
    assert "<b>0</b><small>complet</small>" in text_of(reader.get(PATH))


def test_expired_figures_count_again_when_asked(reader):
    assert cell_of(reader.get(PATH), "75").cell.counted == 0
    assert cell_of(reader.get(PATH + "?perimes=on"), "75").cell.free == 3
    assert cell_of(reader.get(PATH + "?fraicheur=toutes"), "75").cell.free == 3
    ignored = reader.get(PATH + "?perimes=on&fraicheur=24h")
    assert not any(row.total.cell.free == 11 for row in ignored.context["table"].rows)
    assert "n’y ajoute rien" in text_of(ignored)


def test_a_grouping_of_a_crisis_is_shown_in_crisis_mode_alone(reader):
    GroupingFactory(code="covid", name="Lits Covid", unit_types=[unit_type("94.46")], is_crisis=True)
    write_rows(unit_ids=None)
    assert "Lits Covid" not in text_of(reader.get(PATH))


def test_a_closure_leaves_the_coverage_and_is_marked_behind(reader, world, cast):
    now = timezone.now()
    UnitClosure.objects.create(
        unit=world.act, starts_at=now - DAY, ends_at=now + DAY, reason="works", recorded_at=now - DAY, by=cast.sesan
    )
    services.tell_figures([world.act.pk])
    cell = cell_of(reader.get(PATH), "92").cell
    assert (cell.free, cell.counted, cell.open) == (0, 0, 1)
    behind = text_of(reader.get(PATH + "sante-precarite/92/"))
    assert "Indisponibilité totale" in behind
    assert "travaux" in behind


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("type=rien", "Ce type d’unité n’est pas proposé ici."),
        ("departement=13", "Ce département n’est pas de la région."),
        ("public=ours", "Cette patientèle n’existe pas."),
        ("ages=18", "Les âges s’écrivent avec leur unité"),
        ("ages=18 a – 2 a", "L’âge de fin est plus petit"),
        ("ages=9999 a", "Les âges s’écrivent avec leur unité"),
        ("fraicheur=2h", "Cette fraîcheur n’est pas proposée."),
        ("date=hier", "La date s’écrit ainsi"),
        ("date=2999-01-01T10:00", "Cette date est à venir"),
        ("date=1950-01-01T00:00", "Cette date est trop ancienne"),
        ("etablissement=" + "x" * 200, "120"),
    ],
)
def test_bad_values_are_said_and_left_out(reader, query, message):
    response = reader.get(f"{PATH}?{query}")
    assert message in text_of(response)
    assert response.context["table"].rows
    assert reader.get(f"{PATH}sante-precarite/92/?{query}").status_code == 200
    export = reader.get(f"{PATH}export.xlsx?{query}")
    assert b"".join(export.streaming_content)


@pytest.mark.parametrize(
    ("query", "free"),
    [
        ("type=sante-precarite", 8),
        ("departement=92", 8),
        ("etablissement=altair", 8),
        ("public=adulte", 8),
        ("public=enfant&public=adulte", 8),
        ("ages=20 a - 30 a", 8),
        ("fraicheur=3h", 8),
        ("fraicheur=1h", 0),
    ],
)
def test_filters(reader, world, query, free):
    response = reader.get(f"{PATH}?{query}")
    rows = response.context["table"].rows
    assert sum(row.total.cell.free for row in rows) == free
    assert f'href="sante-precarite/92/?{response.context["query"]}' in response.content.decode().replace("&amp;", "&")


def test_nothing_found_says_so(reader):
    text = text_of(reader.get(f"{PATH}?etablissement=zzz"))
    assert "Aucune unité ne répond à ces filtres" in text
    assert "Aucune unité" in text_of(reader.get(f"{PATH}sante-precarite/92/?etablissement=zzz"))


def test_behind_a_cell_each_unit_has_its_figure_phone_and_comment(reader, world, cast):
    state(world, cast, 5, timezone.now())
    response = reader.get(f"{PATH}sante-precarite/92/?depuis=Nanterre&departement=92")
    text = text_of(response)
    assert "<b>5 places</b> · 1 unité comptée sur 2" in text
    assert "Admission dès lundi" in text
    assert "km" in text
    assert f"{PATH}?departement=92#case-sante-precarite-92" in text
    assert text_of(reader.get(f"{PATH}sante-precarite/region/?departement=92")).count("départements choisis")


def test_a_starting_point_that_is_not_known_is_said(reader):
    assert "Point de départ non reconnu" in text_of(reader.get(f"{PATH}sante-precarite/92/?depuis=Zzyzx"))
    assert "Point de départ non reconnu" in text_of(reader.get(f"{PATH}sante-precarite/92/?depuis=92"))


def test_a_sensitive_unit_has_no_distance(reader, world):
    UnitFactory(geographic_entity=world.eg, act=True, name="Refuge", sensitive_unit=True)
    write_rows(unit_ids=None)
    response = reader.get(f"{PATH}sante-precarite/92/?depuis=Nanterre")
    assert all(group.km is None for group in response.context["page"].object_list)
    assert "Refuge" in text_of(response)
    assert "· Nanterre" not in text_of(response)


def test_the_past_is_shown_as_it_was(reader, world, cast):
    now = timezone.now()
    state(world, cast, 2, now)
    past = timezone.localtime(now - datetime.timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M")
    response = reader.get(f"{PATH}?date={past}")
    assert cell_of(response, "92").cell.free == 8
    assert cell_of(reader.get(PATH), "92").cell.free == 2
    assert "Situation passée" in text_of(response)
    behind = text_of(reader.get(f"{PATH}sante-precarite/92/?date={past}"))
    assert "Admission dès lundi" not in behind
    assert "Situation passée" in behind
    assert "Suite de l’appel" not in behind


def test_the_workbook_equals_the_screen(reader, world):
    table = reader.get(f"{PATH}?perimes=on").context["table"]
    response = reader.get(f"{PATH}export.xlsx?perimes=on")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    assert book.sheetnames == ["Synthèse", "Cases", "Unités", "Critères"]
    lines = list(book["Synthèse"].values)
    assert [line[0] for line in lines[1:]] == [row.grouping.name for row in table.rows]
    for line, row in zip(lines[1:], table.rows, strict=True):
        for value, shown in zip(line[1:], row.all_cells, strict=True):
            words = {"absent": "aucune unité", "unknown": "inconnu"}
            assert value == words.get(shown.kind, shown.cell.free)
    units = list(book["Unités"].values)[1:]
    assert sum(line[6] for line in units if line[8] == "oui") == table.overall.free == 11
    criteria = dict(line[:2] for line in book["Critères"].values)
    assert criteria["Inclure les chiffres périmés"] == "oui"


def test_direct_access_to_an_establishment(reader, world):
    text = text_of(reader.get(reverse("availability:synthesis_entities")))
    assert "ACT ALTAIR VESTA" in text
    assert "LHSS Bellatrix" in text
    only = reader.get(reverse("availability:synthesis_entities") + "?etablissement=bellatrix")
    assert only.status_code == 302
    assert "LHSS Bellatrix" in text_of(reader.get(only["Location"]))
    assert "Aucun établissement" in text_of(
        reader.get(reverse("availability:synthesis_entities") + "?etablissement=zz")
    )
    assert reader.get(f"{PATH}etablissements/99999999999999999999/").status_code == 404


def test_what_no_text_may_hold_is_left_out(reader):
    for path in ("", "sante-precarite/92/", "etablissements/", "export.xlsx"):
        answer = reader.get(f"{PATH}{path}?etablissement=%00&depuis=%00")
        assert answer.status_code == 200
        assert answer.getvalue()  # read to its end, a file is closed


def test_who_reads_nothing_gets_403(client, cast):
    client.force_login(cast.newcomer)
    assert client.get(PATH).status_code == 403
