"""The demonstration's mail backend: mails go to a table, nothing leaves the machine."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from ror.demo.models import SentMail


class SentMailBackend(BaseEmailBackend):
    """Store each mail as a SentMail; `/demo/courriels/` shows them."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Store the mails and return how many there were."""
        mails = SentMail.objects.bulk_create(
            SentMail(
                sender=message.from_email,
                recipients=", ".join(message.recipients()),
                subject=str(message.subject),
                body=str(message.body),
            )
            for message in email_messages
        )
        return len(mails)
