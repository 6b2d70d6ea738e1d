"""The search log: what is counted, what is never kept, and what support does with it."""

import datetime
import io

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from accounts.roles import Role
from directory.models import RecordChange
from search.criteria import SearchCriteria
from search.log import counting
from search.log.counting import forget_untold, is_new_search, key_of, log_opening, masked, purge_log
from search.models import SearchedText, SettledText
from tests.factories.accounts import UserFactory
from tests.factories.directory import GeographicEntityFactory, PractitionerFactory, TermFactory, UnitFactory, commune

pytestmark = pytest.mark.django_db
JOURNAL = "/recherche/journal/"


@pytest.fixture
def signed_in(client):
    def sign_in(role=Role.CONSULTATION):
        client.force_login(UserFactory(roles=[role]))
        return client

    return sign_in


@pytest.fixture
def search(signed_in, rebuilt, django_capture_on_commit_callbacks):
    UnitFactory()
    commune("75110")
    rebuilt()
    reader = signed_in()

    def ask(query):
        with django_capture_on_commit_callbacks(execute=True):
            assert reader.get(f"/recherche/?{query}").status_code == 200

    return ask


def rows():
    columns = ("words", "department", "searches", "empty", "corrected")
    return sorted(SearchedText.objects.values_list(*columns))


def asked(text, days_ago=0, **values):
    day = timezone.localdate() - datetime.timedelta(days=days_ago)
    words = masked(text)
    defaults = {"words": words, "searches": 1} | values
    return SearchedText.objects.create(key=key_of(words), day=day, **defaults)


def test_a_search_is_counted_by_day_words_and_department(search):
    search("quoi=ACT")
    search("quoi=act&ou=75010")
    search("quoi=Act")
    assert rows() == [("act", "", 2, 0, 0), ("act", "75", 1, 0, 0)]


@pytest.mark.parametrize(
    "query", ["ou=75010", "quoi=ACT&page=2", "quoi=ACT&pmr=1", "quoi=ACT&tri=places", "quoi=ACT&exact=1", "quoi=%21"]
)
def test_pages_refinements_and_searches_without_words_are_not_counted(search, query):
    search(query)
    assert rows() == []


def test_an_unknown_word_is_written_out_on_the_third_day_only(search):
    text = "quoi=durand+zzyx"
    for days_ago in (40, 3):
        asked("durand zzyx", days_ago, words="")
    SearchedText.objects.filter(day__gte=timezone.localdate() - datetime.timedelta(days=3)).delete()
    search(text)
    search(text)
    assert [row[0] for row in rows()] == ["", ""]
    asked("durand zzyx", 2, words="")
    search(text)
    assert ("durand zzyx", "", 3, 3, 0) in rows()


@pytest.mark.parametrize("text", ["jean zzyx", "zzyx martineau", "zzyx 12/03/1950", "zzyx 7"])
def test_a_name_or_a_date_is_never_written_out_however_often_it_is_asked(search, rebuilt, text):
    PractitionerFactory(first_name="Jean", last_name="Martineau")
    rebuilt()
    for days_ago in (1, 2, 3, 4):
        asked(text, days_ago, words="")
    search(f"quoi={text}")
    assert {row[0] for row in rows()} == {""}


