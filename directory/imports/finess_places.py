"""Where the addresses of FINESS stand in the loaded region."""

from __future__ import annotations

from typing import Any

from common.geo import Point
from common.text import fold

from ..enums import PositionSource
from ..models import Commune, Department, GeographicEntity
from ..records import without_outlines
from ..territory.geocoding import is_near
from .finess_lines import Address, BadLine, PointLine
from .lambert93 import to_wgs84

ADDRESS = ("street_number", "street_extension", "street_name", "address_complement", "postal_code", "commune")
POSITION = ("lat", "lon", "position_source")


class Places:
    """Departments and communes of the loaded region, read once: about 1,300 rows, outlines left out."""

    def __init__(self) -> None:
        self.departments = set(Department.objects.values_list("code", flat=True))
        self._communes = {
            commune.insee: commune
            for commune in Commune.objects.select_related("department").defer(*without_outlines())
        }
        divided = {commune.parent_id for commune in self._communes.values()}
        self._by_postal_code: dict[str, list[Commune]] = {}
        for commune in self._communes.values():
            for code in commune.postal_codes if commune.insee not in divided else ():
                self._by_postal_code.setdefault(code, []).append(commune)

    def commune_of(self, address: Address) -> Commune | None:
        """Commune of an address, by its INSEE code, else by a postal code that is its alone.

        Raises ``BadLine`` when this postal code is of another department than the INSEE code.
        """
        if commune := self._communes.get(address.insee):
            return commune
        there = self._by_postal_code.get(address.postal_code, [])
        if len(there) != 1:
            return None
        if not address.insee.startswith(there[0].department_id):
            raise BadLine(
                f"Commune inconnue\u00a0: code INSEE {address.insee[:9]}, et le code postal {address.postal_code} est "
                f"d’un autre département ({there[0].department.name})."
            )
        return there[0]

    def deduction(self, address: Address) -> str:
        """Say that the commune of an address comes from its postal code; empty when its INSEE code is known."""
        commune = None if address.insee in self._communes else self.commune_of(address)
        if commune is None:
            return ""
        return (
            f"Code INSEE {address.insee[:9]} inconnu\u00a0: commune déduite du code postal {address.postal_code} "
            f"({commune.place_name})."
        )

    def far_from(self, address: Address, point: PointLine) -> bool:
        """Tell whether a point is too far from the commune of an address to be its own, as on the form."""
        commune, found = self.commune_of(address), to_wgs84(point.x, point.y)
        return commune is not None and found is not None and not is_near(Point(*found), commune)

    def require_commune(self, address: Address) -> Commune:
        """Commune of an address. Raises ``BadLine`` when it is not known."""
        commune = self.commune_of(address)
        if commune is None:
            code = address.postal_code or "absent"
            raise BadLine(f"Commune inconnue\u00a0: code INSEE {address.insee[:9]}, code postal {code}.")
        return commune

    def put(self, entity: GeographicEntity, address: Address, point: PointLine | None) -> None:
        """Set the address and the point of an EG; the same address written otherwise is left as it is.

        A point set by hand is never moved. Without a point in the file, a new EG, and one that changes commune, stand
        at the centre of their commune. Raises ``BadLine`` when the commune is not known.
        """
        commune = self.require_commune(address)
        moved = entity.pk is None or entity.commune_id != commune.pk
        put_street(entity, address)
        entity.commune = commune
        if entity.position_source == PositionSource.MANUAL:
            return
        if found := to_wgs84(point.x, point.y) if point else None:
            entity.lat, entity.lon = found
            entity.position_source = PositionSource.ADDRESS
        elif moved or entity.lat is None or entity.position_source == PositionSource.COMMUNE:
            entity.lat, entity.lon = commune.lat, commune.lon
            entity.position_source = PositionSource.COMMUNE


def put_street(record: Any, address: Address) -> None:
    """Set the street and postal code of a record, unless it has the same ones written otherwise, or none is given."""
    if address.postal_code:
        record.postal_code = address.postal_code
    street = " ".join(filter(None, address[:3]))
    if not (street or address.address_complement):
        return
    if _same(street, record.street_line) and _same(address.address_complement, record.address_complement):
        return
    for name in ADDRESS[:4]:
        setattr(record, name, getattr(address, name))


def _same(one: str, other: str) -> bool:
    return one == other or fold(one) == fold(other)
