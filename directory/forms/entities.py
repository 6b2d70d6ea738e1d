"""Forms of the blocks of an EG (spec 10)."""

from ..models import GeographicEntity
from .base import BlockForm


class EntityContactForm(BlockForm):
    """Contact: standard phone, fax, website, mail."""

    model = GeographicEntity
    block = "contact"
    names = ("phone", "fax", "website", "email")
