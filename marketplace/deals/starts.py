"""What an offer may begin from: a version of this deal, the listing's terms, a pilot's rules, a shape of payment."""

from django.utils.translation import gettext as _

from cms.models import ListingPage
from marketplace import terms as language
from marketplace.clock import today
from marketplace.deals.models import Deal, Offer
from marketplace.editor import chooser
from marketplace.editor.chooser import Entry, Group
from marketplace.editor.starts import Start
from marketplace.fields import row_number
from marketplace.programmes.starts import asked_for, from_shape, pilots, ready_form


def start(deal: Deal, offers: list[Offer], asked: str) -> tuple[str, Start]:
    """The starting point that was asked for, else the last version, else the listing's own words. A listing that is
    off the market says nothing: its row holds a draft."""
    listing, published = deal.listing, deal.listing.live
    said = {"free_months": listing.free_months, "programme": listing.programme} if published else {}
    ready = asked_for(asked, **said)
    if ready is not None:
        return asked, ready
    kind, _sep, key = asked.partition(":")
    if kind == "offer":
        chosen = next((offer for offer in offers if offer.number == row_number(key)), None)
        if chosen is not None:
            return asked, Start.of(chosen.agreed_terms)
    if published and (asked == "listing" or not offers):
        return "listing", from_listing(listing)
    if offers:
        return f"offer:{offers[-1].number}", Start.of(offers[-1].agreed_terms)
    key = ready_form("")
    return f"preset:{key}", from_shape(key)


def from_listing(listing: ListingPage) -> Start:
    """The listing's indicative terms; where it has none, the shape nearest to its words, all of it only proposed."""
    if listing.indicative_terms:
        return Start.of(language.read(listing.indicative_terms))
    key = ready_form(listing.payment_form)
    ready = from_shape(key, free_months=listing.free_months, programme=listing.programme)
    ready.draft["exclusivity"] = listing.exclusivity.lower()
    return ready


def choices(deal: Deal, offers: list[Offer]) -> list[Group]:
    """All of it with one line each: the newest version first, then the listing, the pilots, the shapes."""
    here = [
        Entry.of(
            f"offer:{offer.number}", _("version %(number)s") % {"number": offer.number}, offer.agreed_terms
        )
        for offer in reversed(offers)
    ]
    listing = deal.listing
    if listing.live and listing.indicative_terms:
        agreed = language.read(listing.indicative_terms)
        here.append(Entry.of("listing", _("the listing's indicative terms"), agreed))
    elif listing.live:
        here.append(Entry("listing", _("the listing's own words")))
    own = [Group(_("This deal"), tuple(here))] if here else []
    return [*own, pilots(), chooser.shapes()]


def beyond_the_rights(listing: ListingPage, terms: language.Terms) -> list[language.Problem]:
    """A licence that would outlive the last of the rights even if it began today (Civil Code art. 865)."""
    ends = [right.expires_on for right in listing.ip_rights.all()] if listing.live else []
    if not ends or None in ends:
        return []
    found = language.check(terms, effective_on=today(), patents_end_on=max(ends))
    return [problem for problem in found if problem.code == "after_patent_end"]
