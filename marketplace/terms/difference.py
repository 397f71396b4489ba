"""What changes from one version of the terms to another, in plain words, the differing parts of each line marked."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import NamedTuple

from .contract import Terms
from .words import element_gist, element_words, plain_words, section_titles

# Numbers and Latin words stay whole; every other sign stands for itself.
_TOKEN = re.compile(r"[0-9A-Za-z][0-9A-Za-z,.%]*(?<![,.])|\s+|.", re.DOTALL)
_ALIKE = 0.4  # less alike than this, two lines are shown as one gone and one new

Parts = tuple[tuple[str, bool], ...]
ADDED, REMOVED, CHANGED, MOVED = "added", "removed", "changed", "moved"


class Change(NamedTuple):
    """A line that goes, comes, or is replaced; `before` or `after` is empty where there is none. The parts are
    the same words, each with whether it differs."""

    section: str
    before: str
    after: str
    before_parts: Parts
    after_parts: Parts


class Group(NamedTuple):
    """What becomes of one payment, or of one section of the rest."""

    title: str
    what: str  # added, removed, changed, moved
    lines: tuple[Change, ...]


def groups(before: Terms, after: Terms, lang: str = "zh-hans") -> list[Group]:
    """Payment by payment, known by their short names, then section by section; empty for the same terms."""
    titles = section_titles(lang)
    found = []
    for title in titles:
        if title == titles[2]:
            found += _payments(before, after, lang)
            continue
        old, new = (dict(plain_words(terms, lang)).get(title, ()) for terms in (before, after))
        lines = _lines(title, old, new)
        if lines:
            what = CHANGED if old and new else ADDED if new else REMOVED
            found.append(Group(title, what, lines))
    return found


def difference(before: Terms, after: Terms, lang: str = "zh-hans") -> list[Change]:
    """The lines of all groups, in order."""
    return [line for group in groups(before, after, lang) for line in group.lines]


def _payments(before: Terms, after: Terms, lang: str) -> list[Group]:
    found = []
    kept = [one.id for one in before.elements if _same(before, after, one.id)]
    order = [one.id for one in after.elements if one.id in kept]
    for place, element in enumerate(after.elements, 1):
        title = f"{place}. {element_gist(after, element, lang)}"
        new = element_words(after, element, lang)
        if element.id not in kept:
            found.append(Group(title, ADDED, _lines(title, (), new)))
            continue
        lines = _lines(title, element_words(before, before.element(element.id), lang), new)
        if lines:
            found.append(Group(title, CHANGED, lines))
        elif kept.index(element.id) != order.index(element.id):
            found.append(Group(title, MOVED, ()))
    for element in before.elements:
        if element.id not in kept:
            title = element_gist(before, element, lang)
            found.append(Group(title, REMOVED, _lines(title, element_words(before, element, lang), ())))
    return found


def _same(before: Terms, after: Terms, name: str) -> bool:
    """Whether a short name stands for the same kind of payment in both."""
    old, new = before.element(name), after.element(name)
    return old is not None and new is not None and old.kind == new.kind


def _lines(title: str, gone, come) -> tuple[Change, ...]:
    changes: list[Change] = []
    for tag, a, b, c, d in SequenceMatcher(None, gone, come, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        for place in range(max(b - a, d - c)):
            said = gone[a + place] if a + place < b else ""
            says = come[c + place] if c + place < d else ""
            changes.append(Change(title, said, says, *marked(said, says)))
    return tuple(changes)


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
