"""The yearly review of rights: what is due, for whom, confirming, ending, the Excel file."""

import datetime
from io import BytesIO

import openpyxl
import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import AuditEntry
from accounts.roles import Role
from directory.delegation.reviews import Shown, confirm_rights, due, listed, may_withdraw, reviewable, withdraw_right
from directory.models import Assignment
from directory.scopes import scope_of
from tests.factories.accounts import UserFactory
from tests.factories.directory import AssignmentFactory

pytestmark = pytest.mark.django_db

PAGE = "/repertoire/revue-des-droits/"
DAY = datetime.timedelta(days=1)


def aged(days, **values):
    """An assignment given ``days`` ago."""
    assignment = AssignmentFactory(**values)
    Assignment.objects.filter(pk=assignment.pk).update(given_at=timezone.now() - days * DAY)
    assignment.refresh_from_db()
    return assignment


def manager(world, days=400, **values):
    return aged(days, role=Role.AVAILABILITY_MANAGER, **({"unit": world.act} | values))


def confirm(by, *rows):
    return confirm_rights(assignment_ids={row.pk for row in rows}, by=by, scope=scope_of(by))


def due_for(user):
    today = timezone.localdate()
    return set(due(reviewable(scope_of(user), today), today))


def test_a_right_is_due_a_year_after_it_was_given_or_confirmed(cast, world):
    today = timezone.localdate()
    old, recent = manager(world, 367), manager(world, 300)
    confirmed = manager(world, 800, reviewed_on=today - 300 * DAY)
    again = manager(world, 800, reviewed_on=today - 366 * DAY)
    assert due_for(cast.directeur) == {old, again}
    assert confirmed not in due_for(cast.sesan)
    assert recent not in due_for(cast.sesan)


def test_directors_answer_for_the_managers_of_their_scope_alone(cast, world):
    own, whole = manager(world), manager(world, unit=None, geographic_entity=world.eg)
    elsewhere = manager(world, unit=world.lhss)
    director = aged(400, role=Role.DIRECTOR, geographic_entity=world.eg)
    manager(world, valid_until=timezone.localdate() - DAY)
    manager(world, user=UserFactory(is_active=False))
    assert due_for(cast.directeur) == {own, whole}
    assert due_for(cast.sesan) == {own, whole, elsewhere, director}
    assert due_for(cast.responsable) == set()
    assert due_for(cast.consultation) == set()


def test_lists_by_silence_end_and_text(cast, world):
    now, today = timezone.now(), timezone.localdate()  # 92: 91 x 24 h ago is 90 days ago for an hour of winter evenings
    silent = manager(world, 100)
    gone = manager(world, 100, user=UserFactory(last_login=now - 92 * DAY, last_name="Zoé"))
    present = manager(world, 100, user=UserFactory(last_login=now - DAY), valid_until=today + 60 * DAY)
    rows = reviewable(scope_of(cast.directeur), today)
    manager(world, 10, user=UserFactory(last_login=now - 92 * DAY))
    assert set(listed(rows, Shown.SILENT, "", today)) == {silent, gone}
    assert set(listed(rows, Shown.ENDING, "", today)) == {present}
    assert list(listed(rows, Shown.ALL, "zoé altair", today)) == [gone]
    assert not listed(rows, Shown.ALL, "zoé bellatrix", today).exists()
    assert len(listed(rows, Shown.ALL, "!", today)) == 0


def test_confirming_dates_the_right_and_is_logged(cast, world):
    one, other = manager(world), manager(world, unit=world.lam)
    ended = manager(world, valid_until=timezone.localdate() - DAY)
    assert confirm(cast.directeur, one, other, ended) == 2
    one.refresh_from_db()
    assert (one.reviewed_on, one.reviewed_by) == (timezone.localdate(), cast.directeur)
    assert due_for(cast.directeur) == set()
    assert AuditEntry.objects.filter(action="role_reviewed", actor=cast.directeur).count() == 2


@pytest.mark.parametrize("who", ["consultation", "responsable", "pdses", "ars", "stranger", "newcomer"])
def test_nobody_confirms_nor_ends_what_is_not_theirs(cast, world, who):
    by, row = getattr(cast, who), manager(world)
    with pytest.raises(PermissionDenied):
        confirm(by, row)
    with pytest.raises(PermissionDenied):
        withdraw_right(assignment=row, by=by, scope=scope_of(by))
    assert not may_withdraw(scope_of(by), row)


