"""axe finds nothing on any page type, at both widths, in light and in dark (spec 80, Accessibility)."""

import pytest
from django.urls import reverse

from tests.factories.accounts import AuditEntryFactory
from tests.factories.directory import (
    HoursExceptionFactory,
    InterventionAreaFactory,
    PracticePlaceFactory,
    StructureFactory,
    WeeklyHoursFactory,
    commune,
)

SIZES = {"phone": {"width": 360, "height": 2400}, "laptop": {"width": 1280, "height": 1800}}


@pytest.fixture
def rich_world(world):
    """The small world with what fills every block: hours, territory, a structure, a practitioner, an audit line."""
    for weekday in range(1, 6):
        WeeklyHoursFactory(unit=world.act, weekday=weekday)
    HoursExceptionFactory(unit=world.act)
    for insee in ("92050", "75110"):
        InterventionAreaFactory(unit=world.act_mobile, commune=commune(insee))
    StructureFactory(geographic_entity=world.eg)
    world.practitioner = PracticePlaceFactory().practitioner
    AuditEntryFactory()
    return world


def public_pages():
    """Pages open to visitors."""
    for name in ("login", "password_reset", "password_reset_sent", "terms", "legal_notice", "accessibility"):
        yield reverse(name)
    yield reverse("password_reset_confirm", kwargs={"uidb64": "MQ", "token": "a-b"})
    yield reverse("sent_mail_list")


def signed_in_pages(world):
    """One address a page type, with the states that matter."""
    for name in ("home", "account", "password_change", "availability:entry", "directory:tree", "search:results"):
        yield reverse(name)
    yield reverse("directory:nomenclature_list")
    search = reverse("search:results")
    yield f"{search}?ou=75010&quoi=ACT"
    yield f"{search}?ou=nulle+part&quoi=ACT"
    yield f"{search}?ou=75010&quoi=introuvable"
    yield f"{search}?quoi=medecin"
    tree = reverse("directory:tree")
    yield f"{tree}?discipline=MSS&q=altair"
    yield f"{tree}?q=introuvable"
    yield reverse("directory:tree_department", kwargs={"code": "92"})
    yield reverse("directory:tree_entity", kwargs={"entity_id": world.eg.pk})
    yield reverse("directory:legal_entity_detail", kwargs={"entity_id": world.ej.pk})
    yield reverse("directory:geographic_entity_detail", kwargs={"entity_id": world.eg.pk})
    for unit in (world.act, world.act_mobile, world.lam, world.lhss):
        yield reverse("directory:unit_detail", kwargs={"unit_id": unit.pk})
    yield reverse("directory:practitioner_detail", kwargs={"practitioner_id": world.practitioner.pk})


# Words that stand on two lines, cut between two of their letters: their column has no room.
# Mails, addresses and what is too long for a word may be.
CUT_WORDS = """() => {
  const cut = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    if (!text.parentElement.checkVisibility() || text.parentElement.closest("svg, option, .visually-hidden")) continue;
    for (const token of text.data.matchAll(/\\S+/g)) {
      if (/[@/]/.test(token[0])) continue;
      for (const word of token[0].matchAll(/[\\p{L}\\p{N}]{3,}/gu)) {
        if (word[0].length > 30) continue;
        const place = document.createRange(), start = token.index + word.index;
        place.setStart(text, start);
        place.setEnd(text, start + word[0].length);
        const lines = [...place.getClientRects()].filter((box) => box.width > 0).map((box) => Math.round(box.top));
        if (new Set(lines).size > 1) cut.push(word[0]);
      }
    }
  }
  return cut;
}"""

TWICE = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  return ids.filter((id, rank) => ids.indexOf(id) < rank);
}"""


def errors_of(page, axe, server, addresses, error_pages=()):
    """What axe, the ids, the width (folds open too) and the words find on each address, one line an offence."""
    found = []
    for address in (*addresses, *error_pages):
        page.goto(f"{server.url}{address}")
        found += [f"{address}: {line}" for line in axe()]
        found += [f"{address}: id {name} is there twice" for name in page.evaluate(TWICE)]
        page.evaluate("document.querySelectorAll('main details').forEach((fold) => (fold.open = true))")
        found += [f"{address}: “{word}” is cut" for word in page.evaluate(CUT_WORDS)]
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if overflow > 0:
            found.append(f"{address}: {overflow} px wider than the window")
    return found


@pytest.mark.console_errors("404|403|405")
@pytest.mark.parametrize("size", SIZES)
def test_every_page_type_is_accessible(page, axe, live_server, open_session, cast, rich_world, size):
    page.set_viewport_size(SIZES[size])
    found = errors_of(page, axe, live_server, public_pages())
    open_session(cast.responsable)
    gone = [reverse("directory:unit_detail", kwargs={"unit_id": 0}), reverse("admin:index")]
    found += errors_of(page, axe, live_server, signed_in_pages(rich_world), gone)
    assert found == []


@pytest.mark.console_errors("422")
@pytest.mark.parametrize("size", SIZES)
def test_refused_forms_are_accessible(page, axe, live_server, open_session, cast, world, size):
    page.set_viewport_size(SIZES[size])
    page.goto(f"{live_server.url}{reverse('login')}")
    page.locator("#id_username").fill("personne")
    page.locator("#id_password").fill("mauvais")
    with page.expect_navigation():
        page.get_by_role("button", name="Connexion", exact=True).click()
    found = axe()
    open_session(cast.responsable)
    page.goto(f"{live_server.url}{reverse('availability:entry')}")
    page.locator(f"#id_u{world.act.pk}-figure").fill("99")
    page.get_by_role("button", name="Tout enregistrer").click()
    page.get_by_text("non enregistrée").first.wait_for()
    found += axe()
    assert found == []


@pytest.mark.parametrize("size", SIZES)
def test_the_back_office_is_accessible(page, axe, live_server, open_session, cast, rich_world, size):
    page.set_viewport_size(SIZES[size])
    open_session(cast.sesan)
    addresses = [
        reverse("admin:index"),
        reverse("admin:directory_operationalunit_changelist"),
        reverse("admin:directory_operationalunit_change", args=[rich_world.act.pk]),
        reverse("admin:directory_assignment_add"),
        reverse("admin:availability_grouping_change", args=[rich_world.grouping.pk]),
        reverse("admin:accounts_auditentry_changelist"),
    ]
    assert errors_of(page, axe, live_server, addresses) == []
