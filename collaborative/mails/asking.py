"""The mail of a question of support about what a director published at once."""

from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage
from django.tasks import task
from django.template.loader import render_to_string

from common.context import site_name
from common.french import french_spaces

from ..direct.changes import lines_of
from ..models import DirectChangeReview


@task
def mail_question(review_id: int, base_url: str) -> None:
    """Send the question to the author of the change; its answer goes to the desk of support."""
    review = DirectChangeReview.objects.select_related("change__by", "by").get(pk=review_id)
    author = review.change.by
    found = lines_of([review.change])
    if not found or author is None or not author.is_active:
        return
    line = found[0]
    context = {
        "review": review,
        "line": line,
        "user": author,
        "url": urljoin(base_url, line.url),
        "site_name": site_name(),
        "support_desk": settings.SUPPORT_DESK,
    }
    body = french_spaces(render_to_string("collaborative/mails/direct_change_asked.txt", context))
    subject = " ".join(f"Une précision sur votre modification\u00a0: {line.record}".splitlines())
    desk = settings.SUPPORT_DESK["email"]
    EmailMessage(f"[{site_name()}] {subject}", body, to=[author.email], reply_to=[desk]).send()
