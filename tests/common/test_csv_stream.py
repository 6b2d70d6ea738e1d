"""CSV files: readable by spreadsheets, no formula, sent line after line."""

import csv
import io
from datetime import UTC, date, datetime

import pytest

from common.csv_stream import LINES_AT_ONCE, stream_csv


def cells(titles, rows):
    text = b"".join(stream_csv(titles, rows)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def test_values_are_written_as_in_french():
    row = ("Nanterre", 35, 2.5, True, date(2024, 8, 14), datetime(2024, 8, 14, 10, 17, tzinfo=UTC), None)
    assert cells("abcdefg", [row]) == [
        list("abcdefg"),
        ["Nanterre", "35", "2,5", "oui", "14/08/2024", "14/08/2024 12:17", ""],
    ]


def test_the_file_says_that_it_is_utf_8():
    assert b"".join(stream_csv(["é"], [])) == b"\xef\xbb\xbf\xc3\xa9\r\n"


@pytest.mark.parametrize("text", ["=1+1", "+33", "-2", "@SUM(A1)", "\t=1", "  =1", "\r=1", "＝1+1", "\u00a0=1"])
def test_a_text_is_never_a_formula(text):
    (written,) = cells("a", [(text,)])[1]
    assert written.startswith("'")


def test_separators_quotes_and_control_characters():
    assert cells("ab", [('a;b"c\nd', "x\x00y\u202ez")])[1] == ['a;b"c\nd', "xyz"]


def test_lines_leave_before_the_last_one_is_read():
    read = []

    def rows():
        for number in range(10 * LINES_AT_ONCE):
            read.append(number)
            yield (number,)

    next(stream_csv(["a"], rows()))
    assert len(read) < 2 * LINES_AT_ONCE
