"""Forms of blocks: each gives back what the record holds, and holds its own rules."""

import datetime

import pytest

from directory.enums import Nomenclature, RecordKind
from directory.forms import block_form_class, editable_blocks
from directory.models import OperationalUnit, RorReferent, UnitTerm
from directory.scopes import scope_of
from directory.services import update_block
from directory.snapshots import differences, state_of
from tests.factories.directory import (
    GeographicEntityFactory,
    LegalEntityFactory,
    StructureFactory,
    TermAllowanceFactory,
    TermFactory,
    term,
    unit_type,
)

pytestmark = pytest.mark.django_db
EG, UO = RecordKind.GEOGRAPHIC_ENTITY, RecordKind.UNIT
PLAIN = {
    EG: ("identification", "contact", "responsable", "directeur", "complements"),
    UO: ("identification", "offre", "patientele", "secretariat", "contacts", "conditions", "capacite", "responsable"),
}
CASES = [(kind, block) for kind, blocks in PLAIN.items() for block in blocks]


@pytest.fixture
def full(world):
    """EG and UO with something in every plain block."""
    eg, unit = world.eg, world.act
    eg.official_name, eg.category = "Association Altair Vesta", term(Nomenclature.EG_CATEGORY, "101")
    eg.siret, eg.website, eg.email, eg.fax = "", "https://altair.example", "contact@altair.example", "0141000009"
    eg.manager_last_name, eg.manager_phone = "Roy", "0141000001"
    eg.director_civility, eg.director_name = term(Nomenclature.CIVILITY, "MME"), "Hélène Caron"
    eg.comment, eg.hosts_families, eg.social_aid_permanent_places = "Deux\nlignes", False, 0
    eg.save()
    eg.terms.add(term(Nomenclature.FINANCIAL_AID, "02"), term(Nomenclature.FINANCIAL_AID, "01"))
    RorReferent.objects.create(geographic_entity=eg, position=1, name="Luc Petit", email="luc@altair.example")
    unit.structure = StructureFactory(geographic_entity=eg)
    unit.activity_family = term(Nomenclature.ACTIVITY_FAMILY, "01")
    unit.min_age_value, unit.min_age_unit, unit.sex = 6, "m", "f"
    unit.medical_phone, unit.medical_extension, unit.pets = "0141000002", "12", "Chiens\nadmis"
    unit.single_rooms, unit.manager_civility = 3, term(Nomenclature.CIVILITY, "M")
    unit.save()
    for nomenclature, code in (("operational_activity", "004"), ("operational_activity", "003"), ("audience", "07")):
        UnitTerm.objects.get_or_create(unit=unit, term=term(nomenclature, code))
    return {EG: eg, UO: OperationalUnit.objects.get(pk=unit.pk)}


@pytest.fixture
def form_of(cast):
    def make(record, kind, block, data=None, by=None, **kwargs):
        form_class = block_form_class(kind, block)
        return form_class(data, record=record, scope=scope_of(by or cast.sesan), **kwargs)

    return make


def sent(form, **changes):
    """What a browser sends of a form that is shown, with some changes."""
    shown = {name: form[name].value() for name in form.fields if not form[name].field.widget.attrs.get("disabled")}
    return {name: "" if value is None else value for name, value in {**shown, **changes}.items()}


def test_every_plain_block_has_its_form():
    assert set(PLAIN[EG]) <= set(editable_blocks(EG))
    assert set(PLAIN[UO]) <= set(editable_blocks(UO))


@pytest.mark.parametrize("who", ["sesan", "directeur"])
@pytest.mark.parametrize(("kind", "block"), CASES)
def test_a_form_gives_back_what_the_record_holds(full, form_of, cast, kind, block, who):
    by = getattr(cast, who)
    form = form_of(full[kind], kind, block, sent(form_of(full[kind], kind, block, by=by)), by=by)
    assert form.is_valid(), form.errors
    state = state_of(full[kind])
    assert set(form.values()) <= set(state)
    assert differences(state, state | form.values()) == {}


@pytest.mark.parametrize(("kind", "block"), CASES)
def test_what_a_form_gives_is_written_and_nothing_else(full, form_of, cast, kind, block):
    form = form_of(full[kind], kind, block, sent(form_of(full[kind], kind, block)))
    assert form.is_valid(), form.errors
    line = update_block(
        record=full[kind], values=form.values(), expected_version=1, by=cast.sesan, scope=scope_of(cast.sesan)
    )
    assert line is None


@pytest.mark.parametrize(("kind", "block"), CASES)
def test_nothing_sent_is_refused_or_kept_without_an_error(world, form_of, kind, block):
    record = {EG: world.eg, UO: world.act}[kind]
    form = form_of(record, kind, block, {"version": "1"})
    if form.is_valid():
        form.values()