def test_the_name_of_a_practitioner_is_no_known_word(search, rebuilt):
    PractitionerFactory(first_name="Zoé", last_name="Martineau")
    rebuilt()
    search("quoi=Martineau")
    assert rows() == [("", "", 1, 0, 0)]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "alice moulin",
            "lucie fontaine",
            "12 rue de la source vitry",
            "rue du moulin",
            "act moulin",
            "alice nanterre",
        ),
        *("lucie martineau", "sainte alice", "alice lucie", "source", "martineau nanterre"),
    ],
)
def test_words_known_apart_make_a_name_or_an_address_and_are_not_written(search, rebuilt, text):
    """« source » stands in the name of a practitioner alone."""
    names = (
        "Résidence du Moulin",
        "Clinique Sainte-Lucie",
        "Maison Alice",
        "Foyer de la Fontaine",
        "Accueil de la Rue",
    )
    for name in names:
        GeographicEntityFactory(name=name, commune=commune("75110"))
    PractitionerFactory(first_name="Lucie", last_name="Martineau")
    PractitionerFactory(first_name="Paul", last_name="Source")
    commune("92050"), commune("94081")
    rebuilt()
    search("quoi=" + text.replace(" ", "+"))
    assert [row[0] for row in rows()] == [""]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "résidence du moulin",
            "Sainte-Lucie",
            "act nanterre",
            "act paris 10",
            "appartement de coordination nanterre",
        ),
        *("appartement coordination", "act hauts-de-seine", "nanterre", "act 92"),
    ],
)
def test_a_whole_name_and_words_of_one_term_are_written_beside_a_whole_place_too(search, rebuilt, text):
    for name in ("Résidence du Moulin", "Sainte-Lucie"):
        GeographicEntityFactory(name=name, commune=commune("75110"))
    UnitFactory(act=True)
    commune("92050"), commune("94081")
    rebuilt()
    search("quoi=" + text.replace(" ", "+"))
    assert [row[0] for row in rows()] == [masked(text)]


@pytest.mark.parametrize(
    "text",
    [
        *("Marie Blanc", "Marcel Denis", "Marguerite Blanc", "Pierre Grand", "Madeleine Korsakoff", "Charcot Marie"),
        *("Louise Michel", "Marie Melun", "act à Vitry", "appartements nanterre", "appartement nanterre"),
        *("moulin résidence", "résidence moulin", "grand", "M. Grand", "J. Grand", "Grand Melun"),
    ],
)
def test_a_plausible_name_is_not_written_for_holding_words_of_terms_names_and_places(search, rebuilt, text):
    """By stems, by the town of a name, by the beginning of a commune, by a name given to an illness or a building."""
    names = ("CAMSP les Marais – Blanc-Mesnil", "EHPAD Marcel-Pagnol – Saint-Denis", "IME Sainte-Marguerite")
    for name in (*names, "Louise Michel", "Résidence du Moulin"):
        GeographicEntityFactory(name=name, commune=commune("93007"))
    for label in ("Maladie de Charcot-Marie-Tooth", "Syndrome de Korsakoff", "Grand âge"):
        UnitFactory(terms=[TermFactory(label=label)])
    UnitFactory(act=True)
    PractitionerFactory(first_name="Marie", last_name="Michel")
    PractitionerFactory(first_name="Louise", last_name="Durand")
    for insee in ("93007", "93066", "77259", "77267", "77288", "92050", "94081"):
        commune(insee)
    rebuilt()
    search("quoi=" + text.replace(" ", "+"))
    assert [row[0] for row in rows()] == [""]


def test_the_whole_spelling_of_a_term_is_written_though_people_bear_its_words(search, rebuilt):
    UnitFactory(terms=[TermFactory(label="Maladie de Charcot", synonyms=["Charcot Marie"])])
    PractitionerFactory(first_name="Marie", last_name="Charcot")
    rebuilt()
    for text in ("charcot+marie", "maladie+charcot", "maladie+de+charcot"):
        search(f"quoi={text}")
    assert [row[0] for row in rows()] == ["", "charcot marie", "maladie de charcot"]


def test_a_search_in_one_list_says_nothing_against_the_words(search):
    search("quoi=ACT&dans=activites")
    search("quoi=zzyx")
    assert sorted(rows()) == [("", "", 1, 1, 0), ("act", "", 1, 0, 0)]


def test_a_word_after_many_known_ones_is_looked_at_too(search):
    search("quoi=" + "act+" * 14 + "zzyx")
    assert [row[0] for row in rows()] == [""]


def test_digits_are_masked(search):
    search("quoi=0199+00+00+77")
    search("quoi=ACT+1234567")
    assert [row[0] for row in rows()] == ["#### ## ## ##", "act #######"]


