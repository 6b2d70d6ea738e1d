"""`./run test [pytest arguments]`: find a browser, then run pytest on two processes."""

import os
import sys

from scripts.browser import find_chromium, install_chromium

WORKERS = ("-n", "2", "--dist", "worksteal")
WARNING = """\
################################################################################
ATTENTION : aucun navigateur Chromium n'a été trouvé ni pu être installé.
Les parcours dans un navigateur ne seront PAS joués : ils sont comptés « skipped ».
Installez Chromium ou Chrome, ou donnez son chemin : CHROMIUM=/chemin ./run test
################################################################################"""


def main(arguments: list[str]) -> None:
    """Replace this process by pytest."""
    chromium = find_chromium()
    if chromium is None:
        print("Installation de Chromium pour les parcours…", file=sys.stderr, flush=True)
        chromium = install_chromium()
    if chromium:
        os.environ["CHROMIUM"] = chromium
    else:
        os.environ["ROR_NO_BROWSER"] = "1"
        print(WARNING, file=sys.stderr, flush=True)
    workers = () if "no:xdist" in arguments else WORKERS
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *workers, *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
