"""« Qualité des fiches », its Excel file, the panel of the records and the card of the home page."""

import datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.roles import Role
from directory.models import GeographicEntity, OperationalUnit, RecordQuality
from directory.quality import services as quality
from directory.quality.lines import quality_lines
from directory.quality.rules import is_stale
from directory.quality.services import stale_entities
from directory.scopes import scope_of
from tests.factories.accounts import UserFactory
from tests.factories.directory import AssignmentFactory, GeographicEntityFactory, LegalEntityFactory, UnitFactory

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")
LIST, BOOK = "directory:quality_list", "directory:quality_workbook"


@pytest.fixture
def rated(world):
    quality.refresh_all()
    return world


def listed(client, user, query=""):
    """Names of the page, in its order."""
    client.force_login(user)
    response = client.get(reverse(LIST) + query)
    assert response.status_code == 200
    page = response.context["page"]
    assert page.paginator.count >= len(page.object_list)
    return [(line.code, line.name) for line in page.object_list]


def rows_of(client, query=""):
    response = client.post(reverse(BOOK) + query)
    assert response.status_code == 200
    sheet = openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content))).active
    return [tuple(row) for row in sheet.iter_rows(values_only=True)]


def edited(unit, moment):
    OperationalUnit.objects.filter(pk=unit.pk).update(updated_at=moment)


def test_a_director_sees_his_records_and_support_the_region(client, cast, rated):
    own = {("EG", "ACT ALTAIR VESTA"), ("UO", "ACT ALTAIR VESTA"), ("UO", "ACT hors les murs"), ("UO", "LAM Altair")}
    assert set(listed(client, cast.directeur)) == own
    assert set(listed(client, cast.sesan)) == own | {("EG", "LHSS Bellatrix"), ("UO", "LHSS Bellatrix")}


def test_a_director_of_a_legal_entity_and_of_one_unit_sees_what_is_below(client, rated):
    head = UserFactory()
    AssignmentFactory(user=head, role=Role.DIRECTOR, legal_entity=rated.other_ej)
    AssignmentFactory(user=head, role=Role.DIRECTOR, unit=rated.act)
    assert set(listed(client, head)) == {
        ("EG", "LHSS Bellatrix"),
        ("UO", "LHSS Bellatrix"),
        ("UO", "ACT ALTAIR VESTA"),
    }


def test_closed_and_hidden_records_and_what_stands_below_them_are_left_out(client, cast, world):
    UnitFactory(geographic_entity=world.eg, name="Close", closed=True)
    UnitFactory(geographic_entity=world.eg, name="Cachée", hidden=True)
    below = GeographicEntityFactory(legal_entity=LegalEntityFactory(hidden=True), name="Sous une EJ masquée")
    UnitFactory(geographic_entity=below, name="Plus bas")
    quality.refresh_all()
    assert not {"Close", "Cachée", "Sous une EJ masquée", "Plus bas"} & {name for _, name in listed(client, cast.sesan)}


def test_the_least_complete_come_first_and_other_orders_are_offered(client, cast, rated):
    RecordQuality.objects.filter(unit=rated.lam).update(percent=3)
    assert listed(client, cast.directeur)[0] == ("UO", "LAM Altair")
    edited(rated.act_mobile, timezone.now() - datetime.timedelta(days=900))
    assert listed(client, cast.directeur, "?tri=maj")[0] == ("UO", "ACT hors les murs")
    assert [name for _, name in listed(client, cast.directeur, "?tri=nom")] == [
        "ACT ALTAIR VESTA",
        "ACT ALTAIR VESTA",
        "ACT hors les murs",
        "LAM Altair",
    ]


def test_filters(client, cast, rated):
    RecordQuality.objects.filter(unit=rated.lam).update(percent=3, missing=["uo_email"], advice=["ans_cp6"])
    edited(rated.lam, datetime.datetime(2024, 8, 14, 23, 59, tzinfo=PARIS))
    edited(rated.act, datetime.datetime(2024, 8, 15, tzinfo=PARIS))
    lam = [("UO", "LAM Altair")]
    assert [code for code, _ in listed(client, cast.directeur, "?fiche=eg")] == ["EG"]
    assert [code for code, _ in listed(client, cast.directeur, "?fiche=uo")] == ["UO"] * 3
    assert {name for _, name in listed(client, cast.sesan, "?departement=75")} == {"LHSS Bellatrix"}
    assert listed(client, cast.sesan, f"?type={rated.lam.unit_type_id}") == lam
    assert listed(client, cast.directeur, "?moins_de=4") == lam
    assert listed(client, cast.directeur, "?regle=ans_cp6") == lam
    assert ("UO", "LAM Altair") in listed(client, cast.directeur, "?regle=uo_email")
    assert listed(client, cast.directeur, "?avant=2024-08-15") == lam
    assert listed(client, cast.directeur, "?avant=15/08/2024") == lam
    assert listed(client, cast.directeur, "?moins_de=3") == []