SENSITIVE = {
    (EG, "identification"): {"official_name", "finess", "siret", "category", "legal_entity"},
    (UO, "identification"): {"discipline", "unit_type"},
    (UO, "offre"): {"care_mode"},
}


@pytest.mark.parametrize(("kind", "block"), SENSITIVE)
def test_sensitive_fields_are_locked_with_their_reason_and_tampering_is_an_error(full, form_of, cast, kind, block):
    shown = form_of(full[kind], kind, block, by=cast.directeur)
    assert set(shown.locked) == SENSITIVE[kind, block]
    for name in shown.locked:
        assert shown.fields[name].help_text.startswith("Obligatoire. ") is (name in shown.required_names)
    for name in shown.locked:
        assert shown.fields[name].widget.attrs["disabled"]
        reason = "sensible" if name not in shown.fixed else "Ne change plus une fois l’unité publiée"
        assert reason in shown.fields[name].help_text
    other = {
        "official_name": "Autre",
        "finess": "",
        "siret": "35600000000048",
        "category": term(Nomenclature.EG_CATEGORY, "106").pk,
        "legal_entity": LegalEntityFactory().pk,
        "discipline": term(Nomenclature.DISCIPLINE, "MCO").pk,
        "unit_type": unit_type("95.46").pk,
        "care_mode": term(Nomenclature.CARE_MODE, "01").pk,
    }
    for name in shown.locked:
        form = form_of(full[kind], kind, block, sent(shown, **{name: other[name]}), by=cast.directeur)
        assert not form.is_valid()
        assert name in form.errors


def test_support_chooses_the_ej_by_its_siren(full, form_of, cast):
    wanted = LegalEntityFactory(name="Fondation Procyon")
    shown = form_of(full[EG], EG, "identification")
    search = sent(shown, legal_entity_search=f"{wanted.siren[:3]} {wanted.siren[3:]}", name="Nouveau nom")
    form = form_of(full[EG], EG, "identification", search).after_step("chercher")
    assert not form.errors
    assert form["name"].value() == "Nouveau nom"
    assert [str(pk) for pk, _ in form.fields["legal_entity"].widget.choices] == [
        str(full[EG].legal_entity_id),
        str(wanted.pk),
    ]
    form = form_of(full[EG], EG, "identification", sent(shown, legal_entity=wanted.pk))
    assert form.is_valid(), form.errors
    assert form.values()["legal_entity"] == {"id": wanted.pk, "label": "Fondation Procyon"}


@pytest.mark.parametrize("text", ["", "%", "zzz introuvable", "9" * 80])
def test_a_search_that_finds_nothing_says_so(full, form_of, text):
    shown = form_of(full[EG], EG, "identification")
    form = form_of(full[EG], EG, "identification", sent(shown, legal_entity_search=text)).after_step("chercher")
    assert "Aucune entité juridique" in form.notice


@pytest.mark.parametrize(
    ("name", "value"), [("finess", "750000000"), ("siret", "12345678901234"), ("finess", "x" * 99)]
)
def test_wrong_numbers_are_said(full, form_of, name, value):
    form = form_of(full[EG], EG, "identification", sent(form_of(full[EG], EG, "identification"), **{name: value}))
    assert not form.is_valid()
    assert name in form.errors


def test_numbers_are_typed_with_spaces(full, form_of):
    number = full[EG].finess
    spaced = f"{number[:2]} {number[2:5]} {number[5:]}"
    form = form_of(full[EG], EG, "identification", sent(form_of(full[EG], EG, "identification"), finess=spaced))
    assert form.is_valid(), form.errors
    assert form.values()["finess"] == number


def test_a_shared_siret_is_told_not_refused(full, form_of):
    GeographicEntityFactory(name="Jumeau", siret="35600000000048")
    shown = form_of(full[EG], EG, "identification")
    form = form_of(full[EG], EG, "identification", sent(shown, siret="35600000000048"))
    assert form.is_valid(), form.errors
    assert "Jumeau" in form.warnings()[0]


def test_reset_empties_the_manager_and_asks_to_confirm(full, form_of):
    shown = form_of(full[EG], EG, "responsable")
    form = form_of(full[EG], EG, "responsable", sent(shown)).after_step("reinitialiser")
    assert {form[name].value() or "" for name in form.names} == {""}
    assert "confirme" in form.notice


