"""Kill the publication of a dossier in its middle, and check that each dossier is published whole or not at all.

    .venv/bin/python -m tests.resilience.kill_publication [--rounds 20] [--units 60] [--seed 1]

A private PostgreSQL of its own. Each round opens a dossier of a hospital (new, changed and closed UOs, a photo), and
publishes it in a process of its own, ended by SIGKILL at a random moment of a publication (one round in four: the whole
database). A publication that was not made is made again until it ends, as a validator would.

After each kill: the dossier is validated with each of its fiches in the directory, its history and its search
documents, and no EG occupied; or it is en validation and the directory says nothing of it. Exit code 1 otherwise.
"""

import argparse
import contextlib
import io
import os
import random
import subprocess
import sys
import time
from collections import Counter

from tests.resilience.stage import forget_connections, kill_database, kill_group, private_folder

PATIENCE = 60.0  # seconds
PUBLISH = """
import sys, django
django.setup()
from django.utils import timezone
from accounts.models import User
from collaborative.models import Dossier
from collaborative.publication import publish
from directory.scopes import scope_of
dossier, by = Dossier.objects.get(pk=int(sys.argv[1])), User.objects.get(username="valideur")
print("ready", flush=True)
publish(dossier=dossier, by=by, scope=scope_of(by), now=timezone.now(), expected_version=dossier.version)
print("done", flush=True)
"""


