"""Reading settings from environment variables (12-factor). Pure functions of `os.environ`."""

import os
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on", "oui"})
FALSE = frozenset({"0", "false", "no", "off", "non", ""})


def text(name: str, default: str = "") -> str:
    """Return the variable stripped of surrounding spaces, or the default when it is unset."""
    return os.environ.get(name, default).strip()


def flag(name: str, *, default: bool = False) -> bool:
    """Return a yes/no variable. Raises ImproperlyConfigured on any other word."""
    value = text(name, "1" if default else "0").lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}")


def number(name: str, default: int) -> int:
    """Return a whole number. Raises ImproperlyConfigured when it is none."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}") from None


def words(name: str) -> list[str]:
    """Return a comma-separated variable as a list without empty items."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


def require(*names: str) -> None:
    """Raise ImproperlyConfigured naming every variable of `names` that is unset or empty."""
    missing = [name for name in names if not text(name)]
    if missing:
        raise ImproperlyConfigured(
            f"Missing environment variables: {', '.join(missing)}. They are described in .env.example."
        )


def require_package(module: str, *, install: str, wanted_by: str) -> None:
    """Raise ImproperlyConfigured saying what to install when a variable asks for a package that is not there."""
    if find_spec(module) is None:
        raise ImproperlyConfigured(f"{wanted_by} needs a package that is not installed: pip install '{install}'")


def database(url: str) -> dict[str, Any]:
    """Turn `postgresql://user:password@host:port/name?option=value` into Django's database settings.

    A `host` option stands for a unix socket folder; the other options go to libpq (sslmode, target_session_attrs …).
    Raises ImproperlyConfigured for another engine or an address without a database name.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql://: PostgreSQL is the only database")
    name = unquote(parts.path.removeprefix("/"))
    if not name:
        raise ImproperlyConfigured("DATABASE_URL names no database")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", "") or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }
