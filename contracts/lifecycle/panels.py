"""What contracts show on pages of earlier steps, on the desk and in the menu."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.lifecycle.forms import RelationForm
from contracts.lifecycle.models import ComplianceTask, LicenceContract
from contracts.lifecycle.states import OVER, Side, State
from contracts.lifecycle.waits import PREFETCH, waits_of
from marketplace.clock import today
from marketplace.deals.models import Deal
from marketplace.deals.services import close_guard
from marketplace.deals.states import DealState
from marketplace.desk import DeskItem, desk_items
from marketplace.menu import EVERYBODY, MenuItem, register_menu
from marketplace.panels import panel

TRACK_DAYS = 60  # how long before its deadline a compliance track comes to the desk

register_menu(
    MenuItem(
        "contracts",
        gettext_lazy("Contracts"),
        "contracts",
        "contract.read",
        group="work",
        order=30,
        also=frozenset({"audits"}),
    )
)
register_menu(
    MenuItem(
        "contracts_watched",
        gettext_lazy("Contracts"),
        "contracts",
        "market.watch",
        group="operator",
        order=40,
    )
)
register_menu(
    MenuItem("notices", gettext_lazy("Public notices"), "notices", EVERYBODY, group="market", order=50)
)


@desk_items
def waiting_contracts(acting) -> list[DeskItem]:
    """Everything that a contract waits for: from us, if this person may do it, and from the others."""
    rows = LicenceContract.objects.visible_to(acting).exclude(state__in=OVER).with_parties()
    rows = rows.select_related("wind_down").prefetch_related(*PREFETCH)
    items = []
    for contract in rows.order_by("act_by", "-id")[:300]:
        mine = contract.side_of(acting.organisation)
        for wait in waits_of(contract):
            if not wait.sides:
                continue
            if mine in wait.sides and not acting.can(wait.permission):
                continue
            items.append(
                DeskItem(
                    f"{contract.number} {contract.title}: {wait.what}",
                    contract.get_absolute_url(),
                    due_on=wait.due_on,
                    kind=_("contract"),
                    waits_for="me" if mine in wait.sides else "them",
                )
            )
    return items


@desk_items
def deals_to_draft(acting) -> list[DeskItem]:
    """Agreed deals whose contract nobody has drafted yet."""
    if not acting.can("contract.draft"):
        return []
    mine = acting.organisation
    there = LicenceContract.objects.exclude(state=State.WITHDRAWN).filter(term_sheet__deal=OuterRef("pk"))
    rows = Deal.objects.filter(Q(licensor=mine) | Q(agency=mine), ~Exists(there), state=DealState.AGREED)
    return [
        DeskItem(
            _("%(deal)s %(title)s: draft the contract") % {"deal": deal.number, "title": deal.name},
            deal.get_absolute_url(),
            kind=_("contract"),
        )
        for deal in rows.order_by("pk")[:100]
    ]


@desk_items
def due_tracks(acting) -> list[DeskItem]:
    """Recordals and filings of the own contracts that are due soon or overdue."""
    if not acting.can("registration.record"):
        return []
    rows = ComplianceTask.objects.filter(
        contract__licensor=acting.organisation, done_on=None, due_on__lte=today() + timedelta(days=TRACK_DAYS)
    )
    return [
        DeskItem(
            f"{task.contract.number} {task.contract.title}: {task.get_track_display()}",
            f"{task.contract.get_absolute_url()}#tracks",
            due_on=task.due_on,
            kind=_("compliance"),
        )
        for task in rows.exclude(contract__state__in=OVER).select_related("contract")[:100]
    ]


def _contract_of(deal: Deal, acting) -> LicenceContract | None:
    rows = LicenceContract.objects.visible_to(acting).filter(term_sheet__deal=deal)
    return rows.exclude(state=State.WITHDRAWN).first()


def _may_draft(deal: Deal, acting) -> bool:
    return deal.side_of(acting.organisation) in (Side.LICENSOR, Side.AGENCY) and acting.can("contract.draft")


@panel("deal.next", order=20)
def way_to_the_contract(request: HttpRequest, deal: object) -> str:
    """The link from what comes next in the room, which on a phone stands far above the panel with the contract."""
    if not isinstance(deal, Deal) or deal.state != DealState.AGREED:
        return ""
    if contract := _contract_of(deal, request.acting):
        label = _("Contract %(number)s") % {"number": contract.number}
        said = _("The contract was made from it and goes on there:")
        return format_html('<p>{} <a href="{}">{}</a></p>', said, contract.get_absolute_url(), label)
    said = _("The licensor makes the contract from it; nothing has to be typed again.")
    if deal.listing.live and _may_draft(deal, request.acting):
        button = '<p>{}</p><p><a class="btn btn-primary" href="#contract">{}</a></p>'
        return format_html(button, said, _("Draft the contract"))
    return format_html("<p>{}</p>", said)


@panel("deal.sheet", order=20)
@panel("deal.aside", order=20)
def contract_of_deal(request: HttpRequest, deal: object) -> str:
    """The contract of an agreed deal, or the button that makes it."""
    if not isinstance(deal, Deal) or deal.state != DealState.AGREED:
        return ""
    acting = request.acting
    contract, may_draft = _contract_of(deal, acting), _may_draft(deal, acting)
    side = deal.side_of(acting.organisation)
    declares = side == Side.LICENSOR and acting.can("contract.declare")
    context = {
        "deal": deal,
        "contract": contract,
        "may_draft": may_draft,
        "relation": RelationForm() if declares else None,
    }
    return render_to_string("contracts/lifecycle/_deal_panel.html", context, request=request)


@close_guard
def deal_has_a_contract(deal: Deal) -> str:
    living = LicenceContract.objects.filter(term_sheet__deal=deal).exclude(state__in=OVER)
    contract = living.first()
    if contract is None:
        return ""
    return _("Contract %(number)s rests on this deal; withdraw or end the contract first.") % {
        "number": contract.number
    }
