"""Official nomenclatures: what a file adds, renames and retires, and what it leaves alone."""

import datetime
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.enums import Nomenclature
from directory.models import ImportRun, RecordChange, Term
from directory.scopes import scope_of
from directory.services import update_record
from search.models import TermKey
from tests.factories.directory import TermFactory, UnitFactory, UnitTermFactory, term
from tests.importing import import_file, reasons, verdicts, whole_report

KIND = ImportRun.Kind.NOMENCLATURE
LIST = Nomenclature.CARE_SPECIALISATION
J35 = "JDV_J35-SpecialisationDePriseEnCharge-ROR"


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    """Files of the runs go to a folder of the test."""
    settings.MEDIA_ROOT = tmp_path / "media"


def value_set(concepts, name=J35, date="2026-03-30", system="https://nos/TRE_R245-Specialisation", **more):
    """A small ValueSet: ``concepts`` maps codes to labels."""
    listed = [{"code": code, "display": label} for code, label in concepts.items()]
    content = {
        "resourceType": "ValueSet",
        "name": name,
        "date": date,
        "compose": {"include": [{"system": system, "concept": listed}]},
        **more,
    }
    return json.dumps(content, ensure_ascii=False).encode()


def code_system(concepts, url="https://nos/TRE_R245-Specialisation/FHIR/TRE-R245"):
    return json.dumps({"resourceType": "CodeSystem", "url": url, "concept": concepts}).encode()


def load(content, **options):
    return import_file(KIND, content, **options)


def active(nomenclature=LIST):
    today = timezone.localdate()
    return dict(Term.objects.of(nomenclature).active_on(today).order_by("code").values_list("code", "label"))


@pytest.fixture
def terms(db):
    """Three specialisations as the starter gives them."""
    for code, label in (("01", "Troubles alimentaires"), ("02", "Autisme"), ("03", "TDAH")):
        TermFactory(nomenclature=LIST, code=code, label=label)


def test_a_file_adds_renames_and_leaves_the_rest(terms):
    run = load(value_set({"01": "Troubles alimentaires", "02": "Spectre de l’autisme", "64": "Endométriose"}))
    assert run.state == ImportRun.State.DONE
    assert run.counts == {"created": 1, "updated": 1, "unchanged": 2}
    assert verdicts(run) == [(1, "unchanged", "01"), (2, "updated", "02"), (3, "created", "64"), (0, "unchanged", "03")]
    said = reasons(run)
    assert said["02"] == "Renommé\u00a0: «\u00a0Autisme\u00a0» devient «\u00a0Spectre de l’autisme\u00a0»."
    assert said["03"] == "Absent du fichier\u00a0: laissé en vigueur."
    assert active() == {
        "01": "Troubles alimentaires",
        "02": "Spectre de l’autisme",
        "03": "TDAH",
        "64": "Endométriose",
    }
    added = Term.objects.get(nomenclature=LIST, code="64")
    assert (added.source, added.active_from) == ("JDV_J35 (2026-03-30)", timezone.localdate())
    assert added.order > 0


def test_a_second_run_changes_nothing(terms):
    content = value_set({"01": "Alimentation", "64": "Endométriose"})
    load(content, retire=True)
    before = list(Term.objects.order_by("pk").values())
    lines = RecordChange.objects.count()
    again = load(content, retire=True)
    assert set(again.counts) == {"unchanged"}
    assert list(Term.objects.order_by("pk").values()) == before
    assert RecordChange.objects.count() == lines


def test_a_dry_run_says_the_same_and_writes_nothing(terms):
    content = value_set({"01": "Alimentation", "02": "Autisme", "64": "Endométriose", "": "Sans code"})
    before = list(Term.objects.order_by("pk").values())
    tried = load(content, dry_run=True, retire=True)
    assert list(Term.objects.order_by("pk").values()) == before
    assert not RecordChange.objects.exists()
    assert whole_report(tried) == whole_report(load(content, retire=True))


