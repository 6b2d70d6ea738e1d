"""What is told of a unit when it is chosen for somebody: contacts, who is taken in, conditions, hours. No query.

The unit comes from ``search.kept.shortlist.with_record``.
"""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import quote, urlencode, urljoin

from django.urls import reverse

from availability.guichet.supply import Offer
from common.french import NBSP, PARIS, THIN, counted, moment, number
from common.phones import display_phone
from directory.blocks import ages, entity_terms, label_of, unit_terms
from directory.contacts import main_phone
from directory.enums import Confidentiality, Nomenclature
from directory.hours.schedule import ExceptionRange, Opening, Schedule, open_words
from directory.hours.timetable import hours_words
from directory.permissions import sees_contacts
from directory.records import schedule_of

MAIL_LINK_LENGTH = 2000  # characters; mail programs cut longer addresses
ON_ITS_RECORD = "à lire sur sa fiche"  # of what was typed by hand about a unit whose place is kept quiet


class Contact(NamedTuple):
    """A number or a mail address, and what it is."""

    label: str
    number: str = ""
    extension: str = ""
    email: str = ""


@dataclass(frozen=True)
class UnitFacts:
    """A unit as a sheet or a comparison tells it at ``now``; every text is empty when nothing is said.

    ``is_place_kept_quiet``: its place is hidden from most people, even when this person sees it.
    """

    offer: Offer
    now: datetime.datetime
    is_place_kept_quiet: bool = False

    @property
    def unit(self):
        return self.offer.unit

    @property
    def entity_name(self) -> str:
        """Name of the establishment when it is not that of the unit."""
        return self.offer.entity.name if self.offer.entity.name != self.unit.name else ""

    @property
    def type_label(self) -> str:
        return self.unit.unit_type.label if self.unit.unit_type else ""

    @property
    def address_lines(self) -> list[str]:
        """Lines of the address; none when it is not told."""
        if not self.offer.is_address_shown:
            return []
        at = self.offer.place
        town = f"{at.postal_code or at.commune.first_postal_code} {at.commune.name}".strip()
        return [line for line in (at.street_line, at.address_complement, town) if line]

    @property
    def contacts(self) -> list[Contact]:
        """The number to call first, then the others that this person sees, each once."""
        unit, phone = self.unit, self.offer.phone
        own = (
            Contact("Téléphone secrétariat", unit.secretary_phone),
            Contact("Téléphone médical", unit.medical_phone, unit.medical_extension),
            Contact("Téléphone soignants", unit.nursing_phone),
            Contact("Adresse mail", email=unit.email),
        )
        told = (
            Contact(phone["label"], phone["number"], phone["extension"]) if phone else Contact(""),
            *(own if sees_contacts(self.offer.scope, unit) else ()),
            Contact("Standard de l’établissement", self.offer.entity.phone),
        )
        found: dict[str, Contact] = {}
        for contact in told:
            found.setdefault(contact.number or contact.email, contact)
        found.pop("", None)
        return list(found.values())

    @property
    def places_words(self) -> str:
        """« 3 places libres, le 14/08/2024 à 12:17 »; why nothing is known otherwise: unknown is not zero."""
        return self._places_words(self.offer.figure_words, "le")

    @property
    def sent_places_words(self) -> str:
        """« 3 places libres, dit le 14/08/2024 à 12:17 »: the same, to be read away from the site."""
        noun = "lit libre" if self.offer.capacity_kind == "bed" else "place libre"
        return self._places_words(counted(self.offer.counted or 0, noun), "dit le")

    def _places_words(self, figure: str, dated: str) -> str:
        offer = self.offer
        if offer.counted is None:
            return offer.silence
        said = "complet" if offer.counted == 0 else figure
        at = offer.figure.confirmed_at if offer.figure else None
        contested = f" ({offer.contested_words.lower()})" if offer.contested_words else ""
        return f"{said}, {dated} {moment(at)}{contested}" if at else said + contested

    @property
    def installed_words(self) -> str:
        return "" if self.offer.installed is None else number(self.offer.installed)

    @property
    def ages_words(self) -> str:
        return ages(self.unit)

    @property
    def sex_words(self) -> str:
        return self.unit.get_sex_display() if self.unit.sex else ""

    @property
    def audience_words(self) -> str:
        return _listed(unit_terms(Nomenclature.AUDIENCE)(self.unit))

    @property
    def activity_words(self) -> str:
        return _listed(unit_terms(Nomenclature.OPERATIONAL_ACTIVITY)(self.unit))

    @property
    def care_mode_words(self) -> str:
        return label_of("care_mode")(self.unit)

    @property
    def accessibility_words(self) -> str:
        return _listed(entity_terms(Nomenclature.PLACE_ACCESSIBILITY)(self.offer.entity))

    @property
    def aid_words(self) -> str:
        return _listed(entity_terms(Nomenclature.FINANCIAL_AID)(self.offer.entity))

    @property
    def hours_words(self) -> str:
        """« 09:00 – 17:30, ouvert jusqu’à 17:30 », « pas d’ouverture aujourd’hui (Noël) »; empty without hours."""
        schedule = schedule_of(self.unit)
        return _today_words(schedule, self.now) if schedule else ""

    @property
    def public_hours_words(self) -> str:
        """The same hours when they may be sent: no reason typed by hand of a unit whose place is kept quiet."""
        schedule = schedule_of(self.unit)
        if self.is_place_kept_quiet:
            schedule = replace(schedule, exceptions=[_untold(rule) for rule in schedule.exceptions])
        return _today_words(schedule, self.now) if schedule else ""

    @property
    def phone_words(self) -> str:
        """« 01 42 00 00 00, poste 12 »."""
        return _phone_words(self.offer.phone)

    @property
    def public_phone_words(self) -> str:
        """The number that may be passed on to anybody signed in, whoever passes it on."""
        is_for_all = self.unit.contact_confidentiality != Confidentiality.VERY_RESTRICTED
        return _phone_words(main_phone(self.unit, contacts=is_for_all))

    @property
    def public_place_words(self) -> str:
        """The address when it may be passed on to anybody."""
        return ", ".join(self.address_lines) if self._is_place_public else "adresse non communiquée"

    @property
    def public_town_words(self) -> str:
        """The end of that address: « 92000 Nanterre »; empty when it is not told."""
        return self.address_lines[-1] if self._is_place_public else ""

    @property
    def public_admission_words(self) -> str:
        """Conditions of admission that may be sent: nothing typed by hand of a unit whose place is kept quiet."""
        typed = " ".join(self.unit.admission_conditions.split())
        return ON_ITS_RECORD if typed and self.is_place_kept_quiet else typed

    @property
    def _is_place_public(self) -> bool:
        return self.offer.is_address_shown and not self.is_place_kept_quiet


