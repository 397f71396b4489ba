"""Lists of deals: the table, the operator's view of states, and the brokers' board."""

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from marketplace.clock import now
from marketplace.deals.models import CommissionTerm, Deal
from marketplace.deals.standing import standing
from marketplace.deals.states import DealState, Side, WaitsFor
from marketplace.fields import row_number
from marketplace.organisations.models import Organisation
from marketplace.organisations.roles import Kind
from marketplace.tables import export

SORTS = {
    "number": "number",
    "state": "state",
    "activity": "last_activity_at",
    "waiting": "waiting_since",
    "opened": "opened_at",
}
PAGE = 20


@login_required
def deals(request: HttpRequest) -> HttpResponse:
    if request.acting.is_operator:
        return _watched(request)
    if not request.acting.can("deal.read"):
        return render(request, "deals/deal_none.html", {})
    organisation = request.acting.organisation
    mine = Deal.objects.visible_to(request.acting)
    rows = _sorted(_filtered(mine, request, organisation), request).with_parties()
    if request.GET.get("export"):
        return export(request, "deals", _columns(), rows)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    acting = request.acting
    context = {
        "page": page,
        "rows": [(deal, standing(deal, acting)) for deal in page],
        "partners": _partners(mine, organisation),
        "states": DealState.choices,
        "sides": Side.choices,
        "filtered": any(request.GET.get(key) for key in ("state", "side", "partner", "next", "q")),
        "kind": organisation.kind,
    }
    return render(request, "deals/deal_list.html", context)


def _filtered(rows, request: HttpRequest, organisation: Organisation):
    """Odd values in the address are ignored, never an error."""
    asked = request.GET
    if asked.get("state") in DealState.values:
        rows = rows.filter(state=asked["state"])
    if asked.get("side") in Side.values:
        rows = rows.filter(**{asked["side"].lower(): organisation})
    if partner := row_number(asked.get("partner", "")):
        rows = rows.of(partner)
    waiting = Deal.objects.waiting_for(organisation).values("pk")
    if asked.get("next") == "me":
        rows = rows.filter(pk__in=waiting)
    elif asked.get("next") == "them":
        rows = rows.filter(state=DealState.OPEN).exclude(pk__in=waiting)
    elif asked.get("next") == "nobody":
        rows = rows.filter(waits_for=WaitsFor.NOBODY)
    if text := asked.get("q", "").replace("\x00", "").strip()[:100]:
        rows = rows.filter(
            Q(number__icontains=text)
            | Q(listing__code__icontains=text)
            | Q(title_zh__icontains=text)
            | Q(title_en__icontains=text)
        )
    return rows


def _sorted(rows, request: HttpRequest):
    sort = request.GET.get("sort", "-activity")
    column = SORTS.get(sort.removeprefix("-"))
    if column is None:
        return rows
    return rows.order_by(f"-{column}" if sort.startswith("-") else column, "-id")


def _partners(rows, organisation: Organisation) -> list[Organisation]:
    """Everybody with whom this organisation negotiates or did."""
    named = [rows.values(name) for name in ("licensor", "licensee", "agency")]
    others = Q(pk__in=named[0]) | Q(pk__in=named[1]) | Q(pk__in=named[2])
    return list(Organisation.objects.filter(others).exclude(pk=organisation.pk).order_by("name_zh"))


def _columns() -> list:
    return [
        (_("Number"), "number"),
        (_("Listing"), "name"),
        (_("Listing number"), "listing.code"),
        (_("Licensor"), lambda deal: deal.licensor.name),
        (_("Licensee"), lambda deal: deal.licensee.name),
        (_("Agency"), lambda deal: deal.agency.name if deal.agency else ""),
        (_("State"), "get_state_display"),
        (_("Waits for"), "get_waits_for_display"),
        (_("Next step"), "get_next_step_display"),
        (_("Waiting since"), "waiting_since"),
        (_("Opened"), "opened_at"),
        (_("Last activity"), "last_activity_at"),
    ]


def _watched(request: HttpRequest) -> HttpResponse:
    """The operator: who negotiates with whom and how far it is, nothing of what is said."""
    rows = Deal.objects.watched_by(request.acting).select_related("licensor", "licensee", "agency", "listing")
    if request.GET.get("state") in DealState.values:
        rows = rows.filter(state=request.GET["state"])
    rows = _sorted(rows, request)
    if request.GET.get("export"):
        columns = [column for column in _columns() if column[1] != "get_next_step_display"]
        del columns[1]
        return export(request, "deals", columns, rows)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "deals/deal_watch_list.html", {"page": page, "states": DealState.choices})


CLOSED_SHOWN = timedelta(days=30)


@login_required
def pipeline(request: HttpRequest) -> HttpResponse:
    """The brokers' board: what waits for us, for whom the rest waits, what was agreed and what ended."""
    acting = request.acting
    if not acting.can("deal.read") or acting.organisation.kind != Kind.AGENCY:
        raise Http404
    rows = (
        Deal.objects.visible_to(acting)
        .filter(Q(closed_at__isnull=True) | Q(closed_at__gte=now() - CLOSED_SHOWN))
        .with_parties()
        .order_by("waiting_since", "id")
    )
    commissions = {
        term.deal_id: term
        for term in CommissionTerm.objects.visible_to(acting)
        .filter(deal__in=rows.values("pk"), state__in=["PROPOSED", "AGREED"])
        .order_by("state", "-id")
    }
    titles = {
        "mine": _("Waits for us"),
        "LICENSOR": _("Waits for the licensor"),
        "LICENSEE": _("Waits for the licensee"),
        "AGREED": _("Terms agreed"),
        "CLOSED": _("Closed in the last 30 days"),
    }
    columns: dict[str, list] = {key: [] for key in titles}
    for deal in rows:
        card = {
            "deal": deal,
            "days": (now() - deal.waiting_since).days,
            "commission": commissions.get(deal.pk),
        }
        columns[_column(deal, acting)].append(card)
    board = [{"key": key, "title": titles[key], "cards": cards} for key, cards in columns.items()]
    return render(request, "deals/deal_pipeline.html", {"board": board})


def _column(deal: Deal, acting) -> str:
    if deal.state != DealState.OPEN:
        return deal.state
    speaks_for = standing(deal, acting).speaks_for
    if speaks_for is not None and deal.waits_for in (WaitsFor.BOTH, str(speaks_for)):
        return "mine"
    return deal.waits_for if deal.waits_for in ("LICENSOR", "LICENSEE") else "LICENSEE"
