"""Back office of the directory."""

from . import rights  # noqa: F401
