"""What a desk says below its tasks: where the acting organisation stands, as far as this person may read."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from cms.models import ListingPage, NeedPage, ServicePage
from contracts.billing.models import Invoice
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.states import BEFORE_SIGNATURE, RUNNING
from contracts.payments.queries import annotate_balances
from marketplace.clock import today
from marketplace.deals.models import Deal
from marketplace.deals.states import DealState
from marketplace.money import Money
from marketplace.organisations.acting import Acting
from marketplace.organisations.roles import RESEARCH, Kind

_PAGES = {Kind.ENTERPRISE: (NeedPage, "needs_mine"), Kind.PROVIDER: (ServicePage, "services_mine")}


@dataclass(frozen=True)
class Standing:
    """One figure: a count, or sums of money by currency; `url` is the list behind it."""

    label: str
    url: str
    count: int | None = None
    sums: tuple[Money, ...] = ()


def sums_of(rows: QuerySet, field: str) -> tuple[Money, ...]:
    """The sum of a column of minor units, one for each currency."""
    found = rows.order_by().values("currency").annotate(sum_minor=Sum(field)).order_by("currency")
    return tuple(Money(row["sum_minor"], row["currency"]) for row in found if row["sum_minor"])


def standing_of(acting: Acting) -> list[Standing]:
    """Figures of the acting organisation; none for the operator, who has the overview of the market."""
    if acting.organisation is None or acting.is_operator:
        return []
    return [*_pages(acting), *_negotiations(acting), *_money(acting)]


def _pages(acting: Acting) -> Iterator[Standing]:
    kind = acting.organisation.kind
    if kind in RESEARCH:
        model, url_name, label = ListingPage, "listings", _("Published listings")
    elif kind in _PAGES:
        model, url_name = _PAGES[kind]
        label = _("Published needs") if model is NeedPage else _("Published services")
    else:
        return
    count = model.objects.live().of(acting.organisation).count()
    yield Standing(label, reverse(url_name), count)


def _negotiations(acting: Acting) -> Iterator[Standing]:
    if acting.can("deal.read"):
        count = Deal.objects.visible_to(acting).filter(state=DealState.OPEN).count()
        yield Standing(_("Open deals"), reverse("deals"), count)
    if acting.can("contract.read"):
        states = list(LicenceContract.objects.visible_to(acting).order_by().values_list("state", flat=True))
        preparing = sum(state in BEFORE_SIGNATURE for state in states)
        running = sum(state in RUNNING for state in states)
        yield Standing(_("Contracts in preparation"), reverse("contracts"), preparing)
        yield Standing(_("Running contracts"), reverse("contracts"), running)


def _money(acting: Acting) -> Iterator[Standing]:
    if not acting.can("invoice.read") or acting.organisation.kind == Kind.AGENCY:
        return
    invoices = annotate_balances(Invoice.objects.visible_to(acting)).filter(open_minor__gt=0)
    mine = acting.organisation
    for rows, open_label, late_label in (
        (invoices.filter(issuer=mine), _("To be received"), _("Of it overdue")),
        (invoices.filter(payer=mine), _("To be paid"), _("Of it overdue")),
    ):
        if open_sums := sums_of(rows, "open_minor"):
            yield Standing(open_label, reverse("invoices"), sums=open_sums)
            if late := sums_of(rows.filter(due_on__lt=today()), "open_minor"):
                yield Standing(late_label, reverse("invoices"), sums=late)


def first_step(acting: Acting) -> tuple[str, str] | None:
    """(address, words) of what somebody with an empty desk can begin with."""
    if acting.is_operator:
        return (reverse("market"), _("Look at the market")) if acting.can("market.watch") else None
    if acting.can("listing.edit"):
        if acting.organisation.kind == Kind.PROVIDER:
            return reverse("service_new"), _("Offer a service")
        return reverse("listing_new"), _("Start a listing")
    if acting.can("enquiry.open"):
        return reverse("search"), _("Look for a research result")
    return None
