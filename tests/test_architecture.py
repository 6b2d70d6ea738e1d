"""Rules of the house that no linter holds: private modules, sizes, nothing inline in pages, no secret."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("common", "accounts", "directory", "availability", "collaborative", "search")
PRIVATE = {"views", "form", "forms", "urls", "admin"}
SHARED = "directory.forms"  # what its package names: one form, two uses (block editing and dossiers)
PYTHON = sorted(
    path
    for folder in (*APPS, "ror", "scripts", "benchmarks", "tests")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def is_module(dotted):
    path = ROOT.joinpath(*dotted.split("."))
    return path.is_dir() or path.with_suffix(".py").exists()


def name(path):
    return str(path.relative_to(ROOT))


def imported_modules(path):
    """Absolute dotted names that a module imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("app", APPS)
def test_private_modules_of_an_app_are_imported_by_itself_alone(app):
    offenders = [
        f"{name(path)} imports {module}"
        for path in (ROOT / app).rglob("*.py")
        for module in imported_modules(path)
        if (parts := module.split("."))[0] in set(APPS) - {app}
        and PRIVATE.intersection(parts[1:])
        and not (module == SHARED or (module.startswith(f"{SHARED}.") and not is_module(module)))
    ]
    assert offenders == []


def limit_of(path):
    if path.parts[len(ROOT.parts)] == "tests":
        return 600
    return 400 if path.stem == "views" or "views" in path.parts else 500


def test_modules_stay_readable():
    long = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in PYTHON}
    assert {path: size for path, size in long.items() if size > limit_of(ROOT / path)} == {}


def test_functions_stay_readable():
    long = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path in PYTHON
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno + 1 > 40
    ]
    assert long == []


def test_templates_stay_readable():
    sizes = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in TEMPLATES}
    assert {path: size for path, size in sizes.items() if size > 150} == {}


def test_templates_hold_no_inline_script_or_style():
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
    offenders = [name(path) for path in TEMPLATES if inline.search(path.read_text(encoding="utf-8"))]
    assert offenders == []


def test_nothing_is_left_for_later():
    later = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    files = [path for path in [*PYTHON, *TEMPLATES] if path != Path(__file__).resolve()]
    assert [name(path) for path in files if later.search(path.read_text(encoding="utf-8"))] == []
