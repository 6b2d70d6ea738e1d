"""A director pastes a territory, moves an address, puts a photo and an attachment, with and without JavaScript."""

import io
import re

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import expect

from directory.models import Attachment, Commune, GeographicEntity, InterventionArea
from directory.reference.files import read_communes
from tests.factories.directory import AttachmentFactory, InterventionAreaFactory, commune

SIZES = {"phone": {"width": 360, "height": 1800}, "laptop": {"width": 1280, "height": 1400}}
WITH_AND_WITHOUT_SCRIPT = pytest.mark.parametrize(
    "script",
    [
        pytest.param(True, id="script"),
        pytest.param(False, id="no-script", marks=pytest.mark.browser_context_args(java_script_enabled=False)),
    ],
)
HOMONYMS = ("94048", "77278")  # Marolles-en-Brie
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture
def director(page, live_server, open_session, cast, world, settings):
    """The director's browser; communes of the Hauts-de-Seine and around; files kept in memory."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    }
    for row in read_communes():
        if row.department == "92" or row.insee in {*HOMONYMS, "75110", "93070"}:
            commune(row.insee)
    InterventionAreaFactory(unit=world.act, commune=commune("92050"))
    open_session(cast.directeur)
    return page


def open_block(page, server, record, block):
    name = "geographic_entity_detail" if isinstance(record, GeographicEntity) else "unit_detail"
    page.goto(f"{server.url}{reverse(f'directory:{name}', args=[record.pk])}")
    page.locator(f"#{block}").get_by_role("link", name=re.compile("^Modifier un encadré")).click()
    form = page.locator(f"#{block} form")
    expect(form).to_be_visible()
    return form


def forty_lines():
    """Forty lines: 35 communes of the Hauts-de-Seine, Paris 10 and Saint-Ouen, two doubtful, one unknown."""
    names = [row.name for row in read_communes() if row.department == "92" and row.insee != "92050"]
    spelt = [name.upper() if rank % 2 else name.replace("-", " ") for rank, name in enumerate(names)]
    return "\n".join([*spelt, "75010 PARIS", "93400 St Ouen", "Marolles-en-Brie", "Nanterr", "Atlantide"])


@pytest.mark.console_errors("422")
@WITH_AND_WITHOUT_SCRIPT
def test_a_territory_of_forty_communes_is_pasted(director, live_server, world, script):
    page = director
    form = open_block(page, live_server, world.act, "intervention")
    form.get_by_text("Coller une liste de communes").click()
    form.get_by_label("Coller une liste").fill(forty_lines())
    form.get_by_role("button", name="Reconnaître la liste").click()
    expect(page.get_by_text("40 lignes lues\u00a0: 37 lignes reconnues, 2 à préciser, 1 inconnue.")).to_be_visible()
    expect(form.get_by_text("Atlantide")).to_be_visible()
    assert InterventionArea.objects.filter(unit=world.act).count() == 1
    form.get_by_label("Marolles-en-Brie (94440)").check()
    form.get_by_role("button", name="Ajouter les communes cochées").click()
    expect(page.get_by_text("1 commune ajoutée.")).to_be_visible()
    form.get_by_label("Ajouter une commune").fill("Nanterre")
    form.get_by_label("Ajouter une commune").press("Enter")
    expect(page.get_by_text("Déjà dans la liste.")).to_be_visible()
    form.get_by_role("button", name="Retirer Puteaux").click()
    expect(page.get_by_text("Puteaux\u00a0: commune retirée.")).to_be_visible()
    form.get_by_role("button", name="Modifier", exact=True).click()
    expect(page.get_by_text("2 lignes ne sont pas dans le territoire").first).to_be_visible()
    form.get_by_role("button", name="Retirer les lignes en attente").click()
    expect(page.get_by_text("Les lignes en attente sont retirées.")).to_be_visible()
    form.get_by_role("button", name="Modifier", exact=True).click()
    expect(page.get_by_text("L’encadré «\u00a0Intervention\u00a0» est modifié").or_(
        page.get_by_text("L’encadré « Intervention » est modifié"))).to_be_visible()  # fmt: skip
    served = set(InterventionArea.objects.filter(unit=world.act).values_list("commune_id", flat=True))
    whole = set(Commune.objects.filter(department="92").values_list("pk", flat=True))
    assert served == (whole - {"92062"}) | {"75110", "93070", HOMONYMS[0]}


def test_communes_are_suggested_while_typing(director, live_server, world):
    page = director
    ring = [[2.28, 48.81], [2.31, 48.81], [2.31, 48.83], [2.28, 48.81]]
    Commune.objects.filter(pk="92046").update(outline={"type": "Polygon", "coordinates": [ring]})
    form = open_block(page, live_server, world.act, "intervention")
    form.get_by_label("Ajouter une commune").press_sequentially("malak")
    form.get_by_role("button", name=re.compile("Malakoff")).click()
    expect(page.get_by_text("1 commune ajoutée.")).to_be_visible()
    expect(form.get_by_role("button", name="Retirer Malakoff")).to_be_visible()
    expect(page.locator(".map .map-area").first).to_be_visible()
    expect(form.get_by_label("Ajouter une commune")).to_be_focused()


def test_the_focus_goes_to_what_a_step_gave(director, live_server, world):
    page = director
    form = open_block(page, live_server, world.act, "intervention")
    form.get_by_text("Coller une liste de communes").click()
    form.get_by_label("Coller une liste").fill("Malakoff\nMarolles-en-Brie")
    form.get_by_role("button", name="Reconnaître la liste").click()
    expect(page.get_by_text("2 lignes lues")).to_be_focused()
    form = open_block(page, live_server, world.eg, "adresse")
    form.get_by_role("button", name="Voir le point de l’adresse").click()
    expect(page.get_by_text("Le point est maintenant")).to_be_visible()
    expect(form.get_by_role("button", name="Voir le point de l’adresse")).to_be_focused()


@pytest.mark.console_errors("422")
@WITH_AND_WITHOUT_SCRIPT
def test_an_address_is_changed_and_its_point_moved(director, live_server, world, script):
    page = director
    form = open_block(page, live_server, world.eg, "adresse")
    form.get_by_label("Libellé voie").fill("Avenue Pablo Picasso")
    form.get_by_label("Commune", exact=False).first.fill("Marolles-en-Brie")
    form.get_by_label("Code postal").fill("")
    form.get_by_role("button", name="Modifier", exact=True).click()
    expect(form.get_by_text("Communes possibles")).to_be_visible()
    form.get_by_label("Marolles-en-Brie (94440)").check()
    form.get_by_role("button", name="Modifier", exact=True).click()
    expect(page.get_by_text(re.compile("L’encadré .*Adresse.* est modifié"))).to_be_visible()
    entity = GeographicEntity.objects.get(pk=world.eg.pk)
    assert (entity.commune_id, entity.position_source) == (HOMONYMS[0], "commune")
    form = open_block(page, live_server, world.eg, "adresse")
    if script:
        handle = page.get_by_role("button", name=re.compile("^Point de l’adresse"))
        handle.focus()
        handle.press("ArrowUp")
        handle.press("Shift+ArrowRight")
    else:
        form.get_by_label("Latitude").fill(f"{entity.lat + 0.0001:.6f}")
        form.get_by_label("Longitude").fill(f"{entity.lon + 0.001:.6f}")
    form.get_by_role("button", name="Modifier", exact=True).click()
    expect(page.get_by_text(re.compile("L’encadré .*Adresse.* est modifié"))).to_be_visible()
    moved = GeographicEntity.objects.get(pk=world.eg.pk)
    assert moved.position_source == "manual"
    assert (moved.lat, moved.lon) == pytest.approx((entity.lat + 0.0001, entity.lon + 0.001), abs=1e-5)


@pytest.mark.console_errors("422")
@WITH_AND_WITHOUT_SCRIPT
def test_a_photo_and_an_attachment_are_put_read_and_removed(director, live_server, world, script):
    page = director
    record = f"{live_server.url}{reverse('directory:geographic_entity_detail', args=[world.eg.pk])}"
    drawn = io.BytesIO()
    Image.new("RGB", (400, 300), "steelblue").save(drawn, "PNG")
    page.goto(record)
    page.get_by_role("link", name="Ajouter une photo").click()
    page.get_by_label("Image").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": drawn.getvalue()})
    page.get_by_role("button", name="Enregistrer la photo").click()
    photo = page.get_by_alt_text("Photo de l’établissement ACT ALTAIR VESTA")
    expect(photo).to_be_visible()
    page.get_by_role("link", name="Ajouter une pièce jointe").click()
    fake = {"name": "livret.pdf", "mimeType": "application/pdf", "buffer": b"MZ"}
    page.get_by_label("Fichiers").set_input_files(fake)
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("alert").get_by_text(re.compile("Ce type de fichier"))).to_be_visible()
    page.get_by_label("Fichiers").set_input_files({**fake, "buffer": PDF})
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_text("1 pièce jointe ajoutée.")).to_be_visible()
    page.goto(record)
    with page.expect_download() as download:
        page.get_by_role("link", name="livret.pdf").click()
    assert download.value.suggested_filename == "livret.pdf"
    page.get_by_role("link", name="Gérer les pièces jointes").click()
    page.get_by_role("link", name="Supprimer livret.pdf").click()
    page.get_by_role("button", name="Supprimer").click()
    expect(page.get_by_text("Aucune pièce jointe")).to_be_visible()
    assert Attachment.objects.present().count() == 0


@pytest.mark.console_errors("422")
@pytest.mark.parametrize("size", SIZES)
def test_the_pages_of_territory_address_and_files_are_accessible(director, axe, live_server, world, size):
    page = director
    page.set_viewport_size(SIZES[size])
    entity = {"kind": "eg", "record_id": world.eg.pk}
    attachment = AttachmentFactory(unit=None, geographic_entity=world.eg)
    found = []

    def check(name):
        found.extend(f"{name}: {line}" for line in axe())
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name}: {wide} px wider than the window"

    for name, kwargs in (
        ("photo", entity),
        ("attachments", entity),
        ("attachment_remove", {**entity, "attachment_id": attachment.pk}),
        ("geographic_entity_detail", {"entity_id": world.eg.pk}),
        ("block_edit", {**entity, "block": "adresse"}),
        ("block_edit", {"kind": "uo", "record_id": world.act.pk, "block": "intervention"}),
    ):
        page.goto(f"{live_server.url}{reverse(f'directory:{name}', kwargs=kwargs)}")
        check(f"{name} {kwargs.get('block', '')}")
    page.get_by_text("Coller une liste de communes").click()
    page.get_by_label("Coller une liste").fill(forty_lines())
    page.get_by_role("button", name="Reconnaître la liste").click()
    expect(page.get_by_text("40 lignes lues")).to_be_visible()
    check("liste reconnue")
    assert found == []
