"""Invoices sent through a licensor's own gateway, and what the gateway says of them.

Network calls happen outside transactions; every step is stored as soon as it is done, so that any of them can be
repeated alone.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from contracts.batches import one_by_one
from contracts.billing.models import Invoice
from contracts.payments.gateways import stripe
from contracts.payments.gateways.errors import REMOVED, UNFORESEEN, GatewayError, Unreachable
from contracts.payments.gateways.models import GatewayAccount, GatewayInvoice, WebhookEvent
from contracts.payments.gateways.runs import Run, run_through
from contracts.payments.models import Payment
from contracts.payments.queries import balance
from contracts.payments.reasons import THROUGH_STRIPE
from contracts.payments.services import receive_from_gateway, record_refund
from contracts.payments.states import GATEWAY_NEXT, GatewayState
from marketplace.audit.services import record
from marketplace.celery import nudge
from marketplace.clock import now, today
from marketplace.notifications.services import notify
from marketplace.organisations.acting import members, permit
from marketplace.refusals import Refused, check

logger = logging.getLogger(__name__)
MAX_ATTEMPTS = 12
SENDING_SECONDS, HEARING_SECONDS, SYNC_SECONDS = (
    100,
    100,
    400,
)  # no run is still there when beat starts the next
UNFINISHED = (GatewayState.PENDING, GatewayState.DRAFT, GatewayState.FINAL)


# --- The account --------------------------------------------------------------------------------------


@transaction.atomic
def add_account(organisation, *, actor, secret_key: str, webhook_secret: str = "") -> GatewayAccount:
    """Connect a licensor's own key; an earlier one is removed. Raises Refused for what cannot be a key."""
    permit(actor, "account.edit", organisation)
    secret_key, webhook_secret = secret_key.strip(), webhook_secret.strip()
    if not secret_key.startswith(("sk_test_", "sk_live_", "rk_test_", "rk_live_")):
        raise Refused(_("A secret or restricted key of Stripe starts with sk_ or rk_."))
    if webhook_secret and not webhook_secret.startswith("whsec_"):
        raise Refused(_("The signing secret of a webhook starts with whsec_."))
    type(organisation).objects.select_for_update().get(pk=organisation.pk)
    for earlier in GatewayAccount.objects.usable().filter(organisation=organisation):
        _remove(earlier, actor)
    account = GatewayAccount.objects.create(
        organisation=organisation,
        secret_key=secret_key,
        webhook_secret=webhook_secret,
        key_tail=secret_key[-4:],
        is_live="_live_" in secret_key[:9],
        created_by=actor.user,
    )
    record(actor, "gateway.added", account, live=account.is_live)
    return account


@transaction.atomic
def set_webhook_secret(account: GatewayAccount, *, actor, webhook_secret: str) -> GatewayAccount:
    permit(actor, "account.edit", account.organisation)
    if not webhook_secret.strip().startswith("whsec_"):
        raise Refused(_("The signing secret of a webhook starts with whsec_."))
    account = GatewayAccount.objects.select_for_update().get(pk=account.pk)
    account.webhook_secret = webhook_secret.strip()
    account.save(update_fields=["webhook_secret"])
    record(actor, "gateway.webhook_set", account)
    return account


@transaction.atomic
def remove_account(account: GatewayAccount, *, actor) -> None:
    """Forget the key; invoices that were sent through it stay as they are at the gateway."""
    permit(actor, "account.edit", account.organisation)
    _remove(GatewayAccount.objects.select_for_update().get(pk=account.pk), actor)


def _remove(account: GatewayAccount, actor) -> None:
    account.removed_at, account.secret_key, account.webhook_secret = now(), "", ""
    account.save(update_fields=["removed_at", "secret_key", "webhook_secret"])
    record(actor, "gateway.removed", account)


def check_account(account: GatewayAccount, *, actor) -> GatewayAccount:
    """Ask the gateway whether the key works; the answer is kept with its time."""
    permit(actor, "account.edit", account.organisation)
    problem, facts = "", None
    try:
        facts = stripe.read_account(account)
    except GatewayError as error:
        problem = error.message
    with transaction.atomic():
        account = GatewayAccount.objects.select_for_update().get(pk=account.pk)
        account.tested_at, account.test_problem = now(), problem[:300]
        if facts is not None:
            account.external_id, account.country = facts.external_id, facts.country
        account.save(update_fields=["tested_at", "test_problem", "external_id", "country"])
        record(actor, "gateway.tested", account, works=not problem)
    return account


