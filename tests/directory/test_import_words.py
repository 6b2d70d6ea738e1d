"""Each kind of file calls its verdicts by its own words, on the page and in the report."""

import pytest
from django.urls import reverse

from directory.enums import Nomenclature
from directory.imports.contract import WORDS, Verdict
from directory.imports.registry import importers
from directory.models import ImportRun
from tests.directory.test_import_nomenclature import value_set
from tests.factories.directory import TermFactory
from tests.importing import import_file


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    """Files of the runs go to a folder of the test."""
    settings.MEDIA_ROOT = tmp_path / "media"


def test_every_kind_has_an_importer_and_words_for_every_verdict():
    assert {importer.kind for importer in importers()} == set(ImportRun.Kind)
    assert all(set(importer.words) == set(WORDS) == set(Verdict) for importer in importers())


@pytest.mark.django_db
def test_a_preview_of_terms_says_added_renamed_and_retired(client, cast):
    for code, label in (("01", "Un"), ("02", "Deux"), ("03", "Trois")):
        TermFactory(nomenclature=Nomenclature.CARE_SPECIALISATION, code=code, label=label)
    content = value_set({"01": "Un", "02": "Second", "09": "Neuf"})
    run = import_file(ImportRun.Kind.NOMENCLATURE, content, dry_run=True, by=cast.sesan, retire=True)
    client.force_login(cast.sesan)
    page = client.get(reverse("directory:import_detail", kwargs={"run_id": run.pk})).content.decode()
    for words in ("Ajoutés (1)", "Renommés ou modifiés (1)", "Inchangés (1)", "Retirés (1)", ">Ajouté<", ">Retiré<"):
        assert words in page
    report = client.post(reverse("directory:import_report", kwargs={"run_id": run.pk}))
    assert ";Retiré;03;Trois;" in b"".join(report.streaming_content).decode("utf-8-sig")


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [importer.kind for importer in importers()])
def test_the_page_of_a_kind_offers_its_options_and_its_template(client, cast, kind):
    client.force_login(cast.sesan)
    page = client.get(reverse("directory:import_create", kwargs={"kind": kind})).content.decode()
    has_template = kind in {ImportRun.Kind.UNITS, ImportRun.Kind.ACCOUNTS}
    assert ("Télécharger le modèle à remplir" in page) == has_template
    assert ("Retirer les termes absents du fichier" in page) == (kind == ImportRun.Kind.NOMENCLATURE)
    refused = client.post(reverse("directory:import_create", kwargs={"kind": kind}), {"list": "inconnue"})
    assert refused.status_code == 422
