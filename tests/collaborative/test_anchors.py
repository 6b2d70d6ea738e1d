"""Links to what is missing, remarked or returned lead to something that the page of the fiche has."""

import re
from urllib.parse import urljoin

import pytest
from django.urls import reverse
from django.utils import timezone

from collaborative.enums import FicheAction
from collaborative.fiches import services as fiche_services
from collaborative.fiches.anchors import url_about
from collaborative.models import Dossier, Fiche, FieldReview
from collaborative.services import add_comment
from directory.blocks import BLOCKS
from directory.enums import RecordKind
from tests.collaborative.publishing import activity, first_audience
from tests.factories.directory import TermFactory, term

pytestmark = pytest.mark.django_db
# Lists that the page shows once the type of the unit offers some of them: their block stands for them until then.
OFFERED = {"specific_act", "care_specialisation", "resource_profession"}


def ids(client, address):
    path, _, anchor = address.partition("#")
    return anchor, set(re.findall(r'\bid="([^"]+)"', client.get(path).content.decode()))


@pytest.mark.parametrize("record", ["eg", "act", "structure"])
def test_each_field_of_a_fiche_is_reached(client, cast, desk, world, record):
    client.force_login(cast.directeur)
    for nomenclature in ("financial_aid", "place_accessibility"):
        TermFactory(nomenclature=nomenclature)
    activity(), term("audience", first_audience())
    if record == "structure":
        fiche = fiche_services.add_structure(parent=desk.fiche(world.eg), level="S1", **desk.who(None))
    else:
        fiche = desk.fiche(getattr(world, record))
    page = reverse("collaborative:fiche_detail", args=[fiche.dossier_id, fiche.pk])
    lost = []
    for block in BLOCKS[RecordKind(fiche.kind)]:
        for name in set(block.field_names) - OFFERED:
            anchor, present = ids(client, url_about(page, fiche.kind, name))
            if anchor not in present:
                lost.append((block.key, name, anchor))
    assert lost == []


def test_what_a_unit_without_a_type_lacks_leads_to_its_blocks(client, cast, desk, world):
    client.force_login(cast.directeur)
    fiche_services.add_units(parent=desk.fiche(world.eg), count=1, **desk.who(None))
    made = Fiche.objects.get(dossier=desk.dossier, action=FicheAction.CREATE)
    shown = client.get(reverse("collaborative:dossier_send", args=[desk.dossier.pk])).content.decode()
    page = reverse("collaborative:fiche_detail", args=[desk.dossier.pk, made.pk])
    linked = re.findall(rf'href="({page}#[^"]+)"', shown)
    assert len(linked) >= len(made.missing) > 0
    assert [address for address in linked if ids(client, address)[0] not in ids(client, address)[1]] == []
    shown = client.get(page).content.decode()
    points = re.search(r'<section class="panel" id="points".*?</section>', shown, re.DOTALL)[0]
    present = set(re.findall(r'\bid="([^"]+)"', shown))
    assert [anchor for anchor in re.findall(r'href="#([^"]+)"', points) if anchor not in present] == []
    assert "t-offre" in points


def test_a_photo_is_in_the_page_of_files(client, cast, desk, world):
    client.force_login(cast.directeur)
    fiche = desk.fiche(world.eg)
    add_comment(dossier=desk.dossier, fiche=fiche, field="photo", text="Trop sombre.", **desk.who(cast.sesan))
    dossier, page = (
        reverse("collaborative:dossier_detail", args=[desk.dossier.pk]),
        reverse("collaborative:fiche_detail", args=[desk.dossier.pk, fiche.pk]),
    )
    assert f'href="{page}fichiers/#photo"' in client.get(dossier).content.decode()


def test_remarks_of_the_last_review_lead_to_lists_and_files(client, cast, desk, world):
    client.force_login(cast.directeur)
    activity(), term("audience", first_audience())
    fiche, now = desk.fiche(world.act), timezone.now()
    Dossier.objects.update(decided_at=now, decided_by=cast.sesan)
    shared = {"fiche": fiche, "decision": "return", "reason": "À revoir.", "at": now, "by": cast.sesan}
    names = ("audience", "operational_activity", "weekly_hours", "email", "photo", "attachments")
    FieldReview.objects.bulk_create(FieldReview(field=name, **shared) for name in names)
    page = reverse("collaborative:fiche_detail", args=[fiche.dossier_id, fiche.pk])
    notes = client.get(page).content.decode().partition("Remarques de SESAN")[2].partition("</ul>")[0]
    linked = [urljoin(page, address) for address in re.findall(r'href="([^"]+)"', notes)]
    assert len(linked) == len(names)
    assert [address for address in linked if ids(client, address)[0] not in ids(client, address)[1]] == []
