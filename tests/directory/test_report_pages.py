"""« Signaler une erreur » and « Signalements », the pages."""

import datetime

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from directory.enums import Confidentiality
from directory.models import ErrorReport
from tests.factories.directory import GeographicEntityFactory, UnitFactory, commune
from tests.factories.reports import ErrorReportFactory

pytestmark = pytest.mark.django_db

LIST = "/signalements/"


def form_url(record, kind="uo", block=""):
    return f"/repertoire/{kind}/{record.pk}/signaler/" + (f"?encadre={block}" if block else "")


def text_of(response):
    return response.content.decode().replace("\u00a0", " ").replace("&nbsp;", " ").replace("\u202f", " ")


@pytest.fixture
def reader(client, cast):
    client.force_login(cast.consultation)
    return client


@pytest.fixture
def director(client, cast):
    client.force_login(cast.directeur)
    return client


# Filing.


def test_the_block_is_preset_and_what_it_says_is_shown(reader, world):
    world.act.nursing_phone = "0199000077"
    world.act.save()
    page = text_of(reader.get(form_url(world.act, block="contacts")))
    assert '<option value="contacts" selected>Contacts</option>' in page
    assert "Contacts : ce que dit la fiche" in page
    assert "01 99 00 00 77" in page


def test_what_a_person_may_not_see_is_not_shown_there(reader, world):
    world.act.contact_confidentiality = Confidentiality.VERY_RESTRICTED
    world.act.save()
    secret = UnitFactory(geographic_entity=world.other_eg, sensitive=True)
    assert "01 99 00 00 02" not in text_of(reader.get(form_url(world.act, block="contacts")))
    page = text_of(reader.get(form_url(world.other_eg, "eg", "adresse")))
    assert world.other_eg.street_name not in page
    assert "ne vous sont pas affichées" in page
    assert reader.get(form_url(secret)).status_code == 200


@pytest.mark.parametrize("block", ["", "inconnu", "%00", "a" * 500])
def test_without_a_known_block_the_whole_record_is_meant(reader, world, block):
    response = reader.get(form_url(world.eg, "eg", block))
    assert response.status_code in {200, 400}
    if response.status_code == 200:
        assert "ce que dit la fiche" not in text_of(response)


def test_an_address_is_shown_as_it_is(reader, world):
    page = text_of(reader.get(form_url(world.eg, "eg", "adresse")))
    assert "10 rue des Lilas, 92000 Nanterre" in page


def test_filing_marks_the_record_for_everybody(reader, client, cast, world):
    address = form_url(world.act, block="offre")
    response = reader.post(address, {"block": "offre", "text": "Cette activité a cessé."}, follow=True)
    assert response.redirect_chain == [(f"/repertoire/uo/{world.act.pk}/", 302)]
    page = text_of(response)
    assert (
        "Erreur signalée : les directeurs de la fiche en sont prévenus. La réponse vous sera envoyée par mail." in page
    )
    assert "Une erreur est signalée, en cours de traitement : Offre." in page
    report = ErrorReport.objects.get()
    assert (report.unit, report.block, report.reported_by) == (world.act, "offre", cast.consultation)
    client.force_login(cast.ars)
    assert "Une erreur est signalée sur cet encadré : " in text_of(client.get(f"/repertoire/uo/{world.act.pk}/"))
    client.force_login(cast.directeur)
    page = text_of(client.get(f"/repertoire/uo/{world.act.pk}/"))
    assert f'href="/signalements/?uo={world.act.pk}"' in page
    assert "1 signalement à traiter" in page


def test_a_closed_report_marks_nothing(reader, world):
    ErrorReportFactory(unit=world.act, corrected=True)
    assert "en cours de traitement" not in text_of(reader.get(f"/repertoire/uo/{world.act.pk}/"))


