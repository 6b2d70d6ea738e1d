"""Photo and attachments of a fiche: proposed, taken back, served to those of the dossier, purged with it."""

import datetime
import io

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from collaborative.models import Dossier, FicheFile
from collaborative.review.validation import validate_dossier
from directory.attachments import services as attachments
from directory.attachments.uploads import read_attachment
from directory.scopes import scope_of
from tests.collaborative.publishing import change, send_and_take
from tests.collaborative.test_fiche_page import url
from tests.collaborative.test_publication_told import read
from tests.factories.directory import AttachmentFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_memory")]
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def director(client, cast):
    client.force_login(cast.directeur)
    return client


def picture():
    content = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(content, "PNG")
    return SimpleUploadedFile("a.png", content.getvalue(), "image/png")


def send(client, fiche, **files):
    return client.post(url(fiche, "fiche_files"), files)


def test_files_are_added_to_the_fiche_alone(director, desk, world):
    fiche = desk.fiche(world.act)
    assert send(director, fiche, fichiers=SimpleUploadedFile("Livret.pdf", PDF)).status_code == 302
    assert send(director, fiche, photo=picture()).status_code == 302
    assert [row.kind for row in fiche.files.all()] == ["attachment", "photo"]
    fiche.refresh_from_db()
    assert fiche.state == "pending"
    assert not world.act.attachments.exists()
    page = director.get(url(fiche, "fiche_files")).content.decode()
    assert "Livret.pdf" in page
    assert "Livret.pdf" in director.get(url(fiche)).content.decode()


def shown(client, fiche):
    """The panel of the files on the preview; empty without any."""
    page = client.get(url(fiche, "fiche_preview")).text
    return page.partition('id="t-fichiers"')[2].partition("</section>")[0]


def test_the_preview_shows_the_files_as_publishing_leaves_them(director, desk, world):
    kept, gone = (
        AttachmentFactory(unit=world.act, name="Plan.pdf"),
        AttachmentFactory(unit=world.act, name="Ancien.pdf"),
    )
    world.act.photo = "photos/uo/a.jpg"
    world.act.save()
    fiche = desk.fiche(world.act)
    assert "/photo" in shown(director, fiche)
    send(director, fiche, fichiers=SimpleUploadedFile("Livret.pdf", PDF))
    director.post(url(fiche, "fiche_file_remove"), {"piece": gone.pk})
    send(director, fiche, photo=picture(), photo_vue="0:photos/uo/a.jpg")
    panel = shown(director, fiche)
    photo = fiche.files.get(kind="photo")
    assert reverse("collaborative:fiche_file", args=[fiche.dossier_id, fiche.pk, photo.pk]) in panel
    assert "Livret.pdf" in panel
    assert kept.name in panel
    assert gone.name not in panel
    fiche.files.filter(kind="photo").delete()
    director.post(url(fiche, "fiche_file_remove"), {"photo": "1", "photo_vue": "0:photos/uo/a.jpg"})
    assert "<img" not in shown(director, fiche)
    fiche.files.all().delete()
    world.act.attachments.all().delete()
    type(world.act).objects.update(photo="")
    assert shown(director, fiche) == ""


def test_wrong_files_and_doubles_are_refused(director, desk, world):
    fiche = desk.fiche(world.act)
    assert send(director, fiche, fichiers=SimpleUploadedFile("a.exe", b"MZ")).status_code == 422
    assert send(director, fiche, photo=SimpleUploadedFile("a.png", b"x")).status_code == 422
    assert send(director, fiche).status_code == 422
    send(director, fiche, fichiers=SimpleUploadedFile("Livret.pdf", PDF))
    answer = send(director, fiche, fichiers=SimpleUploadedFile("Autre.pdf", PDF))
    assert answer.status_code == 422
    assert "déjà joint" in answer.content.decode()
    assert FicheFile.objects.count() == 1