def test_two_referents_at_most_each_with_a_name(full, form_of):
    shown = form_of(full[EG], EG, "complements")
    form = form_of(full[EG], EG, "complements", sent(shown, referent2_email="b@altair.example"))
    assert "referent2_name" in form.errors
    form = form_of(full[EG], EG, "complements", sent(shown, referent2_name="Ana", referent2_phone="01 41 00 00 07"))
    assert form.is_valid(), form.errors
    assert form.values()["referents"] == [
        {"name": "Luc Petit", "phone": "", "email": "luc@altair.example"},
        {"name": "Ana", "phone": "0141000007", "email": ""},
    ]


@pytest.mark.parametrize(
    ("low", "high", "wrong"),
    [
        ((18, "y"), (17, "y"), True),
        ((18, "y"), (18, "y"), False),
        ((25, "m"), (1, "y"), True),
        ((0, "d"), (151, "y"), True),
        ((0, "d"), ("", "d"), False),
        (("", "y"), (5, "y"), True),
        ((10**30, "y"), (5, "y"), True),
        ((1, "x"), (5, "y"), True),
    ],
)
def test_ages_are_given_and_ordered(full, form_of, low, high, wrong):
    data = {"min_age_value": low[0], "min_age_unit": low[1], "max_age_value": high[0], "max_age_unit": high[1]}
    form = form_of(full[UO], UO, "patientele", sent(form_of(full[UO], UO, "patientele"), **data))
    assert form.is_valid() is not wrong, form.errors
    if high[0] == "":
        assert (form.values()["max_age_value"], form.values()["max_age_unit"]) == (150, "y")


def test_long_texts_count_a_line_break_once(full, form_of):
    shown = form_of(full[UO], UO, "conditions")
    text = "a" * 4998 + "\r\n" + "b"
    form = form_of(full[UO], UO, "conditions", sent(shown, pets=text))
    assert form.is_valid(), form.errors
    assert form.values()["pets"] == text.replace("\r\n", "\n")
    assert "pets" in form_of(full[UO], UO, "conditions", sent(shown, pets="a" * 5001)).errors


@pytest.mark.parametrize("value", ["-1", "2,5", "x", "9" * 30])
def test_counts_are_whole_and_not_absurd(full, form_of, value):
    form = form_of(full[UO], UO, "capacite", sent(form_of(full[UO], UO, "capacite"), installed_places=value))
    assert "installed_places" in form.errors


def test_lists_of_types_follow_the_discipline_and_the_family(full, form_of):
    full[UO].discipline = None  # as some records come: it may still be given
    full[UO].save()
    mco, lam = term(Nomenclature.DISCIPLINE, "MCO"), unit_type("95.46")
    resuscitation = unit_type("121.28")
    shown = form_of(full[UO], UO, "identification")
    form = form_of(full[UO], UO, "identification", sent(shown, discipline=mco.pk)).after_step("listes")
    offered = {pk for _, group in form.fields["unit_type"].choices[1:] for pk, _ in group}
    assert str(lam.pk) not in offered
    form = form_of(full[UO], UO, "identification", sent(shown, discipline=mco.pk))
    assert "unit_type" in form.errors
    discipline = resuscitation.parent.parent
    changes = {"discipline": discipline.pk, "family": resuscitation.parent_id, "unit_type": resuscitation.pk}
    form = form_of(full[UO], UO, "identification", sent(shown, **changes))
    assert form.is_valid(), form.errors
    assert form.values()["unit_type"]["id"] == resuscitation.pk
    assert "family" not in form.values()
    assert "vérifiez l’offre" in form.warnings()[0]


def test_a_unit_moves_within_the_scope_of_the_person_alone(world, full, form_of, cast):
    own = GeographicEntityFactory(legal_entity=world.ej, name="Voisin")
    shown = form_of(full[UO], UO, "identification", by=cast.directeur)
    for foreign in (own, world.other_eg):
        data = sent(shown, geographic_entity=foreign.pk, structure="")
        assert "geographic_entity" in form_of(full[UO], UO, "identification", data, by=cast.directeur).errors
    shown = form_of(full[UO], UO, "identification")
    form = form_of(full[UO], UO, "identification", sent(shown, geographic_entity=own.pk, structure=""))
    assert form.is_valid(), form.errors
    before = full[UO].national_id
    update_block(record=full[UO], values=form.values(), expected_version=1, by=cast.sesan, scope=scope_of(cast.sesan))
    moved = OperationalUnit.objects.get(pk=full[UO].pk)
    assert (moved.geographic_entity, moved.structure) == (own, None)
    assert not before or moved.national_id == before


def test_a_structure_of_another_establishment_is_refused(world, full, form_of):
    shown = form_of(full[UO], UO, "identification")
    foreign = StructureFactory(geographic_entity=world.other_eg)
    assert "structure" in form_of(full[UO], UO, "identification", sent(shown, structure=foreign.pk)).errors


