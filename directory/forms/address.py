"""Forms of the block « Adresse »: a commune of the reference list, and a point (spec 10)."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.conf import settings
from django.db import models
from django.urls import reverse

from common.geo import Point

from ..enums import PositionSource
from ..models import Commune, GeographicEntity, OperationalUnit
from ..territory.geocoding import FARTHEST_KM, Position, is_near, position_of
from ..territory.paste import KnownPlace, Verdict, read_piece, sure_name
from ..territory.territories import load_gazetteer
from .base import REQUIRED, BlockForm
from .places import suggesting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..snapshots import State

SEVERAL = "Plusieurs communes sont possibles\u00a0: choisissez la bonne dans la liste, ou précisez le code postal."
UNKNOWN = "Cette commune n’est pas dans la liste de référence\u00a0: donnez son nom ou son code postal."
OUTSIDE = "Ce code est hors de la région\u00a0: donnez le nom ou le code postal d’une commune de la région."
NOT_THIS_ONE = "Cette commune n’est pas dans la liste de référence. Vouliez-vous dire une de celles proposées\u202f?"
ONE_OF_TWO = "Donnez la latitude et la longitude, ou aucune des deux."
NOT_FOUND = "L’adresse n’a pas pu être située\u00a0: le point est au centre de la commune, à déplacer sur la carte."
AT_THE_CENTRE = "Le point est au centre de la commune\u00a0: vous pouvez le déplacer sur la carte."
TOO_FAR = f"Ce point est à plus de {FARTHEST_KM}\u00a0km de la commune\u00a0: vérifiez-le."
SAME = 1e-6  # degrees, about ten centimetres: the same point, written with fewer digits
ADDRESS_NAMES = ("street_number", "street_extension", "street_name", "postal_code")


class DegreesField(forms.FloatField):
    """Decimal degrees, typed with a point or a comma."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> float | None:  # type: ignore[override]  # the stubs take it for whole numbers
        """Raises ``ValidationError`` for what is no number."""
        return super().to_python(value.strip().replace(",", ".") if isinstance(value, str) else value)


