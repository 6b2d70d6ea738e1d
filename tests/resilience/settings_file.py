"""The demonstration's settings, mails leaving for a file outside the database."""

from ror.settings.dev import *  # noqa: F403

MAILERS = {"default": {"BACKEND": "tests.resilience.outbox.FileBackend"}}
