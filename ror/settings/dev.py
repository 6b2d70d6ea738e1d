"""Development and demonstration: no environment file needed.

Without DATABASE_URL the private cluster is used (`ror.cluster`), which manage.py, the demo and the tests keep running.
ROR_DEMO=1 is set by `./run demo` alone: pages as in production, demo accounts and mails shown.
"""

import os
from typing import Any

from ror.cluster import PORT, ROLE, Cluster
from ror.settings import env
from ror.settings.base import *  # noqa: F403
from ror.settings.base import DATABASE_POOL, INSTALLED_APPS, TASK_QUEUES

DEMO = env.flag("ROR_DEMO")
DEBUG = not DEMO
SECRET_KEY = "development-only-" + "0" * 50
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *env.words("ALLOWED_HOSTS")]

INSTALLED_APPS = [*INSTALLED_APPS, "ror.demo"]


def development_database() -> dict[str, Any]:
    """Return DATABASE_URL's database, else the one of the private cluster that ROR_DB_NAME names."""
    suffix = os.environ.get("ROR_DB_SUFFIX", "")
    if url := env.text("DATABASE_URL"):
        database = env.database(url)
    else:
        database = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": env.text("ROR_DB_NAME", "ror_small") + (f"_{suffix}" if suffix else ""),
            "USER": ROLE,
            "HOST": str(Cluster().sockets),
            "PORT": str(PORT),
            "OPTIONS": {},
        }
    database |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}
    database["OPTIONS"] |= {"pool": DATABASE_POOL}
    return database


PRIVATE_CLUSTER = not env.text("DATABASE_URL")
DATABASES = {"default": development_database()}

# Files are served straight from static/ under their own names: no build step, no folder of copies.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

if DEMO:
    MAILERS = {"default": {"BACKEND": "ror.demo.mail.SentMailBackend"}}
    TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": TASK_QUEUES}}  # ror.launcher runs it