def test_a_type_of_establishment_is_a_filter(client, cast, world):
    from tests.factories.directory import term

    category = term("eg_category", "255")
    GeographicEntity.objects.filter(pk=world.eg.pk).update(category=category)
    quality.refresh_all()
    assert listed(client, cast.sesan, f"?type={category.pk}") == [("EG", "ACT ALTAIR VESTA")]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?moins_de=abc", "Écrivez un nombre entier, de 1 à 100."),
        ("?moins_de=0", "Écrivez un nombre entier, de 1 à 100."),
        ("?moins_de=" + "9" * 5000, "Écrivez un nombre entier, de 1 à 100."),
        ("?avant=hier", "Écrivez une date, par exemple 14/08/2024."),
        ("?avant=0001-01-01", "Écrivez une date, par exemple 14/08/2024."),
        ("?regle=inconnue", "Choisissez une valeur de la liste."),
        ("?type=0", "Choisissez une valeur de la liste."),
        ("?departement=99", "Choisissez une valeur de la liste."),
    ],
)
def test_what_cannot_be_read_is_said_and_shows_nothing(client, cast, rated, query, said):
    assert listed(client, cast.directeur, query) == []
    page = client.get(reverse(LIST) + query).content.decode()
    assert said in page
    assert "Un filtre est à corriger" in page
    assert client.post(reverse(BOOK) + query)["Location"] == reverse(LIST) + query
    assert not AuditEntry.objects.filter(action="exported").exists()


def test_a_director_filters_on_what_he_follows(client, cast, rated):
    client.force_login(cast.directeur)
    form = client.get(reverse(LIST)).context["form"]
    assert [code for code, _ in form.fields["departement"].choices] == ["", "92"]
    types = {key for _, terms in form.fields["type"].choices[1:] for key, _ in terms}
    assert types == {str(unit.unit_type_id) for unit in (rated.act, rated.act_mobile, rated.lam)}
    client.force_login(cast.sesan)
    assert len(client.get(reverse(LIST)).context["form"].fields["departement"].choices) > 2


def test_the_file_is_logged_and_its_address_leads_to_the_page(client, cast, rated):
    client.force_login(cast.directeur)
    assert client.get(reverse(BOOK))["Location"] == reverse(LIST)
    rows_of(client, "?fiche=uo")
    entry = AuditEntry.objects.get(action="exported")
    assert (entry.actor, entry.target, entry.details["query"]) == (cast.directeur, "Qualité des fiches", "?fiche=uo")


def test_what_was_typed_is_kept(client, cast, rated):
    client.force_login(cast.directeur)
    assert 'value="abc"' in client.get(reverse(LIST) + "?moins_de=abc").content.decode()


@pytest.mark.parametrize("number", ["0", "-1", "abc", "99999999999999999999"])
def test_any_page_number_answers(client, cast, rated, number):
    assert len(listed(client, cast.directeur, f"?page={number}")) == 4


def test_rules_are_counted_and_lead_to_their_records(client, cast, rated):
    client.force_login(cast.directeur)
    rules = {item["rule"].key: item for item in client.get(reverse(LIST) + "?fiche=uo&page=2").context["rules"]}
    for key, item in rules.items():
        assert len(listed(client, cast.directeur, item["query"])) == item["count"], key
    assert rules["uo_email"]["query"] == "?fiche=uo&regle=uo_email"
    assert not [key for key in rules if key.startswith("eg_")]


def test_recency_is_worked_out_from_the_day(client, cast, rated):
    old = timezone.now() - datetime.timedelta(days=366)
    for unit in (rated.act, rated.act_mobile, rated.lam):
        edited(unit, old)
    assert listed(client, cast.directeur, "?regle=ans_re12") == [("EG", "ACT ALTAIR VESTA")]
    page = client.get(reverse(LIST))
    assert {item["rule"].key: item["count"] for item in page.context["rules"]}["ans_re12"] == 1
    assert "Récence des UO (RE1.2)" in rows_of(client, "?fiche=eg")[1][8]
    record = client.get(reverse("directory:geographic_entity_detail", args=[rated.eg.pk])).content.decode()
    assert "règle RE1.2" in record
    edited(rated.lam, timezone.now())
    assert listed(client, cast.directeur, "?regle=ans_re12") == []


