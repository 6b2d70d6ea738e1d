import datetime

import pytest
from django.contrib import admin
from django.urls import reverse

from directory.enums import Nomenclature
from directory.models import (
    Commune,
    Department,
    GeographicEntity,
    LegalEntity,
    OperationalUnit,
    Practitioner,
    RecordChange,
    RorReferent,
    Structure,
    Term,
    UnitTerm,
    WeeklyHours,
)
from directory.scopes import scope_of
from directory.services import update_record
from directory.signals import units_changed
from directory.versions.wording import weekly_words
from tests.factories.directory import (
    PractitionerFactory,
    StructureFactory,
    TermFactory,
    UnitFactory,
    term,
    unit_type,
)

RECORDS = {
    "legalentity": LegalEntity,
    "geographicentity": GeographicEntity,
    "structure": Structure,
    "operationalunit": OperationalUnit,
    "practitioner": Practitioner,
    "term": Term,
}
READ_ONLY = {"commune": Commune, "department": Department, "recordchange": RecordChange}


@pytest.fixture
def support(client, cast):
    client.force_login(cast.sesan)
    return cast.sesan


@pytest.fixture
def record_of(world):
    return {
        "legalentity": world.ej,
        "geographicentity": world.eg,
        "structure": StructureFactory(geographic_entity=world.eg, level="S1"),
        "operationalunit": world.act,
        "practitioner": PractitionerFactory(),
        "term": world.act.unit_type,
    }


@pytest.fixture
def heard():
    said = []

    def on_units(sender, unit_ids, **kwargs):
        said.append(sorted(unit_ids))

    units_changed.connect(on_units)
    yield said
    units_changed.disconnect(on_units)


def change_url(record):
    return reverse(f"admin:directory_{record._meta.model_name}_change", args=[record.pk])


def posted(client, url):
    """What the browser would send back if nothing were typed: every field of the form and of its inlines."""
    context = client.get(url).context
    data = {}
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    for form in forms:
        for bound in form:
            widget = bound.field.widget
            value = widget.format_value(bound.value()) if hasattr(widget, "format_value") else bound.value()
            if isinstance(value, list) and not getattr(widget, "allow_multiple_selected", False):
                value = value[0] if value else ""
            if bound.field.__class__.__name__ == "BooleanField" and not bound.value():
                continue
            data[bound.html_name] = "" if value is None else value
    return data


def save(client, record, **typed):
    url = change_url(record)
    return client.post(url, {**posted(client, url), **typed})


def errors_of(response):
    return [
        str(error)
        for errors in response.context["errors"]
        for error in ([errors] if isinstance(errors, str) else errors)
    ]


@pytest.mark.parametrize("name", [*RECORDS, *READ_ONLY])
def test_pages_are_for_support(client, cast, world, name):
    url = reverse(f"admin:directory_{name}_changelist")
    assert client.get(url).status_code == 302
    for who in ("consultation", "responsable", "directeur", "pdses", "ars", "newcomer"):
        client.force_login(getattr(cast, who))
        assert client.get(url).status_code == 403
    client.force_login(cast.sesan)
    assert client.get(url).status_code == 200


@pytest.mark.parametrize("name", RECORDS)
def test_record_is_shown_and_never_deleted(client, support, record_of, name):
    url = change_url(record_of[name])
    assert client.get(url).status_code == 200
    assert client.post(url.replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert type(record_of[name]).objects.filter(pk=record_of[name].pk).exists()


@pytest.mark.parametrize("name", RECORDS)
def test_saving_without_a_change_writes_nothing(client, support, record_of, name):
    record = record_of[name]
    assert save(client, record).status_code == 302
    assert type(record).objects.get(pk=record.pk).version == record.version
    assert not RecordChange.objects.filter(record_id=record.pk).exists()


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("legalentity", "name", "EJ renommée"),
        ("geographicentity", "phone", "01 99 00 00 66"),
        ("structure", "name", "Pôle renommé"),
        ("operationalunit", "pets", "Un chat."),
        ("practitioner", "phone", "+33 1 99 00 00 67"),
        ("term", "label", "Libellé changé"),
    ],
)
def test_saving_writes_history_version_and_author(client, support, record_of, name, field, value):
    record = record_of[name]
    assert save(client, record, **{field: value, "reason": "Appel du service"}).status_code == 302
    saved = type(record).objects.get(pk=record.pk)
    assert saved.version == record.version + 1
    assert (saved.updated_by, saved.updated_role) == (support, "support")
    line = RecordChange.objects.get(record_id=record.pk, version=saved.version)
    assert list(line.changes) == [field]
    assert (line.by, line.reason) == (support, "Appel du service")


