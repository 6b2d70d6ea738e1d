from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "search"
    verbose_name = "Recherche"

    def ready(self) -> None:
        """Follow the writes of the lower apps; put the page in the navigation and a quick search on the home page."""
        from search import pieces
        from search.indexing import receivers

        receivers.connect()
        pieces.register_all()
