"""Finding, or installing, the Chromium that drives the browser tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

SHELL = "chromium-headless-shell"  # the same engine without windows: a third less work
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
MAC_APPLICATIONS = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Chromium.app/Contents/MacOS/Chromium",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
PLAYWRIGHT_OWN = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def find_chromium() -> str | None:
    """Return the path of a Chromium that runs: $CHROMIUM, the system's, macOS applications, then Playwright's own."""
    candidates = [os.environ.get("CHROMIUM"), *(shutil.which(name) for name in NAMES)]
    for folder in (Path("/Applications"), Path.home() / "Applications"):
        candidates += [str(folder / application) for application in MAC_APPLICATIONS]
    for candidate in candidates:
        if candidate and runs(candidate):
            return candidate
    own = subprocess.run([sys.executable, "-c", PLAYWRIGHT_OWN], capture_output=True, text=True, check=False)
    path = own.stdout.strip()
    return path if path and runs(path) else None


def runs(path: str) -> bool:
    """Tell whether the program exists and answers: Ubuntu's `chromium-browser` may be a stub asking for snap."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def install_chromium() -> str | None:
    """Install one (apt as root, else Playwright's own build) and return its path, or None when neither is to be had."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=environment, check=False)
        for name in (SHELL, "chromium"):  # Ubuntu has no shell
            apt = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", name, "fonts-liberation"]
            subprocess.run(apt, env=environment, stdout=subprocess.DEVNULL, check=False)
            if found := find_chromium():
                return found
    own = [sys.executable, "-m", "playwright", "install", "chromium"]
    try:
        subprocess.run(own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        return None
    return find_chromium()
