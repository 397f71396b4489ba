"""Where a page shows facts of a later step: the later app registers a panel for a place, the page renders
what is registered. Places: listing.main, listing.terms, listing.aside, need.main, institution.main, deal.aside, offer.main,
contract.next, contract.main, contract.aside, contract.tabs, payments.statements, home.main.
"""

from collections.abc import Callable

from django.http import HttpRequest
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

Panel = Callable[[HttpRequest, object], str]
_panels: dict[str, dict[str, tuple[int, Panel]]] = {}


def panel(place: str, *, order: int = 0) -> Callable[[Panel], Panel]:
    """Register `function(request, obj)` for a place; it returns HTML, or "" when it has nothing to show.

    Registering the same function twice is harmless (modules may be imported again in tests).
    """

    def register(function: Panel) -> Panel:
        name = f"{function.__module__}.{function.__qualname__}"
        _panels.setdefault(place, {})[name] = (order, function)
        return function

    return register


def render_panels(place: str, request: HttpRequest, obj: object) -> SafeString:
    """All panels of a place, in their order, one after the other."""
    registered = sorted(_panels.get(place, {}).items(), key=lambda item: (item[1][0], item[0]))
    parts = (function(request, obj) for _name, (_order, function) in registered)
    return mark_safe("".join(conditional_escape(part) for part in parts if part))