def _phone_words(phone: dict[str, str] | None) -> str:
    if not phone:
        return ""
    extension = f", poste {phone['extension']}" if phone["extension"] else ""
    return display_phone(phone["number"]) + extension


def _listed(groups) -> str:
    return ", ".join(label for group in groups for label in group.labels)


def _today_words(schedule: Schedule, now: datetime.datetime) -> str:
    today = schedule.day_hours(now.astimezone(PARIS).date())
    ranges = [_range_words(opening) for opening in today.openings]
    if not ranges:
        reason = f" ({today.closed_for})" if today.closed_for else ""
        return f"pas d’ouverture aujourd’hui{reason}" if schedule.receives else ""
    return ", ".join(filter(None, (*ranges, open_words(schedule, now))))


def _untold(rule: ExceptionRange) -> ExceptionRange:
    """An exception whose reason is left on the record."""
    return rule._replace(label=f"motif {ON_ITS_RECORD}") if rule.label else rule


def _range_words(opening: Opening) -> str:
    """« 09:00 – 17:30 », « 24 h/24 (horaire de garde) »."""
    words = hours_words(opening.opens_at, opening.closes_at)
    return f"{words} ({opening.note[0].lower()}{opening.note[1:]})" if opening.note else words


Tell = Callable[[UnitFacts], str]
# Lines of a comparison, in order: what decides an orientation first. Those of ``OWN`` differ anyway.
OWN = frozenset({"Établissement", "Lieu", "Téléphone"})
COMPARED: tuple[tuple[str, Tell], ...] = (
    ("Type d’UO", lambda facts: facts.type_label),
    ("Établissement", lambda facts: facts.offer.entity.name),
    ("Lieu", lambda facts: facts.offer.place_words),
    ("Places disponibles", lambda facts: facts.places_words),
    ("Places installées", lambda facts: facts.installed_words),
    ("Téléphone", lambda facts: facts.phone_words),
    ("Aujourd’hui", lambda facts: facts.hours_words),
    ("Âges accueillis", lambda facts: facts.ages_words),
    ("Sexe accueilli", lambda facts: facts.sex_words),
    ("Public pris en charge", lambda facts: facts.audience_words),
    ("Mode de prise en charge", lambda facts: facts.care_mode_words),
    ("Activités", lambda facts: facts.activity_words),
    ("Conditions d’admission", lambda facts: facts.unit.admission_conditions.strip()),
    ("Conditions d’accueil", lambda facts: facts.unit.reception_conditions.strip()),
    ("Animaux domestiques", lambda facts: facts.unit.pets.strip()),
    ("Accessibilité du lieu", lambda facts: facts.accessibility_words),
    ("Aides financières", lambda facts: facts.aid_words),
)


