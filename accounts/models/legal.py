from django.conf import settings
from django.db import models


class LegalText(models.Model):
    """One published version of a text that every user may read (spec 50): terms of use, legal notice, accessibility."""

    class Kind(models.TextChoices):
        TERMS = "terms", "Conditions générales d’utilisation"
        NOTICE = "notice", "Mentions légales"
        ACCESSIBILITY = "accessibility", "Déclaration d’accessibilité"

    kind = models.CharField("texte", max_length=16, choices=Kind)
    version = models.PositiveIntegerField("version")
    body = models.TextField(
        "contenu",
        help_text="Un paragraphe par ligne vide ; une ligne « ## … » fait un titre.",
    )
    published_at = models.DateTimeField("publié le")

    class Meta:
        verbose_name = "texte légal"
        verbose_name_plural = "textes légaux"
        ordering = ["kind", "-version"]
        constraints = [models.UniqueConstraint(fields=["kind", "version"], name="legaltext_kind_version_unique")]

    def __str__(self):
        return f"{self.get_kind_display()}, version {self.version}"


class TermsAcceptance(models.Model):
    """A user's acceptance of one version of the terms of use. A new version has to be accepted again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="terms_acceptances")
    text = models.ForeignKey(LegalText, models.PROTECT, related_name="acceptances")
    accepted_at = models.DateTimeField("acceptées le")

    class Meta:
        verbose_name = "acceptation des CGU"
        verbose_name_plural = "acceptations des CGU"
        ordering = ["-accepted_at"]
        constraints = [models.UniqueConstraint(fields=["user", "text"], name="termsacceptance_user_text_unique")]

    def __str__(self):
        return f"{self.user} – {self.text}"
