"""Rows of sign-in, passwords, account page, home and legal texts."""

from tests.matrix import NOT_ALLOWED, PUBLIC, READERS, Row, same

PUBLIC_NO_POST = same("405", anonymous="405")
AWAY = same("away")
LINK = {"uidb64": "MQ", "token": "abc-def"}

ROWS = [
    Row("login", get=same("away", anonymous="200"), post=same("away", anonymous="200")),
    Row("logout", get=same("405", anonymous="405"), post=same("login", anonymous="login")),
    Row("home", get=READERS),
    Row("account", get=READERS),
    Row("password_change", get=READERS, post=same("200")),
    Row("sign_out_everywhere", get=NOT_ALLOWED, post=same("login")),
    Row("account_export", get=same("away"), post=same("200")),
    Row("password_reset", get=PUBLIC, post=PUBLIC),
    Row("password_reset_sent", get=PUBLIC, post=PUBLIC_NO_POST),
    Row("password_reset_confirm", get=PUBLIC, post=PUBLIC, kwargs=lambda world: LINK),
    Row("terms", get=PUBLIC, post=PUBLIC_NO_POST),
    Row("accept_terms", get=AWAY, post=AWAY),
    Row("legal_notice", get=PUBLIC, post=PUBLIC_NO_POST),
    Row("accessibility", get=PUBLIC, post=PUBLIC_NO_POST),
]