def test_a_file_older_than_the_list_says_so_first(terms):
    load(value_set({"01": "Nom de mars"}))
    for dry_run in (True, False):
        run = load(value_set({"01": "Nom de février"}, date="2026-02-01"), dry_run=dry_run, older=True)
        number, verdict, said = whole_lines(run)[0]
        assert (number, verdict) == (0, "unchanged")
        assert "est du 01/02/2026, la liste a déjà reçu celui du 30/03/2026" in said
    again = load(value_set({"01": "Nom de février"}, date="2026-02-01"), older=True)
    assert "updated" not in again.counts
    newer = load(value_set({"01": "Nom d’avril"}, date="2026-04-01"))
    assert not [said for _, _, said in whole_lines(newer) if "déjà reçu" in said]
    unreadable = load(value_set({"01": "Autre nom"}, date="2026-02-31"))
    assert unreadable.state == "done"


def test_an_older_file_is_imported_only_when_that_is_accepted(terms, cast, client):
    load(value_set({"01": "Nom de mars"}))
    old = value_set({"01": "Nom de février"}, date="2026-02-01")
    refused = load(old)
    assert refused.state == ImportRun.State.REFUSED
    assert "Accepter un fichier plus ancien" in refused.error
    run = load(old, dry_run=True, by=cast.sesan)
    client.force_login(cast.sesan)
    page = client.get(reverse("directory:import_detail", args=[run.pk])).text
    assert "la liste a déjà reçu celui du 30/03/2026" in page
    assert "bien qu’il soit plus ancien" in page
    client.post(reverse("directory:import_confirm", args=[run.pk]))
    assert not ImportRun.objects.filter(options__after=run.pk).exists()
    client.post(reverse("directory:import_confirm", args=[run.pk]), {"older": "on"})
    assert ImportRun.objects.get(options__after=run.pk).options["older"] is True


def test_the_preview_shows_what_changes_first(terms, cast, client):
    run = load(value_set({"01": "Un", "02": "Nouveau nom", "99": "Terme neuf"}), dry_run=True, by=cast.sesan)
    client.force_login(cast.sesan)
    page = client.get(reverse("directory:import_detail", args=[run.pk])).text.partition("plain ledger")[2]
    words = [">Ajouté<", ">Modifié<", ">Inchangé<"]
    places = [page.find(word) for word in words if word in page]
    assert places == sorted(places)
    assert ">Ajouté<" in page


def test_a_file_that_names_another_list_than_the_chosen_one_is_refused(terms):
    refused = load(value_set({"01": "x"}), list="activites")
    assert refused.state == ImportRun.State.REFUSED
    assert "dit la liste nationale J35" in refused.error
    assert load(value_set({"01": "x"}, name="Sans numéro", system="x"), list="specialisations").state == "done"


def whole_lines(run):
    return [(line.number, line.verdict, line.reason) for line in run.lines.order_by("number", "pk")]


def test_absent_terms_are_retired_only_when_asked(terms):
    unit = UnitFactory(terms=[Term.objects.get(nomenclature=LIST, code="03")])
    run = load(value_set({"01": "Troubles alimentaires", "02": "Autisme"}), retire=True)
    assert run.counts == {"unchanged": 2, "closed": 1}
    assert "03" not in active()
    retired = Term.objects.get(nomenclature=LIST, code="03")
    assert retired.active_until == timezone.localdate()
    assert unit.terms.filter(pk=retired.pk).exists()
    back = load(value_set({"01": "Troubles alimentaires", "02": "Autisme", "03": "TDAH"}))
    assert reasons(back)["03"] == "De nouveau en vigueur."
    assert "03" in active()


def test_regional_terms_are_never_retired(terms, cast):
    TermFactory(nomenclature=LIST, code="R-1", source="named in the seed; regional")
    run = load(value_set({"01": "Troubles alimentaires", "02": "Autisme", "03": "TDAH"}), retire=True)
    assert reasons(run)["R-1"] == "Absent du fichier\u00a0: terme régional, gardé."
    assert "R-1" in active()


