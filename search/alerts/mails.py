"""The words of the mails of alerts: from the content of a line, the same each time it is sent."""

import datetime
import re
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.policy import Policy
from email.policy import default as default_policy
from email.utils import parseaddr
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage
from django.http import QueryDict
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User
from availability.guichet.needs import FIT_LABELS, Fit
from availability.guichet.supply import Offer, load_offers
from availability.wording import figure_words
from common.context import site_name
from common.french import THIN, counted, distance, french_spaces
from common.geo import Point, distance_km
from common.phones import display_phone
from directory.scopes import Scope

from ..criteria import SearchCriteria
from ..kept.shortlist import open_units
from ..models import AlertMail, PlaceAlert
from .links import mail_token_of, token_of

_BLANK_LINES = re.compile(r"\n{3,}")
Line = dict[str, Any]


class WholeHeader(UnstructuredHeader, BaseHeader):
    """A header on one line: folding would encode a long address (RFC 2047), which mail programs then cannot read."""

    def fold(self, *, policy: Policy) -> str:
        """The line as sent."""
        return f"{self.name}: {self}{policy.linesep}"


class AlertMessage(EmailMessage):
    """A mail whose address to unsubscribe stays whole."""

    def message(self, *, policy: Any = default_policy) -> Any:
        """The mail as sent under this policy."""
        headers = HeaderRegistry()
        headers.map_to_type("list-unsubscribe", WholeHeader)
        return super().message(policy=policy.clone(header_factory=headers))


def message_of(mail: AlertMail, scope: Scope, base_url: str, now: datetime.datetime) -> EmailMessage | None:
    """The mail of a line, its person loaded; ``None`` when nothing is left to be told. Three queries at most.

    Names and places are those of today, as this person may read them; figures are those of the look. Its Message-ID
    comes from the line alone, so that a mail sent twice can be told from two mails.
    """
    builders = {AlertMail.Kind.PLACES: _places, AlertMail.Kind.ENDING: _ending, AlertMail.Kind.LOST: _lost}
    built = builders[AlertMail.Kind(mail.kind)](mail, scope, base_url, now)
    if built is None:
        return None
    subject, template, values = built
    context = {"user": mail.user, "site_name": site_name(), "support_desk": settings.SUPPORT_DESK, **values}
    context["saved_url"] = urljoin(base_url, reverse("search:saved"))
    body = _BLANK_LINES.sub("\n\n", french_spaces(render_to_string(f"search/mails/{template}.txt", context)))
    told = [search["alert"] for search in mail.content.get("searches", ())] or mail.content.get("alerts", [])
    headers = {"Message-ID": message_id(mail), **unsubscribing(told, mail.user, base_url)}
    return AlertMessage(f"[{site_name()}] {subject}", body, to=[mail.user.email], headers=headers)


