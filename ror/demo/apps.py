"""The demonstration's own app: the table of sent mails and the page that shows them."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Installed in development and tests; its pages exist only when settings.DEMO is set."""

    name = "ror.demo"
    label = "demo"
    verbose_name = "Démonstration"