def test_what_support_has_written_is_left_and_said(terms, cast):
    mine = Term.objects.get(nomenclature=LIST, code="01")
    update_record(
        record=mine, changes={"label": "Mon libellé"}, expected_version=1, by=cast.sesan, scope=scope_of(cast.sesan)
    )
    gone = Term.objects.get(nomenclature=LIST, code="02")
    update_record(
        record=gone,
        changes={"active_until": datetime.date(2025, 1, 1)},
        expected_version=1,
        by=cast.sesan,
        scope=scope_of(cast.sesan),
    )
    run = load(value_set({"01": "Libellé national", "02": "Autisme", "03": "TDAH"}))
    assert run.counts == {"unchanged": 3}
    assert "laissé tel quel" in reasons(run)["01"]
    assert "Mon libellé" in reasons(run)["01"]
    assert reasons(run)["02"] == "Retiré le 01/01/2025 par le support, laissé tel quel."
    assert active() == {"01": "Mon libellé", "03": "TDAH"}


def test_a_label_renamed_by_an_import_is_renamed_again(terms, cast):
    load(value_set({"01": "Deuxième"}), by=cast.sesan)
    run = load(value_set({"01": "Troisième"}), by=cast.sesan)
    assert run.counts["updated"] == 1
    assert active()["01"] == "Troisième"


def test_labels_of_the_seeds_stay_and_the_national_ones_join_the_synonyms(db):
    term(Nomenclature.CARE_MODE, "58")
    content = value_set({"58": "Suivi ou coordination de parcours (SCP)"}, name="JDV_J19-Mode", system="TRE_R213")
    run = load(content)
    assert run.counts == {"updated": 1}
    mode = Term.objects.get(nomenclature=Nomenclature.CARE_MODE, code="58")
    assert mode.label == "Coordination de parcours"
    assert "Suivi ou coordination de parcours (SCP)" in mode.synonyms
    assert load(content).counts == {"unchanged": 1}


def test_every_change_is_in_the_history_with_its_reason(terms, cast):
    load(value_set({"01": "Alimentation", "64": "Endométriose"}), by=cast.sesan, retire=True)
    lines = RecordChange.objects.filter(record_kind="term")
    assert {(line.action, line.by, line.role) for line in lines} == {
        ("created", cast.sesan, "support"),
        ("changed", cast.sesan, "support"),
    }
    assert set(lines.values_list("reason", flat=True)) == {"Import de la nomenclature JDV_J35 (2026-03-30)"}
    renamed = lines.get(record_id=Term.objects.get(nomenclature=LIST, code="01").pk)
    assert renamed.changes["label"] == ["Troubles alimentaires", "Alimentation"]


def test_the_search_follows(terms):
    UnitTermFactory(term=Term.objects.get(nomenclature=LIST, code="01"))
    load(value_set({"01": "Anorexie", "64": "Endométriose"}))
    keys = " ".join(TermKey.objects.filter(term__nomenclature=LIST).values_list("key", flat=True))
    assert "anorexie" in keys
    assert "endometriose" in keys


def test_bad_lines_are_refused_alone(terms):
    concepts = [
        {"code": "01", "display": "Troubles alimentaires"},
        {"code": "47", "display": ""},
        {"display": "Sans code"},
        "pas un objet",
        {"code": "64", "display": "Endométriose"},
        {"code": "64", "display": "Encore"},
        {"code": "65", "display": "a\0b"},
        {"code": "6" * 25, "display": "Code trop long"},
        {"code": "66", "display": "x" * 256},
    ]
    content = json.dumps({"resourceType": "ValueSet", "name": J35, "compose": {"include": [{"concept": concepts}]}})
    run = load(content.encode())
    refused = [number for number, verdict, _ in verdicts(run) if verdict == "refused"]
    assert refused == [2, 3, 4, 6, 7, 8, 9]
    assert reasons(run)["47"] == "Terme sans libellé."
    assert active()["64"] == "Endométriose"


