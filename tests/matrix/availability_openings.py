"""Rows of « Ouvertures de saisie » and « Mode crise »: support alone (spec 01-settled, Rights)."""

from . import Row, same

SUPPORT = "login 403 403 403 200 403 403"
ACTS = "login 403 403 403 away 403 403"

ROWS = [
    Row("availability:opening_list", get=SUPPORT),
    Row("availability:opening_list", get=SUPPORT, query="?type=abc&etat=zz&page=-1", note="illisible"),
    Row(
        "availability:opening_change",
        get=same("away"),
        post=ACTS,
        data=lambda world: {"ordre": f"fermer:{world.act.pk}"},
    ),
    Row(
        "availability:opening_change",
        get=same("away"),
        post="login 403 403 403 400 403 403",
        data=lambda world: {"ordre": "casser"},
        note="ordre inconnu",
    ),
    Row(
        "availability:crisis_mode",
        get=SUPPORT,
        post=ACTS,
        data=lambda world: {"vers": "on", "reason": "Épidémie", "sure": "on"},
    ),
]