class EntityAddressForm(BlockForm):
    """Adresse: street, commune, postal code, and the point on the map with where it comes from."""

    model: ClassVar[type[models.Model]] = GeographicEntity
    block = "adresse"
    names = ("street_number", "street_extension", "street_name", "address_complement", "postal_code")
    required_names = frozenset({"street_number", "street_name"})
    labels = {  # seed 002, step 3
        "street_number": "Numéro voie",
        "address_complement": "Complément d’adresse",
        "street_name": "Libellé voie",
    }
    help_texts = {"postal_code": "Rempli d’après la commune quand elle n’en a qu’un."}
    template = "directory/address_fields.html"
    assets = "components/map_assets.html"

    commune = forms.CharField(
        max_length=120,
        error_messages={"required": REQUIRED},
        widget=forms.TextInput(attrs=suggesting("commune")),
        help_text="Nom ou code postal.",
    )
    lat = DegreesField(label="Latitude", required=False, min_value=-90, max_value=90)
    lon = DegreesField(label="Longitude", required=False, min_value=-180, max_value=180)
    replacer = forms.BooleanField(label="Replacer le point d’après l’adresse", required=False)
    point_vu = forms.CharField(label="Point sur la carte", required=False, max_length=80, widget=forms.HiddenInput)

    position: Position | None = None
    was_placed = False  # the address gave the point anew
    chosen_commune: Commune | None = None  # by a step, not saved yet
    candidates: Sequence[KnownPlace] = ()

    @classmethod
    def required_in(cls, state: State) -> tuple[str, ...]:
        """The commune besides the street."""
        return (*super().required_in(state), "commune")

    @property
    def value_names(self) -> tuple[str, ...]:
        """Names of the kept values that the form gives; the other fields are tools to place the point."""
        return (*self.names, "commune", "lat", "lon", "position_source")

    def initial_of(self, name: str) -> Any:
        """What a field shows: the commune by a text that names no other."""
        if name in {"lat", "lon"}:
            value = self.state.get(name)
            return None if value is None else round(value, 6)
        if name != "commune":
            return super().initial_of(name) if name in self.fields else None
        kept = self.state.get("commune")
        commune = self._commune(kept["id"]) if kept else None
        return sure_name(commune.list_name, commune.postal_codes, commune.department_id) if commune else ""

    def clean(self) -> dict[str, Any]:
        """Find the commune, check the postal code against it, and place the point."""
        cleaned = super().clean()
        if self.partial and "commune" in cleaned and not cleaned["commune"]:
            return self._cleaned_without_commune(cleaned)
        if "commune" in cleaned and (commune := self._commune_named(cleaned["commune"])):
            cleaned["commune"] = commune
            self._check_postal_code(commune)
        else:
            cleaned.pop("commune", None)
        if not self.errors:
            self.position = self._placed(cleaned)
        return cleaned

    def _cleaned_without_commune(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        """Keep what is typed so far: a point is kept when it was given by hand."""
        cleaned["commune"] = None
        lat, lon = cleaned.get("lat"), cleaned.get("lon")
        if "lat" in cleaned and "lon" in cleaned and (lat is None) != (lon is None):
            self.add_error("lat" if lat is None else "lon", ONE_OF_TWO)
        elif lat is not None and lon is not None:
            self.position = Position(lat, lon, PositionSource.MANUAL)
        return cleaned

    def values(self) -> dict[str, Any]:
        """Kept values of a valid form."""
        cleaned = self.cleaned_data
        commune = cleaned["commune"]
        position = self.position
        return {name: cleaned[name] for name in self.names} | {
            "commune": {"id": commune.pk, "label": commune.list_name} if commune else None,
            "lat": position.lat if position else None,
            "lon": position.lon if position else None,
            "position_source": position.source.value if position else "",
        }

    def after_step(self, step: str) -> BlockForm:
        """Form with a commune chosen among the suggestions, or with the point where the address puts it."""
        name, _, argument = step.partition(":")
        if name == "commune" and (commune := self._commune(argument)):
            text = sure_name(commune.list_name, commune.postal_codes, commune.department_id)
            code = commune.first_postal_code if len(commune.postal_codes) == 1 else ""
            again = self._again(commune=text, postal_code=code)
            again.focus_on = again["commune"].id_for_label
            again.chosen_commune = commune
            return again
        if name == "localiser" and self.is_valid():
            commune = self.cleaned_data["commune"]
            found = position_of(self._street(self.cleaned_data), self.cleaned_data["postal_code"], commune)
            text = sure_name(commune.list_name, commune.postal_codes, commune.department_id)
            shown = {"lat": found.lat, "lon": found.lon, "point_vu": _written(found)}
            again = self._again(commune=text, postal_code=self.cleaned_data["postal_code"], replacer="", **shown)
            again.notice = f"Le point est maintenant\u00a0: {found.source.label}."
            again.focus_on = again.locate_id
            return again
        return self

    def warnings(self) -> list[str]:
        """Say where the point went when the address did not give it."""
        if not self.was_placed or self.position is None or self.position.source != PositionSource.COMMUNE:
            return []
        return [NOT_FOUND if settings.GEOCODER_URL else AT_THE_CENTRE]

    # What the page shows.

    @property
    def shown_point(self) -> Point | None:
        """Point of the map: what the fields hold, else what the record holds, else a place to start from."""
        return self._typed_point or self._stored_point or self._start[0]

    @property
    def start_note(self) -> str:
        """What the point of the map is when nothing gives it yet; empty otherwise."""
        return "" if self._typed_point or self._stored_point else self._start[1]

    @property
    def _typed_point(self) -> Point | None:
        try:
            point = Point(*(float(str(self[name].value()).replace(",", ".")) for name in ("lat", "lon")))
        except ValueError:
            return None
        return point if abs(point.lat) <= 90 and abs(point.lon) <= 180 else None

    @property
    def _start(self) -> tuple[Point | None, str]:
        """Where a point without an address may be moved from, and what that place is."""
        commune = self.chosen_commune or _commune_of(self.record)
        if commune is not None:
            return Point(commune.lat, commune.lon), "le centre de la commune"
        return None, ""

    @property
    def source_label(self) -> str:
        """Where the stored point comes from, in words; empty without a point."""
        source = self.state.get("position_source")
        return PositionSource(source).label if source else ""

    @property
    def outlines_url(self) -> str:
        """Address of the outlines drawn behind the point."""
        entity = self.record if isinstance(self.record, GeographicEntity) else self.record.geographic_entity
        commune = self.chosen_commune or _commune_of(self.record) or _commune_of(entity)
        if commune is None:  # a new EG
            return reverse("directory:department_outlines")
        return f"{reverse('directory:commune_outlines')}?departement={commune.department_id}"

    @property
    def locate_id(self) -> str:
        """Id of the button that shows where the address puts the point."""
        return f"{self.block}-localiser"

    @property
    def chosen(self) -> str:
        """INSEE code chosen among the candidates."""
        return str(self.data.get(self.choice_name, ""))

    @property
    def choice_name(self) -> str:
        """Name of the buttons of the candidates."""
        return self.add_prefix("commune_choisie")

    # Commune.

    def _initial(self) -> dict[str, Any]:
        return super()._initial() | {"point_vu": _written(self._stored_position)}

    def _commune_named(self, text: str) -> Commune | None:
        """Commune that the text names, with the postal code's help; else an error, and candidates to choose from."""
        piece = read_piece(text, self._gazetteer)
        code = (self.cleaned_data.get("postal_code") or "").strip()
        if piece.verdict != Verdict.RECOGNISED and code and code not in text:
            narrower = read_piece(f"{code} {text}", self._gazetteer)
            piece = narrower if narrower.verdict == Verdict.RECOGNISED else piece
        candidates = self._leaves(piece.found, code)
        if piece.verdict == Verdict.RECOGNISED and len(candidates) == 1:
            return self._commune(candidates[0].insee)
        self.candidates = candidates
        if self.chosen in {place.insee for place in candidates}:
            return self._commune(self.chosen)
        several = any(place.key == candidates[0].key for place in candidates[1:]) or piece.verdict == Verdict.RECOGNISED
        by_code = text.strip().isdigit()
        words = (SEVERAL if several or by_code else NOT_THIS_ONE) if candidates else UNKNOWN
        self.add_error("commune", OUTSIDE if piece.verdict == Verdict.OUTSIDE else words)
        return None

    def _leaves(self, places: Sequence[KnownPlace], code: str) -> list[KnownPlace]:
        """Replace a commune by its arrondissements, those of the postal code when one is."""
        leaves: list[KnownPlace] = []
        for place in places:
            below = self._gazetteer.arrondissements(place)
            leaves += [part for part in below if code in part.postal_codes] or below or [place]
        return list(dict.fromkeys(leaves))

    def _check_postal_code(self, commune: Commune) -> None:
        code, codes = self.cleaned_data.get("postal_code"), commune.postal_codes
        unchanged = code == self.state.get("postal_code") and commune.pk == (self.state.get("commune") or {}).get("id")
        if code is None or code in codes or (code and unchanged):
            return
        if not code and len(codes) == 1:
            self.cleaned_data["postal_code"] = codes[0]
            return
        words = "Ce n’est pas un code postal de cette commune." if code else "Précisez le code postal."
        self.add_error("postal_code", f"{words} {commune.place_name}\u00a0: {', '.join(codes)}.")

    @cached_property
    def _gazetteer(self):
        return load_gazetteer()

    def _commune(self, insee: str) -> Commune | None:
        if insee and insee == self.record.commune_id:
            return self.record.commune
        return Commune.objects.defer("outline").filter(pk=insee[:5]).first()

    # Point.

    @property
    def _stored_position(self) -> Position | None:
        lat, lon = self.state.get("lat"), self.state.get("lon")
        if lat is None or lon is None:
            return None
        return Position(lat, lon, PositionSource(self.state["position_source"]))

    @property
    def _stored_point(self) -> Point | None:
        stored = self._stored_position
        return Point(stored.lat, stored.lon) if stored else None

    def _placed(self, cleaned: dict[str, Any]) -> Position | None:
        """Return the point to keep.

        A point moved by hand is kept as such, and stays while the address does. Otherwise a new address gets its own:
        geocoded, or its commune's centre.
        """
        commune, lat, lon = cleaned["commune"], cleaned.get("lat"), cleaned.get("lon")
        if (lat is None) != (lon is None):
            self.add_error("lat" if lat is None else "lon", ONE_OF_TWO)
            return None
        stored, shown = self._stored_position, _read(cleaned.get("point_vu", ""))
        typed = Position(lat, lon, PositionSource.MANUAL) if lat is not None and lon is not None else None
        by_hand = typed is not None and not _same(typed, shown or stored)
        if not by_hand and shown and shown.source == PositionSource.MANUAL and not _same(shown, stored):
            by_hand = typed is not None
        if by_hand and not cleaned.get("replacer"):
            if not is_near(Point(typed.lat, typed.lon), commune):
                self.add_error("lat", TOO_FAR)
            return typed
        kept = stored is not None and _same(typed, stored) and not self._address_changed(cleaned)
        if kept and not cleaned.get("replacer"):
            return stored
        self.was_placed = True
        return position_of(self._street(cleaned), cleaned["postal_code"], commune)

    def _address_changed(self, cleaned: dict[str, Any]) -> bool:
        kept = self.state.get("commune") or {}
        words = any((cleaned[name] or "") != (self.state.get(name) or "") for name in ADDRESS_NAMES)
        return words or cleaned["commune"].pk != kept.get("id")

    def _street(self, cleaned: dict[str, Any]) -> str:
        return " ".join(filter(None, (cleaned[name] for name in ADDRESS_NAMES[:3])))

    def _again(self, **typed: Any) -> EntityAddressForm:
        """Same form, unbound, with what was typed and ``typed`` in its place."""
        names = [name for name in self.fields if name != "replacer"]
        initial = {name: self.data.get(self.add_prefix(name), "") for name in names} | typed
        form = self.again(initial=initial)
        form.is_unsaved = True
        return form


class UnitAddressForm(EntityAddressForm):
    """Adresse of a UO: that of its EG, or its own (spec 10).

    ``same_address`` is no value of the record: with it, whatever the other fields hold, the unit has no own address.
    """

    model = OperationalUnit
    template = "directory/unit_address_fields.html"

    same_address = forms.BooleanField(
        label="Même adresse que l’établissement",
        required=False,
        help_text="Décochez si l’unité est ailleurs\u00a0: elle aura sa propre adresse, son point et ses distances.",
    )

    @classmethod
    def required_in(cls, state: State) -> tuple[str, ...]:
        """Nothing while the address is that of the EG."""
        return super().required_in(state) if _has_own(state) else ()

    @property
    def value_names(self) -> tuple[str, ...]:
        """Names of the kept values: the box itself is none."""
        return tuple(name for name in super().value_names if name != "same_address")

    @property
    def is_inherited(self) -> bool:
        """Tell whether the address of the EG is chosen, in what was sent or else in what the record holds."""
        return bool(self["same_address"].value())

    def _initial(self) -> dict[str, Any]:
        return super()._initial() | {"same_address": not _has_own(self.state)}

    @property
    def _start(self) -> tuple[Point | None, str]:
        """Where the commune chosen is, else where the EG is."""
        point, words = super()._start
        if point is not None:
            return point, words
        entity = self.record.geographic_entity
        if entity.lat is not None and entity.lon is not None:
            return Point(entity.lat, entity.lon), "celui de l’établissement"
        commune = _commune_of(entity)
        if commune is None:  # a new EG
            return None, ""
        return Point(commune.lat, commune.lon), "le centre de la commune de l’établissement"

    def clean(self) -> dict[str, Any]:
        """Look at the address when it is the unit's own; else whatever its fields hold is no error."""
        if not self.is_inherited:
            return super().clean()
        for name in set(self.errors) - {"version"}:
            del self._errors[name]
        return BlockForm.clean(self)

    def values(self) -> dict[str, Any]:
        """Kept values of a valid form: nothing for the address of the EG."""
        return dict.fromkeys(self.value_names) if self.is_inherited else super().values()

    def after_step(self, step: str) -> BlockForm:
        """Help to write an address of its own; there is nothing to help with otherwise."""
        return self.as_typed() if self.is_inherited else super().after_step(step)


def _has_own(state: State) -> bool:
    """Tell whether a unit has, or is being given, an address of its own."""
    return any(state.get(name) for name in ("commune", *ADDRESS_NAMES))


def _commune_of(record: Any) -> Commune | None:
    """Commune of a record, which a new EG may lack."""
    return record.commune if record.commune_id else None


def _same(one: Position | None, other: Position | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one.lat - other.lat) < SAME and abs(one.lon - other.lon) < SAME


def _written(position: Position | None) -> str:
    return f"{position.lat} {position.lon} {position.source.value}" if position else ""


def _read(text: str) -> Position | None:
    """Read ``_written`` back; ``None`` for anything else."""
    try:
        lat, lon, source = text.split()
        read = Position(float(lat), float(lon), PositionSource(source))
    except ValueError:
        return None
    return read if math.isfinite(read.lat) and math.isfinite(read.lon) else None
