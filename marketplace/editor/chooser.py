"""The list of what one may begin from: each with its terms in one line and a figure."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from marketplace.terms import Terms
from marketplace.terms.presets import in_order, preset
from marketplace.terms.words import one_line


@dataclass(frozen=True)
class Entry:
    key: str  # of the address: "preset:royalty", "programme:TJ-2025", "offer:2", "listing"
    title: str | Promise
    gist: str = ""
    example: str = ""

    @classmethod
    def of(cls, key: str, title: str | Promise, terms: Terms, example: str = "") -> "Entry":
        return cls(key, title, one_line(terms, get_language() or "zh-hans"), example)


@dataclass(frozen=True)
class Group:
    title: str | Promise
    entries: tuple[Entry, ...]


def shapes() -> Group:
    """The ready terms, one for each shape of payment."""
    lang = get_language() or "zh-hans"
    entries = tuple(
        Entry.of(f"preset:{one.key}", one.title(lang), preset(one.key), one.example(lang))
        for one in in_order()
    )
    return Group(_("Shapes of payment"), entries)


def title_of(groups: list[Group], key: str) -> str | Promise:
    return next((one.title for group in groups for one in group.entries if one.key == key), "")