def test_saving_tells_the_search(client, support, world, heard):
    save(client, world.act, pets="Un chat.")
    save(client, world.ej, name="EJ renommée")
    units = sorted(unit.pk for unit in (world.act, world.act_mobile, world.lam))
    assert heard == [[world.act.pk], units]


def test_lists_of_a_unit_are_part_of_its_history(client, support, world):
    act = TermFactory(nomenclature=Nomenclature.SPECIFIC_ACT, label="Acte d’essai")
    UnitTerm.objects.filter(unit=world.act).delete()
    url = change_url(world.act)
    data = posted(client, url)
    data |= {
        "unit_terms-TOTAL_FORMS": "1",
        "unit_terms-0-term": act.pk,
        "unit_terms-0-unit": world.act.pk,
        "weekly_hours-TOTAL_FORMS": "1",
        "weekly_hours-0-unit": world.act.pk,
        "weekly_hours-0-weekday": "1",
        "weekly_hours-0-opens_at": "08:00",
        "weekly_hours-0-closes_at": "19:30",
    }
    assert client.post(url, data).status_code == 302
    line = RecordChange.objects.get(record_id=world.act.pk)
    assert line.changes["specific_act"] == [[], [{"id": act.pk, "label": "Acte d’essai"}]]
    before, (added,) = line.changes["weekly_hours"]
    assert (before, weekly_words(added)) == ([], "lundi 08:00 – 19:30")
    assert WeeklyHours.objects.filter(unit=world.act).count() == 1


def test_referents_are_part_of_the_history(client, support, world):
    url = change_url(world.eg)
    data = posted(client, url) | {
        "referents-TOTAL_FORMS": "1",
        "referents-0-geographic_entity": world.eg.pk,
        "referents-0-position": "1",
        "referents-0-name": "Paul Référent",
    }
    assert client.post(url, data).status_code == 302
    assert RorReferent.objects.get().name == "Paul Référent"
    assert RecordChange.objects.get(record_id=world.eg.pk).changes["referents"] == [
        [],
        [{"name": "Paul Référent", "phone": "", "email": ""}],
    ]


def test_save_over_somebody_elses_is_refused(client, support, cast, world):
    url = change_url(world.act)
    data = posted(client, url)
    update_record(
        record=world.act,
        changes={"pets": "Aucun."},
        expected_version=1,
        by=cast.directeur,
        scope=scope_of(cast.directeur),
    )
    response = client.post(url, {**data, "pets": "Un chat."})
    assert response.status_code == 200
    assert "Hélène Caron" in response.content.decode()
    assert "Un chat." in response.content.decode()
    assert OperationalUnit.objects.get(pk=world.act.pk).pets == "Aucun."


@pytest.mark.parametrize("version", ["", "abc", "999"])
def test_a_missing_or_wrong_version_is_refused(client, support, world, version):
    response = save(client, world.act, pets="Un chat.", expected_version=version)
    assert response.status_code == 200
    assert OperationalUnit.objects.get(pk=world.act.pk).pets == ""


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("geographicentity", {"finess": "920012346"}),
        ("geographicentity", {"siret": "1"}),
        ("geographicentity", {"phone": "0199"}),
        ("geographicentity", {"lat": ""}),
        ("operationalunit", {"max_age_value": "3", "min_age_value": "18"}),
        ("operationalunit", {"max_age_value": "151"}),
        ("operationalunit", {"geographic_entity": ""}),
        ("operationalunit", {"status": "closed"}),
        ("legalentity", {"finess": "", "siren": ""}),
    ],
)
def test_bad_values_are_refused_in_words(client, support, record_of, name, typed):
    response = save(client, record_of[name], **typed)
    assert response.status_code == 200
    assert errors_of(response)
    assert RecordChange.objects.count() == 0


def test_closing_an_establishment_closes_its_units_and_reopening_clears_dates(client, support, world):
    save(client, world.eg, status="closed", closure_kind="DEF", closed_on="31/01/2026")
    world.act.refresh_from_db()
    assert (world.act.status, world.act.closed_on) == ("closed", datetime.date(2026, 1, 31))
    refused = save(client, world.act, status="published")
    assert "rouvrez-le" in refused.content.decode()
    save(client, world.eg, status="published")
    for record in (world.eg, world.act):
        record.refresh_from_db()
        assert (record.status, record.closure_kind, record.closed_on) == ("published", "", None)


