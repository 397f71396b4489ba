"""The menu on top of every page: each app registers its lists, a person sees what their role can do."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

EVERYBODY = ""
SIGNED_IN = "signed_in"
MEMBER = "member"

GROUPS: dict[str, str | Promise] = {
    "desk": _("Desk"),
    "market": pgettext_lazy("menu", "Market"),
    "work": pgettext_lazy("menu", "Work"),
    "money": pgettext_lazy("menu", "Money"),
    "organisation": pgettext_lazy("menu", "Organisation"),
    "operator": pgettext_lazy("menu", "Operator"),
}


@dataclass(frozen=True)
class MenuItem:
    """`permission`: a row of roles.py, or EVERYBODY, SIGNED_IN, MEMBER (of any organisation).
    `group`: a key of GROUPS; lower `order` comes first. `kinds` narrows it to kinds of organisation.
    `also`: how the addresses of pages begin that belong to the list and lie elsewhere ("credit-notes")."""

    key: str
    label: str | Promise
    url_name: str
    permission: str = EVERYBODY
    group: str = "work"
    order: int = 0
    kinds: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()

    @property
    def url(self) -> str:
        return reverse(self.url_name)

    def allows(self, acting) -> bool:
        organisation = acting.organisation if acting else None
        if self.kinds and (organisation is None or organisation.kind not in self.kinds):
            return False
        if self.permission == EVERYBODY:
            return True
        if self.permission == SIGNED_IN:
            return acting is not None and acting.user is not None
        if self.permission == MEMBER:
            return organisation is not None
        return organisation is not None and acting.can(self.permission)


@dataclass(frozen=True)
class MenuEntry:
    label: str | Promise
    url: str
    here: bool


@dataclass(frozen=True)
class MenuGroup:
    key: str
    label: str | Promise
    entries: tuple[MenuEntry, ...]

    @property
    def here(self) -> bool:
        return any(entry.here for entry in self.entries)


_items: dict[str, MenuItem] = {}


def register_menu(item: MenuItem) -> None:
    """Add an entry; the same key again replaces it. Raises ValueError for a group that does not exist."""
    if item.group not in GROUPS:
        raise ValueError(f"no menu group {item.group!r}; there are {', '.join(GROUPS)}")
    _items[item.key] = item


def menu_for(acting, path: str = "") -> list[MenuGroup]:
    """The groups that hold anything for this person; the entry whose address is the longest beginning of
    `path` is marked as here, else the one that the page belongs to. Asks the database nothing beyond the acting person itself."""
    shown = sorted((i for i in _items.values() if i.allows(acting)), key=lambda i: (i.order, i.key))
    urls = {item.key: item.url for item in shown}
    here = max((url for url in urls.values() if path.startswith(url)), key=len, default=None)
    if here is None:
        place = path.strip("/").split("/")[1:2]  # after the language
        here = next((urls[item.key] for item in shown if item.also.issuperset(place) and place), None)
    groups = []
    for key, label in GROUPS.items():
        entries = tuple(
            MenuEntry(item.label, urls[item.key], urls[item.key] == here)
            for item in shown
            if item.group == key
        )
        if entries:
            groups.append(MenuGroup(key, label, entries))
    return groups
