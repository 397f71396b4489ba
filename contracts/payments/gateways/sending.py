"""Invoices that a licensor sends through its own gateway.

Network calls happen outside transactions; every step is stored as soon as it is done, so that any of them can be
repeated alone.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from contracts.billing.models import Invoice
from contracts.payments.gateways import stripe
from contracts.payments.gateways.errors import REMOVED, GatewayError, Unreachable
from contracts.payments.gateways.models import GatewayAccount, GatewayInvoice
from contracts.payments.gateways.runs import Run, run_through
from contracts.payments.gateways.steps import MAX_ATTEMPTS, facts_of, foreseen, store_step
from contracts.payments.queries import balance
from contracts.payments.states import GATEWAY_NEXT, GatewayState
from marketplace.audit.services import record
from marketplace.celery import nudge
from marketplace.clock import today
from marketplace.notifications.services import notify
from marketplace.organisations.acting import members, permit
from marketplace.refusals import Refused, check

SENDING_SECONDS = 100  # no run is still there when beat starts the next
UNFINISHED = (GatewayState.PENDING, GatewayState.DRAFT, GatewayState.FINAL)


@transaction.atomic
def request_gateway_invoice(invoice: Invoice, *, actor) -> GatewayInvoice:
    """Ask that an invoice be sent through the licensor's gateway; a task does it.

    Raises Refused without an account, for an invoice with nothing open, and for one that was sent already.
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
        row.state, row.problem, row.attempts = GatewayState.PENDING, "", 0
        if not row.external_id:
            row.account, row.amount_minor, row.external_customer = account, open_minor, ""
        row.save()
    record(actor, "gateway.invoice_requested", invoice, amount_minor=row.amount_minor)
    from contracts.payments.tasks import send_gateway_invoices

    nudge(send_gateway_invoices)
    return row


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
    if not row.external_customer:
        store_step(row, external_customer=stripe.create_customer(row))
    earlier = stripe.find_invoice(row) if row.attempts > 1 and not row.external_id else None
    external = row.external_id or (earlier["id"] if earlier else stripe.create_invoice(row, today=today()))
    store_step(row, state=GatewayState.DRAFT, external_id=external)


def _tell_failed(row: GatewayInvoice) -> None:
    with transaction.atomic():
        notify(
            members(row.invoice.issuer, "invoice.issue"),
            "payments/gateway_failed",
            path=row.invoice.get_absolute_url(),
            invoice=row.invoice,
            failed=row,
        )
