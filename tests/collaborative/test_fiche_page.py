"""The page of a fiche: one form of all blocks, two ways of saving it, what stands against a save."""

import pytest
from django.db import connection
from django.forms import CheckboxInput, CheckboxSelectMultiple
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from collaborative.enums import FicheAction, FicheState
from collaborative.fiches import services as fiche_services
from collaborative.fiches.form import FicheForm
from collaborative.models import Dossier, Fiche
from collaborative.services import open_dossier, propose_entity
from directory.enums import Nomenclature
from directory.scopes import scope_of
from tests.factories.directory import StructureFactory, TermFactory
from tests.test_query_budgets import ENVELOPE

BOXES = (CheckboxInput, CheckboxSelectMultiple)
pytestmark = pytest.mark.django_db


def url(fiche, name="fiche_detail"):
    return reverse(f"collaborative:{name}", args=[fiche.dossier_id, fiche.pk])


def sent(fiche, user, **typed):
    """What a browser would send of the form untouched, and what is ``typed`` over it (« block-name »)."""
    fiche = Fiche.objects.whole().get(pk=fiche.pk)
    typed = {name.replace("__", "-"): value for name, value in typed.items()}
    return {
        name: value for name, value in (filled(FicheForm(fiche, scope_of(user))) | typed).items() if value is not None
    }


def filled(form):
    """What the fields of a form hold, by name; ``None`` for a box that is not ticked."""
    data = {"version": str(form.fiche_version), "version_repertoire": str(form.record_version), "vu": form.seen}
    for block in form.blocks:
        for bound in block:
            if bound.name == "version":
                continue
            value = bound.value()
            if value in (None, False, "", []):
                value = None if isinstance(bound.field.widget, BOXES) else ""
            data[bound.html_name] = "on" if value is True else value
    return data


@pytest.fixture
def director(client, cast):
    client.force_login(cast.directeur)
    return client


def test_the_form_of_a_unit_has_all_its_blocks_and_no_place(director, desk, world):
    page = director.get(url(desk.fiche(world.act))).content.decode()
    for words in ("Enr. et mettre en attente", "Enr. et finaliser", "Annuler", "Afficher la légende", "Identification"):
        assert words in page
    assert "Afficher les infobulles" in page
    assert 'name="identification-name"' in page
    assert 'name="horaires-p0-j1-0-de"' in page
    assert "identification-geographic_entity" not in page
    assert "Champ sensible\u00a0: validé par SESAN." in page


@pytest.mark.parametrize("record", ["eg", "act"])
def test_a_form_sent_untouched_proposes_nothing(director, desk, world, cast, record):
    fiche = desk.fiche(getattr(world, record))
    answer = director.post(url(fiche), sent(fiche, cast.directeur, acte="attente"))
    assert answer.status_code == 302
    fiche.refresh_from_db()
    assert fiche.values == {}
    assert fiche.state == FicheState.PENDING


def test_on_hold_accepts_what_is_missing_and_refuses_what_is_wrong(director, desk, world, cast):
    fiche = desk.fiche(world.eg)
    typed = {"identification__name": "", "contact__phone": "12"}
    answer = director.post(url(fiche), sent(fiche, cast.directeur, acte="attente", **typed))
    assert answer.status_code == 422
    assert 'href="#id_contact-phone"' in answer.content.decode()
    assert "id_identification-name_error" not in answer.content.decode()
    answer = director.post(url(fiche), sent(fiche, cast.directeur, acte="attente", identification__name=""))
    assert answer.status_code == 302
    fiche.refresh_from_db()
    assert fiche.values == {"name": ""}
    assert "name" in {row["name"] for row in fiche.missing}


def test_finalising_a_new_unit_without_any_field_is_refused(director, desk, world):
    [fiche] = fiche_services.add_units(parent=desk.fiche(world.eg), count=1, **desk.who(None))
    answer = director.post(url(fiche), {"acte": "finaliser", "version": fiche.version})
    assert answer.status_code == 400
    fiche.refresh_from_db()
    assert fiche.state != FicheState.FINALISED


