"""Kill the scheduler's command, the worker and the database while mails leave, and count the mails.

    .venv/bin/python -m tests.resilience.kill_mails [--about reminders|alerts] [--people 200] [--kills 20]
        [--mails file|table] [--seed 1]

A private PostgreSQL of its own. « reminders »: one late unit for each person, hence one reminder each, by `remind`.
« alerts »: one watched search for each person that finds a place they have not seen, hence one mail each, by
`tell_alerts`. The command (its clock moved forward by 16 minutes a run, so that what was cut is queued again) and
`db_worker` run over and over; at random moments one of them, or the database, is ended by SIGKILL. When the kills are
spent, both run until nothing waits.

At the end: every person has one line, marked sent; every line's mail left; no mail but theirs. « table »: mails are
kept in the same database, and none is doubled. « file »: the mail server is outside, a kill between its answer and the
commit sends again; the doubles are counted, each under the Message-ID of the first, never more than kills. Exit code 1
otherwise.
"""

import argparse
import contextlib
import datetime
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.resilience.outbox import MAIL_SECONDS
from tests.resilience.stage import forget_connections, kill_database, kill_group, private_folder
from tests.resilience.subjects import SUBJECTS, Subject

STEP = datetime.timedelta(minutes=16)
LAST_RUNS = 12
MAILS_BETWEEN = 6  # at most, from a start to its kill
PATIENCE = 20.0  # seconds
SETTINGS = {"file": "tests.resilience.settings_file", "table": "tests.resilience.settings_table"}
WORKER = ("db_worker", "--queue-name", "*", "--interval", "0.05", "--no-startup-delay", "--no-reload", "-v", "0")


def main() -> int:
    """Play and check; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--about", choices=SUBJECTS, default="reminders")
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--mails", choices=SETTINGS, default="file")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with private_folder(SETTINGS[options.mails]) as folder:
        os.environ["ROR_OUTBOX"] = str(folder / "outbox")
        return play(options, folder / "outbox")


def play(options: argparse.Namespace, outbox: Path) -> int:
    """Prepare, send and kill, send the rest, then check."""
    from ror.cluster import Cluster

    draw = random.Random(options.seed)
    now = datetime.datetime.now(ZoneInfo("Europe/Paris")).replace(hour=7, minute=0, second=0, microsecond=0)
    with contextlib.ExitStack() as stack:
        cluster = Cluster()
        lease = stack.enter_context(contextlib.ExitStack())
        lease.enter_context(cluster.lease())
        cluster.ensure_database("ror_kill")
        subject = SUBJECTS[options.about]
        prepare(subject, options.people, now)
        ended: Counter[str] = Counter()
        for number in range(options.kills):
            at = now + number * STEP
            ended[what := round_with_a_kill(subject, draw, cluster, lease, at)] += 1
            print(f"round {number + 1}: {what} killed, {unsent(subject)} lines to send", flush=True)
        for number in range(options.kills, options.kills + LAST_RUNS):
            run(subject.command, "--now", (now + number * STEP).isoformat(), "-v", "0")
            run(*WORKER, "--batch")
            if not unsent(subject):
                break
        print(f"killed: {', '.join(f'{what} {count}' for what, count in sorted(ended.items()))}", flush=True)
        return report(subject, options, outbox)


def round_with_a_kill(
    subject: Subject, draw: random.Random, cluster, lease: contextlib.ExitStack, at: datetime.datetime
) -> str:
    """Run the command and the worker side by side, and end one of them, or the database, at a random moment."""
    from ror.cluster import Cluster

    worker = start(*WORKER)
    command = start(subject.command, "--now", at.isoformat(), "-v", "0")
    target = draw.choice((subject.command, "worker", "worker", "database"))
    if target == subject.command:
        time.sleep(draw.uniform(0.8, 2.5))
    else:
        wait_for_mails(draw.randint(1, MAILS_BETWEEN))
        time.sleep(draw.uniform(0.0, 2 * MAIL_SECONDS))
    if target == "database":
        kill_database(cluster)
        lease.close()
        lease.enter_context(Cluster().lease())
    else:
        kill_group(command if target == subject.command else worker)
    command.wait()
    kill_group(worker)
    return target


def wait_for_mails(count: int) -> None:
    """Return once this many more mails have left, or when none has for a while: a kill then meets one on its way."""
    deadline, wanted = time.monotonic() + PATIENCE, left() + count
    while time.monotonic() < deadline and left() < wanted:
        time.sleep(0.02)


def left() -> int:
    """Mails that have left."""
    if "table" in os.environ["DJANGO_SETTINGS_MODULE"]:
        from ror.demo.models import SentMail

        return SentMail.objects.count()
    outbox = Path(os.environ["ROR_OUTBOX"])
    return len(outbox.read_text().splitlines()) if outbox.exists() else 0


def start(*arguments: str) -> subprocess.Popen[bytes]:
    """One of our commands, in a session of its own."""
    from ror.launcher import CLONE

    command = [sys.executable, "manage.py", *arguments]
    return subprocess.Popen(command, cwd=CLONE, start_new_session=True, stderr=subprocess.DEVNULL)


def run(*arguments: str) -> None:
    """Run one of our commands to its end."""
    if code := start(*arguments).wait():
        raise SystemExit(f"{arguments[0]} ended with {code}")


def prepare(subject: Subject, count: int, now: datetime.datetime) -> None:
    """Migrate, then make people who each have one mail to get."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", verbosity=0)
    subject.prepare(count, now)
    connections.close_all()


def unsent(subject: Subject) -> int:
    """Lines whose mail is not known to have left."""
    forget_connections()
    return sum(line.sent_at is None for line in subject.lines())


def report(subject: Subject, options: argparse.Namespace, outbox: Path) -> int:
    """Print what was found; return 1 when a mail was lost, or doubled where it may not be."""
    from ror.demo.models import SentMail

    written = subject.lines()
    people = Counter(line.user_id for line in written)
    if options.mails == "file":
        told = outbox.read_text().splitlines() if outbox.exists() else []
        sent = Counter(line.split()[0] for line in told)
        wanted = {subject.message_id(line) for line in written}
    else:
        sent = Counter(SentMail.objects.values_list("recipients", flat=True))
        wanted = {line.user.email for line in written}
    doubles = sum(sent.values()) - len(sent)
    allowed = options.kills if options.mails == "file" else 0
    problems = [
        *([f"{options.people - len(people)} people without a line"] if len(people) != options.people else []),
        *([f"{len(written) - len(people)} people with two lines"] if len(written) != len(people) else []),
        *([f"{unsent(subject)} lines never sent"] if unsent(subject) else []),
        *([f"{len(wanted - sent.keys())} mails lost"] if wanted - sent.keys() else []),
        *([f"{len(sent.keys() - wanted)} mails of nobody"] if sent.keys() - wanted else []),
        *([f"{doubles} mails doubled, {allowed} may be"] if doubles > allowed else []),
    ]
    print(
        f"{options.mails}: {len(written)} {options.about}, {len(sent)} mails left, {doubles} a second time under the"
        f" same Message-ID, {options.kills} kills, {len(problems)} problems"
    )
    for problem in problems:
        print(f"  {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
