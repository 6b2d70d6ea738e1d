"""Sections of « Mon compte » and of « Exporter mes données » that belong to higher apps.

Registered in ``AppConfig.ready()``: ``account_sections.register(AccountSection(…))``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from common.fragments import Fragment, Registry

from .models import User


@dataclass(frozen=True, kw_only=True)
class AccountSection(Fragment):
    """A ``<section>`` of the account page.

    ``export`` returns what the app knows of a user as plain values for JSON, under ``key``; ``None`` exports nothing.
    """

    export: Callable[[User], Any] | None = None


registry: Registry[AccountSection] = Registry()
register = registry.register