def test_a_correction_is_counted(search):
    search("quoi=apartement")
    [(words, _, searches, _, corrected)] = rows()
    assert (words, searches, corrected) == ("", 1, 1)


@pytest.mark.django_db(transaction=True)
def test_a_failure_never_shows(signed_in, monkeypatch, caplog):
    monkeypatch.setattr(counting, "_AGAIN", "SELECT nothing")
    assert signed_in().get("/recherche/?quoi=ACT").status_code == 200
    assert "on_commit" in caplog.text
    assert rows() == []


@pytest.mark.django_db(transaction=True)
def test_it_is_written_after_the_read_only_transaction_of_the_page(signed_in, rebuilt):
    UnitFactory()
    rebuilt()
    reader = signed_in()
    for _ in range(2):
        assert reader.get("/recherche/?quoi=ACT").status_code == 200
    assert rows() == [("act", "", 2, 0, 0)]


def test_it_is_one_statement_after_the_page_once_its_words_are_told(search):
    written = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            search("quoi=ACT")
        written.append([query["sql"] for query in captured if "search_searchedtext" in query["sql"]])
    first, again = written
    assert len(first) == 2
    assert len(again) == 1
    assert "search_termkey" not in again[0]
    assert rows() == [("act", "", 2, 0, 0)]


def test_is_new_search():
    def read(**query):
        return is_new_search(SearchCriteria.from_query(query))

    assert read(quoi="ACT", dans="types", ou="Paris")
    assert not read(quoi="ACT", distance="10")
    assert not read(ou="Paris")


def test_an_opening_is_counted_by_rank_and_kind(signed_in):
    reader = signed_in()
    told = {"quoi": "ACT", "departement": "75", "rang": "3", "nature": "uo"}
    for change in ({}, {"rang": "1"}, {"nature": "eg", "rang": "2"}):
        assert reader.post("/recherche/ouverture/", told | change).status_code == 204
    row = SearchedText.objects.get()
    assert (row.opened_units, row.opened_entities, row.opened_rank, row.searches) == (2, 1, 6, 0)


@pytest.mark.parametrize(
    "change",
    [
        *({"quoi": ""}, {"quoi": "\x00!"}, {"departement": "7500"}, {"rang": "0"}),
        *({"rang": "201"}, {"rang": "9" * 400}, {"rang": "-1"}, {"rang": "٣"}, {"nature": "autre"}, {"nature": ""}),
    ],
)
def test_what_no_page_sends_is_refused(signed_in, change):
    told = {"quoi": "ACT", "departement": "75", "rang": "3", "nature": "uo"} | change
    assert signed_in().post("/recherche/ouverture/", told).status_code == 400
    assert not SearchedText.objects.exists()


def test_the_list_puts_the_most_useful_first(signed_in):
    asked("peu", empty=1)
    asked("souvent", empty=4, searches=5, department="75")
    asked("souvent", 1, empty=3, searches=3)
    asked("ancien", 60, empty=9)
    asked("sans", words="", empty=2)
    support = signed_in(Role.SUPPORT)
    page = support.get(JOURNAL)
    text = page.content.decode()
    assert [row["text"] for row in page.context["page"]] == ["souvent", "peu"]
    assert "7 sans résultat" in text
    assert "2 autres recherches sans résultat" in text
    assert [row["text"] for row in support.get(f"{JOURNAL}?periode=90").context["page"]] == ["ancien", "souvent", "peu"]
    book = load_workbook(io.BytesIO(support.get(f"{JOURNAL}export.xlsx?periode=90").getvalue()))
    [titles, *lines] = book.active.iter_rows(values_only=True)
    assert [line[0] for line in lines] == ["ancien", "souvent", "peu"]
    assert dict(zip(titles, lines[1], strict=True))["Départements"] == "75"


