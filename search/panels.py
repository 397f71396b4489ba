"""What other pages show of search, and what the menu offers."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from cms.models import MarketPage
from marketplace.menu import EVERYBODY, SIGNED_IN, MenuItem, register_menu
from marketplace.panels import panel
from search.matching import Match, matches, similar
from search.models import SearchDocument
from search.viewer import viewer_of

register_menu(MenuItem("search", _("Search the market"), "search", EVERYBODY, "market", 0))
register_menu(MenuItem("saved_searches", _("Saved searches"), "saved_searches", SIGNED_IN, "market", 30))
register_menu(MenuItem("matches", _("Matches"), "matches", "match.read", "market", 31))
register_menu(MenuItem("synonyms", _("Words that mean the same"), "synonyms", "search.keep", "operator", 70))
register_menu(MenuItem("search_health", _("State of search"), "search_health", "search.keep", "operator", 71))


@panel("listing.aside", order=60)
def similar_listings(request: HttpRequest, page: MarketPage) -> str:
    return _panel(request, page, similar, "search/_similar.html")


@panel("listing.aside", order=70)
def needs_it_fits(request: HttpRequest, page: MarketPage) -> str:
    return _panel(request, page, matches, "search/_needs.html")


@panel("need.main", order=50)
def listings_for_need(request: HttpRequest, page: MarketPage) -> str:
    return _panel(request, page, matches, "search/_listings.html")


def _panel(request: HttpRequest, page: MarketPage, ask, template: str) -> str:
    document = SearchDocument.objects.defer("words", "characters", "source").filter(pk=page.pk).first()
    found: list[Match] = ask(document, viewer_of(request.acting)) if document else []
    return render_to_string(template, {"matches": found}, request) if found else ""
