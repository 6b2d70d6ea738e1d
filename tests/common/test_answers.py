"""What cannot be read is left out or refused with a page; what somebody signed in reads is kept by no store."""

import logging

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.roles import Role
from common import request_id
from common.answers import ReadableRequestMiddleware
from ror.logs import RequestIdFilter
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(client):
    person = UserFactory(username="soutien", roles=[Role.SUPPORT])
    client.force_login(person)
    return person


@pytest.mark.parametrize(
    "path", ["/repertoire/departements/%00/", "/%00", "/admin/accounts/user/%00/change/", "/inconnue%00/"]
)
def test_nul_in_an_address_is_no_page(client, support, path):
    response = client.get(path)
    assert response.status_code == 404
    assert "Page introuvable" in response.text


@pytest.mark.parametrize(
    "path",
    [
        "/repertoire/?departement=%00",
        "/repertoire/?q=altair%00",
        "/recherche/?quoi=a%00b",
        "/recherche/?%00=a",
        "/dossiers/?q=%00",
        "/dossiers/ouvrir/?q=a%00",
        "/admin/accounts/user/?q=%00",
        "/admin/accounts/user/?username__contains=%00",
        "/admin/accounts/user/add/?parent=%00",
        "/compte/?%00",
    ],
)
def test_nul_in_a_query_is_left_out_of_it(client, support, path):
    assert client.get(path, follow=True).status_code == 200


def test_nul_in_the_query_of_somebody_who_signs_in_is_left_out_of_it(client):
    assert client.get("/connexion/?next=/compte/%00").context["form"] is not None


@pytest.mark.parametrize("path", ["/connexion/", "/mot-de-passe/oublie/"])
def test_nul_in_a_form_is_left_out_of_it(client, path):
    typed = {"username": "a\0b", "email": "a\0b@example.org", "password": "x\0", "\0password": "y"}
    assert client.post(path, typed).status_code in {200, 302, 422}
    body = "username=a%00b&username%00=c"
    assert client.post(path, body, content_type="application/x-www-form-urlencoded").status_code in {200, 302, 422}


def test_what_a_view_reads_has_no_nul_and_all_the_rest(rf):
    seen = {}

    def view(request):
        seen.update(GET=dict(request.GET.lists()), POST=dict(request.POST.lists()), files=request.FILES)

    upload = SimpleUploadedFile("a.txt", b"a\0b")
    upload.name = "pl\0an.txt"
    request = rf.post("/?a=1%00&a=2&%00b=%00", {"t\0exte": ["é\0", "\0"], "texte": "fin", "piece": upload})
    ReadableRequestMiddleware(view)(request)
    assert seen["GET"] == {"a": ["1", "2"], "b": [""]}
    assert seen["POST"] == {"texte": ["é", "", "fin"]}
    assert (seen["files"]["piece"].name, seen["files"]["piece"].read()) == ("plan.txt", b"a\0b")
    request.close()


def test_a_key_that_the_back_office_spells_nul_is_no_record(client, support):
    for model, page in admin.site._registry.items():
        if page.has_view_permission(client.get("/admin/").wsgi_request):
            name = f"admin:{model._meta.label_lower.replace('.', '_')}_change"
            assert client.get(reverse(name, args=["_00"]), follow=True).status_code in {200, 403, 404}, name


@pytest.mark.parametrize("path", ["/repertoire/departements/%ff/", "/%ed%a0%80/", "/recherche/?quoi=%ff%ed%a0%80"])
def test_bytes_that_are_no_text_break_nothing(client, support, path):
    assert client.get(path).status_code in {200, 404}


@pytest.mark.parametrize(
    "query",
    [
        f"at__year={10**30}",
        "at__year=99999",
        "at__year=abc",
        "at__gte=hier",
        "id__exact=abc",
        f"actor__id__exact={10**40}",
        "at__month=13",
    ],
)
def test_filters_of_the_back_office_that_cannot_be_read_break_nothing(client, support, query):
    assert client.get(f"/admin/accounts/auditentry/?{query}").status_code in {200, 302, 400}


def test_a_year_no_date_can_hold_is_a_bad_request(client, support):
    response = client.get(f"/admin/accounts/auditentry/?at__year={10**30}")
    assert response.status_code == 400
    assert "La demande n’a pas été comprise" in response.text


@pytest.mark.django_db(transaction=True)
def test_the_error_page_is_drawn_where_the_list_has_broken_its_transaction(client):
    client.force_login(UserFactory(roles=[Role.SUPPORT]))
    response = client.get(f"/admin/accounts/auditentry/?at__year={10**30}")
    assert response.status_code == 400
    assert "La demande n’a pas été comprise" in response.text


@pytest.mark.parametrize("path", ["/", "/compte/", "/repertoire/", "/admin/", "/inconnue/"])
def test_pages_of_somebody_signed_in_are_kept_nowhere(client, support, path):
    assert client.get(path)["Cache-Control"] in {"private, no-store", NEVER}


NEVER = "max-age=0, no-cache, no-store, must-revalidate, private"


def test_public_pages_may_be_kept(client):
    assert "Cache-Control" not in client.get("/mot-de-passe/oublie/")


def test_an_answer_that_says_how_long_it_holds_keeps_its_word(client, support):
    assert "no-store" not in client.get(reverse("directory:department_outlines"))["Cache-Control"]


class Records(logging.Handler):
    def __init__(self):
        super().__init__()
        self.ids = []
        self.addFilter(RequestIdFilter())

    def emit(self, record):
        self.ids.append(record.request_id)


@pytest.mark.parametrize("path", ["/inconnue/", "/%00"])
def test_the_log_line_of_a_refused_request_has_its_id(client, path):
    records = Records()
    logger = logging.getLogger("django.request")
    logger.addHandler(records)
    try:
        client.get(path, headers={"X-Request-ID": "abc-12345"})
    finally:
        logger.removeHandler(records)
    assert records.ids == ["abc-12345"]
    assert request_id.current_request_id() == request_id.NO_REQUEST


def test_head_is_answered_where_get_is(client, support):
    for name in ("home", "account", "password_reset_sent"):
        assert client.head(reverse(name)).status_code == 200
    for name in ("terms", "legal_notice", "accessibility"):
        assert client.head(reverse(name)).status_code == client.get(reverse(name)).status_code


def test_a_link_of_a_mail_answers_reading_and_posting_alone(client):
    link = reverse("password_reset_confirm", kwargs={"uidb64": "MQ", "token": "abc-def"})
    assert client.head(link).status_code == 200
    assert {client.put(link).status_code, client.delete(link).status_code} == {405}


@pytest.mark.django_db
def test_a_method_that_is_not_taken_has_a_french_page_and_probes_a_blank_one(client):
    response = client.get(reverse("logout"))
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert "Cette adresse ne s’ouvre pas ainsi" in response.content.decode()
    probe = client.post(reverse("liveness"))
    assert (probe.status_code, probe.content) == (405, b"")