@pytest.mark.parametrize("listing", ["sans-resultat", "corrigees", "peu-ouvertes", "traitees"])
def test_a_page_of_the_list_costs_eight_queries_at_most(signed_in, django_assert_max_num_queries, listing):
    for number in range(30):
        row = asked(f"mot {'abcdefghij'[number % 10]}{'klm'[number // 10]}", empty=1, corrected=1, searches=9)
        if listing == "traitees":
            SettledText.objects.create(key=row.key, words=row.words, term=TermFactory(), settled_on=row.day)
    support = signed_in(Role.SUPPORT)
    support.get("/recherche/")
    with django_assert_max_num_queries(8 + 2):  # the envelope of the test client
        assert support.get(f"{JOURNAL}?liste={listing}").status_code == 200


@pytest.mark.parametrize(
    ("listing", "said"),
    [
        ("sans-resultat", "tape un texte qui ne trouve rien"),
        ("corrigees", "une faute de frappe a été corrigée"),
        ("peu-ouvertes", "au moins 5 fois"),
        ("traitees", "devenues des synonymes"),
    ],
)
def test_an_empty_list_says_what_fills_it(signed_in, listing, said):
    assert said in signed_in(Role.SUPPORT).get(f"{JOURNAL}?liste={listing}").content.decode()


def test_a_number_is_shown_masked_and_offers_no_synonym(signed_in):
    asked("lits 75010", empty=1)
    text = signed_in(Role.SUPPORT).get(JOURNAL).content.decode()
    assert "lits #####" in text
    assert "Ajouter comme synonyme" not in text


@pytest.mark.parametrize("listing", ["sans-resultat", "corrigees", "peu-ouvertes"])
def test_numbers_alone_are_counted_and_not_listed(signed_in, listing):
    counts = {"searches": 9, "empty": 9} if listing == "sans-resultat" else {"searches": 9, "corrected": 9}
    for text in ("01 99 00 00 77", "9" * 200, "75-010"):
        asked(text, **counts)
    asked("lits 75010", **counts)
    asked("texte tu", **counts | {"words": ""})
    support = signed_in(Role.SUPPORT)
    page = support.get(f"{JOURNAL}?liste={listing}")
    assert [row["text"] for row in page.context["page"]] == ["lits #####"]
    assert page.context["numbers"] == 27
    assert "27 autres recherches" in page.content.decode()
    book = load_workbook(io.BytesIO(support.get(f"{JOURNAL}export.xlsx?liste={listing}").getvalue()))
    assert [line[0] for line in book.active.iter_rows(values_only=True)][1:] == ["lits #####"]


def test_the_other_lists(signed_in):
    asked("corrigé", corrected=2)
    asked("ouverte", searches=9, opened_units=9, opened_rank=12)
    asked("laissée", searches=9)
    support = signed_in(Role.SUPPORT)
    listed = {name: support.get(f"{JOURNAL}?liste={name}").context["page"] for name in ("corrigees", "peu-ouvertes")}
    assert [row["text"] for row in listed["corrigees"]] == ["corrige"]
    assert [row["text"] for row in listed["peu-ouvertes"]] == ["laissee", "ouverte"]
    for query in ("liste=x", "periode=x&page=-3", "periode=99999999999", "page=abc", "liste=traitees"):
        assert support.get(f"{JOURNAL}?{query}").status_code == 200


def test_a_synonym_is_added_to_the_term_with_its_history(signed_in, rebuilt, search):
    term = TermFactory(label="Coordination")
    UnitFactory(terms=[term])
    rebuilt()
    row = asked("zinzin", empty=5)
    support = signed_in(Role.SUPPORT)
    address = f"{JOURNAL}{row.key}/synonyme/"
    assert term.label in support.get(f"{address}?q=coordin").content.decode()
    assert "Aucun terme" in support.get(f"{address}?q=rien+de+tel").content.decode()
    assert support.get(f"{address}?q={'x' * 5000}").status_code == 200
    assert support.post(address, {"terme": "x", "q": "coordin"}).status_code == 422
    assert support.post(address, {"terme": term.pk}).status_code == 302
    term.refresh_from_db()
    assert term.synonyms == ["zinzin"]
    assert RecordChange.objects.filter(record_id=term.pk, changes__has_key="synonyms").exists()
    assert b"1 \xc3\xa9tablissement" in support.get("/recherche/?quoi=zinzin").content
    assert list(support.get(JOURNAL).context["page"]) == []
    assert "Synonyme de" in support.get(f"{JOURNAL}?liste=traitees").content.decode()
    assert support.post(address, {"terme": term.pk}).status_code == 302
    term.refresh_from_db()
    assert term.synonyms == ["zinzin"], "once"


