"""Rows of « Tout confirmer »: figures belong to who holds the unit (spec 01-settled, Rights)."""

import uuid

from . import Row

ROWS = [
    Row(
        "availability:confirm_figures",
        get="login 403 200 200 200 403 403",
        post="login 403 200 200 200 403 403",
        data=lambda world: {"unit": f"{world.act.pk}:{world.act_figure.version}:{uuid.uuid4()}"},
    ),
]
