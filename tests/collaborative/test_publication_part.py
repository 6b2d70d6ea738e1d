"""Publishing a part of a dossier, and the files of fiches."""

import io
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.urls import reverse
from PIL import Image

from collaborative.enums import FileKind
from collaborative.fiches import services as fiche_services
from collaborative.models import Comment, Dossier, Fiche, FicheFile, FieldReview, HeldEntity, Step
from collaborative.publication import PublicationRefused
from collaborative.review.standing import standing_of
from collaborative.services import add_comment, open_dossier, propose_entity
from directory.attachments.services import purge
from directory.models import Attachment, OperationalUnit
from directory.scopes import scope_of
from tests.collaborative.publishing import (
    add_unit,
    another_validator,
    change,
    entity_values,
    finalise,
    remove,
    send_and_take,
    unit_values,
    validate,
)
from tests.factories.directory import AttachmentFactory, StructureFactory, UnitFactory

pytestmark = pytest.mark.django_db


def tree(dossier):
    """Each fiche with its state and the one above it."""
    rows = Fiche.objects.filter(dossier=dossier).select_related("parent")
    assert all(row.parent is None or row.parent.dossier_id == dossier.pk for row in rows)
    return {row.name: (f"{row.action}:{row.state}", row.parent.name if row.parent else "") for row in rows}


def publish_part(desk, world, cast):
    """Publish a new unit and a removal; the change of a third is returned: the publication, and that fiche."""
    made = add_unit(desk, unit_values("Neuve"))
    returned = change(desk, world.act, {"email": "faux@example.org"})
    remove(desk, world.lam)
    add_comment(dossier=desk.dossier, text="Bonjour", **desk.who(None))
    send_and_take(desk)
    FieldReview.objects.create(
        fiche=returned, field="email", decision="return", reason="Adresse fausse.", at=desk.now, by=cast.sesan
    )
    kept = [made.pk, desk.fiche(world.lam).pk]
    with pytest.raises(ValidationError):
        validate(desk, fiche_ids=kept)
    return validate(desk, fiche_ids=kept, remark="Une fiche est à revoir."), returned


def test_the_rest_goes_back_in_a_linked_dossier(desk, world, cast):
    done, returned = publish_part(desk, world, cast)
    first, rest = done.dossier, Dossier.objects.get(pk=done.remainder.pk)
    assert (first.state, first.fiche_count, first.done_count) == ("validated", 2, 2)
    assert (rest.state, rest.origin, rest.opened_by, rest.fiche_count, rest.done_count) == (
        *("returned", first, cast.directeur),
        *(1, 0),
    )
    assert HeldEntity.objects.get().dossier == rest
    eg = "ACT ALTAIR VESTA"
    assert Fiche.objects.get(dossier=rest, kind="uo", unit=world.act).pk == returned.pk
    units = {row.name: f"{row.action}:{row.state}" for row in rest.fiches.filter(kind="uo")}
    assert units == {eg: "modify:pending", "ACT hors les murs": "modify:standard", "Neuve": "modify:standard"}
    assert {row.parent for row in rest.fiches.filter(kind="uo")} == {rest.fiches.get(kind="eg")}
    assert tree(first)["Neuve"] == ("create:finalised", eg)
    assert tree(first)["LAM Altair"] == ("delete:removed", eg)
    assert tree(first)["ACT hors les murs"] == ("modify:standard", eg)
    assert first.fiches.get(unit=world.act).state == "standard"
    assert [comment.text for comment in rest.comments.all()] == [
        "Bonjour",
        "Une fiche est à revoir.",
        "Adresse fausse.",
    ]
    assert Comment.objects.get(text="Adresse fausse.").field == "email"
    assert Step.objects.filter(dossier=first).last().act == "validate_part"
    assert Step.objects.get(dossier=rest, fiche=None).to_state == "returned"
    assert Step.objects.get(dossier=rest, fiche=returned).act == "return"
    world.act.refresh_from_db()
    assert (world.act.email, world.act.version) == ("", 1)
    # The author puts it right and sends it again.
    desk.dossier = rest
    change(desk, world.act, {"email": "juste@example.org"})
    FieldReview.objects.all().delete()
    send_and_take(desk)
    assert validate(desk).dossier.state == "validated"
    assert OperationalUnit.objects.get(pk=world.act.pk).email == "juste@example.org"


def test_a_remainder_says_each_remark_once(desk, world, cast, client):
    publish_part(desk, world, cast)
    rest = Dossier.objects.get(origin=desk.dossier)
    client.force_login(cast.directeur)
    page = client.get(reverse("collaborative:dossier_detail", args=[rest.pk])).content.decode()
    asked, thread = page.split('id="messages"')
    for text in ("Une fiche est à revoir.", "Adresse fausse."):
        assert (asked.count(text), thread.count(text)) == (1, 1)


def test_the_page_of_the_first_dossier_leads_to_the_rest(desk, world, cast, client):
    done, _ = publish_part(desk, world, cast)
    client.force_login(cast.directeur)
    page = client.get(reverse("collaborative:dossier_detail", args=[done.dossier.pk])).content.decode()
    assert "publié en partie" in page
    rest = reverse("collaborative:dossier_detail", args=[done.remainder.pk])
    assert page.count(f'href="{rest}"') == 2
    page = client.get(rest).content.decode()
    assert "publié en partie" not in page
    assert reverse("collaborative:dossier_detail", args=[done.dossier.pk]) in page


