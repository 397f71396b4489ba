"""What changes from one version of the terms to another, in plain words."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import NamedTuple

from .contract import Terms
from .words import plain_words


class Change(NamedTuple):
    """A line that goes, comes, or is replaced; `before` or `after` is empty where there is none."""

    section: str
    before: str
    after: str


def difference(before: Terms, after: Terms, lang: str = "zh-hans") -> list[Change]:
    """Line by line, in the order of the plain words; an empty list means the same terms."""
    old = dict(plain_words(before, lang))
    new = dict(plain_words(after, lang))
    changes: list[Change] = []
    for title in [*new, *(title for title in old if title not in new)]:
        gone, come = old.get(title, ()), new.get(title, ())
        for tag, a, b, c, d in SequenceMatcher(None, gone, come, autojunk=False).get_opcodes():
            if tag == "equal":
                continue
            for place in range(max(b - a, d - c)):
                said = gone[a + place] if a + place < b else ""
                says = come[c + place] if c + place < d else ""
                changes.append(Change(title, said, says))
    return changes
