"""Background work that a stopped worker left in the middle: given back to the queue."""

import datetime

from django.db.models import Func, IntegerField
from django.tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

CUT_AFTER = datetime.timedelta(minutes=15)  # no mail takes as long
ATTEMPTS = 3  # workers that a task may take down with it


def requeue_cut_tasks(*, now: datetime.datetime, queue_name: str = "default") -> int:
    """Make ready again the tasks that a worker took before ``now`` − 15 minutes and never ended; return their number.

    Only of a queue of short tasks: a worker killed says nothing, its age alone tells. A task runs again from its start,
    hence a mail may leave twice, and none is lost. Imports have their own way to go on (« Reprendre »).
    """
    taken = Func("worker_ids", function="jsonb_array_length", output_field=IntegerField())
    cut = (
        DBTaskResult.objects.running()
        .alias(taken=taken)
        .filter(queue_name=queue_name, started_at__lte=now - CUT_AFTER, taken__lt=ATTEMPTS)
    )
    return cut.update(status=TaskResultStatus.READY, started_at=None)