def test_a_code_system_gives_its_tree_and_its_ends(terms):
    ended = [{"code": "dateFin", "valueDateTime": "2025-12-31T00:00:00+01:00"}]
    deprecated = [{"code": "status", "valueCode": "deprecated"}]
    inactive = [{"code": "inactive", "valueBoolean": True}]
    concepts = [
        {"code": "10", "display": "Handicap", "concept": [{"code": "11", "display": "Polyhandicap"}]},
        {"code": "01", "display": "Troubles alimentaires", "property": ended},
        {"code": "02", "display": "Autisme", "property": deprecated},
        {"code": "99", "display": "Ancien", "property": inactive},
    ]
    run = load(code_system(concepts))
    assert run.counts == {"created": 2, "closed": 2, "unchanged": 2}
    assert Term.objects.get(nomenclature=LIST, code="11").parent.code == "10"
    assert Term.objects.get(nomenclature=LIST, code="01").active_until == datetime.date(2025, 12, 31)
    assert not Term.objects.filter(code="99").exists()
    assert Term.objects.get(nomenclature=LIST, code="10").source == "TRE_R245"


def test_an_expansion_wins_over_the_composition(terms):
    content = value_set(
        {}, expansion={"contains": [{"abstract": True, "contains": [{"code": "70", "display": "Neuf"}]}]}
    )
    assert load(content).counts["created"] == 1


def test_codes_of_professions_carry_their_system(db):
    content = json.dumps(
        {
            "resourceType": "ValueSet",
            "name": "JDV_J186-ProfessionRessource-ROR",
            "compose": {
                "include": [
                    {"system": "https://nos/TRE_R95-UsagerTitre", "concept": [{"code": "71", "display": "Ostéopathe"}]},
                    {"system": "https://nos/TRE_R356-Profession", "concept": [{"code": "71", "display": "Chirurgien"}]},
                ]
            },
        }
    ).encode()
    assert load(content).counts == {"created": 2}
    assert active(Nomenclature.RESOURCE_PROFESSION) == {"R356-71": "Chirurgien", "R95-71": "Ostéopathe"}
    TermFactory(nomenclature=Nomenclature.RESOURCE_PROFESSION, code="G15-10")
    alone = code_system([{"code": "71", "display": "Chirurgien"}], url="https://nos/TRE_R356-Profession")
    assert load(alone, retire=True).counts == {"unchanged": 1}


def test_the_list_is_told_by_the_file_its_name_or_the_person(terms):
    nameless = value_set({"64": "Endométriose"}, name="Liste", system="")
    assert load(nameless, name="JDV_J35.json").state == ImportRun.State.DONE
    assert load(nameless, list="specialisations").state == ImportRun.State.DONE
    refused = load(nameless)
    assert refused.state == ImportRun.State.REFUSED
    assert "choisissez la liste" in refused.error


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "vide"),
        (b"pas du JSON", "JSON lisible"),
        (b"\xff\xfe\x00", "JSON lisible"),
        (b"[" * 100_000, "JSON lisible"),
        (b"[]", "ni un ValueSet"),
        (b'{"resourceType": "Patient"}', "ni un ValueSet"),
        (b'{"resourceType": "ValueSet", "name": "JDV_J35"}', "ne liste pas"),
        (b'{"resourceType": "ValueSet", "compose": {"include": [{"system": "x"}]}}', "ne liste pas"),
        (b'{"resourceType": "ValueSet", "compose": {"include": 3}, "expansion": "x"}', "ne liste pas"),
        (b'{"resourceType": "CodeSystem", "concept": {"code": "1"}}', "ne liste pas"),
        (value_set({"01": "x"}, name="JDV_J226-ModaliteAccueil-ROR", system=""), "J226"),
        (value_set({"01": "x"}, name="JDV_J20-ChampActivite-ROR"), "sigles régionaux"),
        (value_set({"01": "x"}, name="JDV_J238-TypeOffre-ROR"), "codes de cette liste"),
    ],
)
def test_an_unreadable_file_is_refused_whole(terms, content, said):
    run = load(content)
    assert run.state == ImportRun.State.REFUSED
    assert said in run.error
    assert Term.objects.count() == 3


