"""What other pages show of search, and what the menu offers."""

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from cms.models import MarketPage
from marketplace.menu import EVERYBODY, SIGNED_IN, MenuItem, register_menu
from marketplace.panels import panel
from search.matching import near
from search.models import Kind, SavedPage, SearchDocument
from search.viewer import viewer_of

register_menu(MenuItem("search", _("Search the market"), "search", EVERYBODY, "market", 0))
register_menu(MenuItem("saved_searches", _("Saved searches"), "saved_searches", SIGNED_IN, "market", 30))
register_menu(MenuItem("saved_pages", _("Saved pages"), "saved_pages", SIGNED_IN, "market", 29))
register_menu(MenuItem("matches", _("Matches"), "matches", "match.read", "market", 31))
register_menu(MenuItem("synonyms", _("Words that mean the same"), "synonyms", "search.keep", "operator", 70))
register_menu(MenuItem("search_health", _("State of search"), "search_health", "search.keep", "operator", 71))


@panel("page.actions", order=10)
def save_and_share(request: HttpRequest, page: MarketPage) -> str:
    """Visitors get links only, so that their page can be kept by caches; nobody needs to save what is their own."""
    if not page.live:
        return ""
    own = SavedPage.objects.visible_to(request.acting)
    context = {
        "page": page,
        "address": f"{settings.SITE_URL}{page.get_absolute_url()}",
        "is_own": request.acting.is_for(page.organisation),
        "is_saved": own.filter(page_id=page.pk).exists() if request.acting.user else False,
    }
    return render_to_string("search/_save.html", context, request)


@panel("listing.aside", order=60)
def near_a_listing(request: HttpRequest, page: MarketPage) -> str:
    return _near(request, page, {Kind.LISTING: _("Similar listings"), Kind.NEED: _("Needs it fits")})


@panel("need.main", order=50)
def near_a_need(request: HttpRequest, page: MarketPage) -> str:
    return _near(request, page, {Kind.LISTING: _("Listings that fit")})


def _near(request: HttpRequest, page: MarketPage, headings: dict[Kind, object]) -> str:
    document = SearchDocument.objects.defer("words", "characters", "source").filter(pk=page.pk).first()
    if document is None:
        return ""
    found = near(document, viewer_of(request.acting), list(headings))
    parts = zip(headings.values(), found or [[] for _heading in headings], strict=True)
    return render_to_string("search/_near.html", {"parts": list(parts), "is_late": found is None}, request)
