"""What forms that ask for a commune share."""

from django.urls import reverse_lazy


def suggesting(action: str) -> dict[str, object]:
    """Attributes of a text field under which communes are suggested while typing.

    They come as buttons « etape » of value ``action:<INSEE>`` in the next ``[data-suggestions]`` of the page.
    """
    return {
        "autocomplete": "off",
        "data-suggests": action,
        "hx-get": reverse_lazy("directory:commune_suggestions"),
        "hx-trigger": "input changed delay:250ms",
        "hx-target": "next [data-suggestions]",
        "hx-swap": "innerHTML",
        "hx-select": "unset",
        "hx-sync": "this:replace",
        "hx-vals": f'{{"action": "{action}"}}',
    }