def letter_of(facts: Sequence[UnitFacts], now: datetime.datetime, base_url: str) -> str:
    """The sheet as a text to send: what anybody signed in may read, nothing about a patient."""
    parts = [f"Fiche d’orientation du {moment(now)}"]
    for rank, one in enumerate(facts, start=1):
        said = (
            ("Téléphone", one.public_phone_words),
            ("Places", one.sent_places_words),
            ("Aujourd’hui", one.public_hours_words),
            ("Conditions d’admission", one.public_admission_words),
        )
        lines = [
            f"{rank}. {one.unit.name}",
            " – ".join(filter(None, (one.type_label, one.entity_name))),
            one.public_place_words,
            *(f"{label}{NBSP}: {text}" for label, text in said if text),
            _record_url(one, base_url),
        ]
        parts.append("\n".join(line for line in lines if line))
    return "\n\n".join(parts)


class MailLink(NamedTuple):
    """A « mailto: » address, and how many units, the first ones, its text holds."""

    url: str
    units: int


def mail_link(facts: Sequence[UnitFacts], now: datetime.datetime, base_url: str) -> MailLink:
    """« mailto: » with as many units as a mail program takes in an address, in brief; the text to copy has them all.

    Those it does not hold are counted, with the address where they are read.
    """
    told = [_brief(rank, facts, base_url) for rank in range(len(facts))]
    for count in range(len(told), 0, -1):
        link = _mailto(now, "\n\n".join((*told[:count], *_others(facts[count:], base_url))))
        if len(link) <= MAIL_LINK_LENGTH:
            return MailLink(link, count)
    return MailLink(_mailto(now, ""), 0)


def _brief(rank: int, facts: Sequence[UnitFacts], base_url: str) -> str:
    """A unit in five lines at most: its type when the one before has another, its name, its phone, places and town.

    Then the address of its record.
    """
    one, before = facts[rank], facts[rank - 1] if rank else None
    lines = (
        one.type_label if before is None or before.type_label != one.type_label else "",
        f"{rank + 1}. {one.unit.name}",
        ", ".join(filter(None, (one.public_phone_words, one.sent_places_words))),
        one.public_town_words,
        _record_url(one, base_url),
    )
    return "\n".join(filter(None, lines)).replace(NBSP, " ").replace(THIN, " ")


def _others(left: Sequence[UnitFacts], base_url: str) -> list[str]:
    """« Et 10 autres unités : https://… »: the page that lists them for whoever is signed in."""
    if not left:
        return []
    asked = urlencode([("uo", one.unit.pk) for one in left])
    url = urljoin(base_url, f"{reverse('search:compare')}?{asked}") if len(left) > 1 else _record_url(left[0], base_url)
    return [f"Et {counted(len(left), 'autre unité', 'autres unités')} : {url}"]


def _record_url(one: UnitFacts, base_url: str) -> str:
    return urljoin(base_url, reverse("directory:unit_detail", args=[one.unit.pk]))


def _mailto(now: datetime.datetime, body: str) -> str:
    told = {"subject": f"Fiche d’orientation du {moment(now)}", "body": body}
    fields = {name: text for name, text in told.items() if text}
    return "mailto:?" + urlencode(fields, quote_via=quote, safe="/:,()")
