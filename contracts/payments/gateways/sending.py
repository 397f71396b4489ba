"""Invoices that a licensor sends through its own gateway.

Network calls happen outside transactions; every step is stored as soon as it is done, so that any of them can be
repeated alone.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from contracts.billing.models import Invoice
from contracts.payments.gateways import stripe
from contracts.payments.gateways.errors import PART_PAID, REMOVED, GatewayError, Unreachable
from contracts.payments.gateways.hearing import take_over
from contracts.payments.gateways.models import MAX_ATTEMPTS, GatewayAccount, GatewayInvoice
from contracts.payments.gateways.runs import Run, run_through
from contracts.payments.gateways.steps import facts_of, foreseen, store_step
from contracts.payments.queries import balance
from contracts.payments.states import GATEWAY_NEXT, GatewayState
from marketplace.audit.services import record
from marketplace.celery import nudge
from marketplace.clock import now, today
from marketplace.notifications.services import notify
from marketplace.organisations.acting import members, permit
from marketplace.refusals import Refused, check

SENDING_SECONDS = 100  # no run is still there when beat starts the next
UNFINISHED = (GatewayState.PENDING, GatewayState.DRAFT, GatewayState.FINAL)


@transaction.atomic
def request_gateway_invoice(invoice: Invoice, *, actor) -> GatewayInvoice:
    """Ask that an invoice be sent through the licensor's gateway; a task does it.

    One that failed or was voided is asked for in another round: over what is open now, through the account of now,
    and what the earlier rounds left at the gateway is taken back first. Raises Refused without an account, for an
    invoice with nothing open, and for one that is there already.
    """
    permit(actor, "invoice.issue", invoice.issuer, against=invoice.payer)
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    account = GatewayAccount.objects.usable().filter(organisation=invoice.issuer).first()
    if account is None:
        raise Refused(_("Connect an account at Stripe first."))
    open_minor = balance(invoice).open_minor
    if open_minor <= 0:
        raise Refused(_("Nothing is open on this invoice."))
    row = GatewayInvoice.objects.select_for_update().filter(invoice=invoice).first()
    if row is None:
        row = GatewayInvoice.objects.create(
            invoice=invoice, account=account, amount_minor=open_minor, asked_by=actor.user
        )
    else:
        check(row.state, GatewayState.PENDING, GATEWAY_NEXT)
        _begin_anew(row, account, open_minor, actor)
    record(actor, "gateway.invoice_requested", invoice, amount_minor=row.amount_minor, round=row.round)
    from contracts.payments.tasks import send_gateway_invoices

    nudge(send_gateway_invoices)
    return row


def _begin_anew(row: GatewayInvoice, account: GatewayAccount, amount_minor: int, actor) -> None:
    if not row.account.is_same_as(account):
        if row.external_id:
            record(actor, "gateway.invoice_left", row.invoice, external=row.external_id)
        row.external_customer = ""
    row.round, row.attempts, row.state, row.problem = row.round + 1, 0, GatewayState.PENDING, ""
    row.account, row.amount_minor, row.asked_at, row.asked_by = account, amount_minor, now(), actor.user
    row.external_id = row.external_number = row.hosted_url = ""
    row.save()


def send_waiting() -> Run:
    """Take every invoice that is not sent yet as far as it goes, those that failed most often last; one that fails
    stops no other, and what the time of a run is too short for is left for the next."""
    waiting = GatewayInvoice.objects.filter(state__in=UNFINISHED).order_by("attempts", "pk")
    return run_through(waiting.values_list("account_id", "pk"), advance, seconds=SENDING_SECONDS)


def advance(pk: int) -> bool:
    """The steps that are still missing, each stored when it is done. A failure that a retry can heal leaves the
    row where it is; any other one, or too many attempts, marks it as failed with words. What nobody foresaw (an
    answer of another shape) is tried again like a failure that can heal. False: the gateway did not answer."""
    row = GatewayInvoice.objects.select_related("invoice__payer", "invoice__contract", "account").get(pk=pk)
    if row.state not in UNFINISHED:
        return True
    if row.account.removed_at is not None:
        store_step(row, state=GatewayState.FAILED, problem=str(REMOVED))
        return True
    row.attempts += 1
    try:
        with foreseen(row):
            _take_steps(row)
    except GatewayError as error:
        failed = not error.retry or row.attempts >= MAX_ATTEMPTS
        state = GatewayState.FAILED if failed else row.state
        store_step(row, state=state, problem=error.message[:300])
        if failed:
            _tell_failed(row)
        return not isinstance(error, Unreachable)
    return True


def _take_steps(row: GatewayInvoice) -> None:
    if row.state == GatewayState.PENDING:
        _prepare(row)
    if row.state == GatewayState.DRAFT:
        stripe.add_item(row)
        final = stripe.finalize(row)
        store_step(row, state=GatewayState.FINAL, **facts_of(final))
    if row.state == GatewayState.FINAL:
        store_step(row, state=GatewayState.SENT, problem="", **facts_of(stripe.send(row)))
        record(None, "gateway.invoice_sent", row.invoice, external=row.external_id)


def _prepare(row: GatewayInvoice) -> None:
    again = row.round > 1
    if not row.external_customer or (again and not stripe.has_customer(row)):
        store_step(row, external_customer=stripe.create_customer(row))
    external = _look_there(row) if again or row.attempts > 1 else ""
    if row.amount_minor <= 0:
        store_step(row, state=GatewayState.PAID, external_id=row.external_id, problem="")
        return
    external = external or stripe.create_invoice(row, today=today())
    store_step(row, state=GatewayState.DRAFT, external_id=external, amount_minor=row.amount_minor)


def _look_there(row: GatewayInvoice) -> str:
    """See to what earlier attempts and rounds left at the gateway. What was paid there is taken over; an invoice of this
    round, or an open one over just what is open here, is gone on with (the answer is its id); any other is taken back."""
    there = stripe.find_invoices(row)
    for found in there:
        if found.get("amount_paid"):
            row.external_id = found["id"]
            take_over(row)
            row.amount_minor = balance(row.invoice).open_minor
    unpaid = [found for found in there if found["status"] != "paid"]
    serves = next((found for found in unpaid if stripe.serves(row, found)), None)
    for found in unpaid:
        if found is serves:
            continue
        if found.get("amount_paid"):
            raise GatewayError(PART_PAID, retry=False)
        stripe.take_back(row, found)
        record(None, "gateway.invoice_taken_back", row.invoice, external=found["id"])
    return serves["id"] if serves else ""


def _tell_failed(row: GatewayInvoice) -> None:
    with transaction.atomic():
        notify(
            members(row.invoice.issuer, "invoice.issue"),
            "payments/gateway_failed",
            path=row.invoice.get_absolute_url(),
            invoice=row.invoice,
            failed=row,
        )
