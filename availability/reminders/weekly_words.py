"""The words of the weekly summary."""

import datetime
from typing import Any
from urllib.parse import urljoin

from django.urls import reverse

from common.french import counted, day
from directory.models import OperationalUnit

from ..models import Digest

LINES_SHOWN = 50


def weekly_mail(digest: Digest, base_url: str) -> tuple[str, str, dict[str, Any]]:
    """Subject, template and values of the summary: totals, then the units most used first."""
    content = digest.content
    first = datetime.date.fromisoformat(content["first"])
    last = datetime.date.fromisoformat(content["until"]) - datetime.timedelta(days=1)
    lines = sorted(content["units"], key=lambda line: (-line["views"] - line["calls"], line["unit"]))
    units = OperationalUnit.objects.in_bulk([line["unit"] for line in lines[:LINES_SHOWN]])
    shown = [
        {
            "name": " ".join(units[line["unit"]].name.split()),
            "words": use_words(line),
            "url": urljoin(base_url, reverse("directory:unit_detail", args=[line["unit"]])),
        }
        for line in lines[:LINES_SHOWN]
    ]
    total = {name: sum(line[name] for line in lines) for name in ("views", "exports", "calls", "admitted", "reports")}
    values = {
        "first": first,
        "last": last,
        "total": use_words(total),
        "lines": shown,
        "more": len(lines) - len(shown),
        "entry_url": urljoin(base_url, reverse("availability:entry")),
    }
    return f"Ce que vos données ont permis, du {day(first)} au {day(last)}", "weekly", values


def use_words(uses: dict[str, int]) -> str:
    """« 12 consultations, 3 appels dont 1 admission, 1 signalement »; what is 0 is left out."""
    calls = counted(uses["calls"], "appel")
    if uses["admitted"]:
        calls += f" dont {counted(uses['admitted'], 'admission')}"
    parts = (
        (uses["views"], counted(uses["views"], "consultation")),
        (uses["exports"], counted(uses["exports"], "export")),
        (uses["calls"], calls),
        (uses["reports"], counted(uses["reports"], "signalement d’erreur", "signalements d’erreur")),
    )
    return ", ".join(words for count, words in parts if count)
