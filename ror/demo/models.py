"""Mails sent by the demonstration, kept instead of leaving the machine."""

from django.db import models


class SentMail(models.Model):
    """One mail as it would have been sent."""

    sent_at = models.DateTimeField("envoyé le", auto_now_add=True)
    sender = models.CharField("expéditeur", max_length=254)
    recipients = models.TextField("destinataires")
    subject = models.CharField("objet", max_length=998)  # RFC 5322: the longest line of a mail
    body = models.TextField("texte")

    class Meta:
        verbose_name = "courriel envoyé"
        verbose_name_plural = "courriels envoyés"
        ordering = ["-sent_at", "-pk"]

    def __str__(self) -> str:
        return self.subject
