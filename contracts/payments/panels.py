"""What pages of other steps show of payments; menu and desk."""

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.billing.crediting import follow_credit_notes
from contracts.billing.models import Invoice
from contracts.payments.collecting.forms import PauseForm, WriteOffForm
from contracts.payments.collecting.models import DunningPause, WriteOff, WriteOffState
from contracts.payments.gateways.models import GatewayAccount, GatewayInvoice
from contracts.payments.interest import charged_interest, open_interest
from contracts.payments.models import Payment, PaymentAdvice, StatementLine
from contracts.payments.queries import annotate_balances, payee_account
from contracts.payments.states import GATEWAY_NEXT, AdviceState, GatewayState, LineState
from contracts.payments.tasks import release_overpaid
from marketplace.clock import today
from marketplace.desk import DeskItem, desk_items
from marketplace.menu import MenuItem, register_menu
from marketplace.money import Money
from marketplace.organisations.roles import RESEARCH
from marketplace.panels import panel

DESK_LIMIT = 20
follow_credit_notes(release_overpaid)


@panel("invoice.pay")
def how_to_pay(request, invoice) -> str:
    acting = request.acting
    issuer = acting.is_for(invoice.issuer)
    gateway = GatewayInvoice.objects.filter(invoice=invoice).select_related("account").first()
    may_send, left_behind = False, ""
    if issuer and acting.can("invoice.issue") and invoice.open_minor > 0:
        to = GatewayAccount.objects.usable().filter(organisation=invoice.issuer).first()
        may_send = to is not None and (gateway is None or GatewayState.PENDING in GATEWAY_NEXT[gateway.state])
        if may_send and gateway and not gateway.account.is_same_as(to):
            left_behind = gateway.external_id
    context = {
        "invoice": invoice,
        "account": payee_account(invoice),
        "issuer": issuer,
        "payer": acting.is_for(invoice.payer),
        "stripe": gateway,
        "may_advise": acting.is_for(invoice.payer) and acting.can("payment.advise"),
        "may_send": may_send,
        "left_behind": left_behind,
    }
    return render_to_string("contracts/payments/_invoice_pay.html", context, request)


@panel("invoice.main", order=10)
def money_of_invoice(request, invoice) -> str:
    context = {
        "invoice": invoice,
        "allocations": invoice.allocations.select_related("payment").order_by("pk"),
        "advices": PaymentAdvice.objects.visible_to(request.acting).filter(invoice=invoice),
        "may_read": request.acting.can("payment.confirm"),
        "interest_minor": open_interest(invoice),
        "charged_minor": charged_interest(invoice),
    }
    return render_to_string("contracts/payments/_invoice_money.html", context, request)


@panel("invoice.main", order=20)
def collecting_of_invoice(request, invoice) -> str:
    """Reminders for both sides; the pause and the write-off for the issuer's finance."""
    acting = request.acting
    issuer = acting.is_for(invoice.issuer)
    open_ = invoice.open_minor > 0 and issuer
    context = {
        "invoice": invoice,
        "notices": invoice.dunning_notices.all(),
        "pause": DunningPause.objects.filter(invoice=invoice, until__gt=today()).first(),
        "write_offs": (write_offs := list(WriteOff.objects.visible_to(acting).filter(invoice=invoice))),
        "may_pause": open_ and acting.can("invoice.issue"),
        "may_write_off": open_
        and acting.can("write_off.propose")
        and invoice.due_on < today()
        and not any(row.state == WriteOffState.PROPOSED for row in write_offs),
        "pause_form": PauseForm(),
        "write_off_form": WriteOffForm(),
    }
    return render_to_string("contracts/payments/_invoice_collecting.html", context, request)


@desk_items
def waiting_write_offs(acting) -> list[DeskItem]:
    """For whoever approves: write-offs that somebody else proposed."""
    if not acting.can("write_off.approve"):
        return []
    rows = WriteOff.objects.visible_to(acting).filter(state=WriteOffState.PROPOSED)
    rows = rows.exclude(proposed_by=acting.user).select_related("invoice")
    return [
        DeskItem(
            _("Write-off of %(number)s: %(amount)s") % {"number": row.invoice.number, "amount": row.amount},
            reverse("write_offs") + "?state=PROPOSED",
            None,
            _("Invoice"),
        )
        for row in rows.order_by("pk")[:DESK_LIMIT]
    ]


@desk_items
def waiting_receipts(acting) -> list[DeskItem]:
    """For the licensor's finance: lines, advices and receipts that wait."""
    if not acting.can("payment.confirm"):
        return []
    mine, items = acting.organisation, []
    lines = StatementLine.objects.filter(account__organisation=mine, state=LineState.OPEN).count()
    if lines:
        title = _("Bank lines to be assigned: %(count)s") % {"count": lines}
        items.append(DeskItem(title, reverse("receipts"), None, _("Receipts")))
    advices = PaymentAdvice.objects.filter(invoice__issuer=mine, state=AdviceState.ADVISED).count()
    if advices:
        title = _("Payments advised by licensees: %(count)s") % {"count": advices}
        items.append(DeskItem(title, reverse("receipts"), None, _("Receipts")))
    waiting = Payment.objects.with_unallocated().filter(issuer=mine, unallocated_minor__gt=0).count()
    if waiting:
        title = _("Receipts not fully allocated: %(count)s") % {"count": waiting}
        items.append(DeskItem(title, reverse("payments") + "?state=waiting", None, _("Receipts")))
    return items


@desk_items
def open_bills(acting) -> list[DeskItem]:
    """Invoices to pay; for the issuer, those that are overdue."""
    if not acting.can("invoice.read"):
        return []
    mine = acting.organisation
    bills = annotate_balances(Invoice.objects.filter(payer=mine)).filter(open_minor__gt=0)
    items = [
        DeskItem(
            _("Pay %(number)s: %(open)s")
            % {"number": bill.number, "open": Money(bill.open_minor, bill.currency)},
            bill.get_absolute_url(),
            bill.due_on,
            _("Invoice"),
        )
        for bill in bills.order_by("due_on")[:DESK_LIMIT]
    ]
    late = annotate_balances(Invoice.objects.filter(issuer=mine, due_on__lt=today())).filter(open_minor__gt=0)
    items += [
        DeskItem(
            _("%(name)s has not paid %(number)s") % {"name": bill.payer.name, "number": bill.number},
            bill.get_absolute_url(),
            bill.due_on,
            _("Invoice"),
            "them",
        )
        for bill in late.select_related("payer").order_by("due_on")[:DESK_LIMIT]
    ]
    return items


for _key, _label, _permission, _order, _kinds, _also in (
    ("receipts", gettext_lazy("Receipts"), "payment.confirm", 30, RESEARCH, ("statements",)),
    ("payments", gettext_lazy("Payments"), "payment.confirm", 35, (), ()),
    ("ageing", gettext_lazy("Ageing report"), "invoice.read", 40, (), ("account",)),
    ("write_offs", gettext_lazy("Write-offs"), "write_off.read", 50, RESEARCH, ()),
    ("bank_accounts", gettext_lazy("Bank accounts"), "account.edit", 80, RESEARCH, ("stripe",)),
    ("ledger", gettext_lazy("Ledger"), "ledger.read", 70, RESEARCH, ()),
):
    register_menu(
        MenuItem(_key, _label, _key, _permission, "money", _order, frozenset(_kinds), frozenset(_also))
    )