def test_addresses_of_a_fiche_that_went_to_the_rest_lead_there(desk, world, cast, client):
    fiche = desk.fiche(world.act)
    old = f"/dossiers/{desk.dossier.pk}/fiches/{fiche.pk}/"
    add_comment(dossier=desk.dossier, text="Une question", fiche=fiche, field="email", **desk.who(None))
    done, returned = publish_part(desk, world, cast)
    new = f"/dossiers/{done.remainder.pk}/fiches/{returned.pk}/"
    client.force_login(cast.directeur)
    for below in ("", "?brouillon=reprendre", "apercu/", "fichiers/", "supprimer/"):
        answer = client.get(old + below)
        assert (answer.status_code, answer.get("Location")) == (302, new + below)
        assert client.get(new + below).status_code == 200
    sent = client.post(old, {}, follow=True)
    assert sent.redirect_chain == [(new, 302)]
    assert "est maintenant dans ce dossier-ci" in sent.text
    assert client.get(old.replace(str(fiche.pk), "987654")).status_code == 404
    history = client.get(reverse("collaborative:dossier_history", args=[done.dossier.pk])).content.decode()
    assert f'href="{new}"' in history
    thread = client.get(reverse("collaborative:dossier_detail", args=[done.dossier.pk])).content.decode()
    assert f'href="{new}#id_secretariat-email">{fiche}, Adresse mail' in thread
    client.force_login(cast.stranger)
    assert client.get(old).status_code == 404


def test_what_is_new_is_published_with_what_it_stands_below(desk, world, cast):
    pole = fiche_services.add_structure(parent=desk.fiche(world.eg), level="S1", **desk.who(None))
    pole = finalise(desk, pole, {"name": "Pôle"})
    inside = add_unit(desk, unit_values("Dedans"), parent=pole)
    send_and_take(desk)
    with pytest.raises(PublicationRefused) as refused:
        validate(desk, fiche_ids=[inside.pk], remark="Le pôle est à revoir.")
    assert [line.reason for line in refused.value.lines] == [
        "Elle ne peut pas être publiée sans «\u00a0Pôle\u00a0», qui est nouveau."
    ]
    done = validate(desk, fiche_ids=[pole.pk], remark="L’unité est à revoir.")
    assert tree(done.remainder)["Dedans"] == ("create:finalised", "Pôle")
    assert tree(done.dossier) == {
        name: (pair, "" if name == "ACT ALTAIR VESTA" and above == "" else above)
        for name, (pair, above) in tree(done.dossier).items()
    }
    desk.dossier = done.remainder
    assert desk.apply("send").state == "sent"


@pytest.fixture
def closing(desk, world, cast):
    """A sent dossier that removes a structure with its two units, the removal of one of which is returned."""
    pole = StructureFactory(geographic_entity=world.eg, name="Pôle")
    units = [UnitFactory(geographic_entity=world.eg, structure=pole, name=name, act=True) for name in ("A", "B")]
    desk.apply("abandon")
    desk.dossier = open_dossier(entity=world.eg, **desk.who(None))
    remove(desk, pole)
    send_and_take(desk)
    returned = desk.fiche(units[1])
    FieldReview.objects.create(
        fiche=returned, field="acte", decision="return", reason="Elle est ouverte.", at=desk.now, by=cast.sesan
    )
    return SimpleNamespace(pole=pole, units=units, returned=returned)


def test_a_removal_goes_back_with_what_it_would_close(desk, closing, cast, client):
    client.force_login(cast.sesan)
    address = reverse("collaborative:dossier_validate", args=[desk.dossier.pk])
    page = client.get(address).content.decode().replace("&nbsp;", "\u00a0")
    assert "1 fiche sera publiée" in page
    assert "2 fiches seront renvoyées" in page
    assert "la supprimer fermerait aussi «\u00a0B\u00a0», qui est renvoyée" in page
    answer = client.post(address, {"acte": "partie", "dossier_version": desk.dossier.version})
    assert answer.status_code == 302
    kept = [closing.pole, *closing.units]
    for record in kept:
        record.refresh_from_db()
    assert [record.is_closed for record in kept] == [False, True, False]
    rest = Dossier.objects.get(origin=desk.dossier)
    assert {name: pair for name, (pair, _) in tree(rest).items() if name in {"Pôle", "A", "B"}} == {
        "Pôle": "delete:removed",
        "B": "delete:removed",
    }


