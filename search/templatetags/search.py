"""What the pages of search draw with."""

from collections.abc import Iterable

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from search.facets import region_name
from search.highlight import Piece

register = template.Library()


@register.filter
def marked(pieces: Iterable[Piece]) -> SafeString:
    """The pieces of a text, the matching ones in <mark>; everything escaped."""
    return mark_safe(
        "".join(format_html("<mark>{}</mark>" if piece.hit else "{}", piece.text) for piece in pieces)
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
