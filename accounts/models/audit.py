from django.conf import settings
from django.db import models

from common.db import append_only


class AuditEntry(models.Model):
    """One line of the audit log (spec 50): sign-ins, role changes, exports, validations. Added, never changed."""

    class Action(models.TextChoices):
        SIGNED_IN = "signed_in", "Connexion"
        SIGN_IN_FAILED = "sign_in_failed", "Connexion refusée"
        SIGNED_OUT = "signed_out", "Déconnexion"
        TERMS_ACCEPTED = "terms_accepted", "CGU acceptées"
        PASSWORD_CHANGED = "password_changed", "Mot de passe changé"
        PASSWORD_RESET_ASKED = "password_reset_asked", "Mot de passe perdu : demande"
        PASSWORD_RESET_SENT = "password_reset_sent", "Mot de passe perdu : lien envoyé"
        ROLE_GIVEN = "role_given", "Rôle donné"
        ROLE_ENDED = "role_ended", "Rôle retiré"
        ROLE_REVIEWED = "role_reviewed", "Rôle confirmé à la revue"
        PERSON_NOT_FOUND = "person_not_found", "Personne cherchée pour un rôle, introuvable"
        ACCOUNT_ASKED = "account_asked", "Compte demandé"
        ACCOUNT_REQUEST_APPROVED = "account_request_approved", "Demande de compte acceptée"
        ACCOUNT_REQUEST_REFUSED = "account_request_refused", "Demande de compte refusée"
        ACCOUNT_CREATED = "account_created", "Compte créé"
        ACCOUNT_CHANGED = "account_changed", "Compte modifié"
        LEGAL_TEXT_PUBLISHED = "legal_text_published", "Texte légal publié"
        RECORD_REPAIRED = "record_repaired", "Fiche réparée au back-office"
        ENTRY_OPENED = "entry_opened", "Saisie ouverte"
        ENTRY_CLOSED = "entry_closed", "Saisie fermée"
        GROUPING_CHANGED = "grouping_changed", "Regroupement ou rythme modifié"
        CRISIS_ON = "crisis_on", "Mode crise activé"
        CRISIS_OFF = "crisis_off", "Mode crise désactivé"
        POOL_CHANGED = "pool_changed", "Lits mutualisés : création, modification ou séparation"
        EXPORTED = "exported", "Export"
        IMPORT_LAUNCHED = "import_launched", "Import lancé"

    action = models.CharField("action", max_length=32, choices=Action)
    at = models.DateTimeField("date", db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="auteur",
    )
    target = models.CharField("objet", max_length=255, blank=True)
    ip_address = models.GenericIPAddressField("adresse IP", null=True, blank=True)
    details = models.JSONField("détails", default=dict, blank=True)

    class Meta:
        verbose_name = "entrée du journal d’audit"
        verbose_name_plural = "journal d’audit"
        ordering = ["-at", "-pk"]
        triggers = append_only("audit")

    def __str__(self):
        return f"{self.get_action_display()} – {self.at:%d/%m/%Y %H:%M}"
