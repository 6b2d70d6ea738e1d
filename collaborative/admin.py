"""Back office: dossiers under the same rules as on the site, and the ready-made reasons.

Nothing of a dossier is edited here: its state changes by the acts of the services alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Case, Value, When
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from accounts.back_office import BackOfficeAdmin
from accounts.roles import Permission
from common import french
from directory.versions.wording import field_label

from . import services
from .enums import DossierAct, DossierState
from .models import Comment, Dossier, Fiche, ReturnReason, Step
from .permissions import why_not_act
from .publication import BUSY, PublicationBusy, PublicationRefused, Published
from .review.risk import age_points, level_of, queue_points_sql
from .review.standing import standing_of
from .review.validation import validate_dossier
from .wording import act_words, state_words
from .workflow import IllegalAct, transition_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from accounts.requests import SignedInRequest
    from directory.scopes import Scope

    from .review.standing import FicheStanding, Standing

TAKEN = ("dossier pris en charge", "dossiers pris en charge")
RELEASED = ("dossier laissé", "dossiers laissés")
PUBLISHED = ("dossier publié", "dossiers publiés")
NOTHING_WRITTEN = ("dossier validé, rien n’a été écrit", "dossiers validés, rien n’a été écrit")
STALE = "le dossier a changé entre-temps, ou son état ne le permet pas"
CONFIRMED, SHOWN = "confirme", "vu-"  # fields of the page that asks before publishing
REFUSALS = (services.StaleDossier, PermissionDenied, ValidationError, PublicationRefused, PublicationBusy)


@dataclass(frozen=True)
class Asked:
    """A dossier that the page asks to publish; ``stamp``: the version and the decisions that it shows."""

    dossier: Dossier
    standing: Standing
    stamp: str

    @property
    def written(self) -> list[FicheStanding]:
        """Fiches that publishing writes."""
        return [one for one in self.standing.fiches if not one.left and not one.is_confirmed]

    @property
    def undecided(self) -> int:
        """Points that nobody has decided: publishing accepts them."""
        return sum(len(one.undecided) for one in self.written)


def read_stamp(text: str) -> tuple[int, str]:
    """Version and seal of a dossier that the page of the question showed; 0, which none has, when it did not."""
    version, _, seal = text.partition(":")
    readable = version.isascii() and version.isdigit() and len(version) < 10 and bool(seal)
    return (int(version), seal) if readable else (0, "")


def why_not_publish(scope: Scope, standing: Standing) -> str:
    """Reason why this person may not publish a dossier whole now, in French; empty when they may."""
    try:
        transition = transition_of(DossierAct.VALIDATE, standing.dossier.state)
    except IllegalAct:
        return STALE
    if refusal := why_not_act(scope, standing.dossier, transition):
        return refusal
    if standing.open_conflicts:
        return "des conflits sont à trancher dans sa relecture avant de publier."
    if standing.returned:
        return "des points y sont à corriger\u00a0: publiez le reste, ou renvoyez-le, depuis sa relecture."
    if standing.blocked:
        return " ".join(f"{one.fiche}\u00a0: {check.text}" for one, check in standing.blocked)
    return ""


class ReadInline(admin.TabularInline):
    """Rows of a dossier, read only."""

    extra = 0
    can_delete = False

    def has_view_permission(self, request, obj=None):
        return request.scope.may(Permission.DOSSIER_VALIDATE)

    def has_add_permission(self, request, obj=None):
        return False

    has_change_permission = has_delete_permission = has_add_permission


class FicheInline(ReadInline):
    """Fiches that propose something."""

    model = Fiche
    fields = ("name", "kind", "action", "state", "updated_at", "updated_by", "published_at")

    def get_queryset(self, request):
        return super().get_queryset(request).exclude(state="standard").select_related("updated_by")


class StepInline(ReadInline):
    """Changes of state of the dossier, the fiches' apart."""

    model = Step
    fields = readonly_fields = ("at", "act_shown", "before", "after", "by", "remark")

    def get_queryset(self, request):
        return super().get_queryset(request).filter(fiche=None).select_related("by")

    @admin.display(description="acte")
    def act_shown(self, step):
        return act_words(step.act, on_fiche=False)

    @admin.display(description="état avant")
    def before(self, step):
        return state_words(step.from_state) or "–"

    @admin.display(description="état après")
    def after(self, step):
        return state_words(step.to_state)


