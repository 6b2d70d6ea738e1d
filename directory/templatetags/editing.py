"""Fields of block forms that crispy does not draw: ``{% load editing %}``."""

from typing import Any

from django import template
from django.forms import BoundField

from common.text import fold

from ..blocks import shown_label
from ..forms.fields import MANY, by_category

register = template.Library()


@register.inclusion_tag("directory/term_boxes.html")
def term_boxes(field: BoundField) -> dict[str, Any]:
    """Boxes of a ``TermsField``: those chosen first, the others under their category, folded when they are many."""
    chosen = {str(value) for value in field.value() or []}
    terms = field.field.terms
    boxes = {
        term.pk: {
            "value": str(term.pk),
            "label": shown_label(term),
            "words": " ".join([fold(term.label), *(fold(synonym) for synonym in term.synonyms)]),
            "checked": str(term.pk) in chosen,
        }
        for term in terms
    }
    is_long = len(terms) > MANY
    apart = {term.pk for term in terms if is_long and str(term.pk) in chosen}
    groups = [
        (category, [boxes[term.pk] for term in below])
        for category, below in by_category(term for term in terms if term.pk not in apart)
    ]
    drawn = [*[boxes[term.pk] for term in terms if term.pk in apart], *[box for _, below in groups for box in below]]
    for rank, box in enumerate(drawn):
        box["id"] = f"{field.auto_id}_{rank}"
    return {
        "field": field,
        "is_long": is_long,
        "chosen": [box for box in drawn if is_long and box["checked"]],
        "groups": groups,
        "count": len(drawn),
    }