def test_a_director_confirms_no_director(cast, world):
    with pytest.raises(PermissionDenied):
        confirm(cast.directeur, manager(world), aged(400, role=Role.DIRECTOR, geographic_entity=world.eg))
    assert not Assignment.objects.filter(reviewed_by=cast.directeur).exists()


def test_support_ends_any_role_but_its_own(cast, world, django_capture_on_commit_callbacks):
    scope = scope_of(cast.sesan)
    director = aged(400, role=Role.DIRECTOR, geographic_entity=world.eg)
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_right(assignment=director, by=cast.sesan, scope=scope, base_url="https://ror.example/")
    assert "Directeur" in mail.outbox[0].body
    with pytest.raises(ValidationError, match="déjà retiré"):
        withdraw_right(assignment=director, by=cast.sesan, scope=scope)
    own = cast.sesan.assignments.get()
    with pytest.raises(ValidationError, match="propre rôle"):
        withdraw_right(assignment=own, by=cast.sesan, scope=scope)
    assert not may_withdraw(scope, own)


def test_a_director_works_through_the_page(client, cast, world):
    rows = [manager(world, user=UserFactory(last_name=f"Martin {n}")) for n in range(3)]
    client.force_login(cast.directeur)
    assertContains(client.get("/"), "3 droits à revoir")
    page = client.get(PAGE)
    assertContains(page, "Martin 2")
    assertNotContains(page, "Télécharger")
    assertContains(
        client.post(PAGE, {"un": rows[0].pk, "droit": rows[1].pk}, follow=True), "1 droit confirmé pour un an"
    )
    assertContains(client.post(PAGE, {"droit": [rows[1].pk, rows[2].pk]}, follow=True), "2 droits confirmés")
    assertContains(client.get(PAGE), "Aucun droit à revoir")
    assertContains(client.post(PAGE, follow=True), "Cochez les droits à confirmer")
    assertContains(client.get(f"{PAGE}?voir=tous"), "Martin 1")
    assertContains(client.get(f"{PAGE}?voir=nimporte"), "Aucun droit à revoir")
    ended = client.post(f"/repertoire/delegations/{rows[0].pk}/retirer/", {"retour": "revue"})
    assert ended["Location"] == PAGE


@pytest.mark.parametrize("value", ["abc", "-1", "9" * 40, "٣", "999999"])
def test_absurd_ids_confirm_nothing(client, cast, world, value):
    client.force_login(cast.directeur)
    assertContains(client.post(PAGE, {"droit": value}, follow=True), "1 droit non confirmé")


def test_the_list_stays_as_it_was_after_a_confirmation(client, cast, world):
    client.force_login(cast.directeur)
    response = client.post(f"{PAGE}?voir=tous&q=altair", {"droit": manager(world).pk})
    assert response["Location"] == f"{PAGE}?voir=tous&q=altair"


def test_support_downloads_the_list_and_it_is_logged(client, cast, world):
    manager(world, user=UserFactory(first_name="=1+1", last_name="Zoé"))
    client.force_login(cast.sesan)
    response = client.post(f"{PAGE}export/", {"voir": "a-revoir"})
    sheet = openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content))).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][:4] == ("Nom", "Prénom", "Identifiant", "Adresse mail")
    assert rows[1][:2] == ("Zoé", "=1+1")
    assert rows[1][5] == "ACT ALTAIR VESTA"
    assert len(rows) == 2
    assert AuditEntry.objects.get(action="exported").details["what"] == "rights_review"


def test_a_director_reads_no_date_of_sign_in(client, cast, world):
    manager(world, 100, user=UserFactory(last_login=timezone.now() - 200 * DAY, last_name="Ancien"))
    manager(world, 2, user=UserFactory(last_login=timezone.now() - 200 * DAY, last_name="Nouveau"))
    client.force_login(cast.directeur)
    page = client.get(f"{PAGE}?voir=tous")
    assertNotContains(page, "Dernière connexion")
    assertNotContains(page, "Jamais connecté")
    assertContains(page, "Ne s’est pas connecté depuis plus de 90 jours.", 1)
    client.force_login(cast.sesan)
    assertContains(client.get(f"{PAGE}?voir=tous"), "Dernière connexion")


def test_a_junk_right_is_not_said_to_have_ended(client, cast, world):
    client.force_login(cast.directeur)
    page = client.post(PAGE, {"droit": ["abc", "999999999"]}, follow=True)
    assertContains(page, "2 droits non confirmés")
    assertContains(page, "rôle introuvable ou déjà terminé")
