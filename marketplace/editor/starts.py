"""What a form of terms begins from, and which of its values nobody has stated yet."""

from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from marketplace import terms as language
from marketplace.terms import editor
from marketplace.terms.editor import Typed
from marketplace.terms.editor.draft import Draft

OURS = _("Our proposal.")
# A value that somebody should look at before sending it; what says only how a form is filled in is none.
_VALUES = frozenset(
    {
        Typed.WHOLE, Typed.MONEY, Typed.SUMS, Typed.PERCENT, Typed.PERCENTS, Typed.PRICE, Typed.PRICES,
        Typed.AMOUNT, Typed.NUMBER, Typed.DAY,
    }
)  # fmt: skip
_STATED = frozenset({"commitment", "on_silence", "base"})
_ABOUT = ("elements-", "caps-", "trial-", "term_months")


@dataclass(frozen=True)
class Start:
    """A draft to begin from; `ours`: what only we propose, by key, with the words that say whose it is."""

    draft: Draft
    ours: dict[str, tuple[str, str | Promise]] = field(default_factory=dict)
    base: language.Terms | None = None

    @classmethod
    def of(cls, terms: language.Terms) -> "Start":
        """From terms that somebody wrote: nothing in them is ours."""
        return cls(editor.draft_of(terms), base=terms)

    @classmethod
    def proposing(cls, terms: language.Terms, stated: dict[str, str | Promise] | None = None) -> "Start":
        """From ready terms: each value is our proposal, unless `stated` says by its field's name who states it."""
        draft = editor.draft_of(terms)
        ours = {key: (value, (stated or {}).get(name, OURS)) for key, (name, value) in _values(draft).items()}
        return cls(draft, ours)

    def proposed(self, draft: Draft) -> dict[str, str | Promise]:
        """The fields of a draft that still hold what this start proposed, whatever was moved meanwhile."""
        return {
            name: self.ours[key][1]
            for key, (name, value) in _values(draft).items()
            if key in self.ours and self.ours[key][0] == value
        }


def _values(draft: Draft) -> dict[str, tuple[str, str]]:
    """Values by a key that does not change when rows move: the row's own short name instead of its place."""
    listed = list(editor.each_field(draft))
    ids = {one.name.removesuffix("-id"): str(one.text) for one in listed if one.attribute == "id"}
    found = {}
    for one in listed:
        if not one.name.startswith(_ABOUT) or not one.text or isinstance(one.text, list):
            continue
        if one.typed in _VALUES or one.attribute in _STATED or (one.of, one.attribute) == ("event", "name"):
            row = "-".join(one.name.split("-")[:2])
            key = one.name.replace(row, f"{row.split('-')[0]}:{ids[row]}", 1) if row in ids else one.name
            found[key] = (one.name, one.text)
    return found
