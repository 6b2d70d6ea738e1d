from django.apps import AppConfig


class CollaborativeConfig(AppConfig):
    name = "collaborative"
    verbose_name = "Dossiers collaboratifs"

    def ready(self) -> None:
        """Register what pages of the lower apps show of dossiers."""
        from . import pieces

        pieces.register_all()
