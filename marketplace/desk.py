"""What waits for whom: each app registers a provider, the desk collects them for the acting organisation."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True)
class DeskItem:
    """One thing to do. `due_on` is None without a deadline; `kind` is a word in the reader's language."""

    title: str
    url: str
    due_on: date | None = None
    kind: str = ""
    waits_for: Literal["me", "them"] = "me"


Provider = Callable[[object], Iterable[DeskItem]]
_providers: dict[str, Provider] = {}


def desk_items(function: Provider) -> Provider:
    """Register `function(acting) -> list[DeskItem]`; it is called only for a person with an organisation."""
    _providers[f"{function.__module__}.{function.__qualname__}"] = function
    return function


def items_for(acting) -> list[DeskItem]:
    """Everything that waits, for the acting person or for others: the earliest deadline first, none last."""
    if acting is None or acting.organisation is None:
        return []
    items = [item for provider in _providers.values() for item in provider(acting)]
    return sorted(items, key=lambda item: (item.due_on is None, item.due_on or date.max, str(item.title)))
