"""Production settings, tried in a process of their own."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management.utils import get_random_secret_key

NEEDED = ("SECRET_KEY", "DATABASE_URL", "ALLOWED_HOSTS")
LEFT_OUT = (*NEEDED, "DJANGO_ALLOW_ASYNC_UNSAFE")  # the latter is for the browser tests alone


def run_in_production(*arguments, **environment):
    kept = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=kept | {"DJANGO_SETTINGS_MODULE": "ror.settings.prod"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def environment(transactional_db):
    database = settings.DATABASES["default"]
    host, port = database["HOST"], database["PORT"]
    password = f":{database['PASSWORD']}" if database.get("PASSWORD") else ""
    return {
        "SECRET_KEY": get_random_secret_key() * 2,
        "ALLOWED_HOSTS": "ror.example",
        "DATABASE_URL": f"postgresql://{database['USER']}{password}@/{database['NAME']}?host={host}&port={port}",
    }


def test_refuses_to_start_without_its_secrets():
    outcome = run_in_production("-c", "import ror.settings.prod")
    assert outcome.returncode != 0
    assert "Missing environment variables: SECRET_KEY, DATABASE_URL, ALLOWED_HOSTS" in outcome.stderr


@pytest.mark.parametrize(
    ("variable", "value", "package"),
    [("REDIS_URL", "redis://cache/0", "redis"), ("S3_BUCKET", "ror", "django-storages[s3]")],
)
def test_says_which_package_a_variable_needs(variable, value, package):
    needed = {"SECRET_KEY": "x" * 50, "DATABASE_URL": "postgresql://a@b/c", "ALLOWED_HOSTS": "ror.example"}
    outcome = run_in_production("-c", "import ror.settings.prod", **needed, **{variable: value})
    assert outcome.returncode != 0
    assert f"{variable} needs a package that is not installed: pip install '{package}'" in outcome.stderr


def test_deployment_check_is_clean(environment):
    outcome = run_in_production("manage.py", "check", "--deploy", "--fail-level", "DEBUG", **environment)
    assert outcome.returncode == 0, outcome.stderr
    assert "no issues (0 silenced)" in outcome.stdout


def test_static_files_can_be_hashed_and_compressed(environment, tmp_path):
    code = (
        "import ror.settings.prod as s; from pathlib import Path; import sys, django; "
        "s.STATIC_ROOT = Path(sys.argv[1]); django.setup(); "
        "from django.core.management import call_command; call_command('collectstatic', interactive=False)"
    )
    outcome = run_in_production("-c", code, str(tmp_path), **environment)
    assert outcome.returncode == 0, outcome.stderr
    assert (tmp_path / "staticfiles.json").exists()
