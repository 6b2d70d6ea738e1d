"""Tests: the private cluster (or DATABASE_URL), quick password hashes, mails kept in memory, demo pages present."""

from ror.settings.dev import *  # noqa: F403
from ror.settings.dev import DATABASES

DEBUG = False
DEMO = True
SECRET_KEY = "test-only-" + "0" * 50
ALLOWED_HOSTS = ["*"]

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
WHITENOISE_AUTOREFRESH = True
COUNT_UNIT_USES = False

# Connections of a test are its own: no pool to close between two databases. The append-only triggers let TRUNCATE
# through here alone, for tests that run outside a transaction. No test outlives its server: commits wait for no disk.
DATABASES["default"]["OPTIONS"].pop("pool")
DATABASES["default"]["OPTIONS"] |= {"options": "-c ror.allow_truncate=on -c synchronous_commit=off"}

LOGGING = {"version": 1, "disable_existing_loggers": False}
