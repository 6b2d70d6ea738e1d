"""Who is to be reminded of a figure, from its age alone: pure functions, ``now`` as an argument.

Source: spec 20, Beyond the seeds (Escalation that ends); 01-settled (+k means a > (1 + k) r). Nothing of it is stored:
a confirmation moves ``confirmed_at``, and the escalation is over by nature.
"""

import datetime
from collections.abc import Iterable
from enum import IntEnum

ZERO = datetime.timedelta(0)


class Step(IntEnum):
    """How far the reminders of one figure have gone. The value is the number of rhythms that must have passed."""

    NONE = 0
    DUE = 1  # on the home page of those who state it
    ENTRY = 2  # in their mail of the day
    DIRECTOR = 3  # in the mail of the director
    SUPPORT = 4  # on the list of the units that support calls


def awaited_since(
    confirmed_at: datetime.datetime | None,
    opened_at: datetime.datetime | None,
    to_confirm_since: datetime.datetime | None = None,
    closure_ends: Iterable[datetime.datetime] = (),
    shared_since: datetime.datetime | None = None,
) -> datetime.datetime | None:
    """Moment from which a statement is awaited: the last confirmation, or what put the clock back since.

    A unit never stated counts from its opening to entry, one that was closed from its reopening: nobody is reminded of
    what could not be done. ``closure_ends`` are ends that have come; ``shared_since`` is when the unit entered or left
    a pool, which counts as long as its places are not stated. ``None`` when nothing is known.
    """
    moments = [confirmed_at, opened_at, to_confirm_since, *closure_ends, None if confirmed_at else shared_since]
    return max((moment for moment in moments if moment is not None), default=None)


def step_at(since: datetime.datetime | None, rhythm: datetime.timedelta, now: datetime.datetime) -> Step:
    """Step reached at ``now`` by a figure awaited since ``since`` (aware; ``None`` stays a matter of the home page)."""
    if since is None:
        return Step.DUE
    age = max(now.astimezone(datetime.UTC) - since.astimezone(datetime.UTC), ZERO)
    return max(step for step in Step if step is Step.NONE or age > step * rhythm)
