#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it keeps the private PostgreSQL running for as long as it lasts."""

import contextlib
import os
import sys

from ror.cluster import Cluster


def main() -> None:
    """Run a management command; the cluster comes first because Django's system checks connect."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ror.settings.dev")
    from django.conf import settings
    from django.core.management import execute_from_command_line

    with contextlib.ExitStack() as stack:
        if settings.PRIVATE_CLUSTER:
            cluster = stack.enter_context(Cluster().lease())
            cluster.ensure_database(settings.DATABASES["default"]["NAME"])
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
