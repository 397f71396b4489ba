"""Receipts: confirmed by a person, allocated to invoices, undone and given back."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from contracts.billing.models import Invoice
from contracts.lifecycle.models import LicenceContract
from contracts.payments.models import (
    Allocation,
    Payment,
    PaymentAdvice,
    Refund,
    StatementLine,
)
from contracts.payments.queries import annotate_balances, open_invoices, unallocated
from contracts.payments.reasons import REFUND
from contracts.payments.states import (
    LINE_NEXT,
    AdviceState,
    LineState,
)
from marketplace.audit.services import record
from marketplace.celery import nudge
from marketplace.clock import today
from marketplace.money import Money
from marketplace.notifications.services import notify
from marketplace.organisations.acting import members, permit
from marketplace.organisations.models import Organisation
from marketplace.refusals import Refused, check

Parts = Sequence[tuple[Invoice, int]]


def confirm_receipt(line: StatementLine, *, actor, parts: Sequence[tuple[int, int]] | None = None) -> Payment:
    """The licensor's finance confirms that a bank line is a receipt, and for which invoices.

    `parts`: (invoice id, minor units) in order; None sets nothing against it, the whole receipt waits.
    Raises TransitionRefused when the line was dealt with meanwhile, Refused for a part above what is open or
    parts above the line, NotPermitted for anybody else and for people of the payer.
    """
    permit(actor, "payment.confirm", line.account.organisation)
    chosen = _chosen(line.account.organisation, parts or [])
    for payer in {invoice.payer for invoice, _part in chosen}:
        permit(actor, "payment.confirm", line.account.organisation, against=payer)
    return confirm_line(line, parts=chosen, user=actor.user, actor=actor)


def _chosen(issuer: Organisation, parts: Sequence[tuple[int, int]]) -> list[tuple[Invoice, int]]:
    """The invoices of (id, amount) pairs; an invoice of somebody else is none. An invoice named twice is summed."""
    wanted: dict[int, int] = {}
    for pk, amount in parts:
        wanted[pk] = wanted.get(pk, 0) + amount
    rows = Invoice.objects.filter(issuer=issuer, pk__in=wanted).select_related("payer")
    found = {invoice.pk: invoice for invoice in rows}
    if set(found) != set(wanted):
        raise Refused(_("One of these invoices is not yours."))
    return [(found[pk], amount) for pk, amount in wanted.items()]


@transaction.atomic
def confirm_line(line: StatementLine, *, parts: Parts, user, actor) -> Payment:
    """Make a bank line a payment; `parts` as `_chosen` gives them. For the services here: rights are checked."""
    invoices = locked([invoice for invoice, _part in parts])
    line = StatementLine.objects.select_for_update().select_related("account").get(pk=line.pk)
    check(line.state, LineState.CONFIRMED, LINE_NEXT)
    issuer = line.account.organisation
    payers = {invoice.payer_id for invoice in invoices.values()}
    payment = Payment.objects.create(
        issuer=issuer,
        payer_id=payers.pop() if len(payers) == 1 else None,
        method=Payment.Method.BANK,
        amount_minor=line.amount_minor,
        currency=line.currency,
        received_on=line.booked_on,
        line=line,
        confirmed_by=user,
    )
    line.state = LineState.CONFIRMED
    line.save(update_fields=["state"])
    record(actor, "payment.confirmed", payment, line=line.pk, amount_minor=payment.amount_minor)
    set_against(payment, [(invoices[invoice.pk], part) for invoice, part in parts], actor=actor)
    _tell_received(payment, [invoices[invoice.pk] for invoice, _part in parts])
    _nudge_books()
    return payment


@transaction.atomic
def receive_from_gateway(
    invoice: Invoice, *, key: str, amount_minor: int, received_on: date, reference: str = ""
) -> Payment:
    """Take over a payment that a gateway reports, once by its `key`, and set it against its invoice as far as
    that is open; more than that waits in the queue. The same key again returns the first payment."""
    bill = locked([invoice])[invoice.pk]  # orders the tasks that hear of the same payment
    found = Payment.objects.filter(issuer_id=invoice.issuer_id, external_key=key).first()
    if found is not None:
        return found
    payment = Payment.objects.create(
        issuer_id=invoice.issuer_id,
        payer_id=invoice.payer_id,
        method=Payment.Method.STRIPE,
        amount_minor=amount_minor,
        currency=invoice.currency,
        received_on=received_on,
        external_key=key,
        external_reference=reference[:120],
    )
    record(None, "payment.confirmed", payment, amount_minor=amount_minor, method="STRIPE")
    part = min(amount_minor, bill.open_minor)
    if part > 0:
        set_against(payment, [(bill, part)], actor=None)
    _tell_received(payment, [bill])
    _nudge_books()
    return payment


def locked(invoices: Sequence[Invoice]) -> dict[int, Invoice]:
    """Lock contracts, then invoices, each by primary key (the one order of locks), and read their balances."""
    contracts = {invoice.contract_id for invoice in invoices}
    list(
        LicenceContract.objects.select_for_update().filter(pk__in=contracts).order_by("pk").values_list("pk")
    )
    ids = {invoice.pk for invoice in invoices}
    list(Invoice.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
    rows = annotate_balances(Invoice.objects.filter(pk__in=ids)).select_related("payer", "contract")
    return {invoice.pk: invoice for invoice in rows}


def set_against(payment: Payment, parts: Parts, *, actor) -> list[Allocation]:
    """Write allocations; the invoices are locked and carry their balances. Refuses too much on either side."""
    left = unallocated(payment)
    made = []
    for invoice, amount in parts:
        if invoice.issuer_id != payment.issuer_id or invoice.currency != payment.currency:
            raise Refused(
                _("Invoice %(number)s is of another issuer or currency.") % {"number": invoice.number}
            )
        if amount <= 0:
            raise Refused(_("Each part must be above zero."))
        if amount > invoice.open_minor:
            raise Refused(
                _("Only %(open)s is open on invoice %(number)s.")
                % {"open": Money(max(invoice.open_minor, 0), invoice.currency), "number": invoice.number},
                code="above_invoice",
            )
        if amount > left:
            raise Refused(_("The parts are more than what was received."), code="above_payment")
        left -= amount
        invoice.open_minor -= amount
        allocation = Allocation.objects.create(
            payment=payment,
            invoice=invoice,
            amount_minor=amount,
            allocated_on=today(),
            allocated_by=getattr(actor, "user", None),
        )
        record(actor, "payment.allocated", payment, invoice=invoice.pk, amount_minor=amount)
        _answer_advices(invoice)
        made.append(allocation)
    return made


def _answer_advices(invoice: Invoice) -> None:
    PaymentAdvice.objects.filter(invoice=invoice, state=AdviceState.ADVISED).update(state=AdviceState.MATCHED)


def _tell_received(payment: Payment, invoices: list[Invoice]) -> None:
    for invoice in invoices:
        notify(
            members(invoice.payer, "invoice.read"),
            "payments/payment_received",
            path=invoice.get_absolute_url(),
            invoice=invoice,
            amount=str(payment.amount),
            open=str(Money(max(invoice.open_minor, 0), invoice.currency)),
        )


_followers: list = []


def follow_receipts(task) -> None:
    """Register the task of a later step that money received, allocated or taken back sets going."""
    _followers.append(task)


def _nudge_books() -> None:
    """Bookings, interest and commission follow a receipt at once; the timer finds what a lost message left."""
    from contracts.payments.tasks import book_money, charge_interest

    for task in (charge_interest, book_money, *_followers):
        nudge(task)


@transaction.atomic
def allocate(
    payment: Payment,
    *,
    actor,
    parts: Sequence[tuple[int, int]] | None = None,
    payer: Organisation | None = None,
) -> list[Allocation]:
    """Set what is left of a payment against invoices: the chosen parts, or else the open invoices of its payer,
    oldest due date first. Raises Refused when nothing fits, or for more than is open or left."""
    permit(actor, "payment.confirm", payment.issuer)
    payer = payer or payment.payer
    if parts is None and payer is None:
        raise Refused(_("Say for which invoices this payment is: its payer is not known."))
    if parts is not None:
        chosen = _chosen(payment.issuer, parts)
        for owner in {invoice.payer for invoice, _part in chosen}:
            permit(actor, "payment.confirm", payment.issuer, against=owner)
    else:
        permit(actor, "payment.confirm", payment.issuer, against=payer)
        candidates = open_invoices(payment.issuer, payer=payer).filter(currency=payment.currency)
        chosen = [(invoice, 0) for invoice in candidates]
    invoices = locked([invoice for invoice, _part in chosen])
    payment = Payment.objects.select_for_update().get(pk=payment.pk)
    if parts is None:
        left, chosen = unallocated(payment), [(invoices[invoice.pk], 0) for invoice, _part in chosen]
        filled = []
        for invoice, _part in chosen:
            part = min(left, invoice.open_minor)
            if part > 0:
                filled.append((invoice, part))
                left -= part
    else:
        filled = [(invoices[invoice.pk], part) for invoice, part in chosen]
    if not filled:
        raise Refused(_("There is nothing to allocate: no open invoice, or nothing left of the payment."))
    made = set_against(payment, filled, actor=actor)
    _tell_received(payment, [invoice for invoice, _part in filled])
    _nudge_books()
    return made


@transaction.atomic
def undo_allocation(allocation: Allocation, *, actor, reason: str) -> Allocation:
    """Take a wrong allocation back by a row of its own; the money waits again. Raises Refused without a reason
    or when it was undone before."""
    permit(actor, "payment.confirm", allocation.payment.issuer, against=allocation.invoice.payer)
    if not reason.strip():
        raise Refused(_("Say why the allocation is undone."))
    undone = undo(allocation, reason=reason, actor=actor)
    _nudge_books()
    return undone


def undo(allocation: Allocation, *, reason: str, actor) -> Allocation:
    locked([allocation.invoice])
    payment = Payment.objects.select_for_update().get(pk=allocation.payment_id)
    if allocation.amount_minor < 0 or Allocation.objects.filter(reverses=allocation).exists():
        raise Refused(_("This allocation was undone already."), code="transition")
    undone = Allocation.objects.create(
        payment=payment,
        invoice=allocation.invoice,
        amount_minor=-allocation.amount_minor,
        reverses=allocation,
        reason=reason.strip()[:200],
        allocated_on=today(),
        allocated_by=getattr(actor, "user", None),
    )
    record(actor, "payment.allocation_undone", payment, allocation=allocation.pk)
    return undone


@transaction.atomic
def record_refund(
    payment: Payment,
    *,
    actor,
    amount_minor: int,
    refunded_on: date,
    reason: str,
    reference: str = "",
    external_key: str | None = None,
) -> Refund:
    """Record money that was given back. What is not allocated goes first; then the newest allocations are undone
    and set anew for what remains, so that commission and distribution shrink with them.

    `actor` None: a gateway reported it. Raises Refused above what is left of the payment, for a day before the
    receipt or in the future, without a reason, and for the same refund again: a form that was sent twice.
    """
    if actor is not None:
        permit(actor, "payment.confirm", payment.issuer, against=payment.payer)
    if not reason.strip():
        raise Refused(_("Say why the money was given back."))
    if not payment.received_on <= refunded_on <= today():
        raise Refused(_("The day of the refund lies between the receipt and today."))
    standing = list(
        payment.allocations.filter(amount_minor__gt=0, reversed_by__isnull=True)
        .select_related("invoice__payer")
        .order_by("-pk")
    )
    locked([allocation.invoice for allocation in standing])
    payment = Payment.objects.select_for_update().get(pk=payment.pk)
    if actor is not None and payment.refunds.filter(
        amount_minor=amount_minor,
        refunded_on=refunded_on,
        reason=reason.strip()[:200],
        reference=reference.strip()[:120],
    ):
        raise Refused(
            _("The same refund is recorded already. If you mean another one, word its reason differently."),
            code="again",
        )
    left = unallocated(payment)
    if not 0 < amount_minor <= left + sum(allocation.amount_minor for allocation in standing):
        raise Refused(
            _("A refund is above zero and at most what is left of the payment."), code="above_payment"
        )
    for allocation in standing:
        if left >= amount_minor:
            break
        undo(allocation, reason=str(REFUND) % {"reason": reason.strip()}, actor=actor)
        keep = max(0, left + allocation.amount_minor - amount_minor)
        left += allocation.amount_minor
        if keep:
            invoice = annotate_balances(Invoice.objects.filter(pk=allocation.invoice_id)).get()
            set_against(payment, [(invoice, keep)], actor=actor)
            left -= keep
    refund = Refund.objects.create(
        payment=payment,
        amount_minor=amount_minor,
        refunded_on=refunded_on,
        reason=reason.strip()[:200],
        reference=reference.strip()[:120],
        external_key=external_key,
        recorded_by=getattr(actor, "user", None),
    )
    record(actor, "payment.refunded", payment, refund=refund.pk, amount_minor=amount_minor)
    _nudge_books()
    return refund


@transaction.atomic
def set_aside(line: StatementLine, *, actor, reason: str) -> StatementLine:
    """Leave a line aside: it is no receipt of this market (a transfer of one's own, a fee)."""
    permit(actor, "payment.confirm", line.account.organisation)
    if not reason.strip():
        raise Refused(_("Say why this line is left aside."))
    return _move_line(line, LineState.IGNORED, reason.strip()[:200], actor)


@transaction.atomic
def take_up_again(line: StatementLine, *, actor) -> StatementLine:
    permit(actor, "payment.confirm", line.account.organisation)
    return _move_line(line, LineState.OPEN, "", actor)


def _move_line(line: StatementLine, target: LineState, reason: str, actor) -> StatementLine:
    line = StatementLine.objects.select_for_update().get(pk=line.pk)
    check(line.state, target, LINE_NEXT)
    line.state, line.set_aside_reason = target, reason
    line.save(update_fields=["state", "set_aside_reason"])
    record(actor, f"statement_line.{target.lower()}", line)
    return line
