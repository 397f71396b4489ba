"""What a contract's page shows of money received and distributed; menu and desk."""

from collections import defaultdict

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.billing.models import Invoice
from contracts.lifecycle.models import LicenceContract
from contracts.payments.queries import annotate_balances
from contracts.payments.services import follow_receipts
from contracts.proceeds.models import Distribution, Payout
from contracts.proceeds.queries import with_undistributed
from contracts.proceeds.states import DistributionState, PayoutState
from contracts.proceeds.tasks import accrue_commissions
from marketplace.clock import today
from marketplace.desk import DeskItem, desk_items
from marketplace.menu import MenuItem, register_menu
from marketplace.organisations.roles import RESEARCH
from marketplace.panels import panel

DESK_LIMIT = 20

follow_receipts(accrue_commissions)


@panel("contract.aside", order=60)
def money_of_contract(request, contract) -> str:
    """What was invoiced, credited, received and is open, for the two parties; the licensor's way to distribution."""
    acting = request.acting
    if not acting.can("invoice.read") or not (
        acting.is_for(contract.licensor) or acting.is_for(contract.licensee)
    ):
        return ""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for invoice in annotate_balances(Invoice.objects.filter(contract=contract)):
        row = sums[invoice.currency]
        row["total"] += invoice.total_minor
        row["credited"] += invoice.credited_minor
        row["paid"] += invoice.paid_minor
        row["open"] += max(invoice.open_minor, 0)
        if invoice.due_on < today():
            row["overdue"] += max(invoice.open_minor, 0)
    proceeds = acting.is_for(contract.licensor) and acting.can("distribution.read")
    if not sums and not proceeds:
        return ""
    money = [{"currency": currency, **row} for currency, row in sums.items()]
    context = {"contract": contract, "money": money, "proceeds": proceeds}
    return render_to_string("contracts/proceeds/_contract_money.html", context, request)


@desk_items
def distribution_work(acting) -> list[DeskItem]:
    """For the licensor: receipts to distribute, proposals to decide, payouts that are due."""
    items, mine = [], acting.organisation
    if acting.can("distribution.propose") and mine.is_research:
        waiting = with_undistributed(LicenceContract.objects.filter(licensor=mine))
        waiting = waiting.exclude(distributions__state=DistributionState.PROPOSED)
        items += [
            DeskItem(
                _("Distribute the income of %(number)s") % {"number": contract.number},
                reverse("contract_proceeds", args=[contract.number]),
                None,
                _("Distribution"),
            )
            for contract in waiting.order_by("pk")[:DESK_LIMIT]
        ]
    proposed = Distribution.objects.visible_to(acting).filter(state=DistributionState.PROPOSED)
    for row in proposed.select_related("contract")[:DESK_LIMIT]:
        mine_to_do = acting.can("distribution.approve") and row.proposed_by_id != acting.user.pk
        title = _("Decide the distribution of %(number)s") % {"number": row.contract.number}
        waits = "me" if mine_to_do else "them"
        items.append(DeskItem(title, row.get_absolute_url(), None, _("Distribution"), waits))
    if acting.can("payout.confirm"):
        due = Payout.objects.filter(payer=mine, state=PayoutState.DUE)
        count = due.count()
        if count:
            first = due.order_by("due_from").values_list("due_from", flat=True).first()
            title = _("Payouts to be made: %(count)s") % {"count": count}
            items.append(DeskItem(title, reverse("payouts"), first, _("Payout")))
    return items


for _key, _label, _url, _permission, _order, _kinds in (
    ("distributions", gettext_lazy("Distribution"), "distributions", "distribution.read", 50, RESEARCH),
    ("payouts", gettext_lazy("Payouts"), "payouts", "payout.confirm", 55, frozenset()),
    ("commissions", gettext_lazy("Commissions"), "commissions", "commission.read", 60, frozenset()),
    ("my_income", gettext_lazy("My income"), "my_income", "signed_in", 65, RESEARCH),
):
    register_menu(MenuItem(_key, _label, _url, _permission, "money", _order, frozenset(_kinds)))
