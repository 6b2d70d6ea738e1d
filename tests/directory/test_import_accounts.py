"""Accounts from a workbook: created without a password, given the roles they lack, told by mail after the fact."""

import datetime
import io
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from accounts.models import AuditEntry, User
from accounts.roles import Role
from directory.imports.account_columns import COLUMNS, SHEET, TITLES
from directory.imports.accounts import CLOSED, AccountsImporter
from directory.models import Assignment, ImportLine, ImportRun
from tests.factories.accounts import UserFactory
from tests.factories.directory import AssignmentFactory, GeographicEntityFactory, LegalEntityFactory, keyed
from tests.importing import import_file, verdicts, whole_report
from tests.workbooks import workbook

KIND = ImportRun.Kind.ACCOUNTS
SITE = "https://ror.example/"
SIRET = keyed("9912345600001")


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    """Files of the runs go to a folder of the test."""
    settings.MEDIA_ROOT = tmp_path / "media"


def row(**values):
    return {
        "last_name": "Diallo",
        "first_name": "Karim",
        "email": "karim.diallo@exemple.example",
        "role": "Consultation",
        "scope": "région",
        **values,
    }


def load(*rows, base_url=SITE, **options):
    content = workbook(COLUMNS, rows, sheet=SHEET)
    return import_file(KIND, content, name="comptes.xlsx", base_url=base_url, **options)


def only_reason(run):
    return ImportLine.objects.get(run=run).reason


def everything():
    acts = AuditEntry.objects.exclude(action=AuditEntry.Action.IMPORT_LAUNCHED)
    return [list(rows.order_by("pk").values()) for rows in (User.objects, Assignment.objects, acts)]


@pytest.mark.django_db(transaction=True)
def test_an_account_is_created_with_its_role_and_told_by_mail(mailoutbox):
    run = load(row(phone=199000001, job_title="Cadre de santé", organisation="CH Exemple"))
    assert run.counts == {"created": 1}
    assert only_reason(run) == (
        "Compte créé, identifiant karim.diallo. Un mail lui donne le lien pour choisir son mot de passe."
    )
    user = User.objects.get(email="karim.diallo@exemple.example")
    assert (user.username, user.display_name, user.phone) == ("karim.diallo", "Karim Diallo", "0199000001")
    assert (user.job_title, user.organisation, user.has_usable_password()) == ("Cadre de santé", "CH Exemple", False)
    given_role = user.assignments.get()
    assert (given_role.role, given_role.scope_kind, given_role.valid_from) == (
        Role.CONSULTATION,
        "region",
        timezone.localdate(),
    )
    (mail,) = mailoutbox
    assert mail.to == ["karim.diallo@exemple.example"]
    assert SITE in mail.body
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert actions == {
        AuditEntry.Action.IMPORT_LAUNCHED,
        AuditEntry.Action.ACCOUNT_CREATED,
        AuditEntry.Action.ROLE_GIVEN,
    }
    load(row())
    assert len(mailoutbox) == 1


@pytest.mark.django_db(transaction=True)
def test_a_dry_run_sends_nothing_and_writes_nothing(mailoutbox):
    run = load(row(), dry_run=True)
    assert run.counts == {"created": 1}
    assert mailoutbox == []
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_second_run_changes_nothing(cast, world):
    rows = [
        row(),
        row(role="Directeur", scope=world.eg.finess),
        row(email="b@exemple.example", first_name="Zoé", role="Valideur SESAN"),
    ]
    assert load(*rows, by=cast.sesan).counts == {"created": 2, "updated": 1}
    before = everything()
    run = load(*rows, by=cast.sesan)
    assert run.counts == {"unchanged": 3}
    assert everything() == before
    assert Assignment.objects.filter(given_by=cast.sesan).count() == 3


