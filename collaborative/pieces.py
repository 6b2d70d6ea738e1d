"""What the app adds to pages of the lower apps: Menu, home cards, panels of records."""


def register_all() -> None:
    """Fill the registries, once, when Django is ready."""
