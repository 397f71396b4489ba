"""What a deal shows on pages of earlier steps, on the desk and in the menu."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cms.models import ListingPage, NeedPage
from marketplace.deals import services
from marketplace.deals.models import AgencyInvitation, CommissionTerm, Deal, Proposal
from marketplace.deals.standing import standing
from marketplace.deals.states import DealState
from marketplace.deals.views.enquiry import form_for, obstacle
from marketplace.deals.views.proposals import KINDS, why_not
from marketplace.desk import DeskItem, desk_items
from marketplace.menu import MenuItem, register_menu
from marketplace.organisations.roles import Kind
from marketplace.panels import panel

register_menu(MenuItem("deals", gettext_lazy("Deals"), "deals", "deal.read", group="work", order=20))
register_menu(
    MenuItem("deals_watched", gettext_lazy("Deals"), "deals", "market.watch", group="operator", order=30)
)
register_menu(
    MenuItem(
        "pipeline",
        gettext_lazy("Pipeline"),
        "pipeline",
        "deal.read",
        group="work",
        order=10,
        kinds=frozenset({Kind.AGENCY}),
    )
)
register_menu(
    MenuItem(
        "proposals",
        gettext_lazy("Proposed results"),
        "proposals",
        "proposal.read",
        group="work",
        order=15,
        kinds=KINDS,
        also=frozenset({"propose"}),
    )
)
SHOWN = 5


@panel("listing.aside", order=10)
def ask(request: HttpRequest, listing: object) -> str:
    """Ask a question or request a trial, or what has to be done before; nothing on one's own listing.

    Visitors get links only: their page holds no form token, so it can be kept by caches."""
    if not isinstance(listing, ListingPage) or not listing.live:
        return ""
    why = obstacle(listing, request.acting)
    if why == "own":
        return ""
    deal = None
    if not why and request.acting.organisation.kind == Kind.ENTERPRISE:
        deal = services.find_open_deal(listing, request.acting.organisation)
    context = {
        "listing": listing,
        "why": why,
        "deal": deal,
        "form": None if deal or why == "anonymous" else form_for(request, listing, why),
    }
    return render_to_string("deals/_enquiry_panel.html", context, request=request)


@panel("need.main", order=10)
def proposals(request: HttpRequest, need: object) -> str:
    """To its owner what was proposed, to a proposer their own, to those who may the way to propose; to others how
    to become one of them, or nothing. Visitors get a link only, so that their page can be kept by caches."""
    if not isinstance(need, NeedPage) or not need.live:
        return ""
    acting = request.acting
    why = why_not(need, acting)
    if why == "wrong_kind":
        return ""
    rows = Proposal.objects.visible_to(acting).filter(need=need)
    count = rows.count()
    context = {
        "need": need,
        "why": why,
        "count": count,
        "rows": list(rows.with_pages()[:SHOWN]) if count else [],
        "may_read": acting.can("proposal.read"),
    }
    return render_to_string("deals/_proposals_panel.html", context, request=request)


@desk_items
def waiting_proposals(acting) -> list[DeskItem]:
    """Open proposals that can be taken up: the enterprise answers, the proposer waits."""
    mine = acting.can("proposal.answer")
    if not mine and not acting.can("proposal.make"):
        return []
    rows = Proposal.objects.visible_to(acting).waiting().with_pages()
    return [
        DeskItem(
            _("%(need)s: %(title)s is proposed, answer") % {"need": row.need.code, "title": row.listing_name}
            if mine
            else _("%(need)s: %(title)s is proposed, the enterprise answers")
            % {"need": row.need.code, "title": row.listing_name},
            row.get_absolute_url(),
            kind=_("proposal"),
            waits_for="me" if mine else "them",
        )
        for row in rows.order_by("made_at")[:200]
    ]


@desk_items
def waiting_deals(acting) -> list[DeskItem]:
    """Open deals: those that wait for us, and those where the others are to act."""
    if not acting.can("deal.write"):
        return []
    rows = Deal.objects.visible_to(acting).filter(state=DealState.OPEN).with_parties()
    items = []
    for deal in rows.order_by("waiting_since")[:200]:
        speaks_for = standing(deal, acting).speaks_for
        mine = speaks_for is not None and deal.waits_for in ("BOTH", str(speaks_for))
        what = deal.get_next_step_display()
        if not mine:
            what = f"{deal.get_waits_for_display()} · {what}"
        title = f"{deal.number} {deal.name}: {what}"
        items.append(
            DeskItem(title, deal.get_absolute_url(), kind=_("deal"), waits_for="me" if mine else "them")
        )
    return items


@desk_items
def open_invitations(acting) -> list[DeskItem]:
    """Agencies that are asked in: by the other party, or by the agency itself once both parties agree."""
    if not acting.can("deal.write"):
        return []
    organisation = acting.organisation
    rows = AgencyInvitation.objects.filter(state__in=AgencyInvitation.OPEN).select_related("deal", "agency")
    if organisation.kind == Kind.AGENCY:
        rows = rows.filter(agency=organisation, state="AGREED")
    else:
        rows = [
            row
            for row in rows.filter(deal__in=Deal.objects.of(organisation), state="PROPOSED")
            if row.deal.side_of(organisation) != row.proposed_for
        ]
    return [
        DeskItem(
            _("%(deal)s: an agency is invited, answer") % {"deal": row.deal.number},
            row.deal.agency_url(),
            kind=_("invitation"),
        )
        for row in rows
    ]


@desk_items
def open_commissions(acting) -> list[DeskItem]:
    """Proposals of a commission that the other one of agency and payer has made."""
    if not acting.can("deal.write"):
        return []
    rows = (
        CommissionTerm.objects.visible_to(acting)
        .filter(state="PROPOSED")
        .exclude(deal__state=DealState.CLOSED)
        .select_related("deal")
    )
    return [
        DeskItem(
            _("%(deal)s: a commission is proposed, answer") % {"deal": row.deal.number},
            f"{row.deal.get_absolute_url()}#commission",
            kind=_("commission"),
        )
        for row in rows
        if row.deal.side_of(acting.organisation) != row.proposed_side
    ]
