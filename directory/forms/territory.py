"""Form of the block « Intervention » of a UO: its territory, and what is said of it (spec 10).

The territory is one hidden field of INSEE codes; every button named « etape » gives the form back with another list,
and nothing is saved before « Modifier ».
"""

from __future__ import annotations

from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse

from common import french
from common.fields import LinesField

from ..models import Commune, Department, OperationalUnit
from ..territory.advice import Advice, advice_on
from ..territory.neighbours import holes_in, load_neighbours
from ..territory.paste import MAX_PIECES, MAX_SEARCHES, Codes, PasteResult, Verdict, read_list, split_pieces
from ..territory.territories import (
    RegionMembers,
    load_gazetteer,
    region_members,
    territory_parameters,
    whole_department,
    without_covered,
)
from .base import BlockForm
from .places import suggesting

if TYPE_CHECKING:
    from django.db.models import QuerySet

MAX_COMMUNES = 5000
MAX_TEXT = 100_000  # characters of a pasted list
OUTLINES_OF_COMMUNES = 3  # departments; beyond, only their own outlines are drawn behind the territory
NOT_READ = "Liste pas encore lue\u00a0: cliquez sur « Reconnaître la liste » pour voir ce qui est compris, ou videz-la."
NOT_ADDED = "Cette commune n’est pas encore dans le territoire\u00a0: cliquez sur « Ajouter », ou videz ce champ."
CHOICE_OF_DEPARTMENT = "d"
NAMED = 5  # waiting lines named in a sentence


class CommunesField(forms.CharField):
    """INSEE codes separated by spaces, given back as the communes of the reference list, in its order."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> QuerySet[Commune]:
        """Raises ``ValidationError`` for a code that the reference list does not have."""
        codes = list(dict.fromkeys(str(value or "").split()))[: MAX_COMMUNES + 1]
        if len(codes) > MAX_COMMUNES:
            raise ValidationError("Ce territoire a trop de communes.", code="too_many")
        found = Commune.objects.filter(pk__in=codes).defer("outline").order_by("key", "insee")
        kept = [commune.pk for commune in without_covered(found)]
        if gone := set(codes) - {commune.pk for commune in found}:
            raise ValidationError(f"Commune inconnue\u00a0: {', '.join(sorted(gone)[:5])}.", code="unknown")
        return found if len(kept) == len(codes) else found.filter(pk__in=kept)


class WaitingLines(forms.HiddenInput):
    """Lines of a list that nothing was made of yet, hidden: the page shows them, and has the id that errors lead to."""

    is_hidden = False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Leave the id to what shows the lines."""
        return super().get_context(name, value, {key: one for key, one in (attrs or {}).items() if key == "name"})


class DepartmentGroup(NamedTuple):
    """Communes of the territory in one department."""

    department: Department
    communes: list[Commune]


