"""Forms of campaigns: what one says, and the list of EGs that it asks (pasted or by criteria)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils import timezone

from common import french
from common.fields import LinesField
from directory.enums import Nomenclature, PublicationStatus
from directory.models import Department, GeographicEntity, OperationalUnit, Term

from ..campaigns.lists import CHOICES, Reading, open_entities, read_list
from ..campaigns.services import MOST_TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from ..models import Campaign

MAX_TEXT = 500_000  # characters of a pasted list: 2,000 lines of a spreadsheet
DATE = "Écrivez une date, par exemple 14/08/2024."
NOT_READ = "Liste pas encore lue\u00a0: cliquez sur « Reconnaître la liste », ou videz-la."
LINES_LEFT = (
    "Des lignes ne sont pas reconnues\u00a0: corrigez-les et cliquez sur « Reconnaître la liste », ou effacez-les."
)
TO_CHOOSE = (
    "Des lignes désignent plusieurs établissements\u00a0: choisissez-en un pour chacune, ou « Aucun de ceux-là »."
)
NONE_CHOSEN = "Choisissez au moins un établissement."
TOO_MANY = "Une campagne a 2\u202f000 établissements au plus."


def _date(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        error_messages={"invalid": DATE, "required": DATE},
    )


class CampaignForm(forms.Form):
    """Name, dates and message of a campaign."""

    name = forms.CharField(
        label="Nom de la campagne",
        max_length=120,
        help_text="Par exemple\u00a0: ACT, LAM, LHSS 2024",
        error_messages={"required": "Donnez un nom à la campagne."},
    )
    starts_on = _date("Début")
    ends_on = _date("Fin")
    message = LinesField(
        label="Message aux directeurs",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Repris dans les mails de relance.",
    )

    def clean(self) -> dict[str, Any]:
        """Refuse an end before the start."""
        cleaned = super().clean() or self.cleaned_data
        start, end = cleaned.get("starts_on"), cleaned.get("ends_on")
        if start and end and end < start:
            self.add_error("ends_on", "La campagne finit après son début.")
        return cleaned

    @property
    def values(self) -> dict[str, Any]:
        """What the services take."""
        return {name: self.cleaned_data[name] for name in ("name", "message", "starts_on", "ends_on")}

    @classmethod
    def of(cls, campaign: Campaign) -> CampaignForm:
        """Form that shows a campaign."""
        return cls(initial={name: getattr(campaign, name) for name in cls.base_fields})


class EntitiesForm(forms.Form):
    """The EGs to ask: hidden ids, a pasted list, or criteria; every button but the last saves nothing."""

    etablissements = forms.CharField(required=False, widget=forms.HiddenInput, max_length=60_000)
    liste = LinesField(
        label="Coller une liste d’établissements",
        required=False,
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Un par ligne\u00a0: FINESS, SIRET ou nom. Des lignes copiées d’un tableur conviennent.",
        error_messages={"max_length": "Cette liste est trop longue\u00a0: collez-la en plusieurs fois."},
    )
    categorie = forms.ChoiceField(label="Type d’EG", required=False)
    type_uo = forms.ChoiceField(label="Type d’UO", required=False)
    departement = forms.ChoiceField(label="Département", required=False)

    def __init__(self, data: Any = None, *, asked: Iterable[int] = ()) -> None:
        """``asked``: EGs that the campaign asks already. Three queries: the choices."""
        super().__init__(data)
        self.asked = set(asked)
        self.reading: Reading | None = None
        self.notice = ""
        any_one = ("", "Tous")
        self.fields["categorie"].choices = [any_one, *_terms(Nomenclature.EG_CATEGORY)]
        self.fields["type_uo"].choices = [any_one, *_terms(Nomenclature.UNIT_TYPE)]
        departments = Department.objects.order_by("order", "code").values_list("code", "name")
        self.fields["departement"].choices = [any_one, *((code, f"{name} ({code})") for code, name in departments)]
        for name in ("categorie", "type_uo", "departement"):
            self.fields[name].error_messages["invalid_choice"] = "Choisissez une valeur de la liste."

    @cached_property
    def entities(self) -> list[GeographicEntity]:
        """EGs kept so far, those chosen of doubtful lines included: one query."""
        typed = [*str(self.data.get("etablissements", "")).split(), *self._choices()]
        ids = {int(text) for text in typed if text.isascii() and text.isdigit() and len(text) < 19}
        return list(open_entities().filter(pk__in=ids - self.asked)[: MOST_TARGETS + 1]) if ids else []

    @cached_property
    def unsettled(self) -> list[str]:
        """Lines that name several EGs, shown before, of which none is chosen and none refused."""
        lines = self.data.getlist("ligne") if hasattr(self.data, "getlist") else []
        return [line for line, choice in zip(lines[:MOST_TARGETS], self._choices(), strict=False) if not choice]

    @property
    def ids(self) -> list[int]:
        return [entity.pk for entity in self.entities]

    @property
    def kept(self) -> str:
        """Ids as the hidden field carries them."""
        return " ".join(map(str, self.ids))

    def step(self, name: str) -> None:
        """Run a button that saves nothing: « reconnaitre », « criteres », « vider », « retirer:<id> »."""
        self.is_valid()
        self._show_unsettled()
        if name == "reconnaitre":
            self._recognise()
        elif name == "criteres":
            self._by_criteria()
        elif name == "vider":
            self.entities = []
        elif name.startswith("retirer:"):
            self.entities = [entity for entity in self.entities if str(entity.pk) != name.removeprefix("retirer:")]
        if len(self.entities) > MOST_TARGETS:
            self.entities = self.entities[:MOST_TARGETS]
            self.notice = TOO_MANY

    def clean(self) -> dict[str, Any]:
        """Refuse a list that was not read, when it is to be saved."""
        return super().clean() or self.cleaned_data

    def check_saved(self) -> None:
        """Put the errors of a save: nothing chosen, a list not read, too many."""
        self.is_valid()
        self._show_unsettled()
        if self.unsettled:
            self.add_error("liste", TO_CHOOSE)
        elif text := str(self.data.get("liste", "")).strip():
            self.add_error("liste", LINES_LEFT if self._is_left(text) else NOT_READ)
        elif not self.entities:
            self.add_error("liste", NONE_CHOSEN)
        elif len(self.entities) + len(self.asked) > MOST_TARGETS:
            self.add_error("liste", TOO_MANY)

    def _is_left(self, text: str) -> bool:
        """Tell whether all of a list was read, and not recognised or closed: nothing more would come of reading it."""
        if "liste" not in self.cleaned_data:
            return False
        reading = read_list(text)
        return not reading.recognised and not reading.doubtful and not reading.unread

    def _show_unsettled(self) -> None:
        """Show again the lines still to choose; those that the directory reads otherwise meanwhile go to the box."""
        if not self.unsettled:
            return
        self.reading = read_list("\n".join(self.unsettled))
        shown = {line for line, _ in self.reading.doubtful}
        if others := [line for line in self.unsettled if line not in shown]:
            self._put("liste", "\n".join([*others, str(self.data.get("liste", ""))]))

    def _recognise(self) -> None:
        if "liste" not in self.cleaned_data:
            return  # too long: it stays as it was pasted
        self.reading = read_list("\n".join([*self.unsettled, self.cleaned_data["liste"]]))
        beyond = self._take(self.reading.recognised)
        left = [*(self.reading.line_of[entity.pk] for entity in beyond), *self.reading.unread, *self.reading.unknown]
        self._put("liste", "\n".join([*left, *(line for line, _ in self.reading.closed)]))

    def _by_criteria(self) -> None:
        wanted = {name: self.cleaned_data.get(name) for name in ("categorie", "type_uo", "departement")}
        if not any(wanted.values()):
            self.notice = "Choisissez un type d’EG, un type d’UO ou un département."
            return
        found = list(chosen_by(**wanted)[: MOST_TARGETS + 1])
        self._take(found)
        if not found:
            self.notice = "Aucun établissement ne correspond à ces critères."

    def _take(self, found: list[GeographicEntity]) -> list[GeographicEntity]:
        """Add EGs that are not asked yet, and say how many; return those beyond what a campaign may have."""
        kept = {entity.pk: entity for entity in self.entities}
        new = [entity for entity in found if entity.pk not in kept and entity.pk not in self.asked]
        room = max(0, MOST_TARGETS - len(self.asked) - len(kept))
        taken, beyond = new[:room], new[room:]
        self.entities = sorted([*kept.values(), *taken], key=lambda entity: (entity.sort_name, entity.pk))
        words = "établissement ajouté" if len(taken) < 2 else "établissements ajoutés"
        self.notice = f"{french.number(len(taken))} {words} à la liste."
        if beyond:
            self.notice = f"{self.notice} {TOO_MANY}"
        return beyond

    def _put(self, name: str, value: str) -> None:
        self.data = self.data.copy()
        self.data[name] = value

    def _choices(self) -> list[str]:
        return self.data.getlist("choix")[: MOST_TARGETS * CHOICES] if hasattr(self.data, "getlist") else []


def chosen_by(
    *, categorie: str | None = "", type_uo: str | None = "", departement: str | None = ""
) -> QuerySet[GeographicEntity]:
    """Open EGs of a type, with an open UO of a type, in a department; each may be empty."""
    found = open_entities()
    if categorie:
        found = found.filter(category=categorie)
    if departement:
        found = found.filter(commune__department=departement)
    if type_uo:
        units = OperationalUnit.objects.filter(geographic_entity=OuterRef("pk"), unit_type=type_uo)
        found = found.filter(Exists(units.exclude(status=PublicationStatus.CLOSED)))
    return found


def add_errors(form: forms.Form, refused: ValidationError) -> None:
    """Put on a form what the service refused, on the field it names or on the whole."""
    known = refused.error_dict if hasattr(refused, "error_dict") else {"": [refused]}
    for name, errors in known.items():
        form.add_error(name if name in form.fields else None, [message for one in errors for message in one.messages])


def _terms(nomenclature: str) -> list[tuple[str, str]]:
    rows = Term.objects.of(nomenclature).active_on(timezone.localdate()).order_by("label", "pk")
    return [(str(pk), label) for pk, label in rows.values_list("pk", "label")]