def test_removals_are_proposed_and_put_back(director, desk, world, cast):
    old = AttachmentFactory(unit=world.act, added_by=cast.directeur)
    fiche, remove = desk.fiche(world.act), url(desk.fiche(world.act), "fiche_file_remove")
    director.post(remove, {"piece": old.pk})
    assert fiche.files.get().removes == old
    assert "Sera retirée à la publication" in director.get(url(fiche, "fiche_files")).content.decode()
    assert world.act.attachments.present().exists()
    director.post(remove, {"fichier": fiche.files.get().pk})
    assert not fiche.files.exists()


@pytest.mark.parametrize("asked", [{"piece": 10**17}, {"fichier": "abc"}, {"fichier": 10**6}])
def test_a_file_already_taken_off_is_said_to_be_gone(director, desk, world, asked):
    fiche = desk.fiche(world.act)
    answer = director.post(url(fiche, "fiche_file_remove"), asked, follow=True)
    assert answer.status_code == 200
    assert "Ce fichier n’est plus sur la fiche" in answer.content.decode()


def test_they_are_served_to_those_of_the_dossier(client, desk, world, cast):
    fiche = desk.fiche(world.act)
    client.force_login(cast.directeur)
    send(client, fiche, fichiers=SimpleUploadedFile("Livret.pdf", PDF))
    address = f"{url(fiche, 'fiche_files')}{fiche.files.get().pk}/"
    for person, status in ((cast.directeur, 200), (cast.sesan, 200), (cast.stranger, 404), (cast.consultation, 404)):
        client.force_login(person)
        answer = client.get(address)
        assert answer.status_code == status, person
        if status == 200:
            assert b"".join(answer.streaming_content) == PDF
            assert "attachment" in answer["Content-Disposition"]


def test_a_dossier_that_is_not_editable_keeps_its_files(director, desk, world):
    fiche = desk.fiche(world.act)
    desk.apply("abandon")
    for act in (
        lambda: send(director, fiche, fichiers=SimpleUploadedFile("a.pdf", PDF)),
        lambda: director.post(url(fiche, "fiche_file_remove"), {"photo": "1"}),
    ):
        answer = act()
        assert answer.url == url(fiche, "fiche_detail")
        assert "Ce dossier est abandonné" in director.get(answer.url).content.decode()
    assert not fiche.files.exists()


def test_files_of_an_abandoned_dossier_go_and_those_in_use_stay(director, desk, world):
    fiche = desk.fiche(world.act)
    send(director, fiche, fichiers=SimpleUploadedFile("Livret.pdf", PDF))
    name = fiche.files.get().file.name
    later = timezone.now() + datetime.timedelta(days=attachments.KEPT_DAYS + 2)
    attachments.purge(now=later)
    assert default_storage.exists(name)
    desk.apply("abandon")
    attachments.purge(now=later)
    assert not default_storage.exists(name)


def test_a_file_joined_directly_meanwhile_is_not_published_twice(director, desk, world, cast):
    fiche, name = desk.fiche(world.act), "Livret.pdf"
    send(director, fiche, fichiers=[SimpleUploadedFile(name, PDF), SimpleUploadedFile("Plan.pdf", PDF + b"%plan")])
    change(desk, world.act, {})
    send_and_take(desk)
    page = reverse("collaborative:fiche_review", args=[desk.dossier.pk, fiche.pk])
    director.force_login(cast.sesan)
    assert "Déjà dans le répertoire" not in read(director.get(page).content.decode())
    who = {"record": world.act, "by": cast.directeur, "scope": scope_of(cast.directeur)}
    direct = [read_attachment(SimpleUploadedFile("Le livret.pdf", PDF)), read_attachment(other_plan())]
    attachments.add_attachments(uploads=direct, **who)
    shown = read(director.get(page).content.decode())
    assert shown.count("Déjà dans le répertoire") == 1
    dossier = Dossier.objects.get(pk=desk.dossier.pk)
    validate_dossier(dossier=dossier, expected_version=dossier.version, **desk.who(cast.sesan))
    names = sorted(world.act.attachments.present().values_list("name", flat=True))
    assert names == ["Le livret.pdf", "Plan.pdf", "Plan.pdf"], "another file of the same name is another file"


def other_plan():
    return SimpleUploadedFile("Plan.pdf", PDF + b"%another plan")
