"""Cards of the home page. Higher apps register theirs in ``AppConfig.ready()``: ``home.register(HomeCard(…))``."""

from dataclasses import dataclass
from typing import Literal

from common.fragments import Fragment, Registry

Region = Literal["band", "main", "side", "figures"]


@dataclass(frozen=True, kw_only=True)
class HomeCard(Fragment):
    """One card. What its template renders depends on the region.

    « band »: a form or a line under the greeting (quick search). « main »: the inside of one ``<li>`` of the list
    « Ce qui vous attend »; its ``context`` returns ``None`` when nothing waits. « side »: a ``<section>``.
    « figures »: one or several ``<div><dt>label</dt><dd>figure</dd></div>`` of the key figures.
    """

    region: Region = "main"


registry: Registry[HomeCard] = Registry()
register = registry.register