def test_a_double_click_files_one_and_says_so(reader, world):
    for _ in range(2):
        response = reader.post(form_url(world.act), {"block": "", "text": "Faux."}, follow=True)
    assert "Cette erreur était déjà enregistrée" in text_of(response)
    assert ErrorReport.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"block": "offre", "text": ""}, "Décrivez l’erreur constatée."),
        ({"block": "offre", "text": "   "}, "Décrivez l’erreur constatée."),
        ({}, "Décrivez l’erreur constatée."),
        ({"block": "offre", "text": "a" * 2001}, "2 000 caractères au plus, 2001 écrits."),
        ({"block": "autre", "text": "Texte gardé"}, "Choisissez un encadré de la liste."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_kept(reader, world, data, message):
    response = reader.post(form_url(world.act), data)
    assert response.status_code == 422
    assert message in text_of(response)
    assert data.get("text", "").strip() in text_of(response)
    assert not ErrorReport.objects.exists()


def test_beyond_thirty_a_day_the_text_is_kept(reader, cast, world):
    for _ in range(30):
        ErrorReportFactory(unit=world.act, reported_by=cast.consultation)
    response = reader.post(form_url(world.act), {"block": "", "text": "Une de trop."})
    assert response.status_code == 422
    assert "Vous avez signalé 30 erreurs en vingt-quatre heures" in text_of(response)
    assert "Une de trop." in text_of(response)


@pytest.mark.parametrize("record_id", [0, 99_999_999, 10**18, 10**30])
def test_unknown_records_and_reports_are_not_found(reader, record_id):
    assert reader.get(f"/repertoire/uo/{record_id}/signaler/").status_code == 404
    assert reader.get(f"/repertoire/eg/{record_id}/signaler/").status_code == 404
    assert reader.get(f"/signalements/{record_id}/").status_code == 404


def test_records_that_take_no_report_offer_none(reader, world):
    assert "Signaler une erreur" not in text_of(reader.get(f"/repertoire/ej/{world.ej.pk}/"))


# The list.


def test_a_director_starts_with_what_waits_the_oldest_first(director, cast, world):
    now = timezone.now()
    for hours, text in ((1, "Récent"), (90, "Ancien")):
        ErrorReportFactory(
            unit=world.act,
            text=text,
            reported_by=cast.consultation,
            reported_at=now - datetime.timedelta(hours=hours, minutes=1),
        )
    ErrorReportFactory(unit=world.lam, text="Déjà clos", corrected=True)
    ErrorReportFactory(unit=world.lhss, text="D’ailleurs")
    page = text_of(director.get(LIST))
    assert page.index("Ancien") < page.index("Récent")
    assert "Déjà clos" not in page
    assert "D’ailleurs" not in page
    assert "ouvert depuis 3 jours" in page
    assert "par C. Moreau" in page
    assert "Déjà clos" in text_of(director.get(f"{LIST}?etat=tous"))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("etat=tous", {"neuf", "vieux", "Paris", "établissement", "clos", "refusé"}),
        ("etat=signale", {"neuf", "vieux", "établissement"}),
        ("etat=en-cours", {"Paris"}),
        ("etat=corrige", {"clos"}),
        ("etat=sans-suite", {"refusé"}),
        ("departement=75", {"Paris"}),
        ("departement=92", {"neuf", "vieux", "établissement"}),
        ("departement=2A9", set()),
        ("age=3", {"vieux"}),
        ("age=3&etat=tous&departement=75", set()),
        ("etat=nimporte&age=x&page=zzz", {"neuf", "vieux", "Paris", "établissement"}),
        ("uo=99999999999999999999999", {"neuf", "vieux", "Paris", "établissement"}),
        ("uo=9223372036854775807", set()),
    ],
)
def test_filters(client, cast, world, query, expected):
    client.force_login(cast.sesan)
    old = timezone.now() - datetime.timedelta(days=4)
    ErrorReportFactory(unit=world.act, text="« neuf »")
    ErrorReportFactory(unit=world.act, text="« vieux »", reported_at=old)
    ErrorReportFactory(unit=world.lhss, text="« Paris »", in_progress=True)
    ErrorReportFactory(unit=None, geographic_entity=world.eg, text="« établissement »", block="contact")
    ErrorReportFactory(unit=world.lam, text="« clos »", corrected=True)
    ErrorReportFactory(unit=world.lam, text="« refusé »", rejected=True)
    page = text_of(client.get(f"{LIST}?{query}"))
    names = {"neuf", "vieux", "Paris", "établissement", "clos", "refusé"}
    assert {name for name in names if f"« {name} »" in page} == expected


def test_one_record_alone(director, world):
    ErrorReportFactory(unit=world.act, text="Sur l’unité")
    ErrorReportFactory(unit=None, geographic_entity=world.eg, text="Sur l’établissement")
    page = text_of(director.get(f"{LIST}?eg={world.eg.pk}"))
    assert "Sur l’établissement" in page
    assert "Sur l’unité" not in page
    assert "1 signalement sur une seule fiche" in page


