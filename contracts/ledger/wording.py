"""Texts of entries in the reader's language. An entry keeps its text as it was booked, in Chinese, since the hash covers
it; what our own bookings say is one of the sentences below, recognised by its Chinese form and said again."""

import re
from functools import cache

from django.utils.translation import gettext, gettext_noop, override

BOOKED_IN = "zh-hans"
SENTENCES = (
    gettext_noop("Invoice %(n)s"),
    gettext_noop("Credit note %(n)s"),
    gettext_noop("Receipt %(n)s"),
    gettext_noop("Allocation to invoice %(n)s"),
    gettext_noop("Allocation to invoice %(n)s undone"),
    gettext_noop("Refund out of receipt %(n)s"),
    gettext_noop("Write-off of invoice %(n)s"),
    gettext_noop("Write-off of invoice %(n)s taken back"),
    gettext_noop("Commission on contract %(n)s"),
    gettext_noop("Distribution of contract %(n)s"),
    gettext_noop("Payout %(n)s"),
)


@cache
def _patterns() -> tuple[tuple[re.Pattern, str], ...]:
    with override(BOOKED_IN):
        forms = [gettext(sentence) for sentence in SENTENCES]
    return tuple(
        (re.compile("(?P<n>[A-Za-z0-9-]+)".join(map(re.escape, form.split("%(n)s")))), sentence)
        for form, sentence in zip(forms, SENTENCES, strict=True)
    )


def in_the_readers_language(text: str) -> str:
    """The sentence in the language of now where it is one of ours, else the text as it was booked."""
    for pattern, sentence in _patterns():
        if found := pattern.fullmatch(text):
            return gettext(sentence) % found.groupdict()
    return text