class UnitInterventionForm(BlockForm):
    """Intervention: territory (communes and arrondissements) and its specifics."""

    model = OperationalUnit
    block = "intervention"
    names = ("intervention_details",)
    template = "directory/territory_fields.html"
    assets = "components/map_assets.html"
    enter_step = "ajouter"
    most_searches = MAX_SEARCHES

    intervention_communes = CommunesField(label="Territoire d’intervention", required=False)
    ajout = forms.CharField(
        label="Ajouter une commune",
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs=suggesting("ajouter")),
        help_text="Nom, code postal ou code INSEE\u00a0: « Kremlin-Bicêtre », « Paris 10 », « 92000 ».",
    )
    liste = LinesField(
        label="Coller une liste",
        required=False,
        strip=False,
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Noms, codes postaux ou codes INSEE, mélangés si besoin, un par ligne ou séparés par "
        "«\u00a0;\u00a0», «\u00a0,\u00a0» ou une tabulation.",
    )
    codes = forms.ChoiceField(
        label="Dans cette liste, un nombre de cinq chiffres est",
        required=False,
        choices=[
            (Codes.ANY, "un code postal ou un code INSEE"),
            (Codes.POSTAL, "toujours un code postal"),
            (Codes.INSEE, "toujours un code INSEE"),
        ],
    )
    reste = forms.CharField(
        label="Lignes du territoire en attente", required=False, max_length=MAX_TEXT, strip=False, widget=WaitingLines
    )

    @property
    def value_names(self) -> tuple[str, ...]:
        """Names of the kept values that the form gives; the other fields are tools to make the territory."""
        return ("intervention_details", "intervention_communes")

    def initial_of(self, name: str) -> Any:
        """What a field shows: INSEE codes for the territory."""
        if name == "intervention_communes":
            return " ".join(row["id"] for row in self.state.get(name) or [])
        return super().initial_of(name)

    def clean(self) -> dict[str, Any]:
        """Take in the choices ticked; refuse to lose a list that was not read, or the lines that wait.

        A ``partial`` form leaves these waiting (``left_waiting``).
        """
        cleaned = super().clean()
        if split_pieces(cleaned.get("liste") or ""):
            self.add_error("liste", NOT_READ)
        if (cleaned.get("ajout") or "").strip():
            self.add_error("ajout", NOT_ADDED)
        if "intervention_communes" in cleaned and (ticked := self._ticked_communes()):
            codes = [*self._codes(), *ticked]
            cleaned["intervention_communes"] = CommunesField(required=False).clean(" ".join(codes))
        if not self.partial and (waiting := self._waiting()):
            self.add_error("reste", _still_waiting(waiting))
        return cleaned

    def left_waiting(self) -> dict[str, str]:
        """Lines of a valid form that wait, but for those of which a choice is ticked; empty without a line."""
        if not (waiting := self._waiting()):
            return {}
        return {"reste": "\n".join(waiting), "codes": str(self._codes_meaning())}

    def after_step(self, step: str) -> BlockForm:
        """Form with the list changed as the button says: add, read a pasted list, remove, empty, a whole department."""
        name, _, argument = step.partition(":")
        action = {
            "ajouter": self._add,
            "reconnaitre": self._read,
            "choisir": self._choose,
            "departement": self._add_department,
            "combler": self._fill_hole,
            "retirer": self._remove,
            "retirer-departement": self._remove_department,
            "vider": self._empty,
            "effacer": self._forget,
        }.get(name)
        if action is None:
            return self
        form = action(argument)
        if name == "ajouter" and not form.result.doubtful:
            form.focus_on = form["ajout"].id_for_label  # for the next commune
        return form

    # What the page shows.

    @cached_property
    def result(self) -> PasteResult:
        """Lines of the pasted list that still wait: doubtful ones with their choices, unknown ones."""
        text = str(self["reste"].value() or "")[:MAX_TEXT]
        if not text:
            return PasteResult(())
        return read_list("\n".join(split_pieces(text)[:MAX_PIECES]), self._gazetteer, self._codes_meaning())

    @cached_property
    def ticked(self) -> list[str]:
        """Choices ticked beside doubtful lines."""
        return self.data.getlist(self.add_prefix("choix")) if hasattr(self.data, "getlist") else []

    @property
    def ticked_departments(self) -> list[str]:
        """Codes of the departments ticked beside doubtful lines."""
        sign = CHOICE_OF_DEPARTMENT
        return [choice.removeprefix(sign) for choice in self.ticked if choice.startswith(sign)]

    @property
    def choice_name(self) -> str:
        """Name of the boxes beside doubtful lines."""
        return self.add_prefix("choix")

    @cached_property
    def groups(self) -> list[DepartmentGroup]:
        """The territory as it stands in the form, by department."""
        communes = Commune.objects.filter(pk__in=self._codes()[:MAX_COMMUNES]).select_related("department")
        ordered = communes.defer("outline", "department__outline").order_by(
            "department__order", "department_id", "key", "insee"
        )
        return [
            DepartmentGroup(department, list(inside))
            for department, inside in groupby(ordered, key=lambda commune: commune.department)
        ]

    @property
    def commune_count(self) -> int:
        """Communes of the territory in the form."""
        return sum(len(group.communes) for group in self.groups)

    @cached_property
    def departments(self) -> list[Department]:
        """Departments of the region, each with a button."""
        return list(Department.objects.defer("outline"))

    @cached_property
    def _region(self) -> RegionMembers:
        return region_members()

    @property
    def _shown_codes(self) -> list[str]:
        return [commune.pk for group in self.groups for commune in group.communes]

    @cached_property
    def area_url(self) -> str:
        """Address of the outlines of the territory in the form; empty without a commune."""
        return self._outlines_of(self._shown_codes)

    @cached_property
    def advice(self) -> Advice:
        """What is worth looking at in the territory as it stands in the form."""
        return self._advice_on(self._shown_codes)

    @property
    def shared_url(self) -> str:
        """Address of the outlines of the communes that another CPTS serves; empty without any."""
        return self._outlines_of(self.advice.shared_codes)

    @property
    def holes_url(self) -> str:
        """Address of the outlines of the holes; empty without any."""
        return self._outlines_of(self.advice.hole_codes)

    def warnings(self) -> list[str]:
        """Tell what is worth looking at in the territory just saved."""
        return self._advice_on([commune.pk for commune in self.cleaned_data["intervention_communes"]]).sentences

    def _advice_on(self, codes: list[str]) -> Advice:
        held = self.state.get("unit_type")
        unit_type = held["id"] if held else self.record.unit_type_id
        entity_id = self.record.geographic_entity_id
        return advice_on(codes, entity_id=entity_id, unit_type=unit_type, scope=self.scope)

    def _outlines_of(self, codes: list[str]) -> str:
        parts = territory_parameters(codes, self._region) if codes else []
        return f"{reverse('directory:territory_preview')}?{urlencode([('t', part) for part in parts])}" if parts else ""

    @property
    def outlines_url(self) -> str:
        """Address of the outlines drawn behind the territory."""
        codes = [group.department.code for group in self.groups]
        if not 0 < len(codes) <= OUTLINES_OF_COMMUNES:
            return reverse("directory:department_outlines")
        return f"{reverse('directory:commune_outlines')}?{urlencode([('departement', code) for code in codes])}"

    # Steps.

    def _add(self, insee: str) -> BlockForm:
        text = self._typed("ajout").strip()
        if insee:
            return self._with([*self._codes(), insee], added=[insee], ajout="")
        if not text:
            return self._with(self._codes(), news="Écrivez le nom, le code postal ou le code INSEE d’une commune.")
        piece = read_list(text, self._gazetteer).pieces[:1]
        if piece and piece[0].verdict == Verdict.RECOGNISED:
            found = piece[0].found[0].insee
            return self._with([*self._codes(), found], added=[found], ajout="")
        reste = "\n".join(filter(None, [self._typed("reste"), text]))
        verdict = piece[0].verdict if piece else Verdict.UNKNOWN
        words = {
            Verdict.DOUBTFUL: "Choisissez la commune ci-dessous.",
            Verdict.OUTSIDE: f"«\u00a0{text}\u00a0»\u00a0: hors de la région.",
        }.get(verdict, f"«\u00a0{text}\u00a0»\u00a0: commune inconnue.")
        return self._with(self._codes(), news=words, reste=reste, ajout="")

    def _read(self, _: str) -> BlockForm:
        text = self._typed("liste")
        pieces = split_pieces(text)
        if not pieces:
            return self._with(self._codes(), news="Collez d’abord une liste de communes ou de codes.")
        if len(text) > MAX_TEXT or len(pieces) > MAX_PIECES:
            news = f"Cette liste est trop longue\u00a0: {french.number(MAX_PIECES)} lignes au plus à la fois."
            return self._with(self._codes(), news=news)
        result = read_list(text, self._gazetteer, self._codes_meaning())
        waiting = [piece.text for piece in result.pieces if piece.verdict != Verdict.RECOGNISED]
        news = _told(result, len(pieces))
        return self._with([*self._codes(), *result.insee], news=news, reste="\n".join(waiting), liste="")

    def _choose(self, _: str) -> BlockForm:
        ticked = self._ticked_communes()
        if not ticked:
            return self._with(self._codes(), news="Cochez au moins une commune proposée.")
        return self._with([*self._codes(), *ticked], added=ticked, reste="\n".join(self._waiting()))

    def _add_department(self, code: str) -> BlockForm:
        codes = whole_department(code)
        return self._with([*self._codes(), *codes], added=codes)

    def _fill_hole(self, insee: str) -> BlockForm:
        holes = holes_in(self._codes(), load_neighbours())
        codes = next((hole for hole in holes if insee in hole), [])
        return self._with([*self._codes(), *codes], added=codes)

    def _remove(self, insee: str) -> BlockForm:
        removed = self._gazetteer.by_insee.get(insee)
        news = f"{removed.list_name}\u00a0: commune retirée." if removed else ""
        return self._with([code for code in self._codes() if code != insee], news=news)

    def _remove_department(self, department: str) -> BlockForm:
        places = self._gazetteer.by_insee
        kept = [code for code in self._codes() if code in places and places[code].department != department]
        return self._with(kept, news=f"{french.counted(len(self._codes()) - len(kept), 'commune retirée')}.")

    def _empty(self, _: str) -> BlockForm:
        return self._with([], news="Toutes les communes sont retirées de la liste.")

    def _forget(self, _: str) -> BlockForm:
        ticked = self._ticked_communes()
        news = "Les lignes en attente sont retirées."
        if ticked:
            news = "Les communes cochées sont ajoutées, les autres lignes en attente sont retirées."
        return self._with([*self._codes(), *ticked], news=news, reste="")

    def _with(self, codes: list[str], *, added: list[str] | None = None, news: str = "", **typed: str) -> BlockForm:
        """Same form, unbound: the territory ``codes``, what was typed otherwise, and ``news`` on top."""
        known = [code for code in dict.fromkeys(codes) if code in self._gazetteer.by_insee]
        kept = [code for code in known if self._gazetteer.by_insee[code].parent not in known]
        if added is not None:
            new = len(set(added) & set(kept) - set(self._codes()))
            news = f"{french.counted(new, 'commune ajoutée')}." if new else "Déjà dans la liste."
        names = ("intervention_details", "ajout", "liste", "codes", "reste", "version")
        initial = {name: self._typed(name) for name in names} | typed | {"intervention_communes": " ".join(kept)}
        form = self.again(initial=initial)
        form.notice, form.is_unsaved = news, True
        form.focus_on = form.notice_id if news else ""
        form._gazetteer = self._gazetteer  # noqa: SLF001 - same class: the list is read once
        return form

    # Reading what was sent.

    @cached_property
    def _gazetteer(self):
        return load_gazetteer()

    def _typed(self, name: str) -> str:
        return str(self.data.get(self.add_prefix(name), ""))

    def _codes(self) -> list[str]:
        return str(self["intervention_communes"].value() or "").split()

    def _codes_meaning(self) -> Codes:
        value = self["codes"].value()
        return Codes(value) if value in Codes else Codes.ANY

    def _waiting(self) -> list[str]:
        """Lines that wait, but for those of which a choice is ticked."""
        settled = {
            piece.text
            for piece in self.result.doubtful
            if {place.insee for place in piece.found} & set(self.ticked)
            or f"{CHOICE_OF_DEPARTMENT}{piece.department}" in self.ticked
        }
        return [piece.text for piece in self.result.pieces if piece.text not in settled]

    def _ticked_communes(self) -> list[str]:
        """Communes of the choices ticked, among those that the waiting lines propose."""
        proposed = {place.insee for piece in self.result.doubtful for place in piece.found}
        departments = {f"{CHOICE_OF_DEPARTMENT}{piece.department}" for piece in self.result.doubtful}
        ticked = [code for code in self.ticked if code in proposed]
        for choice in self.ticked:
            if choice in departments:
                ticked += whole_department(choice.removeprefix(CHOICE_OF_DEPARTMENT))
        return ticked