@pytest.mark.django_db
def test_a_dry_run_says_the_same(monkeypatch, world, cast):
    monkeypatch.setattr(AccountsImporter, "batch_size", 1)
    rows = [
        row(),
        row(role="Directeur", scope=world.eg.finess),
        row(email="autre@exemple.example"),
        row(email="troisieme@exemple.example", role="inconnu"),
        row(role="Directeur", scope=f"EG {world.eg.finess}"),
        row(
            email=cast.directeur.email,
            last_name=cast.directeur.last_name,
            first_name=cast.directeur.first_name,
            role="Pilotage ARS",
        ),
    ]
    tried = load(*rows, dry_run=True)
    done = load(*rows)
    assert whole_report(tried) == whole_report(done)
    assert [verdict for _, verdict, _ in verdicts(done)] == [
        "created",
        "updated",
        "created",
        "refused",
        "refused",
        "updated",
    ]
    assert set(User.objects.filter(last_name="Diallo").values_list("username", flat=True)) == {
        "karim.diallo",
        "karim.diallo2",
    }


@pytest.mark.django_db
def test_a_known_mail_keeps_its_account(cast):
    before = User.objects.values().get(pk=cast.consultation.pk)
    changed = row(
        email=cast.consultation.email.upper(),
        last_name=cast.consultation.last_name.upper(),
        role="Pilotage ARS",
        until="31/12/2099",
    )
    run = load(changed)
    assert run.counts == {"updated": 1}
    assert User.objects.values().get(pk=cast.consultation.pk) == before
    assert cast.consultation.assignments.get(role=Role.STEERING).valid_until == datetime.date(2099, 12, 31)


@pytest.mark.django_db(transaction=True)
def test_somebody_who_is_given_a_role_is_told_by_mail(mailoutbox):
    user = UserFactory(email="karim.diallo@exemple.example", last_name="DIALLO")
    load(row(), dry_run=True)
    assert mailoutbox == []
    run = load(row(until="31/12/2099"))
    assert only_reason(run) == f"Rôle ajouté au compte {user.username}. Un mail le lui dit."
    (mail,) = mailoutbox
    assert mail.to == [user.email]
    assert "Consultation, pour la région, jusqu’au 31/12/2099" in mail.body
    assert "Sans mail" in only_reason(load(row(role="Pilotage ARS"), base_url=""))
    assert len(mailoutbox) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("names", "verdict"),
    [
        (("Diallo", "Karim"), "updated"),
        (("DIALLO", "K."), "updated"),
        (("Karim", "Diallo"), "updated"),
        (("Martin", "Karim"), "refused"),
        (("Karim", "Zoé"), "refused"),
    ],
)
def test_the_account_of_another_person_gets_no_role(names, verdict):
    user = UserFactory(email="karim.diallo@exemple.example", last_name="Diallo", first_name="Karim")
    run = load(row(last_name=names[0], first_name=names[1]))
    assert run.counts == {verdict: 1}
    assert user.assignments.count() == (verdict == "updated")
    if verdict == "refused":
        assert "un compte d’un autre nom" in only_reason(run)


@pytest.mark.django_db
def test_another_end_of_a_held_role_is_told():
    load(row())
    assert only_reason(load(row())) == "Rôle déjà tenu."
    run = load(row(until="31/12/2099"))
    assert run.counts == {"unchanged": 1}
    assert only_reason(run) == (
        "Rôle déjà tenu, sans fin, laissé tel quel\u00a0: le fichier demande «\u00a0jusqu’au 31/12/2099\u00a0»."
    )


@pytest.mark.django_db
def test_no_role_is_given_on_a_record_closed_for_good(world):
    closed = GeographicEntityFactory(closed=True)
    run = load(row(role="Directeur", scope=f"EG {closed.finess}"))
    assert run.counts == {"refused": 1}
    assert "est fermée définitivement" in only_reason(run)


