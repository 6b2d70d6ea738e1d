"""Sign-in, passwords, account page, home, legal texts, and the back office's pages of this app."""

from tests.matrix import NOT_ALLOWED, PUBLIC, READERS, Row, same

PUBLIC_NO_POST = same("405", anonymous="405")
AWAY = same("away")
SUPPORT_ONLY = "login 403 403 403 {} 403 403"
REFUSED = "login 403 403 403 403 403 403"
LINK = {"uidb64": "MQ", "token": "abc-def"}
NOBODY = {"object_id": "0"}


def support(answer, anonymous="login"):
    """One answer for support, 403 for every other role."""
    return SUPPORT_ONLY.format(answer).replace("login", anonymous, 1)


def back_office_rows(model, *, add, change):
    """Rows of one model's pages; ``add`` and ``change``: what support gets there on GET."""
    one = {"kwargs": lambda world: NOBODY}
    return [
        Row(f"admin:{model}_changelist", get=support("200"), post=support("200")),
        Row(f"admin:{model}_add", get=support(add), post=support(add)),
        Row(f"admin:{model}_change", get=support(change), post=support(change), **one),
        Row(f"admin:{model}_delete", get=REFUSED, post=REFUSED, **one),
        Row(f"admin:{model}_history", get=support("away"), post=support("away"), **one),
    ]


ROWS = [
    Row("login", get=same("away", anonymous="200"), post=same("away", anonymous="200")),
    Row("logout", get=NOT_ALLOWED, post=same("login")),
    Row("home", get=READERS),
    Row("account", get=READERS),
    Row("password_change", get=READERS, post=same("200")),
    Row("sign_out_everywhere", get=NOT_ALLOWED, post=same("login")),
    Row("account_export", get=NOT_ALLOWED, post=same("200")),
    Row("password_reset", get=PUBLIC, post=PUBLIC),
    Row("password_reset_sent", get=PUBLIC, post=PUBLIC_NO_POST),
    Row("password_reset_confirm", get=PUBLIC, post=PUBLIC, kwargs=lambda world: LINK),
    Row("terms", get=PUBLIC, post=PUBLIC_NO_POST),
    Row("accept_terms", get=AWAY, post=AWAY),
    Row("legal_notice", get=PUBLIC, post=PUBLIC_NO_POST),
    Row("accessibility", get=PUBLIC, post=PUBLIC_NO_POST),
]
ROWS += [
    Row("admin:index", get=support("200", "away"), post=support("200", "away")),
    Row("admin:login", get=support("away"), post=support("away")),
    Row("admin:logout", get=support("login", "away"), post=support("login", "away")),
    Row("admin:password_change", get=support("away", "away"), post=support("away", "away")),
    Row("admin:password_change_done", get=support("away", "away"), post=support("away", "away")),
    *back_office_rows("accounts_user", add="200", change="away"),
    *back_office_rows("accounts_legaltext", add="200", change="away"),
    *back_office_rows("accounts_auditentry", add="403", change="away"),
]