def unsubscribing(alert_ids: list[int], user: User, base_url: str) -> dict[str, str]:
    """Headers by which a mail program ends the alerts of a mail in one click (RFC 2369, RFC 8058)."""
    path = reverse("search:alert_unsubscribe", args=[mail_token_of(alert_ids=alert_ids, user=user)])
    return {"List-Unsubscribe": f"<{urljoin(base_url, path)}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def message_id(mail: AlertMail) -> str:
    """Message-ID of a line: « <alertes-12-places@ror.example> »."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<alertes-{mail.pk}-{mail.kind}@{domain}>"


def end_url(alert_id: int, user: User, base_url: str) -> str:
    """Address that ends an alert without signing in."""
    return urljoin(base_url, reverse("search:alert_end", args=[token_of(alert_id=alert_id, user=user)]))


def results_url(query: str, base_url: str) -> str:
    """Address of the results of a saved search."""
    return urljoin(base_url, reverse("search:results")) + f"?{query}"


def _places(mail: AlertMail, scope: Scope, base_url: str, now: datetime.datetime) -> tuple[str, str, Line] | None:
    """Subject, template and values of a mail about places; alerts ended since are left out."""
    searches = mail.content["searches"]
    alerts = PlaceAlert.objects.filter(ends_at__gt=now).in_bulk([search["alert"] for search in searches])
    ids = {place["unit"] for search in searches for place in search["places"]}
    offers = {offer.unit.pk: offer for offer in load_offers(open_units(scope).filter(pk__in=ids), scope, now)}
    shown, told = [], set()
    for search in searches:
        alert = alerts.get(search["alert"])
        start = Point(*search["start"]) if search.get("start") else None
        held = [place for place in search["places"] if place["unit"] in offers]
        lines = [_line(place, offers[place["unit"]], start, base_url) for place in held]
        if alert is None or not lines:
            continue
        asks = SearchCriteria.from_query(QueryDict(search["query"])).has_needs
        told |= {place["unit"] for place in held}
        shown.append(
            {
                **search,
                "places": lines,
                "has_needs": asks,
                "url": results_url(search["query"], base_url),
                "end_url": end_url(alert.pk, mail.user, base_url),
                "ends_at": alert.ends_at,
            }
        )
    if not shown:
        return None
    count = len(told) + sum(search["more"] for search in shown)
    named = "" if len(shown) > 1 else f" : {shown[0]['name']}"
    subject = f"{counted(count, 'unité')} avec des places libres{named}"
    return french_spaces(subject), "alert_places", {"searches": shown}


def _line(place: Line, offer: Offer, start: Point | None, base_url: str) -> Line:
    """One unit: what it is, where it is and how far when that may be told, its places, why it suits, whom to call."""
    unit, confirmed_at = offer.unit, place["confirmed_at"]
    kind = unit.unit_type.label if unit.unit_type else ""
    entity = offer.entity.name if offer.entity.name != unit.name else ""
    phone, point = offer.phone, offer.point
    far = f"à {distance(distance_km(start, point))} à vol d’oiseau" if start and point else ""
    return {
        "name": " ".join(unit.name.split()),
        "where": " – ".join(filter(None, (kind, entity, offer.place_words, far))),
        "words": figure_words(place["free"], offer.capacity_kind),
        "before": figure_words(place["before"], offer.capacity_kind) if place["before"] else "",
        "confirmed_at": confirmed_at and datetime.datetime.fromisoformat(confirmed_at),
        "is_pooled": place["is_pooled"],
        "fit": FIT_LABELS[Fit(place["fit"])],
        "reasons": ", ".join(place["reasons"]),
        "questions": " ".join(f"{question}{THIN}?" for question in place["questions"]),
        "phone": display_phone(phone["number"]) if phone else "",
        "extension": phone["extension"] if phone else "",
        "url": urljoin(base_url, reverse("directory:unit_detail", args=[unit.pk])),
    }


def _ending(mail: AlertMail, scope: Scope, base_url: str, now: datetime.datetime) -> tuple[str, str, Line] | None:
    """Subject, template and values of a mail about alerts that end soon; those renewed or ended since are left out."""
    alerts = PlaceAlert.objects.filter(pk__in=mail.content["alerts"], ends_at__gt=now, end_told_at__isnull=False)
    lines = [
        {
            "name": alert.search.name,
            "ends_at": alert.ends_at,
            "url": results_url(alert.search.query, base_url),
            "renew_url": urljoin(base_url, reverse("search:alert", args=[alert.search_id])),
        }
        for alert in alerts.select_related("search").order_by("ends_at", "pk")
    ]
    if not lines:
        return None
    words = "se terminent" if len(lines) > 1 else "se termine"
    return f"{counted(len(lines), 'alerte')} {words} bientôt", "alert_ending", {"alerts": lines}


def _lost(mail: AlertMail, scope: Scope, base_url: str, now: datetime.datetime) -> tuple[str, str, Line] | None:
    """Subject, template and values of a mail about alerts whose place is lost; those understood again are left out."""
    alerts = PlaceAlert.objects.filter(pk__in=mail.content["alerts"], ends_at__gt=now, lost_at__isnull=False)
    lines = [
        {
            "name": alert.search.name,
            "where": SearchCriteria.from_query(QueryDict(alert.search.query)).where,
            "url": results_url(alert.search.query, base_url),
        }
        for alert in alerts.select_related("search").order_by("search__key", "pk")
    ]
    if not lines:
        return None
    named = "" if len(lines) > 1 else f" : {lines[0]['name']}"
    return french_spaces(f"{counted(len(lines), 'alerte')} sans lieu reconnu{named}"), "alert_lost", {"alerts": lines}
