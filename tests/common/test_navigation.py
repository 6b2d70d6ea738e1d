"""The registry of navigation entries: who sees what, and which one is current."""

from types import SimpleNamespace

import pytest

from common import navigation
from common.navigation import NavItem

ADDRESSES = {"home": "/", "search": "/recherche/", "entry": "/disponibilites/mise-a-jour/", "out": "/deconnexion/"}


@pytest.fixture(autouse=True)
def _empty_registry(monkeypatch):
    monkeypatch.setattr(navigation, "_items", {})
    monkeypatch.setattr(navigation, "_address", ADDRESSES.__getitem__)


def request_to(path, signed_in=True):
    return SimpleNamespace(path=path, user=SimpleNamespace(is_authenticated=signed_in, name="C. Moreau"))


def test_entries_come_in_order_and_only_once():
    navigation.register(NavItem("Recherche", "search", order=20))
    navigation.register(NavItem("Bienvenue", "home", order=10))
    navigation.register(NavItem("Rechercher", "search", order=20))
    labels = [link.label for link in navigation.visible_links(request_to("/"), "main")]
    assert labels == ["Bienvenue", "Rechercher"]


def test_entries_are_for_signed_in_people_unless_told_otherwise():
    navigation.register(NavItem("Recherche", "search"))
    navigation.register(NavItem("Mentions légales", "out", visible=navigation.everyone, section="footer"))
    visitor = request_to("/", signed_in=False)
    assert navigation.visible_links(visitor, "main") == []
    assert len(navigation.visible_links(visitor, "footer")) == 1
    assert navigation.visible_links(SimpleNamespace(path="/"), "main") == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", {"Bienvenue": "page", "Disponibilités": ""}),
        ("/disponibilites/mise-a-jour/", {"Bienvenue": "", "Disponibilités": "page"}),
        ("/disponibilites/consultation/", {"Bienvenue": "", "Disponibilités": "true"}),
    ],
)
def test_the_current_entry_is_marked(path, expected):
    navigation.register(NavItem("Bienvenue", "home"))
    navigation.register(NavItem("Disponibilités", "entry", prefix="/disponibilites/"))
    links = navigation.visible_links(request_to(path), "main")
    assert {link.label: link.current for link in links} == expected


def test_label_may_depend_on_the_request():
    navigation.register(NavItem(lambda request: request.user.name, "home", section="tools"))
    assert navigation.visible_links(request_to("/"), "tools")[0].label == "C. Moreau"