@pytest.mark.django_db
def test_every_scope_may_be_named(world):
    world.eg.siret = SIRET
    world.eg.save()
    world.act.national_id = f"11/{world.act.pk}"
    world.act.save()
    legal = LegalEntityFactory(finess=keyed("01000002"))
    same = GeographicEntityFactory(legal_entity=legal, finess=legal.finess)
    scopes = {
        "Île-de-France": None,
        "REGION": "region",
        world.ej.finess: world.ej,
        world.eg.finess: world.eg,
        SIRET: world.eg,
        f"EJ {legal.finess}": legal,
        f"eg: {int(legal.finess)}": same,
        legal.finess: None,
        f"11/{world.act.pk}": world.act,
        "11/999999999": None,
        "99": None,
    }
    for number, (text, record) in enumerate(scopes.items()):
        role = "Consultation" if record == "region" else "Responsable de disponibilités"
        mail = f"m{number}@exemple.example"
        run = load(row(email=mail, role=role, scope=text))
        if record is None:
            assert run.counts == {"refused": 1}, text
            assert "Périmètre\u00a0: " in only_reason(run)
            continue
        assert run.counts == {"created": 1}, only_reason(run)
        assert Assignment.objects.get(user__email=mail).scope_record == (None if record == "region" else record)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"last_name": ""}, "Nom\u00a0: cette colonne est obligatoire."),
        ({"first_name": ""}, "Prénom\u00a0: cette colonne est obligatoire."),
        ({"email": ""}, "Adresse mail\u00a0: cette colonne est obligatoire."),
        ({"email": "pas un mail"}, "Adresse mail\u00a0: cette adresse mail n’est pas valable."),
        ({"role": ""}, "Rôle\u00a0: "),
        ({"role": "Chef"}, "Rôle\u00a0: «\u00a0Chef\u00a0» n’est pas un rôle de la liste."),
        ({"scope": ""}, "Périmètre\u00a0: "),
        ({"scope": "920000016"}, "ni la région ni une fiche"),
        ({"role": "Directeur"}, "se donne sur une entité"),
        ({"phone": "douze"}, "Téléphone\u00a0: "),
        ({"until": "demain"}, "Jusqu’au\u00a0: une date est attendue"),
        ({"until": "31/02/2099"}, "Jusqu’au\u00a0: une date est attendue"),
        ({"until": "31/12/2020"}, "Jusqu’au\u00a0: cette date est passée."),
        ({"last_name": "x" * 151}, "Nom\u00a0: 150 caractères au plus."),
    ],
)
def test_a_bad_line_is_refused_alone_and_names_its_column(changes, said):
    run = load(row(**changes), row(email="bonne@exemple.example", first_name="Zoé"))
    assert [verdict for _, verdict, _ in verdicts(run)] == ["refused", "created"]
    assert said in ImportLine.objects.filter(run=run).first().reason
    assert list(User.objects.values_list("email", flat=True)) == ["bonne@exemple.example"]


@pytest.mark.django_db
def test_support_has_no_role_on_a_record(world):
    assert "se donne sur la région" in only_reason(load(row(role="Valideur SESAN", scope=world.eg.finess)))


@pytest.mark.django_db
def test_two_people_do_not_share_a_mail_nor_a_line():
    run = load(row(), row(first_name="Zoé", role="Pilotage ARS"), row())
    assert [verdict for _, verdict, _ in verdicts(run)] == ["created", "refused", "refused"]
    said = list(ImportLine.objects.filter(run=run).values_list("reason", flat=True))
    assert "autre personne à la ligne 2" in said[1]
    assert "que la ligne 2" in said[2]


@pytest.mark.django_db
def test_a_closed_account_stays_closed():
    UserFactory(email="karim.diallo@exemple.example", last_name="Diallo", is_active=False)
    run = load(row())
    assert only_reason(run) == CLOSED
    assert not Assignment.objects.exists()


@pytest.mark.django_db
def test_an_ended_role_is_given_again(world):
    user = UserFactory(email="karim.diallo@exemple.example", last_name="Diallo")
    AssignmentFactory(user=user, role=Role.CONSULTATION, ended=True)
    assert load(row()).counts == {"updated": 1}
    assert user.assignments.count() == 2


@pytest.mark.django_db
def test_identifiers_are_plain_letters_and_free(world):
    UserFactory(username="jose-maria.garcon")
    load(
        row(first_name="José María", last_name="Garçon"),
        row(first_name="健", last_name="山田", email="k@exemple.example"),
    )
    assert set(Assignment.objects.values_list("user__username", flat=True)) == {"jose-maria.garcon2", "compte"}


@pytest.mark.django_db
def test_without_the_address_of_the_site_no_mail_is_promised(mailoutbox):
    assert "envoyez-lui le lien depuis le back-office" in only_reason(load(row(), base_url=""))
    assert mailoutbox == []