def main() -> int:
    """Play and check; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--units", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with private_folder() as folder:
        os.environ["MEDIA_ROOT"] = str(folder / "media")
        return play(options)


def play(options: argparse.Namespace) -> int:
    """Publish, kill, check, publish again; then count."""
    from ror.cluster import Cluster

    draw = random.Random(options.seed)
    seen: Counter[str] = Counter()
    problems: list[str] = []
    with contextlib.ExitStack() as stack:
        cluster = Cluster()
        lease = stack.enter_context(contextlib.ExitStack())
        lease.enter_context(cluster.lease())
        cluster.ensure_database("ror_kill")
        prepare()
        usual = measure(options.units)
        print(f"a publication of {options.units} fiches lasts {usual:.2f} s", flush=True)
        for number in range(options.rounds):
            dossier = make_dossier(options.units)
            process = start(dossier)
            time.sleep(draw.uniform(0.0, 1.15 * usual))
            target = "database" if number % 4 == 3 else "process"
            kill(target, process, cluster, lease)
            state, found = check(dossier, options.units)
            problems += found
            seen[f"{target}: {state}"] += 1
            print(f"round {number + 1}: {target} killed, dossier {dossier} {state}", flush=True)
            if state == "sent":
                again = start(dossier)
                again.wait()
                state, found = check(dossier, options.units)
                problems += found if state == "validated" else [f"dossier {dossier}: never published"]
    print(f"{', '.join(f'{what} {count}' for what, count in sorted(seen.items()))}; {len(problems)} problems")
    for problem in problems[:20]:
        print(f"  {problem}")
    return 1 if problems else 0


def kill(target: str, process: subprocess.Popen[bytes], cluster, lease: contextlib.ExitStack) -> None:
    """End the publication, or the database below it, which is started again."""
    from ror.cluster import Cluster

    if target == "database":
        kill_database(cluster)
        process.wait()
        lease.close()
        lease.enter_context(Cluster().lease())
    else:
        kill_group(process)
    forget_connections()


def prepare() -> None:
    """Migrate, with a director and a validator."""
    import django

    django.setup()
    from django.core.management import call_command

    from search.indexing import index
    from tests.factories.accounts import UserFactory

    call_command("migrate", verbosity=0)
    UserFactory(username="auteur")
    UserFactory(username="valideur", roles=["support"])
    index.rebuild_all()


def make_dossier(units: int) -> int:
    """Key of a new dossier on a new hospital, en validation and taken, one of its new UOs with a photo."""
    from django.core.files.base import ContentFile
    from django.utils import timezone
    from PIL import Image

    from accounts.models import User
    from collaborative.enums import FileKind
    from collaborative.models import FicheFile
    from tests.collaborative.hospital import hospital
    from tests.factories.directory import AssignmentFactory, GeographicEntityFactory

    author, taker = (User.objects.get(username=name) for name in ("auteur", "valideur"))
    entity = GeographicEntityFactory(nanterre=True)
    AssignmentFactory(user=author, role="director", geographic_entity=entity)
    dossier = hospital(entity, author, taker, units)
    fiche = dossier.fiches.get(name="Neuve 0")
    content = io.BytesIO()
    Image.new("RGB", (4, 4)).save(content, "JPEG")
    file = FicheFile(fiche=fiche, kind=FileKind.PHOTO, name="photo.jpg", added_at=timezone.now(), added_by=author)
    file.file.save("photo.jpg", ContentFile(content.getvalue()))
    return dossier.pk


def start(dossier: int) -> subprocess.Popen[bytes]:
    """A process that publishes a dossier, returned when it is about to begin."""
    process = subprocess.Popen(
        [sys.executable, "-c", PUBLISH, str(dossier)], start_new_session=True, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    if process.stdout.readline().strip() != b"ready":
        raise RuntimeError("the publication did not begin")
    return process


def measure(units: int) -> float:
    """How long a publication lasts, in seconds."""
    dossier = make_dossier(units)
    process = start(dossier)
    began = time.monotonic()
    process.wait(PATIENCE)
    state, problems = check(dossier, units)
    if state != "validated" or problems:
        raise RuntimeError(f"not published undisturbed: {state} {problems}")
    return time.monotonic() - began


def check(dossier_id: int, units: int) -> tuple[str, list[str]]:
    """State of a dossier, and what is half done of it."""
    from collaborative.models import Dossier

    dossier = Dossier.objects.get(pk=dossier_id)
    found = count(dossier)
    new, known = units - units // 2, units // 2
    closed = -(-known // 3)
    whole = {
        "new units": new,
        "changed units": known - closed,
        "closed units": closed,
        "structures": 1,
        "lines of history": units + 1,
        "published fiches": units + 1,
        "documents of new units": new,
        "photos": 1,
        "steps": 1,
        "free EG": 1,
    }
    wanted = whole if dossier.state == "validated" else dict.fromkeys(whole, 0)
    return dossier.state, [
        f"dossier {dossier_id} {dossier.state}: {found[name]} {name}, {wanted[name]} expected"
        for name in whole
        if found[name] != wanted[name]
    ]


def count(dossier) -> dict[str, int]:
    """What the directory, search and the dossier say of its publication."""
    from collaborative.models import HeldEntity, Step
    from directory.models import OperationalUnit, RecordChange, Structure
    from search.models import SearchDocument
    from tests.collaborative.hospital import NEW_PHONE

    here = OperationalUnit.objects.filter(geographic_entity=dossier.geographic_entity)
    documents = SearchDocument.objects.filter(unit__in=here.filter(name__startswith="Neuve"))
    photo = here.exclude(photo="").first()
    return {
        "new units": here.filter(name__startswith="Neuve", unit_terms__isnull=False).distinct().count(),
        "changed units": here.filter(medical_phone=NEW_PHONE).count(),
        "closed units": here.filter(status="closed").count(),
        "structures": Structure.objects.filter(geographic_entity=dossier.geographic_entity, name="Pôle neuf").count(),
        "lines of history": RecordChange.objects.filter(reason__startswith=f"Dossier n°\u00a0{dossier.pk} ").count(),
        "published fiches": dossier.fiches.exclude(published_at=None).count(),
        "documents of new units": documents.count(),
        "photos": int(photo is not None and photo.photo.storage.exists(photo.photo.name)),
        "steps": Step.objects.filter(dossier=dossier, act="validate").count(),
        "free EG": int(not HeldEntity.objects.filter(dossier=dossier).exists()),
    }


if __name__ == "__main__":
    sys.exit(main())