class CommentInline(ReadInline):
    """Messages between the directors and support."""

    model = Comment
    fields = readonly_fields = ("at", "by", "fiche", "field_shown", "is_return", "text")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("by", "fiche")

    @admin.display(description="champ")
    def field_shown(self, comment):
        return field_label(comment.fiche.kind, comment.field) if comment.field else "–"


@admin.register(Dossier)
class DossierAdmin(BackOfficeAdmin):
    """Dossiers, those to validate first. Read only; the acts go through the services."""

    permission = Permission.DOSSIER_VALIDATE
    can_add = can_change = False
    list_display = ("name", "state", "risk_shown", "sent_at", "sent_by", "taken_by", "links")
    list_filter = ("state", "sent_at")
    list_select_related = ("sent_by", "taken_by")
    search_fields = ("name", "geographic_entity__sort_name")
    search_title = "Rechercher dans les dossiers collaboratifs"
    list_per_page = 50
    show_full_result_count = False
    actions = ("take", "release", "validate", "send_back")
    inlines = (FicheInline, StepInline, CommentInline)
    fields = (
        *("name", "state", "links", "geographic_entity", "legal_entity", "campaign", "origin"),
        *("opened_by", "opened_at", "sent_by", "sent_at", "taken_by", "taken_at", "decided_by", "decided_at"),
        *("fiche_count", "done_count", "risk_shown", "reasons_shown"),
    )
    readonly_fields = ("risk_shown", "reasons_shown", "links")

    def get_ordering(self, request):
        """As the queue: those en validation first, by risk then age; then the last changed."""
        first = Case(When(state=DossierState.SENT, then=Value(0)), default=Value(1))
        points = queue_points_sql(timezone.now())
        rank = Case(When(state=DossierState.SENT, then=points), default=Value(0))
        return [first.asc(), rank.desc(), "sent_at", "-changed_at", "-pk"]

    @admin.display(description="risque", ordering="risk")
    def risk_shown(self, dossier):
        if not dossier.sent_at:
            return "–"
        waits = dossier.state == DossierState.SENT
        age = age_points(timezone.now() - dossier.sent_at) if waits else 0
        return level_of(dossier.risk + age).label

    @admin.display(description="motifs du risque")
    def reasons_shown(self, dossier):
        return format_html_join("", "{}<br>", ((reason,) for reason in dossier.risk_reasons)) or "–"

    @admin.display(description="pages")
    def links(self, dossier):
        """Where the dossier is read, and reviewed while it is en validation."""
        pages = [("Ouvrir", "dossier_detail")]
        if dossier.state == DossierState.SENT:
            pages = [("Relire", "dossier_review"), ("Prendre en charge", "dossier_take"), *pages]
        rows = ((reverse(f"collaborative:{name}", args=[dossier.pk]), label) for label, name in pages)
        return format_html_join(" · ", '<a href="{}">{}</a>', rows)

    @admin.action(description="Prendre en charge les dossiers choisis")
    def take(self, request, queryset):
        self._each(request, queryset, self._apply(request, DossierAct.TAKE), lambda _: TAKEN)

    @admin.action(description="Ne plus se charger des dossiers choisis")
    def release(self, request, queryset):
        self._each(request, queryset, self._apply(request, DossierAct.RELEASE), lambda _: RELEASED)

    @admin.action(description="Valider et publier les dossiers choisis, pris en charge par vous")
    def validate(self, request: SignedInRequest, queryset: QuerySet[Dossier]) -> HttpResponse | None:
        """Ask first, as Django's own deletion does: each dossier is published as the page of the question showed it."""
        if CONFIRMED not in request.POST:
            return self._ask(request, queryset)

        def publish(dossier: Dossier) -> Published:
            version, seal = read_stamp(request.POST.get(f"{SHOWN}{dossier.pk}", ""))
            return validate_dossier(
                dossier=dossier,
                by=request.user,
                scope=request.scope,
                now=timezone.now(),
                expected_version=version,
                seal=seal,
            )

        self._each(request, queryset, publish, lambda done: PUBLISHED if done.fiches else NOTHING_WRITTEN)
        return None

    def _ask(self, request: SignedInRequest, dossiers: QuerySet[Dossier]) -> HttpResponse | None:
        """Page that says what would be published and asks; messages alone when nothing would be.

        Those that may not be validated by this person, or not yet, are left out and said.
        """
        asked = []
        for dossier in dossiers:
            standing = standing_of(dossier)
            if refusal := why_not_publish(request.scope, standing):
                messages.error(request, format_html("«\u00a0{}\u00a0»\u00a0: {}", dossier, refusal))
            else:
                asked.append(Asked(dossier, standing, f"{dossier.version}:{standing.seal}"))
        if not asked:
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Valider et publier\u00a0?",
            "asked": asked,
            "confirmed": CONFIRMED,
            "shown": SHOWN,
        }
        return TemplateResponse(request, "admin/dossiers_publish.html", context)

    @admin.action(description="Renvoyer le dossier choisi à corriger")
    def send_back(self, request: SignedInRequest, queryset: QuerySet[Dossier]) -> HttpResponse | None:
        """A return needs a remark: its page asks for it, once the dossier is one that this person may return."""
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            messages.error(request, "Choisissez un seul dossier à renvoyer.")
            return None
        [dossier] = chosen
        try:
            refusal = why_not_act(request.scope, dossier, transition_of(DossierAct.RETURN, dossier.state))
        except IllegalAct:
            refusal = STALE
        if refusal:
            messages.error(request, format_html("«\u00a0{}\u00a0»\u00a0: {}", dossier, refusal))
            return None
        return redirect("collaborative:dossier_return", dossier.pk)

    def _apply(self, request, act: DossierAct) -> Callable[[Dossier], Any]:
        return lambda dossier: services.apply(
            dossier=dossier,
            act=act,
            by=request.user,
            scope=request.scope,
            now=timezone.now(),
            expected_version=dossier.version,
        )

    def _each(
        self,
        request: HttpRequest,
        dossiers: Iterable[Dossier],
        act: Callable[[Dossier], Any],
        nouns: Callable[[Any], tuple[str, str]],
    ) -> None:
        """Do an act on each dossier; say how many were done, by ``nouns``, and why the others were not."""
        done: Counter[tuple[str, str]] = Counter()
        for dossier in dossiers:
            try:
                found = act(dossier)
            except REFUSALS as refused:
                messages.error(request, format_html("«\u00a0{}\u00a0»\u00a0: {}", dossier, why(refused)))
            else:
                done[nouns(found)] += 1
                for fiche in getattr(found, "left", ()):
                    messages.warning(request, f"«\u00a0{dossier}\u00a0»\u00a0: {fiche}, fiche laissée de côté.")
        for (one, many), count in done.items():
            messages.success(request, french.counted(count, one, many))


def why(refused: Exception) -> str:
    """Reason of a refused act, in French."""
    if isinstance(refused, services.StaleDossier):
        return STALE
    if isinstance(refused, PublicationBusy):
        return BUSY
    if isinstance(refused, PublicationRefused):
        return " ".join(f"{line.fiche}, {line.label or 'fiche'}\u00a0: {line.reason}" for line in refused.lines)
    return " ".join(refused.messages) if isinstance(refused, ValidationError) else str(refused)


@admin.register(ReturnReason)
class ReturnReasonAdmin(BackOfficeAdmin):
    """Ready-made reasons of the review: changed, added, no longer offered; never deleted."""

    permission = Permission.DOSSIER_VALIDATE
    list_display = ("label", "text", "order", "is_active")
    list_editable = ("order", "is_active")
    search_fields = ("label", "text")
    search_title = "Rechercher dans les motifs de renvoi"
    fields = ("label", "text", "order", "is_active")
