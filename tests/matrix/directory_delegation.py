"""Rows of delegation, account requests, the review of rights and the members of a CPTS (spec 01-settled, Rights)."""

from tests.factories.delegation import AccountRequestFactory, cpts_with_director
from tests.factories.directory import AssignmentFactory, PractitionerFactory

from . import READERS, Row, same

DELEGATES = "login 403 403 200 200 403 403"


def asked_by_director(world):
    """A request made by ``directeur``: nobody else than he and support reads it."""
    return {"request_id": AccountRequestFactory(by="directeur", units=[world.act]).pk}


def role_on_unit(world):
    assignment = AssignmentFactory(role="availability_manager", unit=world.act_mobile)
    return {"assignment_id": assignment.pk}


def cpts(world):
    return {"entity_id": cpts_with_director("directeur").pk}


def cpts_member(world):
    entity = cpts_with_director("directeur")
    return {"entity_id": entity.pk, "practitioner_id": PractitionerFactory(cpts=entity).pk}


ROWS = [
    Row("directory:delegations", get=DELEGATES),
    Row(
        "directory:delegation_add",
        get=DELEGATES,
        post="login 403 403 away away 403 403",
        kwargs=lambda world: {"entity_id": world.eg.pk},
        data=lambda world: {"person": "nouveau@ror.example", "units": [world.act_mobile.pk]},
    ),
    Row(
        "directory:delegation_add",
        get="login 403 403 404 200 403 403",
        post="login 403 403 404 away 403 403",
        kwargs=lambda world: {"entity_id": world.other_eg.pk},
        data=lambda world: {"person": "nouveau@ror.example", "units": [world.lhss.pk]},
        note="d’un autre directeur",
    ),
    Row(
        "directory:assignment_end",
        get=DELEGATES,
        post="login 403 403 away away 403 403",
        kwargs=role_on_unit,
    ),
    Row(
        "directory:assignment_end",
        get="login 403 403 404 200 403 403",
        post="login 403 403 404 away 403 403",
        kwargs=lambda world: {"assignment_id": AssignmentFactory(role="consultation").pk},
        note="d’un autre rôle",
    ),
    Row("directory:account_requests", get=DELEGATES),
    Row(
        "directory:account_request_add",
        get="login 403 403 200 403 403 403",
        post="login 403 403 away 403 403 403",
        data=lambda world: {
            "first_name": "Karim",
            "last_name": "Diallo",
            "email": "karim.diallo@etablissement.example",
            "units": [world.act.pk],
        },
    ),
    Row("directory:account_request_detail", get=DELEGATES, kwargs=asked_by_director),
    Row(
        "directory:account_request_detail",
        get="login 403 403 404 200 403 403",
        kwargs=lambda world: {"request_id": AccountRequestFactory(units=[world.act]).pk},
        note="d’un autre demandeur",
    ),
    Row(
        "directory:account_request_approve",
        get=same("away"),
        post="login 403 403 403 away 403 403",
        kwargs=asked_by_director,
        data=lambda world: {"accord-username": "karim.diallo"},
    ),
    Row(
        "directory:account_request_refuse",
        get=same("away"),
        post="login 403 403 403 away 403 403",
        kwargs=asked_by_director,
        data=lambda world: {"refus-answer": "Adresse non professionnelle."},
    ),
    Row("directory:rights_review", get=DELEGATES, post="login 403 403 away away 403 403"),
    Row("directory:rights_review_export", get="login 403 403 403 away 403 403", post="login 403 403 403 200 403 403"),
    Row("directory:cpts_members", get=READERS, kwargs=cpts),
    Row(
        "directory:cpts_members",
        get="login 404 404 404 404 404 404",
        kwargs=lambda world: {"entity_id": world.eg.pk},
        note="établissement qui n’est pas une CPTS",
    ),
    Row(
        "directory:cpts_member_add",
        get=DELEGATES,
        post="login 403 403 away away 403 403",
        kwargs=cpts,
        data=lambda world: {"professionnel": PractitionerFactory().pk, "version": 1},
    ),
    Row(
        "directory:cpts_member_sas",
        get=same("away"),
        post="login 403 403 away away 403 403",
        kwargs=cpts_member,
        data=lambda world: {"participe": "oui", "version": 1},
    ),
    Row(
        "directory:cpts_member_remove",
        get=DELEGATES,
        post="login 403 403 away away 403 403",
        kwargs=cpts_member,
        data=lambda world: {"version": 1},
    ),
]
