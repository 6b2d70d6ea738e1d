"""Rows of `/admin/`: support alone, model by model. A model that is only read answers 403 to adding and changing."""

from directory.models import ReportSettings
from tests.factories.accounts import AuditEntryFactory, LegalTextFactory, UserFactory
from tests.factories.availability import EntryFactory, UnitTypeRhythmFactory
from tests.factories.directory import AssignmentFactory, PractitionerFactory, RecordChangeFactory, StructureFactory

from . import Row


def support(token, anonymous="login"):
    """``token`` for support, 403 for everybody else who is signed in."""
    return f"{anonymous} 403 403 403 {token} 403 403"


def page(name, token, posted=None, **options):
    """Row of a page of the site itself: a visitor is sent on to `/admin/login/`, and from there to sign in."""
    answers = [support(token, anonymous="away"), support(posted or token, anonymous="login")]
    return Row(f"admin:{name}", *answers, **options)


def pages_of(name, instance, *, add=True, change=True, delete=False):
    """Rows of one model's pages; ``instance`` gives a row of the model, from the world."""

    def address(world):
        return {"object_id": instance(world).pk}

    refused = support("403")
    return [
        Row(f"admin:{name}_changelist", get=support("200"), post=support("200")),
        Row(f"admin:{name}_add", get=support("200") if add else refused, post=support("200") if add else refused),
        Row(f"admin:{name}_change", get=support("200"), post=support("200") if change else refused, kwargs=address),
        Row(
            f"admin:{name}_delete",
            get=support("200") if delete else refused,
            post=support("200") if delete else refused,
            kwargs=address,
        ),
        Row(f"admin:{name}_history", get=support("200"), post=support("405"), kwargs=address),
    ]


ROWS = [
    page("index", "200"),
    page("app_list", "200", kwargs=lambda world: {"app_label": "directory"}),
    page("logout", "login"),
    page("password_change", "away"),
    page("password_change_done", "away"),
    Row("admin:login", get=support("away"), post=support("away")),
    page("autocomplete", "200", "405", query="?app_label=directory&model_name=interventionarea&field_name=commune"),
    *pages_of("accounts_user", lambda world: UserFactory()),
    *pages_of("accounts_legaltext", lambda world: LegalTextFactory(version=7, notice=True), change=False),
    *pages_of("accounts_auditentry", lambda world: AuditEntryFactory(), add=False, change=False),
    *pages_of("directory_legalentity", lambda world: world.ej),
    *pages_of("directory_geographicentity", lambda world: world.eg),
    *pages_of("directory_structure", lambda world: StructureFactory(geographic_entity=world.eg)),
    *pages_of("directory_operationalunit", lambda world: world.act),
    *pages_of("directory_practitioner", lambda world: PractitionerFactory(), add=False),
    *pages_of("directory_term", lambda world: world.act.unit_type),
    *pages_of("directory_department", lambda world: world.nanterre.department, add=False, change=False),
    *pages_of("directory_commune", lambda world: world.nanterre, add=False, change=False),
    *pages_of("directory_recordchange", lambda world: RecordChangeFactory(), add=False, change=False),
    *pages_of("directory_reportsettings", lambda world: ReportSettings.objects.get_or_create(pk=1)[0], add=False),
    *pages_of("directory_assignment", lambda world: AssignmentFactory(role="consultation")),
    *pages_of("availability_grouping", lambda world: world.grouping),
    *pages_of("availability_unittyperhythm", lambda world: UnitTypeRhythmFactory(), delete=True),
    *pages_of("availability_currentfigure", lambda world: world.act_figure, change=False),
    *pages_of("availability_availabilityentry", lambda world: EntryFactory(), add=False, change=False),
]
