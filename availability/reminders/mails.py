"""The words of the mails about figures: from the content of a line, the same each time it is sent."""

import datetime
import re
from email.utils import parseaddr
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode

from common.context import site_name
from common.french import NBSP, counted, duration, french_spaces, moment, plural

from ..expected.services import expected_words
from ..models import CurrentFigure, Digest, ExpectedPlace
from ..wording import figure_words, rhythm_words
from . import weekly_words
from .confirm_links import UNKNOWN_POOL, VALID_FOR, token_of

LINES_SHOWN = 50  # of each part of a mail; the entry page lists them all
Line = dict[str, Any]
_BLANK_LINES = re.compile(r"\n{3,}")


def message_of(digest: Digest, base_url: str) -> EmailMessage:
    """The mail of a line, its person loaded. Three queries at most.

    Its Message-ID comes from the line alone, so that a mail sent twice can be told from two mails.
    """
    build = weekly_words.weekly_mail if digest.kind == Digest.Kind.WEEKLY else _reminder
    subject, template, values = build(digest, base_url)
    context = {"user": digest.user, "site_name": site_name(), "support_desk": settings.SUPPORT_DESK, **values}
    context["account_url"] = urljoin(base_url, reverse("account")) + "#rappels"
    body = _BLANK_LINES.sub("\n\n", french_spaces(render_to_string(f"availability/mails/{template}.txt", context)))
    return EmailMessage(
        f"[{site_name()}] {subject}", body, to=[digest.user.email], headers={"Message-ID": message_id(digest)}
    )


def message_id(digest: Digest) -> str:
    """Message-ID of a line: « <disponibilites-12-due-2026-11-22@ror.example> »."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<disponibilites-{digest.pk}-{digest.kind}-{digest.day:%Y-%m-%d}@{domain}>"


def _reminder(digest: Digest, base_url: str) -> tuple[str, str, dict[str, Any]]:
    """Subject, template and values of a reminder."""
    content = digest.content
    parts = [content[name] for name in ("entry", "director", "expected")]
    shown = CurrentFigure.objects.select_related("pool", "unit__unit_type", "unit__geographic_entity__commune").defer(
        "unit__geographic_entity__commune__outline"
    )
    figures = shown.in_bulk({line["unit"] for part in parts for line in part[:LINES_SHOWN]})
    written_at = datetime.datetime.fromisoformat(content["written_at"])
    entry, director, expected = (
        [tell(line, figures[line["unit"]], digest, written_at, base_url) for line in part[:LINES_SHOWN]]
        for part, tell in zip(parts, (_late, _late, _expected), strict=True)
    )
    places = sum(line["count"] for line in parts[2])
    return (
        _subject(len(parts[0]), len(parts[1]), places),
        "reminder",
        {
            "entry": entry,
            "director": director,
            "expected": expected,
            "expected_count": places,
            "entry_count": len(parts[0]),
            "director_count": len(parts[1]),
            "entry_more": len(parts[0]) - len(entry),
            "director_more": len(parts[1]) - len(director),
            "expected_more": len(parts[2]) - len(expected),
            "hours": VALID_FOR // datetime.timedelta(hours=1),
            "entry_url": urljoin(base_url, reverse("availability:entry")),
            "expected_url": urljoin(base_url, reverse("availability:expected_list")),
        },
    )


def _subject(entry: int, director: int, places: int) -> str:
    """Of so many figures of each part, and of the places announced."""
    if entry:
        return f"{counted(entry, 'disponibilité')} à confirmer"
    if places:
        return f"{plural(places, 'Place attendue', 'Places attendues')} aujourd’hui"
    return f"{counted(director, 'disponibilité')} en retard"


def _late(line: Line, figure: CurrentFigure, digest: Digest, written_at: datetime.datetime, base_url: str) -> Line:
    """One figure: where, what it says, for how long nobody confirmed it, and the link that does."""
    unit = figure.unit
    since = datetime.datetime.fromisoformat(line["since"])
    confirmed_at = line["confirmed_at"] and datetime.datetime.fromisoformat(line["confirmed_at"])
    is_stated = line["figure"] is not None
    shown = {"version": line["version"], "pool_id": line.get("pool_id", UNKNOWN_POOL)}
    token = token_of(user=digest.user, unit_id=unit.pk, **shown, written_at=written_at)
    return {
        **_place(figure, base_url),
        "words": figure_words(line["figure"], figure.capacity_kind) if is_stated else "",
        "confirmed_at": confirmed_at,
        "silence": duration(written_at - since),
        "rhythm": rhythm_words(figure.rhythm),
        "is_contested": line["is_contested"],
        "counting": _counting(line, written_at) if is_stated else "",
        "confirm_url": urljoin(base_url, reverse("availability:confirm", args=[token])) if is_stated else "",
    }


def _counting(line: Line, written_at: datetime.datetime) -> str:
    """Whether the figure still counts for those who orient, and until when; empty for a line that does not say."""
    until = line.get("counted_until")
    if until is None:
        return ""
    if not until:
        return "Ce chiffre ne compte plus depuis la réouverture de l’unité, tant qu’il n’est pas confirmé."
    end = datetime.datetime.fromisoformat(until)
    if end < written_at:
        return f"Ce chiffre est périmé : il ne compte plus depuis le {moment(end)}."
    return f"Ce chiffre compte encore, jusqu’au {moment(end)}."


def _expected(line: Line, figure: CurrentFigure, digest: Digest, written_at: datetime.datetime, base_url: str) -> Line:
    """One announcement of places."""
    on = datetime.date.fromisoformat(line["on"])
    place = ExpectedPlace(count=line["count"], expected_on=on)
    words = expected_words(place, digest.day, figure.capacity_kind)
    return {**_place(figure, base_url), "words": words, "comment": line.get("comment", "")}


def _place(figure: CurrentFigure, base_url: str) -> Line:
    """Name, kind and town of a unit, and its row on the entry page."""
    unit, entity = figure.unit, figure.unit.geographic_entity
    kind = unit.unit_type.label if unit.unit_type else ""
    where = entity.commune.list_name if entity.name == unit.name else f"{entity.name}, {entity.commune.list_name}"
    name = f"Lits mutualisés «{NBSP}{figure.pool.name}{NBSP}»" if figure.pool else unit.name
    return {
        "name": " ".join(name.split()),
        "where": " – ".join(part for part in (kind, where) if part),
        "url": urljoin(base_url, reverse("availability:entry")) + "?" + urlencode({"q": unit.name}),
    }