def named_lines(lines: list[str]) -> str:
    """Lines that wait, between quotation marks: the first ones, each short."""
    return ", ".join(f"«\u00a0{line[:60]}\u00a0»" for line in lines[:NAMED]) + ("…" if len(lines) > NAMED else "")


def _still_waiting(lines: list[str]) -> str:
    """Why a territory is not saved while lines wait."""
    one = len(lines) == 1
    return (
        f"{french.counted(len(lines), 'ligne n’est pas', 'lignes ne sont pas')} dans le territoire\u00a0: "
        f"{named_lines(lines)}. "
        f"{'Précisez-la ou corrigez-la' if one else 'Précisez-les ou corrigez-les'}, ou cliquez sur "
        "«\u00a0Retirer les lignes en attente\u00a0»."
    )


def _told(result: PasteResult, lines: int) -> str:
    """What a list of ``lines`` lines gave, in a sentence."""
    words = [
        french.counted(len(result.recognised), "ligne reconnue", "lignes reconnues"),
        f"{french.number(len(result.doubtful))} à préciser",
        f"{french.number(len(result.unknown))} {french.plural(len(result.unknown), 'inconnue')}",
    ]
    if result.outside:
        words.append(f"{french.number(len(result.outside))} hors de la région")
    if result.doubles:
        words.append(french.counted(result.doubles, "ligne en double", "lignes en double"))
    return f"{french.counted(lines, 'ligne lue', 'lignes lues')}\u00a0: {', '.join(words)}."
