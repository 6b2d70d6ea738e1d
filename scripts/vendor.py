"""Copy the pinned front-end files into the repository, or check that they are still what was copied.

    npm ci --ignore-scripts && python scripts/vendor.py     copies from node_modules, writes VENDOR.json
    python scripts/vendor.py --check                        compares checksums, needs neither Node nor network

Running the site needs no Node: what is copied is committed. `sourceMappingURL` comments are removed, because the
hashed static storage would look for maps that are not served.
"""

import hashlib
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
RECORD = ROOT / "static/vendor/VENDOR.json"
TEXT_SUFFIXES = {".css", ".js"}
SOURCE_MAP = re.compile(r"^\s*(//[#@]|/\*[#@])\s*sourceMappingURL=.*$\n?", re.MULTILINE)

# package → (licence file inside the package, [(file inside the package, destination from the repository's root)])
FILES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "bootstrap": ("LICENSE", [("dist/css/bootstrap.min.css", "static/vendor/bootstrap/bootstrap.min.css")]),
    "htmx.org": ("LICENSE", [("dist/htmx.min.js", "static/vendor/htmx/htmx.min.js")]),
    "leaflet": (
        "LICENSE",
        [
            ("dist/leaflet.js", "static/vendor/leaflet/leaflet.js"),
            ("dist/leaflet.css", "static/vendor/leaflet/leaflet.css"),
            *[
                (f"dist/images/{name}", f"static/vendor/leaflet/images/{name}")
                for name in ("layers.png", "layers-2x.png", "marker-icon.png")
            ],
        ],
    ),
    "leaflet.markercluster": (
        "MIT-LICENCE.txt",
        [
            ("dist/leaflet.markercluster.js", "static/vendor/leaflet.markercluster/leaflet.markercluster.js"),
            ("dist/MarkerCluster.css", "static/vendor/leaflet.markercluster/MarkerCluster.css"),
        ],
    ),
    "dejavu-fonts-ttf": (  # drawn in the PDF of the continuity kit
        "LICENSE",
        [
            (f"ttf/{name}", f"search/continuity/fonts/{name}")
            for name in ("DejaVuSansCondensed.ttf", "DejaVuSansCondensed-Bold.ttf")
        ],
    ),
    "axe-core": ("LICENSE", [("axe.min.js", "tests/vendor/axe/axe.min.js")]),
}


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def copy_file(source: Path, target: Path) -> None:
    """Copy one file, without its `sourceMappingURL` comment when it is text."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix in TEXT_SUFFIXES:
        target.write_text(SOURCE_MAP.sub("", source.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        target.write_bytes(source.read_bytes())


def copy_all() -> None:
    """Copy every listed file with its licence, and write VENDOR.json."""
    record = []
    for package, (licence_file, files) in FILES.items():
        folder = MODULES / package
        facts = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        if (folder / licence_file).exists():
            files = [*files, (licence_file, str(Path(files[0][1]).parent / "LICENSE.txt"))]
        for source, target in files:
            copy_file(folder / source, ROOT / target)
        record.append(
            {
                "name": package,
                "version": facts["version"],
                "licence": facts["license"],
                "files": {target: sha256(ROOT / target) for _, target in files},
            }
        )
    RECORD.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def find_problems() -> list[str]:
    """Return one line for each vendored file that is missing, changed, not recorded or of another pinned version."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    pinned = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    problems = []
    known = {str(RECORD.relative_to(ROOT))}
    for package in record:
        if pinned.get(f"node_modules/{package['name']}", {}).get("version") != package["version"]:
            problems.append(f"{package['name']} {package['version']}: not the version of package-lock.json")
        for name, checksum in package["files"].items():
            known.add(name)
            path = ROOT / name
            if not path.exists():
                problems.append(f"{name}: missing")
            elif sha256(path) != checksum:
                problems.append(f"{name}: differs from what was copied")
    for folder in ("static/vendor", "tests/vendor", "search/continuity/fonts"):
        files = (str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob("*") if path.is_file())
        problems += [f"{name}: not recorded in VENDOR.json" for name in sorted(files) if name not in known]
    return problems


def main(arguments: list[str]) -> int:
    """Copy, or with `--check` compare; return the exit status (1 when something differs)."""
    if arguments not in ([], ["--check"]):
        print("usage: vendor.py [--check]", file=sys.stderr)
        return 2
    if not arguments:
        copy_all()
    problems = find_problems()
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
