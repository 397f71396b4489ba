"""What the dashboard adds to pages of earlier steps: the home page's content, the demo's sign-ins."""

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from marketplace.dashboard import queries
from marketplace.dashboard.demo import demo_accounts
from marketplace.menu import SIGNED_IN, MenuItem, register_menu
from marketplace.panels import panel

register_menu(MenuItem("desk", _("Desk"), "desk", permission=SIGNED_IN, group="desk", order=0))
register_menu(
    MenuItem("market", _("Overview of the market"), "market", "market.watch", group="operator", order=0)
)


@panel("home.main")
def home(request, page):
    numbers = queries.market_numbers()
    context = {
        "numbers": numbers,
        "categories": queries.fields_with_listings(numbers.by_field),
        "programmes": queries.programmes_with_listings(numbers.by_programme),
        "listings": queries.newest_listings(),
        "needs": queries.newest_needs(),
    }
    return render_to_string("dashboard/_home.html", context, request=request)


@panel("signin.demo")
def sign_ins(request, _page):
    """One sign-in per role, in demo mode only."""
    if not settings.DEMO:
        return ""
    return render_to_string(
        "dashboard/_demo_sign_ins.html",
        {"accounts": demo_accounts(), "password": settings.DEMO_PASSWORD},
        request=request,
    )


@panel("payments.statements")
def statements_to_try(request, accounts):
    """Where to get a statement in the demo, which has no bank."""
    if not settings.DEMO or not accounts:
        return ""
    return render_to_string("dashboard/_demo_statements.html", {"accounts": accounts}, request=request)