@pytest.mark.django_db
def test_somebody_who_may_not_manage_accounts_imports_none(cast):
    run = load(row(), by=cast.directeur)
    assert run.state == ImportRun.State.REFUSED
    assert not User.objects.filter(last_name="Diallo").exists()


@pytest.mark.django_db
def test_the_template_can_be_filled_in_and_imported(client, cast):
    client.force_login(cast.sesan)
    response = client.get(reverse("directory:import_accounts_template"))
    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    page = book[SHEET]
    titles = [str(cell.value).removesuffix("\u00a0*") for cell in page[1]]
    assert titles == list(TITLES.values())
    for title, value in {TITLES[key]: value for key, value in row(until=datetime.date(2099, 12, 31)).items()}.items():
        page.cell(row=2, column=titles.index(title) + 1, value=value)
    file = io.BytesIO()
    book.save(file)
    run = import_file(KIND, file.getvalue(), name="modele.xlsx")
    assert (run.error, run.counts) == ("", {"created": 1})
    assert Assignment.objects.get(user__last_name="Diallo").valid_until == datetime.date(2099, 12, 31)


@pytest.mark.django_db
def test_the_page_gives_the_mails_the_address_of_the_site(client, cast, mailoutbox, django_capture_on_commit_callbacks):
    client.force_login(cast.sesan)
    file = io.BytesIO(workbook(COLUMNS, [row()], sheet=SHEET))
    file.name = "comptes.xlsx"
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("directory:import_create", kwargs={"kind": "accounts"}), {"file": file})
    run = ImportRun.objects.get()
    assert run.options["base_url"] == "http://testserver/"
    assert run.counts == {"created": 1}
    assert [mail.to for mail in mailoutbox] == [["karim.diallo@exemple.example"]]
    assert "http://testserver/" in mailoutbox[0].body


@pytest.mark.django_db
def test_the_command_tells_by_its_exit_code(tmp_path, world):
    path = tmp_path / "comptes.xlsx"
    path.write_bytes(workbook(COLUMNS, [row()], sheet=SHEET))
    call_command("import_accounts", str(path), "--dry-run", stdout=StringIO())
    assert not User.objects.filter(last_name="Diallo").exists()
    call_command("import_accounts", str(path), "--base-url", SITE, stdout=StringIO())
    assert User.objects.filter(last_name="Diallo").exists()
    path.write_bytes(workbook(COLUMNS, [row(role="")], sheet=SHEET))
    with pytest.raises(SystemExit) as some:
        call_command("import_accounts", str(path), stdout=StringIO())
    assert some.value.code == 2
    for arguments in (["--base-url", "ror.example"], []):
        path.write_bytes(b"rien")
        with pytest.raises(CommandError) as unread:
            call_command("import_accounts", str(path), *arguments, stdout=StringIO())
        assert unread.value.returncode == 1


lines = st.lists(
    st.fixed_dictionaries(
        {
            "email": st.sampled_from(["a@exemple.example", "A@exemple.example", "b@exemple.example", "faux"]),
            "first_name": st.sampled_from(["Karim", "karim", "Zoé"]),
            "role": st.sampled_from(["Consultation", "Pilotage ARS", "Directeur", ""]),
            "until": st.sampled_from(["", "31/12/2099", "01/01/2020"]),
        }
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.django_db
@settings(max_examples=30)
@given(changes=lines, batch=st.sampled_from([1, 2, 50]))
def test_whatever_the_lines_a_dry_run_tells_and_a_second_run_changes_nothing(changes, batch):
    rows = [row(**change) for change in changes]
    size = AccountsImporter.batch_size
    AccountsImporter.batch_size = batch
    try:
        with transaction.atomic():
            tried = load(*rows, dry_run=True)
            first = load(*rows)
            assert whole_report(tried) == whole_report(first)
            before = everything()
            second = load(*rows)
            assert set(second.counts) <= {"unchanged", "refused"}
            assert everything() == before
            transaction.set_rollback(True)
    finally:
        AccountsImporter.batch_size = size
