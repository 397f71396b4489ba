"""The places of a reminder's text, such as {number}: what fills them, and which texts cannot be filled."""

import re
from collections.abc import Mapping
from string import Formatter

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

PLACES: Mapping[str, str] = {
    "number": gettext_lazy("number of the invoice"),
    "open": gettext_lazy("what is still open, with its currency"),
    "due": gettext_lazy("due date"),
    "days": gettext_lazy("days until the due date or since, as a number"),
    "code": gettext_lazy("code for the note of the transfer"),
    "interest": gettext_lazy("late-payment interest so far, not charged yet"),
}
EXAMPLE: Mapping[str, object] = {
    "number": "INV-2026-000123",
    "open": "¥69,000.00",
    "due": "2026-11-23",
    "days": 3,
    "code": "UF7K2M9Q",
    "interest": "¥103.50",
}
_WIDE = re.compile("[｛｝]")


def problem_of(text: str) -> str:
    """Why a text cannot be filled, in words for its author; "" for one that can. Nothing but the bare names stands
    between the braces: formats and attributes of Python would be carried out when the letter is written."""
    if _WIDE.search(text):
        return _("Write the braces as { and }: the wide ones ｛ ｝ are not filled in.")
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        return _(
            "A brace { or } stands alone. A place has both, such as {number}; a brace that is meant is doubled: {{."
        )
    for _before, name, form, conversion in parts:
        if name is None or (name in PLACES and not form and not conversion):
            continue
        place = f"{{{name}{'!' + conversion if conversion else ''}{':' + form if form else ''}}}"
        return _("Nothing fills %(place)s. These can be used: %(places)s.") % {
            "place": place[:60],
            "places": _(", ").join(f"{{{each}}}" for each in PLACES),
        }
    return ""


def example_of(text: str) -> str:
    """A text with the places filled as in a letter; as it stands where it cannot be filled."""
    return text if problem_of(text) else text.format(**EXAMPLE)
