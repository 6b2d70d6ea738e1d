"""Tasks that a stopped worker left in the middle are given back to the queue."""

import datetime

import pytest
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from common.queue import ATTEMPTS, requeue_cut_tasks

pytestmark = pytest.mark.django_db
MINUTE = datetime.timedelta(minutes=1)


def task(now, *, minutes, status=TaskResultStatus.RUNNING, workers=1, queue="default"):
    return DBTaskResult.objects.create(
        status=status,
        started_at=now - minutes * MINUTE,
        worker_ids=[f"w{number}" for number in range(workers)],
        args_kwargs={"args": [], "kwargs": {}},
        task_path="accounts.tasks.mail_password_changed",
        backend_name="default",
        queue_name=queue,
        run_after=now,
        exception_class_path="",
        traceback="",
    )


def test_only_what_was_cut_is_ready_again():
    now = timezone.now()
    cut = task(now, minutes=15)
    others = [
        task(now, minutes=14),
        task(now, minutes=60, status=TaskResultStatus.SUCCESSFUL),
        task(now, minutes=60, queue="imports"),
        task(now, minutes=60, workers=ATTEMPTS),
    ]
    before = [other.status for other in others]
    assert requeue_cut_tasks(now=now) == 1
    cut.refresh_from_db()
    assert (cut.status, cut.started_at) == (TaskResultStatus.READY, None)
    for other, status in zip(others, before, strict=True):
        other.refresh_from_db()
        assert other.status == status
    assert requeue_cut_tasks(now=now) == 0