def test_finalising_asks_for_all_with_links(director, desk, world, cast):
    fiche = desk.fiche(world.eg)
    answer = director.post(url(fiche), sent(fiche, cast.directeur, acte="finaliser", identification__official_name=""))
    assert answer.status_code == 422
    assert 'href="#id_identification-official_name"' in answer.content.decode()


def test_a_new_unit_chooses_its_type_then_its_offer(director, desk, world, cast):
    [fiche] = fiche_services.add_units(parent=desk.fiche(world.eg), count=1, **desk.who(None))
    assert "Choisissez d’abord le type d’UO" in director.get(url(fiche)).content.decode()
    chosen = {
        "identification__name": "Équipe mobile",
        "identification__discipline": str(world.act.discipline_id),
        "identification__unit_type": str(world.act.unit_type_id),
    }
    step = sent(fiche, cast.directeur, **chosen) | {"identification-etape": "listes", "contacts-fax": "01"}
    page = director.post(url(fiche), step).content.decode()
    assert 'name="offre-care_mode"' in page
    assert 'value="Équipe mobile"' in page
    assert 'value="01"' in page
    fiche.refresh_from_db()
    assert fiche.values == {}
    answer = director.post(url(fiche), sent(fiche, cast.directeur, acte="attente", **chosen))
    assert answer.status_code == 302
    fiche.refresh_from_db()
    assert (fiche.name, fiche.state, fiche.values["unit_type"]["id"]) == (
        "Équipe mobile",
        FicheState.PENDING,
        world.act.unit_type_id,
    )


STEPS = [
    ("act_mobile", "intervention", "ajouter", {"ajout": "Nanterre"}, "Territoire d’intervention", True),
    ("act", "horaires", "plage-0-1", {"p0-j1-0-de": "09:00", "p0-j1-0-a": "17:00"}, "Horaires", True),
    ("eg", "responsable", "reinitialiser", {}, "Nom du responsable", False),
]


@pytest.mark.parametrize(("record", "block", "step", "typed", "label", "done"), STEPS, ids=[row[1] for row in STEPS])
def test_the_checklist_after_a_step_tells_what_the_page_shows(  # without JavaScript, the page is made anew
    director, desk, world, cast, record, block, step, typed, label, done
):
    type(world.eg).objects.update(manager_last_name="Prévost")
    fiche = desk.fiche(getattr(world, record))
    data = sent(fiche, cast.directeur, **{f"{block}__{name}": value for name, value in typed.items()})
    page = director.post(url(fiche), data | {f"{block}-etape": step})
    shown = {item.label: item.done for item in page.context["checklist"].recommended}
    assert shown[label] is done
    said = {name: value for name, value in filled(page.context["form"]).items() if value is not None}
    kept = director.post(url(fiche, "fiche_draft"), said).json()["checklist"]
    assert (
        kept.split()
        == render_to_string("collaborative/checklist.html", {"checklist": page.context["checklist"]}).split()
    )


def test_sensitive_fields_are_open_in_a_fiche(director, desk, world, cast):
    other = TermFactory(nomenclature=Nomenclature.EG_CATEGORY)
    fiche = desk.fiche(world.eg)
    director.post(url(fiche), sent(fiche, cast.directeur, acte="attente", identification__category=str(other.pk)))
    fiche.refresh_from_db()
    assert fiche.values["category"]["id"] == other.pk


def test_a_structure_has_its_form(director, desk, world, cast):
    made = fiche_services.add_structure(parent=desk.fiche(world.eg), level="S1", **desk.who(None))
    director.post(url(made), sent(made, cast.directeur, acte="finaliser", identification__name="Pôle"))
    made.refresh_from_db()
    assert (made.name, made.state) == ("Pôle", FicheState.FINALISED)


