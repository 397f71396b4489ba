"""Where other pages show what terms would cost: listings, offers, deal rooms, contracts; and the menu."""

from __future__ import annotations

from datetime import date

from django.core.cache import cache
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cms.models import ListingPage
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.states import OVER
from marketplace.clock import today
from marketplace.deals.models import Deal, Offer
from marketplace.menu import EVERYBODY, MenuItem, register_menu
from marketplace.money import Money
from marketplace.panels import panel
from marketplace.terms import Terms, TermsError, hash_of, read
from marketplace.terms.dates import add_months

from .assumed import rated
from .dials import checked
from .limits import refuse_too_large
from .playing import NAMES
from .ready import KEYS, ready
from .views.negotiated import may_see_past

register_menu(MenuItem("simulator", gettext_lazy("Simulator"), "simulator", EVERYBODY, "market", 60))


def sums(agreed: Terms) -> list[dict]:
    """What each ready scenario comes to; empty for terms that contradict themselves or make too much to compute.

    Kept for a day: the same terms give the same sums, and a listing is looked at often.
    """
    start = add_months(today().replace(day=1), 1)
    found = cache.get_or_set(f"simulate:sums:{hash_of(agreed)}:{start}", lambda: _sums(agreed, start), 86400)
    return [
        {"key": key, "name": NAMES[key], "total": Money(minor, agreed.currency)}
        for key, minor in found.items()
    ]


def _sums(agreed: Terms, start: date) -> dict[str, int]:
    try:
        refuse_too_large(checked(agreed))
        return {key: rated(agreed, ready(key, agreed, start)).total.minor for key in KEYS}
    except (TermsError, ValueError):
        return {}


@panel("listing.terms")
def what_it_would_cost(request: HttpRequest, listing: object) -> str:
    """On a listing with indicative terms: what they come to, and the way to play with them."""
    if not isinstance(listing, ListingPage) or not listing.indicative_terms or not listing.live:
        return ""
    try:
        agreed = read(listing.indicative_terms)
    except TermsError:
        return ""
    rows = sums(agreed)
    for row in rows:
        row["url"] = f"{reverse('simulator')}?listing={listing.code}&scenario={row['key']}"
    context = {"rows": rows, "url": f"{reverse('simulator')}?listing={listing.code}"}
    return render_to_string("simulator/_panel.html", context, request) if rows else ""


@panel("offer.main")
def what_an_offer_would_cost(request: HttpRequest, offer: object) -> str:
    if not isinstance(offer, Offer):
        return ""
    rows = sums(offer.agreed_terms)
    context = {"rows": rows, "url": reverse("simulator_offer", args=[offer.deal.number, offer.number])}
    return render_to_string("simulator/_panel.html", context, request) if rows else ""


@panel("deal.aside", order=5)
def play_with_the_offer(request: HttpRequest, deal: object) -> str:
    """In the room: the way to play with the newest version."""
    if not isinstance(deal, Deal):
        return ""
    newest = deal.offers.order_by("-number").values_list("number", flat=True).first()
    if newest is None:
        return ""
    return format_html(
        '<p class="no-print"><a class="btn" href="{}">{}</a></p>',
        reverse("simulator_offer", args=[deal.number, newest]),
        _("Simulate version %(number)s") % {"number": newest},
    )


@panel("contract.tabs", order=20)
def contract_tab(request: HttpRequest, contract: object) -> str:
    if not isinstance(contract, LicenceContract) or contract.state in OVER:
        return ""
    if contract.effective_on is not None and not may_see_past(request.acting, contract):
        return ""
    return format_html(
        '<a href="{}">{}</a>', reverse("simulator_contract", args=[contract.number]), _("Simulator")
    )
