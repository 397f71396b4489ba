"""Matches of needs and listings, as their owners and the brokers of these see them; and the way out of the letters."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.accounts.models import User
from marketplace.fields import row_number
from marketplace.organisations.models import Organisation
from marketplace.refusals import NotPermitted
from marketplace.tables import export
from search import services
from search.matching import reasons
from search.models import MatchedPair, MatchLetters, clients_of

PER_PAGE = 20
SORTS = {"need": "need__title_zh", "listing": "listing__title_zh", "found": "found_at"}
_HEAVY = tuple(
    f"{side}__{name}" for side in ("need", "listing") for name in ("words", "characters", "source")
)
COLUMNS = [
    ("need.code", lambda: _("Need number")),
    ("need.title", lambda: _("Need")),
    ("listing.code", lambda: _("Listing number")),
    ("listing.title", lambda: _("Listing")),
    ("listing.offer", lambda: _("Offer")),
    ("why", lambda: _("Why")),
    ("found_at", lambda: _("Found on")),
]


@login_required
@require_safe
def matches(request: HttpRequest) -> HttpResponse:
    acting = request.acting
    if not acting.can("match.read"):
        raise NotPermitted
    clients = Organisation.objects.in_bulk([int(pk) for pk in clients_of(acting.organisation)])
    rows = MatchedPair.objects.visible_to(acting).select_related("need", "listing").defer(*_HEAVY)
    client = request.GET.get("client", "")
    if row_number(client) in clients:
        rows = rows.filter(need__institution=client) | rows.filter(listing__institution=client)
    sort = request.GET.get("sort", "-found")
    column = SORTS.get(sort.removeprefix("-"), "found_at")
    rows = rows.order_by(("-" if sort.startswith("-") else "") + column, "-pk")
    if "export" in request.GET:
        return export(request, "matches", [(head(), getter) for getter, head in COLUMNS], _explained(rows))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = _explained(page.object_list)
    context = {
        "page": page,
        "clients": sorted(clients.values(), key=lambda house: house.name),
        "client": client,
        "clients_of": [str(pk) for pk in clients],
        "is_told": not MatchLetters.objects.filter(
            user=acting.user, organisation=acting.organisation
        ).exists(),
        "may_be_told": acting.can("match.told"),
        "own": str(acting.organisation.pk),
        "may_propose": acting.organisation.is_research and acting.can("proposal.make"),
    }
    return render(request, "search/matches.html", context)


def _explained(pairs) -> list[MatchedPair]:
    pairs = list(pairs)
    for pair, why in zip(pairs, reasons([(pair.need, pair.listing) for pair in pairs]), strict=True):
        pair.why = " · ".join(why)
    return pairs


@login_required
@require_POST
def told(request: HttpRequest) -> HttpResponse:
    """Switch one's own letters about matches on or off."""
    if not request.acting.can("match.told"):
        raise NotPermitted
    wanted = request.POST.get("wanted") == "1"
    services.tell_matches(request.acting.user, request.acting.organisation, wanted=wanted)
    return redirect("matches")


@csrf_exempt  # mail programs post here by themselves (RFC 8058); whoever holds the signed link may
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """The way out of a letter, without signing in. Opening the link changes nothing: programs open links, too."""
    try:
        user, organisation = services.read_match_token(token)
    except User.DoesNotExist:
        raise Http404 from None
    if request.method == "POST":
        services.tell_matches(user, organisation, wanted=False)
    is_off = MatchLetters.objects.filter(user=user, organisation=organisation).exists()
    response = render(request, "search/match_stop.html", {"house": organisation, "is_off": is_off})
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response