def test_both_versions_are_shown_and_nothing_typed_is_lost(director, desk, world, cast):
    fiche = desk.fiche(world.act)
    mine = sent(fiche, cast.directeur, acte="attente", identification__name="Le mien")
    desk.save(fiche, {"name": "Le leur", "email": "neuf@example.org"}, by=cast.sesan)
    answer = director.post(url(fiche), mine)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Le leur" in page
    assert 'value="Le mien"' in page
    assert 'value="neuf@example.org"' in page  # left alone by this person: the saved value is taken
    assert "Reprendre la valeur enregistrée" in page
    form = answer.context["form"]
    again = mine | {"version": str(form.fiche_version), "vu": form.seen, "secretariat-email": "neuf@example.org"}
    taken = director.post(url(fiche), again | {"acte": "reprendre:name"}).content.decode()
    assert 'value="Le leur"' in taken
    assert director.post(url(fiche), again).status_code == 302
    fiche.refresh_from_db()
    assert fiche.values == {"name": "Le mien", "email": "neuf@example.org"}


def test_a_dossier_sent_meanwhile_keeps_what_was_typed_in_sight(director, desk, world, cast):
    fiche = desk.fiche(world.act)
    mine = sent(fiche, cast.directeur, acte="finaliser", identification__name="ACT Vesta")
    lam = desk.fiche(world.lam)
    fiche_services.remove_fiche(fiche=lam, expected_version=lam.version, **desk.who(cast.sesan))
    desk.apply("send", by=cast.sesan)
    answer = director.post(url(fiche), mine)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "est en validation" in page
    assert 'value="ACT Vesta"' in page
    assert "Enr. et finaliser" not in page
    assert director.get(url(fiche)).context["may_edit"] is False


def test_a_removed_fiche_is_read_and_restored(director, desk, world):
    fiche = desk.fiche(world.lam)
    fiche_services.remove_fiche(fiche=fiche, expected_version=fiche.version, **desk.who(None))
    page = director.get(url(fiche)).content.decode()
    assert "Rétablir" in page
    assert "fermée définitivement" in page


@pytest.mark.parametrize("name", ["stranger", "consultation", "responsable", "pdses", "ars"])
def test_others_do_not_know_of_it(client, desk, world, cast, name):
    client.force_login(getattr(cast, name))
    for page in ("fiche_detail", "fiche_preview", "fiche_files"):
        assert client.get(url(desk.fiche(world.act), page)).status_code == 404


@pytest.mark.parametrize("typed", [{"version": ""}, {"version": "9" * 30}, {"version_repertoire": "x"}, {"vu": "{"}])
def test_bad_input_is_no_error_of_ours(director, desk, world, cast, typed):
    fiche = desk.fiche(world.act)
    answer = director.post(url(fiche), sent(fiche, cast.directeur, acte="attente") | typed)
    assert answer.status_code in {302, 409, 422}


def test_a_nul_pasted_with_a_text_is_left_out_of_it(director, desk, world, cast):
    fiche = desk.fiche(world.act)
    typed = {"identification__name": "ACT\x00 Vesta", "identification__official_name": "ACT\x00"}
    assert director.post(url(fiche), sent(fiche, cast.directeur, **typed, acte="attente")).status_code == 302
    fiche.refresh_from_db()
    assert fiche.values["name"] == "ACT Vesta"
    kept = sent(fiche, cast.directeur, identification__name="ACT\x00 Neuf")
    assert director.post(url(fiche, "fiche_draft"), kept).status_code == 200
    assert "ACT Neuf" in director.get(f"{url(fiche)}?brouillon=reprendre\x00").text


def test_the_preview_shows_the_record_as_it_will_be(director, desk, world):
    fiche = desk.fiche(world.act)
    desk.save(fiche, {"name": "ACT Vesta", "admission_conditions": "Sur dossier."})
    page = director.get(url(fiche, "fiche_preview")).content.decode()
    assert "ACT Vesta" in page
    assert "Sur dossier." in page
    [new] = fiche_services.add_units(parent=desk.fiche(world.eg), count=1, **desk.who(None))
    assert director.get(url(new, "fiche_preview")).status_code == 200
    assert director.get(url(desk.fiche(world.eg), "fiche_preview")).status_code == 200