# --- Sending ------------------------------------------------------------------------------------------


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
        _store(row, state=GatewayState.FAILED, problem=str(REMOVED))
        return True
    row.attempts += 1
    try:
        with _foreseen(row):
            _take_steps(row)
    except GatewayError as error:
        failed = not error.retry or row.attempts >= MAX_ATTEMPTS
        state = GatewayState.FAILED if failed else row.state
        _store(row, state=state, problem=error.message[:300])
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
        _store(row, state=GatewayState.FINAL, **_facts(final))
    if row.state == GatewayState.FINAL:
        _store(row, state=GatewayState.SENT, problem="", **_facts(stripe.send(row)))
        record(None, "gateway.invoice_sent", row.invoice, external=row.external_id)


@contextmanager
def _foreseen(row: GatewayInvoice | WebhookEvent) -> Iterator[None]:
    """Any failure as a GatewayError, so that it is counted, told on the page and gives way to the others. A database that
    is gone (OperationalError) is nobody's fault."""
    try:
        yield
    except (GatewayError, OperationalError):
        raise
    except Exception as error:
        logger.exception("Nobody foresaw this: %s %s", row._meta.model_name, row.pk)
        raise GatewayError(UNFORESEEN, retry=True) from error


def _prepare(row: GatewayInvoice) -> None:
    if not row.external_customer:
        _store(row, external_customer=stripe.create_customer(row))
    earlier = stripe.find_invoice(row) if row.attempts > 1 and not row.external_id else None
    external = row.external_id or (earlier["id"] if earlier else stripe.create_invoice(row, today=today()))
    _store(row, state=GatewayState.DRAFT, external_id=external)


def _facts(invoice: dict) -> dict:
    return {
        "external_number": invoice.get("number") or "",
        "hosted_url": invoice.get("hosted_invoice_url") or "",
    }


def _store(row: GatewayInvoice, **changes) -> GatewayInvoice:
    """Write a step in a transaction of its own; a row that somebody else moved on meanwhile wins."""
    with transaction.atomic():
        current = GatewayInvoice.objects.select_for_update().get(pk=row.pk)
        target = changes.get("state", current.state)
        if target != current.state and target not in GATEWAY_NEXT[current.state]:
            changes.pop("state")
        for name, value in changes.items():
            setattr(current, name, value)
            setattr(row, name, value)
        current.attempts = max(current.attempts, row.attempts)
        current.save()
    row.state = current.state
    return row


def _tell_failed(row: GatewayInvoice) -> None:
    with transaction.atomic():
        notify(
            members(row.invoice.issuer, "invoice.issue"),
            "payments/gateway_failed",
            path=row.invoice.get_absolute_url(),
            invoice=row.invoice,
            failed=row,
        )


# --- Hearing ------------------------------------------------------------------------------------------


def store_event(account: GatewayAccount, event: dict) -> WebhookEvent:
    """Keep a verified event, once; the same one again returns the first."""
    found = ((event.get("data") or {}).get("object")) or {}
    row, _made = WebhookEvent.objects.get_or_create(
        account=account,
        event_id=event["id"][:120],
        defaults={
            "kind": str(event["type"])[:80],
            "object_id": str(found.get("id") or "")[:120],
            "payload": event,
        },
    )
    from contracts.payments.tasks import handle_webhooks

    nudge(handle_webhooks)
    return row


def handle_events() -> Run:
    """Re-read the object of every event that waits, those that failed most often last: order, once-only and content of
    webhooks are not trusted. One that fails stops no other."""
    waiting = WebhookEvent.objects.filter(handled_at__isnull=True, attempts__lt=MAX_ATTEMPTS)
    rows = waiting.order_by("attempts", "pk").values_list("account_id", "pk")
    return run_through(rows, handle_event, seconds=HEARING_SECONDS)