@pytest.mark.parametrize(("units", "recent"), [(0, 0), (1, 0), (7, 0), (7, 1), (8, 1), (8, 2), (9, 2), (9, 3)])
def test_recency_in_the_database_is_that_of_the_rules(world, units, recent):
    entity, now = GeographicEntityFactory(legal_entity=world.ej), timezone.now()
    for number in range(units):
        unit = UnitFactory(geographic_entity=entity)
        edited(unit, now - datetime.timedelta(days=30 if number < recent else 400))
    found = stale_entities(now).filter(geographic_entity=entity).exists()
    assert found is is_stale(units, recent)


@pytest.mark.parametrize("query", ["", "?fiche=uo&tri=nom", "?regle=uo_email", "?moins_de=60&tri=maj"])
def test_the_file_equals_the_screen(client, cast, rated, query):
    shown = listed(client, cast.sesan, query)
    title, *rows = rows_of(client, query)
    assert title[:4] == ("Fiche", "Identifiant national", "Nom", "Type")
    assert [(row[0], row[2]) for row in rows] == shown
    lines = client.get(reverse(LIST) + query).context["page"].object_list
    assert [row[6] for row in rows] == [line.percent for line in lines]
    assert [(row[7] or "").split(", ") for row in rows] == [
        [rule.name for rule in line.missing_rules] or [""] for line in lines
    ]


def test_the_file_holds_every_page(client, cast, world):
    for _ in range(55):
        UnitFactory(geographic_entity=world.eg)
    quality.refresh_all()
    assert len(listed(client, cast.directeur)) == 50
    assert len(listed(client, cast.directeur, "?page=2")) == 9
    assert len(rows_of(client, "?page=2")) == 1 + 59


def test_nothing_to_show_is_said(client, cast, rated):
    client.force_login(cast.directeur)
    page = client.get(reverse(LIST) + "?moins_de=1").content.decode()
    assert "Aucune fiche ne répond à ces filtres" in page
    OperationalUnit.objects.update(status="hidden")
    GeographicEntity.objects.update(status="hidden")
    assert "Aucune fiche publiée" in client.get(reverse(LIST)).content.decode()


def test_the_panel_is_for_whoever_may_edit(client, cast, rated):
    addresses = [
        reverse("directory:unit_detail", args=[rated.act.pk]),
        reverse("directory:geographic_entity_detail", args=[rated.eg.pk]),
    ]
    for user, shown in ((cast.directeur, True), (cast.sesan, True), (cast.responsable, False), (cast.stranger, False)):
        client.force_login(user)
        for address in addresses:
            assert ("Complétude de la fiche" in client.get(address).content.decode()) is shown


def test_the_panel_links_what_is_missing_to_its_block(client, cast, rated):
    client.force_login(cast.directeur)
    page = client.get(reverse("directory:unit_detail", args=[rated.act.pk])).content.decode()
    address = reverse("directory:block_edit", kwargs={"kind": "uo", "record_id": rated.act.pk, "block": "horaires"})
    assert f'<a href="{address}">Renseignez les horaires</a>' in page


def test_a_closed_record_shows_no_panel(client, cast, world):
    unit = UnitFactory(geographic_entity=world.eg, closed=True)
    quality.refresh_all()
    client.force_login(cast.directeur)
    page = client.get(reverse("directory:unit_detail", args=[unit.pk])).content.decode()
    assert "Complétude de la fiche" not in page


def test_the_home_page_counts_the_records_to_complete_of_a_director_alone(client, cast, rated):
    client.force_login(cast.directeur)
    page = client.get(reverse("home")).content.decode()
    assert "4 fiches à compléter" in page
    for user in (cast.sesan, cast.responsable, cast.ars):
        client.force_login(user)
        assert "à compléter" not in client.get(reverse("home")).content.decode()
    RecordQuality.objects.update(percent=100, missing=[])
    client.force_login(cast.directeur)
    assert "à compléter" not in client.get(reverse("home")).content.decode()


def test_the_menu_names_the_page_for_those_who_may_open_it(client, cast, rated):
    for user, shown in ((cast.directeur, True), (cast.sesan, True), (cast.responsable, False)):
        client.force_login(user)
        assert ("Qualité des fiches" in client.get(reverse("home")).content.decode()) is shown


def test_the_list_never_goes_beyond_what_the_person_may_edit(cast, rated):
    now = timezone.now()
    for user in (cast.responsable, cast.consultation, cast.newcomer):
        assert not quality_lines(scope_of(user), {}, now=now).exists()
