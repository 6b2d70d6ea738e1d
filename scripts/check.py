"""`./run check`: everything that can be judged without running the product. All checks run; one failure fails all."""

import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
AUDIT_SECONDS = 120

CHECKS: dict[str, list[str]] = {
    "ruff": [str(BIN / "ruff"), "check", "--quiet", "."],
    "format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
    "gabarits": [str(BIN / "djlint"), "--lint", "--quiet", "templates"],
    "types": [sys.executable, "-m", "mypy", "."],
    "imports": [str(BIN / "lint-imports")],
    "migrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
    "vendor": [sys.executable, "-m", "scripts.vendor", "--check"],
}


def main(names: list[str]) -> int:
    """Run the checks (all, or those named) and return 1 when one failed."""
    unknown = set(names) - {*CHECKS, "audit"}
    if unknown:
        print(f"Vérification inconnue : {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    failed = [name for name in names or CHECKS if name in CHECKS and not passes(name)]
    if (not names or "audit" in names) and not audit():
        failed.append("audit")
    print(f"\nÉchec : {', '.join(failed)}" if failed else "\nTout est en ordre.")
    return 1 if failed else 0


def passes(name: str) -> bool:
    """Run one check, show its output when it fails."""
    started = time.monotonic()
    outcome = subprocess.run(CHECKS[name], cwd=ROOT, capture_output=True, text=True, check=False)
    report(name, "ok" if outcome.returncode == 0 else "ÉCHEC", started)
    if outcome.returncode:
        print((outcome.stdout + outcome.stderr).rstrip(), flush=True)
    return outcome.returncode == 0


def audit() -> bool:
    """Look for known vulnerabilities in what production installs; a silent index is reported, not a failure."""
    started = time.monotonic()
    command = [
        *(sys.executable, "-m", "pip_audit", "--requirement", "requirements/base.txt", "--format", "json"),
        *("--require-hashes", "--disable-pip", "--progress-spinner", "off", "--timeout", "10"),
    ]
    try:
        outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=AUDIT_SECONDS, check=False)
        packages = json.loads(outcome.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        packages = []
    known = [package for package in packages if "vulns" in package]
    flawed = [package for package in known if package["vulns"]]
    if not known:
        report("audit", "non fait : l'index ne répond pas", started)
    else:
        report("audit", "ÉCHEC" if flawed else f"ok, {len(known)} paquets sur {len(packages)}", started)
    for package in flawed:
        print(f"{package['name']} {package['version']} : {', '.join(flaw['id'] for flaw in package['vulns'])}")
    return not flawed


def report(name: str, outcome: str, started: float) -> None:
    """Print one line: the check, its outcome, how long it took."""
    print(f"{name:<12} {outcome}  ({time.monotonic() - started:.1f} s)", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
