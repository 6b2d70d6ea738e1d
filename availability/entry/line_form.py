"""Reading the place lines of a row of the entry page (spec 20, Beyond the seeds). No permission and no write here."""

import datetime
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django import forms
from django.utils import timezone

from common.french import NBSP, THIN

from ..lines import (
    ACCESS_LABELS,
    ANIMAL_LABELS,
    ROOM_LABELS,
    SEX_LABELS,
    STATE_LABELS,
    LineAccess,
    LineAnimal,
    LineRoom,
    LineSex,
    LineState,
    PlaceLine,
)
from ..services import LARGEST_FIGURE

MAX_LINES = 20  # of one row
MAX_AGE = 150  # years
AGE_ERRORS = {"negative": "Un âge ne peut être négatif.", "large": f"{MAX_AGE} ans au plus."}
LONGEST_RESERVATION = datetime.timedelta(days=3 * 366)
_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_INDEX = re.compile(r"[0-9]{1,3}")


class WholeNumberField(forms.Field):
    """A number of places: digits only, whatever spaces; an empty field is ``None``."""

    default_error_messages = {
        "required": "Indiquez le nombre de places disponibles, 0 s’il n’y en a\u00a0pas.",
        "whole": "Écrivez un nombre entier, en chiffres.",
        "negative": "Un nombre de places ne peut être négatif.",
        "large": f"Ce nombre dépasse 9{THIN}999.",
    }

    def to_python(self, value: str | None) -> int | None:
        digits = _SPACES.sub("", value or "")
        if not digits:
            return None
        if re.fullmatch(r"-[0-9]+", digits):
            raise forms.ValidationError(self.error_messages["negative"], code="negative")
        if not re.fullmatch(r"[0-9]+", digits):
            raise forms.ValidationError(self.error_messages["whole"], code="whole")
        if len(digits) > 9 or int(digits) > LARGEST_FIGURE:
            raise forms.ValidationError(self.error_messages["large"], code="large")
        return int(digits)


class DayField(forms.Field):
    """A day as a browser sends it (2024-08-31) or as it is written (31/08/2024)."""

    def to_python(self, value: str | None) -> datetime.date | None:
        text = (value or "").strip()
        if not text:
            return None
        for form in ("%Y-%m-%d", "%d/%m/%Y"):
            try:
                return datetime.datetime.strptime(text, form).date()  # noqa: DTZ007 - a day, without hour
            except ValueError:
                continue
        raise forms.ValidationError("Écrivez une date, par exemple 31/08/2026.")


def _choice(label: str, labels: Mapping[Any, str], initial: str = "") -> forms.ChoiceField:
    wrong = {"invalid_choice": "Choisissez dans la liste.", "required": "Choisissez dans la liste."}
    return forms.ChoiceField(
        label=label, choices=list(labels.items()), required=False, initial=initial, error_messages=wrong
    )


class LineForm(forms.Form):
    """One line. ``index`` names it among those of its row, and is never given twice while the page is open.

    ``kept_days`` are days of reservations already recorded in the row: they stay, even once past.
    """

    count = WholeNumberField(label="Nombre", error_messages={"required": "Indiquez combien de places."})
    state = _choice("État", STATE_LABELS, LineState.FREE)
    sex = _choice("Genre", SEX_LABELS)
    access = _choice("PMR", ACCESS_LABELS)
    room = _choice("Chambre", ROOM_LABELS)
    min_age = WholeNumberField(label="Âge min. (ans)", required=False, error_messages=AGE_ERRORS)
    max_age = WholeNumberField(label="Âge max. (ans)", required=False, error_messages=AGE_ERRORS)
    animal = _choice("Animal", ANIMAL_LABELS)
    until = DayField(label="Jusqu’au", required=False)

    def __init__(
        self,
        data=None,
        *,
        prefix: str,
        index: int,
        initial: Mapping[str, Any] | None = None,
        kept_days: Collection[str] = (),
    ) -> None:
        super().__init__(data, prefix=f"{prefix}-l{index}", initial=dict(initial or {}))
        self.index = index
        self.kept_days = kept_days
        self.is_new = False

    @property
    def is_blank(self) -> bool:
        """Tell whether nothing was typed or chosen in the line."""
        default = {"state": (LineState.FREE.value, "")}
        return all(str(self[name].value() or "").strip() in default.get(name, ("",)) for name in self.fields)

    @property
    def choices(self) -> list:
        """Fields that are lists, with those that are numbers in between, as the template shows them."""
        return [self[name] for name in ("state", "sex", "access", "room", "animal")]

    @property
    def place_line(self) -> PlaceLine:
        """The line that a valid form says."""
        values = self.cleaned_data
        return PlaceLine(
            count=values["count"],
            state=LineState(values["state"] or LineState.FREE),
            sex=LineSex(values["sex"]),
            access=LineAccess(values["access"]),
            room=LineRoom(values["room"]),
            animal=LineAnimal(values["animal"]),
            min_age=values["min_age"],
            max_age=values["max_age"],
            until=values["until"],
        )

    def clean_count(self) -> int:
        """A line of no place says nothing."""
        if self.cleaned_data["count"] == 0:
            raise forms.ValidationError("Indiquez 1 au moins, ou retirez la ligne.")
        return self.cleaned_data["count"]

    def clean(self) -> dict[str, Any]:
        """Ages in order and within a life; a date for a place that is reserved, and for no other."""
        values = self.cleaned_data
        for name in ("min_age", "max_age"):
            if (values.get(name) or 0) > MAX_AGE:
                self.add_error(name, f"{MAX_AGE} ans au plus.")
        low, high = values.get("min_age"), values.get("max_age")
        if low is not None and high is not None and low > high:
            self.add_error("max_age", "L’âge maximum suit l’âge minimum.")
        if "until" in values and (wrong := self._wrong_day(values["until"], values.get("state"))):
            self.add_error("until", wrong)
        return values

    def _wrong_day(self, until: datetime.date | None, state: str | None) -> str:
        """What is wrong with the end of a reservation, empty when nothing is."""
        if state != LineState.RESERVED:
            return "Cette date vaut pour une place réservée." if until else ""
        if until is None:
            return "Indiquez jusqu’à quand la place est réservée."
        today = timezone.localdate()
        if until.isoformat() in self.kept_days:
            return ""
        if until < today:
            return f"Ce jour est passé{NBSP}: donnez aujourd’hui ou un jour à venir, ou déclarez la place libre."
        return "Ce jour est trop lointain (trois ans au plus)." if until > today + LONGEST_RESERVATION else ""


def line_forms(data, prefix: str, stored: Iterable[Mapping[str, Any]]) -> list[LineForm]:
    """Lines of a row: those that came back in ``data``, else those ``stored``."""
    stored = list(stored)
    if data is None:
        return [LineForm(prefix=prefix, index=index, initial=values) for index, values in enumerate(stored)]
    sent = data.getlist(f"{prefix}-line") if hasattr(data, "getlist") else ()
    indexes = dict.fromkeys(int(value) for value in sent if _INDEX.fullmatch(value))
    kept_days = {str(values["until"]) for values in stored if values.get("until")}
    return [LineForm(data, prefix=prefix, index=index, kept_days=kept_days) for index in list(indexes)[:MAX_LINES]]


def add_line(lines: list[LineForm], prefix: str) -> None:
    """Give one more line, empty; none beyond ``MAX_LINES``."""
    if len(lines) < MAX_LINES:
        line = LineForm(prefix=prefix, index=max((line.index for line in lines), default=-1) + 1)
        line.is_new = True
        lines.append(line)
