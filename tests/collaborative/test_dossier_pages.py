"""The list of dossiers, opening one, its page, its thread, sending it: what is shown, refused, what it costs."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from collaborative import delays, services
from collaborative.enums import DossierAct
from collaborative.fiches import services as fiche_services
from collaborative.models import Comment, Dossier, Fiche, Step
from collaborative.review.queue import QueueFilter
from directory.delegation.rights import give_role
from directory.models import OperationalUnit
from directory.scopes import scope_of
from tests.factories.accounts import UserFactory
from tests.factories.directory import GeographicEntityFactory, StructureFactory, UnitFactory
from tests.test_query_budgets import queries_of

pytestmark = pytest.mark.django_db
DOSSIERS = "/dossiers/"


@pytest.fixture
def director(client, cast):
    client.force_login(cast.directeur)
    return client


def text_of(response):
    return response.content.decode()


def page_of(desk, name="detail"):
    return reverse(f"collaborative:dossier_{name}", args=[desk.dossier.pk])


def finish(desk, record, values):
    """Finalise a fiche whatever it lacks."""
    fiche = desk.save(desk.fiche(record), values)
    Fiche.objects.filter(pk=fiche.pk).update(state="finalised")
    services.settle(dossier=Dossier.objects.get(pk=desk.dossier.pk), by=desk.cast.directeur, now=desk.tick())


class TestList:
    def test_mine_with_state_progress_and_last_change(self, desk, director, cast):
        page = text_of(director.get(DOSSIERS))
        assert "Liste des dossiers collaboratifs" in page
        assert "Peuplement de ACT ALTAIR VESTA" in page
        assert "Aucune fiche modifiée" in page
        director.force_login(cast.stranger)
        assert "Aucun dossier en cours" in text_of(director.get(DOSSIERS))

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("q=peuplement de act", True),
            ("q=nanterre", True),
            ("q=bellatrix", False),
            ("etat=brouillon", True),
            ("etat=valide", False),
            ("etat=n'importe quoi", True),
            ("departement=92", True),
            ("departement=75", False),
            ("campagne=99999999999999999999", True),
            ("campagne=7", False),
            ("tri=nom", True),
            ("tri=avancement&page=abc", True),
        ],
    )
    def test_filters(self, desk, director, query, found):
        assert (page_of(desk) in text_of(director.get(f"{DOSSIERS}?{query}"))) is found

    def test_costs_no_more_with_more_dossiers(self, desk, client, cast, world):
        client.force_login(cast.sesan)
        first = queries_of(client, DOSSIERS)
        for _ in range(12):
            entity = GeographicEntityFactory(legal_entity=world.ej, nanterre=True)
            services.open_dossier(entity=entity, **desk.who(cast.sesan))
        more = queries_of(client, DOSSIERS)
        assert len(more) <= len(first) <= 10, more


class TestOpening:
    def test_from_the_list_of_mine(self, world, cast, director):
        page = text_of(director.get("/dossiers/ouvrir/"))
        assert "ACT ALTAIR VESTA" in page
        assert "LHSS Bellatrix" not in page
        assert "Peuplement de ACT ALTAIR VESTA" in text_of(director.get(f"/dossiers/ouvrir/?eg={world.eg.pk}"))
        opened = director.post("/dossiers/ouvrir/", {"eg": world.eg.pk, "name": ""})
        dossier = Dossier.objects.get()
        assert dossier.name == "Peuplement de ACT ALTAIR VESTA"
        assert opened["Location"] == f"/dossiers/{dossier.pk}/"

    def test_a_second_attempt_leads_to_the_first(self, desk, world, director):
        Dossier.objects.update(opened_at=desk.now - datetime.timedelta(minutes=1))
        for answer in (
            director.get(f"/dossiers/ouvrir/?eg={world.eg.pk}", follow=True),
            director.post("/dossiers/ouvrir/", {"eg": world.eg.pk}, follow=True),
        ):
            assert answer.redirect_chain == [(page_of(desk), 302)]
            assert "Un dossier est déjà ouvert" in text_of(answer)
        assert Dossier.objects.count() == 1

    def test_a_second_click_leads_there_without_a_word(self, world, director, cast, client):
        for _ in range(2):
            answer = director.post("/dossiers/ouvrir/", {"eg": world.eg.pk}, follow=True)
            assert answer.redirect_chain == [(f"/dossiers/{Dossier.objects.get().pk}/", 302)]
        assert "Un dossier est déjà ouvert" not in text_of(answer)
        assert "Un dossier est déjà ouvert" in text_of(director.get(f"/dossiers/ouvrir/?eg={world.eg.pk}", follow=True))
        client.force_login(cast.sesan)
        assert "Un dossier est déjà ouvert" in text_of(
            client.post("/dossiers/ouvrir/", {"eg": world.eg.pk}, follow=True)
        )

    @pytest.mark.parametrize(("typed", "status"), [("0", 404), ("9" * 25, 404), ("x", 404), ("other", 403)])
    def test_what_is_not_mine_or_does_not_exist(self, world, director, typed, status):
        typed = str(world.other_eg.pk) if typed == "other" else typed
        assert director.get("/dossiers/ouvrir/", {"eg": typed}).status_code == status

    def test_support_searches_first(self, world, cast, client):
        client.force_login(cast.sesan)
        assert "Quel établissement" in text_of(client.get("/dossiers/ouvrir/"))
        assert "LHSS Bellatrix" in text_of(client.get("/dossiers/ouvrir/?q=bellatrix"))
        assert "Aucun établissement trouvé" in text_of(client.get("/dossiers/ouvrir/?q=zzz"))

    def test_a_new_establishment(self, world, director):
        url = "/dossiers/nouvel-etablissement/"
        refused = director.post(url, {"legal_entity": world.other_ej.pk, "name": "Halte"})
        assert (refused.status_code, "de votre périmètre" in text_of(refused)) == (422, True)
        assert director.post(url, {"legal_entity": "9" * 30, "name": ""}).status_code == 422
        director.post(url, {"legal_entity": world.ej.pk, "name": "Halte Altair"})
        dossier = Dossier.objects.get()
        assert (dossier.name, dossier.fiches.get().action) == ("Peuplement de Halte Altair", "create")
        assert "Halte Altair" in text_of(director.get(f"/dossiers/{dossier.pk}/"))

    def test_a_second_attempt_at_a_new_establishment_leads_to_the_first(self, world, director, cast, client):
        url = "/dossiers/nouvel-etablissement/"
        director.post(url, {"legal_entity": world.ej.pk, "name": "Halte Altaïr"})
        first = Dossier.objects.get()
        clicked = director.post(url, {"legal_entity": world.ej.pk, "name": "Halte Altaïr"}, follow=True)
        assert clicked.redirect_chain == [(f"/dossiers/{first.pk}/", 302)]
        assert "déjà ouvert sur cet établissement" not in text_of(clicked)
        Dossier.objects.update(opened_at=timezone.now() - datetime.timedelta(minutes=1))
        answer = director.post(url, {"legal_entity": world.ej.pk, "name": " halte  ALTAIR "}, follow=True)
        assert answer.redirect_chain == [(f"/dossiers/{first.pk}/", 302)]
        assert "déjà ouvert sur cet établissement" in text_of(answer)
        neighbour = UserFactory(roles=[])
        give_role(user=neighbour, role=Role.DIRECTOR, record=world.eg, by=cast.sesan)
        client.force_login(neighbour)
        answer = client.post(url, {"legal_entity": world.ej.pk, "name": "Halte Altaïr"}, follow=True)
        assert answer.redirect_chain == [("/dossiers/", 302)]
        assert "voyez avec le support" in text_of(answer)
        assert Dossier.objects.get() == first
        services.apply(
            dossier=first,
            act=DossierAct.ABANDON,
            by=cast.directeur,
            scope=scope_of(cast.directeur),
            now=timezone.now(),
        )
        client.force_login(cast.directeur)
        client.post(url, {"legal_entity": world.ej.pk, "name": "Halte Altaïr"})
        assert Dossier.objects.open().count() == 1

    def test_a_namesake_in_the_directory_is_named_before_it_is_confirmed(self, world, director):
        url = "/dossiers/nouvel-etablissement/"
        form = {"legal_entity": world.ej.pk, "name": "act altaïr vesta"}
        answer = director.post(url, form)
        page = text_of(answer)
        assert (answer.status_code, Dossier.objects.exists()) == (422, False)
        assert reverse("directory:geographic_entity_detail", args=[world.eg.pk]) in page
        assert f'href="/dossiers/ouvrir/?eg={world.eg.pk}"' in page
        assert 'value="act altaïr vesta"' in page
        assert director.post(url, form | {"homonyme": world.other_eg.pk}).status_code == 422
        assert director.post(url, form | {"homonyme": "9" * 40}).status_code == 422
        assert director.post(url, form | {"homonyme": world.eg.pk}).status_code == 302
        assert Dossier.objects.get().legal_entity == world.ej

    def test_the_record_pages_and_the_tree_lead_there(self, world, director, cast, client):
        eg = f"/repertoire/etablissements/{world.eg.pk}/"
        opening = f"/dossiers/ouvrir/?eg={world.eg.pk}"
        eg, uo = (
            reverse("directory:geographic_entity_detail", args=[world.eg.pk]),
            reverse("directory:unit_detail", args=[world.lam.pk]),
        )
        for url in (eg, uo, reverse("directory:tree"), reverse("directory:tree_department", args=["92"])):
            assert opening in text_of(director.get(url)), url
        services.open_dossier(
            entity=world.eg, by=cast.directeur, scope=scope_of(cast.directeur), now=datetime.datetime.now(datetime.UTC)
        )
        for url in (eg, uo, reverse("directory:tree")):
            page = text_of(director.get(url))
            assert "Dossier en cours" in page
            assert opening not in page
        client.force_login(cast.consultation)
        for url in (eg, uo, reverse("directory:tree_department", args=["92"])):
            assert "ossier en cours" not in text_of(client.get(url))


class TestPage:
    def test_others_do_not_know_of_it(self, desk, client, cast):
        for user in (cast.stranger, cast.consultation, cast.ars, cast.newcomer):
            client.force_login(user)
            for name in ("detail", "history", "send", "abandon", "withdraw"):
                assert client.get(page_of(desk, name)).status_code == 404

    def test_tree_codes_pictograms_and_legend(self, desk, world, director):
        structure = StructureFactory(geographic_entity=world.eg)
        fiche_services.add_structure(parent=desk.fiche(world.eg), level="S2", **desk.who(None))
        finish(desk, world.lam, {"name": "LAM Vesta"})
        page = text_of(director.get(page_of(desk)))
        for text in ("Fiche standard", "Fiche finalisée (existe dans le répertoire)", "Fiche en attente", ">S2<"):
            assert text in page
        for text in ("Afficher la légende", "Structure de niveau 1", "Médecine / Chirurgie / Obstétrique"):
            assert text in page
        assert str(structure) not in page

    def test_costs_no_more_with_three_hundred_units(self, world, cast, client):
        UnitFactory.create_batch(60, geographic_entity=world.eg)
        units = OperationalUnit.objects.filter(geographic_entity=world.eg)
        who = {"by": cast.directeur, "scope": scope_of(cast.directeur)}
        now = datetime.datetime.now(datetime.UTC)
        dossier = services.open_dossier(entity=world.eg, **who, now=now)
        top = dossier.fiches.get(geographic_entity=world.eg)
        for _ in range(5):
            fiche_services.add_units(parent=top, count=50, **who, now=now)
        assert dossier.fiches.count() == units.count() + 251
        services.add_comment(dossier=dossier, text="Bonjour", **who, now=now)
        client.force_login(cast.directeur)
        queries = queries_of(client, f"/dossiers/{dossier.pk}/")
        assert len(queries) <= 8, queries

    def test_units_of_the_directory_added_since(self, desk, world, director):
        structure = StructureFactory(geographic_entity=world.eg)
        unit = UnitFactory(geographic_entity=world.eg, structure=structure, name="Nouvelle UO")
        UnitFactory(geographic_entity=world.eg, closed=True)
        assert "Nouvelle UO" in text_of(director.get(page_of(desk)))
        director.post(page_of(desk) + "nouvelles-unites/")
        fiche = desk.fiche(unit)
        assert (fiche.state, fiche.parent.structure, fiche.parent.parent) == (
            "standard",
            structure,
            desk.fiche(world.eg),
        )
        assert "de nouvelles unités" not in text_of(director.get(page_of(desk)))


class TestSending:
    def test_what_is_missing_is_listed_with_links(self, desk, world, director):
        assert "Rien à envoyer" in text_of(director.get(page_of(desk, "send")))
        [made] = fiche_services.add_units(parent=desk.fiche(world.eg), count=1, **desk.who(None))
        page = text_of(director.get(page_of(desk, "send")))
        row = Fiche.objects.get(pk=made.pk).missing[0]
        assert f"/fiches/{made.pk}/#id_{row['block']}-{row['name']}" in page
        assert director.post(page_of(desk, "send"), {"version": "1"}).status_code == 422
        assert Dossier.objects.get().state == "draft"

    def test_send_withdraw_send(self, desk, world, director):
        finish(desk, world.lam, {"name": "LAM Vesta"})
        page = text_of(director.get(page_of(desk, "send")))
        assert "1 fiche modifiée" in page
        version = Dossier.objects.get().version
        stale = director.post(page_of(desk, "send"), {"version": version - 1, "remark": "Vu avec l’équipe"})
        assert (stale.status_code, "Vu avec l’équipe" in text_of(stale)) == (422, True)
        assert director.post(page_of(desk, "send"), {"version": version, "remark": "x" * 2001}).status_code == 422
        sent = director.post(page_of(desk, "send"), {"version": version, "remark": "Vu"}, follow=True)
        assert "dans la file d’attente" in text_of(sent)
        assert "Vu" in text_of(sent)
        assert Step.objects.get(act="send").remark == "Vu"
        again = director.get(page_of(desk, "send"), follow=True)
        assert "retirez-le de la validation" in text_of(again)
        director.post(page_of(desk, "withdraw"), {"version": version + 1})
        assert Dossier.objects.get().state == "finalised"

    def test_what_sesan_asks_comes_first(self, desk, world, cast, director):
        finish(desk, world.lam, {"phone": "0140970102"})
        desk.apply("send")
        desk.apply("take", by=cast.sesan)
        lam = desk.fiche(world.lam)
        services.add_comment(
            dossier=desk.dossier,
            text="Numéro à vérifier.",
            fiche=lam,
            field="medical_phone",
            is_return=True,
            **desk.who(cast.sesan),
        )
        desk.apply("return", by=cast.sesan, remark="Deux points à revoir.")
        page = text_of(director.get(page_of(desk)))
        assert page.index("Deux points à revoir.") < page.index("Numéro à vérifier.") < page.index("Fiches du dossier")
        assert f"/fiches/{lam.pk}/#id_" in page

    def test_abandon_says_what_is_lost(self, desk, world, director):
        fiche_services.add_units(parent=desk.fiche(world.eg), count=2, **desk.who(None))
        assert "2 nouvelles fiches" in text_of(director.get(page_of(desk, "abandon")))
        version = Dossier.objects.get().version
        director.post(page_of(desk, "abandon"), {"version": version, "remark": "Doublon"})
        assert Dossier.objects.get().state == "abandoned"
        page = text_of(director.get(page_of(desk)))
        assert "Dossier abandonné" in page
        assert "Envoyer en validation" not in page

    def test_a_dossier_that_an_unheld_entity_blocks_is_not_theirs(self, desk, world, cast, client):
        fiche_services.join_entity(dossier=desk.dossier, entity=world.other_eg, **desk.who(cast.sesan))
        client.force_login(cast.stranger)
        answer = client.get(f"/dossiers/ouvrir/?eg={world.other_eg.pk}", follow=True)
        assert "voyez avec le support" in text_of(answer)


class TestThread:
    def test_messages_of_others_are_new_once(self, desk, cast, director):
        services.add_comment(dossier=desk.dossier, text="Avez-vous le FINESS ?", **desk.who(cast.sesan))
        assert "Nouveau" in text_of(director.get(page_of(desk)))
        assert "Nouveau" not in text_of(director.get(page_of(desk)))

    def test_a_second_click_writes_once(self, desk, world, director, mailoutbox):
        url, fiche = page_of(desk, "comment"), desk.fiche(world.act).pk
        for said in ({"text": "Bonjour."}, {"text": "Bonjour."}, {"text": "Bonjour.", "fiche": fiche}):
            assert director.post(url, said).status_code == 302
        assert Comment.objects.count() == len(mailoutbox) == 2

    def test_writing(self, desk, world, director):
        url = page_of(desk, "comment")
        refused = director.post(url, {"text": " "})
        assert (refused.status_code, "Écrivez un message." in text_of(refused)) == (422, True)
        assert director.post(url, {"text": "a" * 2001}).status_code == 422
        assert director.post(url, {"text": "x", "fiche": "999999"}).status_code == 404
        director.post(url, {"text": "Bonjour <b>"})
        fiche = desk.fiche(world.lam)
        answer = director.post(url, {"text": "Et celle-ci", "fiche": fiche.pk, "champ": "name"})
        assert answer["Location"].endswith(f"/fiches/{fiche.pk}/#messages")
        page = text_of(director.get(page_of(desk)))
        assert "Bonjour &lt;b&gt;" in page
        assert Comment.objects.count() == 2

    def test_a_message_is_about_a_field_that_its_fiche_has(self, desk, world, director):
        fiche, url = desk.fiche(world.lam), page_of(desk, "comment")
        for name in ("finess_juridique", "values", "pk"):
            refused = director.post(url, {"text": "Et celui-ci", "fiche": fiche.pk, "champ": name})
            page = text_of(refused)
            assert refused.status_code == 422
            assert "un champ que la fiche n’a pas" in page
            assert "Et celui-ci" in page
            assert refused.context["message_form"]["champ"].value() == ""
        assert not Comment.objects.exists()

    def test_history_in_words(self, desk, world, director):
        desk.save(desk.fiche(world.lam), {"name": "LAM"})
        page = text_of(director.get(page_of(desk, "history")))
        assert "Ouverture" in page
        assert "Enr. et mettre en attente" in page
        assert "Fiche standard → Fiche en attente" in page


def test_the_median_delay_and_the_place(desk, world, cast):
    assert delays.median_delay(desk.now) is None
    start = desk.now
    finish(desk, world.lam, {"name": "LAM Vesta"})
    desk.apply("send")
    desk.now += datetime.timedelta(days=2)
    desk.apply("take", by=cast.sesan)
    desk.apply("return", by=cast.sesan, remark="À revoir.")
    assert delays.delay_words(delays.median_delay(desk.now)) == "2 jours"
    assert delays.median_delay(desk.now + datetime.timedelta(days=31)) is None
    assert delays.median_delay(start) is None
    desk.apply("send")
    waiting = delays.waiting_of(desk.dossier, desk.now)
    assert waiting.words.startswith("1ᵉʳ dans la file d’attente")


def test_the_place_is_that_of_the_queue_of_support(desk, world, cast):
    """A dossier sent later goes first when its risk, its age counted, is higher; at the same points the first sent."""
    who = {"by": cast.sesan, "scope": scope_of(cast.sesan), "now": desk.tick()}
    dossiers = [desk.dossier, services.open_dossier(entity=world.other_eg, **who)]
    now, day = desk.now, datetime.timedelta(days=1)
    for risks, ages, first in (((0, 60), (0.1, 0), 1), ((0, 8), (1.5, 0.5), 0), ((0, 9), (1.5, 0.5), 1)):
        for dossier, risk, age in zip(dossiers, risks, ages, strict=True):
            dossier.state, dossier.sent_by, dossier.sent_at, dossier.risk = (
                "sent",
                cast.directeur,
                now - age * day,
                risk,
            )
            dossier.save()
        queue = list(QueueFilter().apply(scope_of(cast.sesan), now))
        assert [dossiers[first], dossiers[1 - first]] == queue
        assert [delays.waiting_of(dossier, now).place for dossier in queue] == [1, 2]


@pytest.mark.parametrize(
    ("hours", "words"), [(0.1, "6 min"), (5, "5 h"), (35, "35 h"), (37, "2 jours"), (100, "4 jours")]
)
def test_delays_in_words(hours, words):
    assert delays.delay_words(datetime.timedelta(hours=hours)) == words


@pytest.mark.parametrize("page", ["comment", "abandon", "open", "campaign"])
def test_what_is_wrong_is_listed_once(desk, client, world, cast, page):
    client.force_login(cast.sesan if page in {"campaign", "open"} else cast.directeur)
    addresses = {
        "open": reverse("collaborative:dossier_open"),
        "campaign": reverse("collaborative:campaign_create"),
    }
    address = addresses.get(page) or page_of(desk, page)
    typed = {"version": desk.dossier.version, "text": "x" * 2001, "remark": "x" * 2001, "name": "x" * 300}
    typed["eg"] = world.other_eg.pk
    refused = client.post(address, typed)
    assert refused.status_code == 422
    assert text_of(refused).count('class="error-summary') == 1
    assert text_of(refused).count("invalid-feedback") >= 1