def offered(form, name):
    return {term.pk for term in form.fields[name].terms}


def test_the_offer_is_narrowed_by_the_type(full, form_of):
    allowed, other = TermFactory(), TermFactory()
    held = term("operational_activity", "003").pk
    assert {allowed.pk, other.pk, held} <= offered(form_of(full[UO], UO, "offre"), "operational_activity")
    TermAllowanceFactory(unit_type=full[UO].unit_type, term=allowed)
    shown = form_of(full[UO], UO, "offre")
    assert allowed.pk in offered(shown, "operational_activity")
    assert held in offered(shown, "operational_activity")  # the record keeps what it holds
    assert other.pk not in offered(shown, "operational_activity")
    form = form_of(full[UO], UO, "offre", sent(shown, operational_activity=[other.pk]))
    assert "operational_activity" in form.errors


def test_a_retired_term_is_kept_and_never_chosen_anew(full, form_of):
    retired = TermFactory(retired=True, label="Ancienne activité")
    assert retired.pk not in offered(form_of(full[UO], UO, "offre"), "operational_activity")
    UnitTerm.objects.create(unit=full[UO], term=retired)
    shown = form_of(full[UO], UO, "offre")
    assert retired.pk in offered(shown, "operational_activity")
    assert "Ancienne activité (retiré)" in dict(shown.fields["operational_activity"].choices).values()
    retired.active_until = datetime.date(2099, 1, 1)
    assert form_of(full[UO], UO, "offre", sent(shown)).is_valid()


@pytest.mark.parametrize("chosen", [[], ["x"], ["9" * 40], [0]])
def test_an_activity_at_least_and_known(full, form_of, chosen):
    form = form_of(full[UO], UO, "offre", sent(form_of(full[UO], UO, "offre"), operational_activity=chosen))
    assert "operational_activity" in form.errors


def test_mode_and_public_are_preset_where_nothing_is_held(full, form_of, cast):
    unit = full[UO]
    UnitTerm.objects.filter(unit=unit, term__nomenclature="audience").delete()
    unit.care_mode = None
    unit.save()
    shown = form_of(unit, UO, "offre")
    assert shown["care_mode"].value() == unit.unit_type.preset_mode_id
    assert shown["audience"].value() == [term("audience", "07").pk]
    assert shown.fields["audience"].required
    assert form_of(unit, UO, "offre", by=cast.directeur)["care_mode"].value() is None


def test_without_a_type_the_offer_says_where_to_choose_it(full, form_of):
    unit = full[UO]
    unit.unit_type = None
    unit.save()
    shown = form_of(unit, UO, "offre")
    assert "type d’UO" in shown.blocked
    form = form_of(unit, UO, "offre", {"version": "1", "operational_activity": ["1"]})
    assert not form.is_valid()
    assert form.values() == {}


def test_a_proposal_may_change_sensitive_fields(full, form_of, cast):
    shown = form_of(full[EG], EG, "identification", by=cast.directeur, proposal=True)
    form = form_of(full[EG], EG, "identification", sent(shown, official_name="Autre"), by=cast.directeur, proposal=True)
    assert form.is_valid(), form.errors
    assert form.values()["official_name"] == "Autre"


@pytest.mark.parametrize(("sent", "refused"), [("peut-être", True), ("4", True), ("unknown", False), ("true", False)])
def test_an_answer_that_the_list_does_not_have_is_refused(full, form_of, sent, refused):
    shown = form_of(full[EG], EG, "complements")
    form = form_of(full[EG], EG, "complements", {**shown.initial, "hosts_families": sent})
    assert ("hosts_families" in form.errors) == refused


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"installed_places": 10, "single_rooms": 4, "double_rooms": 3}, []),
        ({"installed_places": "", "single_rooms": 40}, []),
        (
            {"installed_places": 10, "single_rooms": 5, "double_rooms": 3, "capacity_kind": "place"},
            ["Les chambres reçoivent 11 personnes, pour 10 places installées\u00a0: vérifiez la capacité."],
        ),
        (
            {"installed_places": 1, "single_rooms": 2, "double_rooms": "", "capacity_kind": "bed"},
            ["Les chambres reçoivent 2 personnes, pour 1 lit installé\u00a0: vérifiez la capacité."],
        ),
    ],
)
def test_rooms_beyond_the_installed_places_are_told_and_not_refused(full, form_of, changes, words):
    empty = {"single_rooms": "", "double_rooms": ""}
    form = form_of(full[UO], UO, "capacite", sent(form_of(full[UO], UO, "capacite"), **empty | changes))
    assert form.is_valid(), form.errors
    assert form.warnings() == words
