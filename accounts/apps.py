from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Comptes"

    def ready(self):
        """Listen to sign-ins, put this app's pages in the navigation, register the legal texts."""
        from common import reference

        from . import menu, receivers  # noqa: F401
        from .reference import load_legal_texts

        menu.register_links()
        reference.register(load_legal_texts, order=40)
