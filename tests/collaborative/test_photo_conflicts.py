"""A photo proposed over another one: against the directory, against the other directors of the dossier."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from collaborative.models import Dossier, FicheFile
from collaborative.publication import PublicationRefused
from collaborative.review.standing import standing_of
from collaborative.review.validation import validate_dossier
from directory.attachments import services as attachments
from directory.models import OperationalUnit
from directory.scopes import scope_of
from tests.collaborative.publishing import change, send_and_take
from tests.collaborative.test_fiche_page import url
from tests.collaborative.test_publication_told import publishing, read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_memory")]


def jpeg(colour):
    content = io.BytesIO()
    Image.new("RGB", (20, 20), colour).save(content, "JPEG")
    return content.getvalue()


def upload(colour):
    return SimpleUploadedFile("a.jpg", jpeg(colour), "image/jpeg")


def put(desk, unit, colour):
    """The photo of a unit, at once in the directory; none without ``colour``."""
    by = desk.cast.directeur
    who = {"record": unit, "by": by, "scope": scope_of(by)}
    attachments.set_photo(content=jpeg(colour), **who) if colour else attachments.remove_photo(**who)
    unit.refresh_from_db()
    return unit.photo.name


def seen(client, fiche):
    page = client.get(url(fiche, "fiche_files"))
    return page.context["seen"]


@pytest.fixture
def director(client, cast):
    client.force_login(cast.directeur)
    return client


def propose(client, desk, world, removal=False):
    """The unit shows a photo; the dossier replaces it, or takes it off; it is sent and taken."""
    put(desk, world.act, "red")
    fiche = desk.fiche(world.act)
    if removal:
        client.post(url(fiche, "fiche_file_remove"), {"photo": "1", "photo_vue": seen(client, fiche)})
    else:
        client.post(url(fiche, "fiche_files"), {"photo": upload("green"), "photo_vue": seen(client, fiche)})
    assert FicheFile.objects.get().over == world.act.photo.name
    change(desk, world.act, {})
    send_and_take(desk)
    client.force_login(desk.cast.sesan)
    return reverse("collaborative:fiche_review", args=[desk.dossier.pk, fiche.pk])


def conflicts(desk):
    [one] = standing_of(Dossier.objects.get(pk=desk.dossier.pk)).fiches
    return [conflict[:4] for part in one.open_conflicts for conflict in one.conflicts_of(part)]


def settle(client, desk, page, act):
    dossier = Dossier.objects.get(pk=desk.dossier.pk)
    version = OperationalUnit.objects.get(pk=desk.world.act.pk).version
    sent = {"acte": act, "champ": "photo", "dossier_version": dossier.version, "record_version": version}
    return client.post(page, sent)


@pytest.mark.parametrize(("removal", "words"), [(True, "La photo est retirée"), (False, "Une nouvelle photo")])
@pytest.mark.parametrize("act", ["garder", "accepter"])
def test_another_photo_since_is_a_conflict_to_settle(director, desk, world, mailoutbox, removal, words, act):
    page = propose(director, desk, world, removal)
    assert conflicts(desk) == []
    name = put(desk, world.act, "blue")
    assert conflicts(desk) == [("photo", "Une photo", "Une autre photo", words)]
    shown = read(director.get(page).content.decode())
    assert "Publié depuis Une autre photo" in shown
    assert "Garder le répertoire" in shown
    with pytest.raises(PublicationRefused) as refused:
        validate_dossier(**publishing(desk))
    assert [line.name for line in refused.value.lines] == ["photo"]
    assert settle(director, desk, page, act).status_code == 302
    assert conflicts(desk) == []
    mailoutbox.clear()
    validate_dossier(**publishing(desk))
    world.act.refresh_from_db()
    kept = world.act.photo.name == name
    assert kept == (act == "garder")
    assert ("Photo : valeur du répertoire gardée" in read(mailoutbox[0].body)) == kept
    if not kept:
        assert bool(world.act.photo) != removal


def test_the_photo_taken_off_or_put_back_meanwhile(director, desk, world):
    propose(director, desk, world)
    put(desk, world.act, "")
    assert conflicts(desk) == [("photo", "Une photo", "Aucune photo", "Une nouvelle photo")]


def test_a_removal_already_made_is_no_conflict(director, desk, world):
    propose(director, desk, world, removal=True)
    put(desk, world.act, "")
    assert conflicts(desk) == []
    validate_dossier(**publishing(desk))


def test_no_photo_is_kept_where_none_is_in_conflict(director, desk, world):
    page = propose(director, desk, world)
    assert settle(director, desk, page, "garder").status_code == 409


def test_a_second_director_is_refused_with_both_photos_shown(director, desk, world):
    fiche = desk.fiche(world.act)
    before = seen(director, fiche)
    assert before == ""
    director.post(url(fiche, "fiche_files"), {"photo": upload("red"), "photo_vue": before})
    first = FicheFile.objects.get()
    answer = director.post(url(fiche, "fiche_files"), {"photo": upload("blue"), "photo_vue": before})
    assert answer.status_code == 409
    assert FicheFile.objects.get() == first
    shown = answer.content.decode()
    assert "data:image/jpeg;base64," in shown
    assert reverse("collaborative:fiche_file", args=[fiche.dossier_id, fiche.pk, first.pk]) in shown
    assert "La photo a changé" in shown
    # With it in sight, it is replaced.
    sent = {"photo": upload("blue"), "photo_vue": answer.context["seen"]}
    assert director.post(url(fiche, "fiche_files"), sent).status_code == 302
    assert FicheFile.objects.get() != first


def test_a_removal_from_an_old_page_takes_nothing_off(director, desk, world):
    put(desk, world.act, "red")
    fiche = desk.fiche(world.act)
    before = seen(director, fiche)
    director.post(url(fiche, "fiche_files"), {"photo": upload("blue"), "photo_vue": before})
    answer = director.post(url(fiche, "fiche_file_remove"), {"photo": "1", "photo_vue": before}, follow=True)
    assert "elle n’est pas retirée" in answer.content.decode()
    assert FicheFile.objects.get().kind == "photo"


def test_support_reads_what_became_of_a_photo(client, desk, world):
    name = put(desk, world.act, "red").rpartition("/")[2]
    put(desk, world.act, "blue")
    client.force_login(desk.cast.sesan)
    page = reverse("collaborative:direct_changes")
    answer = client.get(page)
    shown, current = read(answer.content.decode()), world.act.photo.name.rpartition("/")[2]
    assert "Photo ajoutée" in shown
    assert "Photo remplacée" in shown
    assert name[:6] not in shown
    assert answer.content.decode().count(current) == 1, "a link to the photo of today alone"
    put(desk, world.act, "")
    assert "Photo retirée" in read(client.get(page).content.decode())


def test_a_photo_published_while_the_page_was_open(director, desk, world):
    fiche = desk.fiche(world.act)
    before = seen(director, fiche)
    put(desk, world.act, "red")
    answer = director.post(url(fiche, "fiche_files"), {"photo": upload("blue"), "photo_vue": before})
    assert answer.status_code == 409
    assert "Photo publiée" in answer.content.decode()
    assert not FicheFile.objects.exists()
