"""The list of what one may begin from: each with its terms in one line and a figure."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from marketplace.terms import Terms
from marketplace.terms.presets import in_order, preset
from marketplace.terms.words import one_line

# Why some of the worked examples are no beginning for terms.
BESIDES = _(
    "Commissions, the distribution of income, vouchers and corrections (D27 – D31, D33) are no terms of a licence: the"
    " simulator shows them as worked examples. Months, rounding and the other conventions hold in all of these."
)


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
    note: str | Promise = ""


def shapes() -> Group:
    """The ready terms, one for each shape of payment."""
    lang = get_language() or "zh-hans"
    entries = tuple(
        Entry.of(f"preset:{one.key}", one.title(lang), preset(one.key), one.example(lang))
        for one in in_order()
    )
    return Group(_("Shapes of payment"), entries, BESIDES)


def title_of(groups: list[Group], key: str) -> str | Promise:
    return next((one.title for group in groups for one in group.entries if one.key == key), "")
