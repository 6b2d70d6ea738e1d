"""What a browser sends to the entry page."""

import html
import re
import uuid

URL = "/disponibilites/mise-a-jour/"


def fields(unit, figure="", *, version=0, lines=(), **others):
    """What is sent for one row; ``lines`` are dictionaries, one a place line."""
    prefix = f"u{unit.pk}-"
    values = {"figure": figure, "version": version, "request_id": uuid.uuid4(), **others}
    names = ("men", "women", "any_sex", "accessible", "single_room", "shared_room", "comment")
    sent = {"unit": [unit.pk]} | {prefix + name: values.get(name, "") for name in {*names, *values}}
    if lines:
        sent |= {f"{prefix}detail": "lines", f"{prefix}line": list(range(len(lines)))}
    for index, line in enumerate(lines):
        sent |= {f"{prefix}l{index}-{name}": value for name, value in ({"state": "free"} | line).items()}
    return sent


def form_of(*rows, **button):
    """What is sent for several rows and one button."""
    data = {"unit": [pk for row in rows for pk in row["unit"]]}
    for row in rows:
        data |= {name: value for name, value in row.items() if name != "unit"}
    return data | button


def text_of(response):
    """Text of a page, spaces joined."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def row_of(response, unit):
    """Row of ``unit`` in the context of a page."""
    return next(row for row in response.context["rows"] if row.unit == unit)
