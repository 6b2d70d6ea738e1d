"""Reading settings from the environment."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from ror.settings import env


def test_database_reads_every_part_of_the_address():
    settings = env.database("postgresql://ror%40x:p%2Fw@db.example:6432/ror_prod?sslmode=require")
    assert settings == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "ror_prod",
        "USER": "ror@x",
        "PASSWORD": "p/w",
        "HOST": "db.example",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "require"},
    }


def test_database_takes_a_socket_folder():
    settings = env.database("postgres:///ror?host=/var/run/postgresql")
    assert (settings["HOST"], settings["PORT"], settings["OPTIONS"]) == ("/var/run/postgresql", "", {})


@pytest.mark.parametrize("url", ["sqlite:///ror.db", "mysql://u@h/ror", "postgresql://host/", "ror"])
def test_database_refuses_other_engines_and_nameless_addresses(url):
    with pytest.raises(ImproperlyConfigured):
        env.database(url)


def test_require_names_all_that_is_missing(monkeypatch):
    monkeypatch.setenv("ROR_T_ONE", "x")
    monkeypatch.setenv("ROR_T_TWO", "  ")
    monkeypatch.delenv("ROR_T_THREE", raising=False)
    with pytest.raises(ImproperlyConfigured, match="ROR_T_TWO, ROR_T_THREE"):
        env.require("ROR_T_ONE", "ROR_T_TWO", "ROR_T_THREE")


@pytest.mark.parametrize(("word", "value"), [("1", True), ("Oui", True), ("0", False), ("", False), ("off", False)])
def test_flag(monkeypatch, word, value):
    monkeypatch.setenv("ROR_T_FLAG", word)
    assert env.flag("ROR_T_FLAG") is value


def test_flag_and_number_refuse_what_they_do_not_know(monkeypatch):
    monkeypatch.setenv("ROR_T", "peut-être")
    with pytest.raises(ImproperlyConfigured):
        env.flag("ROR_T")
    with pytest.raises(ImproperlyConfigured):
        env.number("ROR_T", 3)


def test_words_drops_empty_items(monkeypatch):
    monkeypatch.setenv("ROR_T", " a, ,b,")
    assert env.words("ROR_T") == ["a", "b"]