@pytest.mark.parametrize(
    ("looked_for", "labels"),
    [
        ("ACT", ["Appartement thérapeutique", "Accueil (ACT) de jour", "Lits et ACT"]),
        ("lit", ["Lits et ACT"]),
        ("appartements", ["Appartement thérapeutique"]),
        ("acti", ["Activité physique"]),
        ("activités de physique", ["Activité physique"]),
        ("thérap appart", ["Appartement thérapeutique"]),
        ("tivité", []),
        ("phy", []),
        ("de", []),
    ],
)
def test_a_term_is_proposed_for_the_words_it_holds_whole(signed_in, looked_for, labels):
    """What the text spells comes first; « ACT » is neither « activité » nor « réactif »."""
    for label in ("Accueil (ACT) de jour", "Activité physique", "Lits et ACT", "Militaire", "Réactif"):
        TermFactory(label=label)
    TermFactory(label="Appartement thérapeutique", synonyms=["ACT"])
    row = asked("zinzin", empty=1)
    page = signed_in(Role.SUPPORT).get(f"{JOURNAL}{row.key}/synonyme/", {"q": looked_for})
    assert [term.label for term in page.context["found"].terms] == labels


def test_a_text_with_digits_becomes_no_synonym(signed_in):
    row = asked("lits 75010", empty=1)
    term = TermFactory()
    answer = signed_in(Role.SUPPORT).post(f"{JOURNAL}{row.key}/synonyme/", {"terme": term.pk})
    assert answer.status_code == 422
    assert "chiffres" in answer.content.decode()


def test_a_text_is_left_alone_then_listed_again(signed_in):
    row = asked("bruit", empty=1)
    support = signed_in(Role.SUPPORT)
    support.post(f"{JOURNAL}{row.key}/ignorer/")
    assert list(support.get(JOURNAL).context["page"]) == []
    assert "Reprendre" in support.get(f"{JOURNAL}?liste=traitees").content.decode()
    support.post(f"{JOURNAL}{row.key}/reprendre/")
    assert len(support.get(JOURNAL).context["page"]) == 1
    assert not SettledText.objects.exists()
    assert support.post(f"{JOURNAL}inconnu/ignorer/").status_code == 302
    assert support.get(f"{JOURNAL}inconnu/synonyme/").status_code == 404


def test_a_synonym_is_taken_back_with_its_text_listed_again(signed_in):
    term = TermFactory(label="Coordination", synonyms=["orientation"])
    row = asked("zinzin", empty=5)
    support = signed_in(Role.SUPPORT)
    support.post(f"{JOURNAL}{row.key}/synonyme/", {"terme": term.pk})
    settled = support.get(f"{JOURNAL}?liste=traitees").content.decode()
    assert f'href="/admin/directory/term/{term.pk}/change/"' in settled
    assert "Retirer le synonyme" in settled
    assert support.get(f"/admin/directory/term/{term.pk}/change/").status_code == 200
    support.post(f"{JOURNAL}{row.key}/reprendre/")
    term.refresh_from_db()
    assert term.synonyms == ["orientation"]
    assert RecordChange.objects.filter(record_id=term.pk, changes__has_key="synonyms").count() == 2
    assert [line["text"] for line in support.get(JOURNAL).context["page"]] == ["zinzin"]
    assert not SettledText.objects.exists()


