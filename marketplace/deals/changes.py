"""What one version of the terms changes in another, marked inside each line."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from marketplace.terms import Terms
from marketplace.terms.difference import difference

# Numbers and Latin words stay whole; every other sign stands for itself.
_TOKEN = re.compile(r"[0-9A-Za-z][0-9A-Za-z,.%]*(?<![,.])|\s+|.", re.DOTALL)
_ALIKE = 0.4  # less alike than this, two lines are shown as one gone and one new

Parts = tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Change:
    """One line: its words before and now, and the same in parts (text, whether it differs)."""

    section: str
    before: str
    after: str
    before_parts: Parts
    after_parts: Parts


def changes_between(before: Terms | None, after: Terms, lang: str) -> list[Change]:
    """Line by line in the order of the plain words; empty for the same terms and where there is no `before`."""
    if before is None:
        return []
    return [
        Change(line.section, line.before, line.after, *marked(line.before, line.after))
        for line in difference(before, after, lang)
    ]


def marked(before: str, after: str) -> tuple[Parts, Parts]:
    """Both lines in parts, each with whether it differs from the other line."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if not old or not new or matcher.ratio() < _ALIKE:
        return ((before, True),) if before else (), ((after, True),) if after else ()
    gone, come = [], []
    for tag, a, b, c, d in matcher.get_opcodes():
        differs = tag != "equal"
        if b > a:
            gone.append(("".join(old[a:b]), differs))
        if d > c:
            come.append(("".join(new[c:d]), differs))
    return tuple(gone), tuple(come)
