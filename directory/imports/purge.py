"""Files that support sent: deleted after a while, and at once when they hold accounts and are imported for good."""

from __future__ import annotations

import datetime

from django.db import transaction

from ..models import ImportRun

KEPT_DAYS = 30  # of a file after it was sent; its run, its verdicts and its report stay


def purge(*, now: datetime.datetime) -> int:
    """Delete the files sent more than KEPT_DAYS days ago, but of a run being read; return how many."""
    limit = now - datetime.timedelta(days=KEPT_DAYS)
    kept = ImportRun.objects.filter(state=ImportRun.State.RUNNING) | ImportRun.objects.filter(created_at__gte=limit)
    old = ImportRun.objects.exclude(file="").exclude(file__in=kept.values("file"))
    names = set(old.values_list("file", flat=True))
    for name in names:
        forget(str(name))
    return len(names)


def forget(name: str) -> None:
    """Delete a stored file, of a dry run and of the import that followed it."""
    with transaction.atomic():
        ImportRun.objects.filter(file=name).update(file="")
        transaction.on_commit(lambda: ImportRun._meta.get_field("file").storage.delete(name))  # noqa: SLF001
