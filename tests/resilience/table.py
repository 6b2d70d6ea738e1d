"""The demonstration's table of mails, as slow as a mail server."""

import time

from ror.demo.mail import SentMailBackend
from tests.resilience.outbox import MAIL_SECONDS


class SlowTableBackend(SentMailBackend):
    """Store the mails after a while."""

    def send_messages(self, email_messages):
        """Store them and return how many there were."""
        time.sleep(MAIL_SECONDS * len(email_messages))
        return super().send_messages(email_messages)
