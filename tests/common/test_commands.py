"""What management commands share."""

import datetime

import pytest
from django.core.management import CommandError
from django.utils import timezone

from common.commands import EXAMPLE, read_moment


@pytest.mark.parametrize("text", [None, ""])
def test_without_a_moment_it_is_now(text):
    before = timezone.now()
    assert before <= read_moment(text) <= timezone.now()


def test_a_moment_keeps_its_offset():
    assert read_moment(EXAMPLE) == datetime.datetime(2026, 11, 21, 11, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("text", "problem"), [("demain", "écrivez une date"), ("2026-11-21T12:00", "précisez le décalage")]
)
def test_anything_else_is_refused_in_words(text, problem):
    with pytest.raises(CommandError, match=problem):
        read_moment(text)