def handle_event(pk: int) -> bool:
    """False: the gateway did not answer."""
    event = WebhookEvent.objects.select_related("account").get(pk=pk)
    if event.handled_at is not None:
        return True
    problem, answered = "", True
    try:
        with _foreseen(event):
            if event.account.removed_at is None:
                _sync_all(_concerned(event))
    except GatewayError as error:
        problem, answered = error.message, not isinstance(error, Unreachable)
    done = {"attempts": event.attempts + 1, "problem": problem[:300]}
    if not problem:
        done["handled_at"] = now()
    WebhookEvent.objects.filter(pk=pk, handled_at__isnull=True).update(**done)
    return answered


def _sync_all(rows: list[GatewayInvoice]) -> None:
    """Each is tried before the first failure is raised."""
    for error in one_by_one(rows, sync, transaction_each=False).values():
        raise error


def _concerned(event: WebhookEvent) -> list[GatewayInvoice]:
    """Our invoices that an event is about: by the invoice itself, or by the payment that was given back."""
    found = ((event.payload.get("data") or {}).get("object")) or {}
    rows = GatewayInvoice.objects.filter(account=event.account).select_related("invoice", "account")
    if event.kind.startswith("invoice_payment."):
        return list(rows.filter(external_id=found.get("invoice") or "-"))
    if event.kind.startswith("invoice."):
        return list(rows.filter(external_id=event.object_id))
    intent = found.get("payment_intent")
    if event.kind.startswith(("refund.", "charge.")) and isinstance(intent, str):
        paid = Payment.objects.filter(issuer=event.account.organisation, external_reference=intent)
        return list(rows.filter(invoice__allocations__payment__in=paid).distinct())
    return []


def sync(row: GatewayInvoice) -> GatewayInvoice:
    """Read an invoice at the gateway and take over what was paid and given back, each once."""
    if not row.external_id or row.account.removed_at is not None:
        return row
    current = stripe.read_invoice(row)
    payments = stripe.read_payments(row)
    for received in payments:
        payment = receive_from_gateway(
            row.invoice,
            key=received.key,
            amount_minor=received.amount_minor,
            received_on=min(received.paid_on, today()),  # the gateway lives on real time
            reference=received.reference,
        )
        for refund in stripe.read_refunds(row.account, received.reference):
            if not payment.refunds.filter(external_key=refund.key).exists():
                _take_refund(payment, refund)
    state = {"paid": GatewayState.PAID, "void": GatewayState.VOID}.get(current["status"], row.state)
    done = {"problem": ""} if row.state == GatewayState.SENT else {}  # before, a problem is one of sending
    return _store(row, state=state, synced_at=now(), **done, **_facts(current))


def _take_refund(payment: Payment, refund: stripe.Received) -> None:
    with transaction.atomic():
        Payment.objects.select_for_update().get(pk=payment.pk)
        if payment.refunds.filter(external_key=refund.key).exists():
            return
        record_refund(
            payment,
            actor=None,
            amount_minor=refund.amount_minor,
            refunded_on=max(min(refund.paid_on, today()), payment.received_on),
            reason=str(THROUGH_STRIPE),
            external_key=refund.key,
        )


def sync_open() -> Run:
    """The timer's way to the same facts: read every sent invoice, those that were asked about longest ago first, and
    void one that was settled by other means. One that fails stops no other."""
    rows = GatewayInvoice.objects.filter(
        state__in=[GatewayState.SENT, GatewayState.FINAL], account__removed_at__isnull=True
    ).order_by(F("synced_at").asc(nulls_first=True), "pk")
    return run_through(rows.values_list("account_id", "pk"), _sync_open, seconds=SYNC_SECONDS)


def _sync_open(pk: int) -> bool:
    """False: the gateway did not answer."""
    row = GatewayInvoice.objects.select_related("invoice", "account").get(pk=pk)
    try:
        with _foreseen(row):
            row = sync(row)
            still_ours = row.state == GatewayState.SENT and row.account.removed_at is None
            if still_ours and balance(row.invoice).open_minor <= 0:
                stripe.void(row)
                _store(row, state=GatewayState.VOID)
                record(None, "gateway.invoice_voided", row.invoice, external=row.external_id)
    except GatewayError as error:
        logger.warning("Gateway invoice %s not read: %s", row.pk, error.message)
        _store(row, problem=error.message[:300], synced_at=now())
        return not isinstance(error, Unreachable)
    return True
