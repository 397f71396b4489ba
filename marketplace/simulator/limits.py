"""How much and how often anybody may simulate without signing in."""

from __future__ import annotations

import time

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest

from marketplace.terms import Terms, TermsError
from marketplace.terms.problems import Problem

MAX_BYTES = 256 * 1024  # of a request's body
PER_MINUTE = 60  # from one address; pages and API count apart
MAX_CHARGES = 4000  # about what a request may compute; the command has no such limit


def too_often(request: HttpRequest, what: str, limit: int = PER_MINUTE) -> bool:
    """Counts the calls of one visitor's address in the running minute; the cache forgets the minute by itself. Without a
    cache nobody counts."""
    address = get_adapter().get_client_ip(request)
    key = f"simulate:{what}:{address}:{int(time.time() // 60)}"
    cache.add(key, 0, timeout=120)
    try:
        return cache.incr(key) > limit
    except ValueError:
        return False


def refuse_too_large(terms: Terms) -> None:
    """Raises TermsError where the terms would make more charges than a request may compute."""
    periods = max(terms.term_months, 0) // terms.report.every.months + 2
    charges = sum(len(getattr(element, "parts", ())) or periods for element in terms.elements)
    if charges > MAX_CHARGES:
        raise TermsError([Problem("", "too_many_charges", {"charges": charges, "limit": MAX_CHARGES})])