def test_a_closure_typed_without_its_status_is_refused_not_dropped(client, support, world):
    refused = save(client, world.act, closure_kind="DEF", closed_on="20/11/2026")
    assert "choisissez aussi le statut" in refused.content.decode()
    assert "20/11/2026" in refused.content.decode()
    world.act.refresh_from_db()
    assert (world.act.status, world.act.version) == ("published", 1)


def test_adding_a_unit_writes_its_creation_and_identifier(client, support, world):
    url = reverse("admin:directory_operationalunit_add")
    data = posted(client, url) | {
        "name": "Unité neuve",
        "geographic_entity": world.eg.pk,
        "discipline": term(Nomenclature.DISCIPLINE, "MSS").pk,
        "unit_type": unit_type("94.46").pk,
    }
    assert client.post(url, data).status_code == 302
    unit = OperationalUnit.objects.get(name="Unité neuve")
    assert unit.national_id == f"11/{unit.pk}"
    assert (unit.version, unit.created_by) == (1, support)
    line = RecordChange.objects.get(record_id=unit.pk, record_kind="uo")
    assert (line.action, line.version, line.changes["name"]) == ("created", 1, [None, "Unité neuve"])


def test_rpps_data_come_by_import_alone(client, support, record_of):
    practitioner = record_of["practitioner"]
    save(client, practitioner, last_name="Autre", rpps="1")
    assert Practitioner.objects.get(pk=practitioner.pk).last_name == practitioner.last_name
    assert client.get(reverse("admin:directory_practitioner_add")).status_code == 403


@pytest.mark.parametrize("name", READ_ONLY)
def test_reference_and_history_are_read_only(client, support, world, name):
    update_record(
        record=world.act, changes={"pets": "Un chat."}, expected_version=1, by=support, scope=scope_of(support)
    )
    row = READ_ONLY[name].objects.first()
    assert client.get(change_url(row)).status_code == 200
    assert client.post(change_url(row), {}).status_code == 403
    assert client.get(reverse(f"admin:directory_{name}_add")).status_code == 403


def test_history_is_shown_in_words(client, support, world):
    line = update_record(
        record=world.act, changes={"unit_type": None}, expected_version=1, by=support, scope=scope_of(support)
    )
    text = client.get(change_url(line)).content.decode()
    assert "Type d’UO" in text
    assert "Appartement de Coordination Thérapeutique" in text


def test_records_are_hidden_and_published_from_the_list(client, support, world):
    url = reverse("admin:directory_operationalunit_changelist")
    shut = UnitFactory(geographic_entity=world.eg, closed=True)
    client.post(url, {"action": "hide", "_selected_action": [world.act.pk, shut.pk]})
    world.act.refresh_from_db()
    shut.refresh_from_db()
    assert (world.act.status, shut.status) == ("hidden", "closed")
    client.post(url, {"action": "publish", "_selected_action": [world.act.pk]})
    world.act.refresh_from_db()
    assert (world.act.status, world.act.version) == ("published", 3)


@pytest.mark.parametrize(
    ("model", "asked", "found"),
    [("geographicentity", "Altaïr vesta", "ACT ALTAIR VESTA"), ("commune", "nanterre", "Nanterre")],
)
def test_search_ignores_accents_and_case(client, support, world, model, asked, found):
    text = client.get(reverse(f"admin:directory_{model}_changelist"), {"q": asked}).content.decode()
    assert found in text


def test_offer_of_a_unit_is_chosen_in_its_own_lists(client, support, world):
    TermFactory(nomenclature=Nomenclature.SPECIFIC_ACT, label="Essai acte")
    TermFactory(nomenclature=Nomenclature.EG_CATEGORY, label="Essai catégorie")
    asked = {"app_label": "directory", "model_name": "unitterm", "field_name": "term", "term": "Essai"}
    found = client.get(reverse("admin:autocomplete"), asked).json()["results"]
    assert [row["text"] for row in found] == ["Essai acte"]


def test_every_model_of_the_back_office_is_closed_to_deletion(rf, cast):
    request = rf.get("/")
    request.user, request.scope = cast.sesan, scope_of(cast.sesan)
    for name in (*RECORDS, *READ_ONLY):
        model = {**RECORDS, **READ_ONLY}[name]
        assert not admin.site.get_model_admin(model).has_delete_permission(request)
