"""Back office: accounts, legal texts, audit log."""

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django_tasks_db.models import DBTaskResult

from common.phones import normalise_phone

from . import services
from .back_office import BackOfficeAdmin
from .models import AuditEntry, LegalText, User
from .roles import Permission

PROFILE = ("username", "first_name", "last_name", "email", "phone", "job_title", "organisation")


class AccountForm(forms.ModelForm):
    """An account as support types it; the phone may be written in any way."""

    phone = forms.CharField(label="Téléphone", required=False, max_length=25)

    class Meta:
        model = User
        fields = (*PROFILE, "is_active")
        labels = {"username": "Identifiant", "first_name": "Prénom", "last_name": "Nom", "is_active": "Compte actif"}
        help_texts = {
            "username": "Lettres, chiffres et @ . + - _",
            "is_active": "Décochez pour fermer le compte\u00a0: un compte n’est jamais supprimé.",
        }

    def clean_phone(self):
        return normalise_phone(self.cleaned_data["phone"])


@admin.register(User)
class UserAdmin(BackOfficeAdmin):
    """Creating an account mails its owner a link to choose a password; support never knows a password."""

    form = AccountForm
    list_display = ("username", "last_name", "first_name", "email", "organisation", "is_active", "last_login")
    list_filter = ("is_active", "last_login")
    search_fields = ("username", "last_name", "first_name", "email", "organisation")
    ordering = ("last_name", "first_name", "pk")
    actions = ("send_password_links",)
    fieldsets = (
        (None, {"fields": PROFILE}),
        ("Accès", {"fields": ("is_active", "last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")

    def get_fieldsets(self, request, obj=None):
        return self.fieldsets if obj else self.fieldsets[:1]

    def save_model(self, request, obj, form, change):
        if change:
            services.change_account(
                user=obj, fields=form.changed_data, by=request.user, request_ip=self.request_ip(request)
            )
            return
        services.create_account(
            user=obj,
            by=request.user,
            base_url=request.build_absolute_uri("/"),
            request_ip=self.request_ip(request),
        )
        messages.info(request, f"Un mail part à {obj.email} avec un lien pour choisir le mot de passe.")

    @admin.action(description="Envoyer un lien pour choisir le mot de passe")
    def send_password_links(self, request, queryset):
        for user in queryset.filter(is_active=True):
            services.send_password_link(
                user=user,
                by=request.user,
                base_url=request.build_absolute_uri("/"),
                request_ip=self.request_ip(request),
            )
        messages.success(request, "Les liens sont envoyés aux comptes actifs choisis.")


@admin.register(LegalText)
class LegalTextAdmin(BackOfficeAdmin):
    """Adding a text publishes a new version at once; what was published is never changed."""

    can_change = False
    list_display = ("kind", "version", "published_at")
    list_filter = ("kind",)
    fields = ("kind", "body")

    def get_fields(self, request, obj=None):
        return ("kind", "version", "published_at", "body") if obj else self.fields

    def get_changeform_initial_data(self, request):
        kind = request.GET.get("kind", LegalText.Kind.TERMS)
        newest = LegalText.objects.filter(kind=kind).order_by("-version").first()
        return {"kind": kind, "body": newest.body if newest else ""}

    def save_model(self, request, obj, form, change):
        published = services.publish_legal_text(
            kind=obj.kind, body=obj.body, by=request.user, request_ip=self.request_ip(request)
        )
        obj.pk, obj.version, obj.published_at = published.pk, published.version, published.published_at


@admin.register(AuditEntry)
class AuditEntryAdmin(BackOfficeAdmin):
    """The audit log, read only."""

    permission = Permission.AUDIT_READ
    can_add = can_change = False
    list_display = ("at", "action", "actor", "target", "ip_address")
    list_filter = ("action", "at")
    list_select_related = ("actor",)
    search_fields = ("target", "actor__username", "actor__last_name", "ip_address")
    search_title = "Rechercher dans le journal d’audit"
    date_hierarchy = "at"
    show_full_result_count = False


# Pages of libraries answer to Django's own permissions, which open nothing here.
for model in (Group, DBTaskResult):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