def test_whoever_filed_sees_the_answer_in_his_list(reader, cast, world):
    ErrorReportFactory(unit=world.act, reported_by=cast.consultation, corrected=True, text="Le mien")
    ErrorReportFactory(unit=world.act, text="Celui d’un autre")
    page = text_of(reader.get(LIST))
    assert "Le mien" in page
    assert "par vous" in page
    assert "Celui d’un autre" not in page


def test_empty_lists_say_what_to_do(client, cast):
    for person, words in (
        (cast.consultation, "Ouvrez la fiche depuis le"),
        (cast.sesan, "Aucun signalement à traiter"),
    ):
        client.force_login(person)
        assert words in text_of(client.get(LIST))
        assert "Aucun signalement ne correspond" in text_of(client.get(f"{LIST}?departement=77"))


def test_the_list_is_split_in_pages_of_fifteen(director, world):
    for _ in range(16):
        ErrorReportFactory(unit=world.act)
    assert "Signalements 1 à 15 sur 16" in text_of(director.get(LIST))
    assert "Signalements 16 à 16 sur 16" in text_of(director.get(f"{LIST}?page=2"))


def test_what_waits_is_on_the_home_page_of_directors_and_support(client, cast, world):
    for _ in range(6):
        ErrorReportFactory(unit=world.act)
    ErrorReportFactory(unit=world.lhss)
    for person, count in ((cast.directeur, 6), (cast.sesan, 7), (cast.stranger, 1)):
        client.force_login(person)
        word = "signalements" if count > 1 else "signalement"
        assert f"{count} {word} à traiter" in text_of(client.get("/"))
    client.force_login(cast.consultation)
    page = text_of(client.get("/"))
    assert "à traiter" not in page
    assert 'href="/signalements/"' in page


# One report.


def detail(report):
    return f"/signalements/{report.pk}/"


def test_the_director_sees_the_block_who_said_it_and_the_way_to_edit(director, cast, world):
    report = ErrorReportFactory(unit=world.act, reported_by=cast.consultation, text="<b>Faux</b>\nnuméro")
    page = text_of(director.get(detail(report)))
    assert "&lt;b&gt;Faux&lt;/b&gt;" in page
    assert "Claire Moreau" in page
    assert "01 99 00 00 02" in page
    assert reverse("directory:block_edit", args=["uo", world.act.pk, "contacts"]) in page
    assert f'href="/repertoire/uo/{world.act.pk}/#t-contacts"' in page
    assert "Prendre en charge" in page


def test_whoever_filed_it_reads_and_has_no_button(reader, cast, world):
    report = ErrorReportFactory(unit=world.act, reported_by=cast.consultation, corrected=True)
    page = text_of(reader.get(detail(report)))
    assert "Le numéro est à jour." in page
    assert "Prendre en charge" not in page
    response = reader.post(detail(report), {"acte": "prendre", "version": 2})
    assert response.status_code == 403
    assert "directeurs de la fiche" in text_of(response)


def test_a_record_hidden_since_is_not_named(reader, client, cast, world):
    report = ErrorReportFactory(unit=world.act, reported_by=cast.consultation)
    world.act.status, world.act.name = "hidden", "Nom devenu secret"
    world.act.save()
    for page in (text_of(reader.get(LIST)), text_of(reader.get(detail(report)))):
        assert "Une fiche qui ne vous est plus ouverte" in page
        assert "Nom devenu secret" not in page
        assert world.eg.name not in page
    exported = reader.post(reverse("account_export")).json()["signalements"]["signales"]
    assert [row["fiche"] for row in exported] == ["Une fiche qui ne vous est plus ouverte"]
    client.force_login(cast.directeur)
    assert "Nom devenu secret" in text_of(client.get(detail(report)))
    client.force_login(cast.consultation)
    page = text_of(reader.get(detail(report)))
    assert "Cette fiche ne vous est plus ouverte." in page
    assert f"/repertoire/uo/{world.act.pk}/" not in page
    assert "01 99 00 00 02" not in page


def test_taking_and_answering(director, cast, world, django_capture_on_commit_callbacks):
    report = ErrorReportFactory(unit=world.act, reported_by=cast.consultation)
    response = director.post(
        detail(report), {"acte": "prendre", "version": 1, "answer": "Nous vérifions."}, follow=True
    )
    assert "Le signalement est pris en charge." in text_of(response)
    assert "Nous vérifions." in text_of(response)
    with django_capture_on_commit_callbacks(execute=True):
        response = director.post(
            detail(report), {"acte": "corriger", "version": 2, "answer": "Numéro changé."}, follow=True
        )
    assert "Signalement clos : corrigé. La personne qui l’a signalé est prévenue." in text_of(response)
    assert [message.to for message in mail.outbox] == [[cast.consultation.email]]
    assert f"http://testserver/signalements/{report.pk}/" in mail.outbox[0].body


