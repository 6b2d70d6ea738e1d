"""Rows of closures, expected places and pools (spec 01-settled, Rights)."""

import datetime

from django.utils import timezone

from availability.models import CurrentFigure, ExpectedPlace, Pool, UnitClosure

from . import Row

STATES = "login 403 200 200 200 403 403"
SUPPORT = "login 403 403 403 200 403 403"
HOUR = datetime.timedelta(hours=1)


def closure(unit="act", *, ends=None, starts=-HOUR):
    """Return what makes a closure of the world's unit and names it."""

    def made(world):
        now = timezone.now()
        closure = UnitClosure.objects.create(
            unit=getattr(world, unit),
            starts_at=now + starts,
            ends_at=ends and now + ends,
            reason="works",
            recorded_at=now,
        )
        return {"closure_id": closure.pk}

    return made


def expected(unit):
    def made(world):
        day = timezone.localdate()
        place = ExpectedPlace.objects.create(
            unit=getattr(world, unit), count=2, expected_on=day, recorded_at=timezone.now()
        )
        return {"expected_id": place.pk}

    return made


def pool(world):
    """Two units that share their places."""
    made = Pool.objects.create(geographic_entity=world.eg, name="Lits partagés", rhythm=world.grouping.rhythm)
    state = {"version": 0, "figure": None, "stated_at": None, "confirmed_at": None, "expires_at": None}
    CurrentFigure.objects.filter(unit__in=[world.act, world.lam]).update(pool=made, **state)
    return {"pool_id": made.pk}


def declaration(unit):
    def data(world):
        return {"units": [getattr(world, unit).pk], "starts_at": "2090-01-01T08:00", "reason": "works"}

    return data


def tomorrow(world):
    return {
        "units": [world.act.pk],
        "starts_at": (timezone.localtime() + 24 * HOUR).strftime("%Y-%m-%dT%H:%M"),
        "reason": "works",
    }


def announced(world):
    return {"count": 2, "expected_on": timezone.localdate().isoformat()}


ROWS = [
    Row("availability:closures", get=STATES),
    Row("availability:closure_add", get=STATES, post="login 403 away away away 403 403", data=tomorrow),
    Row(
        "availability:closure_add",
        get=STATES,
        post="login 403 422 422 422 403 403",
        data=declaration("lhss"),
        note="d’une autre structure, ou trop loin",
    ),
    Row(
        "availability:closure_edit",
        get=STATES,
        post="login 403 away away away 403 403",
        kwargs=closure(),
        data=lambda world: {"reason": "summer", "ends_at": ""},
    ),
    Row(
        "availability:closure_edit",
        get="login 403 404 404 200 403 403",
        post="login 403 404 404 away 403 403",
        kwargs=closure("lhss"),
        data=lambda world: {"reason": "summer", "ends_at": ""},
        note="d’une autre structure",
    ),
    Row("availability:closure_stop", get=STATES, post="login 403 away away away 403 403", kwargs=closure()),
    Row(
        "availability:closure_stop",
        get="login 403 404 404 200 403 403",
        post="login 403 404 404 away 403 403",
        kwargs=closure("lhss", starts=HOUR),
        note="d’une autre structure",
    ),
    Row("availability:expected_list", get=STATES),
    Row(
        "availability:expected_add",
        get=STATES,
        post="login 403 away away away 403 403",
        kwargs=lambda world: {"unit_id": world.act.pk},
        data=announced,
    ),
    Row(
        "availability:expected_add",
        get="login 403 403 403 200 403 403",
        post="login 403 403 403 away 403 403",
        kwargs=lambda world: {"unit_id": world.lhss.pk},
        data=announced,
        note="d’une autre structure",
    ),
    Row(
        "availability:expected_detail",
        get=STATES,
        post="login 403 away away away 403 403",
        kwargs=expected("act"),
        data=lambda world: {"suite": "abandonner"},
    ),
    Row(
        "availability:expected_detail",
        get="login 403 403 403 200 403 403",
        post="login 403 403 403 away 403 403",
        kwargs=expected("lhss"),
        data=lambda world: {"suite": "arrivees"},
        note="d’une autre structure",
    ),
    Row("availability:pools", get=SUPPORT),
    Row(
        "availability:pool_add",
        get=SUPPORT,
        post="login 403 403 403 away 403 403",
        kwargs=lambda world: {"entity_id": world.eg.pk},
        data=lambda world: {"name": "Lits partagés", "units": [world.act.pk, world.lam.pk], "figure": "4"},
    ),
    Row(
        "availability:pool_detail",
        get=SUPPORT,
        post="login 403 403 403 away 403 403",
        kwargs=pool,
        data=lambda world: {"name": "Autre nom", "units": [world.act.pk, world.lam.pk]},
    ),
    Row("availability:pool_separate", get=SUPPORT, post="login 403 403 403 away 403 403", kwargs=pool),
]