def test_a_file_beyond_the_limit_is_refused_whole(terms, monkeypatch):
    monkeypatch.setattr("directory.imports.nomenclatures.MAX_BYTES", 1024**2)
    run = load(value_set({"01": "x" * 1024**2}))
    assert run.error == "Le fichier est trop gros\u00a0: 1 Mo au plus."


def test_somebody_without_the_right_imports_nothing(terms, cast):
    run = load(value_set({"01": "Autre"}), by=cast.directeur)
    assert run.state == ImportRun.State.REFUSED
    assert active()["01"] == "Troubles alimentaires"


def test_the_reference_files_leave_what_an_import_wrote(db):
    call_command("load_reference", stdout=StringIO())
    load(value_set({"01": "Nouveau libellé"}))
    call_command("load_reference", stdout=StringIO())
    assert active()["01"] == "Nouveau libellé"


def command(tmp_path, content, *arguments, name="JDV_J35.json"):
    path = tmp_path / name
    path.write_bytes(content)
    out = StringIO()
    try:
        call_command("import_nomenclature", str(path), *arguments, stdout=out)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


def test_the_command_tells_by_its_exit_code(terms, tmp_path):
    report = tmp_path / "rapport.csv"
    good = value_set({"01": "Alimentation"})
    assert command(tmp_path, good, "--dry-run")[0] == 0
    assert active()["01"] == "Troubles alimentaires"
    assert command(tmp_path, good, "--retire", "--report", str(report))[0] == 0
    assert active() == {"01": "Alimentation"}
    assert "Renommé" in report.read_text(encoding="utf-8-sig")
    assert command(tmp_path, value_set({"01": "Alimentation", "05": ""}))[0] == 2
    for content, arguments in ((b"{", ()), (good, ("--list", "inconnue"))):
        with pytest.raises(CommandError) as refused:
            command(tmp_path, content, *arguments)
        assert refused.value.returncode == 1
    with pytest.raises(CommandError) as refused:
        call_command("import_nomenclature", str(tmp_path / "absent.json"))
    assert refused.value.returncode == 1


labels = st.text(alphabet="abc é’\0=", max_size=6)
concepts = st.lists(st.fixed_dictionaries({"code": st.sampled_from(["", "1", "2", "3", "R-9"]), "display": labels}))


@pytest.mark.django_db
@settings(max_examples=40)
@given(concepts=concepts.filter(bool), retire=st.booleans())
def test_whatever_the_file_a_second_run_changes_nothing(concepts, retire):
    content = json.dumps({"resourceType": "ValueSet", "name": J35, "compose": {"include": [{"concept": concepts}]}})
    with transaction.atomic():
        TermFactory(nomenclature=LIST, code="3", label="Trois")
        TermFactory(nomenclature=LIST, code="4", label="Quatre")
        tried = load(content.encode(), dry_run=True, retire=retire)
        first = load(content.encode(), retire=retire)
        assert whole_report(tried) == whole_report(first)
        state = list(Term.objects.order_by("pk").values("code", "label", "active_until", "version"))
        second = load(content.encode(), retire=retire)
        assert set(second.counts) <= {"unchanged", "refused"}
        assert second.counts.get("refused") == first.counts.get("refused")
        assert list(Term.objects.order_by("pk").values("code", "label", "active_until", "version")) == state
        transaction.set_rollback(True)