@pytest.mark.parametrize("act", ["corriger", "refuser"])
def test_closing_without_an_answer_is_refused(director, world, act):
    report = ErrorReportFactory(unit=world.act)
    response = director.post(detail(report), {"acte": act, "version": 1, "answer": " "})
    assert response.status_code == 422
    assert "Écrivez une réponse pour clore le signalement." in text_of(response)


@pytest.mark.parametrize("version", ["", "abc", "99999999999999", "-1", "7"])
def test_an_unreadable_version_is_an_old_page_and_the_text_is_kept(director, world, version):
    report = ErrorReportFactory(unit=world.act)
    data = {"acte": "corriger", "version": version, "answer": "Ma réponse"}
    response = director.post(detail(report), data)
    assert response.status_code == 409
    page = text_of(response)
    assert "Cette page n’était pas à jour." in page
    assert "Ma réponse" in page
    assert 'name="version" value="1"' in page


def test_somebody_closed_it_meanwhile(director, cast, world):
    report = ErrorReportFactory(unit=world.act)
    director.post(detail(report), {"acte": "refuser", "version": 1, "answer": "Déjà juste."})
    response = director.post(detail(report), {"acte": "corriger", "version": 1, "answer": "Ma réponse"})
    page = text_of(response)
    assert response.status_code == 409
    assert "Entre-temps, vous avez mis ce signalement dans l’état « Sans suite »" in page
    assert "Votre texte, non enregistré" in page
    assert "Ma réponse" in page


def test_an_answer_too_long_is_kept(director, world):
    report = ErrorReportFactory(unit=world.act)
    response = director.post(detail(report), {"acte": "corriger", "version": 1, "answer": "b" * 2001})
    assert response.status_code == 422
    assert "2 000 caractères au plus, 2001 écrits." in text_of(response)


def test_a_department_of_an_establishment(client, cast, world):
    client.force_login(cast.sesan)
    entity = GeographicEntityFactory(commune=commune("75110"), name="À Paris")
    ErrorReportFactory(unit=None, geographic_entity=entity, block="")
    page = text_of(client.get(f"{LIST}?departement=75"))
    assert "À Paris – Toute la fiche" in page


def test_the_address_of_a_unit_is_reported_on_its_establishment(reader, world):
    page = text_of(reader.get(f"/repertoire/uo/{world.act.pk}/"))
    assert f'href="/repertoire/eg/{world.eg.pk}/signaler/?encadre=adresse"' in page


def test_the_account_page_leads_to_them_and_the_export_holds_them(client, cast, world):
    report = ErrorReportFactory(unit=world.act, reported_by=cast.consultation, corrected=True, text="Le mien")
    ErrorReportFactory(unit=world.act, text="Celui d’un autre")
    client.force_login(cast.consultation)
    assert 'href="/signalements/?etat=tous"' in text_of(client.get(reverse("account")))
    data = client.post(reverse("account_export")).json()["signalements"]
    assert [(row["fiche"], row["encadre"], row["texte"], row["etat"]) for row in data["signales"]] == [
        ("ACT ALTAIR VESTA", "Contacts", "Le mien", "Corrigé")
    ]
    assert [(row["signalement"], row["etat"]) for row in data["etapes"]] == [(report.pk, "Signalé")]


def test_choosing_another_block_shows_it_and_a_hidden_one_says_so(reader, world):
    url = f"/repertoire/uo/{world.act.pk}/signaler/"
    assert 'hx-target="#fiche-dit"' in text_of(reader.get(f"{url}?encadre=offre"))
    page = text_of(reader.get(f"{url}?encadre=offre&block=contacts"))
    assert "01 99 00 00 02" in page
    world.act.contact_confidentiality = "very_restricted"
    world.act.sensitive_unit = True
    world.act.save()
    for address in (f"{url}?encadre=contacts", f"/repertoire/eg/{world.eg.pk}/signaler/?encadre=adresse"):
        page = text_of(reader.get(address))
        assert "ne vous sont pas affichées" in page
        assert "01 99 00 00 02" not in page
