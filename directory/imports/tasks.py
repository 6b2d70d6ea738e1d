"""Background reading (``django.tasks``)."""

from django.tasks import task

from . import engine


@task(queue_name="imports")
def read_file(run_id: int) -> None:
    """Read a run to its end. Nothing when another process is at it, or when it is over."""
    try:
        engine.execute(run_id)
    except engine.RunTaken:
        return