def test_a_synonym_that_still_finds_nothing_is_listed_again(signed_in):
    row = asked("zinzin", empty=1)
    before = timezone.localdate() - datetime.timedelta(days=1)
    SettledText.objects.create(key=row.key, words="zinzin", term=TermFactory(), settled_on=before)
    assert len(signed_in(Role.SUPPORT).get(JOURNAL).context["page"]) == 1


def test_thirteen_months_are_kept():
    asked("vieux", 397)
    asked("gardé", 395)
    call_command("purge_search_log", verbosity=0)
    assert [row.words for row in SearchedText.objects.all()] == ["garde"]
    assert purge_log(now=timezone.now()) == 0


def test_what_todays_rules_would_not_tell_is_forgotten_by_the_purge(signed_in, rebuilt, capsys):
    """Texts written out under laxer rules, and the names of those who were published since."""
    UnitFactory(act=True)
    GeographicEntityFactory(name="Résidence du Moulin", commune=commune("92050"))
    PractitionerFactory(first_name="Lucie", last_name="Martineau")
    held = TermFactory(label="Coordination", synonyms=["Zyx Lucie"])
    rebuilt()
    for text in ("act", "act nanterre", "résidence du moulin", "appartement coordination"):
        asked(text)
    for text in ("jean moulin", "lits 75010", "zinzin deux jours", "alice nanterre"):
        asked(text), asked(text, 3)
    for days_ago in (0, 3, 9):
        asked("zinzin", days_ago), asked("zinzin martineau", days_ago), asked("zinzin 12", days_ago)
    left = {"lucie martineau": None, "act": None, "zyx lucie": held, "zyx": held}
    for words, term in left.items():
        SettledText.objects.create(key=key_of(words), words=words, term=term, settled_on=timezone.localdate())
    call_command("purge_search_log")
    assert "0 ligne effacée, 8 textes oubliés." in capsys.readouterr().out
    told = {row.words for row in SearchedText.objects.all()}
    assert told == {"", "act", "act nanterre", "residence du moulin", "appartement coordination", "zinzin"}
    assert SearchedText.objects.count() == 4 + 8 + 9, "only the words are forgotten"
    assert sorted(SettledText.objects.values_list("words", flat=True)) == ["act", "zyx lucie"]
    assert forget_untold() == 0
    page = signed_in(Role.SUPPORT).get(f"{JOURNAL}?liste=traitees").content.decode()
    assert "martineau" not in page


def test_nothing_is_forgotten_while_the_search_tables_are_empty():
    asked("act")
    assert forget_untold() == 0
    assert SearchedText.objects.get().words == "act"


def test_a_text_forgotten_today_is_told_again_once_it_may_be(search, rebuilt):
    row = asked("zinzin", words="zinzin")
    assert forget_untold() == 1
    UnitFactory(terms=[TermFactory(label="Coordination", synonyms=["Zinzin"])])
    rebuilt()
    search("quoi=zinzin")
    row.refresh_from_db()
    assert (row.words, row.searches) == ("zinzin", 2)


def test_settled_texts_are_forgotten_after_thirteen_months_too(signed_in):
    term = TermFactory(synonyms=["Tenu"])
    settled = {"ignore": (None, 397), "tenu": (term, 397), "retire": (term, 397), "recent": (None, 395)}
    for words, (held_by, days_ago) in settled.items():
        day = timezone.localdate() - datetime.timedelta(days=days_ago)
        SettledText.objects.create(key=key_of(words), words=words, term=held_by, settled_on=day)
    assert purge_log(now=timezone.now()) == 2
    assert sorted(SettledText.objects.values_list("words", flat=True)) == ["recent", "tenu"]
    page = signed_in(Role.SUPPORT).get(f"{JOURNAL}?liste=traitees").content.decode()
    assert "ignore" not in page.split("<ol")[1].split("</ol>")[0]


def test_an_opening_of_nothing_is_not_counted():
    assert not log_opening(text="!", department="", rank=1, kind="uo", now=timezone.now())
