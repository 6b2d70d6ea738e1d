"""Rows of the project itself: probes without an account, mails of the demonstration."""

from ror.demo.models import SentMail

from . import PUBLIC, Row, same

ROWS = [
    Row("liveness", get=PUBLIC, post=same("405", anonymous="405")),
    Row("sent_mail_list", get=PUBLIC, post=same("405", anonymous="405")),
    Row(
        "sent_mail_detail",
        get=PUBLIC,
        post=same("405", anonymous="405"),
        kwargs=lambda world: {
            "pk": SentMail.objects.create(subject="Objet", body="Texte", recipients="a@b.example").pk
        },
    ),
    Row("readiness", get=PUBLIC, post=same("405", anonymous="405")),
]
