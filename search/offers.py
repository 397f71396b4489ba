"""What a listing offers, in the few words that lists show and facets count; pure but for translation."""

import re

from django.utils.translation import gettext, ngettext, override

from marketplace.terms import TermsError, read
from marketplace.terms.elements import EntryFee, Instalments, LumpSum, Milestone
from marketplace.terms.triggers import After, OnDate, OnEvent, Threshold, leaves
from marketplace.terms.words import one_line

# Phrases that say what a trigger in words waits for, where there are no structured terms.
_PHRASES = (
    ("THRESHOLD", r"达到|超过|满\s*\d+\s*万|累计|reach|exceed|threshold|at least"),
    ("INCOME", r"收入|销售|盈利|获利|income|revenue|sale|sold|profit"),
    ("DECISION", r"转化|决定|转正|convert|conversion|decision|decide"),
    ("TIME", r"期满|届满|到期|(个月|年)后|after \w+ (months?|years?)|end of the (free|trial)|expir"),
)
_HAN = re.compile(r"[\u4e00-\u9fff（“]")
_EVENTS = {"first_income": "INCOME", "conversion": "DECISION"}


def free_bucket(months: int | None) -> str:
    """The bucket of the facet "free period"; "" when the listing says nothing about it."""
    if months is None:
        return ""
    bounds = ((0, "NONE"), (6, "UP_TO_6"), (12, "UP_TO_12"), (24, "UP_TO_24"))
    return next((name for bound, name in bounds if months <= bound), "OVER_24")


def price_bucket(minor: int | None) -> str:
    """The bucket of the facet "fixed price" (fen); "" when the terms name none or are not known."""
    if minor is None:
        return ""
    bounds = ((0, "NONE"), (10_000_000, "UP_TO_100K"), (50_000_000, "UP_TO_500K"), (200_000_000, "UP_TO_2M"))
    return next((name for bound, name in bounds if minor <= bound), "OVER_2M")


def fixed_price(terms) -> int | None:
    """The fixed sums of structured terms together (lump sum, entry fee, milestones, instalments), in fen: what is
    known of the price before anything is sold. None without terms, or in another currency."""
    if terms is None or terms.currency != "CNY":
        return None
    fixed = (LumpSum, EntryFee, Milestone, Instalments)
    return sum(e.amount for e in terms.elements if isinstance(e, fixed))


def terms_of(document: object):
    """The structured terms, or None where there are none that can be read."""
    if not document:
        return None
    try:
        return read(document)
    except TermsError:
        return None


def trigger_kinds(terms, words: str) -> list[str]:
    """What payment waits for: TIME, INCOME, THRESHOLD, DECISION, EVENT. From the structured terms; where there are
    none, from the phrases of the trigger in words."""
    if terms is None:
        return [kind for kind, pattern in _PHRASES if re.search(pattern, words, re.IGNORECASE)]
    found = set()
    for element in terms.elements:
        if element.trigger is None:
            found.add("DECISION" if element.commitment == "option" else "TIME")
        for leaf in leaves(element.trigger):
            if isinstance(leaf, OnDate | After):
                found.add("TIME")
            elif isinstance(leaf, Threshold):
                found.add("THRESHOLD")
            elif isinstance(leaf, OnEvent):
                found.add(_EVENTS.get(leaf.name, "EVENT"))
    return sorted(found)


def offer_words(language: str, *, terms, price: str, free_months: int | None, payment: str) -> str:
    """ "12 months free, then 3 % of net sales, capped": from the institution's own words, else from the terms,
    else from the payment form."""
    if terms is not None and not price:
        return one_line(terms, language)
    with override(language):
        then = price or payment
        if free_months and language == "en" and then[1:2].islower():
            then = then[:1].lower() + then[1:]  # it goes on in the sentence
        if free_months and language != "en" and then[:1] and not _HAN.match(then):
            then = f" {then}"  # a sum stands apart from the Chinese before it
        if free_months:
            free = ngettext("%(months)s month free", "%(months)s months free", free_months) % {
                "months": free_months
            }
            if not then:
                return free
            if re.search(rf"\b{free_months}\b|免费|free", then):
                return then  # the words say it themselves
            return gettext("%(free)s, then %(price)s") % {"free": free, "price": then}
        return then