def test_a_new_entity_published_without_one_of_its_units_is_kept_occupied(desk, world, cast):
    who = {"by": cast.sesan, "scope": scope_of(cast.sesan)}
    desk.dossier = propose_entity(legal_entity=world.ej, entity_name="CPTS", now=desk.tick(), **who)
    top = desk.dossier.fiches.get()
    finalise(desk, top, entity_values(), by=cast.sesan)
    add_unit(desk, unit_values("Plus tard"), parent=top, by=cast.sesan)
    desk.apply("send", by=cast.sesan)
    other = another_validator()
    desk.apply("take", by=other)
    done = validate(desk, by=other, fiche_ids=[top.pk], remark="L’unité plus tard.")
    top.refresh_from_db()
    assert (done.dossier.geographic_entity, done.remainder.geographic_entity) == (top.geographic_entity,) * 2
    assert done.director is None
    assert HeldEntity.objects.get(geographic_entity=top.geographic_entity).dossier == done.remainder


def picture():
    kept = io.BytesIO()
    Image.new("RGB", (4, 4)).save(kept, "JPEG")
    return kept.getvalue()


def content_of(file):
    with file.open("rb") as opened:
        return opened.read()


def add_file(fiche, kind, by, content=b"", **values):
    file = FicheFile(fiche=fiche, kind=kind, added_at=fiche.created_at, added_by=by, **values)
    if content:
        file.file.save("fichier", ContentFile(content), save=False)
        file.size = len(content)
    file.save()
    return file


def test_files_go_with_their_fiche(desk, world, cast, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    old = AttachmentFactory(unit=world.act, name="ancien.pdf")
    fiche = change(desk, world.act, {"email": "a@example.org"})
    new = add_unit(desk, unit_values("Neuve"))
    photo = add_file(new, FileKind.PHOTO, cast.directeur, picture(), name="photo.jpg", content_type="image/jpeg")
    pdf = {"name": "livret.pdf", "content_type": "application/pdf", "sha256": "a" * 64}
    add_file(fiche, FileKind.ATTACHMENT, cast.directeur, b"%PDF-1.4 neuf", **pdf)
    add_file(fiche, FileKind.ATTACHMENT_REMOVAL, cast.directeur, removes=old)
    send_and_take(desk)
    done = validate(desk)
    [attachment] = world.act.attachments.present()
    assert (attachment.name, attachment.size, attachment.added_by) == ("livret.pdf", 13, cast.directeur)
    assert content_of(attachment.file) == b"%PDF-1.4 neuf"
    old.refresh_from_db()
    assert old.removed_by == cast.directeur
    new.refresh_from_db()
    assert new.unit.photo.name.startswith("photos/uo/")
    assert content_of(new.unit.photo) == content_of(photo.file)
    lines = {line.record_id: line for line in done.lines}
    assert [row["label"] for row in lines[world.act.pk].changes["attachments"][1]] == ["livret.pdf"]
    assert "photo" in lines[new.unit_id].changes
    purge(now=desk.tick())
    assert new.unit.photo.storage.exists(new.unit.photo.name)


def test_a_refused_publication_leaves_no_file(desk, world, cast, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    new = add_unit(desk, unit_values("Neuve"))
    add_file(new, FileKind.PHOTO, cast.directeur, picture(), name="photo.jpg", content_type="image/jpeg")
    lost = {"name": "livret.pdf", "content_type": "application/pdf", "sha256": "a" * 64, "file": "dossiers/perdu.pdf"}
    add_file(new, FileKind.ATTACHMENT, cast.directeur, **lost)
    send_and_take(desk)
    with pytest.raises(PublicationRefused) as refused:
        validate(desk)
    assert [line.label for line in refused.value.lines] == ["Pièces jointes"]
    assert not list((tmp_path / "photos").rglob("*.jpg"))
    assert Attachment.objects.count() == 0


@pytest.mark.parametrize("then", ["remove", "back"])
def test_a_move_that_the_first_dossier_published_is_no_change_since_for_the_rest(desk, world, cast, then):
    pole = StructureFactory(geographic_entity=world.eg, name="Pôle")
    desk.apply("abandon")
    desk.dossier = open_dossier(entity=world.eg, **desk.who(None))
    unit = change(desk, world.lam, {"email": "lam@example.org"})
    move = {"fiche": unit, "parent": desk.fiche(pole), "expected_version": unit.version}
    moved = fiche_services.move_fiche(**move, **desk.who(None))
    returned = change(desk, world.act, {"email": "faux@example.org"})
    send_and_take(desk)
    FieldReview.objects.create(
        fiche=returned, field="email", decision="return", reason="Adresse fausse.", at=desk.now, by=cast.sesan
    )
    done = validate(desk, fiche_ids=[moved.pk], remark="Une fiche est à revoir.")
    world.lam.refresh_from_db()
    assert world.lam.structure == pole
    desk.dossier = Dossier.objects.get(pk=done.remainder.pk)
    change(desk, world.act, {"email": "juste@example.org"})
    if then == "remove":
        remove(desk, world.lam)
    else:
        unit = desk.fiche(world.lam)
        move = {"fiche": unit, "parent": desk.fiche(world.eg), "expected_version": unit.version}
        fiche_services.move_fiche(**move, **desk.who(None))
        finalise(desk, desk.fiche(world.lam), {})
    send_and_take(desk)
    assert standing_of(desk.dossier).open_conflicts == []
    validate(desk)
    world.lam.refresh_from_db()
    assert (world.lam.status, world.lam.structure) == (("closed", pole) if then == "remove" else ("published", None))
