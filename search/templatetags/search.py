"""What the pages of search draw with."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from django import template
from django.utils.html import conditional_escape, escape, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, gettext_lazy

from marketplace.bilingual import written_in
from search.facets import Facet, Value, region_name
from search.finding import Hit
from search.highlight import Piece

register = template.Library()
PARTS = {
    "title": gettext_lazy("title"),
    "summary": gettext_lazy("summary"),
    "keywords": gettext_lazy("keywords"),
    "description": gettext_lazy("description"),
    "institution": gettext_lazy("institution"),
}
_STOPS = "。．.!！?？;；:：,，…\n"
_LINE = re.compile(rf"(?<![{_STOPS}\s])\s*\n\s*")
_VALUE = (
    '<div class="facet-value"><input type="checkbox" id="f-{name}-{value}" name="{name}" value="{value}" form="search-form"'
    '{checked}><label for="f-{name}-{value}">{label}</label><span class="facet-count">{count}</span></div>'
)


@register.filter
def marked(pieces: Iterable[Piece]) -> SafeString:
    """The pieces of a text, the matching ones in <mark>; everything escaped. Lines are set apart by a point, and a text
    in another language than the page's says in which it is."""
    pieces = list(pieces)
    said = "".join(text for text, _hit in pieces)
    drawn, before = [], ""
    for text, hit in pieces:
        shown = escape(_LINE.sub(" · ", text if before not in _STOPS else text.lstrip("\n")))
        drawn.append(f"<mark>{shown}</mark>" if hit else shown)
        before = text[-1:]
    english, han = (get_language() or "").startswith("en"), written_in(said) == "zh"
    if english == han and any(character.isalpha() for character in said):
        drawn = [f'<span lang="{"zh-Hans" if han else "en"}">', *drawn, "</span>"]
    return mark_safe("".join(drawn))


@register.simple_tag
def why(hit: Hit, day: str) -> SafeString:
    """Why a hit is one, to be unfolded, with the day it was published: written here for the same reason as the values of facets."""
    words, document = _words(get_language() or ""), hit.document
    found = [
        f"<li><strong>{escape(reason.typed)}</strong>"
        + (f' → <strong>{escape(reason.said)}</strong> <span class="muted">{words["same"]}</span>' if reason.said else "")
        + f": {_parts(reason.parts, words)}</li>"
        for reason in hit.reasons
    ]  # fmt: skip
    moves = [words["published"] % {"day": conditional_escape(day)}] if document.published_at else []
    moves += [words["completeness"] % {"percent": document.completeness}] if document.completeness else []
    moves += [words["available"]] if document.is_available else []
    moved = words["gently"] % {"facts": " · ".join(moves)} if moves else ""
    return mark_safe(
        f'<details class="why no-print"><summary class="small">{words["why"]}</summary><div class="small">'
        f"{'<ul>' + ''.join(found) + '</ul>' if found else ''}<p>{words['found']} {_parts(hit.where, words)}</p>"
        f'<p class="muted">{moved}</p></div></details>'
    )


def _parts(names: Iterable[str], words: Mapping[str, str]) -> str:
    """The words for the parts of a document in which something was found."""
    return words["comma"].join(words[name] for name in names)


@lru_cache(maxsize=8)
def _words(language: str) -> Mapping[str, str]:
    """What "why this hit" says in a language, which is the present one: each hit of a page says it again."""
    words = {
        "why": gettext("Why this hit"),
        "same": gettext("(means the same)"),
        "comma": gettext(", "),
        "found": gettext("Found in:"),
        "published": gettext("Published on %(day)s"),
        "completeness": gettext("%(percent)s %% of what a good page says"),
        "available": gettext("a right that may be licensed"),
        "gently": gettext(
            "%(facts)s. These move a hit a little, never past one whose text fits better by a seventh."
        ),
        **PARTS,
    }
    return {name: escape(str(word)) for name, word in words.items()}


@register.simple_tag
def facet_values(facet: Facet, values: Iterable[Value]) -> SafeString:
    """The values of a facet to tick, with those below them. Written here: a page has a hundred and more of them, and a
    template for each would take longer than all hits together. A typed range has no count and no box of its own."""
    drawn = []
    for value in values:
        drawn.append(_drawn(facet, value))
        if value.below:
            below = "".join(_drawn(facet, one) for one in value.below)
            drawn.append(f'<div class="facet-below">{below}</div>')
    return mark_safe("".join(drawn))


def _drawn(facet: Facet, value: Value) -> str:
    if value.count is None:
        return ""
    return _VALUE.format(
        name=escape(facet.name),
        value=escape(value.value),
        checked=" checked" if value.chosen else "",
        label=escape(value.label),
        count=value.count,
    )


@register.filter
def region(code: str) -> str:
    return region_name(code) if code else ""


@register.filter
def lines(cell: object) -> list:
    """What stands in a cell, line by line."""
    return cell if isinstance(cell, list) else [cell]


@register.simple_tag
def hidden_query(params) -> SafeString:
    """The choices of a search as hidden fields, for a form that adds one more."""
    pairs = [(name, value) for name, values in params.facets.items() for value in values]
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', pairs)
