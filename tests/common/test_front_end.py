"""Rules of the front end that a reader would otherwise have to check by eye."""

import re
import subprocess
import sys

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLES = sorted((ROOT / "static/css").glob("*.css"))


def test_vendored_files_are_those_that_were_copied():
    command = [sys.executable, ROOT / "scripts/vendor.py", "--check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_hold_no_inline_script_or_style(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|href=[\"']javascript:", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_use_french_spaces(path):
    text = re.sub(r"{[%#{].*?[%#}]}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    words = " ".join(re.findall(r">([^<]+)<", text))
    assert not re.search(r"\w [;!?:»]|« ", words), "U+202F before ; ! ? and U+00A0 before : and inside « »"


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_no_text_is_smaller_than_twelve_pixels(path):
    sizes = re.findall(r"font-size:\s*(0?\.\d+|\d+(?:\.\d+)?)rem", path.read_text(encoding="utf-8"))
    assert all(float(size) >= 0.75 for size in sizes)


def test_colours_are_written_once():
    for path in STYLES:
        if path.name not in {"tokens.css", "print.css"}:
            assert not re.search(r"#[0-9a-f]{3,8}\b", path.read_text(encoding="utf-8")), path.name