def test_a_new_establishment_is_described_from_nothing(client, cast, world):
    client.force_login(cast.sesan)
    dossier = propose_entity(
        legal_entity=world.ej,
        entity_name="Maison neuve",
        by=cast.sesan,
        scope=scope_of(cast.sesan),
        now=timezone.now(),
    )
    top = dossier.fiches.get()
    assert client.get(url(top)).status_code == 200
    assert client.get(url(top, "fiche_preview")).status_code == 200
    typed = {"adresse__commune": "", "adresse__street_name": "rue des Lilas", "acte": "attente"}
    assert client.post(url(top), sent(top, cast.sesan, **typed)).status_code == 302
    top.refresh_from_db()
    assert top.values["street_name"] == "rue des Lilas"
    assert top.values["legal_entity"]["id"] == world.ej.pk
    [unit] = fiche_services.add_units(
        parent=top, count=1, by=cast.sesan, scope=scope_of(cast.sesan), now=timezone.now()
    )
    assert client.get(url(unit)).status_code == 200
    assert client.get(url(unit, "fiche_preview")).status_code == 200


def queries(captured):
    return [one["sql"] for one in captured if not ENVELOPE.match(one["sql"])]


def test_a_fiche_of_a_big_dossier_keeps_to_its_queries(director, desk, world):
    top = desk.fiche(world.eg)
    for _ in range(6):
        fiche_services.add_units(parent=top, count=50, **desk.who(None))
    director.get("/dossiers/")
    for fiche in (desk.fiche(world.act), top, Fiche.objects.filter(action=FicheAction.CREATE).first()):
        with CaptureQueriesContext(connection) as captured:
            assert director.get(url(fiche)).status_code == 200
        own = queries(captured)
        assert len(own) <= 15, "\n".join(sql[:160] for sql in own)


PAGES = {"fiche_detail": 15, "fiche_preview": 15, "fiche_files": 15}  # queries of each


@pytest.fixture
def deep(world, cast):
    """A hospital of four levels: ``world.eg`` › S1 › S2 › UF › UO; its dossier, with a new UO and a new UF beside."""
    above, chain = None, []
    for level in ("S1", "S2", "UF"):
        above = StructureFactory(geographic_entity=world.eg, level=level, name=f"Pôle {level}", parent=above)
        chain.append(above)
    world.act.structure = above
    world.act.save()
    who = {"by": cast.directeur, "scope": scope_of(cast.directeur), "now": timezone.now()}
    dossier = open_dossier(entity=world.eg, **who)
    [made] = fiche_services.add_units(parent=dossier.fiches.get(structure=above), count=1, **who)
    new_uf = fiche_services.add_structure(parent=dossier.fiches.get(structure=chain[1]), level="UF", **who)
    [below_new] = fiche_services.add_units(parent=new_uf, count=1, **who)
    known = [dossier.fiches.get(structure=one) for one in chain]
    return [dossier.fiches.get(unit=world.act), made, below_new, new_uf, *known]


@pytest.mark.parametrize("name", PAGES)
def test_pages_of_a_fiche_below_structures_keep_to_their_queries(director, deep, name):
    director.get("/dossiers/")
    found = {}
    for fiche in deep:
        if name == "fiche_files" and fiche.kind == "structure":
            continue
        for visit in ("first", "again"):
            with CaptureQueriesContext(connection) as captured:
                assert director.get(url(fiche, name)).status_code == 200
            found[str(fiche.kind), fiche.pk, visit] = queries(captured)
    worst = max(found.values(), key=len)
    assert len(worst) <= PAGES[name], "\n".join(sql[:160] for sql in worst)


def test_a_read_fiche_below_structures_keeps_to_its_queries(director, cast, deep):
    sent_by = {"state": "sent", "sent_by": cast.directeur, "sent_at": timezone.now()}
    Dossier.objects.filter(pk=deep[0].dossier_id).update(**sent_by)
    director.get("/dossiers/")
    for fiche in deep:
        with CaptureQueriesContext(connection) as captured:
            assert "lecture seule" in director.get(url(fiche)).content.decode()
        own = queries(captured)
        assert len(own) <= 15, "\n".join(sql[:160] for sql in own)
