"""The demonstration's settings, mails kept in the same database by a slow server."""

from ror.settings.dev import *  # noqa: F403

MAILERS = {"default": {"BACKEND": "tests.resilience.table.SlowTableBackend"}}
