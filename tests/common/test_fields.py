"""Form fields of several apps."""

import pytest
from django import forms

from collaborative.forms.opening import MessageForm
from collaborative.forms.review import RemarkForm, ReturnForm
from collaborative.services import TEXT_LENGTH
from common.fields import LinesField


@pytest.mark.parametrize(
    ("sent", "read"),
    [("a\r\nb", "a\nb"), ("a\rb", "a\nb"), (" a\n\n", "a"), (None, ""), ("", ""), ("a\x0bb", "a\x0bb")],
)
def test_line_ends_are_plain(sent, read):
    assert LinesField(required=False).clean(sent) == read


def test_a_text_that_the_browser_accepts_is_not_too_long():
    lines = "\r\n".join(["x" * 9] * 200)  # 1,999 characters as browsers count them
    assert LinesField(max_length=2000).clean(lines).count("\n") == 199
    with pytest.raises(forms.ValidationError):
        LinesField(max_length=1998).clean(lines)


def test_remarks_and_messages_count_line_ends_once():
    text = "\r\n".join(["x" * 9] * (TEXT_LENGTH // 10))
    assert len(text) > TEXT_LENGTH
    assert "remarque" not in RemarkForm({"remarque": text}).errors
    assert "text" not in MessageForm({"text": text}).errors
    assert ReturnForm.base_fields["remarque"].clean("a\r\nb") == "a\nb"


def test_a_text_is_asked_for_when_it_must_be():
    with pytest.raises(forms.ValidationError):
        LinesField().clean("\r\n")
